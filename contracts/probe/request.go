package probe

import (
	"net/url"
	"strings"
)

// Request counts effects by asking the service. The zero value asks nothing.
type Request struct {
	// parts are the path between the placeholders.
	parts []string
}

const requestHint = "write GET and a path with the event's id: GET /charges?event={id}"

// ParseRequest reads a request: GET, a space, and a path that names {id}. Its
// errors are *SyntaxError.
func ParseRequest(text string) (Request, error) {
	method, path, found := strings.Cut(text, " ")
	at := len(method) + 1
	switch {
	case method != "GET":
		return Request{}, wrong(0, requestHint, "the request is no GET: to ask must change nothing")
	case !found || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//"):
		return Request{}, wrong(min(at, len(text)), "the host is the service's url", "the path does not begin with one /")
	}
	parts := strings.Split(path, placeholder)
	if len(parts) == 1 {
		return Request{}, wrong(at, requestHint, "the path does not name {id}")
	}
	for i, part := range parts {
		if j := strings.IndexFunc(part, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`{}#"<>\^|`+"`", r) }); j >= 0 {
			return Request{}, wrong(at+j, "the only name in braces is {id}; other characters are escaped as in a URL", "%q cannot stand in the path", []rune(part[j:])[0])
		}
		at += len(part)
		if i < len(parts)-1 {
			at += len(placeholder)
		}
	}
	if _, err := url.ParseRequestURI(strings.Join(parts, "id")); err != nil {
		return Request{}, wrong(len("GET "), requestHint, "the path is none: it has a wrong escape")
	}
	return Request{parts}, nil
}

// Path is the path that asks for the effects of an event.
func (r Request) Path(id string) string {
	var b strings.Builder
	for i, part := range r.parts {
		if i > 0 {
			if strings.Contains(b.String(), "?") {
				b.WriteString(url.QueryEscape(id))
			} else {
				b.WriteString(url.PathEscape(id))
			}
		}
		b.WriteString(part)
	}
	return b.String()
}

// String is the request as it was written.
func (r Request) String() string { return "GET " + strings.Join(r.parts, placeholder) }
