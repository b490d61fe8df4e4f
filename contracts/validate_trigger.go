package contracts

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/place"
)

// action is what a trigger and a step have in common.
type action struct {
	http, event, goFunc, body string
	exec                      []string
	headers                   map[string]string
	expect                    int
}

func (v *validator) trigger(path document.Path, t Trigger) {
	for i, step := range t.Given {
		at := path.Add("given", i)
		v.action(at, action{step.HTTP, step.Event, step.Go, step.Body, step.Exec, step.Headers, step.Expect})
		v.save(at, step)
		v.templates(path, i, at, step.HTTP, step.Exec, step.Headers, t)
	}
	v.action(path, action{t.HTTP, t.Event, t.Go, t.Body, t.Exec, t.Headers, t.Expect})
	v.templates(path, len(t.Given), path, t.HTTP, t.Exec, t.Headers, t)
	if id := path.Add("id"); t.ID != "" || v.c.Doc.Has(id...) {
		v.triggerID(id, t)
	}
}

func (v *validator) action(path document.Path, a action) {
	if !v.ExactlyOne(path,
		document.Option{Field: "http", Set: a.http != ""},
		document.Option{Field: "exec", Set: a.exec != nil},
		document.Option{Field: "event", Set: a.event != ""},
		document.Option{Field: "go", Set: a.goFunc != ""},
	) {
		return
	}
	switch {
	case a.http != "":
		v.request(path.Add("http"), a.http)
		v.expect(path, a.expect, http.StatusContinue, 599, "an HTTP status")
	case a.exec != nil:
		if len(a.exec) == 0 || a.exec[0] == "" {
			v.Error(BadTrigger, path.Add("exec"), "exec names no program", "write the program and its arguments as a list: [./place-order, --json]")
		}
		v.expect(path, a.expect, 0, 255, "an exit code")
	default:
		v.without(path, "expect", a.expect != 0)
	}
	v.without(path, "headers", a.headers != nil && a.http == "" && a.event == "")
	v.without(path, "body", a.body != "" && a.goFunc != "")
}

// templates checks those that stand in the contract itself, of a step at a
// path, or of the trigger. What steps before it save must be known.
func (v *validator) templates(trigger document.Path, step int, path document.Path, http string, argv []string, headers map[string]string, t Trigger) {
	for i := range step {
		if v.c.Doc.Flawed(trigger.Add("given", i, "save")...) {
			return
		}
	}
	report := func(at document.Path, from int, problems []TemplateProblem) {
		for _, p := range problems {
			v.ErrorInside(BadTrigger, at, from+p.Offset, p.Message, p.Hint)
		}
	}
	if method, target, is := strings.Cut(http, " "); is {
		report(path.Add("http"), len(method)+1, t.CheckPath(step, target))
	}
	for i, arg := range argv {
		report(path.Add("exec", i), 0, t.CheckTemplate(step, arg))
	}
	if http == "" {
		return
	}
	for name, value := range headers {
		at := path.Add("headers", name)
		if !httpguts.ValidHeaderFieldName(name) {
			v.ErrorAtKey(BadName, at, fmt.Sprintf("%q is no name of a header", name), "HTTP takes letters, digits and - in it")
		}
		report(at, 0, t.CheckHeader(step, value))
	}
}

// without reports a field that the kind of action cannot use.
func (v *validator) without(path document.Path, field string, present bool) {
	if !present {
		return
	}
	for _, kind := range []string{"http", "exec", "event", "go"} {
		if v.c.Doc.Has(path.Add(kind)...) {
			v.Conflict(path.Add(field), path.Add(kind), fmt.Sprintf("%s says nothing with %s", field, kind), "remove it")
		}
	}
}

func (v *validator) expect(path document.Path, expect, least, most int, what string) {
	if at := path.Add("expect"); v.c.Doc.Has(at...) && (expect < least || expect > most) {
		v.Error(BadTrigger, at, fmt.Sprintf("expect %d is not %s", expect, what), fmt.Sprintf("write a number from %d to %d", least, most))
	}
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// request checks "POST /orders"; templates may stand in the path.
func (v *validator) request(path document.Path, request string) {
	method, target, ok := strings.Cut(request, " ")
	if !ok || target == "" {
		v.Error(BadTrigger, path, fmt.Sprintf("%q is no request", request), "write the method and the path: POST /orders")
		return
	}
	if !v.oneOfMethods(path, method) {
		return
	}
	if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "{{") {
		v.ErrorInside(BadTrigger, path, len(method)+1, fmt.Sprintf("the path %q does not begin with /", target), "the host comes from the scenario's services")
	}
}

func (v *validator) oneOfMethods(path document.Path, method string) bool {
	for _, known := range methods {
		if method == known {
			return true
		}
	}
	v.Error(BadTrigger, path, fmt.Sprintf("%q is no HTTP method", method), document.Suggest(method, methods))
	return false
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// save checks what a step keeps of the reply: places in its body.
func (v *validator) save(path document.Path, step Step) {
	v.without(path, "save", step.Save != nil && step.HTTP == "" && step.Exec == nil)
	for name, from := range step.Save {
		at := path.Add("save", name)
		if !variable.MatchString(name) {
			v.ErrorAtKey(BadTrigger, at, fmt.Sprintf("%q is no name of a variable", name), "it is used as {{.name}}: letters, digits and _")
		}
		v.place(at, from, place.Data)
	}
}

// triggerID checks the place of the identity: body:$.order_id or
// header:Idempotency-Key.
func (v *validator) triggerID(path document.Path, t Trigger) {
	if t.Go != "" {
		v.Error(BadTrigger, path, "a Go function is given the identity; id says nothing", "remove it")
		return
	}
	if inBody, ok := strings.CutPrefix(t.ID, "body:"); ok {
		p, err := place.Parse(inBody)
		switch {
		case err != nil:
			offset, message := placeProblem(err)
			v.ErrorInside(BadPlace, path, len("body:")+offset, fmt.Sprintf("%q is no place: %s", inBody, message), "")
		case p.Kind() != place.Data:
			v.Error(BadPlace, path, fmt.Sprintf("%q is not in the body", inBody), "write body:$.order_id or header:Idempotency-Key")
		case t.Body == "":
			v.Missing(path[:len(path)-1], "body", "the identity goes into the body, so the trigger needs one")
		}
		return
	}
	if strings.HasPrefix(t.ID, "header:") && t.Exec == nil {
		v.place(path, t.ID)
		return
	}
	v.Error(BadTrigger, path, fmt.Sprintf("the identity cannot travel in %q", t.ID), "write body:$.order_id or, for http and event, header:Idempotency-Key")
}
