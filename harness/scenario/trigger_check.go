package scenario

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/reports/finding"
)

// triggers checks what a load through a trigger would send, before anything
// runs: each of its requests would fail in the same way.
type triggers struct {
	flow  *Flow
	at    document.Path // of the trigger in its contract
	found []finding.Finding
}

// checkTrigger says what is wrong with the trigger of a flow, all of it, with
// places in its contract and in the files that it sends.
func checkTrigger(f *Flow) error {
	c := &triggers{flow: f, at: interaction(f.Producer, f.Produces).Add("trigger")}
	t := f.Produces.Trigger
	for i, step := range t.Given {
		at := c.at.Add("given", i)
		if step.HTTP == "" {
			c.inContract(at, fmt.Sprintf("given step %d is no request, and a load meets no other kind of step", i+1), "use via: topic, or http in the step")
			continue
		}
		c.body(i, step.Body, at.Add("body"))
	}
	text := c.body(len(t.Given), t.Body, c.at.Add("body"))
	if in, ok := strings.CutPrefix(t.ID, "body:"); ok && len(c.found) == 0 && !f.Producer.Doc.Flawed(c.at.Add("id")...) {
		c.identity(in, text)
	}
	if len(c.found) == 0 {
		return nil
	}
	return &contractError{c.found}
}

// triggers refuses what loads would send where their contracts are wrong
// elsewhere.
func (p *preflight) triggers() {
	for _, f := range p.x.plan.Flows {
		if f.Load.Via != ViaTrigger || f.Producer.Doc.Flawed(interaction(f.Producer, f.Produces).Add("trigger", "given")...) {
			continue
		}
		if err := checkTrigger(f); err != nil {
			p.add(p.x.refusal(err, "load", f.Index, "via"))
		}
	}
}

func (c *triggers) inContract(path document.Path, message, hint string) {
	c.found = append(c.found, finding.Finding{ID: BadLoad, Severity: finding.Error, Message: message, Position: c.flow.Producer.Doc.Position(path...), Hint: hint})
}

// body reads a file that is sent, and checks it as the template that it is.
func (c *triggers) body(step int, name string, path document.Path) string {
	if name == "" {
		return ""
	}
	file := c.flow.Producer.Resolve(name)
	src, err := fs.ReadFile(c.flow.files, file)
	if err != nil {
		why := err.Error()
		if _, reason, is := unreadable(err); is {
			why = reason
		}
		c.inContract(path, fmt.Sprintf("cannot read the body %s: %s", file, why), relativeToContract)
		return ""
	}
	for _, p := range c.flow.Produces.Trigger.CheckBody(step, name, string(src)) {
		f := finding.Finding{ID: BadLoad, Severity: finding.Error, Message: p.Message, Position: p.Position(file, string(src)), Hint: p.Hint}
		if at := c.flow.Producer.Doc.Position(path...); at != nil {
			f.Related = []finding.Related{{Position: *at, Message: "the trigger sends it"}}
		}
		c.found = append(c.found, f)
	}
	return string(src)
}

// identity checks that an identity can be put into the body.
func (c *triggers) identity(at, text string) {
	t := c.flow.Produces.Trigger
	doc, err := jsonschema.Decode(t.Example(len(t.Given), text))
	if err != nil {
		return // what it is depends on what a step saves
	}
	p, err := place.Parse(at)
	if err == nil {
		err = p.Set(doc, "1")
	}
	if err != nil {
		c.inContract(c.at.Add("id"), fmt.Sprintf("the identity cannot be put into the body %s at %s: %v", t.Body, at, err), "")
	}
}
