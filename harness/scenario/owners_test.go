package scenario_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// generous gives every partition to every member.
type generous struct{ kgo.GroupBalancer }

func (g generous) ProtocolName() string { return "generous" }

func (g generous) MemberBalancer(members []kmsg.JoinGroupResponseMember) (kgo.GroupMemberBalancer, map[string]struct{}, error) {
	inner, topics, err := g.GroupBalancer.MemberBalancer(members)
	if err != nil {
		return nil, nil, err
	}
	return generousPlan{inner.(kgo.GroupMemberBalancerOrError)}, topics, nil
}

type generousPlan struct {
	kgo.GroupMemberBalancerOrError
}

func (g generousPlan) BalanceOrError(topics map[string]int32) (kgo.IntoSyncAssignment, error) {
	plan, err := g.GroupMemberBalancerOrError.BalanceOrError(topics)
	if err != nil {
		return nil, err
	}
	return everything{plan.IntoSyncAssignment(), topics}, nil
}

type everything struct {
	members []kmsg.SyncGroupRequestGroupAssignment
	topics  map[string]int32
}

func (e everything) IntoSyncAssignment() []kmsg.SyncGroupRequestGroupAssignment {
	all := kmsg.NewConsumerMemberAssignment()
	for _, topic := range slices.Sorted(maps.Keys(e.topics)) {
		t := kmsg.NewConsumerMemberAssignmentTopic()
		t.Topic = topic
		for partition := range e.topics[topic] {
			t.Partitions = append(t.Partitions, partition)
		}
		all.Topics = append(all.Topics, t)
	}
	for i := range e.members {
		e.members[i].MemberAssignment = all.AppendTo(nil)
	}
	return e.members
}

// shareAll is a service of two members that both have every partition.
func shareAll(ctx context.Context, effect, group, _ string, brokers []string) error {
	ended := make(chan error, 2)
	for range 2 {
		go func() { ended <- serve(ctx, effect, group, "", brokers, kgo.Balancers(generous{kgo.RangeBalancer()})) }()
	}
	return <-ended
}

// owning runs the scenario with a mistake in one service, and a fault or none.
func owning(ctx context.Context, mistake string, faults ...scenario.Fault) *scenario.Result {
	GinkgoHelper()
	withoutLeaks()
	s, findings := scenario.LoadFile("testdata/run/react.yaml")
	Expect(findings).To(BeEmpty())
	exe, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	s.Contracts, s.Services = s.Contracts[:2], s.Services[:1]
	s.Services[0].Command = []string{exe}
	s.Services[0].Env = map[string]string{"REACT": "LeftDone", "GROUP": "left", "MISTAKE": mistake, "BROKERS": "{{.Bootstrap}}"}
	s.Load[0].Profile[0].For = document.Duration(4 * time.Second)
	s.Faults, s.Invariants = faults, []string{invariant.NoLoss, invariant.NoDoubleOwner, invariant.NoNeedlessRebalance}
	result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
	Expect(err).NotTo(HaveOccurred())
	return result
}

var _ = Describe("the members of a group", Label("long"), func() {
	// said are the verdicts, and of each invariant what its first finding says.
	said := func(r *scenario.Result) map[string]string {
		all := map[string]string{}
		for _, o := range r.Results.Invariants {
			all[o.Invariant] = string(o.Verdict)
			if len(o.Findings) > 0 {
				all[o.Invariant] += ": " + o.Findings[0].Message
			}
		}
		return all
	}

	It("pass while each partition is of one, and stays so", func(ctx SpecContext) {
		r := owning(ctx, "")
		Expect(said(r)).To(Equal(map[string]string{invariant.NoLoss: "pass", invariant.NoDoubleOwner: "pass", invariant.NoNeedlessRebalance: "pass"}))
		Expect(r.Run.Verdict).To(Equal(finding.Pass), r.Run.Reason)
	})

	It("fail when two have the same partition at once", func(ctx SpecContext) {
		got := said(owning(ctx, "generous"))
		Expect(got[invariant.NoDoubleOwner]).To(MatchRegexp(`^fail: left: order.events/\d was of several members at \S+: kgo-\S+ and kgo-\S+$`))
	})

	It("fail when one leaves without need", func(ctx SpecContext) {
		got := said(owning(ctx, "restless"))
		Expect(got[invariant.NoNeedlessRebalance]).To(MatchRegexp(`^fail: left rebalanced between \S+ and \S+, while nothing was broken: 3 partitions changed hands, order.events/0 from kgo-\S+ to (kgo-\S+|nobody)$`))
		Expect(got[invariant.NoDoubleOwner]).To(Equal("pass"))
	})

	It("are excused by a fault", func(ctx SpecContext) {
		restart := scenario.Fault{At: document.Duration(2 * time.Second), Restart: &scenario.ServiceTarget{Service: "left"}}
		got := said(owning(ctx, "", restart))
		Expect(got[invariant.NoNeedlessRebalance]).To(Equal("pass"), strings.Join(slices.Sorted(maps.Values(got)), "\n"))
	})
})
