package asyncapi

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
)

var (
	jsonNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)
	yamlNumber = regexp.MustCompile(`^[+-]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][+-]?[0-9]+)?$`)
	yamlHex    = regexp.MustCompile(`^0[xo][0-9a-fA-F]+$`)
)

// value is a node as JSON has it: map[string]any, []any, string, bool, nil
// and json.Number. Scalars of YAML have the types of its core schema.
func value(n *document.Node) any {
	switch n.Kind {
	case document.Mapping:
		out := make(map[string]any, len(n.Entries))
		for _, entry := range n.Entries {
			out[entry.Key.Text] = value(entry.Value)
		}
		return out
	case document.Sequence:
		out := make([]any, len(n.Items))
		for i, item := range n.Items {
			out[i] = value(item)
		}
		return out
	case document.Scalar:
		return scalar(n)
	}
	return nil
}

func scalar(n *document.Node) any {
	if n.Quoted {
		return n.Text
	}
	switch n.Text {
	case "true", "True", "TRUE":
		return true
	case "false", "False", "FALSE":
		return false
	}
	switch {
	case jsonNumber.MatchString(n.Text):
		return json.Number(n.Text)
	case yamlHex.MatchString(n.Text):
		if i, err := strconv.ParseInt(n.Text, 0, 64); err == nil {
			return json.Number(strconv.FormatInt(i, 10))
		}
	case yamlNumber.MatchString(n.Text):
		digits := strings.TrimPrefix(n.Text, "+")
		if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return json.Number(strconv.FormatInt(i, 10))
		}
		if f, err := strconv.ParseFloat(digits, 64); err == nil {
			return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
		}
	}
	return n.Text
}

// text is the text of a field; "" where there is none.
func text(n *document.Node, key string) string {
	if field := get(n, key); field != nil && field.Kind == document.Scalar {
		return field.Text
	}
	return ""
}

// get is the value of a field; nil where n is no map that has it.
func get(n *document.Node, key string) *document.Node {
	if n == nil || n.Kind != document.Mapping {
		return nil
	}
	return n.Field(key)
}

// whole is the integer of a field; 0 where there is none.
func whole(n *document.Node, key string) int {
	i, _ := strconv.Atoi(text(n, key))
	return i
}
