package html_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/compare/html"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "write golden files")

const evil = `<script>alert(1)</script><img src=x onerror=alert(1)>"'` + "\x1b[31m\u202e"

// comparison compares n runs of a flow with n that are slower, each a little
// longer than the one before.
func comparison(t *testing.T, n int, change func(*sample.Sample)) *compare.Comparison {
	t.Helper()
	t.Chdir(t.TempDir())
	var sides [2][]*run.Record
	for i := range 2 * n {
		s := sample.Held()
		s.Logs = nil
		s.Run.ID, s.Run.Identity = fmt.Sprintf("run-%02d", i), fmt.Sprintf("%012x", i)
		s.Run.Started = sample.Started.Add(time.Duration(i) * time.Hour)
		s.Run.Ended = s.Run.Started.Add(time.Minute)
		factor := 1 + 0.01*float64(i/2) + 0.3*float64(i%2)
		for kind, seconds := range s.Histograms {
			for j, h := range seconds {
				s.Histograms[kind][j] = scaled(t, h, factor)
			}
		}
		change(&s)
		dir := fmt.Sprintf("run-%02d", i)
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		rec, err := run.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		sides[i%2] = append(sides[i%2], rec)
	}
	c, err := compare.Compare(sides[0], sides[1], compare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func scaled(t *testing.T, h *hdrhistogram.Histogram, factor float64) *hdrhistogram.Histogram {
	t.Helper()
	out := hdrhistogram.New(h.LowestTrackableValue(), h.HighestTrackableValue(), int(h.SignificantFigures()))
	for _, b := range h.Distribution() {
		if b.Count == 0 {
			continue
		}
		if err := out.RecordValues(int64(factor*float64(b.From+b.To)/2), b.Count); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

var here, _ = os.Getwd()

func TestGolden(t *testing.T) {
	var b bytes.Buffer
	if err := html.Write(&b, comparison(t, 5, func(*sample.Sample) {})); err != nil {
		t.Fatal(err)
	}
	// The style is a file of its own.
	got := regexp.MustCompile(`(?s)<style>.*</style>|sha256-.*?&#39;`).ReplaceAll(b.Bytes(), []byte("…"))
	file := filepath.Join(here, "testdata", "slower.html")
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
		t.Errorf("%s is not what was made (go test -update writes it, and then it is looked at)", file)
	}
}

// TestInert: a page of hostile runs holds no element and no attribute that one
// of harmless runs has not, asks for nothing, and has no script.
func TestInert(t *testing.T) {
	var harmless, hostile bytes.Buffer
	if err := html.Write(&harmless, comparison(t, 1, func(s *sample.Sample) { s.Run.Host.Name = "host of " + s.Run.ID })); err != nil {
		t.Fatal(err)
	}
	c := comparison(t, 1, func(s *sample.Sample) { s.Run.ID += evil; s.Run.Host.Name = evil + s.Run.ID })
	if err := html.Write(&hostile, c); err != nil {
		t.Fatal(err)
	}
	page := hostile.String()
	if !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("the hostile names are not shown at all")
	}
	if got, want := elements(t, page), elements(t, harmless.String()); got != want {
		t.Errorf("elements of the hostile page:\n%s\nof the harmless one:\n%s", got, want)
	}
	if asks := regexp.MustCompile(`(?m)^(script|link|img|iframe|object).*| (src|href|on\w+)\b`).FindString(elements(t, page)); asks != "" {
		t.Errorf("the page asks for something: %s", asks)
	}
	if style := regexp.MustCompile(`(?s)<style>.*</style>`).FindString(page); style == "" || strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Errorf("the style asks for something: %s", style)
	}
	if strings.ContainsAny(page, "\x1b\u202e") {
		t.Error("control characters reach the page")
	}
	if !strings.Contains(page, `content="default-src &#39;none&#39;; style-src &#39;sha256-`) {
		t.Error("the page has no policy")
	}
}

// elements are the elements of a page with the names of their attributes.
func elements(t *testing.T, page string) string {
	t.Helper()
	var all strings.Builder
	d := xml.NewDecoder(strings.NewReader(page))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return all.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			all.WriteString(e.Name.Local)
			for _, a := range e.Attr {
				all.WriteString(" " + a.Name.Local)
			}
			all.WriteByte('\n')
		}
	}
}
