package prometheus

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var wanted = map[string]bool{"up": true, "requests_total": true}

func TestReadText(t *testing.T) {
	at := time.Unix(1000, 0)
	got, err := readText(strings.NewReader(`# HELP up Whether it is.
# TYPE up gauge
up 1
  up{ a = "b", c="d\\e\"f\n" , } 2.5 1395066363000

other{broken
requests_total{a="x y"}	3e2
requests_total +Inf
`), wanted, at, "b1")
	if err != nil {
		t.Fatal(err)
	}
	want := []sample{
		{"up", map[string]string{}, "b1", at, 1},
		{"up", map[string]string{"a": "b", "c": "d\\e\"f\n"}, "b1", at, 2.5},
		{"requests_total", map[string]string{"a": "x y"}, "b1", at, 300},
	}
	if len(got) != 4 || !reflect.DeepEqual(got[:3], want) {
		t.Errorf("got %+v", got)
	}
}

func TestReadTextErrors(t *testing.T) {
	for text, want := range map[string]string{
		"<html>":                 "1:1: no name of a metric: is this a page of metrics?",
		"up 1\nup":               "2:3: want a value",
		"up x":                   `1:4: "x" is no number`,
		"up{a=\"b\" 1":           "1:10: want a comma, or }",
		"up{a=\"b\"":             "1:9: want a comma, or }",
		"up{a} 1":                "1:5: want =",
		"up{a=b} 1":              "1:6: want a value in quotes",
		"up{\"a\"=\"b\"} 1":      "1:4: want the name of a label, or }",
		"up{a=\"b":               "1:6: want a value in quotes",
		strings.Repeat("u", 2e6): "bufio.Scanner: token too long",
	} {
		if _, err := readText(strings.NewReader(text), wanted, time.Time{}, ""); err == nil || err.Error() != want {
			t.Errorf("%.20s: %v, want %s", text, err, want)
		}
	}
}

// FuzzText: no page makes the reader panic, and what it takes is of a metric
// that was wanted.
func FuzzText(f *testing.F) {
	pages, err := filepath.Glob("testdata/*.prom")
	if err != nil || len(pages) == 0 {
		f.Fatal("no pages", err)
	}
	for _, page := range pages {
		b, err := os.ReadFile(page)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("up{a=\"\\")
	f.Add("up{,} 1")
	f.Add("up{a=\"b\",,} NaN")
	f.Fuzz(func(t *testing.T, page string) {
		samples, err := readText(strings.NewReader(page), wanted, time.Time{}, "b")
		for _, s := range samples {
			if !wanted[s.metric] || err != nil {
				t.Errorf("%+v, %v", s, err)
			}
		}
	})
}

// FuzzSelector: no selector makes the parser panic, and errors lie within it.
func FuzzSelector(f *testing.F) {
	for _, seed := range []string{`up`, `up{a="b"}`, `up{a=~"b|c",d!="\\"}`, `up{a=~"("}`, `{`, `up{a="\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSelector(text)
		if err == nil {
			s.matches(s.Metric, nil)
			return
		}
		at, ok := err.(*SelectorError) //nolint:errorlint // it is never wrapped
		if !ok || at.Offset < 0 || at.Offset > len(text) {
			t.Errorf("%q: %v", text, err)
		}
	})
}
