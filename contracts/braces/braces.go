// Package braces finds where a text/template does not parse: its errors name a
// line and no place in it, and only the first of them is told. It reads no more
// of a template than where each {{…}} begins and ends, and asks the parser about
// the text up to there. It is for texts of a few hundred actions.
package braces

import (
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Problem is what is wrong with a template, Offset bytes from its start.
type Problem struct {
	Offset        int
	Message, Hint string
}

// Sound is a template without the parts of it that do not parse, in which what
// is left stands at the same offsets, and what is wrong with those parts. parse
// answers text/template's error about a template that has no name.
func Sound(text string, parse func(text string) error) (sound string, problems []Problem) {
	const most = 10
	problem := func(text string) string { return message(parse(text)) }
	for cut := false; len(problems) < most; {
		whole := problem(text)
		if whole == "" {
			return text, problems
		}
		all := pieces(text)
		// The first whose end is wrong; before it, blocks are merely open.
		wrong := sort.Search(len(all), func(i int) bool {
			p := problem(text[:all[i].end])
			return p != "" && p != neverClosed
		})
		if wrong < len(all) {
			b := all[wrong]
			said := problem(text[:b.end])
			if open := stillOpen(all[:wrong]); b.keyword == "end" && len(open) > 0 {
				b.start, b.keyword = open[len(open)-1].start, "define" // such as a name that is there twice
			}
			problems = append(problems, Problem{Offset: b.within(text, said), Message: said})
			if b.opens() {
				text, cut = text[:b.start], true
			} else {
				text = b.blank(text)
			}
			continue
		}
		open := stillOpen(all)
		if len(open) == 0 {
			return "", append(problems, Problem{Message: whole})
		}
		for _, b := range open {
			if !cut {
				problems = append(problems, Problem{b.start, "{{" + b.keyword + "}} has no end", "close it with {{end}}"})
			}
		}
		text += strings.Repeat("{{end}}", len(open))
	}
	return "", problems
}

// Without is a template that parses, without the {{…}} at an offset: what is
// left stands at the same offsets. It is empty where others stand on that one,
// as the text of a block does.
func Without(text string, at int) string {
	for _, b := range pieces(text) {
		if at < b.start || at >= b.end {
			continue
		}
		if b.opens() || b.keyword == "else" || b.keyword == "end" {
			return ""
		}
		return b.blank(text)
	}
	return ""
}

func (b piece) blank(text string) string {
	return text[:b.start] + strings.Repeat(" ", b.end-b.start) + text[b.end:]
}

// text/template: "template: :2: unclosed action".
var parseError = regexp.MustCompile(`(?s)^template: :\d+:(?:\d+:)? (.*)$`)

// neverClosed is how text/template ends where {{end}} lacks.
const neverClosed = "unexpected EOF"

// message is what an error says beside its line; empty for none.
func message(err error) string {
	if err == nil {
		return ""
	}
	said := err.Error()
	if m := parseError.FindStringSubmatch(said); m != nil {
		said = m[1]
	}
	return strings.TrimPrefix(said, "template: ")
}

// piece is one {{…}}; a broken one has no end of its own.
type piece struct {
	start, end int
	keyword    string
}

func (b piece) opens() bool {
	return slices.Contains([]string{"if", "with", "range", "define", "block"}, b.keyword)
}

var (
	quotedName = regexp.MustCompile(`"([^"]+)"|'(.)'`)
	firstWord  = regexp.MustCompile(`^\{\{(?:- )?\s*(\w+)`)
)

// within is the place of a problem: what its words name, or else the start.
func (b piece) within(text, problem string) int {
	m := quotedName.FindStringSubmatch(problem)
	if m == nil {
		return b.start
	}
	return b.start + max(0, strings.LastIndex(text[b.start:b.end], m[1]+m[2]))
}

// stillOpen are those of some braces that open a block which none closes.
func stillOpen(all []piece) (open []piece) {
	for _, b := range all {
		if b.opens() {
			open = append(open, b)
		} else if b.keyword == "end" && len(open) > 0 {
			open = open[:len(open)-1]
		}
	}
	return open
}

// pieces finds every {{…}} of a template.
func pieces(text string) (all []piece) {
	for at := 0; ; {
		start := strings.Index(text[at:], "{{")
		if start < 0 {
			return all
		}
		b := piece{start: at + start}
		b.end = pieceEnd(text, b.start)
		if word := firstWord.FindStringSubmatch(text[b.start:b.end]); word != nil {
			b.keyword = word[1]
		}
		all, at = append(all, b), b.end
	}
}

// pieceEnd is where a {{ ends: behind its }}, or before or behind what cannot
// stand in it.
func pieceEnd(text string, start int) int {
	at := start + len("{{")
	if rest := strings.TrimPrefix(text[at:], "- "); strings.HasPrefix(rest, "/*") {
		end := strings.Index(text[at:], "*/")
		if end < 0 {
			return len(text)
		}
		at += end + len("*/")
	}
	for ; at < len(text); at++ {
		switch c := text[at]; c {
		case '}':
			if strings.HasPrefix(text[at:], "}}") {
				at++
			}
			return at + 1
		case '{':
			return at
		case '"', '\'', '`':
			length := quoted(text[at:], c)
			if length == 0 {
				return at + 1
			}
			at += length - 1
		}
	}
	return at
}

// quoted is how long the text is that starts with a quote; 0 where it has no
// end.
func quoted(text string, quote byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == quote:
			return i + 1
		case quote == '`':
		case text[i] == '\n':
			return 0
		case text[i] == '\\':
			i++
		}
	}
	return 0
}
