// Package html renders a run as one HTML file that needs nothing else: no
// network, no server, no other file. Its Content-Security-Policy forbids every
// request and every script but the two that are part of it.
//
// Everything that comes from the run is escaped for the place where it stands
// (html/template); the data of the charts is JSON that is never executed. A
// topic named <script> is a topic with a strange name.
//
// The page is complete without JavaScript: tables for every number, and
// drawings of every chart, which are also what is printed. With it, the charts
// are live: a shared cursor, a shared range with its percentiles, heatmaps,
// linear or logarithmic, light or dark, all of it by keyboard too.
//
// The file's size does not grow with the length of the run: charts have at
// most 120 points, lists of offenders and log tails are cut and say so. The
// run directory has the rest.
package html

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/flowweir/weir/reports/internal/page"
	"github.com/flowweir/weir/reports/run"
)

//go:embed assets
var assets embed.FS

// The parts of the page that are the same for every run.
var (
	pages = template.Must(template.New("").Funcs(funcs).ParseFS(assets, "assets/*.tmpl"))
	plot  = asset("uPlot.iife.min.js")
	code  = script("data", "numbers", "range", "plots", "heat", "percentiles", "keys", "report")
	style = asset("uPlot.min.css") + page.Style + asset("report.css")
	// policy allows what is in the file, by its hash, and nothing else.
	policy = page.Policy(style, plot, code)
)

func asset(name string) string {
	b, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // embedded: can only fail when the package is built wrongly
	}
	return string(b)
}

// script is the page's own script: files in one scope that nothing else sees.
func script(names ...string) string {
	var b strings.Builder
	b.WriteString("(() => {\n\"use strict\";\n")
	for _, name := range names {
		b.WriteString(asset("js/"+name+".js") + "\n")
	}
	return b.String() + "})();\n"
}

// Write writes the run as report.html. A histogram log that cannot be read
// costs its chart and is named on the page; it is no error.
func Write(w io.Writer, rec *run.Record) error {
	var b bytes.Buffer // so that an error leaves no half page
	if err := pages.ExecuteTemplate(&b, "page.tmpl", newView(rec)); err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	_, err := b.WriteTo(w)
	return err
}
