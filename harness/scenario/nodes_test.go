package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/leftover"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// site is a cluster that somebody else operates: a command makes a file, such
// as kill-0, and the site does what its name says and removes it.
type site struct {
	dir string
	up  *embedded.Cluster
	// operated says that the site starts what was killed itself, once others
	// have noticed.
	operated atomic.Bool
}

func newSite(ctx context.Context) *site {
	GinkgoHelper()
	up, err := embedded.Start(ctx, cluster.Spec{Brokers: 3, Config: map[string]string{"broker.session.timeout.ms": "300"}})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = up.Close(context.Background()) })
	s := &site{dir: GinkgoT().TempDir(), up: up}
	watching, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	DeferCleanup(func() { stop(); <-ended })
	go func() {
		defer close(ended)
		for watching.Err() == nil {
			s.serve(watching)
			time.Sleep(5 * time.Millisecond)
		}
	}()
	return s
}

func (s *site) serve(ctx context.Context) {
	files, _ := os.ReadDir(s.dir)
	for _, f := range files {
		what, number, _ := strings.Cut(f.Name(), "-")
		id, _ := strconv.Atoi(number)
		switch what {
		case "kill":
			_ = s.up.Kill(ctx, int32(id))
			if s.operated.Load() {
				time.Sleep(600 * time.Millisecond)
				_ = s.up.Start(ctx, int32(id))
			}
		case "start":
			_ = s.up.Start(ctx, int32(id))
		case "pause":
			_ = s.up.Pause(ctx, int32(id))
		case "unpause":
			_ = s.up.Unpause(ctx, int32(id))
		}
		_ = os.Remove(filepath.Join(s.dir, f.Name()))
	}
}

func (s *site) command(what string, id int) []string {
	return []string{"touch", filepath.Join(s.dir, what+"-"+strconv.Itoa(id))}
}

// nodes are commands for all three.
func (s *site) nodes() map[string]scenario.Node {
	nodes := map[string]scenario.Node{}
	for id := range 3 {
		nodes[strconv.Itoa(id)] = scenario.Node{
			Kill: s.command("kill", id), Start: scenario.StartNode{Command: s.command("start", id)},
			Pause: s.command("pause", id), Unpause: s.command("unpause", id),
		}
	}
	return nodes
}

func (s *site) run(ctx context.Context, sc *scenario.Scenario, nodes map[string]scenario.Node) (*scenario.Result, error) {
	GinkgoHelper()
	sc.Cluster = scenario.Cluster{Kind: cluster.External, Nodes: nodes}
	sc.Consumers = nil
	return scenario.Run(ctx, sc, started(filepath.Join(GinkgoT().TempDir(), "run"),
		scenario.With(external.Provider()), scenario.Bootstrap(s.up.Bootstrap()...))...)
}

var _ = Describe("a cluster whose nodes have commands", Ordered, func() {
	var s *site
	BeforeAll(func(ctx SpecContext) {
		GinkgoT().Setenv("XDG_STATE_HOME", GinkgoT().TempDir())
		s = newSite(ctx)
	})

	expectBit := func(result *scenario.Result, err error) {
		GinkgoHelper()
		Expect(err).NotTo(HaveOccurred())
		for _, f := range result.Results.Faults {
			Expect(f.Error).To(BeEmpty())
			Expect(f.Bit).To(BeTrue(), "%s: %q", f.What, f.Evidence)
			Expect(f.Healed).To(BeNumerically(">", f.Start))
		}
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
	}

	It("has its brokers killed, paused and brought back by them", func(ctx SpecContext) {
		sc := during("5s",
			"{at: 500ms, kill: {leader-of: order.events/0}, heal-after: 1s}",
			"{at: 2500ms, pause: {leader-of: order.events/0}, heal-after: 1s}")
		sc.AllowDestructive = true
		expectBit(s.run(ctx, sc, s.nodes()))
	})

	It("has them brought back by an operator", func(ctx SpecContext) {
		sc := during("3s", "{at: 500ms, kill: {leader-of: order.events/0}, heal-after: 200ms}")
		sc.AllowDestructive = true
		nodes := s.nodes()
		for id, n := range nodes {
			n.Start = scenario.StartNode{Operator: true}
			nodes[id] = n
		}
		s.operated.Store(true)
		defer s.operated.Store(false)
		expectBit(s.run(ctx, sc, nodes))
	})

	It("says what a command said that failed, and leaves it to the next start to bring the node back", func(ctx SpecContext) {
		sc := withFaults("{at: 500ms, kill: {broker: 1}, heal-after: 500ms}")
		sc.AllowDestructive = true
		nodes := s.nodes()
		broken := nodes["1"]
		broken.Kill = []string{"ls", "/no/such/place"}
		broken.Start = scenario.StartNode{Command: []string{"false"}}
		nodes["1"] = broken
		result, err := s.run(ctx, sc, nodes)
		Expect(err).NotTo(HaveOccurred())
		f := result.Results.Faults[0]
		Expect(f.Bit).To(BeFalse())
		Expect(f.Error).To(MatchRegexp(`^kill broker 1: ls: exit status \d: .*/no/such/place.*; healing: start broker 1: false: exit status 1: $`))

		client, err := kgo.NewClient(s.up.ClientOptions()...)
		Expect(err).NotTo(HaveOccurred())
		defer client.Close()
		meta, err := kadm.NewClient(client).BrokerMetadata(ctx)
		Expect(err).NotTo(HaveOccurred())
		var left []string
		Expect(leftover.Changes(meta.Cluster, func(_ string, change json.RawMessage) error {
			left = append(left, string(change))
			return nil
		})).To(Succeed())
		Expect(left).To(HaveExactElements(`{"run":["false"]}`))
	})

	It("has what a run took away that was killed brought back by the next", func(ctx SpecContext) {
		started := filepath.Join(GinkgoT().TempDir(), "started")
		record, err := leftover.Keep("killed-site")
		Expect(err).NotTo(HaveOccurred())
		data, err := json.Marshal(cluster.Change{Run: []string{"touch", started}})
		Expect(err).NotTo(HaveOccurred())
		Expect(record.Undo("weir-embedded", data)).To(Succeed())
		Expect(record.Close(false, false, true)).To(Succeed())
		result, err := s.run(ctx, withFaults(), nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
		Expect(started).To(BeARegularFile())
	})

	DescribeTable("is refused", func(ctx SpecContext, fault string, change func(nodes map[string]scenario.Node), destructive bool, want string) {
		sc := withFaults(fault)
		sc.AllowDestructive = destructive
		nodes := s.nodes()
		change(nodes)
		_, err := s.run(ctx, sc, nodes)
		var refused *scenario.PlanError
		Expect(errors.As(err, &refused)).To(BeTrue(), "%v", err)
		Expect(refused.Findings[0].Message).To(Equal(want))
		Expect(refused.Findings[0].Position.Line).To(Equal(10))
	},
		Entry("without permission", "{at: 500ms, kill: {broker: 0}}", func(map[string]scenario.Node) {}, false,
			"others use the brokers too that a fault breaks"),
		Entry("where a command is missing", "{at: 500ms, stop: {broker: 0}}", func(map[string]scenario.Node) {}, true,
			"cluster.nodes has no command stop of broker 0, which may be hit"),
		Entry("where a broker that may be hit has none", "{at: 500ms, kill: {leader-of: order.events/0}}", func(n map[string]scenario.Node) { delete(n, "2") }, true,
			"cluster.nodes has no command kill of broker 2, which may be hit"),
		Entry("where no command does it", "{at: 500ms, wipe: {broker: 0}}", func(map[string]scenario.Node) {}, true,
			"cannot wipe broker 0: a cluster of kind external cannot do it"),
	)
})
