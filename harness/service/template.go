package service

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/flowweir/weir/contracts/braces"
	"github.com/flowweir/weir/contracts/document"
)

// Vars are what a template may name.
type Vars struct {
	// Bootstrap is {{.Bootstrap}}: the brokers' addresses, separated by
	// commas, as this service reaches them.
	Bootstrap string
	// Port is {{.Port}}: a free port of 127.0.0.1. 0: none.
	Port int
	// Topic and Group are {{.Topic "name"}} and {{.Group "name"}}: the name
	// on the cluster, with the prefix of a shared one. Nil: names as
	// written.
	Topic, Group func(name string) string
	// URLs is {{.URL "service"}}: the url of another service, by name.
	URLs map[string]string
	// Env is {{.Env "NAME"}}: a variable of Weir's own environment. Nil: there
	// is none, for a text that is shown or kept.
	Env func(name string) (string, bool)
}

// TemplateError is a template that cannot be expanded. Line and Column count
// from 1 within the template; Column is 0 where only the line is known, and
// counts bytes. Hint is the next step, where one is known.
type TemplateError struct {
	Line, Column  int
	Message, Hint string
}

func (e *TemplateError) Error() string {
	message := e.Message
	if e.Hint != "" {
		message += "; " + e.Hint
	}
	if e.Column == 0 {
		return fmt.Sprintf("line %d: %s", e.Line, message)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, message)
}

// Without is a template without the {{…}} that the error is about, at the same
// places, so that what else is wrong with it can be found; empty where it
// cannot be told, or where others stand on it.
func (e *TemplateError) Without(text string) string {
	lines := strings.SplitAfter(text, "\n")
	if e.Column == 0 || e.Line > len(lines) {
		return ""
	}
	return braces.Without(text, len(strings.Join(lines[:e.Line-1], ""))+e.Column-1)
}

// Expand replaces the {{…}} of s, a text/template. A name that does not exist
// is an error, always a *TemplateError.
func Expand(s string, vars Vars) (string, error) {
	t, err := parse(s)
	if err != nil {
		_, broken := Sound(s)
		return "", broken[0]
	}
	var out strings.Builder
	if err := t.Execute(&out, scope{vars}); err != nil {
		return "", templateError(err)
	}
	return out.String(), nil
}

// Sound is a template without the parts of it that do not parse, in which what
// is left stands at the same places, and what is wrong with those parts.
func Sound(s string) (rest string, broken []*TemplateError) {
	rest, problems := braces.Sound(s, func(text string) error { _, err := parse(text); return err })
	for _, p := range problems {
		before := s[:p.Offset]
		broken = append(broken, &TemplateError{strings.Count(before, "\n") + 1, p.Offset - strings.LastIndexByte(before, '\n'), p.Message, p.Hint})
	}
	return rest, broken
}

// parse gives a template no name, so that none is taken from those that it
// defines.
func parse(s string) (*template.Template, error) {
	return template.New("").Option("missingkey=error").Parse(s)
}

// scope is what a template sees; its methods are the names.
type scope struct{ vars Vars }

const scopeNames = `.Bootstrap, .Port, .Topic "name", .Group "name" and .URL "service"`

// scopeFields are the same names alone.
var scopeFields = []string{"Bootstrap", "Port", "Topic", "Group", "URL"}

// Bootstrap is {{.Bootstrap}}.
func (s scope) Bootstrap() (string, error) {
	if s.vars.Bootstrap == "" {
		return "", fmt.Errorf("this service cannot reach the brokers")
	}
	return s.vars.Bootstrap, nil
}

// Port is {{.Port}}.
func (s scope) Port() (int, error) {
	if s.vars.Port == 0 {
		return 0, fmt.Errorf("there is no port here")
	}
	return s.vars.Port, nil
}

// Topic is {{.Topic "name"}}.
func (s scope) Topic(name string) string { return named(s.vars.Topic, name) }

// Group is {{.Group "name"}}.
func (s scope) Group(name string) string { return named(s.vars.Group, name) }

func named(f func(string) string, name string) string {
	if f == nil {
		return name
	}
	return f(name)
}

// URL is {{.URL "service"}}.
func (s scope) URL(service string) (string, error) {
	if u, ok := s.vars.URLs[service]; ok {
		return u, nil
	}
	if len(s.vars.URLs) == 0 {
		return "", fmt.Errorf("no service has a url")
	}
	return "", fmt.Errorf("no service %q with a url; there are %s", service, strings.Join(slices.Sorted(maps.Keys(s.vars.URLs)), ", "))
}

// Env is {{.Env "NAME"}}.
func (s scope) Env(name string) (string, error) {
	if s.vars.Env == nil {
		return "", fmt.Errorf("a variable of the environment can be named in database alone")
	}
	value, set := s.vars.Env(name)
	if !set || value == "" {
		return "", fmt.Errorf("the variable %s is not set", name)
	}
	return value, nil
}

var (
	// text/template: `template: :1:2: executing "" at <.X>: message`.
	templatePosition = regexp.MustCompile(`(?s)^template: :(\d+)(?::(\d+))?: (.*)$`)
	templateContext  = regexp.MustCompile(`(?s)^executing "[^"]*" at (<.*?>): (.*)$`)
	templateNoField  = regexp.MustCompile(`^can't evaluate field (\w+) in type service\.scope$`)
	templateCalling  = regexp.MustCompile(`(?s)^error calling \w+: (.*)$`)
)

// templateError puts text/template's error in the words of a scenario's
// author.
func templateError(err error) error {
	m := templatePosition.FindStringSubmatch(err.Error())
	if m == nil {
		return &TemplateError{Line: 1, Message: err.Error()}
	}
	e := &TemplateError{Message: m[3]}
	e.Line, _ = strconv.Atoi(m[1])
	if m[2] != "" {
		e.Column, _ = strconv.Atoi(m[2])
		e.Column++ // text/template counts from 0
	}
	c := templateContext.FindStringSubmatch(e.Message)
	if c == nil {
		return e
	}
	at, what := strings.Trim(c[1], "<>"), c[2]
	if f := templateNoField.FindStringSubmatch(what); f != nil {
		what = fmt.Sprintf("there is no .%s; there are %s", f[1], scopeNames)
		if near := document.Nearest(f[1], scopeFields); near != "" {
			e.Hint = fmt.Sprintf("did you mean .%s?", near)
		}
	} else if f := templateCalling.FindStringSubmatch(what); f != nil {
		what = f[1]
	}
	e.Message = fmt.Sprintf("{{%s}}: %s", at, what)
	return e
}
