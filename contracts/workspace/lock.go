package workspace

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/internal/atomicfile"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/reports/finding"
)

// LockName is the name of the lock, beside the workspace file.
const LockName = "weir.lock"

// Lock is a weir.lock: which commit, and which files of it, each repository of
// the workspace is pinned to. The file is text, one fact per line, sorted, and
// the same for the same pins, so that a diff shows what moved and two branches
// that pin different repositories merge:
//
//	weir lock/v1
//
//	payments
//		git https://git.example.com/acme/payments.git
//		ref main
//		path contracts
//		commit 4f2a1c9be0c3b5d2e7a6f8091b2c3d4e5f60718a
//		file 9f86d081…0f00a08 contracts/weir.yaml
type Lock struct {
	Pins []Pin // by name
}

// Pin is one repository of the lock.
type Pin struct {
	Source
	// Commit is the id that Ref named when it was pinned; empty for a Dir.
	Commit string
	Files  []bundle.File // by name
}

const lockHeader = "weir lock/v1"

// Pin is the pin of a name, nil without one.
func (l *Lock) Pin(name string) *Pin {
	for i := range l.Pins {
		if l.Pins[i].Name == name {
			return &l.Pins[i]
		}
	}
	return nil
}

// Of says whether the pin is one of this source, as the workspace names it
// now.
func (p *Pin) Of(s Source) bool { return p.Source == locked(s) }

// locked is a source as the lock has it: who may read the repository is
// nobody's business there.
func locked(s Source) Source {
	s.Git = git.Redact(s.Git)
	return s
}

// String is the content of the file.
func (l *Lock) String() string {
	pins := slices.Clone(l.Pins)
	slices.SortFunc(pins, func(a, b Pin) int { return cmp.Compare(a.Name, b.Name) })
	var out strings.Builder
	out.WriteString(lockHeader + "\n")
	for _, p := range pins {
		fmt.Fprintf(&out, "\n%s\n", p.Name)
		for _, field := range p.fields() {
			if *field.value != "" {
				fmt.Fprintf(&out, "\t%s %s\n", field.name, *field.value)
			}
		}
		files := slices.Clone(p.Files)
		slices.SortFunc(files, func(a, b bundle.File) int { return cmp.Compare(a.Name, b.Name) })
		for _, f := range files {
			fmt.Fprintf(&out, "\tfile %s %s\n", f.Sum, f.Name)
		}
	}
	return out.String()
}

// field is a line of a pin but for its files.
type field struct {
	name  string
	value *string
}

func (p *Pin) fields() []field {
	return []field{{"git", &p.Git}, {"dir", &p.Dir}, {"ref", &p.Ref}, {"path", &p.Path}, {"commit", &p.Commit}}
}

// Write writes the lock; a reader sees the old content or the new one.
func (l *Lock) Write(file string) error {
	return atomicfile.Write(filepath.FromSlash(file), []byte(l.String()))
}

// ReadLock reads a lock. One that is not there is empty: nothing is pinned
// yet. It is nil where there are findings.
func ReadLock(file string) (*Lock, []finding.Finding) {
	src, err := os.ReadFile(filepath.FromSlash(file))
	switch {
	case os.IsNotExist(err):
		return &Lock{}, nil
	case err != nil:
		return nil, []finding.Finding{unreadable(file, err)}
	}
	return parseLock(file, string(src))
}

// maxLockBytes bounds a lock; a hundred thousand files have as much.
const maxLockBytes = 16 << 20

var (
	commitForm = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	sumForm    = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// lockParser reads a lock line by line and stops at the first that is wrong:
// a tool wrote the file, so one problem is as good as all.
type lockParser struct {
	lock Lock
	pin  *Pin
}

func parseLock(file, src string) (*Lock, []finding.Finding) {
	refuse := func(line int, source, message, hint string) (*Lock, []finding.Finding) {
		return nil, redacted([]finding.Finding{{
			ID: LockSyntax, Severity: finding.Error, Message: message, Hint: hint,
			Position: &finding.Position{File: file, Line: line, Column: 1, Source: strings.ToValidUTF8(source, "\ufffd")},
		}})
	}
	const again = "restore the file from git, or remove it and run: weir fetch"
	if len(src) > maxLockBytes {
		return refuse(1, "", fmt.Sprintf("the lock has %d bytes; at most %d are read", len(src), maxLockBytes), again)
	}
	lines := strings.Split(strings.ReplaceAll(src, "\r\n", "\n"), "\n")
	if lines[0] != lockHeader {
		return refuse(1, lines[0], "the first line of a lock is: "+lockHeader, again)
	}
	p := lockParser{}
	for i, line := range lines[1:] {
		if problem := p.line(line); problem != "" {
			if strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, "=======") || strings.HasPrefix(line, ">>>>>>>") {
				return refuse(i+2, line, "a merge left its marks here", "keep the entries of both sides, or one side, and run: weir fetch")
			}
			return refuse(i+2, line, problem, again)
		}
	}
	for i := range p.lock.Pins {
		if problem := p.lock.Pins[i].incomplete(); problem != "" {
			return refuse(1, lines[0], problem, again)
		}
	}
	slices.SortFunc(p.lock.Pins, func(a, b Pin) int { return cmp.Compare(a.Name, b.Name) })
	return &p.lock, nil
}

// line reads one line, or says what is wrong with it.
func (p *lockParser) line(line string) string {
	if line == "" {
		return ""
	}
	if !utf8.ValidString(line) || strings.ContainsFunc(strings.TrimPrefix(line, "\t"), unicode.IsControl) {
		return "the line holds bytes that are no text"
	}
	rest, indented := strings.CutPrefix(line, "\t")
	if !indented {
		return p.name(line)
	}
	if p.pin == nil {
		return "a name comes before its lines"
	}
	key, value, _ := strings.Cut(rest, " ")
	if key == "file" {
		return p.file(value)
	}
	for _, field := range p.pin.fields() {
		if field.name != key {
			continue
		}
		if *field.value != "" || value == "" {
			return fmt.Sprintf("%s has no value, or is there twice", key)
		}
		*field.value = value
		return ""
	}
	return fmt.Sprintf("a lock has no lines that begin with %q", key)
}

func (p *lockParser) name(name string) string {
	if !nameForm.MatchString(name) {
		return fmt.Sprintf("%q is no name of a repository", name)
	}
	if p.lock.Pin(name) != nil {
		return fmt.Sprintf("%s is there twice", name)
	}
	p.lock.Pins = append(p.lock.Pins, Pin{Source: Source{Name: name}})
	p.pin = &p.lock.Pins[len(p.lock.Pins)-1]
	return ""
}

func (p *lockParser) file(value string) string {
	sum, name, _ := strings.Cut(value, " ")
	switch {
	case !sumForm.MatchString(sum):
		return fmt.Sprintf("%q is no SHA-256 of 64 hexadecimal digits", sum)
	case !bundle.Local(name):
		return fmt.Sprintf("%q is no name of a file within a repository", name)
	}
	p.pin.Files = append(p.pin.Files, bundle.File{Name: name, Sum: sum})
	return ""
}

// incomplete says what a pin lacks, and puts its files in order.
func (p *Pin) incomplete() string {
	slices.SortFunc(p.Files, func(a, b bundle.File) int { return cmp.Compare(a.Name, b.Name) })
	for i := range p.Files {
		if i > 0 && p.Files[i].Name == p.Files[i-1].Name {
			return fmt.Sprintf("%s pins %s twice", p.Name, p.Files[i].Name)
		}
	}
	switch {
	case (p.Git == "") == (p.Dir == ""):
		return p.Name + " needs one of git and dir"
	case p.Path == "":
		return p.Name + " has no path"
	case p.Git != "" && !commitForm.MatchString(p.Commit):
		return p.Name + " has no commit id"
	case p.Git != "" && p.Ref == "":
		return p.Name + " has no ref"
	case p.Dir != "" && (p.Commit != "" || p.Ref != ""):
		return p.Name + " is a directory, which has neither ref nor commit"
	case len(p.Files) == 0:
		return p.Name + " pins no file"
	}
	return ""
}
