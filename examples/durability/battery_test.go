package durability_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// How often a scenario of the battery is run. If it came out otherwise with
// probability p, n runs alike would be seen with probability (1−p)^n: 5 of 5 say
// with 95% confidence that p is below 45%, 10 of 10 below 26%. That each invariant
// fails where it must is shown by the deterministic tests of chaos/invariant.
const (
	timesBad  = 5
	timesGood = 10
)

// battery are the scenarios of what loses, repeats or reorders records, and of
// what does not: the invariant that tells, and its verdict.
var battery = []struct {
	file, invariant string
	verdict         finding.Verdict
	says            string // how its sentence goes on behind the count
}{
	{"acks-leader.yaml", "no-loss", finding.Fail, "events lost of"},
	{"truncated.yaml", "no-loss", finding.Fail, "events lost of"},
	{"shrunk.yaml", "no-loss", finding.Fail, "events lost of"},
	{"wiped-elected.yaml", "no-loss", finding.Fail, "events lost of"},
	{"resent.yaml", "no-duplicate", finding.Fail, "received records stand twice in the log"},
	{"reordered.yaml", "per-key-order", finding.Fail, "records are out of the order of their keys"},
	{"kept.yaml", "no-loss", finding.Pass, ""},
	{"unavailable.yaml", "no-loss", finding.Pass, ""},
	{"resent-idempotent.yaml", "no-duplicate", finding.Pass, ""},
	{"reordered-idempotent.yaml", "per-key-order", finding.Pass, ""},
	{"gaps.yaml", "no-loss", finding.Pass, ""},
	{"unacknowledged.yaml", "no-loss", finding.Vacuous, "nothing was acknowledged, so nothing could be lost"},
}

// TestScenarios: each file of the folder can be run as it stands.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if file == "weir.yaml" { // the contract
			continue
		}
		s, findings := scenario.LoadFile(file)
		if len(findings) == 0 {
			_, findings = scenario.Resolve(s)
		}
		for _, f := range findings {
			t.Errorf("%s: %s", file, f.Message)
		}
	}
}

// The battery takes the better part of an hour, for make proof.
var _ = proof("The battery", Label("docker", "proof"), func() {
	for _, b := range battery {
		It(fmt.Sprintf("finds %s of %s: %s", b.invariant, b.file, b.verdict), func(ctx SpecContext) {
			times := timesGood
			if b.verdict == finding.Fail {
				times = timesBad
			}
			for turn := range times {
				began := time.Now()
				r := play(ctx, load(b.file))
				o := outcome(r, b.invariant)
				AddReportEntry(fmt.Sprintf("%s %d of %d", b.file, turn+1, times), fmt.Sprintf("%s: %s; %s; %s",
					r.Run.Verdict, o.Sentence, summed(r), time.Since(began).Round(time.Second)), ReportEntryVisibilityAlways)
				Expect(o.Verdict).To(Equal(b.verdict), o.Sentence)
				Expect(o.Sentence).To(ContainSubstring(b.says))
				Expect(r.Run.Verdict).To(Equal(b.verdict), r.Run.Reason)
			}
		})
	}
})

// summed are the records of a run, and its faults with whether they bit.
func summed(r *scenario.Result) string {
	s := r.Results.Senders[0]
	var faults []string
	for _, f := range r.Results.Faults {
		faults = append(faults, fmt.Sprintf("%s (bit: %t)", f.What, f.Bit))
	}
	return fmt.Sprintf("%d acked, %d lost, %d twice; %s", s.Acked, s.Lost, s.ReceivedTwice, strings.Join(faults, ", "))
}
