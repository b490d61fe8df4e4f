package compare

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "write golden files")

func compared(t testing.TB, base, candidate []*run.Record, o Options) *Comparison {
	t.Helper()
	c, err := Compare(base, candidate, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Comparison) metric(name string) Metric {
	i := slices.IndexFunc(c.Metrics, func(m Metric) bool { return m.Name == name })
	if i < 0 {
		return Metric{}
	}
	return c.Metrics[i]
}

// TestGolden holds all three views of what can come out.
func TestGolden(t *testing.T) {
	tests := []struct {
		name    string
		runs    int
		factor  float64
		options Options
		change  func(base, candidate []*run.Record)
	}{
		{name: "slower", runs: 5, factor: 1.3},
		{name: "same", runs: 5, factor: 1, options: Options{Threshold: 0.15}},
		{name: "cannot-tell", runs: 5, factor: 1.02},
		{name: "faster", runs: 5, factor: 0.7, options: Options{Metrics: []string{"publish.p50", "publish.p99"}}},
		{name: "pairs", runs: 10, factor: 1.06, options: Options{Metrics: []string{"publish.p50", "achieved"}}},
		{name: "described", runs: 1, factor: 1.3},
		{name: "few", runs: 2, factor: 1.3},
		{name: "hostile", runs: 5, factor: 1.3, change: hostile},
		{name: "incomparable", runs: 5, factor: 1, change: func(_, candidate []*run.Record) {
			for _, rec := range candidate {
				rec.Run.Loads[0].Profile = "hold 9000/s for 20s"
				rec.Run.Host.Name = "ci-runner-8"
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base, candidate := sides(t, tt.runs, tt.factor)
			if tt.change != nil {
				tt.change(base, candidate)
			}
			c := compared(t, base, candidate, tt.options)
			for ext, write := range map[string]func(*bytes.Buffer) error{
				".txt":  func(b *bytes.Buffer) error { return c.Text(b) },
				".md":   func(b *bytes.Buffer) error { return c.Markdown(b) },
				".json": func(b *bytes.Buffer) error { return c.JSON(b) },
			} {
				var b bytes.Buffer
				if err := write(&b); err != nil {
					t.Fatal(err)
				}
				golden(t, tt.name+ext, b.Bytes())
			}
		})
	}
}

// here is the directory of the package: tests go to that of their runs.
var here, _ = os.Getwd()

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join(here, "testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what was made (go test -update writes it):\n%s", file, got)
	}
}

const evil = "<script>alert(1)</script>\x1b[31m|**x**\n@all"

func hostile(base, candidate []*run.Record) {
	for _, rec := range slices.Concat(base, candidate) {
		rec.Run.ID += evil
	}
	candidate[2].Run.Host.Name = evil
	candidate[3].Run.Cluster.Config = map[string]string{evil: evil}
	candidate[4].Run.Verdict, candidate[4].Run.Reason = finding.Fail, evil
}

func TestHostileTextIsInert(t *testing.T) {
	base, candidate := sides(t, 5, 1)
	hostile(base, candidate)
	c := compared(t, base, candidate, Options{})
	if len(c.Findings) == 0 {
		t.Fatal("nothing hostile is shown at all")
	}
	var text, md bytes.Buffer
	if err := c.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := c.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"text": text.String(), "markdown": md.String()} {
		if strings.Contains(out, "\x1b") {
			t.Errorf("%s drives the terminal:\n%q", name, out)
		}
	}
	for _, markup := range []string{"<script>", "**x**", "@all"} {
		if strings.Contains(md.String(), markup) {
			t.Errorf("markdown holds %s", markup)
		}
	}
}

// TestSameBytes: neither the order in which runs are given nor a second time
// changes anything.
func TestSameBytes(t *testing.T) {
	base, candidate := sides(t, 5, 1.1)
	first := compared(t, base, candidate, Options{})
	slices.Reverse(base)
	slices.Reverse(candidate)
	var a, b bytes.Buffer
	if err := first.JSON(&a); err != nil {
		t.Fatal(err)
	}
	if err := compared(t, base, candidate, Options{}).JSON(&b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("not the same bytes:\n%s\n%s", a.String(), b.String())
	}
}

// TestOutcomes holds the rule to every place where an interval can lie.
func TestOutcomes(t *testing.T) {
	latency := quantity{name: "publish.p99"}
	rate := quantity{name: Achieved, higherBetter: true}
	share := quantity{name: Errors, linear: true}
	tests := []struct {
		q                  quantity
		low, high          float64 // relative; the difference lies midway
		threshold          float64
		outcome            Outcome
		regression, reason string
	}{
		{latency, 0.06, 0.2, 0.05, Slower, Yes, "wholly beyond the threshold"},
		{latency, 0.01, 0.2, 0.05, Slower, Yes, "above zero, and the difference reaches the threshold"},
		{latency, 0.01, 0.07, 0.05, CannotTell, Unknown, "above zero, but perhaps too little to matter"},
		{latency, 0.01, 0.04, 0.05, Same, No, "surely slower, and surely by too little to matter"},
		{latency, -0.04, 0.04, 0.05, Same, No, "within the threshold"},
		{latency, -0.3, 0.04, 0.05, CannotTell, No, "perhaps faster, surely not slower"},
		{latency, -0.3, 0.3, 0.05, CannotTell, Unknown, "anything"},
		{latency, -0.3, -0.1, 0.05, Faster, No, "faster"},
		{rate, -0.3, -0.1, 0.05, Slower, Yes, "a lower rate is slower"},
		{rate, 0.1, 0.3, 0.05, Faster, No, "a higher rate is faster"},
		{rate, -0.04, 0.04, 0.05, Same, No, "the same rate"},
		{rate, -0.1, 0.3, 0.05, CannotTell, Unknown, "a rate that may be lower"},
		{share, 0.002, 0.004, 0.001, More, Yes, "more errors"},
		{share, -0.004, -0.002, 0.001, Fewer, No, "fewer errors"},
		{share, -0.0005, 0.0005, 0.001, Same, No, "as many errors"},
		{share, -0.001, 0.004, 0.001, CannotTell, Unknown, "perhaps more errors"},
	}
	for _, tt := range tests {
		low, high := tt.q.scaled(1+tt.low), tt.q.scaled(1+tt.high)
		if tt.q.linear {
			low, high = tt.low, tt.high
		}
		var m Metric
		m.judge(tt.q, tt.threshold, (low+high)/2, (high-low)/2, 0, false)
		if m.Outcome != tt.outcome || m.Regression != tt.regression {
			t.Errorf("%s, %s [%v, %v]: %s, regression %s; want %s, %s", tt.reason, tt.q.name, tt.low, tt.high, m.Outcome, m.Regression, tt.outcome, tt.regression)
		}
	}
}

// TestVerdicts holds the verdict and the exit code to what the metrics say.
func TestVerdicts(t *testing.T) {
	tests := []struct {
		name    string
		base    int
		runs    int
		factor  float64
		change  func(base, candidate []*run.Record)
		judged  bool
		verdict finding.Verdict
		code    int
	}{
		{"one run a side is described", 1, 1, 2, nil, false, finding.Inconclusive, 0},
		{"one against five is too few", 1, 5, 2, nil, false, finding.Inconclusive, 4},
		{"four a side are too few", 4, 4, 2, nil, false, finding.Inconclusive, 4},
		{"twice as slow", 5, 5, 2, nil, true, finding.Fail, 1},
		{"no difference that matters", 5, 5, 1, nil, true, finding.Pass, 0},
		{"more base runs than candidates", 7, 5, 2, nil, true, finding.Fail, 1},
		{"one run a side that must not be compared", 1, 1, 1, func(_, c []*run.Record) { c[0].Run.Cluster.Kind = "embedded" }, false, finding.Inconclusive, 4},
		{"more errors", 5, 5, 1, func(_, c []*run.Record) {
			for _, rec := range c {
				rec.Results.Latencies = []run.Latency{{Kind: run.Publish, Phase: run.PhaseSteady, Failed: 100}}
			}
		}, true, finding.Fail, 1},
		{"errors in the warm-up do not count", 5, 5, 1, func(_, c []*run.Record) {
			for _, rec := range c {
				rec.Results.Latencies = []run.Latency{{Kind: run.Publish, Phase: run.PhaseWarmup, Failed: 1000}}
			}
		}, true, finding.Pass, 0},
		{"a percentile that is unbounded in a run", 5, 5, 1, func(_, c []*run.Record) {
			c[0].Results.Latencies = []run.Latency{{Kind: run.EndToEnd, Phase: run.PhaseSteady, Unfinished: 400}}
		}, true, finding.Inconclusive, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base, candidate := sides(t, max(tt.base, tt.runs), tt.factor)
			base, candidate = base[:tt.base], candidate[:tt.runs]
			if tt.change != nil {
				tt.change(base, candidate)
			}
			c := compared(t, base, candidate, Options{Threshold: 0.15})
			if c.Judged != tt.judged || c.Verdict != tt.verdict || c.Code != tt.code {
				var b bytes.Buffer
				_ = c.Text(&b)
				t.Errorf("judged %v, %s, exit code %d; want %v, %s, %d\n%s", c.Judged, c.Verdict, c.Code, tt.judged, tt.verdict, tt.code, b.String())
			}
		})
	}
}

// TestWithheld: a percentile with too few samples has no value, and is missed
// only where it was asked for.
func TestWithheld(t *testing.T) {
	base, candidate := sides(t, 5, 1)
	c := compared(t, base, candidate, Options{Threshold: 0.15})
	m := c.metric("publish.p99.9")
	if m.Withheld != "not judged (n < 100,000)" || m.Base != nil || m.Interval != nil || m.Regression != "" {
		t.Errorf("publish.p99.9 is %+v", m)
	}
	if c.metric("send.p50").Name != "" {
		t.Error("send is shown, and no run has it")
	}
	asked := compared(t, base, candidate, Options{Threshold: 0.15, Metrics: []string{"publish.p50", "publish.p99.9"}})
	if asked.Verdict != finding.Inconclusive || asked.metric("publish.p50").Regression != No {
		t.Errorf("asked for what is withheld: %s", asked.Verdict)
	}
}

// TestFewerMetricsAreToldBetter: the error is shared by those that are
// compared, and by nobody else.
func TestFewerMetricsAreToldBetter(t *testing.T) {
	base, candidate := sides(t, 5, 1)
	all, one := compared(t, base, candidate, Options{}), compared(t, base, candidate, Options{Metrics: []string{"publish.p99"}})
	if all.Comparisons != 9 || one.Comparisons != 1 { // publish and end to end p50 to p99, achieved; no run has errors
		t.Errorf("%d and %d comparisons", all.Comparisons, one.Comparisons)
	}
	wide, narrow := all.metric("publish.p99").Interval, one.metric("publish.p99").Interval
	if !(narrow.High < wide.High && narrow.Low > wide.Low) {
		t.Errorf("alone %v, together %v", narrow, wide)
	}
}

func TestOptionsAndRunsAreChecked(t *testing.T) {
	base, candidate := sides(t, 1, 1)
	tests := []struct {
		base, candidate []*run.Record
		o               Options
		want            string
	}{
		{base, candidate, Options{Threshold: -1}, "the threshold is -1"},
		{base, candidate, Options{Threshold: 1}, "the threshold is 1"},
		{base, candidate, Options{Confidence: 0.5}, "the confidence is 0.5"},
		{base, candidate, Options{Resamples: 10}, "10 resamples are too few"},
		{base, candidate, Options{Metrics: []string{"publish.p98"}}, `there is no metric "publish.p98": choose of send.p50, `},
		{nil, candidate, Options{}, "each side needs at least one run"},
		{base, base, Options{}, "are the same run"},
		{records(base[0], base[0]), candidate, Options{}, "are the same run"},
	}
	for _, tt := range tests {
		if _, err := Compare(tt.base, tt.candidate, tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error is %v, want %q", err, tt.want)
		}
	}
}

// TestMethodOfOneMetric: one interval has no others to hold together with.
func TestMethodOfOneMetric(t *testing.T) {
	c := Comparison{Judged: true, Confidence: 0.99, Comparisons: 1, Threshold: 0.05, Resamples: 10_000, Seed: 1}
	if got, want := c.Method(), "99% interval of one metric, threshold 5%, 10,000 resamples, seed 1"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
