package history_test

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/reports/finding"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var public = cmpopts.IgnoreUnexported(history.Version{})

func TestVersions(t *testing.T) {
	fsys := fstest.MapFS{
		"h/10000-20270101T000000Z.json":              {},
		"h/0002-20260815T143000Z.json":               {},
		"h/0001-20260301T090000Z.json":               {},
		"h/0003-20261124T100000Z/main":               {Data: []byte("schemas/order.json\n")},
		"h/0003-20261124T100000Z/schemas/order.json": {},
		"h/0003-20261124T100000Z/money.json":         {},
		"h/README.md":                                {},
		"h/0002-20260815T143000Z.md":                 {Data: []byte("\nwhy\n\nmore\n")},
		"h/.gitattributes":                           {},
	}
	versions, findings, err := history.Versions(fsys, "h/")
	if err != nil || len(findings) > 0 {
		t.Fatal(findings, err)
	}
	want := []history.Version{
		{Number: 1, Published: at(t, "2026-03-01T09:00:00Z"), File: "h/0001-20260301T090000Z.json", Root: "h"},
		{Number: 2, Published: at(t, "2026-08-15T14:30:00Z"), File: "h/0002-20260815T143000Z.json", Root: "h", Note: "why\n\nmore"},
		{Number: 3, Published: at(t, "2026-11-24T10:00:00Z"), File: "h/0003-20261124T100000Z/schemas/order.json", Root: "h/0003-20261124T100000Z"},
		{Number: 10000, Published: at(t, "2027-01-01T00:00:00Z"), File: "h/10000-20270101T000000Z.json", Root: "h"},
	}
	if diff := cmp.Diff(want, versions, public); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := versions[2].String(); got != "version 3 (2026-11-24 10:00:00Z)" {
		t.Errorf("got %s", got)
	}
	if _, _, err := history.Versions(fsys, "nowhere"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
}

func TestFindings(t *testing.T) {
	const named = "; a version is named like 0003-20261124T100000Z.json; weir history add names it"
	for _, tt := range []struct {
		files []string
		main  string // content of the files called main
		want  []string
	}{
		{[]string{"order.json"}, "", []string{`h/order.json:1:1 history/name "order.json" is no version: a number, a hyphen and the time of publishing are missing` + named}},
		{[]string{"zero-20261124T100000Z.json"}, "", []string{`h/zero-20261124T100000Z.json:1:1 history/name "zero" is no number of a version` + named}},
		{[]string{"0000-20261124T100000Z.json"}, "", []string{`h/0000-20261124T100000Z.json:1:1 history/name "0000" is no number of a version` + named}},
		{[]string{"0001-2026-11-24.json"}, "", []string{`h/0001-2026-11-24.json:1:1 history/name "2026-11-24" is no time of publishing: it is written like 20261124T100000Z, in UTC` + named}},
		{[]string{"0001-20261324T100000Z.json"}, "", []string{`h/0001-20261324T100000Z.json:1:1 history/name "20261324T100000Z" is no time of publishing: it is written like 20261124T100000Z, in UTC` + named}},
		{[]string{"0001-20261124T100000Z"}, "", []string{`h/0001-20261124T100000Z:1:1 history/name the file has no ending that says what kind of schema it is` + named}},
		{[]string{"0001-20261124T100000Z.json~"}, "", []string{`h/0001-20261124T100000Z.json~:1:1 history/name the file has no ending that says what kind of schema it is` + named}},
		{[]string{"1-20261124T100000Z.json"}, "", []string{`h/1-20261124T100000Z.json:1:1 history/name the name should be 0001-20261124T100000Z.json, so that names sort as versions do` + named}},
		{[]string{"00001-20261124T100000Z.json"}, "", []string{`h/00001-20261124T100000Z.json:1:1 history/name the name should be 0001-20261124T100000Z.json, so that names sort as versions do` + named}},
		{[]string{"0001-20261124T100000Z.d/x.json"}, "", []string{`h/0001-20261124T100000Z.d:1:1 history/name the folder of a version has no ending, and this one has .d` + named}},
		{[]string{"0001-20261124T100000Z/x.json"}, "", []string{`h/0001-20261124T100000Z:1:1 history/incomplete there is no file main that names the schema; write its path, relative to this folder, into main`}},
		{[]string{"0001-20261124T100000Z/x.json", "0001-20261124T100000Z/main"}, "../x.json\n", []string{`h/0001-20261124T100000Z/main:1:1 history/incomplete "../x.json" is not the path of a file in this folder; write the path of the schema, relative to this folder, and nothing else`}},
		{[]string{"0001-20261124T100000Z/x.json", "0001-20261124T100000Z/main"}, "y.json\n", []string{`h/0001-20261124T100000Z/main:1:1 history/incomplete there is no file y.json in this folder; restore it from git, or name the schema's file`}},
		{
			[]string{"0001-20261124T100000Z.json", "0001-20261125T100000Z.json"}, "",
			[]string{`h/0001-20261125T100000Z.json:1:1 history/duplicate there are two versions 1; give the one that was published later the next number`},
		},
		{
			[]string{"0001-20261124T100000Z.json", "0002-20261123T100000Z.json", "x.json"}, "",
			[]string{
				`h/0002-20261123T100000Z.json:1:1 history/order version 2 was published before version 1; correct the number or the time in the name`,
				`h/x.json:1:1 history/name "x.json" is no version: a number, a hyphen and the time of publishing are missing` + named,
			},
		},
	} {
		fsys := fstest.MapFS{}
		for _, file := range tt.files {
			fsys["h/"+file] = &fstest.MapFile{Data: []byte(tt.main)}
		}
		_, findings, err := history.Versions(fsys, "h")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range findings {
			got = append(got, f.Position.String()+" "+f.ID+" "+f.Message+"; "+f.Hint)
			if f.Severity != finding.Error {
				t.Errorf("%s is no error", f.Message)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", tt.files, diff)
		}
	}
}

func TestEveryFindingHasARule(t *testing.T) {
	var ids []string
	for _, r := range history.Rules() {
		ids = append(ids, r.ID)
	}
	if diff := cmp.Diff([]string{"history/name", "history/duplicate", "history/order", "history/incomplete"}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestRetained(t *testing.T) {
	const day = 24 * time.Hour
	start := at(t, "2026-11-01T00:00:00Z")
	published := func(days ...int) []history.Version {
		versions := make([]history.Version, len(days))
		for i, d := range days {
			versions[i] = history.Version{Number: i + 1, Published: start.Add(time.Duration(d) * day)}
		}
		return versions
	}
	week := history.Retention{Period: 7 * day}
	for _, tt := range []struct {
		name      string
		versions  []history.Version
		retention history.Retention
		now       time.Time
		want      int // the first that counts; 0: none
	}{
		{"none", nil, week, start, 0},
		{"the only one, however old", published(0), week, start.Add(1000 * day), 1},
		{"the latest alone when its predecessor was replaced long ago", published(0, 1, 2), week, start.Add(100 * day), 3},
		{"an old one that was replaced yesterday", published(0, 99), week, start.Add(100 * day), 1},
		{"all younger ones and the newest older one", published(0, 80, 90, 95, 98), week, start.Add(100 * day), 3},
		{"replaced exactly the period ago", published(0, 93), week, start.Add(100 * day), 1},
		{"replaced a second longer ago", published(0, 93), week, start.Add(100*day + time.Second), 2},
		{"kept by the slack", published(0, 93), history.Retention{Period: 7 * day, Slack: time.Second}, start.Add(100*day + time.Second), 1},
		{"published in the future", published(0, 99, 101), week, start.Add(100 * day), 1},
		{"longer than a duration can be", published(0, 1, 2), history.Retention{Period: 1<<63 - 1, Slack: day}, start.Add(1000 * day), 1},
		{"forever", published(0, 1, 2), history.Retention{Forever: true}, start.Add(1000 * day), 1},
	} {
		first := 0
		if got := history.Retained(tt.versions, tt.retention, tt.now); len(got) > 0 {
			first = got[0].Number
			if last := got[len(got)-1].Number; last != len(tt.versions) {
				t.Errorf("%s: the latest is missing", tt.name)
			}
		}
		if first != tt.want {
			t.Errorf("%s: from version %d, want from %d", tt.name, first, tt.want)
		}
	}
}

// TestRetainedAgainstRecords holds the rule to what it is for: every record
// that the topic still has was written with a version that counts.
func TestRetainedAgainstRecords(t *testing.T) {
	const hour = time.Hour
	start := at(t, "2026-11-01T00:00:00Z")
	versions := []history.Version{}
	for i, hours := range []int{0, 5, 6, 30, 31, 77} {
		versions = append(versions, history.Version{Number: i + 1, Published: start.Add(time.Duration(hours) * hour)})
	}
	for period := range 40 {
		for now := range 120 {
			until := start.Add(time.Duration(now) * hour)
			counts := map[int]bool{}
			for _, v := range history.Retained(versions, history.Retention{Period: time.Duration(period) * hour}, until) {
				counts[v.Number] = true
			}
			needed := map[int]bool{}
			for i, v := range versions {
				replaced := until
				if i+1 < len(versions) {
					replaced = versions[i+1].Published
				}
				youngest := replaced // the last record of the version is as young as this
				if until.Before(replaced) {
					youngest = until
				}
				if until.Sub(youngest) <= time.Duration(period)*hour {
					needed[v.Number] = true
				}
			}
			if diff := cmp.Diff(needed, counts); diff != "" {
				t.Fatalf("period %dh, now %dh (-needed +counts):\n%s", period, now, diff)
			}
		}
	}
}
