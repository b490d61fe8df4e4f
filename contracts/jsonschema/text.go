package jsonschema

import (
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/contracts/jsonschema/internal/regex"
)

const (
	letters  = "abcdefghijklmnopqrstuvwxyz"
	alphanum = letters + "0123456789"
	// looseLength is how much longer than it must be a generated string gets.
	looseLength = 12
	// textTries is how often a string is made before another keyword is
	// blamed.
	textTries = 50
)

// textRules is what a set of schemas demands of a string.
type textRules struct {
	min, max int // characters; max < 0 without a bound
	format   string
	patterns []*regex.Pattern
}

func textRulesOf(atoms []*js.Schema) textRules {
	r := textRules{max: -1}
	for _, s := range atoms {
		if s.MinLength != nil {
			r.min = max(r.min, *s.MinLength)
		}
		if s.MaxLength != nil && (r.max < 0 || *s.MaxLength < r.max) {
			r.max = *s.MaxLength
		}
		if s.Format != nil {
			r.format = s.Format.Name
		}
		if s.Pattern != nil {
			r.patterns = append(r.patterns, patternOf(s.Pattern))
		}
	}
	return r
}

func (r textRules) accepts(s string) bool {
	n := utf8.RuneCountInString(s)
	if n < r.min || r.max >= 0 && n > r.max {
		return false
	}
	for _, p := range r.patterns {
		if !p.MatchString(s) {
			return false
		}
	}
	return true
}

// pick makes a string; keyword names what could not be satisfied.
func (r textRules) pick(rng *rand.Rand) (s, keyword string) {
	for try := range textTries {
		switch {
		case len(r.patterns) > 0:
			s = fromPattern(rng, r.patterns[try%len(r.patterns)], r.min, try)
		case r.format != "":
			s = r.stretch(rng, fromFormat(rng, r.format))
		default:
			limit := r.min + looseLength
			if r.max >= 0 {
				limit = min(limit, r.max)
			}
			low := max(r.min, min(4, limit))
			if limit < low {
				return "", "maxLength"
			}
			s = random(rng, letters, low+rng.IntN(limit-low+1))
		}
		if r.accepts(s) {
			return s, ""
		}
	}
	switch {
	case len(r.patterns) > 0:
		return "", "pattern"
	case r.max >= 0:
		return "", "maxLength"
	}
	return "", "minLength"
}

// stretch makes formats that can have any length long enough.
func (r textRules) stretch(rng *rand.Rand, s string) string {
	missing := r.min - len(s)
	if missing <= 0 {
		return s
	}
	switch r.format {
	case "uri", "uri-reference", "iri", "iri-reference", "json-pointer":
		return s + random(rng, letters, missing)
	case "email", "idn-email":
		return random(rng, letters, min(missing, 50)) + s
	case "uuid", "date", "time", "date-time", "duration", "ipv4", "ipv6", "hostname":
		return s
	}
	return s + random(rng, letters, missing)
}

func random(rng *rand.Rand, from string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = from[rng.IntN(len(from))]
	}
	return string(b)
}

// epoch is the first time that is generated; times are spread over the two
// years after it, because a schema has no "now" and a run must be repeatable.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

func randomTime(rng *rand.Rand) time.Time {
	return epoch.Add(time.Duration(rng.Int64N(int64(2*365*24*time.Hour/time.Millisecond))) * time.Millisecond)
}

// fromFormat makes a string of a format of JSON Schema. Names under
// .example and addresses of documentation networks lead nowhere.
func fromFormat(rng *rand.Rand, format string) string {
	switch format {
	case "uuid":
		return randomUUID(rng)
	case "date-time":
		return randomTime(rng).Format("2006-01-02T15:04:05.000Z07:00")
	case "date":
		return randomTime(rng).Format(time.DateOnly)
	case "time":
		return randomTime(rng).Format("15:04:05Z07:00")
	case "duration":
		return fmt.Sprintf("PT%dM", 1+rng.IntN(500))
	case "period":
		return randomTime(rng).Format(time.RFC3339) + fmt.Sprintf("/PT%dM", 1+rng.IntN(500))
	case "email":
		return random(rng, letters, 6) + "@" + random(rng, letters, 6) + ".example"
	case "idn-email":
		return random(rng, letters, 6) + "ü@" + random(rng, letters, 6) + ".example"
	case "hostname":
		return random(rng, letters, 8) + ".example"
	case "idn-hostname":
		return random(rng, letters, 7) + "ü.example"
	case "uri", "iri":
		return "https://" + random(rng, letters, 8) + ".example/" + random(rng, alphanum, 8)
	case "uri-reference", "iri-reference":
		return "/" + random(rng, letters, 4) + "/" + random(rng, alphanum, 8)
	case "uri-template":
		return "/" + random(rng, letters, 6) + "/{id}"
	case "ipv4":
		return fmt.Sprintf("198.51.100.%d", rng.IntN(256))
	case "ipv6":
		return fmt.Sprintf("2001:db8::%x", 1+rng.IntN(0xfffe))
	case "json-pointer":
		return "/" + random(rng, letters, 6)
	case "relative-json-pointer":
		return fmt.Sprintf("%d/%s", rng.IntN(3), random(rng, letters, 6))
	case "regex":
		return "^" + random(rng, letters, 4) + "+$"
	case "semver":
		return fmt.Sprintf("%d.%d.%d", rng.IntN(10), rng.IntN(20), rng.IntN(50))
	}
	return random(rng, letters, 8)
}

// randomUUID is one of version 4.
func randomUUID(rng *rand.Rand) string {
	high, low := rng.Uint64(), rng.Uint64()
	high = high&^0xf000 | 0x4000
	low = low&^(0xc0<<56) | 0x80<<56
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&0xffffffffffff)
}

// Match makes a random text that matches a regular expression in the syntax
// of patterns (see the package's description). It fails for a text that is no
// such expression, and where none was found: an anchor or a word boundary in
// the middle of an expression is not aimed at.
func Match(expr string, rng *rand.Rand) (string, error) {
	p, err := regex.Compile(expr)
	if err != nil {
		return "", fmt.Errorf("pattern %q: %w", expr, err)
	}
	r := textRules{max: -1, patterns: []*regex.Pattern{p}}
	text, keyword := r.pick(rng)
	if keyword != "" {
		return "", fmt.Errorf("pattern %q: no text found that matches", expr)
	}
	return text, nil
}

// anyInLine are the ranges of the dot: all but the ends of lines.
var anyInLine = []rune{0, '\n' - 1, '\n' + 1, '\r' - 1, '\r' + 1, 0x2027, 0x202A, utf8.MaxRune}

type patternWriter struct {
	rng    *rand.Rand
	b      strings.Builder
	repeat int // how often * and + go beyond their minimum
}

func (p *patternWriter) write(re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			p.b.WriteRune(r)
		}
	case syntax.OpCharClass:
		if slices.Equal(re.Rune, anyInLine) {
			p.b.WriteByte(alphanum[p.rng.IntN(len(alphanum))])
			return
		}
		p.b.WriteRune(p.class(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		p.b.WriteByte(alphanum[p.rng.IntN(len(alphanum))])
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			p.write(sub)
		}
	case syntax.OpAlternate:
		p.write(re.Sub[p.rng.IntN(len(re.Sub))])
	case syntax.OpStar:
		p.times(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		p.times(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		p.times(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		p.times(re.Sub[0], re.Min, re.Max)
	}
}

func (p *patternWriter) times(re *syntax.Regexp, low, high int) {
	if high < 0 || high > low+p.repeat {
		high = low + p.repeat
	}
	for range low + p.rng.IntN(high-low+1) {
		p.write(re)
	}
}

// class picks a rune of the class, a printable ASCII one if it has any:
// [^,] should not fill test data with the rest of Unicode.
func (p *patternWriter) class(ranges []rune) rune {
	if r, ok := p.within(ranges, '!', '~'); ok {
		return r
	}
	if r, ok := p.within(ranges, ' ', ' '); ok {
		return r
	}
	if r, ok := p.within(ranges, ' ', utf8.MaxRune); ok {
		return r
	}
	r, _ := p.within(ranges, 0, utf8.MaxRune)
	return r
}

func (p *patternWriter) within(ranges []rune, low, high rune) (rune, bool) {
	total := 0
	clip := func(i int) (rune, int) {
		from, to := max(ranges[i], low), min(ranges[i+1], high)
		return from, max(0, int(to-from)+1)
	}
	for i := 0; i < len(ranges); i += 2 {
		_, n := clip(i)
		total += n
	}
	if total == 0 {
		return 0, false
	}
	k := p.rng.IntN(total)
	for i := 0; i < len(ranges); i += 2 {
		from, n := clip(i)
		if k < n {
			return from + rune(k), true
		}
		k -= n
	}
	return 0, false
}
