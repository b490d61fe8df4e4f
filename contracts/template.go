package contracts

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/flowweir/weir/contracts/braces"
	"github.com/flowweir/weir/reports/finding"
)

// Template is a text of a trigger that is filled in for each of its uses.
type Template struct{ parsed *template.Template }

// ParseTemplate reads a template. It has no name of its own, so that none is
// taken from those that it defines.
func ParseTemplate(text string) (*Template, error) {
	parsed, err := template.New("").Option("missingkey=error").Parse(text)
	if err != nil {
		return nil, err
	}
	return &Template{parsed}, nil
}

// Fill is the template with its variables filled in.
func (t *Template) Fill(variables map[string]any) ([]byte, error) {
	var out bytes.Buffer
	if err := t.parsed.Execute(&out, variables); err != nil {
		return nil, unfilled(err)
	}
	return out.Bytes(), nil
}

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

// known are the variables that no step saves, with values such as they have.
var known = map[string]any{
	"id": "5f2b1c9e-7d34-8a61-9c05-3e8f00000001", "seq": uint64(1),
	"bootstrap": "127.0.0.1:9092", "url": "http://127.0.0.1:8080",
}

// unknown are values that what a step saves may have: a number, a long one, and
// a path. What fails with each of them fails.
var unknown = []string{"1", strings.Repeat("1", 1024), "/1"}

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

// values are the variables of a step with values such as they have, in each of
// the ways of which one must do.
func (t *Trigger) values(step int) (all []map[string]any) {
	for _, saved := range unknown {
		values := map[string]any{}
		for _, name := range t.Variables(step) {
			values[name] = saved
			if v, is := known[name]; is && !t.saves(step, name) {
				values[name] = v
			}
		}
		all = append(all, values)
	}
	return all
}

// saves says whether a step before this one saves a variable.
func (t *Trigger) saves(step int, name string) bool {
	return slices.ContainsFunc(t.Given[:step], func(s Step) bool { _, is := s.Save[name]; return is })
}

// CheckTemplate says what is wrong with a template of a step of given, or of
// the trigger itself (see Variables): that it does not parse, what it names
// that is not there, or that it cannot be filled in.
func (t *Trigger) CheckTemplate(step int, text string) []TemplateProblem {
	return t.check(step, text, func([]byte) *misfit { return nil })
}

// misfit is why a text that a template has become cannot be used: at an offset
// of it.
type misfit struct {
	at              int
	what, why, hint string
}

// check looks for what is wrong with a template, and at what it becomes with
// values such as a load fills in.
func (t *Trigger) check(step int, text string, judge func(filled []byte) *misfit) []TemplateProblem {
	rest, broken := braces.Sound(text, func(text string) error { _, err := ParseTemplate(text); return err })
	c := templateCheck{variables: t.Variables(step), cut: len(broken) > 0}
	for _, b := range broken {
		c.problems = append(c.problems, TemplateProblem{b.Offset, "the template: " + b.Message, b.Hint})
	}
	if sound, err := ParseTemplate(rest); err == nil {
		c.tree(sound.parsed)
	}
	if len(c.problems) > 0 {
		slices.SortStableFunc(c.problems, func(a, b TemplateProblem) int { return a.Offset - b.Offset })
		return c.problems
	}
	if c.branches && c.namesAny(t, step) {
		return nil // which branch is taken, only the reply tells
	}
	var first []TemplateProblem
	for _, values := range t.values(step) {
		problems := c.filled(text, values, judge)
		if len(problems) == 0 {
			return nil
		}
		if first == nil {
			first = problems
		}
	}
	return first
}

// namesAny says whether the template names what steps before one save.
func (c *templateCheck) namesAny(t *Trigger, step int) bool {
	return slices.ContainsFunc(c.named, func(name string) bool { return t.saves(step, name) })
}

// filled is what is wrong with a sound template when some values are filled in:
// all that cannot be, or else why what it becomes will not do.
func (c *templateCheck) filled(text string, values map[string]any, judge func([]byte) *misfit) (problems []TemplateProblem) {
	const most = 10
	for rest := text; rest != "" && len(problems) < most; {
		out, err := traced(rest, values)
		if err == nil && len(problems) == 0 {
			return misfits(out, judge)
		}
		p := c.unfilled(rest, err)
		if p == nil {
			break
		}
		problems = append(problems, *p)
		rest = braces.Without(rest, p.Offset)
	}
	return problems
}

func misfits(out *trace, judge func([]byte) *misfit) []TemplateProblem {
	wrong := judge(out.Bytes())
	if wrong == nil {
		return nil
	}
	offset, action, wrote := out.source(wrong.at)
	message := wrong.what
	if action != "" {
		message = fmt.Sprintf("%s where %s writes %s", message, action, wrote)
	}
	if wrong.why != "" {
		message += ": " + wrong.why
	}
	return []TemplateProblem{{offset, message, wrong.hint}}
}
