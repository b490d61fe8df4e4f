package contracts

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"

	"golang.org/x/net/http/httpguts"
)

// CheckPath says what is wrong with the path of a request of a step, or of the
// trigger itself: the template, and the path that it becomes.
func (t *Trigger) CheckPath(step int, text string) []TemplateProblem {
	return t.check(step, text, func(filled []byte) *misfit {
		target := string(filled)
		if !strings.HasPrefix(target, "/") && strings.HasPrefix(text, "{{") {
			return &misfit{0, "the path does not begin with /", "", "the host comes from the scenario's services"}
		}
		_, err := url.Parse("http://127.0.0.1" + target)
		if err == nil {
			return nil
		}
		wrong := &misfit{0, "the path cannot stand in a URL", err.Error(), ""}
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			wrong.why = inner.Err.Error()
		}
		if escape := url.EscapeError(""); errors.As(err, &escape) {
			wrong.at = max(0, strings.Index(target, string(escape)))
			wrong.hint = "a % itself is written %25"
		} else {
			wrong.at = max(0, strings.IndexFunc(target, func(r rune) bool { return r < ' ' || r == 0x7f }))
		}
		return wrong
	})
}

// CheckHeader says what is wrong with the value of a header.
func (t *Trigger) CheckHeader(step int, text string) []TemplateProblem {
	return t.check(step, text, func(filled []byte) *misfit {
		at := strings.IndexFunc(string(filled), func(r rune) bool { return !httpguts.ValidHeaderFieldValue(string(r)) })
		if at < 0 {
			return nil
		}
		return &misfit{at, "the value cannot be that of a header", fmt.Sprintf("HTTP takes no %q in it", filled[at]), ""}
	})
}

// CheckBody says what is wrong with the file that a step, or the trigger itself,
// sends: the template, and the JSON that it becomes where it must be JSON.
func (t *Trigger) CheckBody(step int, name, text string) []TemplateProblem {
	what, must := t.mustBeJSON(step, name)
	return t.check(step, text, func(filled []byte) *misfit {
		if !must {
			return nil
		}
		var value any
		err := json.Unmarshal(filled, &value)
		syntax := (*json.SyntaxError)(nil)
		if !errors.As(err, &syntax) {
			return nil
		}
		wrong := &misfit{at: int(syntax.Offset), what: what, why: syntax.Error()}
		if wrong.at < len(filled) || !strings.HasPrefix(wrong.why, "unexpected end") {
			wrong.at--
			if c := rune(filled[wrong.at]); unicode.IsLetter(c) || unicode.IsDigit(c) {
				wrong.hint = `a text stands in quotes, such as "{{.id}}"`
			}
		}
		return wrong
	})
}

// Example is a body as it becomes when a load fills it in; nil for one that
// cannot be known.
func (t *Trigger) Example(step int, text string) []byte {
	parsed, err := ParseTemplate(text)
	if err != nil {
		return nil
	}
	c := templateCheck{variables: t.Variables(step)}
	if c.tree(parsed.parsed); c.namesAny(t, step) {
		return nil
	}
	body, _ := parsed.Fill(t.values(step)[0])
	return body
}

// mustBeJSON says whether the body of a step must be JSON, and what it is
// otherwise. One that the service is to refuse need not be what it says.
func (t *Trigger) mustBeJSON(step int, name string) (what string, must bool) {
	request, headers, expect := t.HTTP, t.Headers, t.Expect
	if step < len(t.Given) {
		request, headers, expect = t.Given[step].HTTP, t.Given[step].Headers, t.Given[step].Expect
	} else if at, is := strings.CutPrefix(t.ID, "body:"); is {
		return "the body is no JSON to put the identity into at " + at, true
	}
	kind := ContentType(name, headers)
	media, _, _ := mime.ParseMediaType(kind)
	must = media == "application/json" || strings.HasSuffix(media, "+json")
	return "the body is no JSON, and is sent as " + media, must && request != "" && expect < http.StatusBadRequest
}

// ContentType is that of a body of a request: the one of the headers, or else
// what the name of its file says.
func ContentType(name string, headers map[string]string) string {
	for header, value := range headers {
		if strings.EqualFold(header, "Content-Type") {
			return value
		}
	}
	if path.Ext(name) == ".json" {
		return "application/json"
	}
	return ""
}
