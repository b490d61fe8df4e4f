package document

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"github.com/flowweir/weir/reports/finding"
)

// converter makes Nodes of the parser's tree, which has several shapes for
// the same thing: one entry of a map is a map or not, anchors and tags wrap,
// a block scalar is a node in a node.
type converter struct {
	*Decoder
	anchors map[string]*Node
}

// node converts n. The key that leads to it, if any, lends its place to a
// value that is not there.
func (c *converter) node(n ast.Node, key *Node) *Node {
	switch n := n.(type) {
	case *ast.MappingNode:
		return c.mapping(n, n.Values, n.IsFlowStyle)
	case *ast.MappingValueNode:
		return c.mapping(n, []*ast.MappingValueNode{n}, n.IsFlowStyle)
	case *ast.SequenceNode:
		out := c.make(Sequence, n.Start)
		for _, value := range n.Values {
			out.Items = append(out.Items, c.node(value, nil))
		}
		return out
	case *ast.AnchorNode:
		// The anchor is known only after its value: a value cannot contain
		// itself.
		out := c.node(n.Value, key)
		c.anchors[n.Name.GetToken().Value] = out
		return out
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.TagNode:
		out := c.make(Null, n.Start)
		c.refuse(out, fmt.Sprintf("the tag %s is not supported", n.Start.Value), "remove it; the type follows from the field")
		return out
	case *ast.LiteralNode:
		out := c.make(Scalar, n.Start)
		out.Text, out.Quoted = n.Value.Value, true
		return out
	case *ast.NullNode:
		out := c.make(Null, n.Token)
		if n.Token.Type == token.ImplicitNullType && key != nil {
			out.Line, out.Column = key.Line, key.Column
		}
		return out
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode, *ast.MergeKeyNode:
		tk := n.GetToken()
		out := c.make(Scalar, tk)
		out.Text = tk.Value
		out.Quoted = tk.Type == token.SingleQuoteType || tk.Type == token.DoubleQuoteType
		return out
	case nil:
		out := &Node{Kind: Null, Line: 1, Column: 1}
		if key != nil {
			out.Line, out.Column = key.Line, key.Column
		}
		return out
	}
	out := c.make(Null, n.GetToken())
	c.refuse(out, "this part of YAML is not supported", "")
	return out
}

func (c *converter) make(kind Kind, tk *token.Token) *Node {
	line, column := c.position(tk)
	return &Node{Kind: kind, Line: line, Column: column}
}

// refuse reports a part of YAML that is not read.
func (c *converter) refuse(n *Node, message, hint string) {
	c.fail(n)
	c.Report(n, NotSupported, message, hint)
}

func (c *converter) alias(n *ast.AliasNode) *Node {
	name := n.Value.GetToken().Value
	if node, ok := c.anchors[name]; ok {
		return node
	}
	out := c.make(Null, n.Start)
	names := make([]string, 0, len(c.anchors))
	for anchor := range c.anchors {
		names = append(names, anchor)
	}
	c.fail(out)
	c.Report(out, UnknownAlias, fmt.Sprintf("no anchor &%s before this alias", name), Suggest(name, names))
	return out
}

// mapping converts the entries of a map and merges what << names. A key that
// the map says itself wins over a merged one, wherever it stands.
func (c *converter) mapping(n ast.Node, values []*ast.MappingValueNode, flow bool) *Node {
	out := c.make(Mapping, n.GetToken())
	own := map[string]*Node{}
	var merges []*Node
	for i, value := range values {
		if value.Key.IsMergeKey() {
			merges = append(merges, c.node(value.Value, nil))
			continue
		}
		key, ok := c.key(value.Key)
		if i == 0 && !flow {
			out.Line, out.Column = key.Line, key.Column
		}
		child := c.node(value.Value, key)
		if !ok {
			continue
		}
		if first, twice := own[key.Text]; twice {
			c.doc.flawed[out] = true
			c.report(finding.Finding{
				ID:       DuplicateKey,
				Message:  fmt.Sprintf("the key %q is there twice", key.Text),
				Position: c.doc.at(key.Line, key.Column),
				Related:  []finding.Related{{Position: *c.doc.at(first.Line, first.Column), Message: "first here"}},
				Hint:     "keep one of them",
			})
			continue
		}
		own[key.Text] = key
		out.Entries = append(out.Entries, Entry{Key: key, Value: child})
	}
	for _, merge := range merges {
		c.merge(out, merge, own)
	}
	return out
}

// merge adds the entries of the map, or of each map of the list, that << has
// as its value. Where that is none, what the map lacks is not known.
func (c *converter) merge(into, from *Node, own map[string]*Node) {
	switch {
	case c.doc.failed[from]:
		c.fail(into)
	case from.Kind == Mapping:
		for _, entry := range from.Entries {
			if _, exists := own[entry.Key.Text]; !exists {
				own[entry.Key.Text] = entry.Key
				into.Entries = append(into.Entries, entry)
			}
		}
	case from.Kind == Sequence:
		for _, item := range from.Items {
			if item.Kind != Mapping {
				c.Report(item, WrongType, "a merge key << takes maps, not "+describe(item), "")
				c.fail(into)
				continue
			}
			c.merge(into, item, own)
		}
	default:
		c.Report(from, WrongType, "a merge key << takes a map, not "+describe(from), "write <<: *anchor")
		c.fail(into)
	}
}

// key converts the key of a map, which must be plain text on one line.
func (c *converter) key(n ast.MapKeyNode) (*Node, bool) {
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return c.node(n, nil), true
	}
	out := c.make(Null, n.GetToken())
	c.refuse(out, "a key must be plain text", "")
	return out, false
}
