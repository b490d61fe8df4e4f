package scenario_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// warehouse is a service that takes orders once each, and only those that are
// whole; but for its name, which is its mistake.
type warehouse struct {
	name, effect string
	taken        []string // ids
	last         []byte   // the order before
}

// limit is how long an order may be, in bytes, but for the greedy one.
const limit = 64 << 10

// memory is how many orders the short one knows again.
const memory = 50

func (w *warehouse) run(ctx context.Context, brokers []string) error {
	return consume(ctx, w.name, []string{"order.events"}, brokers, func(client *kgo.Client, orders []*kgo.Record) error {
		var out []*kgo.Record
		for _, r := range orders {
			if made := w.take(r); made != nil {
				out = append(out, made)
			}
		}
		return client.ProduceSync(ctx, out...).FirstErr()
	})
}

// take is what follows from an order: it is done, or a dead letter of it.
func (w *warehouse) take(r *kgo.Record) *kgo.Record {
	var order struct {
		ID   string `json:"order_id"`
		Note string `json:"note"`
	}
	err := json.Unmarshal(r.Value, &order)
	i := slices.IndexFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == "ce_id" })
	switch {
	case i < 0 && w.name == "dropping":
		return nil
	case err != nil, i < 0, (order.ID == "" || order.Note == "") && w.name != "lax", len(r.Value) > limit && w.name != "greedy":
		return &kgo.Record{Topic: w.name + ".dlq", Key: r.Key, Value: r.Value, Headers: slices.Clone(r.Headers)}
	}
	id := string(r.Headers[i].Value)
	known := id
	if w.name == "local" { // what it knows is kept for each partition
		known = fmt.Sprint(id, r.Partition)
	}
	if w.name == "hashing" {
		// Two orders with the same data are one to it.
		same := bytes.Equal(w.last, r.Value)
		if w.last = r.Value; same {
			return nil
		}
	}
	if slices.Contains(w.taken, known) {
		return nil
	}
	if w.taken = append(w.taken, known); w.name == "short" && len(w.taken) > memory {
		w.taken = w.taken[1:]
	}
	return &kgo.Record{Topic: w.name + ".events", Key: r.Key, Value: r.Value,
		Headers: []kgo.RecordHeader{{Key: "ce_type", Value: []byte(w.effect)}, {Key: "causation_id", Value: []byte(id)}}}
}

// spoiling runs the spoilt load with some of the warehouses.
func spoiling(ctx context.Context, names ...string) *scenario.Result {
	GinkgoHelper()
	withoutLeaks()
	s, findings := scenario.LoadFile("testdata/run/spoilt.yaml")
	Expect(findings).To(BeEmpty())
	exe, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	for _, name := range names {
		s.Services = append(s.Services, scenario.Service{
			Name: name, Command: []string{exe}, Ready: &scenario.Ready{Group: name},
			Env: map[string]string{"WAREHOUSE": name, "REACT": doneBy(name), "BROKERS": "{{.Bootstrap}}"},
		})
	}
	result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
	Expect(err).NotTo(HaveOccurred())
	return result
}

func doneBy(name string) string { return strings.ToUpper(name[:1]) + name[1:] + "Done" }

// wrongForms are those that the stories of dead letters which are missing tell
// of.
func wrongForms(result *scenario.Result) (forms []string) {
	for _, o := range result.Results.Invariants {
		for _, f := range o.Findings {
			for _, step := range f.Record.Story {
				if form, ok := strings.CutPrefix(step.What, "due: an event "); ok && o.Invariant == invariant.DLQComplete {
					forms = append(forms, form)
				}
			}
		}
	}
	slices.Sort(forms)
	return slices.Compact(forms)
}

var _ = Describe("a load that is not as it should be", Label("long"), func() {
	It("passes where a service copes with it, and each fault shows what it did", func(ctx SpecContext) {
		result := spoiling(ctx, "careful")
		pass := []string{string(finding.Pass)}
		Expect(verdicts(result)).To(Equal(map[string][]string{
			invariant.NoLoss: pass, invariant.NoDuplicate: pass, invariant.NoDuplicateEffect: pass, invariant.NoGhostRead: pass, invariant.PerKeyOrder: pass,
			invariant.CommitAfterEffect: pass, invariant.NoCommitRegression: pass, invariant.DLQComplete: pass, invariant.HealthyKeysFlow: pass,
		}))
		Expect(result.Run.Verdict).To(Equal(finding.Pass))
		s := result.Results.Senders[0]
		events := s.Sent - s.Duplicates
		Expect(s.Reactions[0].Balance).To(Equal(&run.Balance{In: events, Applied: events - s.Poison, DeadLettered: s.Poison}))
		var what []string
		for _, f := range result.Results.Faults {
			what = append(what, f.What)
			Expect(f.Bit).To(BeTrue(), f.What)
			Expect(f.Evidence[0]).To(MatchRegexp(`^(\d+) records sent, (\d+) found in the input topic$`))
		}
		wrong := result.Results.Faults[1]
		Expect(wrong.Evidence).To(HaveLen(2))
		Expect(wrong.Evidence[1]).To(Equal("sent by form, an event that is an array: 2, with a value of another type for each member: 1, with a value of another type in $.order_id: 1, without $.note: 2, without what its schema requires: 1"))
		elsewhere := result.Results.Faults[6]
		Expect(elsewhere.Evidence).To(HaveLen(2))
		sent, _, _ := strings.Cut(elsewhere.Evidence[0], " ")
		Expect(elsewhere.Evidence[1]).To(Equal(sent + " of " + sent + " whose places are known stand on another partition than the first of their event"))
		Expect(what).To(Equal([]string{
			"poison 3% of OrderPlaced",
			"poison 3% of OrderPlaced in the wrong schema, in 7 forms",
			"poison 3% of OrderPlaced without the header ce_id",
			"duplicate 3% of OrderPlaced directly behind the first",
			"duplicate 5% of OrderPlaced 100 records later",
			"duplicate 5% of OrderPlaced 200ms later",
			"duplicate 5% of OrderPlaced on another partition",
			"near-identical 5% of OrderPlaced",
			"poison 3% of OrderPlaced with 100KiB of data, most of it at $.padding",
		}))
		large := result.Results.Faults[8]
		Expect(large.Evidence).To(HaveLen(2))
		Expect(large.Evidence[1]).To(Equal("the longest value in the input topic has 102400 bytes, and theirs have 102400 or more"))
	})

	It("is vacuous where a share is too small for the load, and says so before", func(ctx SpecContext) {
		withoutLeaks()
		s, findings := scenario.LoadFile("testdata/run/spoilt.yaml")
		Expect(findings).To(BeEmpty())
		s.Faults = s.Faults[:2]
		s.Faults[0].Poison.Share, s.Invariants = 0.00001, []string{invariant.NoDuplicate}
		var said bytes.Buffer
		_, err := scenario.DryRun(ctx, s, &said, started("")...)
		Expect(err).NotTo(HaveOccurred())
		Expect(said.String()).To(ContainSubstring("note       poison 0.001% of OrderPlaced makes none of the 400 records with seed 7, and the run will be vacuous: raise the share, or make the load longer\n"))
		result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Vacuous))
		Expect(result.Run.Reason).To(Equal("the fault never bit: poison 0.001% of OrderPlaced: 0 of 400 records drawn for a share of 0.001%"))
		Expect(result.Results.Faults[1].Bit).To(BeTrue())
	})

	It("fails by the mistake of each service", func(ctx SpecContext) {
		result := spoiling(ctx, "lax", "dropping", "short", "local", "hashing", "greedy")
		pass := []string{string(finding.Pass)}
		got := verdicts(result)
		Expect(wrongForms(result)).To(Equal([]string{"without $.note", "without what its schema requires"}))
		var ahead []string // who was, without when
		for _, said := range got[invariant.CommitAfterEffect] {
			said, _, _ = strings.Cut(said, ": at ")
			ahead = append(ahead, said)
		}
		got[invariant.CommitAfterEffect] = slices.Compact(ahead)
		Expect(got).To(Equal(map[string][]string{
			invariant.NoLoss:      {"fail", "in the log, but no DroppingDone and no dead letter of dropping followed", "in the log, but no HashingDone and no dead letter of hashing followed"},
			invariant.NoDuplicate: pass, invariant.NoGhostRead: pass, invariant.PerKeyOrder: pass, invariant.NoCommitRegression: pass, invariant.HealthyKeysFlow: pass,
			invariant.CommitAfterEffect: {"fail", "dropping committed it before it was processed", "hashing committed it before it was processed"},
			invariant.NoDuplicateEffect: {"fail", "short applied it twice: there is more than one ShortDone", "local applied it twice: there is more than one LocalDone"},
			invariant.DLQComplete: {"fail",
				"poison, but lax applied it: LaxDone followed, and no dead letter in lax.dlq",
				"poison in the log, but no dead letter of dropping in dropping.dlq",
				"poison, but greedy applied it: GreedyDone followed, and no dead letter in greedy.dlq"},
		}))
	})
})
