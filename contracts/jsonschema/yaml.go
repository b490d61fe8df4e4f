package jsonschema

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
)

// isYAML reports whether a file is YAML by its name.
func isYAML(file string) bool {
	return strings.HasSuffix(file, ".yaml") || strings.HasSuffix(file, ".yml")
}

// parseYAML reads a schema that is written as YAML, by the rules of package
// document: one document, plain keys, no tags. Words without quotes that
// versions of YAML read differently (yes, 010, 0x1F) are errors, because the
// writer and the reader of a schema may not use the same version.
func parseYAML(file string, src []byte) (*Document, error) {
	var root yamlRoot
	_, findings := document.Decode(file, src, &root)
	if len(findings) > 0 {
		e := &Error{}
		for _, f := range findings {
			e.Problems = append(e.Problems, Problem{*f.Position, f.Message, f.Hint})
		}
		return nil, e
	}
	// Package document counts lines that end with \n, and no byte order mark.
	text := strings.TrimPrefix(string(src), "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	y := yamlIndex{doc: &Document{file: file, src: []byte(text), value: root.value, values: map[string]int{}, keys: map[string]int{}}}
	for i := range len(text) {
		if i == 0 || text[i-1] == '\n' {
			y.lines = append(y.lines, i)
		}
	}
	y.add("", root.node)
	return y.doc, nil
}

// yamlRoot is the value of a YAML file, with the node that it was made of.
type yamlRoot struct {
	node  *document.Node
	value any
	left  int
}

// maxYAMLNodes bounds what aliases may expand to.
const maxYAMLNodes = 100_000

// UnmarshalNode implements document.NodeUnmarshaler.
func (r *yamlRoot) UnmarshalNode(d *document.Decoder, n *document.Node) {
	r.node, r.left = n, maxYAMLNodes
	r.value = r.convert(d, n)
}

// convert makes of a node what encoding/json makes of JSON.
func (r *yamlRoot) convert(d *document.Decoder, n *document.Node) any {
	if r.left--; r.left < 0 {
		if r.left == -1 {
			d.Report(n, document.TooLarge, fmt.Sprintf("aliases expand to more than %d values", maxYAMLNodes), "write fewer aliases of aliases")
		}
		return nil
	}
	switch n.Kind {
	case document.Sequence:
		list := make([]any, 0, len(n.Items))
		for _, item := range n.Items {
			list = append(list, r.convert(d, item))
		}
		return list
	case document.Mapping:
		object := make(map[string]any, len(n.Entries))
		for _, e := range n.Entries {
			object[e.Key.Text] = r.convert(d, e.Value)
		}
		return object
	case document.Scalar:
		return scalar(d, n)
	case document.Null:
	}
	return nil
}

var (
	yamlNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	// yamlUnclear are numbers and truth values of some versions of YAML.
	yamlUnclear = regexp.MustCompile(`^(?i:yes|no|on|off|[+-]?0[0-9_]+|[+-]?0[xob][0-9a-f_]+|[+-]?[0-9][0-9_]*_[0-9_]*|\+[0-9.]+|[+-]?\.[0-9]+|[+-]?[0-9]+\.|[+-]?\.(inf|nan))$`)
)

func scalar(d *document.Decoder, n *document.Node) any {
	switch {
	case n.Quoted:
		return n.Text
	case n.Text == "true", n.Text == "false":
		return n.Text == "true"
	case yamlNumber.MatchString(n.Text):
		if why := unread(n.Text); why != "" {
			d.Report(n, document.BadValue, "the number "+why, "")
		}
		return json.Number(n.Text)
	case yamlUnclear.MatchString(n.Text), strings.EqualFold(n.Text, "true"), strings.EqualFold(n.Text, "false"):
		d.Report(n, document.BadValue, n.Text+" is text to some readers of YAML, and a number or a truth value to others",
			"put text in quotes; write numbers as JSON does, and true or false")
	}
	return n.Text
}

// yamlIndex records where the values stand.
type yamlIndex struct {
	doc   *Document
	lines []int // the offsets at which the lines begin
}

func (y *yamlIndex) offset(n *document.Node) int {
	if n.Line < 1 || n.Line > len(y.lines) {
		return 0
	}
	return y.lines[n.Line-1] + n.Column - 1
}

func (y *yamlIndex) add(pointer string, n *document.Node) {
	y.doc.values[pointer] = y.offset(n)
	for i, item := range n.Items {
		y.add(pointer+"/"+strconv.Itoa(i), item)
	}
	for _, e := range n.Entries {
		member := pointer + "/" + escapeToken(e.Key.Text)
		y.doc.keys[member] = y.offset(e.Key)
		y.add(member, e.Value)
	}
}
