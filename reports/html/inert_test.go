package html_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	for _, name := range append(names, "assets/report.css", "../internal/page/base.css", "assets/uPlot.iife.min.js", "assets/uPlot.min.css") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if m := regexp.MustCompile(`fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|importScripts|url\(|@import|new Image|eval\(|innerHTML *=[^=]*(label|data)`).Find(b); m != nil {
			t.Errorf("%s uses %s", name, m)
		}
	}
}
