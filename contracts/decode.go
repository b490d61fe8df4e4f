package contracts

import (
	"fmt"

	"github.com/flowweir/weir/contracts/document"
)

// UnmarshalNode reads a file name, or a map.
func (s *Schema) UnmarshalNode(d *document.Decoder, n *document.Node) {
	switch n.Kind {
	case document.Scalar:
		s.File = n.Text
	case document.Mapping:
		type plain Schema
		d.Decode(n, (*plain)(s))
	default:
		d.Wrong(n, "a file name or a map")
	}
}

// UnmarshalNode reads a name, or a map like an entry of schemas.
func (r *SchemaRef) UnmarshalNode(d *document.Decoder, n *document.Node) {
	switch n.Kind {
	case document.Scalar:
		r.Ref = n.Text
	case document.Mapping:
		r.Inline = new(Schema)
		d.Decode(n, r.Inline)
	default:
		d.Wrong(n, "the name of a schema, a file name or a map")
	}
}

// UnmarshalNode reads a place, or a map.
func (k *Key) UnmarshalNode(d *document.Decoder, n *document.Node) {
	switch n.Kind {
	case document.Scalar:
		k.Place = n.Text
	case document.Mapping:
		type plain Key
		d.Decode(n, (*plain)(k))
	default:
		d.Wrong(n, "a place such as $.order_id, or a map with place or template")
	}
}

// UnmarshalNode reads "required", "optional", or a map.
func (h *Header) UnmarshalNode(d *document.Decoder, n *document.Node) {
	const wanted = "required, optional or a map"
	switch n.Kind {
	case document.Scalar:
		switch n.Text {
		case "required":
			h.Required = true
		case "optional":
		default:
			d.Report(n, document.BadValue, "a header is "+wanted+", not "+n.Text,
				document.Suggest(n.Text, []string{"required", "optional"}))
		}
	case document.Mapping:
		type plain Header
		d.Decode(n, (*plain)(h))
	default:
		d.Wrong(n, wanted)
	}
}

// UnmarshalNode reads a list of places, or a map of places to types.
func (needs *Needs) UnmarshalNode(d *document.Decoder, n *document.Node) {
	switch n.Kind {
	case document.Sequence:
		for i, item := range n.Items {
			var need Need
			d.DecodeAs(fmt.Sprintf("needs[%d]", i), item, &need.Place)
			*needs = append(*needs, need)
		}
	case document.Mapping:
		for _, entry := range n.Entries {
			need := Need{Place: entry.Key.Text}
			d.DecodeAs("the type of "+need.Place, entry.Value, &need.Type)
			*needs = append(*needs, need)
		}
	default:
		d.Wrong(n, "a list of places, or a map of places to types")
	}
}
