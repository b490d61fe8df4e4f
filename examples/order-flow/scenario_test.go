package orderflow_test

import (
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/match"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

var _ = Describe("the order flow", func() {
	It("loses nothing while all is calm", func() {
		result := measure(load("scenario-calm.yaml", 200, 3*time.Second))
		Expect(result).To(match.Pass())
		expectEqualCounts(result)
	})

	It("loses nothing while a leader is killed, the service crashes, and poison and duplicates come", func() {
		s := load("scenario.yaml", 300, 8*time.Second)
		s.Cluster.Config["broker.session.timeout.ms"] = "1000"
		s.Faults[0].At, s.Faults[0].HealAfter = seconds(1), seconds(2)
		s.Faults[1].At, s.Faults[1].HealAfter = seconds(4.5), seconds(0.5)
		// How soon the flow recovers, and how far it falls behind, is the
		// machine's affair in so short a run; the whole scenario judges it.
		s.Invariants = slices.DeleteFunc(s.Invariants, func(name string) bool {
			return name == invariant.Recovery || name == invariant.LagBounded || name == invariant.HealthyKeysFlow
		})
		result := measure(s)
		Expect(result).To(match.Pass())
		expectEqualCounts(result)
		expectBothReacted(result)
	})
})

var _ = Describe("a scenario without evidence", func() {
	It("is vacuous when its fault never bites", func() {
		s := load("scenario.yaml", 200, time.Second)
		s.Faults = []scenario.Fault{{Always: true, Poison: &scenario.Poison{LoadTarget: scenario.LoadTarget{Event: s.Load[0].Event, Share: 1e-12}}}}
		s.Invariants = []string{invariant.NoLoss}
		result := measure(s)
		Expect(result).To(match.HaveVerdict(finding.Vacuous))
		Expect(result.Run.Reason).To(HavePrefix("the fault never bit: "))
		Expect(result).To(match.HaveOutcome(invariant.NoLoss, finding.Pass))
	})

	It("is inconclusive when its drain is cut short", func() {
		s := load("scenario.yaml", 200, time.Second)
		s.Faults, s.Invariants = nil, []string{invariant.NoLoss}
		s.Drain.Timeout = document.Duration(time.Millisecond)
		result := measure(s)
		Expect(result).To(match.HaveVerdict(finding.Inconclusive))
		Expect(result).To(match.HaveOutcome(invariant.NoLoss, finding.Inconclusive))
		Expect(result.Results.Drain.Complete).To(BeFalse())
		Expect(result.Results.Drain.Open).NotTo(BeEmpty())
	})
})

const orders = "com.acme.order.OrderPlaced"

// planted runs the order flow with a mistake in one of its services, under a
// load in which the mistake shows.
func planted(service, mistake string, names []string, faults ...scenario.Fault) *scenario.Result {
	GinkgoHelper()
	s := load("scenario.yaml", 500, 3*time.Second)
	s.Name = service + "-" + mistake
	i := slices.IndexFunc(s.Services, func(x scenario.Service) bool { return x.Name == service })
	s.Services[i].Build = "./broken/" + service
	s.Services[i].Env = map[string]string{"BROKERS": "{{.Bootstrap}}", "FAULT": mistake}
	s.Load[0].Keys.Cardinality = 50 // orders of one key follow closely
	s.Invariants, s.Faults = names, faults
	return measure(s)
}

var (
	poison     = scenario.Fault{Always: true, Poison: &scenario.Poison{LoadTarget: scenario.LoadTarget{Event: orders, Share: 0.02}}}
	duplicates = scenario.Fault{Always: true, Duplicate: &scenario.Duplicate{LoadTarget: scenario.LoadTarget{Event: orders, Share: 0.05}}}
)

// reactions are the counts of payment-service and of inventory-service.
func reactions(result *scenario.Result) (payment, inventory run.Reaction) {
	GinkgoHelper()
	all := result.Results.Senders[0].Reactions
	Expect(all).To(HaveLen(2))
	Expect([]string{all[0].Consumer, all[1].Consumer}).To(Equal([]string{"payment-service", "inventory-service"}))
	return all[0], all[1]
}

var _ = Describe("a mistake in payment-service", func() {
	crash := func(at float64) scenario.Fault {
		return scenario.Fault{At: seconds(at), Crash: &scenario.Crash{Service: "payment-service"}, HealAfter: seconds(0.3)}
	}

	It("that commits before it processes loses what it held when it crashed", func() {
		result := planted("payment-service", "commit-before-process", []string{invariant.NoLoss, invariant.CommitAfterEffect, invariant.NoCommitRegression}, crash(0.6), crash(1.4), crash(2.2))
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.NoCommitRegression, finding.Pass))
		Expect(result).To(match.HaveOutcome(invariant.CommitAfterEffect, finding.Fail,
			"payment-service committed it before it was processed: at {} order.events/{} was committed to {}, and there was no com.acme.payment.PaymentReceived and no dead letter of it; {}"))
		Expect(result).To(match.HaveOutcome(invariant.NoLoss, finding.Fail,
			"in the log, but no com.acme.payment.PaymentReceived and no dead letter of payment-service followed"))
	})

	It("that does not know an event again pays twice", func() {
		result := planted("payment-service", "no-dedupe", []string{invariant.NoDuplicateEffect}, duplicates)
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.NoDuplicateEffect, finding.Fail,
			"payment-service applied it twice: there is more than one com.acme.payment.PaymentReceived"))
		payment, inventory := reactions(result)
		Expect(payment.EffectsTwice).To(And(BeNumerically(">", 0), BeNumerically("<=", result.Results.Senders[0].Duplicates)))
		Expect(inventory.EffectsTwice).To(BeZero())
	})

	It("that drops the headers of dead letters keeps less than it promised", func() {
		result := planted("payment-service", "drop-dlq-headers", []string{invariant.DLQComplete}, poison)
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.DLQComplete, finding.Fail,
			"dead letter of payment-service at payment-service.order-placed.dlq/{}: the header ce_specversion is missing"))
	})

	It("that swallows the error of a dead letter loses poison", func() {
		result := planted("payment-service", "swallow-dlq-error", []string{invariant.DLQComplete}, poison)
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.DLQComplete, finding.Fail,
			"poison in the log, but no dead letter of payment-service in payment-service.order-placed.dlq"))
	})
})

// Every spec also shows that payment-service, which is whole, is not blamed.
var _ = Describe("a mistake in inventory-service", func() {
	It("that does not know an event again reserves twice", func() {
		result := planted("inventory-service", "no-dedupe", []string{invariant.NoDuplicateEffect}, duplicates)
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.NoDuplicateEffect, finding.Fail,
			"inventory-service applied it twice: there is more than one com.acme.inventory.InventoryReserved"))
		payment, inventory := reactions(result)
		Expect(inventory.EffectsTwice).To(And(BeNumerically(">", 0), BeNumerically("<=", result.Results.Senders[0].Duplicates)))
		Expect(payment.EffectsTwice).To(BeZero())
	})

	It("that handles the newest order first breaks the order of its key", func() {
		result := planted("inventory-service", "newest-first", []string{invariant.PerKeyOrder})
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.PerKeyOrder, finding.Fail,
			"inventory-service applied it after sequence {} of the same key, which was sent later"))
	})

	It("that logs what it cannot read has no dead letters of it", func() {
		result := planted("inventory-service", "lose-dead-letters", []string{invariant.DLQComplete}, poison)
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.DLQComplete, finding.Fail,
			"poison in the log, but no dead letter of inventory-service in inventory-service.order-placed.dlq"))
		payment, inventory := reactions(result)
		Expect(payment.DeadLettered).To(Equal(result.Results.Senders[0].Poison))
		Expect(inventory.DeadLettered).To(BeZero())
	})
})

// Orders are placed over HTTP here: a load that Weir publishes itself would not
// meet order-service.
var _ = Describe("a mistake in order-service", func() {
	It("that drops an order that it has accepted returns 202 without an event", func() {
		s := load("scenario-calm.yaml", 200, 2*time.Second)
		s.Services[0].Build = "./broken/order-service"
		s.Services[0].Env["FAULT"] = "lose"
		s.Invariants, s.Objectives = []string{invariant.NoLoss}, scenario.Objectives{}
		result := measure(s)
		Expect(result).To(match.HaveVerdict(finding.Fail))
		Expect(result).To(match.HaveOutcome(invariant.NoLoss, finding.Fail,
			"accepted, but no event com.acme.order.OrderPlaced followed"))

		loss, sender := result.Results.Invariants[0], result.Results.Senders[0]
		Expect(loss.Sentence).To(Equal("4 events lost of 400 accepted triggers"))
		Expect([]uint64{loss.Checked, loss.Violations}).To(Equal([]uint64{400, 4}))
		Expect(loss.Findings).To(HaveLen(4))
		Expect([]uint64{sender.Due, sender.Acked, sender.Received, sender.Lost}).To(Equal([]uint64{400, 400, 396, 4}))
		Expect(sender.Reactions[0].Effects).To(BeEquivalentTo(396))
	})
})

// expectBothReacted compares the sums of a sender with what each consumer did.
func expectBothReacted(result *scenario.Result) {
	GinkgoHelper()
	payment, inventory := reactions(result)
	s := result.Results.Senders[0]
	for _, r := range []run.Reaction{payment, inventory} {
		Expect(r.Effects+r.DeadLettered).To(Equal(s.Received-s.Duplicates), r.Consumer)
		Expect(r.EffectsTwice).To(BeZero(), r.Consumer)
	}
	Expect(s.Effects).To(Equal(payment.Effects + inventory.Effects))
	Expect(s.DeadLettered).To(Equal(payment.DeadLettered + inventory.DeadLettered))
}

func seconds(s float64) document.Duration {
	return document.Duration(s * float64(time.Second))
}
