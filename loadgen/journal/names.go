package journal

import "sync"

const (
	tableTopics  = 1
	tableReasons = 2

	otherName = "(other)"
	maxName   = 500
)

type name struct {
	table  uint8
	number uint16
	text   string
}

// names numbers texts in the order in which they come. Number 0 is the empty
// text; the last number stands for all that do not fit.
type names struct {
	table uint8
	limit int

	mu      sync.RWMutex
	numbers map[string]uint16
	pending []name
}

func (n *names) init(table uint8, limit int) {
	n.table, n.limit = table, limit
	n.numbers = map[string]uint16{"": 0}
}

func (n *names) number(text string) uint16 {
	if len(text) > maxName {
		text = text[:maxName]
	}
	n.mu.RLock()
	number, ok := n.numbers[text]
	n.mu.RUnlock()
	if ok {
		return number
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if number, ok = n.numbers[text]; ok {
		return number
	}
	if len(n.numbers) >= n.limit-1 {
		text = otherName
		if number, ok = n.numbers[text]; ok {
			return number
		}
	}
	number = uint16(len(n.numbers))
	n.numbers[text] = number
	n.pending = append(n.pending, name{n.table, number, text})
	return number
}

// fresh returns the names that came since the last call.
func (n *names) fresh() []name {
	n.mu.Lock()
	defer n.mu.Unlock()
	fresh := n.pending
	n.pending = nil
	return fresh
}
