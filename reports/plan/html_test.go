package plan_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/plan"
	"github.com/flowweir/weir/reports/run"
)

// searched is found with probes as a search makes them.
func searched() run.Plan {
	p := found()
	p.Probes = nil
	for _, probe := range []struct {
		dir, purpose, outcome string
		rate, achieved        float64
		p50, p99              time.Duration
		again                 bool
	}{
		{"01-bracket-1000", "bracket", "met", 1000, 999.8, 2100 * time.Microsecond, 4 * time.Millisecond, false},
		{"02-bracket-2000", "bracket", "met", 2000, 1999.1, 2300 * time.Microsecond, 9 * time.Millisecond, false},
		{"03-bracket-4000", "bracket", "missed", 4000, 3100, 210 * time.Millisecond, 810 * time.Millisecond, false},
		{"04-bracket-4000", "bracket", "missed", 4000, 3080.4, 190 * time.Millisecond, 0, true},
		{"05-bisect-2828", "bisect", "met", 2828, 2827.5, 2900 * time.Microsecond, 41 * time.Millisecond, false},
		{"../elsewhere", "confirm", "undecided", 2969, 2960, 3 * time.Millisecond, 48 * time.Millisecond, false},
	} {
		p.Probes = append(p.Probes, run.Probe{
			Dir: probe.dir, Purpose: probe.purpose, Outcome: probe.outcome, Repeat: probe.again, Rate: probe.rate, Achieved: probe.achieved,
			Why: "publish.p99 " + probe.p99.String(), LagGrowth: probe.rate - probe.achieved,
			Latencies: []run.ProbeLatency{
				{Kind: run.Publish, P50: probe.p50, P99: probe.p99}, {Kind: run.Send, P50: probe.p50, P99: probe.p99},
				{Kind: run.EndToEnd, P50: 2 * probe.p50, P99: 2 * probe.p99},
			},
		})
	}
	return p
}

func html(t *testing.T, p run.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := plan.HTML(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTML(t *testing.T) {
	// The style is a file of its own.
	golden(t, "searched.html", regexp.MustCompile(`(?s)<style>.*</style>|sha256-.*?&#39;`).ReplaceAll([]byte(html(t, searched())), []byte("…")))
	// Plans of earlier versions have no latencies, and one that begins no probe.
	earlier := html(t, found())
	if strings.Contains(earlier, "Latency by rate") || !strings.Contains(earlier, "The search") {
		t.Error("a plan without latencies draws them, or draws nothing")
	}
	begun := html(t, run.Plan{Name: "orders", Status: run.Running, Reason: "the search goes on"})
	if !strings.Contains(begun, "RUNNING") || strings.Contains(begun, "<svg") {
		t.Error("a plan without probes is not shown as one that runs, or draws something")
	}
}

// TestHTMLDrawsWhatWasMeasured reads places off the drawing of the knee.
func TestHTMLDrawsWhatWasMeasured(t *testing.T) {
	page := html(t, searched())
	// From 0 to 5,250/s over 910 units: the target's line is where 5,000 is.
	for _, want := range []string{
		`<line class="rule target" x1="942.7" x2="942.7" y1="22.0" y2="270.0"/>`,
		`<text class="tick target" x="942.7" y="18.0" dy="-4" text-anchor="middle">target 5,000/s</text>`,
		`publish.p99 ≤ 50ms</text>`,
		`<title>4,000/s: end to end p99 1.62 s, missed</title>`,
		`<title>2,969/s: publish p99 48 ms, undecided</title>`,
		`<title>probe 5: 2,828/s, met</title>`,
		`<a href="05-bisect-2828/report.html">bisect</a>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	if n := strings.Count(page, `class="mark s1 missed"`); n != 3 { // of the knee one without a p99 is left out; two of the search
		t.Errorf("%d crosses, want 3", n)
	}
}

// TestHTMLIsInert: what a plan says is text, and no link leads out of its
// directory.
func TestHTMLIsInert(t *testing.T) {
	const evil = `</style><script>alert(1)</script><img src=x onerror=alert(1)>"'` + "\x1b[31m\u202e"
	p := searched()
	p.Name, p.Reason, p.Cluster.Kind, p.Weir.Version = evil, evil, evil, evil
	p.Caveats = []string{evil}
	for i := range p.Probes {
		q := &p.Probes[i]
		q.Purpose, q.Why, q.Outcome = evil, evil, evil
		q.Dir = []string{"//evil.test", "javascript:alert(1)", "..", "a/../../b", evil, "06-fine"}[i]
	}
	p.Objectives = append(p.Objectives, run.PlanObjective{Name: evil, Want: evil, Source: evil}, run.PlanObjective{Name: "publish.p50", Want: "≤ -1s"})
	p.Worksheet.Inputs[0].Name, p.Worksheet.Inputs[0].Detail, p.Worksheet.Results[0].Formula, p.Worksheet.Notes = evil, evil, evil, []string{evil}
	page := html(t, p)
	if strings.ContainsAny(page, "\x1b\u202e") {
		t.Error("control characters reach the page")
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the hostile texts are not shown at all")
	}
	plain := elements(t, html(t, searched()))
	for e := range elements(t, page) {
		if !plain[e] {
			t.Errorf("the hostile page has <%s>, the plain one has not", e)
		}
	}
	if links := regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(page, -1); len(links) != 1 || links[0][1] != "06-fine/report.html" {
		t.Errorf("links: %q", links)
	}
	for _, asks := range []string{"url(", "@import", "<script", "<link", "<img"} {
		if strings.Contains(page, asks) {
			t.Errorf("the page has %s", asks)
		}
	}
}

// elements are the names of elements, each with those of its attributes.
func elements(t *testing.T, page string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			names := e.Name.Local
			for _, a := range e.Attr {
				names += " " + a.Name.Local
			}
			all[names] = true
		}
	}
}
