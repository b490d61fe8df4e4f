package contracts

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"text/template"
	tree "text/template/parse"
)

// trace is what a template wrote, and what of it wrote which part.
type trace struct {
	bytes.Buffer
	parts []part
}

// part is what one text or action of a template wrote, from an offset of the
// output.
type part struct {
	from int
	node tree.Node
}

// mostParts bounds a template that goes on writing; it is not judged.
const mostParts = 1 << 13

var errEndless = errors.New("it writes on and on")

// traced fills in a sound template.
func traced(text string, values map[string]any) (*trace, error) {
	parsed, err := ParseTemplate(text)
	if err != nil {
		return nil, err
	}
	out := &trace{}
	var nodes []tree.Node
	parsed.parsed.Funcs(template.FuncMap{"weirPart": func(i int) (string, error) {
		if len(out.parts) == mostParts {
			return "", errEndless
		}
		out.parts = append(out.parts, part{out.Len(), nodes[i]})
		return "", nil
	}})
	for _, t := range parsed.parsed.Templates() {
		if t.Tree != nil {
			nodes = marked(t.Root, nodes)
		}
	}
	return out, parsed.parsed.Execute(out, values)
}

// marked puts before each node of a list the call that notes it.
func marked(list *tree.ListNode, nodes []tree.Node) []tree.Node {
	if list == nil {
		return nodes
	}
	all := []tree.Node{mark(len(nodes))} // of a list without nodes too, which a range may go through for ever
	nodes = append(nodes, list)
	for _, n := range list.Nodes {
		all = append(all, mark(len(nodes)), n)
		nodes = append(nodes, n)
		switch n := n.(type) {
		case *tree.IfNode:
			nodes = marked(n.ElseList, marked(n.List, nodes))
		case *tree.WithNode:
			nodes = marked(n.ElseList, marked(n.List, nodes))
		case *tree.RangeNode:
			nodes = marked(n.ElseList, marked(n.List, nodes))
		}
	}
	list.Nodes = all
	return nodes
}

func mark(i int) tree.Node {
	none := template.FuncMap{"weirPart": func(int) string { return "" }}
	return template.Must(template.New("").Funcs(none).Parse(fmt.Sprintf("{{weirPart %d}}", i))).Root.Nodes[0]
}

// source is where in the template that stands which wrote the output at an
// offset; of an action also itself, and what it wrote.
func (t *trace) source(at int) (offset int, action, wrote string) {
	i := sort.Search(len(t.parts), func(i int) bool { return t.parts[i].from > at }) - 1
	if i < 0 {
		return 0, "", ""
	}
	p, end := t.parts[i], t.Len()
	if i+1 < len(t.parts) {
		end = t.parts[i+1].from
	}
	if text, is := p.node.(*tree.TextNode); is {
		return int(text.Pos) + at - p.from, "", ""
	}
	if at == end {
		return int(p.node.Position()), "", ""
	}
	return int(p.node.Position()), p.node.String(), abridged(string(t.Bytes()[p.from:end]))
}

func abridged(text string) string {
	const most = 40
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// text/template: `template: :1:2: executing "" at <.X>: message`.
var (
	fillError  = regexp.MustCompile(`(?s)^template: :(\d+):(\d+): executing "[^"]*" at <(.*?)>: (.*)$`)
	callError  = regexp.MustCompile(`(?s)^error calling \w+: (.*)$`)
	noVariable = regexp.MustCompile(`^map has no entry for key "(.*)"$`)
)

// unfilled puts an error of text/template in the words of who wrote the
// template.
func unfilled(err error) error {
	m := fillError.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	return fmt.Errorf("{{%s}}: %s", strings.Trim(m[3], "{}"), reason(m[4]))
}

func reason(message string) string {
	if m := callError.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return message
}

// unfilled is the problem of a template that cannot be filled in; nil for one
// that can, or that cannot be judged.
func (c *templateCheck) unfilled(text string, err error) *TemplateProblem {
	if err == nil || errors.Is(err, errEndless) {
		return nil
	}
	p := &TemplateProblem{Message: "the template: " + unfilled(err).Error()}
	m := fillError.FindStringSubmatch(err.Error())
	if m == nil {
		return p
	}
	line, _ := strconv.Atoi(m[1])
	column, _ := strconv.Atoi(m[2]) // text/template counts from 0
	for range line - 1 {
		p.Offset += strings.IndexByte(text[p.Offset:], '\n') + 1
	}
	p.Offset += column
	if name := noVariable.FindStringSubmatch(m[4]); name != nil {
		*p = c.noVariable(p.Offset, name[1])
	}
	return p
}
