// Package example shows what a rule is about by a fixture that its tests hold it
// to: an example that breaks the rule, what is found in it, and one that does
// not break it. So the examples that weir explain prints are true.
//
// It reads the layouts of fixtures that the packages beside it have, and judges
// nothing itself.
package example

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/tools/txtar"
)

// Example is a bad and a good one of a rule.
type Example struct {
	// Says is what the fixture says of itself, one sentence or "".
	Says      string
	Bad, Good []txtar.File
	Found     string // in Bad
}

// Read reads a fixture: a txtar archive whose files lie in folders that begin
// with pass for the good example and with anything else (fail, forgiven, open)
// for the bad one, of which the first counts. What is found is the file want or
// problems, of the example or of the archive. Without folders, the bad example
// is writer and reader, and the good one has passes in the reader's place.
func Read(src []byte) Example {
	archive := txtar.Parse(src)
	var s Example
	s.Says = says(string(archive.Comment))
	var bad, good string // their folders
	for _, f := range archive.Files {
		folder, name, nested := strings.Cut(f.Name, "/")
		f.Name = name
		switch {
		case !nested:
			s.flat(txtar.File{Name: folder, Data: f.Data})
		case strings.HasPrefix(folder, "pass"):
			if good == "" {
				good = folder
			}
			if folder == good && name != "want" {
				s.Good = append(s.Good, f)
			}
		default:
			if bad == "" {
				bad = folder
			}
			switch {
			case folder != bad:
			case name == "want":
				s.Found = string(f.Data)
			default:
				s.Bad = append(s.Bad, f)
			}
		}
	}
	s.Found = first(s.Found, bad)
	return s
}

// Pair makes an example of two archives whose files are one example each.
func Pair(bad, good []byte) Example {
	s := Example{Says: says(string(txtar.Parse(bad).Comment))}
	for _, f := range txtar.Parse(bad).Files {
		if f.Name == "want" {
			s.Found = strings.Trim(string(f.Data), "\n")
			continue
		}
		s.Bad = append(s.Bad, f)
	}
	for _, f := range txtar.Parse(good).Files {
		if f.Name != "want" {
			s.Good = append(s.Good, f)
		}
	}
	return s
}

// says is the first sentence of a comment that is about the fixture, and not an
// option of its test.
func says(comment string) string {
	for line := range strings.Lines(comment) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "options:") {
			return line
		}
	}
	return ""
}

// flat takes a file that is in no folder.
func (s *Example) flat(f txtar.File) {
	kind, ending, _ := strings.Cut(f.Name, ".")
	switch kind {
	case "want", "problems":
		s.Found = string(f.Data)
	case "writer":
		s.Bad, s.Good = append(s.Bad, f), append(s.Good, f)
	case "reader":
		s.Bad = append(s.Bad, f)
	case "passes":
		s.Good = append(s.Good, txtar.File{Name: "reader." + ending, Data: f.Data})
	}
}

// first is what was found in the first of several examples, each of which may
// have its folder as a title.
func first(found, folder string) string {
	if after, titled := strings.CutPrefix(found, "# "+folder+"\n"); titled {
		found, _, _ = strings.Cut(after, "\n# ")
	}
	return strings.Trim(found, "\n")
}

// Markdown is the sections Bad and Good of a rule's page.
func (s Example) Markdown() string {
	var b strings.Builder
	b.WriteString("## Bad\n\n")
	if s.Says != "" {
		b.WriteString(s.Says + "\n\n")
	}
	write(&b, s.Bad)
	fmt.Fprintf(&b, "```text\n%s\n```\n\n## Good\n\n", s.Found)
	write(&b, s.Good)
	return strings.TrimSuffix(b.String(), "\n")
}

// write writes files as fenced blocks. What is the same in the old state and in
// the new one is there once.
func write(b *strings.Builder, files []txtar.File) {
	content := map[string]string{}
	for _, f := range files {
		content[f.Name] = string(f.Data)
	}
	for _, f := range files {
		name := f.Name
		if below, ok := strings.CutPrefix(name, "old/"); ok && content["new/"+below] == string(f.Data) {
			name = below
		} else if below, ok := strings.CutPrefix(name, "new/"); ok && content["old/"+below] == string(f.Data) {
			continue
		}
		fmt.Fprintf(b, "```%s %s\n%s\n```\n\n", languages[path.Ext(name)], name, strings.TrimRight(string(f.Data), "\n"))
	}
}

var languages = map[string]string{".yaml": "yaml", ".json": "json", ".avsc": "json", ".proto": "proto"}
