package document

// Flawed says whether something is wrong with the value at path: it, or a
// value that encloses it, could not be decoded, or a finding is about it or
// about something below it. A value that the file does not have is flawed
// where its map has an unknown field, or lacks one that it needs.
//
// It is for checks that join several values: what is said of a value that is
// wrong by itself would be a second finding for one mistake.
func (d *Document) Flawed(path ...any) bool {
	return d != nil && d.flawedBy(d.flawed, path)
}

func (d *Document) flawedBy(flaws map[*Node]bool, path Path) bool {
	if d.Failed(path...) {
		return true
	}
	nodes, complete := d.walk(path)
	last := nodes[len(nodes)-1]
	if !complete {
		return flaws[last]
	}
	return d.flawedBelow(flaws, last, map[*Node]bool{})
}

// flawedBelow looks at each node once, however often aliases repeat it.
func (d *Document) flawedBelow(flaws map[*Node]bool, n *Node, seen map[*Node]bool) bool {
	if seen[n] {
		return false
	}
	seen[n] = true
	if flaws[n] || d.failed[n] {
		return true
	}
	for _, item := range n.Items {
		if d.flawedBelow(flaws, item, seen) {
			return true
		}
	}
	for _, entry := range n.Entries {
		if d.flawedBelow(flaws, entry.Value, seen) {
			return true
		}
	}
	return false
}

// flaw notes a finding at path.
func (d *Document) flaw(path Path) {
	if nodes, _ := d.walk(path); len(nodes) > 0 {
		d.flawed[nodes[len(nodes)-1]] = true
	}
}
