package html_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/flowweir/weir/reports/internal/sample"
)

// TestHostileRunIsText parses the page of a run in which every text tries to
// break out, as a browser would, and finds the same elements and attributes
// as on the page of the same run with plain texts.
func TestHostileRunIsText(t *testing.T) {
	page := render(t, sample.Hostile())
	plain := elements(t, render(t, sample.Broken()))
	hostile := elements(t, page)
	for what := range hostile {
		if !slices.Contains([]string{"br"}, what) && plain[what] == 0 {
			t.Errorf("the hostile page has %s, the plain one has not", what)
		}
	}
	for _, what := range []string{"script", "style", "title", "meta", "link", "html", "body"} {
		if hostile[what] != plain[what] {
			t.Errorf("<%s>: %d on the hostile page, %d on the plain one", what, hostile[what], plain[what])
		}
	}
	// All of it is still there to be read.
	text := textOf(t, page)
	for _, s := range sample.HostileStrings {
		if !strings.Contains(text, strings.TrimSpace(s)) {
			t.Errorf("the page does not show %q", s)
		}
	}
}

// elements counts names of elements and "element attribute" pairs.
func elements(t *testing.T, page []byte) map[string]int {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		count[n.Data]++
		for _, a := range n.Attr {
			count[n.Data+" "+a.Key]++
		}
	}
	return count
}

func textOf(t *testing.T, page []byte) string {
	t.Helper()
	z := html.NewTokenizer(bytes.NewReader(page))
	var b strings.Builder
	for {
		switch z.Next() {
		case html.ErrorToken:
			if !errors.Is(z.Err(), io.EOF) {
				t.Fatal(z.Err())
			}
			return b.String()
		case html.TextToken:
			b.WriteString(string(z.Text()))
		}
	}
}

// TestNothingLeavesTheFile looks for everything that could load something.
// Chromium's own list of requests is checked in TestChromium.
func TestNothingLeavesTheFile(t *testing.T) {
	root, err := html.Parse(bytes.NewReader(render(t, sample.Hostile())))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"iframe", "object", "embed", "base", "img", "video", "audio", "source"}, n.Data) {
			t.Errorf("<%s> on the page", n.Data)
		}
		for _, a := range n.Attr {
			local := strings.HasPrefix(a.Val, "#") || a.Val == "data:,"
			if slices.Contains([]string{"src", "href", "srcset", "action", "formaction", "poster", "style"}, a.Key) && !local || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	names, err := filepath.Glob("assets/js/*.js")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range append(names, "assets/report.css", "assets/uPlot.iife.min.js", "assets/uPlot.min.css") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|importScripts|url\(|@import|new Image|eval\(|innerHTML *=[^=]*(label|data)`).Find(b); m != nil {
			t.Errorf("%s uses %s", name, m)
		}
	}
}

// TestContrast computes WCAG's contrast of every text color on every ground
// that it stands on, in both themes: 4.5 is the bound for body text.
func TestContrast(t *testing.T) {
	css, err := os.ReadFile("assets/report.css")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile(`(?s):root[^{]*\{\s*(--bg:.*?)\n\}`).FindAllSubmatch(css, -1)
	if len(blocks) != 4 { // light, dark by preference, dark by choice, print
		t.Fatalf("%d palettes", len(blocks))
	}
	for i, block := range blocks {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--([\w-]+): (#[0-9a-f]{3,6})`).FindAllSubmatch(block[1], -1) {
			colors[string(m[1])] = string(m[2])
		}
		for _, pair := range [][2]string{
			{"text", "bg"}, {"text", "card"}, {"text", "soft"}, {"dim", "bg"}, {"dim", "card"}, {"dim", "soft"},
			{"pass", "pass-bg"}, {"fail", "fail-bg"}, {"inconclusive", "inconclusive-bg"}, {"vacuous", "vacuous-bg"},
			{"pass", "card"}, {"fail", "card"}, {"inconclusive", "card"}, {"vacuous", "card"},
			{"dim", "pass-bg"}, {"dim", "fail-bg"}, {"dim", "inconclusive-bg"}, {"dim", "vacuous-bg"},
		} {
			if c := contrast(t, colors[pair[0]], colors[pair[1]]); c < 4.5 {
				t.Errorf("palette %d: %s on %s has a contrast of %.2f", i, pair[0], pair[1], c)
			}
		}
		for _, line := range []string{"s0", "s1", "s2", "s3", "s4"} { // graphics need 3
			if c := contrast(t, colors[line], colors["card"]); c < 3 && line != "s0" || c < 2.5 {
				t.Errorf("palette %d: %s on card has a contrast of %.2f", i, line, c)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 4 {
		hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}
