package prometheus

import (
	"fmt"
	"regexp"
	"strings"
)

// Selector selects samples by the name of their metric and by labels, as
// Prometheus writes it: name{label="value",other!="x",third=~"a|b"}.
type Selector struct {
	Metric   string
	matchers []matcher
}

type matcher struct {
	label, op, value string
	pattern          *regexp.Regexp // of =~ and !~
}

var (
	metricForm = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*`)
	labelForm  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*`)
)

// SelectorError says where a selector cannot be read.
type SelectorError struct {
	Offset int // in bytes, from 0
	What   string
}

func (e *SelectorError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset+1, e.What) }

// ParseSelector reads a selector. Errors are a *SelectorError.
func ParseSelector(text string) (Selector, error) {
	s := Selector{Metric: metricForm.FindString(text)}
	if s.Metric == "" {
		return s, &SelectorError{0, "no name of a metric"}
	}
	rest := text[len(s.Metric):]
	if rest == "" {
		return s, nil
	}
	if rest[0] != '{' || rest[len(rest)-1] != '}' {
		return s, &SelectorError{len(s.Metric), "want labels in braces, or the end"}
	}
	var err error
	if s.matchers, err = parseMatchers(rest[1:len(rest)-1], len(s.Metric)+1); err != nil {
		return s, err
	}
	return s, nil
}

// ParseMatch reads labels alone, without braces: job="kafka",rack=~"a|b". Errors
// are a *SelectorError.
func ParseMatch(text string) error {
	matchers, err := parseMatchers(text, 0)
	if err == nil && len(matchers) == 0 {
		err = &SelectorError{0, "no label"}
	}
	return err
}

// parseMatchers reads labels, which begin behind so many bytes.
func parseMatchers(text string, before int) ([]matcher, error) {
	var all []matcher
	at := 0
	fail := func(what string) ([]matcher, error) {
		return nil, &SelectorError{before + at, what}
	}
	skip := func() {
		for at < len(text) && text[at] == ' ' {
			at++
		}
	}
	for skip(); at < len(text); skip() {
		m := matcher{label: labelForm.FindString(text[at:])}
		if m.label == "" {
			return fail("want the name of a label")
		}
		at += len(m.label)
		skip()
		for _, op := range []string{"=~", "!~", "!=", "="} {
			if strings.HasPrefix(text[at:], op) {
				m.op = op
				break
			}
		}
		if m.op == "" {
			return fail("want =, !=, =~ or !~")
		}
		at += len(m.op)
		skip()
		value, n, ok := quoted(text[at:])
		if !ok {
			return fail(`want a value in quotes: "…"`)
		}
		m.value = value
		if strings.HasSuffix(m.op, "~") {
			var err error
			if m.pattern, err = regexp.Compile("^(?:" + value + ")$"); err != nil {
				return fail(strings.TrimPrefix(err.Error(), "error parsing regexp: "))
			}
		}
		at += n
		all = append(all, m)
		if skip(); at < len(text) {
			if text[at] != ',' {
				return fail("want a comma, or the end")
			}
			at++
		}
	}
	return all, nil
}

// quoted reads a value in double quotes, with \\, \" and \n in it, and says how
// many bytes it takes.
func quoted(text string) (value string, n int, ok bool) {
	if text == "" || text[0] != '"' {
		return "", 0, false
	}
	var b strings.Builder
	for n = 1; n < len(text); n++ {
		switch c := text[n]; c {
		case '"':
			return b.String(), n + 1, true
		case '\\':
			if n++; n == len(text) {
				return "", 0, false
			}
			switch text[n] {
			case 'n':
				b.WriteByte('\n')
			case '\\', '"':
				b.WriteByte(text[n])
			default:
				return "", 0, false
			}
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}

// matches says whether a sample is selected. A label that it does not have is
// empty.
func (s Selector) matches(metric string, labels map[string]string) bool {
	if metric != s.Metric {
		return false
	}
	for _, m := range s.matchers {
		got := labels[m.label]
		var is bool
		switch m.op {
		case "=", "!=":
			is = got == m.value
		default:
			is = m.pattern.MatchString(got)
		}
		if is == strings.HasPrefix(m.op, "!") {
			return false
		}
	}
	return true
}
