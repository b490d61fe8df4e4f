package html_test

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// quantiles are the percentiles of the table of a range.
var quantiles = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}

// kinds are the rows of the table, as far as they were measured.
var kinds = []string{run.Publish, run.EndToEnd, run.Effect, run.Send, run.ScheduleDelay, "blocked", "wake"}

// zoom types a range, and waits until it is shown.
func (b *tab) zoom(from, to float64) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`{
		document.getElementById("from").value = %g;
		document.getElementById("to").value = %g;
		document.getElementById("to").dispatchEvent(new Event("change"));
	}`, from, to), nil))
	b.shows(from, to)
}

// shows fails unless a range is shown. Charts are drawn after the script that
// changed them, before the next one.
func (b *tab) shows(from, to float64) {
	b.t.Helper()
	got := eval[[]string](b, `["from", "to"].map((id) => document.getElementById(id).value)`)
	if want := []string{fmt.Sprint(from), fmt.Sprint(to)}; !slices.Equal(got, want) {
		b.t.Fatalf("%v is shown, want %v", got, want)
	}
}

// figures reads the table of the range: kind, samples, percentiles, maximum.
func (b *tab) figures() [][]string {
	b.t.Helper()
	return eval[[][]string](b, `[...document.querySelectorAll("#figures tbody tr")].map((tr) => [...tr.children].map((c, i) => i ? c.innerText : c.firstChild.textContent.trim()))`)
}

// bucketed is how many samples a bucket has, by its middle.
type bucketed struct {
	us float64
	n  int64
}

// samplesIn lists the samples of a range without the warm-up, sorted, and the
// highest in microseconds.
func samplesIn(s sample.Sample, kind string, from, to float64) (all []bucketed, n int64, high float64) {
	for i, in := range s.Intervals {
		if in.Start.Seconds() < from || (in.Start+in.Length).Seconds() > to || in.Phase == run.PhaseWarmup {
			continue
		}
		h := s.Histograms[kind][i]
		for _, bar := range h.Distribution() {
			if bar.Count > 0 {
				bucket := math.Floor(math.Log(max(float64(bar.To)/1000, 1)) / math.Log(1.05))
				all, n = append(all, bucketed{math.Pow(1.05, bucket+0.5), bar.Count}), n+bar.Count
			}
		}
		high = max(high, math.Round(float64(h.Max())/1000))
	}
	slices.SortFunc(all, func(a, b bucketed) int { return cmp.Compare(a.us, b.us) })
	return all, n, high
}

// rangeFigures works the table out from the histograms of each interval.
func rangeFigures(s sample.Sample, from, to float64) [][]string {
	var rows [][]string
	for _, kind := range kinds {
		if s.Histograms[kind] != nil {
			rows = append(rows, append([]string{summary.KindName(kind)}, rangeRow(s, kind, from, to)...))
		}
	}
	return rows
}

// rangeRow are the figures of a kind, by counting through the sorted samples to
// the rank.
func rangeRow(s sample.Sample, kind string, from, to float64) []string {
	all, n, high := samplesIn(s, kind, from, to)
	row := []string{summary.Count(n)}
	for _, q := range quantiles {
		need := int64(math.Round(100 / (1 - q)))
		if n < need {
			row = append(row, fmt.Sprintf("not judged\n(n < %s)", summary.Count(need)))
			continue
		}
		rank := int64(math.Ceil(q*float64(n) - 1e-6))
		at := slices.IndexFunc(all, func(b bucketed) bool { rank -= b.n; return rank <= 0 })
		row = append(row, micros(min(all[at].us, high)))
	}
	return append(row, micros(high))
}

func micros(us float64) string {
	if us <= math.Sqrt(1.05) { // the first bucket goes down to 0
		return "≤ 1 µs"
	}
	return summary.Duration(time.Duration(us * float64(time.Microsecond)))
}

// wholeFigures are those of results.json.
func wholeFigures(s sample.Sample) [][]string {
	var rows [][]string
	for _, kind := range kinds {
		for _, l := range s.Results.Latencies {
			if l.Kind == kind && l.Phase == "" {
				rows = append(rows, append([]string{summary.KindName(kind)}, wholeRow(l)...))
			}
		}
	}
	return rows
}

// wholeRow are the figures of a latency of results.json.
func wholeRow(l run.Latency) []string {
	row := []string{summary.Count(l.Count)}
	for _, q := range l.Quantiles {
		switch {
		case !slices.Contains(quantiles, q.Q):
		case q.Judged:
			row = append(row, summary.Duration(q.Value))
		default:
			row = append(row, fmt.Sprintf("not judged\n(n < %s)", summary.Count(q.Need)))
		}
	}
	return append(row, summary.Duration(l.Max))
}

// testZoom: the figures of the whole run are those of results.json; those of a
// range are worked out anew from the buckets, without the warm-up, and are
// within 5% of what the logs say.
func testZoom(t *testing.T, b *tab) {
	s := sample.Held()
	if got, want := b.figures(), wholeFigures(s); !reflect.DeepEqual(got, want) {
		t.Errorf("figures of the whole run:\n%q\nwant\n%q", got, want)
	}
	pictures := `[...document.querySelectorAll("canvas")].map((c) => c.toDataURL())`
	before := eval[[]string](b, pictures)
	b.zoom(20, 40)
	if got, want := b.figures(), rangeFigures(s, 20, 40); !reflect.DeepEqual(got, want) {
		t.Errorf("figures of 20 s to 40 s:\n%q\nwant\n%q", got, want)
	}
	if text := eval[string](b, `document.getElementById("range").textContent`); text != "20 s to 40 s: percentiles ±5%" {
		t.Errorf("the table is of %q", text)
	}
	b.near(s, 20, 40)
	after := eval[[]string](b, pictures)
	for i := range before {
		if before[i] == after[i] {
			t.Errorf("chart %d did not change", i)
		}
	}
	if text := eval[string](b, `document.getElementById("curve-range").textContent`); text != "20 s to 40 s (±5%)" {
		t.Errorf("the percentile curve is of %q", text)
	}
	b.zoom(0, 12) // the first 6 s are the warm-up's
	if got, want := b.figures(), rangeFigures(s, 0, 12); !reflect.DeepEqual(got, want) {
		t.Errorf("figures of 0 s to 12 s:\n%q\nwant\n%q", got, want)
	}
	b.do(chromedp.Evaluate(`document.getElementById("reset").click()`, nil))
	b.shows(0, 62)
	if got, want := b.figures(), wholeFigures(s); !reflect.DeepEqual(got, want) {
		t.Errorf("figures after the reset:\n%q\nwant\n%q", got, want)
	}
	if again := eval[[]string](b, pictures); !slices.Equal(before, again) {
		t.Error("the charts after the reset are not those from before")
	}
	b.quiet()
}

// near compares the publish figures that are shown with the logs.
func (b *tab) near(s sample.Sample, from, to int) {
	b.t.Helper()
	var all []time.Duration
	for _, h := range s.Histograms[run.Publish][from:to] {
		for _, bar := range h.Distribution() {
			for range bar.Count {
				all = append(all, time.Duration(bar.To))
			}
		}
	}
	slices.Sort(all)
	for i, q := range quantiles[:3] {
		got, err := time.ParseDuration(strings.ReplaceAll(b.figures()[0][2+i], " ", ""))
		exact := all[int(math.Ceil(q*float64(len(all))))-1]
		if ratio := float64(got) / float64(exact); err != nil || math.Abs(ratio-1) > 0.05 {
			b.t.Errorf("p%g = %v (%v), the logs say %v", 100*q, got, err, exact)
		}
	}
}

// testWaysToZoom: by mouse, by keyboard, by link, and back.
func testWaysToZoom(t *testing.T, b *tab) {
	s := sample.Held()
	at := eval[[]float64](b, `(() => {
		const over = document.querySelector("[data-chart=throughput] .u-over");
		over.scrollIntoView({block: "center", behavior: "instant"});
		const r = over.getBoundingClientRect();
		return [20.4, 39.7].map((s) => r.left + r.width * s / 62).concat(r.top + r.height / 2);
	})()`)
	left := chromedp.ButtonType(input.Left)
	b.do(
		chromedp.MouseEvent(input.MousePressed, at[0], at[2], left, chromedp.ClickCount(1)),
		chromedp.MouseEvent(input.MouseMoved, at[1], at[2], left),
		chromedp.MouseEvent(input.MouseReleased, at[1], at[2], left, chromedp.ClickCount(1)),
	)
	b.shows(20, 40) // whole steps
	if hash := eval[string](b, `location.hash`); hash != "#range=20-40" {
		t.Errorf("the address ends in %q", hash)
	}
	press := func(chart, key string, shift bool) {
		b.do(chromedp.Evaluate(fmt.Sprintf(`{
			const el = document.querySelector("[data-chart=%s]");
			el.focus();
			if (document.activeElement !== el) throw new Error("the chart cannot be focused");
			el.dispatchEvent(new KeyboardEvent("keydown", {key: %q, shiftKey: %v, bubbles: true}));
		}`, chart, key, shift), nil))
	}
	said := func(want string) {
		if got := eval[string](b, `document.getElementById("said").textContent`); got != want {
			t.Errorf("said of the cursor: %q, want %q", got, want)
		}
	}
	b.do(chromedp.MouseEvent(input.MouseMoved, 1, 1)) // away from the charts
	press("lag", "ArrowRight", true)
	b.shows(25, 45)
	press("latency", "ArrowLeft", true)
	b.shows(20, 40)
	press("heat", "+", false)
	b.shows(25, 35)
	press("throughput", "ArrowRight", false) // the cursor, to the first step
	press("throughput", "ArrowRight", false)
	in := s.Intervals[26]
	said(fmt.Sprintf("26.5 s: due %s, acked %s, received %s, effects %s",
		summary.Count(in.Due), summary.Count(in.Acked), summary.Count(in.Received), summary.Count(in.Effects)))
	press("partitions", "ArrowLeft", false)
	highest, lowest := extremes(s.Intervals[25].Partitions)
	said("25 s to 26 s: acked, highest " + highest + ", lowest " + lowest)
	press("partitions", "ArrowRight", false)
	press("throughput", "-", false)
	b.shows(16, 37) // 20 s around 26.5 s, in whole steps
	press("percentiles", "0", false)
	b.shows(0, 62)
	b.do(chromedp.Evaluate(`location.hash = "#range=10-12"`, nil))
	b.shows(10, 12)
	press("lag", "Escape", false)
	b.shows(0, 62)
	b.quiet()
}

// extremes are the partitions with the most and the fewest acks of a second,
// in the words of the page.
func extremes(acked map[string]int64) (highest, lowest string) {
	words := func(better func(n, than int64) bool) string {
		best := "order.events/0"
		for p := range 12 {
			if name := fmt.Sprintf("order.events/%d", p); better(acked[name], acked[best]) {
				best = name
			}
		}
		return best + " " + summary.Rate(float64(acked[best]))
	}
	return words(func(n, than int64) bool { return n > than }), words(func(n, than int64) bool { return n < than })
}
