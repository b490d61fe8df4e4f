package contracts

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"text/template"
)

// braces are one {{…}} of a template; broken ones have no end of their own.
type braces struct {
	start, end int
	keyword    string
}

func (b braces) opens() bool {
	return slices.Contains([]string{"if", "with", "range", "define", "block"}, b.keyword)
}

// text/template: "template: :2: unclosed action", of which only the line is
// known.
var (
	parseError = regexp.MustCompile(`(?s)^template: :\d+:(?:\d+:)? (.*)$`)
	quotedName = regexp.MustCompile(`"([^"]+)"|'(.)'`)
	firstWord  = regexp.MustCompile(`^\{\{(?:- )?\s*(\w+)`)
)

// neverClosed is how text/template ends where {{end}} lacks.
const neverClosed = "unexpected EOF"

func parseProblem(text string) string {
	_, err := ParseTemplate(text)
	if err == nil {
		return ""
	}
	if m := parseError.FindStringSubmatch(err.Error()); m != nil {
		return strings.TrimPrefix(m[1], "template: ")
	}
	return err.Error()
}

// soundPart is a template without the parts of it that do not parse, at the
// same offsets, and what is wrong with those.
func soundPart(text string) (*template.Template, []TemplateProblem) {
	const most = 10
	var problems []TemplateProblem
	for cut := false; len(problems) < most; {
		sound, err := ParseTemplate(text)
		if err == nil {
			return sound.parsed, problems
		}
		all := allBraces(text)
		open := stillOpen(all)
		// The first whose end is wrong; before it, blocks are merely open.
		wrong := sort.Search(len(all), func(i int) bool {
			problem := parseProblem(text[:all[i].end])
			return problem != "" && problem != neverClosed
		})
		if wrong == len(all) {
			if len(open) == 0 {
				return nil, append(problems, TemplateProblem{Message: "the template: " + parseProblem(text)})
			}
			for _, b := range open {
				if !cut {
					problems = append(problems, TemplateProblem{b.start, "the template: {{" + b.keyword + "}} has no end", "close it with {{end}}"})
				}
			}
			text += strings.Repeat("{{end}}", len(open))
			continue
		}
		b := all[wrong]
		problem := parseProblem(text[:b.end])
		if opener := stillOpen(all[:wrong]); b.keyword == "end" && len(opener) > 0 {
			b.start = opener[len(opener)-1].start // such as a name that is defined twice
		}
		problems = append(problems, TemplateProblem{Offset: b.within(text, problem), Message: "the template: " + problem})
		if b.opens() || b.start != all[wrong].start {
			text, cut = text[:b.start], true
		} else {
			text = text[:b.start] + strings.Repeat(" ", b.end-b.start) + text[b.end:]
		}
	}
	return nil, problems
}

// within is the place of a problem: what its words name, or else the start.
func (b braces) within(text, problem string) int {
	m := quotedName.FindStringSubmatch(problem)
	if m == nil {
		return b.start
	}
	return b.start + max(0, strings.LastIndex(text[b.start:b.end], m[1]+m[2]))
}

// stillOpen are those of some braces that open a block which none closes.
func stillOpen(all []braces) (open []braces) {
	for _, b := range all {
		if b.opens() {
			open = append(open, b)
		} else if b.keyword == "end" && len(open) > 0 {
			open = open[:len(open)-1]
		}
	}
	return open
}

// allBraces finds every {{…}} of a template.
func allBraces(text string) (all []braces) {
	for at := 0; ; {
		start := strings.Index(text[at:], "{{")
		if start < 0 {
			return all
		}
		b := braces{start: at + start}
		b.end = bracesEnd(text, b.start)
		if word := firstWord.FindStringSubmatch(text[b.start:b.end]); word != nil {
			b.keyword = word[1]
		}
		all, at = append(all, b), b.end
	}
}

// bracesEnd is where a {{ ends: behind its }}, or before or behind what cannot
// stand in it.
func bracesEnd(text string, start int) int {
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
