package document

// Kind is the kind of a Node.
type Kind int

// The kinds of nodes.
const (
	// Null is a value that is not there: nothing, ~ or null.
	Null Kind = iota
	// Scalar is text: a word, a number, true, "quoted", a block of lines.
	Scalar
	// Sequence is a list.
	Sequence
	// Mapping is a map.
	Mapping
)

// Node is a value of the file. Anchors, aliases and merge keys are resolved
// in it: a node that an alias repeats stands where its anchor is.
type Node struct {
	Kind Kind
	// Text is the text of a Scalar as written, without quotes.
	Text string
	// Quoted is true for quoted and block scalars, which are never a
	// number or a truth value.
	Quoted bool
	// Line and Column count from 1, Column in bytes.
	Line, Column int
	// Items are the values of a Sequence.
	Items []*Node
	// Entries are the fields of a Mapping in the order of the file; each
	// key occurs once.
	Entries []Entry
}

// Entry is a field of a Mapping. The Key is a Scalar.
type Entry struct {
	Key, Value *Node
}

// Field is the value of a Mapping's key, nil without it.
func (n *Node) Field(key string) *Node {
	return n.child(key)
}

// entry is the entry of a mapping by key or by index.
func (n *Node) entry(step any) *Entry {
	if n.Kind != Mapping {
		return nil
	}
	switch step := step.(type) {
	case string:
		for i := range n.Entries {
			if n.Entries[i].Key.Text == step {
				return &n.Entries[i]
			}
		}
	case int:
		if step >= 0 && step < len(n.Entries) {
			return &n.Entries[step]
		}
	}
	return nil
}

// child is the value one step below, nil if there is none.
func (n *Node) child(step any) *Node {
	if entry := n.entry(step); entry != nil {
		return entry.Value
	}
	if i, ok := step.(int); ok && n.Kind == Sequence && i >= 0 && i < len(n.Items) {
		return n.Items[i]
	}
	return nil
}
