// Package reports makes the files that people and pipelines read from a run
// directory: report.html, junit.xml, summary.json and summary.md. It needs no
// broker and no network, and may be called again at any time: the same run
// directory gives the same bytes.
//
// What the files say is in the packages below: run is the data, summary the
// words, html, junit and markdown the views.
package reports

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/html"
	"github.com/flowweir/weir/reports/internal/atomicfile"
	"github.com/flowweir/weir/reports/junit"
	"github.com/flowweir/weir/reports/markdown"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// The names of the files, in the run directory.
const (
	htmlName     = "report.html"
	junitName    = "junit.xml"
	jsonName     = "summary.json"
	markdownName = "summary.md"
)

// Paths are the files that Write wrote.
type Paths struct {
	HTML     string // report.html
	JUnit    string // junit.xml
	JSON     string // summary.json
	Markdown string // summary.md
}

// Write reads the run directory dir and writes its reports into it. Each file
// is replaced as a whole; after an error those that were not reached are as
// they were. A run that was killed has reports too: they say so.
func Write(dir string) (Paths, error) {
	rec, err := run.Open(dir)
	if err != nil {
		return Paths{}, err
	}
	return WriteRecord(rec)
}

// WriteRecord is Write for a run directory that was read already.
func WriteRecord(rec *run.Record) (Paths, error) {
	p := Paths{
		HTML:     filepath.Join(rec.Root, htmlName),
		JUnit:    filepath.Join(rec.Root, junitName),
		JSON:     filepath.Join(rec.Root, jsonName),
		Markdown: filepath.Join(rec.Root, markdownName),
	}
	for _, view := range []struct {
		path  string
		write func(io.Writer) error
	}{
		{p.JSON, func(w io.Writer) error { return summary.Make(rec, beside(rec)).WriteJSON(w) }},
		{p.JUnit, func(w io.Writer) error { return junit.Write(w, rec) }},
		{p.Markdown, func(w io.Writer) error { return writeMarkdown(w, rec) }},
		{p.HTML, func(w io.Writer) error { return html.Write(w, rec) }},
	} {
		if err := atomicfile.Write(view.path, view.write); err != nil {
			return Paths{}, fmt.Errorf("report: %w", err)
		}
	}
	return p, nil
}

// writeMarkdown writes the page, with the comparison with the baseline where
// there is one.
func writeMarkdown(w io.Writer, rec *run.Record) error {
	if err := markdown.Write(w, rec); err != nil || rec.Baseline == nil {
		return err
	}
	c, err := compare.Read(rec.Root)
	if err != nil { // of the run itself everything is said
		_, err = io.WriteString(w, "- the comparison with the baseline cannot be read\n")
		return err
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return err
	}
	return c.Markdown(w)
}

// beside are the files that summary.json points to: relative, so that the run
// directory can be moved and archived.
func beside(rec *run.Record) map[string]string {
	paths := map[string]string{"report": htmlName, "junit": junitName, "markdown": markdownName, "run": "run.json"}
	if rec.Results != nil {
		paths["results"] = "results.json"
	}
	if rec.Scenario != nil {
		paths["scenario"] = "scenario.json"
	}
	if rec.Baseline != nil {
		paths["comparison"] = compare.File
	}
	return paths
}
