package html_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/html"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func render(t *testing.T, s sample.Sample) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := html.Write(&b, rec); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGolden keeps whole pages. The embedded scripts and styles are files of
// their own, so the golden files leave them out.
func TestGolden(t *testing.T) {
	for name, s := range map[string]sample.Sample{
		"held.html": sample.Held(), "broken.html": sample.Broken(), "killed.html": sample.Killed(),
	} {
		got := withoutAssets(t, render(t, s))
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs at byte %d; if the change is meant, run with -update and look at the difference", path, differ(got, want))
		}
	}
}

// TestWithoutWarmup: the page of a run without a warm-up claims to leave none
// out.
func TestWithoutWarmup(t *testing.T) {
	s := sample.Held()
	if page := string(render(t, s)); !strings.Contains(page, ">Whole run, without warm-up</span>") || !strings.Contains(page, ">Without warm-up. ") {
		t.Error("nothing says that the warm-up is left out")
	}
	s.Run.Phases = s.Run.Phases[1:]
	page := string(render(t, s))
	if i := strings.Index(page, "hout warm-up</span>"); i >= 0 {
		t.Errorf("it has %s", page[i-60:i+20])
	}
	if strings.Contains(page, ">Without warm-up. ") || !strings.Contains(page, ">Whole run</span>") {
		t.Error("the partitions are said to be without warm-up, or the table's range has no name")
	}
}

func withoutAssets(t *testing.T, page []byte) []byte {
	t.Helper()
	s := string(page)
	for _, tag := range []string{"style", "script"} {
		var b strings.Builder
		for {
			before, rest, ok := strings.Cut(s, "<"+tag+">")
			b.WriteString(before)
			if !ok {
				break
			}
			_, after, ok := strings.Cut(rest, "</"+tag+">")
			if !ok {
				t.Fatalf("<%s> is not closed", tag)
			}
			b.WriteString("<" + tag + ">…</" + tag + ">")
			s = after
		}
		s = b.String()
	}
	head, rest, _ := strings.Cut(s, `content="default-src`)
	_, rest, ok := strings.Cut(rest, `">`)
	if !ok {
		t.Fatal("no Content-Security-Policy")
	}
	return []byte(head + `content="…">` + rest)
}

func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
