package scenario_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// try is a service that tries poison three times, 300 ms apart, or makes a
// mistake of it.
func try(ctx context.Context, effect, group, mistake string, brokers []string) error {
	return consume(ctx, group, []string{"order.events", "order.events.retry"}, brokers, func(client *kgo.Client, records []*kgo.Record) error {
		// Those that wait come after those that need not.
		slices.SortStableFunc(records, func(a, b *kgo.Record) int { return attempt(a) - attempt(b) })
		for _, r := range records {
			n := attempt(r)
			if n > 1 && mistake != "hasty" {
				select {
				case <-time.After(time.Until(r.Timestamp.Add(300 * time.Millisecond))):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			if out := tried(r, n, effect, group, mistake); out != nil {
				if err := client.ProduceSync(ctx, out).FirstErr(); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// attempt is which attempt at a record is next.
func attempt(r *kgo.Record) int {
	for _, h := range r.Headers {
		if h.Key == "attempt" {
			n, _ := strconv.Atoi(string(h.Value))
			return n
		}
	}
	return 1
}

// tried is what the nth attempt at a record leads to.
func tried(r *kgo.Record, n int, effect, group, mistake string) *kgo.Record {
	if json.Valid(r.Value) {
		return reactTo(r, effect, group, "")[0]
	}
	attempts := map[string]int{"endless": 6, "impatient": 2}[mistake]
	if attempts == 0 {
		attempts = 3
	}
	out := &kgo.Record{Key: r.Key, Value: r.Value, Topic: "tries.dlq",
		Headers: slices.DeleteFunc(slices.Clone(r.Headers), func(h kgo.RecordHeader) bool { return h.Key == "attempt" })}
	switch {
	case n < attempts:
		out.Topic = "order.events.retry"
		out.Headers = append(out.Headers, kgo.RecordHeader{Key: "attempt", Value: []byte(strconv.Itoa(n + 1))})
	case mistake == "forgetful":
		return nil
	}
	return out
}

// trying runs the scenario with a mistake in the service, or none.
func trying(ctx context.Context, mistake string) *scenario.Result {
	GinkgoHelper()
	withoutLeaks()
	s, findings := scenario.LoadFile("testdata/run/retry.yaml")
	Expect(findings).To(BeEmpty())
	if mistake == "hasty" { // by a contract that asks for more time than any machine takes
		s.Contracts[1] = "retry/slow.yaml"
	}
	exe, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	s.Services[0].Command = []string{exe}
	s.Services[0].Env = map[string]string{"REACT": "TriesDone", "GROUP": "tries", "MISTAKE": mistake, "BROKERS": "{{.Bootstrap}}"}
	result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
	Expect(err).NotTo(HaveOccurred())
	return result
}

// told are the findings of retry-policy, without what differs between runs.
func told(result *scenario.Result) []string {
	var all []string
	for _, f := range result.Results.Invariants[2].Findings {
		what, _, _ := strings.Cut(f.Message, " within ")
		if !slices.Contains(all, what) {
			all = append(all, what)
		}
	}
	return all
}

var _ = Describe("a service that retries by a topic", Label("long"), func() {
	It("passes when it keeps its policy", func(ctx SpecContext) {
		result := trying(ctx, "")
		Expect(verdicts(result)).To(Equal(map[string][]string{invariant.NoLoss: {"pass"}, invariant.DLQComplete: {"pass"}, invariant.RetryPolicyHeld: {"pass"}}))
		Expect(result.Run.Verdict).To(Equal(finding.Pass))
		Expect(result.Results.Invariants[2].Checked).To(Equal(result.Results.Senders[0].Poison))
	})

	DescribeTable("fails by its mistake", func(ctx SpecContext, mistake, message string) {
		result := trying(ctx, mistake)
		Expect(told(result)).To(Equal([]string{message}))
		o := result.Results.Invariants[2]
		Expect([]any{o.Verdict, o.Violations}).To(Equal([]any{finding.Fail, result.Results.Senders[0].Poison}))
	},
		Entry("it tries again and again", "endless", "tried more often than declared: tries put it into a retry topic 5 times, and declares 3 attempts in all"),
		Entry("it gives up after two attempts", "impatient", "given up too early: tries dead-lettered it after 2 attempts, and declares 3"),
		Entry("it forgets what failed three times", "forgetful", "retried by tries, but no TriesDone and no dead letter in tries.dlq followed"),
	)

	It("fails when it does not wait", func(ctx SpecContext) {
		result := trying(ctx, "hasty")
		o := result.Results.Invariants[2]
		Expect([]any{o.Verdict, o.Violations}).To(Equal([]any{finding.Fail, result.Results.Senders[0].Poison}))
		for _, f := range o.Findings {
			Expect(f.Message).To(MatchRegexp(`^tried again too soon: tries ended attempt [23] within \S+ after the first had failed, and declares to wait for [12]m0s$`))
		}
	})

	It("tells the story of a retried record in order", func(ctx SpecContext) {
		for _, f := range trying(ctx, "impatient").Results.Invariants[2].Findings {
			var steps []string
			for _, step := range f.Record.Story {
				what, _, _ := strings.Cut(step.What, "/")
				steps = append(steps, what)
			}
			// The ack and what was read of the log come in any order.
			Expect(steps).To(HaveLen(6))
			Expect(steps[:2]).To(Equal([]string{"due", "sent"}))
			Expect(steps[2:4]).To(ConsistOf("acked at order.events", "received at order.events"))
			Expect(steps[4:]).To(Equal([]string{"in a retry topic at order.events.retry", "dead-lettered at tries.dlq"}))
		}
	})
})
