package html_test

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

// hopFigures reads the figures of the table of hops, row by row.
func (b *tab) hopFigures() [][]string {
	b.t.Helper()
	return eval[[][]string](b, `[...document.querySelectorAll("#hop-figures tbody tr")].map((tr) => [...tr.querySelectorAll("td:not(.beside)")].map((td) => td.innerText))`)
}

// wholeHops are the figures of results.json, hops before chains.
func wholeHops(s sample.Sample) (rows [][]string) {
	for _, h := range s.Results.Hops.Hops {
		rows = append(rows, wholeRow(h.Latencies[0]))
	}
	for _, c := range s.Results.Hops.Chains {
		rows = append(rows, wholeRow(c.Latencies[0]))
	}
	return rows
}

// testHops: the table's figures are those of results.json, and of a range are
// worked out anew; the waterfalls are there with and without script, in the dark
// and on paper.
func testHops(t *testing.T, ctx context.Context, held []byte) {
	s := sample.Held()
	b := open(t, ctx, held)
	if got, want := b.hopFigures(), wholeHops(s); !reflect.DeepEqual(got, want) {
		t.Errorf("figures of the whole run:\n%q\nwant\n%q", got, want)
	}
	b.zoom(20, 50)
	want := [][]string{rangeRow(s, "hops/1", 20, 50), rangeRow(s, "hops/2", 20, 50), rangeRow(s, "hops/1-whole", 20, 50)}
	if got := b.hopFigures(); !reflect.DeepEqual(got, want) {
		t.Errorf("figures of 20 s to 50 s:\n%q\nwant\n%q", got, want)
	}
	names := eval[[]string](b, `[...document.querySelectorAll(".range-name")].map((e) => e.textContent)`)
	if want := "20 s to 50 s: percentiles ±5%"; !reflect.DeepEqual(names, []string{want, want}) {
		t.Errorf("the tables are of %q", names)
	}
	b.zoom(0, 12)
	if got, want := b.hopFigures()[0], rangeRow(s, "hops/1", 0, 12); !reflect.DeepEqual(got, want) {
		t.Errorf("figures that begin in the warm-up:\n%q\nwant\n%q", got, want)
	}
	b.do(chromedp.Evaluate(`document.getElementById("reset").click()`, nil))
	if got, want := b.hopFigures(), wholeHops(s); !reflect.DeepEqual(got, want) {
		t.Errorf("figures after the reset:\n%q\nwant\n%q", got, want)
	}
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	if n := eval[int](b, shown(".waterfall")); n != 2 {
		t.Errorf("%d waterfalls in print", n)
	}
	b.quiet()
	b = open(t, ctx, held, emulation.SetScriptExecutionDisabled(true))
	if n := eval[int](b, shown(".waterfall, #hop-figures")); n != 3 {
		t.Errorf("%d waterfalls and tables of hops without script", n)
	}
	b.quiet()
}

// rangedHops fails unless the rows of hops that are embedded have the figures of
// a range, and the others none, rather than others'.
func (b *tab) rangedHops(s sample.Sample, from, to float64) {
	b.t.Helper()
	none := strings.Split("– – – – – – –", " ")
	for i, row := range b.hopFigures() {
		want := none
		if log := hopLog(s, i); s.Histograms[log] != nil {
			want = rangeRow(s, log, from, to)
		}
		if !reflect.DeepEqual(row, want) {
			b.t.Errorf("row %d has\n%q\nwant\n%q", i, row, want)
		}
	}
}

// hopLog is the log of a row of the hour.
func hopLog(s sample.Sample, row int) string {
	hops := s.Results.Hops
	if row < len(hops.Hops) {
		return fmt.Sprintf("hops/%d", hops.Hops[row].ID)
	}
	c := hops.Chains[row-len(hops.Hops)]
	return fmt.Sprintf("hops/%d-whole", c.Hops[len(c.Hops)-1])
}

var leg = regexp.MustCompile(`<text class="step"[^>]*>([^<]*)</text><text class="took"[^>]*>([^<]*)</text><rect class="leg (s\d)" x="([^"]*)" y="[^"]*" width="([^"]*)"`)

// TestWaterfall draws one event whose places are known: 10 ms until it was
// received, 30 ms to the first output, through a retry topic, and a second that
// was read 5 ms before its input.
func TestWaterfall(t *testing.T) {
	s := sample.Held()
	h := s.Results.Hops
	second := h.Hops[0]
	second.ID, second.After, second.Topic, second.Consumer, second.Output, second.OutputTopic = 3, 1, "payment.events", "shipping", "Shipped", `<b>"shipped"</b>`
	h.Hops = append(h.Hops, second)
	c := &h.Chains[0]
	c.Hops = []int{1, 3}
	ms := func(n int) time.Duration { return 20*time.Second + time.Duration(n)*time.Millisecond }
	c.Traces = []run.Trace{{Q: 0.5, Value: 36 * time.Millisecond, Event: "e", Due: ms(0), Received: ms(10),
		Steps: []run.TraceStep{{Hop: 1, At: ms(40), Retried: true}, {Hop: 3, At: ms(35)}}}}
	page := string(render(t, s))
	var got [][]string
	for _, m := range leg.FindAllStringSubmatch(page, -1) {
		got = append(got, m[1:])
	}
	want := [][]string{ // 984 units are 40 ms
		{"due → order.events", "10 ms", "s0", "8.0", "246.0"},
		{"payment-service → payment.events, through a retry topic", "30 ms", "s1", "254.0", "738.0"},
		{"shipping → &lt;b&gt;&#34;shipped&#34;&lt;/b&gt;, read before its input", "−5 ms", "s2", "869.0", "123.0"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the legs are\n%q\nwant\n%q", got, want)
	}
	if text := "35 ms from due to its last event, where p50 is 36 ms. Event e, due at &#43;20.000 s."; !strings.Contains(page, text) {
		t.Errorf("the page does not say %q", text)
	}
	if !strings.Contains(page, `<th scope="row" class="deep1">shipping `) {
		t.Error("a hop behind another is not indented")
	}
}

// TestStrangeHops: a directory of someone else may lead from hop to hop in a
// circle, to hops that are not there, and have fewer steps than hops.
func TestStrangeHops(t *testing.T) {
	s := sample.Held()
	h := s.Results.Hops
	h.Hops[0].After, h.Hops[1].After = 2, 1
	h.Chains[0].Hops = []int{1, 99}
	h.Chains = append(h.Chains, run.Chain{})
	page := string(render(t, s))
	if !strings.Contains(page, "No single event is shown") {
		t.Error("a chain without a single event does not say so")
	}
	if !strings.Contains(page, "A range has no figures of the hop from due to : ") {
		t.Error("a histogram log that is not there is not named")
	}
}

// TestNoHops: without hops there is no panel, and nothing leads to one.
func TestNoHops(t *testing.T) {
	s := sample.Held()
	s.Results.Hops = nil
	if page := string(render(t, s)); strings.Contains(page, `"#hops"`) || strings.Contains(page, `id="hops"`) {
		t.Error("a panel of no hops")
	}
}
