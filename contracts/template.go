package contracts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	tree "text/template/parse"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// TemplateProblem is what is wrong with a template of a trigger, Offset bytes
// from its start.
type TemplateProblem struct {
	Offset        int
	Message, Hint string
}

// Position is the place of the problem in a file that is the template.
func (p TemplateProblem) Position(file, text string) *finding.Position {
	before := text[:min(p.Offset, len(text))]
	start := strings.LastIndexByte(before, '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	return &finding.Position{File: file, Line: strings.Count(before, "\n") + 1, Column: len(before) - start + 1, Source: strings.TrimSuffix(line, "\r")}
}

// Variables are what the templates of a step of given may name, or, with
// len(t.Given), those of the trigger itself. What runs as a program, and what
// is done beside one, also knows where the brokers and the service are.
func (t *Trigger) Variables(step int) []string {
	names := []string{"id", "seq"}
	if t.HTTP == "" || step < len(t.Given) && t.Given[step].Exec != nil {
		names = append(names, "bootstrap", "url")
	}
	for _, before := range t.Given[:step] {
		for name := range before.Save {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// CheckTemplate says what is wrong with a template of a step of given, or of
// the trigger itself (see Variables): that it does not parse, or what it names
// that is not there. It fills in nothing.
func (t *Trigger) CheckTemplate(step int, text string) []TemplateProblem {
	if !strings.Contains(text, "{{") {
		return nil
	}
	parsed, err := template.New("t").Parse(text)
	if err != nil {
		return []TemplateProblem{unparsed(text, err)}
	}
	c := templateCheck{variables: t.Variables(step)}
	if parsed.Tree != nil {
		c.node(parsed.Root, true)
	}
	return c.problems
}

// text/template: "template: t:2: unclosed action", of which only the line is
// known.
var (
	unparsedLine = regexp.MustCompile(`(?s)^template: t:(\d+):(?:\d+:)? (.*)$`)
	quotedName   = regexp.MustCompile(`"([^"]+)"`)
)

// unparsed is the problem of a template that does not parse, at what its error
// names, or else at the first action of its line.
func unparsed(text string, err error) TemplateProblem {
	m := unparsedLine.FindStringSubmatch(err.Error())
	if m == nil {
		return TemplateProblem{Message: "the template: " + err.Error()}
	}
	number, _ := strconv.Atoi(m[1])
	start := 0
	for range number - 1 {
		next := strings.IndexByte(text[start:], '\n')
		if next < 0 {
			break
		}
		start += next + 1
	}
	line, _, _ := strings.Cut(text[start:], "\n")
	at := strings.Index(line, "{{")
	if name := quotedName.FindStringSubmatch(m[2]); name != nil && strings.Contains(line, name[1]) {
		at = strings.Index(line, name[1])
	}
	return TemplateProblem{Offset: start + max(0, at), Message: "the template: " + m[2]}
}

// templateCheck looks for names in a template that are no variables.
type templateCheck struct {
	variables []string
	problems  []TemplateProblem
}

// node checks n; root says that the dot is the variables there, which with and
// range change.
func (c *templateCheck) node(n tree.Node, root bool) {
	switch n := n.(type) {
	case *tree.ListNode:
		if n == nil {
			return
		}
		for _, inner := range n.Nodes {
			c.node(inner, root)
		}
	case *tree.ActionNode:
		c.node(n.Pipe, root)
	case *tree.IfNode:
		c.branch(&n.BranchNode, root, root)
	case *tree.WithNode:
		c.branch(&n.BranchNode, root, false)
	case *tree.RangeNode:
		c.branch(&n.BranchNode, root, false)
	case *tree.TemplateNode:
		c.node(n.Pipe, root)
	case *tree.PipeNode:
		if n == nil {
			return
		}
		for _, command := range n.Cmds {
			for _, arg := range command.Args {
				c.node(arg, root)
			}
		}
	case *tree.ChainNode:
		c.node(n.Node, root)
	case *tree.FieldNode:
		if root {
			c.name(int(n.Pos), n.Ident)
		}
	case *tree.VariableNode:
		if n.Ident[0] == "$" && len(n.Ident) > 1 {
			c.name(int(n.Pos), n.Ident[1:])
		}
	}
}

func (c *templateCheck) branch(n *tree.BranchNode, root, inside bool) {
	c.node(n.Pipe, root)
	c.node(n.List, inside)
	c.node(n.ElseList, root)
}

// name checks .name, and that nothing is looked for below it: variables are
// text and numbers.
func (c *templateCheck) name(offset int, ident []string) {
	name := ident[0]
	if !slices.Contains(c.variables, name) {
		hint := "there are {{." + strings.Join(c.variables, "}}, {{.") + "}}, and what given steps before it save"
		if near := document.Nearest(name, c.variables); near != "" {
			hint = fmt.Sprintf("did you mean {{.%s}}?", near)
		}
		c.problems = append(c.problems, TemplateProblem{offset, fmt.Sprintf("the template names {{.%s}}, which is no variable here", name), hint})
		return
	}
	if len(ident) > 1 {
		c.problems = append(c.problems, TemplateProblem{offset, fmt.Sprintf("the variable %s has no field %s: it is a text or a number", name, ident[1]), fmt.Sprintf("write {{.%s}}", name)})
	}
}
