package asyncapi

import "github.com/flowweir/weir/contracts/document"

// withTraits is an operation or a message with its traits merged in: by JSON
// Merge Patch (RFC 7396), trait after trait, and at last the object itself,
// whose own fields win. kind is what AsyncAPI's schema calls the trait.
func (r *reader) withTraits(n *document.Node, kind string) *document.Node {
	if known, ok := r.merged[n]; ok {
		return known
	}
	r.merged[n] = n
	traits := get(n, "traits")
	if traits == nil || traits.Kind != document.Sequence {
		return n
	}
	var out *document.Node
	for _, item := range traits.Items {
		if trait := r.resolve(item, kind); trait != nil && trait.Kind == document.Mapping {
			out = r.patch(out, trait)
		}
	}
	out = r.patch(out, n)
	r.merged[n] = out
	return out
}

// patch is base changed by over. Values keep their nodes, and so their
// places; a merged map stands where over stands.
func (r *reader) patch(base, over *document.Node) *document.Node {
	if base == nil || base.Kind != document.Mapping || over.Kind != document.Mapping || reference(base) != nil || reference(over) != nil {
		return over
	}
	out := &document.Node{Kind: document.Mapping, Line: over.Line, Column: over.Column}
	for _, entry := range base.Entries {
		changed := over.Field(entry.Key.Text)
		switch {
		case changed == nil:
			out.Entries = append(out.Entries, entry)
		case changed.Kind == document.Null:
		case changed != entry.Value:
			out.Entries = append(out.Entries, document.Entry{Key: entry.Key, Value: r.patch(entry.Value, changed)})
		default:
			out.Entries = append(out.Entries, entry)
		}
	}
	for _, entry := range over.Entries {
		if base.Field(entry.Key.Text) == nil && entry.Value.Kind != document.Null {
			out.Entries = append(out.Entries, entry)
		}
	}
	if place, ok := r.places[over]; ok {
		r.places[out] = place
	}
	return out
}
