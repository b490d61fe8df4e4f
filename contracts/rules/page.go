package rules

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

// pages has one file for each rule, pages/RULE.md:
//
//	# check/RULE
//
//	Why the rule is there.
//
//	## Beside    files of both examples (optional)
//	## Bad       files that break the rule, and what is found
//	## Good      files that do not
//	## Fix       how to get from one to the other
//	## Waive     when it is right to waive the rule
//
// A file is a fenced block whose info string is a language and the file's
// name; the block text in Bad is what Check finds. Tests hold the examples to
// what the page says of them.
//
//go:embed pages/*.md
var pages embed.FS

// Page explains a rule.
type Page struct {
	Rule
	// Why is what goes wrong where the rule is broken; Fix how to repair it;
	// Waive when to accept it. All are Markdown.
	Why, Fix, Waive string
	// Bad are the files of an example that breaks the rule, Good of one that
	// does not.
	Bad, Good []File
	// Found is what Check finds in Bad by this rule.
	Found string
	// Text is the whole page in Markdown.
	Text string
}

// File is a file of an example.
type File struct{ Name, Content string }

// Explain is the page of a rule; false for an id that is none of Rules.
func Explain(id string) (Page, bool) {
	i := slices.IndexFunc(table, func(r Rule) bool { return r.ID == id })
	if i < 0 {
		return Page{}, false
	}
	src, err := pages.ReadFile("pages/" + path.Base(id) + ".md")
	if err != nil {
		return Page{}, false
	}
	return parsePage(table[i], string(src)), true
}

func parsePage(r Rule, src string) Page {
	sections := map[string]string{}
	_, body, _ := strings.Cut(src, "\n") // the title
	name := ""
	for part := range strings.SplitSeq("\n"+body, "\n## ") {
		if name == "" {
			name = "Why"
		} else {
			name, part, _ = strings.Cut(part, "\n")
		}
		sections[name] = strings.TrimSpace(part)
	}
	p := Page{Rule: r, Why: sections["Why"], Fix: sections["Fix"], Waive: sections["Waive"]}
	beside, _ := blocks(sections["Beside"])
	bad, found := blocks(sections["Bad"])
	good, _ := blocks(sections["Good"])
	p.Bad, p.Good, p.Found = slices.Concat(beside, bad), slices.Concat(beside, good), found
	p.Text = fmt.Sprintf("# %s (%s)\n\n%s\n\n%s\n", r.ID, r.Severity, r.Summary, strings.TrimSpace(body))
	if r.ID != WaiverExpired && r.ID != WaiverUnused {
		p.Text += fmt.Sprintf("\n```yaml\nwaive:\n  - {rule: %s, reason: why it is accepted, until: 2027-03-31}\n```\n", r.ID)
	}
	return p
}

// blocks are the fenced blocks of a section: its files, and the text.
func blocks(section string) (files []File, text string) {
	const fence = "```"
	for {
		_, rest, ok := strings.Cut("\n"+section, "\n"+fence)
		if !ok {
			return files, text
		}
		info, rest, _ := strings.Cut(rest, "\n")
		content, after, _ := strings.Cut("\n"+rest, "\n"+fence)
		section = after
		content = strings.TrimPrefix(content, "\n") + "\n"
		if _, name, named := strings.Cut(info, " "); named {
			files = append(files, File{name, content})
		} else {
			text = content
		}
	}
}
