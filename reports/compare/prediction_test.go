package compare

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
)

// TestPrediction: a single run is judged against five, and against no fewer.
func TestPrediction(t *testing.T) {
	for _, tt := range []struct {
		name    string
		base    int
		factor  float64
		options Options
		judged  bool
		verdict finding.Verdict
		code    int
		reason  string
	}{
		{"three times as long", 5, 3, Options{Prediction: true}, true, finding.Fail, 1, "the candidate is slower: "},
		{"as long", 5, 1, Options{Prediction: true, Metrics: []string{"publish.p50"}}, true, finding.Inconclusive, 4, "can't tell: a regression of 1 metric"},
		{"too few to judge", 4, 3, Options{Prediction: true}, false, finding.Inconclusive, 4, "4 runs against 1, described and not judged: a judgement needs 5 runs of the base"},
		{"one against one", 1, 3, Options{Prediction: true}, false, finding.Inconclusive, 0, "1 run against 1, described and not judged: a judgement needs 5 runs of the base"},
		{"not asked for", 5, 3, Options{}, false, finding.Inconclusive, 4, "5 runs against 1, described and not judged: a judgement needs 5 runs a side"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, candidate := sides(t, tt.base, tt.factor)
			c, err := Compare(base, candidate[:1], tt.options)
			if err != nil {
				t.Fatal(err)
			}
			if c.Judged != tt.judged || c.Verdict != tt.verdict || c.Code != tt.code || !strings.HasPrefix(c.Reason, tt.reason) {
				t.Errorf("judged %t, %s, exit code %d: %s", c.Judged, c.Verdict, c.Code, c.Reason)
			}
			if c.Predicted != tt.options.Prediction {
				t.Errorf("predicted %t", c.Predicted)
			}
			for _, f := range c.Findings {
				if f.ID == idSeed || f.ID == idOrder {
					t.Errorf("one run is told that %s", f.Message)
				}
			}
		})
	}
}

// TestPredictionInterval: one more run of five lies within the mean ± t(4) ·
// s · √(1 + 1/5).
func TestPredictionInterval(t *testing.T) {
	const squared, n = 0.02 * 0.02 / 5, 5 // of the mean of runs that vary by 2%
	s := predicted(squared, n)
	if want := 0.02 * math.Sqrt(1+1.0/5); math.Abs(s.se-want) > 1e-12 || s.df != 4 {
		t.Errorf("error %v with %v degrees of freedom, want %v with 4", s.se, s.df, want)
	}
	if got, want := s.half(0.05), 2.776445*s.se; math.Abs(got-want) > 1e-6 {
		t.Errorf("half of the interval is %v, want %v", got, want)
	}
}

// of is a comparison with metrics.
func of(metrics string) string {
	return `{"format":"weir/comparison/v1","base":[{}],"candidate":[{}],"metrics":[` + metrics + `]}`
}

// TestRead: what is written as JSON reads back, and shows the same.
func TestRead(t *testing.T) {
	base, candidate := sides(t, 5, 3)
	c, err := Compare(base, candidate[:1], Options{Prediction: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var written bytes.Buffer
	if err := c.JSON(&written); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, File), written.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	read, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	if err := c.Text(&first); err != nil {
		t.Fatal(err)
	}
	if err := read.Text(&second); err != nil {
		t.Fatal(err)
	}
	if first.String() != second.String() || !reflect.DeepEqual(c.Baseline(), read.Baseline()) {
		t.Errorf("written\n%s\nread\n%s", first.String(), second.String())
	}
	for content, want := range map[string]string{
		"{": "unexpected end of JSON input", `{"format":"weir/comparison/v2"}`: "no comparison of the format weir/comparison/v1",
		`{"format":"weir/comparison/v1"}`: "no comparison of the format weir/comparison/v1", // of no runs
		of(`{"name":"publish.p50"}`):      "metric 1 is not as weir writes it",              // no values
		of(`{"name":"errors","withheld":"a run published nothing"},{"name":"\u001b[2J","withheld":"x"}`): "metric 2 is not as weir writes it",
		of(`{"name":"errors","withheld":"<script>"}`):                                                    "metric 1 is not as weir writes it",
		of(`{"name":"errors","withheld":"a","outcome":"\u001b[31mslower"}`):                              "metric 1 is not as weir writes it",
	} {
		if err := os.WriteFile(filepath.Join(dir, File), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(dir); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", content, err)
		}
	}
}
