package html_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// browser starts Chromium once for a test, if there is one. There must be one
// where WEIR_REQUIRE_CHROMIUM is set, as in CI.
func browser(t *testing.T) (ctx context.Context, found bool) {
	t.Helper()
	var binary string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			binary = path
			break
		}
	}
	if binary == "" {
		if os.Getenv("WEIR_REQUIRE_CHROMIUM") != "" {
			t.Fatal("no chromium in PATH, and WEIR_REQUIRE_CHROMIUM is set: install Debian's package chromium")
		}
		t.Log("no chromium in PATH, so nothing was opened: install Debian's package chromium")
		return nil, false
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(binary), chromedp.NoSandbox, chromedp.WSURLReadTimeout(time.Minute))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start %s: %v", binary, err)
	}
	return ctx, true
}

// tab is a page with everything that it complained of and asked for.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string
	requests []string
}

// open shows a page in a tab of its own.
func open(t *testing.T, browser context.Context, page []byte, before ...chromedp.Action) *tab {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	url := "file://" + filepath.ToSlash(path)
	chromedp.ListenTarget(ctx, func(event any) {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			b.problems = append(b.problems, e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			b.problems = append(b.problems, fmt.Sprint("console: ", e.Type, e.Args))
		case *log.EventEntryAdded:
			if !strings.Contains(e.Entry.Text, "willReadFrequently") { // of this test's own reading
				b.problems = append(b.problems, "log: "+e.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; u != url && !strings.HasPrefix(u, "data:") {
				b.requests = append(b.requests, u)
			}
		}
	})
	b.do(append(append([]chromedp.Action{network.Enable(), log.Enable(), runtime.Enable()}, before...), chromedp.Navigate(url))...)
	return b
}

func (b *tab) do(actions ...chromedp.Action) {
	b.t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// eval evaluates an expression on the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	var v T
	b.do(chromedp.Evaluate(expression, &v))
	return v
}

// quiet fails if the page complained or asked for anything.
func (b *tab) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.problems) > 0 {
		b.t.Errorf("the page complained: %q", b.problems)
	}
	if len(b.requests) > 0 {
		b.t.Errorf("requests left the page: %q", b.requests)
	}
}

// painted counts, up to 400, the pixels of each chart that have the color of a line in
// the theme that is shown; the shades of heatmaps are such a color, see-through.
const painted = `[...document.querySelectorAll("canvas")].map((canvas) => {
	const probe = document.createElement("canvas").getContext("2d");
	const colors = ["--s0", "--s1", "--s2", "--s3", "--s4"].map((name) => {
		probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
		probe.fillRect(0, 0, 1, 1);
		return probe.getImageData(0, 0, 1, 1).data;
	});
	const px = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
	let n = 0;
	for (let i = 0; i < px.length && n < 400; i += 4) {
		if (colors.some((c) => Math.abs(px[i] - c[0]) + Math.abs(px[i + 1] - c[1]) + Math.abs(px[i + 2] - c[2]) < 24)) n++;
	}
	return n;
})`

// charts are those of a run: latency, its heatmap, throughput, partitions, lag
// and percentiles.
const charts = 6

// drawn fails unless each of n charts shows lines or shades.
func (b *tab) drawn(n int) {
	b.t.Helper()
	found := eval[[]int](b, painted)
	if len(found) != n {
		b.t.Errorf("%d charts, want %d", len(found), n)
	}
	for i, pixels := range found {
		if pixels < 400 {
			b.t.Errorf("chart %d has %d pixels of its lines", i, pixels)
		}
	}
}

func TestChromium(t *testing.T) {
	ctx, found := browser(t)
	if !found {
		return
	}
	held := render(t, sample.Held())
	t.Run("charts", func(t *testing.T) { testCharts(t, open(t, ctx, held)) })
	t.Run("heatmap", func(t *testing.T) { testHeatmap(t, open(t, ctx, held, chromedp.EmulateViewport(1280, 900))) })
	t.Run("hops", func(t *testing.T) { testHops(t, ctx, held) })
	t.Run("zoom", func(t *testing.T) { testZoom(t, open(t, ctx, held)) })
	t.Run("ways to zoom", func(t *testing.T) { testWaysToZoom(t, open(t, ctx, held, chromedp.EmulateViewport(1280, 900))) })
	t.Run("baseline", func(t *testing.T) { testBaseline(t, open(t, ctx, against(t))) })
	t.Run("hour", func(t *testing.T) { testHour(t, ctx) })
	t.Run("theme", func(t *testing.T) { testTheme(t, ctx) })
	t.Run("hostile", func(t *testing.T) { testHostile(t, ctx) })
	t.Run("without script", func(t *testing.T) {
		testWithoutScript(t, open(t, ctx, held, emulation.SetScriptExecutionDisabled(true)))
	})
	t.Run("narrow", func(t *testing.T) { testNarrow(t, ctx) })
	t.Run("killed", func(t *testing.T) { testKilled(t, ctx) })
}

func testCharts(t *testing.T, b *tab) {
	b.drawn(charts)
	if kinds := eval[int](b, `document.querySelectorAll("input[name=kind]").length`); kinds != len(run.LatencyKinds()) {
		t.Errorf("%d kinds to choose from", kinds)
	}
	// Each control redraws without complaint and keeps the charts.
	for _, click := range []string{
		`document.querySelector("input[value=effect]").click()`, `document.getElementById("log").click()`,
		`document.querySelectorAll("input[name=layer]")[1].click()`,
	} {
		b.do(chromedp.Evaluate(click, nil))
		b.drawn(charts)
	}
	if name := eval[string](b, `document.getElementById("heat-kind").textContent`); name != "effect:" {
		t.Errorf("the heatmap is of %q", name)
	}
	// A line is switched off by keyboard alone.
	b.do(chromedp.Evaluate(`{
		const th = document.querySelectorAll("[data-chart=throughput] .u-series th")[2];
		th.focus();
		if (document.activeElement !== th) throw new Error("the legend cannot be focused");
		th.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
	}`, nil))
	if off := eval[string](b, `document.querySelectorAll("[data-chart=throughput] .u-series")[2].className`); !strings.Contains(off, "u-off") {
		t.Errorf("the legend's entry has class %q after Enter", off)
	}
	if pressed := eval[string](b, `document.querySelectorAll("[data-chart=throughput] .u-series th")[2].getAttribute("aria-pressed")`); pressed != "false" {
		t.Errorf("the legend's entry is pressed: %s", pressed)
	}
	b.quiet()
}

// testHeatmap points at a cell and reads what is said of it.
func testHeatmap(t *testing.T, b *tab) {
	at := eval[[]float64](b, `(() => {
		const over = document.querySelector("[data-chart=partitions] .u-over");
		over.scrollIntoView({block: "center", behavior: "instant"});
		const r = over.getBoundingClientRect();
		return [r.left + r.width * 20.5 / 62, r.top + r.height * 2.5 / 12];
	})()`)
	b.do(chromedp.MouseEvent(input.MouseMoved, at[0], at[1]))
	in := sample.Held().Intervals[20]
	want := fmt.Sprintf("20 s to 21 s: order.events/2, acked %s", summary.Rate(float64(in.Partitions["order.events/2"])))
	if got := eval[string](b, `document.getElementById("partitions-at").textContent`); got != want {
		t.Errorf("below the cursor: %q, want %q", got, want)
	}
	b.quiet()
}

// testHour holds the limit of size; how long a browser takes is logged.
func testHour(t *testing.T, ctx context.Context) {
	s := sample.Hour()
	page := render(t, s)
	if len(page) >= 2_000_000 {
		t.Errorf("the report of an hour has %d bytes, want less than 2 MB", len(page))
	}
	b := open(t, ctx, page)
	b.drawn(charts + 1) // and what brokers said of themselves
	t.Logf("%d kB, loaded and drawn after %.0f ms", len(page)/1000, eval[float64](b, `performance.getEntriesByType("navigation")[0].loadEventEnd`))
	if got, want := b.figures(), wholeFigures(s); !reflect.DeepEqual(got[:len(want)], want) {
		t.Errorf("figures of the whole run:\n%q\nwant\n%q", got, want)
	}
	b.do(chromedp.Evaluate(`document.querySelectorAll("input[name=series]")[2].click()`, nil))
	b.drawn(charts + 1)
	b.zoom(600, 1200)
	if got, want := b.figures(), rangeFigures(s, 600, 1200); !reflect.DeepEqual(got, want) {
		t.Errorf("figures of a range:\n%q\nwant\n%q", got, want)
	}
	b.rangedHops(s, 600, 1200)
	b.quiet()
}

func testTheme(t *testing.T, ctx context.Context) {
	ground := `getComputedStyle(document.body).backgroundColor`
	b := open(t, ctx, render(t, sample.Broken()), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	dark := eval[string](b, ground)
	b.drawn(charts)
	b.do(chromedp.Evaluate(`document.getElementById("theme").click()`, nil))
	light := eval[string](b, ground)
	if dark != "rgb(20, 24, 29)" || light != "rgb(246, 247, 248)" {
		t.Errorf("dark %s, light %s", dark, light)
	}
	b.drawn(charts) // in the colors of the light theme
	// Print is light whatever the screen is, with drawings for charts.
	b.do(chromedp.Evaluate(`document.documentElement.dataset.theme = "dark"`, nil), emulation.SetEmulatedMedia().WithMedia("print"))
	if got := eval[string](b, ground); got != "rgb(255, 255, 255)" {
		t.Errorf("printed on %s", got)
	}
	if n := eval[int](b, shown(".plot")); n != 0 {
		t.Errorf("%d live charts in print", n)
	}
	if n := eval[int](b, shown(".drawing > svg")); n != drawings-4 { // send and schedule delay only explain
		t.Errorf("%d drawings in print", n)
	}
	b.quiet()
}

// drawings are two for each kind of latency, and throughput, three of
// partitions, lag and percentiles.
var drawings = 2*len(run.LatencyKinds()) + 6

// shown counts the elements that take room on the page.
func shown(selector string) string {
	return `[...document.querySelectorAll("` + selector + `")].filter((e) => e.getBoundingClientRect().height > 0).length`
}

func testHostile(t *testing.T, ctx context.Context) {
	b := open(t, ctx, render(t, sample.Hostile()))
	if got := eval[string](b, `String(window.pwned)`); got != "undefined" {
		t.Errorf("script of the run was executed: %s", got)
	}
	if n := eval[int](b, `document.querySelectorAll("img, svg [onload], [onerror], a[href^=javascript]").length`); n != 0 {
		t.Errorf("%d elements of the run", n)
	}
	b.drawn(charts)
	b.quiet()
}

func testWithoutScript(t *testing.T, b *tab) {
	if n := eval[int](b, shown(".drawing > svg")); n != drawings {
		t.Errorf("%d drawings", n)
	}
	if n := eval[int](b, shown(".scripted")); n != 0 {
		t.Errorf("%d controls that do nothing", n)
	}
	b.quiet()
}

func testNarrow(t *testing.T, ctx context.Context) {
	for name, s := range map[string]sample.Sample{"broken": sample.Broken(), "hostile": sample.Hostile()} {
		b := open(t, ctx, render(t, s), chromedp.EmulateViewport(390, 800))
		if over := eval[int](b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%s: the page is %d pixels too wide for a telephone", name, over)
		}
		b.quiet()
	}
}

func testKilled(t *testing.T, ctx context.Context) {
	nothing := sample.Killed()
	nothing.Intervals, nothing.Histograms, nothing.Events = nil, nil, nil
	for name, c := range map[string]struct {
		s sample.Sample
		n int
	}{"under load": {sample.Killed(), charts}, "before the load": {nothing, 0}} {
		b := open(t, ctx, render(t, c.s))
		if n := eval[int](b, `document.querySelectorAll("canvas").length`); n != c.n {
			t.Errorf("%s: %d charts, want %d", name, n, c.n)
		}
		if text := eval[string](b, `document.querySelector(".sentence").textContent`); !strings.HasPrefix(text, "The run did not end") {
			t.Errorf("%s: %q", name, text)
		}
		b.quiet()
	}
}
