package scenario_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// TestMain makes this program the services of these specs as well: REACT is
// then the event by which the service shows what it processed.
func TestMain(m *testing.M) {
	if group := os.Getenv("BOOK"); group != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err := book(ctx, group, os.Getenv("MISTAKE"), strings.Split(os.Getenv("BROKERS"), ","))
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			panic(err)
		}
		return
	}
	if group := os.Getenv("ANSWER"); group != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err := answer(ctx, group, os.Getenv("MISTAKE"), strings.Split(os.Getenv("BROKERS"), ","))
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			panic(err)
		}
		return
	}
	if effect := os.Getenv("REACT"); effect != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		service := func(ctx context.Context, effect, group, mistake string, brokers []string) error {
			return serve(ctx, effect, group, mistake, brokers)
		}
		switch {
		case os.Getenv("WAREHOUSE") != "":
			service = func(ctx context.Context, effect, _, _ string, brokers []string) error {
				return (&warehouse{name: os.Getenv("WAREHOUSE"), effect: effect}).run(ctx, brokers)
			}
		case os.Getenv("FORWARD") != "":
			service = func(ctx context.Context, _, _, _ string, brokers []string) error {
				return forward(ctx, os.Getenv("FORWARD"), brokers)
			}
		case os.Getenv("MISTAKE") == "generous":
			service = shareAll
		case os.Getenv("ENVELOPE") != "":
			service = payEnveloped
		case os.Getenv("GROUP") == "tries":
			service = try
		case os.Getenv("COMMITS") != "":
			service = commits
		}
		err := service(ctx, effect, os.Getenv("GROUP"), os.Getenv("MISTAKE"), strings.Split(os.Getenv("BROKERS"), ","))
		stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// serve is a service that reacts to orders, well or with a mistake.
func serve(ctx context.Context, effect, group, mistake string, brokers []string, opts ...kgo.Opt) error {
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(brokers...), kgo.ConsumerGroup(group), kgo.ConsumeTopics("order.events"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())...)
	if err != nil {
		return err
	}
	defer client.Close()
	for served := 0; ; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return err
		}
		var out []*kgo.Record
		for _, r := range fetches.Records() {
			out = append(out, reactTo(r, effect, group, mistake)...)
		}
		if err := client.ProduceSync(ctx, out...).FirstErr(); err != nil {
			return err
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			return err
		}
		if served += len(fetches.Records()); mistake == "restless" && served > 150 {
			client.Close() // which leaves the group
			return serve(ctx, effect, group, "", brokers)
		}
	}
}

// consume is the loop of a service that commits what it has handled.
func consume(ctx context.Context, group string, topics, brokers []string, handle func(*kgo.Client, []*kgo.Record) error, opts ...kgo.Opt) error {
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(brokers...), kgo.ConsumerGroup(group), kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())...)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err0(); err != nil {
			return err
		}
		if err := handle(client, fetches.Records()); err != nil {
			return err
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			return err
		}
	}
}

// reactTo are the records by which a service shows what it did with an order.
func reactTo(r *kgo.Record, effect, group, mistake string) []*kgo.Record {
	set := func(key, value string) kgo.RecordHeader { return kgo.RecordHeader{Key: key, Value: []byte(value)} }
	invented := slices.IndexFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == "invented" }) >= 0
	if mistake == "silent" || invented {
		return nil
	}
	if !json.Valid(r.Value) {
		letter := &kgo.Record{Topic: "shared.dlq", Key: r.Key, Value: r.Value, Headers: slices.Clone(r.Headers)}
		if mistake != "anonymous" {
			letter.Headers = append(letter.Headers, set("dead-lettered-by", group))
		}
		if mistake == "no-letters" {
			return nil
		}
		return []*kgo.Record{letter}
	}
	i := slices.IndexFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == "ce_id" })
	done := &kgo.Record{Topic: "done.events", Key: r.Key, Value: r.Value,
		Headers: []kgo.RecordHeader{set("ce_type", effect), set("causation_id", string(r.Headers[i].Value))}}
	if id, ours := sequence(r); mistake == "inventive" && ours && id.Sequence == 7 {
		id.Sequence = 100_000
		order := &kgo.Record{Topic: "order.events", Value: r.Value, Headers: []kgo.RecordHeader{set("invented", "yes"), set(identity.Header, string(id.AppendHeader(nil)))}}
		return []*kgo.Record{done, order}
	}
	if mistake == "twice" {
		again := *done
		return []*kgo.Record{done, &again}
	}
	return []*kgo.Record{done}
}

// sequence is the identity of a record of the load.
func sequence(r *kgo.Record) (identity.Record, bool) {
	i := slices.IndexFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == identity.Header })
	if i < 0 {
		return identity.Record{}, false
	}
	return identity.ParseHeader(r.Headers[i].Value)
}

// reacting runs the services that react with a mistake in each, or none.
func reacting(ctx context.Context, left, right string) *scenario.Result {
	GinkgoHelper()
	return mistaken(ctx, "testdata/run/react.yaml", left, right)
}

// mistaken runs a scenario whose two services are this program, with a mistake
// in each, or none, and more of their environment.
func mistaken(ctx context.Context, file, left, right string, more ...string) *scenario.Result {
	GinkgoHelper()
	withoutLeaks()
	s, findings := scenario.LoadFile(file)
	Expect(findings).To(BeEmpty())
	exe, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	for i, mistake := range []string{left, right} {
		name := s.Services[i].Name
		s.Services[i].Command = []string{exe}
		s.Services[i].Env = map[string]string{
			"REACT": strings.ToUpper(name[:1]) + name[1:] + "Done", "GROUP": name, "MISTAKE": mistake, "BROKERS": "{{.Bootstrap}}",
		}
		for n := 0; n < len(more); n += 2 {
			s.Services[i].Env[more[n]] = more[n+1]
		}
	}
	result, err := scenario.Run(ctx, s, started(filepath.Join(GinkgoT().TempDir(), "run"))...)
	Expect(err).NotTo(HaveOccurred())
	return result
}

// verdicts are those of a run's invariants, with the findings' messages.
func verdicts(result *scenario.Result) map[string][]string {
	all := map[string][]string{}
	for _, o := range result.Results.Invariants {
		said := []string{string(o.Verdict)}
		for _, f := range o.Findings {
			if !slices.Contains(said, f.Message) {
				said = append(said, f.Message)
			}
		}
		all[o.Invariant] = said
	}
	return all
}

var _ = Describe("two consumers of one event", Label("long"), func() {
	const passed = string(finding.Pass)
	green := func() map[string][]string {
		return map[string][]string{
			invariant.NoLoss: {passed}, invariant.NoDuplicateEffect: {passed}, invariant.NoGhostRead: {passed}, invariant.PerKeyOrder: {passed}, invariant.DLQComplete: {passed},
		}
	}

	It("are both green, with counts of each", func(ctx SpecContext) {
		result := reacting(ctx, "", "")
		Expect(verdicts(result)).To(Equal(green()))
		Expect(result.Run.Verdict).To(Equal(finding.Pass))
		s := result.Results.Senders[0]
		Expect(s.Poison).To(BeNumerically(">", 0))
		reaction := run.Reaction{Consumer: "left", Group: "left", Effect: "LeftDone", DLQ: "shared.dlq", Effects: 300 - s.Poison, DeadLettered: s.Poison,
			Balance: &run.Balance{In: 300, Applied: 300 - s.Poison, DeadLettered: s.Poison}}
		other := reaction
		other.Consumer, other.Group, other.Effect = "right", "right", "RightDone"
		Expect(s.Reactions).To(Equal([]run.Reaction{reaction, other}))
		Expect([]uint64{s.Effects, s.DeadLettered, s.DeadLettersUnclaimed}).To(Equal([]uint64{2 * reaction.Effects, 2 * s.Poison, 0}))
	})

	DescribeTable("are told apart, whichever has the mistake", func(ctx SpecContext, left, right, twice, effect, letterless string) {
		want := green()
		want[invariant.NoDuplicateEffect] = []string{"fail", twice + " applied it twice: there is more than one " + effect}
		want[invariant.DLQComplete] = []string{"fail", "poison in the log, but no dead letter of " + letterless + " in shared.dlq"}
		lost := map[string]string{"left": "LeftDone", "right": "RightDone"}[letterless]
		want[invariant.NoLoss] = []string{"fail", "in the log, but no " + lost + " and no dead letter of " + letterless + " followed"}
		Expect(verdicts(reacting(ctx, left, right))).To(Equal(want))
	},
		Entry("left applies twice, right has no dead letters", "twice", "no-letters", "left", "LeftDone", "right"),
		Entry("right applies twice, left has no dead letters", "no-letters", "twice", "right", "RightDone", "left"),
	)

	It("are not green while one writes orders that nobody sent", func(ctx SpecContext) {
		result := reacting(ctx, "", "inventive")
		want := green()
		want[invariant.NoGhostRead] = []string{"fail", "read, and its identity was never sent"}
		Expect(verdicts(result)).To(Equal(want))
		Expect(result.Results.Invariants[2].Findings[0].Record.Sequence).To(Equal(uint64(100_000)))
	})

	It("are not green while one shows nothing", func(ctx SpecContext) {
		result := reacting(ctx, "", "silent")
		got := verdicts(result)
		Expect(result.Results.Senders[0].Reactions[1].Balance).To(Equal(&run.Balance{In: 300, Open: 300}))
		Expect(got[invariant.NoLoss]).To(Equal([]string{"fail", "in the log, but no RightDone and no dead letter of right followed"}))
		Expect(got[invariant.NoDuplicateEffect]).To(Equal([]string{"inconclusive"}))
		Expect(got[invariant.PerKeyOrder]).To(Equal([]string{"inconclusive"}))
		Expect(got[invariant.DLQComplete]).To(Equal([]string{"fail", "poison in the log, but no dead letter of right in shared.dlq"}))
	})

	It("are not green while a dead letter names neither", func(ctx SpecContext) {
		result := reacting(ctx, "", "anonymous")
		want := green()
		want[invariant.DLQComplete], want[invariant.NoLoss] = []string{"inconclusive"}, []string{"inconclusive"}
		Expect(verdicts(result)).To(Equal(want))
		Expect(result.Run.Verdict).To(Equal(finding.Inconclusive))
		s := result.Results.Senders[0]
		Expect([]uint64{s.Reactions[0].DeadLettered, s.Reactions[1].DeadLettered, s.DeadLettersUnclaimed}).To(Equal([]uint64{s.Poison, 0, s.Poison}))
	})
})
