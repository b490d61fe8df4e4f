package scenario_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// The mistakes of a service that commits: it commits a batch before it
// processes it, commits once what it had committed first, stands still at the
// first record that it cannot read, reads what was aborted.
const (
	commitsFirst = "commits-first"
	goesBack     = "goes-back"
	standsStill  = "stands-still"
	readsAborted = "reads-aborted"
)

// commits is a service that processes orders and commits them, well or with a
// mistake.
func commits(ctx context.Context, effect, group, mistake string, brokers []string) error {
	isolation := kgo.ReadCommitted()
	if mistake == readsAborted {
		isolation = kgo.ReadUncommitted()
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumerGroup(group), kgo.ConsumeTopics("order.events"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.FetchIsolationLevel(isolation))
	if err != nil {
		return err
	}
	defer client.Close()
	var since time.Time
	var early map[string]map[int32]kgo.EpochOffset // what was committed first
	for first := true; ; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return err
		}
		if mistake == commitsFirst {
			if err := client.CommitUncommittedOffsets(ctx); err != nil {
				return err
			}
			time.Sleep(time.Second)
		}
		var out []*kgo.Record
		for _, r := range fetches.Records() {
			if mistake == standsStill && first && !json.Valid(r.Value) {
				if err := client.ProduceSync(ctx, out...).FirstErr(); err != nil {
					return err
				}
				if err := standStill(ctx, client); err != nil {
					return err
				}
				first, out = false, nil
			}
			out = append(out, reactTo(r, effect, group, "")...)
		}
		if err := client.ProduceSync(ctx, out...).FirstErr(); err != nil {
			return err
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			return err
		}
		switch {
		case mistake != goesBack || !first:
		case early == nil:
			early, since = client.CommittedOffsets(), time.Now()
		case time.Since(since) > 1500*time.Millisecond:
			time.Sleep(1500 * time.Millisecond) // so long that both are seen
			client.CommitOffsetsSync(ctx, early, nil)
			time.Sleep(1500 * time.Millisecond)
			first = false
		}
	}
}

// standStill takes longer than poison may take, and until the load is over,
// however slow the machine.
func standStill(ctx context.Context, client *kgo.Client) error {
	for began, all := time.Now(), int64(0); all < 1200 || time.Since(began) < 6*time.Second; time.Sleep(100 * time.Millisecond) {
		ends, err := kadm.NewClient(client).ListEndOffsets(ctx, "order.events")
		if err != nil {
			return err
		}
		all = 0
		ends.Each(func(o kadm.ListedOffset) { all += o.Offset })
	}
	return nil
}

// committing runs the services that commit with a mistake in each, or none.
func committing(ctx context.Context, left, right string) *scenario.Result {
	GinkgoHelper()
	return mistaken(ctx, "testdata/run/commits.yaml", left, right, "COMMITS", "yes")
}

// numbers are what differs between two runs.
var numbers = regexp.MustCompile(`[0-9]+(\.[0-9]+)?(ms|s|µs)?`)

// found are the verdicts of a run's invariants, with what their findings say
// but for numbers.
func found(result *scenario.Result) map[string][]string {
	all := verdicts(result)
	for name, said := range all {
		for i := range said {
			said[i] = numbers.ReplaceAllString(said[i], "#")
		}
		all[name] = slices.Compact(said)
	}
	return all
}

// expectCommitsKept compares the looks in a run directory with where the log
// ended: both groups committed all of it, and a comparison came after that.
func expectCommitsKept(dir string) {
	GinkgoHelper()
	committed, compared := map[string]map[string]int64{}, map[string]time.Duration{}
	text, err := os.ReadFile(filepath.Join(dir, "commits.jsonl"))
	Expect(err).NotTo(HaveOccurred())
	for line := range strings.Lines(string(text)) {
		var c run.Commit
		Expect(json.Unmarshal([]byte(line), &c)).To(Succeed())
		if committed[c.Group] == nil {
			committed[c.Group] = map[string]int64{}
		}
		maps.Copy(committed[c.Group], c.Committed)
		compared[c.Group] = max(compared[c.Group], c.Compared)
	}
	Expect(committed).To(HaveLen(2))
	Expect(committed["left"]).NotTo(BeEmpty())
	Expect(committed["left"]).To(Equal(committed["right"]))
	Expect(compared).To(And(HaveKeyWithValue("left", BeNumerically(">", 4*time.Second)), HaveKeyWithValue("right", BeNumerically(">", 4*time.Second))))
}

var _ = Describe("services that commit", Label("long"), func() {
	green := map[string][]string{
		invariant.NoAbortedRead: {"pass"}, invariant.CommitAfterEffect: {"pass"}, invariant.NoCommitRegression: {"pass"},
		invariant.HealthyKeysFlow: {"pass"}, invariant.LagBounded: {"pass"},
	}

	It("pass when they commit what is done", func(ctx SpecContext) {
		result := committing(ctx, "", "")
		Expect(found(result)).To(Equal(green))
		Expect(result.Run.Verdict).To(Equal(finding.Pass))
		s := result.Results.Senders[0]
		checked := map[string]uint64{}
		for _, o := range result.Results.Invariants {
			checked[o.Invariant] = o.Checked
		}
		Expect(s.Aborted).To(BeNumerically(">", 0))
		Expect(checked[invariant.NoAbortedRead]).To(Equal(2 * s.Aborted))
		Expect(checked[invariant.CommitAfterEffect]).To(Equal(2 * s.Received))
		Expect(checked[invariant.HealthyKeysFlow]).To(BeNumerically(">", 0))
		Expect(checked[invariant.NoCommitRegression]).To(BeNumerically(">", 0))
		expectCommitsKept(result.Dir)
	})

	It("fail when one commits first, and the other reads what was aborted", func(ctx SpecContext) {
		const early = "left committed it before it was processed: at # order.events/# was committed to #, and there was no LeftDone and no dead letter of it; "
		want := maps.Clone(green)
		delete(want, invariant.CommitAfterEffect)
		want[invariant.NoAbortedRead] = []string{"fail",
			"its transaction was aborted, and right applied it: there is a RightDone", "its transaction was aborted, and right dead-lettered it"}
		result := committing(ctx, commitsFirst, readsAborted)
		got := found(result)
		Expect(got[invariant.CommitAfterEffect]).To(ContainElements("fail", early+"one came later"))
		// What it had in its hands when the run ended came too late.
		Expect(got[invariant.CommitAfterEffect][1:]).To(HaveEach(BeElementOf(early+"one came later", early+"none followed")))
		delete(got, invariant.CommitAfterEffect)
		Expect(got).To(Equal(want))
		for _, o := range result.Results.Invariants {
			if o.Invariant != invariant.CommitAfterEffect {
				continue
			}
			f := o.Findings[0]
			Expect(f.Record.Topic).To(Equal("order.events"))
			Expect(f.Record.Key).NotTo(BeEmpty())
			var steps []string
			for _, step := range f.Record.Story {
				what, _, _ := strings.Cut(numbers.ReplaceAllString(step.What, "#"), " at ")
				steps = append(steps, what)
			}
			Expect(steps).To(ContainElements("due", "sent", "acked", "received", "left had committed to #"))
		}
	})

	It("fail when one goes back, and the other stands still at poison", func(ctx SpecContext) {
		want := maps.Clone(green)
		want[invariant.NoCommitRegression] = []string{"fail", "left committed order.events/# to #, and from # on to #: what is between is processed again"}
		want[invariant.HealthyKeysFlow] = []string{"fail",
			"right stood still at it for # with # records of other keys right behind it, and was dead-lettered then; it may take #"}
		result := committing(ctx, goesBack, standsStill)
		got := found(result)
		Expect(got[invariant.LagBounded][0]).To(Equal("fail"))
		// One that goes back is far behind, too.
		Expect(got[invariant.LagBounded]).To(ContainElement(HavePrefix("right was more than # records behind (testdata/run/commits.yaml) for ")))
		delete(got, invariant.LagBounded)
		delete(want, invariant.LagBounded)
		Expect(got).To(Equal(want))
	})
})
