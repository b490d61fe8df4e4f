package breaking

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

func (c *change) headers() {
	was, is := c.was.promise().Headers, c.now.promise().Headers
	for _, name := range slices.Sorted(maps.Keys(was)) {
		before := was[name]
		now, kept := is[name]
		switch {
		case !kept && before.Required:
			c.breaks(HeaderDropped, steps("headers"), fmt.Sprintf("%s always had the header %s, which is no longer promised", c.event(), name), "keep sending and promising it until no consumer reads it")
			continue
		case !kept:
			c.weakens(HeaderDropped, steps("headers"), fmt.Sprintf("%s could have the header %s, which is no longer promised", c.event(), name), "")
			continue
		case before.Required && !now.Required:
			c.breaks(HeaderOptional, steps("headers", name), fmt.Sprintf("%s always had the header %s, and may now lack it", c.event(), name), "keep it required until no consumer relies on it")
		}
		c.pattern(name, before, now)
	}
}

// pattern compares which values a header can have: fewer are no break.
func (c *change) pattern(name string, was, is contracts.Header) {
	if was.Pattern == "" || was.Pattern == is.Pattern {
		return
	}
	field := steps("headers", name)
	if is.Pattern == "" {
		c.breaks(HeaderPattern, field, fmt.Sprintf("the header %s of %s matched %s, and may now be anything", name, c.event(), was.Pattern), "keep the pattern")
		return
	}
	result, example := within(is.Pattern, was.Pattern)
	message := fmt.Sprintf("the header %s of %s matched %s and now matches %s: ", name, c.event(), was.Pattern, is.Pattern)
	switch result {
	case compat.Compatible:
	case compat.Incompatible:
		c.breaks(HeaderPattern, field, message+fmt.Sprintf("it can be %s", example), "keep to the old values, or send the new ones in another header")
	case compat.Undecided:
		c.breaks(HeaderPattern, field, message+"whether that has other values is undecided", "keep the pattern, or write the two more alike")
		if last := &c.found[len(c.found)-1]; last.Severity == finding.Error {
			last.Severity = finding.Undecided
		}
	}
}

// different is what ECMA-262, by which schemas are compared, reads otherwise
// than RE2, by which headers are; apart from what spelled writes out.
var different = regexp.MustCompile(`\(\?|\[\[|\[:|\[\^?\]|\\[AzQEpPCxuack]`)

// spelled writes out the classes of characters that have other members in
// ECMA-262: \s, \S and the dot. It is false for a class within another one of
// which it cannot.
func spelled(pattern string) (string, bool) {
	const spaces = `\t\n\f\r `
	var b strings.Builder
	within := false
	for i := 0; i < len(pattern); i++ {
		part := pattern[i : i+1]
		if part == `\` && i+1 < len(pattern) {
			i++
			part = pattern[i-1 : i+1]
		}
		switch {
		case part == `\S` && within:
			return "", false
		case part == `\s` && within:
			part = spaces
		case part == `\s`:
			part = `[` + spaces + `]`
		case part == `\S`:
			part = `[^` + spaces + `]`
		case part == `.` && !within:
			part = `[^\n]`
		case part == `[`:
			within = true
		case part == `]`:
			within = false
		}
		b.WriteString(part)
	}
	return b.String(), true
}

// within says whether all texts that match one pattern match another one, and
// shows one that does not.
func within(pattern, other string) (compat.Result, string) {
	if different.MatchString(pattern) || different.MatchString(other) {
		return compat.Undecided, ""
	}
	is, err := textSchema(pattern)
	if err != nil {
		return compat.Undecided, ""
	}
	was, err := textSchema(other)
	if err != nil {
		return compat.Undecided, ""
	}
	comparison := jsonschema.Compare(is, was)
	for _, problem := range comparison.Problems {
		if problem.Verdict == compat.Breaks {
			return compat.Incompatible, problem.Witness.Document
		}
	}
	return comparison.Result(), ""
}

// textSchema is the schema of texts that match a pattern.
func textSchema(pattern string) (*jsonschema.Schema, error) {
	const file = "pattern.json"
	written, ok := spelled(pattern)
	if !ok {
		return nil, errors.New("the pattern means something else in a schema")
	}
	source, err := json.Marshal(map[string]string{"type": "string", "pattern": written})
	if err != nil {
		return nil, err
	}
	return jsonschema.Load(memory(source), file)
}

// memory is a file system that is one file.
type memory string

func (memory) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
}

func (m memory) ReadFile(string) ([]byte, error) { return []byte(m), nil }
