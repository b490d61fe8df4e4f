package contracts

import (
	"fmt"
	"slices"
	"strings"
	"text/template"
	tree "text/template/parse"

	"github.com/flowweir/weir/contracts/document"
)

// templateCheck looks for names in a template that are no variables.
type templateCheck struct {
	variables []string
	problems  []TemplateProblem
	// cut says that a part of the template is not looked at, which may define
	// others.
	cut     bool
	defined []string
	// named are the variables that it names; branches says whether it does one
	// thing or another.
	named    []string
	branches bool
}

func (c *templateCheck) tree(t *template.Template) {
	if t == nil || t.Tree == nil {
		return
	}
	for _, other := range t.Templates() {
		if other.Name() == "" || other.Tree == nil {
			continue
		}
		c.defined = append(c.defined, other.Name())
		// Of what dot it has, only its use tells: what is wrong, filling in finds.
		inner := templateCheck{variables: c.variables, cut: true}
		inner.node(other.Root, true)
		c.named, c.branches = append(c.named, inner.named...), c.branches || inner.branches
	}
	c.node(t.Root, true)
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
		c.template(n)
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
	c.branches = true
	c.node(n.Pipe, root)
	c.node(n.List, inside)
	c.node(n.ElseList, root)
}

// template checks that the one that is called is defined.
func (c *templateCheck) template(n *tree.TemplateNode) {
	if c.cut || slices.Contains(c.defined, n.Name) {
		return
	}
	hint := fmt.Sprintf("define it in this text: {{define %q}}…{{end}}", n.Name)
	if near := document.Nearest(n.Name, c.defined); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	c.problems = append(c.problems, TemplateProblem{int(n.Pos), fmt.Sprintf("no template %q is defined", n.Name), hint})
}

// name checks .name, and that nothing is looked for below it: variables are
// text and numbers.
func (c *templateCheck) name(offset int, ident []string) {
	name := ident[0]
	c.named = append(c.named, name)
	if !slices.Contains(c.variables, name) {
		c.problems = append(c.problems, c.noVariable(offset, name))
		return
	}
	if len(ident) > 1 {
		c.problems = append(c.problems, TemplateProblem{offset, fmt.Sprintf("the variable %s has no field %s: it is a text or a number", name, ident[1]), fmt.Sprintf("write {{.%s}}", name)})
	}
}

func (c *templateCheck) noVariable(offset int, name string) TemplateProblem {
	hint := "there are {{." + strings.Join(c.variables, "}}, {{.") + "}}, and what given steps before it save"
	if near := document.Nearest(name, c.variables); near != "" {
		hint = fmt.Sprintf("did you mean {{.%s}}?", near)
	}
	return TemplateProblem{offset, fmt.Sprintf("the template names {{.%s}}, which is no variable here", name), hint}
}
