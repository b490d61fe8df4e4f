package metrics

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
)

// family is a metric with its samples. Its name has no suffix.
type family struct {
	name, kind, unit, help string
	samples                []sample
}

// The kinds of families, by OpenMetrics' names.
const (
	info          = "info"
	counterKind   = "counter"
	gaugeKind     = "gauge"
	histogramKind = "histogram"
)

type sample struct {
	// suffix is that of a part of a histogram; those of the other kinds
	// follow from the kind.
	suffix string
	labels []label
	// bound is that of a bucket.
	bound float64
	value float64
}

type label struct{ name, value string }

var infinite = math.Inf(1)

// suffixes are what the samples of a kind have behind its name.
var suffixes = map[string]string{info: "_info", counterKind: "_total"}

// format is one of the two text formats.
type format struct {
	contentType string
	open        bool // OpenMetrics
}

var (
	plainText   = format{contentType: "text/plain; version=0.0.4; charset=utf-8"}
	openMetrics = format{contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8", open: true}
)

// write writes families in the format. A family without samples is left out:
// there is nothing of it.
func (f format) write(w io.Writer, families []family) error {
	out := bufio.NewWriter(w)
	for _, fam := range families {
		if len(fam.samples) > 0 {
			f.family(out, fam)
		}
	}
	if f.open {
		_, _ = out.WriteString("# EOF\n")
	}
	return out.Flush() // has the first error of all
}

// family writes one. OpenMetrics names a family without the suffix of its
// samples, the older format with it; that has no kind of info and no unit.
func (f format) family(out *bufio.Writer, fam family) {
	name, kind, suffix := fam.name, fam.kind, suffixes[fam.kind]
	if !f.open {
		name += suffix
		if kind == info {
			kind = gaugeKind
		}
	}
	line := func(parts ...string) {
		_, _ = out.WriteString(strings.Join(parts, " "))
		_ = out.WriteByte('\n')
	}
	line("# HELP", name, escapeHelp.Replace(fam.help))
	line("# TYPE", name, kind)
	if f.open && fam.unit != "" {
		line("# UNIT", name, fam.unit)
	}
	for _, s := range fam.samples {
		labels := s.labels
		if s.suffix == "_bucket" {
			labels = append(labels[:len(labels):len(labels)], label{"le", f.bound(s.bound)})
		}
		line(fam.name+suffix+s.suffix+braces(labels), number(s.value))
	}
}

var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeValue = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func braces(labels []label) string {
	if len(labels) == 0 {
		return ""
	}
	var b strings.Builder
	for i, l := range labels {
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.WriteString(l.name + `="` + escapeValue.Replace(strings.ToValidUTF8(l.value, "\uFFFD")) + `"`)
	}
	b.WriteByte('}')
	return b.String()
}

// bound writes the bound of a bucket: in OpenMetrics always with a point, as in
// 1.0.
func (f format) bound(v float64) string {
	text := number(v)
	if f.open && strings.Trim(text, "0123456789") == "" {
		text += ".0"
	}
	return text
}

func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	if math.Abs(v) < 1e15 && math.Abs(v) > 1e-6 { // as people write it
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
