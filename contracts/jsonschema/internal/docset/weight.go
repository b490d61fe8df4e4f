package docset

// maxWeight bounds the documents that are made, in bytes as JSON: a few long
// texts within each other's arrays would fill the memory.
const maxWeight = 1 << 26

// weight is about what a document takes as JSON, as far as that is at most
// maxWeight, and otherwise more than that.
func weight(doc any) int {
	const punctuation = 5 // or null
	total := punctuation
	switch doc := doc.(type) {
	case string:
		total += len(doc)
	case []any:
		for i := 0; i < len(doc) && total <= maxWeight; i++ {
			total += weight(doc[i])
		}
	case map[string]any:
		for name, member := range doc {
			if total += len(name) + weight(member); total > maxWeight {
				break
			}
		}
	}
	return total
}
