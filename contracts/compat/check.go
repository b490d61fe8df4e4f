package compat

import (
	"cmp"
	"fmt"

	"github.com/flowweir/weir/reports/finding"
)

// Version is one version of a schema, with the words by which findings name
// it: "version 3", "v1.json", "the schema at main".
type Version[S any] struct {
	Name   string
	Schema S
}

// Against are the old versions that a mode compares with: the last of them, or
// all where it is transitive.
func Against[S any](mode Mode, olds []Version[S]) []Version[S] {
	if !mode.Transitive && len(olds) > 1 {
		return olds[len(olds)-1:]
	}
	return olds
}

// Check compares the new version with old ones, the oldest first, under a
// mode: against the last of them, or against all where it is transitive.
// compare says whether reader understands all that writer writes.
func Check[S any](mode Mode, olds []Version[S], latest Version[S], compare func(writer, reader S) Comparison) Outcome {
	out := Outcome{Result: Compatible}
	for _, old := range Against(mode, olds) {
		if mode.Backward {
			out.Add(compare(old.Schema, latest.Schema), Direction{WriterName: old.Name, ReaderName: latest.Name, NewReads: true})
		}
		if mode.Forward {
			out.Add(compare(latest.Schema, old.Schema), Direction{WriterName: latest.Name, ReaderName: old.Name})
		}
	}
	return out
}

// Outcome is what the comparisons under a mode say together.
type Outcome struct {
	Result   Result
	Problems []Directed
}

// Directed is a problem with the versions that it is between.
type Directed struct {
	Problem
	Direction
}

// Direction says who writes and who reads.
type Direction struct {
	WriterName, ReaderName string
	// NewReads: the new version is the reader.
	NewReads bool
}

// Old is the name of the old one of the two versions.
func (d Direction) Old() string {
	if d.NewReads {
		return d.WriterName
	}
	return d.ReaderName
}

// Add joins a comparison of two of the versions to the outcome.
func (o *Outcome) Add(c Comparison, d Direction) {
	o.Result = o.Result.and(c.Result())
	for _, p := range c.Problems {
		o.Problems = append(o.Problems, Directed{p, d})
	}
}

// and is the worse of two results.
func (r Result) and(other Result) Result {
	for _, worse := range []Result{Incompatible, Undecided} {
		if r == worse || other == worse {
			return worse
		}
	}
	return Compatible
}

// Findings are the problems as findings, each placed in the new version with
// the old one as a related place: an error where it breaks, undecided where it
// is open, information where it is forgiven.
func (o Outcome) Findings() []finding.Finding {
	findings := make([]finding.Finding, 0, len(o.Problems))
	for _, p := range o.Problems {
		findings = append(findings, p.Finding())
	}
	return findings
}

// Finding is the problem as a finding.
func (p Directed) Finding() finding.Finding {
	changed, old := p.Writer, p.Reader
	if p.NewReads {
		changed, old = p.Reader, p.Writer
	}
	f := finding.Finding{
		ID: p.Rule, Severity: finding.Error, Message: p.Message, Hint: p.Hint,
		Related: []finding.Related{{Position: old.InFile(), Message: fmt.Sprintf("%s in %s", path(old.Path), p.Old())}},
	}
	at := changed.InFile()
	f.Position = &at
	switch p.Verdict {
	case Forgiven:
		f.Severity = finding.Info
	case Open:
		f.Severity = finding.Undecided
		f.Hint = "undecided counts as not compatible; simplify the schemas at this place, or waive the rule"
	case Breaks:
	}
	if w := p.Witness; w != nil {
		f.Counterexample = w.Between(p.WriterName, p.ReaderName)
		if w.Earlier {
			f.Counterexample.Writer = "a version before " + p.WriterName
		}
	}
	return f
}

// Between is the witness as the counter-example of a writer and a reader.
func (w *Witness) Between(writer, reader string) *finding.Counterexample {
	return &finding.Counterexample{Writer: writer, Reader: reader, Document: w.Document, Bytes: w.Bytes, Outcome: w.Outcome}
}

// InFile is the position in the file, with the path, "#" for the root's.
func (p Place) InFile() finding.Position {
	at := p.Position
	at.Path = cmp.Or(p.Path, "#")
	return at
}

// path is a path in words; the root's is empty.
func path(p string) string {
	if p == "" {
		return "the root"
	}
	return p
}
