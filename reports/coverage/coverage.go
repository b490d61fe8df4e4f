// Package coverage shows which promises of a contract were exercised and kept,
// by which records, as one HTML page that needs nothing else: no network, no
// other file, no script. Its Content-Security-Policy forbids all of them.
//
// Everything that comes from records, logs and contracts is escaped for the
// place where it stands (html/template). The page knows no promise: who judged
// says what each is called and how it came out.
package coverage

import (
	"bytes"
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/page"
	"github.com/flowweir/weir/reports/summary"
)

// Contract is what became of the promises of a contract.
type Contract struct {
	Service, File string
	Verdict       finding.Verdict
	// Sentence says in words how it came out.
	Sentence string
	// Facts are figures and names beside it, in their order.
	Facts []Fact
	// Warnings are what a reader must know beside.
	Warnings []string
	Events   []Event
	// Logs are the last lines of a service that ended by itself.
	Logs []string
}

// Fact is a figure or a name, with what it is of.
type Fact struct{ Label, Value string }

// Event is an event with what is promised of it.
type Event struct {
	Side, Name string // such as produces, com.acme.OrderPlaced
	Promises   []Promise
}

// Promise is one that was judged.
type Promise struct {
	Name, Text string
	// Place is where the contract promises it.
	Place string
	// Verdict is empty where it has no say; Word is what it is called.
	Verdict finding.Verdict
	Word    string
	// Why says what it is that it is not kept for; Evidence names the records
	// that exercised it, or broke it, in a few words.
	Why, Evidence string
	// Problems, Records and Logs are shown whole where it is broken.
	Problems, Records, Logs []string
}

// Whole says whether there is more to show than a row.
func (p Promise) Whole() bool { return len(p.Problems)+len(p.Records)+len(p.Logs) > 0 }

var (
	//go:embed page.tmpl
	pageText string
	//go:embed page.css
	ownStyle string

	coveragePage = page.New("coverage", pageText, ownStyle, template.FuncMap{"word": summary.Word, "lines": lines, "text": text, "id": rowID})
)

// view is what the template takes.
type view struct {
	Contract
	Open []open
}

// HTML writes the page.
func HTML(w io.Writer, c Contract) error { return coveragePage.Write(w, view{c, notKept(c)}) }

// open is a promise that is not kept, for the head of the page.
type open struct {
	ID, What, Why string
	Verdict       finding.Verdict
}

// notKept are the promises that are not kept and have a say in the verdict, the
// broken ones first.
func notKept(c Contract) []open {
	var all []open
	for i, e := range c.Events {
		for j, p := range e.Promises {
			if p.Verdict == "" || p.Verdict == finding.Pass {
				continue
			}
			why, _, _ := strings.Cut(p.Why, "\n")
			all = append(all, open{rowID(i, j), fmt.Sprintf("%s %s, %s", e.Side, e.Name, p.Name), why, p.Verdict})
		}
	}
	slices.SortStableFunc(all, func(a, b open) int {
		switch {
		case a.Verdict == b.Verdict:
			return 0
		case finding.Worst(a.Verdict, b.Verdict) == a.Verdict:
			return -1
		}
		return 1
	})
	return all
}

// rowID is the place of a promise in the page.
func rowID(event, promise int) string { return fmt.Sprintf("promise-%d-%d", event, promise) }

// text is a text of some lines, without an end of the last.
func text(s string) string { return strings.TrimSuffix(lines([]string{s}), "\n") }

// lines joins texts to be shown as they are, line by line, without what would
// drive a terminal or turn the reading direction.
func lines(texts []string) string {
	var b bytes.Buffer
	for _, text := range texts {
		for line := range bytes.Lines([]byte(text)) {
			b.WriteString(summary.Plain(string(bytes.TrimRight(line, "\n"))))
			b.WriteByte('\n')
		}
	}
	return b.String()
}
