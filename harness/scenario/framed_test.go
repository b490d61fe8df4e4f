package scenario_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// orderID is the id of the schema of orders, and those after it are of the
// other subjects.
const orderID = 11

// framedRegistry has the schemas of the framed events, which the registry knows
// by ids from first on, but for one subject, if it is not "".
func framedRegistry(first int, without string) (*registry.Registry, *srfake.Registry) {
	GinkgoHelper()
	f := srfake.New()
	DeferCleanup(f.Close)
	for i, s := range []struct {
		subject string
		version int
		kind    sr.SchemaType
		text    string
	}{
		{"orders-value", 1, sr.TypeAvro, `{"type": "record", "name": "Order", "fields": [{"name": "order_id", "type": "string"}, {"name": "cents", "type": "int"}]}`},
		{"orders-key", 1, sr.TypeAvro, `"string"`},
		{"counts-value", 1, sr.TypeJSON, `{"type": "object", "required": ["order_id"], "properties": {"order_id": {"type": "string", "minLength": 4}}}`},
		{"ratings-value", 1, sr.TypeAvro, `{"type": "record", "name": "Rating", "fields": [{"name": "cause", "type": "string"}]}`},
		{"ratings-value", 2, sr.TypeAvro, `{"type": "record", "name": "Rating", "fields": [{"name": "stars", "type": "int", "default": 5}, {"name": "cause", "type": "string"}]}`},
		{"notes-key", 1, sr.TypeAvro, `"string"`},
	} {
		if s.subject == without {
			continue
		}
		f.SeedSchema(s.subject, s.version, first+i, sr.Schema{Schema: s.text, Type: s.kind})
	}
	r, err := registry.New(registry.Config{URL: f.URL()})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(r.Close)
	return r, f
}

// answer is a service that reads orders as a deserializer of their registry
// does, and answers each: the rater in Avro of the first version, with the id in
// a header, the noter by a framed key. By its mistake it writes no ids.
func answer(ctx context.Context, group, mistake string, brokers []string) error {
	id := func(n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{0}, n) }
	text := func(s string) []byte { return append(binary.AppendVarint(nil, int64(len(s))), s...) }
	return consume(ctx, group, []string{"orders"}, brokers, func(client *kgo.Client, records []*kgo.Record) error {
		var out []*kgo.Record
		for _, r := range records {
			data, framed := bytes.CutPrefix(r.Value, id(orderID))
			length, n := binary.Varint(data)
			if !framed || n <= 0 || int(length) > len(data)-n {
				out = append(out, &kgo.Record{Topic: group + ".dlq", Key: r.Key, Value: r.Value, Headers: r.Headers})
				continue
			}
			rated := &kgo.Record{Topic: "ratings", Value: text(eventID(r)), Headers: []kgo.RecordHeader{{Key: "__value_schema_id", Value: id(orderID + 3)}}}
			noted := &kgo.Record{Topic: "notes", Key: slices.Concat(id(orderID+5), text(eventID(r))), Value: []byte("{}")}
			if mistake != "" {
				rated.Headers, noted.Key = nil, text(eventID(r))
			}
			out = append(out, map[string]*kgo.Record{"rater": rated, "noter": noted}[group])
		}
		return client.ProduceSync(ctx, out...).FirstErr()
	}, kgo.FetchMaxWait(50*time.Millisecond))
}

// framed is the scenario of framed loads, with a mistake in both services, or
// none.
func framed(mistake string) *scenario.Scenario {
	GinkgoHelper()
	s, findings := scenario.LoadFile("testdata/run/framed.yaml")
	Expect(findings).To(BeEmpty())
	exe, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	for i := range s.Services {
		s.Services[i].Command = []string{exe}
		s.Services[i].Env = map[string]string{"ANSWER": s.Services[i].Name, "MISTAKE": mistake, "BROKERS": "{{.Bootstrap}}"}
	}
	return s
}

var _ = Describe("loads of events with ids of a registry", Label("long"), func() {
	It("are sent as their contract says, and what they cause leads back", func(ctx SpecContext) {
		withoutLeaks()
		up, err := embedded.Start(ctx, cluster.Spec{Brokers: 1})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = up.Close(context.Background()) })
		// What a run has not created it leaves behind.
		plan, _ := scenario.Resolve(framed(""))
		Expect(cluster.CreateTopics(ctx, up, plan.Topics)).To(Succeed())
		known, _ := framedRegistry(orderID, "")
		result, err := scenario.Run(ctx, framed(""), started(filepath.Join(GinkgoT().TempDir(), "run"), scenario.On(up), scenario.Registry(known))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), result.Run.Reason)
		s := result.Results.Senders[0]
		Expect(s.Poison).To(BeNumerically(">", 0))
		Expect(s.Reactions).To(HaveLen(2))
		for _, r := range s.Reactions {
			Expect([]uint64{r.Effects, r.DeadLettered}).To(Equal([]uint64{200 - s.Poison, s.Poison}), r.Consumer)
		}

		// What was sent is judged as verification judges it, by the registry that
		// the load had, and by another one.
		for _, of := range []struct {
			first   int
			without string
			found   map[string][]string
		}{
			{orderID, "", map[string][]string{}},
			{orderID, "counts-value", map[string][]string{"counts": {"record/subject", "record/unjudged"}}},
			// What is in a header is the GUID, the same in all registries.
			{orderID - 1, "", map[string][]string{"orders": {"record/schema-id", "record/key-schema-id"}}},
			{orderID + 50, "", map[string][]string{"orders": {"record/known-id", "record/key-known-id"}}},
		} {
			judging, _ := framedRegistry(of.first, of.without)
			Expect(judged(ctx, up, judging, map[string]int{"orders": 200, "counts": 50})).To(Equal(of.found), "by ids from %d", of.first)
		}
	})

	It("are not green while what they cause is framed otherwise", func(ctx SpecContext) {
		withoutLeaks()
		known, _ := framedRegistry(orderID, "")
		result, err := scenario.Run(ctx, framed("unframed"), started(filepath.Join(GinkgoT().TempDir(), "run"), scenario.Registry(known))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(verdicts(result)[invariant.NoLoss]).To(ConsistOf("fail",
			"in the log, but no OrderRated and no dead letter of rater followed", "in the log, but no OrderNoted and no dead letter of noter followed"))
	})
})

// judged are the ids of what is wrong with the good records of topics, of which
// there are so many with the poison among them.
func judged(ctx context.Context, up cluster.Cluster, r *registry.Registry, topics map[string]int) map[string][]string {
	GinkgoHelper()
	plan, findings := scenario.Resolve(framed(""))
	Expect(findings).To(BeEmpty())
	flow, err := live.Open(ctx, live.Config{Cluster: up, Contracts: plan.Contracts, Files: plan.Files, Registry: r})
	Expect(err).NotTo(HaveOccurred())
	defer flow.Close()
	var watched []run.Topic
	for _, t := range plan.Topics {
		if topics[t.Name] > 0 {
			watched = append(watched, run.Topic{Name: t.Name, Partitions: t.Partitions, Created: true})
		}
	}
	Expect(flow.Watch(ctx, watched)).To(Succeed())
	all := map[string][]string{}
	for name, count := range topics {
		topic, err := flow.Topic(name)
		Expect(err).NotTo(HaveOccurred())
		_, err = topic.ReadToEnd(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(topic.Records()).To(HaveLen(count))
		for _, r := range topic.Records() {
			if bytes.Contains(r.Value, bytes.Repeat([]byte{0xff}, 64)) {
				continue
			}
			for _, f := range r.Problems() {
				if !slices.Contains(all[name], f.ID) {
					all[name] = append(all[name], f.ID)
				}
			}
		}
	}
	return all
}

var _ = Describe("loads whose schemas cannot be had", func() {
	// refused is what a run answers before anything is made.
	refused := func(ctx context.Context, more ...scenario.Option) error {
		GinkgoHelper()
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		result, err := scenario.Run(ctx, framed(""), started(dir, more...)...)
		Expect(result).To(BeNil())
		Expect(dir).NotTo(BeADirectory())
		return err
	}
	messages := func(err error) (all []string) {
		GinkgoHelper()
		var plan *scenario.PlanError
		Expect(errors.As(err, &plan)).To(BeTrue())
		for _, f := range plan.Findings {
			all = append(all, strings.TrimPrefix(f.Position.String(), "testdata/run/")+" "+f.ID+": "+f.Message)
		}
		return all
	}

	It("are refused without a registry", func(ctx SpecContext) {
		Expect(messages(refused(ctx))).To(Equal([]string{
			"framed.yaml:11:13 scenario/bad-load: the schema of OrderPlaced: no schema registry is given: set WEIR_REGISTRY_URL",
			"framed.yaml:12:13 scenario/bad-load: the schema of OrderCounted: no schema registry is given: set WEIR_REGISTRY_URL",
		}))
	})

	It("are refused where the registry lacks a subject, of values, keys and effects", func(ctx SpecContext) {
		for subject, want := range map[string]string{
			"orders-value":  "framed.yaml:11:13 scenario/bad-load: the schema of OrderPlaced: the registry at URL has no subject orders-value, but 4 others",
			"orders-key":    "framed.yaml:11:13 scenario/bad-load: the schema of the keys of OrderPlaced: the registry at URL has no subject orders-key, but 4 others",
			"ratings-value": "framed.yaml:11:13 scenario/bad-load: the schema of the effect OrderRated: the registry at URL has no subject ratings-value, but 4 others",
			"counts-value":  "framed.yaml:12:13 scenario/bad-load: the schema of OrderCounted: the registry at URL has no subject counts-value, but 4 others",
		} {
			known, _ := framedRegistry(orderID, subject)
			Expect(messages(refused(ctx, scenario.Registry(known)))).To(Equal([]string{strings.ReplaceAll(want, "URL", known.String())}))
		}
	})

	It("are no fault of the files where the registry cannot be reached", func(ctx SpecContext) {
		known, fake := framedRegistry(orderID, "")
		fake.Close()
		err := refused(ctx, scenario.Registry(known))
		Expect(err).To(BeAssignableToTypeOf(&scenario.InfrastructureError{}))
		Expect(err).To(MatchError(HavePrefix("testdata/run/framed.yaml:11:13: the load of OrderPlaced: the schema of OrderPlaced: cannot read version latest of orders-value: the registry at " + known.String() + " cannot be reached: ")))
	})

	It("are given up at once when the run is cancelled or aborted while the registry is silent, and say so in the end", func(ctx SpecContext) {
		asked := make(chan bool, 10)
		silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			asked <- true
			<-r.Context().Done()
		}))
		DeferCleanup(silent.Close)
		within := func(timeout time.Duration) scenario.Option {
			r, err := registry.New(registry.Config{URL: silent.URL, Timeout: timeout})
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(r.Close)
			return scenario.Registry(r)
		}
		cancelled, cancel := context.WithCancel(ctx)
		abort := make(chan struct{})
		for _, end := range []func(){cancel, func() { close(abort) }} {
			go func() { <-asked; end() }()
			Expect(refused(cancelled, within(time.Minute), scenario.Abort(abort))).To(MatchError(scenario.ErrInterrupted))
			cancelled = ctx
		}
		Expect(refused(ctx, within(50*time.Millisecond))).To(MatchError("testdata/run/framed.yaml:11:13: the load of OrderPlaced: the schema of OrderPlaced: " +
			"cannot read version latest of orders-value: the registry at " + silent.URL + " did not answer within 50ms: is it up, and is WEIR_REGISTRY_URL right?"))
	})
})
