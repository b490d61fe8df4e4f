// Package durability_test runs the scenarios of this folder: what producers
// and brokers lose by configuration, and whether a stall is measured honestly.
package durability_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

func TestDurability(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Durability")
}

// proof describes what only make proof runs: elsewhere it is not defined.
func proof(text string, args ...any) bool {
	return os.Getenv("WEIR_PROOF") == "1" && Describe(text, append(args, Offset(1))...)
}

// load reads a scenario of this folder.
func load(file string) *scenario.Scenario {
	GinkgoHelper()
	s, findings := scenario.LoadFile(file)
	Expect(findings).To(BeEmpty())
	return s
}

func play(ctx context.Context, s *scenario.Scenario, opts ...scenario.Option) *scenario.Result {
	GinkgoHelper()
	opts = append(opts,
		scenario.With(embedded.Provider(), docker.Provider()),
		scenario.Dir(filepath.Join(GinkgoT().TempDir(), "run")),
		scenario.Log(GinkgoWriter))
	r, err := scenario.Run(ctx, s, opts...)
	if errors.Is(err, cluster.ErrNoEngine) && os.Getenv("WEIR_REQUIRE_DOCKER") != "1" {
		Skip(err.Error())
	}
	Expect(err).NotTo(HaveOccurred())
	return r
}

// outcome is the verdict of one invariant.
func outcome(r *scenario.Result, invariant string) run.Outcome {
	GinkgoHelper()
	for _, o := range r.Results.Invariants {
		if o.Invariant == invariant {
			return o
		}
	}
	Fail("the run did not judge " + invariant)
	return run.Outcome{}
}

// latency is a kind's over the whole run.
func latency(r *scenario.Result, kind string) run.Latency {
	GinkgoHelper()
	for _, l := range r.Results.Latencies {
		if l.Kind == kind && l.Phase == "" {
			return l
		}
	}
	Fail("the run did not measure " + kind)
	return run.Latency{}
}

func quantile(l run.Latency, q float64) time.Duration {
	for _, x := range l.Quantiles {
		if x.Q == q {
			return x.Value
		}
	}
	return -1
}

// expectPublish holds percentiles of the publish latency to the arithmetic: a
// stall of length S in a run of length T shows p(q) = S − (1−q)·T.
func expectPublish(r *scenario.Result, length time.Duration, quantiles ...float64) {
	GinkgoHelper()
	Expect(r.Results.Faults).To(HaveLen(1))
	stall := r.Results.Faults[0].PublishStall
	Expect(stall).To(BeNumerically(">", time.Second), "the stall must be long enough to be seen")
	publish := latency(r, run.Publish)
	for _, q := range quantiles {
		want := stall - time.Duration((1-q)*float64(length))
		tolerance := time.Duration(0.03*float64(want)) + 20*time.Millisecond
		Expect(quantile(publish, q)).To(BeNumerically("~", want, tolerance), "publish p%v of a stall of %s", q*100, stall)
	}
}

// expectSend holds the send latency to next to nothing of the stall: less than
// a tenth of what publish shows.
func expectSend(r *scenario.Result) {
	GinkgoHelper()
	publish, send := latency(r, run.Publish), latency(r, run.Send)
	for _, q := range []float64{0.95, 0.99} {
		Expect(quantile(send, q)).To(BeNumerically("<", quantile(publish, q)/10), "send p%v, which the stall must not show in", q*100)
	}
}

var _ = Describe("A stall of two seconds", func() {
	It("is in the publish latency and not in the send latency", Label("alone"), func(ctx SpecContext) {
		r := play(ctx, load("stall.yaml"))
		Expect(r.Run.Reason).To(Equal("every listed invariant and objective held"))
		Expect(r.Run.Verdict).To(Equal(finding.Pass))
		expectPublish(r, 20*time.Second, 0.95, 0.99)
		expectSend(r)
		f := r.Results.Faults[0]
		Expect(f.Recovered).To(BeTrue())
		Expect(f.Recovery).To(BeNumerically(">=", f.Healed-f.Start), "it recovers once it is healed, not in the second before")
		Expect(f.StoodUntil).To(BeNumerically(">=", f.Healed))
	})
})

// On real brokers a machine that is busy with something else stalls more than
// once, so this is for a quiet one. With a large buffer the brokers take all
// that is due during the stall in one go afterwards, as the arithmetic has it;
// a small one, with which send does not show the stall, is emptied in a dozen
// requests, whose time adds to what waited for its turn (p95).
var _ = proof("A stall of a real broker", Label("docker", "proof"), func() {
	play := func(ctx context.Context, change func(*scenario.Producer)) *scenario.Result {
		GinkgoHelper()
		s := load("stall-docker.yaml")
		change(&s.Load[0].Producer)
		r := play(ctx, s, scenario.ClusterKind(cluster.Docker))
		Expect(r.Run.Reason).To(Equal("every listed invariant and objective held"))
		return r
	}

	It("is in the publish latency", func(ctx SpecContext) {
		expectPublish(play(ctx, func(*scenario.Producer) {}), 20*time.Second, 0.95, 0.99)
	})

	It("is not in the send latency, where the buffer is small", func(ctx SpecContext) {
		r := play(ctx, func(p *scenario.Producer) {
			linger := document.Duration(2 * time.Millisecond)
			p.MaxBuffered, p.Linger = 190, &linger
		})
		expectPublish(r, 20*time.Second, 0.99)
		expectSend(r)
	})
})

var _ = Describe("Records that brokers lose", Label("docker"), func() {
	It("are found when acks=1 acknowledged what no follower had", func(ctx SpecContext) {
		r := play(ctx, load("acks-leader.yaml"))
		Expect(r.Run.Verdict).To(Equal(finding.Fail), r.Run.Reason)
		o := outcome(r, "no-loss")
		Expect(o.Verdict).To(Equal(finding.Fail), o.Sentence)
		Expect(o.Violations).To(BeNumerically(">=", 2000))
		Expect(o.Violations).To(Equal(r.Results.Senders[0].Lost))
		Expect(o.Findings).To(HaveLen(1000))
		first := o.Findings[0]
		Expect(first.Message).To(Equal("acknowledged, but not in the log"))
		Expect(first.Record.Topic).To(Equal("meter.readings"))
		Expect(first.Record.Story).NotTo(BeEmpty())
	})

	// Kafka does one of two things with the empty broker, and the run must
	// fail with the right reason in both: see wiped.yaml.
	It("are unavailable, or lost, when the only replica is wiped", func(ctx SpecContext) {
		r := play(ctx, load("wiped.yaml"))
		Expect(r.Run.Verdict).To(Equal(finding.Fail), r.Run.Reason)
		recovery, loss := outcome(r, "recovery"), outcome(r, "no-loss")
		if recovery.Verdict == finding.Fail {
			Expect(recovery.Sentence).To(Equal("1 partition without a leader 30 s after healing: meter.readings/0"))
			Expect(loss.Verdict).To(Equal(finding.Inconclusive), loss.Sentence)
			return
		}
		Expect(loss.Verdict).To(Equal(finding.Fail), loss.Sentence)
		Expect(loss.Violations).To(BeNumerically(">=", 1000))
		Expect(loss.Findings).To(ContainElement(HaveField("Message", HavePrefix("meter.readings/0 lost its end: offsets 0 to "))))
	})

	It("are lost once an unclean leader is elected", func(ctx SpecContext) {
		r := play(ctx, load("wiped-elected.yaml"))
		o := outcome(r, "no-loss")
		Expect(o.Verdict).To(Equal(finding.Fail), o.Sentence)
		Expect(o.Violations).To(BeNumerically(">=", 1000))
		// Where Kafka had elected the empty broker by itself, there was
		// nothing left to elect, and the fault says so.
		elect := r.Results.Faults[1]
		if elect.Error == "" {
			Expect(elect.Bit).To(BeTrue(), "%v", elect.Evidence)
		} else {
			Expect(elect.Error).To(ContainSubstring("ELECTION_NOT_NEEDED"))
			Expect(elect.Bit).To(BeFalse(), "%v", elect.Evidence)
		}
	})
})
