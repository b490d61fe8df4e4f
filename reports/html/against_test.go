package html_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/html"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// against renders a run that was held against five others, whose publishing took
// 1 ms at the lowest percentile and a millisecond more at each of eleven others.
func against(t *testing.T) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := sample.Held().Write(dir); err != nil {
		t.Fatal(err)
	}
	q := summary.CurveQuantiles()[:12]
	base := make([]float64, len(q))
	for i := range base {
		base[i] = float64(i+1) * 1e6
	}
	b, err := json.Marshal(run.Baseline{
		Format: run.BaselineFormat, Judged: true, Verdict: finding.Pass, Base: make([]run.BaselineRun, 5),
		Curves: []run.BaselineCurve{{Kind: run.Publish, Quantiles: q, Base: base}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "comparison.json"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := html.Write(&page, rec); err != nil {
		t.Fatal(err)
	}
	return page.Bytes()
}

// TestBaselineIsDrawn: a run that was held against others shows their curve
// beside its own, in the drawing, in the table and in the data of the chart.
func TestBaselineIsDrawn(t *testing.T) {
	page := string(against(t))
	for _, part := range []string{
		`<path class="line s1 baseline" d="M`,
		` baseline" d="M`,
		`<span class="s1 baseline">publish, baseline</span>`,
		"Dotted: the same of the baseline, the mean of 5 runs, always as a whole.",
		`<th scope="col">publish</th><th scope="col">publish, baseline</th>`,
		`"baseline":[1000,2000,3000,4000,5000,6000,7000,8000,9000,10000,11000,12000]`,
	} {
		if n := strings.Count(page, part); n != 1 {
			t.Errorf("%d times, want once: %s", n, part)
		}
	}
}

// testBaseline: the live chart has the curve too, and keeps it in a range.
func testBaseline(t *testing.T, b *tab) {
	b.drawn(charts)
	const legend = `[...document.querySelectorAll("[data-chart=percentiles] .u-series th")].map((th) => th.textContent).slice(-1)[0]`
	for _, zoom := range []bool{false, true} {
		if zoom {
			b.zoom(10, 20)
		}
		if got := eval[string](b, legend); got != "publish, baseline" {
			t.Errorf("the last curve is %q (in a range: %t)", got, zoom)
		}
		b.drawn(charts)
	}
	b.quiet()
}
