package html_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/html"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

// TestLogsWithoutTimes: where nothing tells when a log was written, its end is
// shown, and the page says why.
func TestLogsWithoutTimes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if err := sample.Held().Write(dir); err != nil {
		t.Fatal(err)
	}
	log := run.ServiceLog("payment-service")
	for _, c := range []struct{ times, want string }{
		{"", "services/payment-service.times.jsonl was cut off: 0 of the "},
		{strings.Repeat("?", 400), "services/payment-service.times.jsonl was changed since the run ended: its checksum is another."},
	} {
		if err := os.WriteFile(filepath.Join(dir, run.LogTimes(log)), []byte(c.times), 0o644); err != nil {
			t.Fatal(err)
		}
		rec, err := run.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		var page strings.Builder
		if err := html.Write(&page, rec); err != nil {
			t.Fatal(err)
		}
		_, section, _ := strings.Cut(page.String(), "<h3>payment-service ")
		if !strings.Contains(section, "When its lines were written is not known: "+c.want) || !strings.Contains(section, "The end of its log") || strings.Contains(section, "Its log around") {
			t.Errorf("want %q in\n%.2000s", c.want, section)
		}
	}
}

// TestLogsAreBounded: three moments in a log with more lines and longer ones
// than are shown cost no more than they may.
func TestLogsAreBounded(t *testing.T) {
	s := sample.Broken()
	plain := render(t, s)
	var log strings.Builder
	for ms := range 60_000 / 5 { // a line each 5 ms
		at := sample.Started.Add(sample.LoadAfter).UnixMilli() + int64(ms)*5
		fmt.Fprintf(&log, "%s %s\n", stamp(at), strings.Repeat("<", 3000))
	}
	s.Logs["order-service"] = log.String()
	page := render(t, s)
	if n := strings.Count(string(page), `Its log around`) - strings.Count(string(plain), `Its log around`); n != 3 {
		t.Errorf("%d moments more", n)
	}
	if grown := len(page) - len(plain); grown < 180*500 || grown > 180*(500*len("&lt;")+100) {
		t.Errorf("the page has grown by %d bytes", grown)
	}
}

func stamp(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}
