package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

const second = document.Duration(time.Second)

func summary(findings []finding.Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, fmt.Sprintf("%s %s: %s", f.Position, f.ID, f.Message))
	}
	return lines
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Scenario{}, "Doc", "wrong")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestEveryField reads the example of the design.
func TestEveryField(t *testing.T) {
	const file = "testdata/valid/everything.yaml"
	s, findings := LoadFile(file)
	equal(t, summary(findings), []string(nil))

	hold, leader := Rate(5000), &Target{Pick: Pick{LeaderOf: "order.events/0"}}
	linger := 5 * document.Duration(time.Millisecond)
	equal(t, s, &Scenario{
		Weir: Version, Name: "orders-leader-kill",
		Cluster:   Cluster{Kind: "docker", Brokers: 3, Config: map[string]string{"broker.session.timeout.ms": "3000"}},
		Contracts: []string{"order-service/weir.yaml", "payment-service/weir.yaml"},
		Services: []Service{{
			Name: "payment-service", Build: "./payment-service",
			Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
			Ready: &Ready{Group: "payment-service"},
		}},
		Load: []Load{{
			Event:    "com.acme.order.OrderPlaced",
			Profile:  []Segment{{Ramp: &Ramp{0, 5000}, Over: 10 * second}, {Hold: &hold, For: 50 * second}},
			Keys:     Keys{Zipf: 1.1, Cardinality: 100_000},
			Producer: Producer{Linger: &linger, Compression: "lz4"},
		}},
		Consumers: []Consumers{{Group: "weir-probe", Topics: []string{"order.events"}, Members: 2}},
		Faults: []Fault{
			{At: 20 * second, Kill: leader, HealAfter: 10 * second},
			{At: 40 * second, Crash: &Crash{Service: "payment-service"}},
			{Always: true, Poison: &Poison{LoadTarget: LoadTarget{"com.acme.order.OrderPlaced", 0.01}}},
		},
		Invariants: []string{"no-loss", "no-duplicate-effect", "per-key-order", "dlq-complete", "retry-policy"},
		Objectives: Objectives{
			Steady: &contracts.Objectives{
				Publish:  map[string]document.Duration{"p99": second / 20},
				EndToEnd: map[string]document.Duration{"p99": second / 4},
				Achieved: 0.99,
			},
			Fault:  &FaultObjective{Unavailable: 15 * second},
			Healed: &HealedObjective{Within: 30 * second},
		},
		Guard: Guard{MaxBytes: 10 << 30},
	})
	equal(t, s.Doc.Position("faults", 0, "kill", "leader-of").String(), file+":11:33")
}

func TestValidFilesHaveNoFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/valid/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == "everything.yaml" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, findings := LoadFile(file)
			equal(t, len(summary(findings)), 0)
			for _, line := range summary(findings) {
				t.Log(line)
			}
		})
	}
}

func TestWhatCannotBeRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "missing.yaml")
	_, findings := LoadFile(file)
	equal(t, findings, []finding.Finding{{
		ID: document.Unreadable, Severity: finding.Error, Message: "cannot read the file: no such file or directory",
		Position: &finding.Position{File: filepath.ToSlash(file)},
	}})
}

// TestAFaultNeedsLoad covers the end of the load, which is that of its
// longest profile and not known where one could not be read.
func TestAFaultNeedsLoad(t *testing.T) {
	const head = "weir: scenario/v1\nname: x\ncontracts: [a]\n"
	tests := []struct{ load, at, want string }{
		{"[{event: a, profile: [{hold: 1/s, for: 10s}]}, {event: b, profile: [{hold: 1/s, for: 20s}]}]", "19999ms", ""},
		{"[{event: a, profile: [{hold: 1/s, for: 10s}]}, {event: b, profile: [{hold: 1/s, for: 20s}]}]", "20s",
			"s.yaml:5:15 scenario/timing: the fault at 20s comes after the load, which ends at 20s"},
		{"[{event: a, profile: [{ramp: 0..1/s, over: 10s}, {hold: 1/s, for: 10s}]}]", "15s", ""},
		{"[{event: a, profile: [{step: 1..3/s, by: 1/s, every: 5s}, {spike: 1..2/s, for: 1s, over: 5s}]}]", "19s", ""},
		{"[{event: a, profile: [{step: 1..3/s, by: 1/s, every: 5s}, {spike: 1..2/s, for: 1s, over: 5s}]}]", "20s",
			"s.yaml:5:15 scenario/timing: the fault at 20s comes after the load, which ends at 20s"},
		{"[{event: a, profile: [{sine: 1/s, amplitude: 1/s, period: 1s, for: 10s}, {replay: a.csv}]}]", "15s", ""},
		{"[{event: a, profile: [{sine: 1/s, amplitude: 1/s, period: 1s, for: 10s}]}]", "10s",
			"s.yaml:5:15 scenario/timing: the fault at 10s comes after the load, which ends at 10s"},
		{"[{event: a, profile: [{hold: 1/s, for: 10}]}]", "15s", "s.yaml:4:46 file/bad-value: for: the duration 10 has no unit"},
		{"[{event: a, profile: 10s}]", "15s", "s.yaml:4:28 file/wrong-type: profile must be a list, not the text \"10s\""},
		{"[{event: a, profile: [{hold: 1/s, for: 10s}]}]", "0", ""},
		{"[{event: a, profile: [{hold: 1/s, for: 2s}, {hold: 1/s}]}]", "15s", "s.yaml:4:51 file/required: profile[1] needs the field for"},
		{"[{event: a, profile: [{hold: 1/s, for: 2s}, {hold: 1/s, fr: 9s}]}]", "15s", "s.yaml:4:63 file/unknown-field: profile[1] has no field \"fr\""},
		{"[{event: a, profile: [{hold: 1/s, for: 2s}, {hld: 1/s, for: 9s}]}]", "15s", "s.yaml:4:52 file/unknown-field: profile[1] has no field \"hld\""},
		{"[{event: a, profile: [{hold: 1/s, for: 2s}, {hold: 1, over: 9s}]}]", "15s", "s.yaml:4:58 file/bad-value: hold: \"1\" is no rate"},
		{"[{event: a, profile: [{hold: 1/s, for: 2s}, {hold: 1/s, for: -9s}]}]", "15s", "s.yaml:4:68 file/out-of-range: for must be above 0"},
	}
	for _, tt := range tests {
		src := head + "load: " + tt.load + "\nfaults: [{at: " + tt.at + ", kill: {all: true}}]\n"
		_, findings := Parse("s.yaml", []byte(src))
		if got := strings.Join(summary(findings), "\n"); got != tt.want {
			t.Errorf("%s at %s: got %q, want %q", tt.load, tt.at, got, tt.want)
		}
	}
}

func TestRates(t *testing.T) {
	for text, want := range map[string]Rate{"5000/s": 5000, "5k/s": 5000, "1.5k/s": 1500, "0.5/s": 0.5, "1M/s": 1e6, "0/s": 0} {
		var got Rate
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v; want %v", text, float64(got), err, float64(want))
		}
		written, _ := got.MarshalText()
		var again Rate
		if err := again.UnmarshalText(written); err != nil || again != want {
			t.Errorf("%s is written as %s: %v", text, written, err)
		}
	}
	for text, want := range map[string]Ramp{"0..5000/s": {0, 5000}, "1k/s..5k/s": {1000, 5000}, "5k..0.5/s": {5000, 0.5}} {
		var got, again Ramp
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
		written, _ := got.MarshalText()
		if err := again.UnmarshalText(written); err != nil || again != want {
			t.Errorf("%s is written as %s: %v", text, written, err)
		}
	}
}

func TestRulesAreDistinctAndDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range append(append(document.Rules(), contracts.Rules()...), Rules()...) {
		if seen[rule.ID] || !strings.HasSuffix(rule.Summary, ".") {
			t.Errorf("%+v", rule)
		}
		seen[rule.ID] = true
	}
}

func TestExamplesOfTheRepositoryLoad(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/scenario*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenario in examples: %v", err)
	}
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
		_, findings := LoadFile(file)
		for _, line := range summary(findings) {
			t.Error(line)
		}
	}
}

// TestLoadFileWithFaults: faults of another text count in place of the file's,
// which are not even looked at, and are judged with the rest of the file.
func TestLoadFileWithFaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scenario.yaml")
	const src = `weir: scenario/v1
name: n
contracts: [c.yaml]
load: [{event: E, profile: [{hold: 10/s, for: 5s}]}]
faults: nonsense
random: nonsense
`
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	s, findings := LoadFileWithFaults(file, "--fault", []byte("faults: [{at: 1s, kill: {broker: 1}}]\n"))
	if len(findings) > 0 || len(s.Faults) != 1 || *s.Faults[0].Kill.Broker != 1 || s.Random != nil {
		t.Fatalf("%+v, %v", s, findings)
	}
	_, findings = LoadFileWithFaults(file, "--fault", []byte("faults: [{at: 1s, kill: {broker: 1}},\n{at: 9s, kill: {broker: 1}}]\n"))
	if len(findings) != 1 || findings[0].ID != BadTiming || findings[0].Position.String() != "--fault:2:6" {
		t.Errorf("%v", findings)
	}
}
