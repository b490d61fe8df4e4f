package metrics_test

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// exposed is what a page of figures says: samples by name and labels, as they
// are written, and the type of each family.
type exposed struct {
	samples map[string]float64
	types   map[string]string
}

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"`)
	canonical  = regexp.MustCompile(`^[0-9]+\.[0-9]+$|^\+Inf$`)
)

// partsOf are the suffixes that samples of a type have behind the family's
// name, in OpenMetrics.
var partsOf = map[string][]string{
	"counter": {"_total"}, "gauge": {""}, "info": {"_info"}, "histogram": {"_bucket", "_sum", "_count"},
}

// strict reads a page as the specifications of the two text formats have it,
// and refuses everything that they do not allow: it is written from them, and
// shares nothing with what writes the page.
func strict(page string, open bool) (exposed, error) {
	p := &strictParser{open: open, exposed: exposed{samples: map[string]float64{}, types: map[string]string{}}, seen: map[string]bool{}}
	if !strings.HasSuffix(page, "\n") {
		return p.exposed, fmt.Errorf("the last line has no end")
	}
	lines := strings.Split(strings.TrimSuffix(page, "\n"), "\n")
	if open {
		if lines[len(lines)-1] != "# EOF" {
			return p.exposed, fmt.Errorf("no # EOF at the end")
		}
		lines = lines[:len(lines)-1]
	}
	for i, line := range lines {
		if err := p.line(line); err != nil {
			return p.exposed, fmt.Errorf("line %d, %q: %w", i+1, line, err)
		}
	}
	return p.exposed, p.family("")
}

type strictParser struct {
	open bool
	exposed
	seen map[string]bool // families that began
	// Of the family that is read.
	name, kind, unit string
	help, sampled    bool
	buckets          map[string][]float64 // bound and count in turn, by the other labels
	counts           map[string]float64
}

func (p *strictParser) line(line string) error {
	if strings.HasPrefix(line, "#") {
		return p.comment(line)
	}
	return p.sample(line)
}

func (p *strictParser) comment(line string) error {
	fields := strings.SplitN(line, " ", 4)
	if len(fields) < 4 || fields[0] != "#" {
		return fmt.Errorf("a comment that says nothing")
	}
	if fields[2] != p.name || p.sampled {
		if err := p.family(fields[2]); err != nil {
			return err
		}
	}
	switch {
	case fields[1] == "HELP" && !p.help:
		p.help = true
	case fields[1] == "TYPE" && p.kind == "":
		p.kind = fields[3]
		if _, known := partsOf[p.kind]; !known || p.kind == "info" && !p.open {
			return fmt.Errorf("no type of this format")
		}
		p.types[p.name] = p.kind
	case fields[1] == "UNIT" && p.open && p.unit == "":
		p.unit = fields[3]
		if !strings.HasSuffix(p.name, "_"+p.unit) {
			return fmt.Errorf("the name does not end in the unit")
		}
	default:
		return fmt.Errorf("not allowed here")
	}
	return nil
}

// family ends the family before and begins another one.
func (p *strictParser) family(name string) error {
	if p.name != "" && (!p.sampled || !p.help || p.kind == "") {
		return fmt.Errorf("family %s lacks a sample, a help or a type", p.name)
	}
	for labels, b := range p.buckets {
		for i := 2; i < len(b); i += 2 {
			if b[i] <= b[i-2] || b[i+1] < b[i-1] {
				return fmt.Errorf("%s{%s}: buckets do not grow", p.name, labels)
			}
		}
		if n := len(b); !math.IsInf(b[n-2], 1) || b[n-1] != p.counts[labels] {
			return fmt.Errorf("%s{%s}: the last bucket is not all", p.name, labels)
		}
	}
	if name == "" {
		return nil
	}
	if !metricName.MatchString(name) {
		return fmt.Errorf("%q is no name", name)
	}
	if p.seen[name] {
		return fmt.Errorf("family %s comes twice", name)
	}
	p.seen[name] = true
	p.name, p.kind, p.unit, p.help, p.sampled = name, "", "", false, false
	p.buckets, p.counts = map[string][]float64{}, map[string]float64{}
	return nil
}

func (p *strictParser) sample(line string) error {
	name, rest := line, ""
	if at := strings.IndexAny(line, "{ "); at >= 0 {
		name, rest = line[:at], line[at:]
	}
	suffix, err := p.suffix(name)
	if err != nil {
		return err
	}
	bound, others, rest, err := p.labels(rest)
	if err != nil {
		return err
	}
	text, ok := strings.CutPrefix(rest, " ")
	value, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil {
		return fmt.Errorf("no value after one blank")
	}
	if p.kind != "gauge" && (value < 0 || math.IsNaN(value)) {
		return fmt.Errorf("a count below 0")
	}
	key := strings.TrimSuffix(line, " "+text)
	if _, twice := p.samples[key]; twice {
		return fmt.Errorf("the sample comes twice")
	}
	p.samples[key], p.sampled = value, true
	switch suffix {
	case "_bucket":
		if bound == "" || p.open && !canonical.MatchString(bound) {
			return fmt.Errorf("%q is no bound", bound)
		}
		le, err := strconv.ParseFloat(bound, 64)
		if err != nil {
			return err
		}
		p.buckets[others] = append(p.buckets[others], le, value)
	case "_count":
		p.counts[others] = value
	}
	return nil
}

// suffix checks that the sample is of the family that is read.
func (p *strictParser) suffix(name string) (string, error) {
	suffix, ok := strings.CutPrefix(name, p.name)
	if !ok || p.name == "" {
		return "", fmt.Errorf("a sample outside of its family")
	}
	for _, part := range partsOf[p.kind] {
		if p.kind != "histogram" && !p.open {
			part = "" // the older format has it in the family's name
		}
		if suffix == part {
			if p.kind == "counter" && !strings.HasSuffix(name, "_total") {
				return "", fmt.Errorf("a counter without _total")
			}
			return suffix, nil
		}
	}
	return "", fmt.Errorf("a %s has no sample %q", p.kind, suffix)
}

// labels reads {a="b",c="d"}: the bound, the other labels, and what follows.
func (p *strictParser) labels(rest string) (bound, others, after string, err error) {
	rest, some := strings.CutPrefix(rest, "{")
	if !some {
		return "", "", rest, nil
	}
	names := map[string]bool{}
	for {
		m := labelPair.FindStringSubmatch(rest)
		if m == nil || names[m[1]] {
			return "", "", "", fmt.Errorf("no label, or twice the same, at %q", rest)
		}
		names[m[1]] = true
		if m[1] == "le" {
			bound = m[2]
		} else {
			others += m[0]
		}
		rest = rest[len(m[0]):]
		if after, ok := strings.CutPrefix(rest, "}"); ok {
			return bound, others, after, nil
		}
		if rest, some = strings.CutPrefix(rest, ","); !some {
			return "", "", "", fmt.Errorf("labels that do not end")
		}
	}
}
