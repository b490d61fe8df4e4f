package run_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// TestNoSecretsAreKept: whoever writes into a run directory, errors and
// warnings quote URLs and settings.
func TestNoSecretsAreKept(t *testing.T) {
	const quoted = `Get "http://u:hunter2@h/x?token=hunter2": refused`
	info := run.Run{
		Error: quoted, Reason: quoted, Warnings: []string{quoted},
		Services: []run.Service{{Died: quoted, LastLines: []string{"PASSWORD=hunter2"}}},
		Loads:    []run.Load{{Producer: map[string]string{"ssl.key.password": "hunter2", "acks": "all"}}},
	}
	d, err := run.Create(filepath.Join(t.TempDir(), "r"), info)
	if err != nil {
		t.Fatal(err)
	}
	results := run.Results{Findings: []finding.Finding{{Message: quoted, Hint: quoted, Position: &finding.Position{Source: "  TOKEN: hunter2"}}}}
	if err := d.WriteResults(results); err != nil {
		t.Fatal(err)
	}
	if err := d.AppendEvent(run.Event{What: quoted}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for name, hidden := range map[string]int{"run.json": 10, "results.json": 6, "timeline.jsonl": 2} {
		b, err := os.ReadFile(d.Path(name))
		if err != nil {
			t.Fatal(err)
		}
		if text := string(b); strings.Contains(text, "hunter2") || strings.Count(text, "***") != hidden {
			t.Errorf("%s has %d places hidden, want %d:\n%s", name, strings.Count(text, "***"), hidden, text)
		}
	}
	if info.Warnings[0] != quoted || info.Loads[0].Producer["ssl.key.password"] != "hunter2" || results.Findings[0].Message != quoted {
		t.Error("what was given was changed")
	}
}
