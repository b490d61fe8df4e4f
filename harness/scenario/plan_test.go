package scenario

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/reports/run"
)

// planFile is where the scenarios of these tests would stand: beside the
// contracts of testdata/plan.
const planFile = "testdata/plan/s.yaml"

// load10 is a load of 100 OrderPlaced.
const load10 = "load: [{event: OrderPlaced, profile: [{hold: 10/s, for: 10s}]}]\n"

const both = "contracts: [orders.yaml, payments.yaml]\n"

// paying starts the service that consumes.
const paying = "services: [{name: payment-service, command: [x]}]\n"

func scenarioOf(t *testing.T, parts ...string) *Scenario {
	t.Helper()
	s, findings := Parse(planFile, []byte("weir: scenario/v1\nname: x\n"+strings.Join(parts, "")))
	for _, line := range summary(findings) {
		t.Fatalf("the scenario itself: %s", line)
	}
	return s
}

func planOf(t *testing.T, parts ...string) *Plan {
	t.Helper()
	p, findings := Resolve(scenarioOf(t, parts...))
	for _, line := range summary(findings) {
		t.Error(line)
	}
	if p == nil {
		t.FailNow()
	}
	return p
}

// TestWhatDoesNotResolve compares every finding with its place and hint.
func TestWhatDoesNotResolve(t *testing.T) {
	const triggered = "load: [{event: OrderPlaced, via: trigger, profile: [{hold: 1/s, for: 1s}]}]\n"
	tests := []struct {
		name  string
		parts []string
		want  []string
	}{
		{"an unknown event", []string{both, "load: [{event: OrderPlacd, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:4:16 scenario/unknown-event: no contract of this scenario produces OrderPlacd (did you mean "OrderPlaced"?)`}},
		{"a transport that is not built", []string{both, "load: [{event: OrderShipped, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:4:16 scenario/not-built: load over rabbitmq is not built; Kafka is`}},
		{"no trigger", []string{both, "load: [{event: OrderCancelled, via: trigger, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:4:37 scenario/no-trigger: the contract of order-service gives no trigger for OrderCancelled (add trigger: {http: POST /..., id: header:Idempotency-Key} to the producer's entry, or use via: topic)`}},
		{"a trigger that is not http", []string{both, "load: [{event: OrderAudited, via: trigger, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:4:35 scenario/not-built: load through a trigger that is not http is not built`}},
		{"a driven service that is not started", []string{both, paying, triggered},
			[]string{`:5:34 scenario/unknown-service: the scenario starts no service order-service to drive (valid are payment-service)`}},
		{"a driven service without a url", []string{both, "services: [{name: order-service, command: [x]}]\n", triggered},
			[]string{`:4:12 scenario/bad-load: order-service is driven over HTTP but has no url (say where it listens: url: http://127.0.0.1:{{.Port}})`}},
		{"an unknown topic of a fault", []string{both, load10, "faults: [{at: 1s, kill: {leader-of: order.event/0}}]\n"},
			[]string{`:5:37 scenario/unknown-topic: no contract of this scenario uses topic order.event (did you mean "order.events"?)`}},
		{"an unknown partition", []string{both, load10, "faults: [{at: 1s, pause: {followers-of: order.events/6}}]\n"},
			[]string{`:5:41 scenario/unknown-topic: order.events has 6 partitions, 0 to 5`}},
		{"an unknown partition of an election", []string{both, load10, "faults: [{at: 1s, elect: {unclean: payment.events/2}}]\n"},
			[]string{`:5:36 scenario/unknown-topic: payment.events has 2 partitions, 0 to 1`}},
		{"an unknown service", []string{both, paying, load10, "faults: [{at: 1s, crash: {service: payments-service}}]\n"},
			[]string{`:6:36 scenario/unknown-service: the scenario starts no service payments-service (did you mean "payment-service"?)`}},
		{"poison of an event that is not in the load", []string{both, load10, "faults: [{always: true, poison: {event: OrderCancelled, share: 1%}}]\n"},
			[]string{`:5:41 scenario/unknown-event: the load has no OrderCancelled (valid are OrderPlaced)`}},
		{"poison through a trigger", []string{both, "services: [{name: order-service, command: [x], url: http://127.0.0.1}]\n", triggered, "faults: [{always: true, poison: {event: OrderPlaced, share: 1%}}]\n"},
			[]string{`:6:33 scenario/not-built: poison in a load via trigger cannot be made: the service makes the records (use via: topic)`}},
		{"an unknown topic", []string{both, load10, "topics: {order.evens: {partitions: 3}}\n"},
			[]string{`:5:23 scenario/unknown-topic: no contract, load or group of this scenario uses topic order.evens (did you mean "order.events"?)`}},
		{"an unknown topic of a group", []string{both, load10, "consumers: [{group: probe, topics: [order.events, payments]}]\n"},
			[]string{`:5:51 scenario/unknown-topic: no contract of this scenario uses topic payments (valid are audit.events, order.dlq, order.events, order.retry, payment.events, unused.events)`}},
		{"an effect that nobody produces", []string{"contracts: [orders.yaml, billing.yaml]\n", "services: [{name: billing-service, command: [x]}]\n", load10},
			[]string{`:5:16 scenario/unknown-event: the effect of OrderPlaced is InvoiceSent (testdata/plan/billing.yaml:9:13), which no contract of this scenario produces (valid are OrderAudited, OrderCancelled, OrderPlaced, OrderShipped)`}},
		{"effects in a database that nobody names", []string{"contracts: [orders.yaml, ledger.yaml]\n", "services: [{name: ledger-service, command: [x]}]\n", load10},
			[]string{`:4:12 file/required: services[0] needs the field database (effects of OrderPlaced are counted in it (testdata/plan/ledger.yaml:8:13): database: '{{.Env "DATABASE_URL"}}')`}},
		{"effects in a database, through a trigger", []string{"contracts: [orders.yaml, ledger.yaml]\n", "services: [{name: ledger-service, command: [x], database: 'postgres://h/db'}, {name: order-service, command: [x], url: http://127.0.0.1}]\n", triggered},
			[]string{`:5:34 scenario/not-built: the effects of OrderPlaced (testdata/plan/ledger.yaml:8:13) are counted in a database by the event's id, which its service gives: that is not built in a load via trigger (use via: topic)`}},
		{"effects over HTTP, of nobody", []string{"contracts: [orders.yaml, asked.yaml]\n", "services: [{name: asked-service, command: [x]}]\n", load10},
			[]string{`:4:12 file/required: services[0] needs the field url (effects of OrderPlaced are asked for there (testdata/plan/asked.yaml:4:69): url: http://127.0.0.1:{{.Port}})`}},
		{"two groups that ask the same", []string{"contracts: [orders.yaml, asked.yaml]\n", "services: [{name: asked-service, command: [x], url: http://127.0.0.1}]\n", "load: [{event: OrderCancelled, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:5:16 scenario/same-effect: nothing tells the effects of asked-service (group asked-1) from those of asked-service (group asked-2): both ask the same (let each count its own, or run them in two scenarios)`}},
		{"two consumers with the same effect", []string{"contracts: [orders.yaml, payments.yaml, twin.yaml]\n", "services: [{name: twin-service, command: [x]}, {name: payment-service, command: [x]}]\n", load10},
			[]string{`:5:16 scenario/same-effect: nothing tells the effect of payment-service (PaymentReceived) from that of twin-service (PaymentReceived) in payment.events (let each have an event of its own, known by match: {header: NAME}, or run them in two scenarios)`}},
		{"two consumers with effects in a topic, of which one names no header", []string{"contracts: [orders.yaml, payments.yaml, unnamed.yaml]\n", "services: [{name: unnamed-service, command: [x]}, {name: payment-service, command: [x]}]\n", load10},
			[]string{`:5:16 scenario/same-effect: nothing tells the effect of payment-service (PaymentReceived) from that of unnamed-service (PaymentNoted) in payment.events (let each have an event of its own, known by match: {header: NAME}, or run them in two scenarios)`}},
		{"a key that is not text", []string{"contracts: [unbuilt.yaml]\n", "load: [{event: OrderCounted, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:4:16 scenario/not-built: load with keys written as bytes is not built; string, json, long and those with a schema are`}},
		{"a topic of an environment", []string{"contracts: [unbuilt.yaml]\n", "load: [{event: OrderStaged, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:4:16 scenario/not-built: the environment in the topic {env}.orders cannot be given: that is not built (name the topic of the run in the contract)`}},
		{"an effect known by its value", []string{"contracts: [unbuilt.yaml]\n", "services: [{name: unbuilt-service, command: [x]}]\n", "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: 1s}]}]\n"},
			[]string{`:5:16 scenario/not-built: knowing the effect OrderRated by its value at $.type is not built; by a header is (write match: {header: NAME})`}},
		{"times that are not there", []string{both, "load: [{event: OrderPlaced, profile: [{replay: none.csv}]}]\n"},
			[]string{`:4:48 scenario/bad-load: cannot read the times: testdata/plan/none.csv: no such file or directory`}},
		{"times that cannot be read", []string{both, "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: 1s}, {replay: bare.yaml}]}]\n"},
			[]string{`:4:70 scenario/bad-load: testdata/plan/bare.yaml: times are read from .csv and .jsonl`}},
		{"a directory that is no run", []string{both, "load: [{event: OrderPlaced, profile: [{replay: schemas}]}]\n"},
			[]string{`:4:48 scenario/bad-load: cannot read the times: testdata/plan/schemas is not a run directory: it has no run.json`}},
		{"a sine below zero", []string{both, "load: [{event: OrderPlaced, profile: [{sine: 1/s, amplitude: 2/s, period: 1s, for: 1s}]}]\n"},
			[]string{`:4:38 scenario/bad-load: segment 1 (sine 1/s ± 2/s every 1s for 1s): the amplitude 2/s is not from 0 to the mean, 1/s: the rate would fall below 0`}},
		{"keys that are not there", []string{both, "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: 1s}], keys: {file: none.txt}}]\n"},
			[]string{`:4:75 scenario/bad-load: cannot read the keys: testdata/plan/none.txt: no such file or directory`}},
		{"keys that are there twice", []string{both, "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: 1s}], keys: {file: keys-twice.txt}}]\n"},
			[]string{`:4:75 scenario/bad-load: testdata/plan/keys-twice.txt:3: the key "a" is that of line 1 again`}},
		{"all keys hot", []string{both, "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: 1s}], keys: {file: keys.txt, hot: {keys: 5, share: 50%}}}]\n"},
			[]string{`:4:75 scenario/bad-load: testdata/plan/keys.txt has 5 keys; 5 of them cannot be hot (hot are fewer keys than all)`}},
		{"invariants that nothing could break", []string{both, load10, "invariants: [no-aborted-read, commit-after-effect, no-commit-regression, healthy-keys-flow, lag-bounded]\n"}, []string{
			`:5:14 scenario/inapplicable: no-aborted-read cannot be judged: no transaction is aborted of an event whose effects can be seen (write in the load: transactions: {records: 10, abort: 10%})`,
			`:5:31 scenario/inapplicable: commit-after-effect cannot be judged: no consumer of the load has a group and writes an effect of its own (declare it in the consumer's contract: effect: {event: NAME, correlate: envelope:causationid})`,
			`:5:52 scenario/inapplicable: no-commit-regression cannot be judged: no group reads what is sent (start a service whose contract names its group, or list consumers)`,
			`:5:74 scenario/inapplicable: healthy-keys-flow cannot be judged: no poison comes before a consumer (add to the faults: {always: true, poison: {event: NAME, share: 1%}})`,
			`:5:93 scenario/inapplicable: lag-bounded cannot be judged: nothing bounds the lag of a group (write in the consumer's contract, or in the scenario's steady objectives: lag: {records: 10000})`,
		}},
		{"several at once", []string{both, "load: [{event: Nothing, profile: [{hold: 1/s, for: 1s}]}, {event: OrderShipped, profile: [{hold: 1/s, for: 1s}]}]\n"}, []string{
			`:4:16 scenario/unknown-event: no contract of this scenario produces Nothing (valid are OrderAudited, OrderCancelled, OrderPlaced, OrderShipped, PaymentReceived)`,
			`:4:67 scenario/not-built: load over rabbitmq is not built; Kafka is`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, findings := Resolve(scenarioOf(t, tt.parts...))
			if p != nil {
				t.Error("a plan all the same")
			}
			var got []string
			for _, f := range findings {
				line := strings.TrimPrefix(f.Position.String(), planFile) + " " + f.ID + ": " + f.Message
				if f.Hint != "" {
					line += " (" + f.Hint + ")"
				}
				got = append(got, line)
			}
			equal(t, got, tt.want)
		})
	}
}

func TestContractsThatCannotBeRead(t *testing.T) {
	_, findings := Resolve(scenarioOf(t, "contracts: [missing.yaml]\n", load10))
	equal(t, summary(findings), []string{"testdata/plan/s.yaml:3:13 file/unreadable: cannot read missing.yaml: no such file or directory"})
	_, findings = Resolve(scenarioOf(t, "contracts: [schemas]\n", load10))
	equal(t, summary(findings), []string{"testdata/plan/s.yaml:3:13 contract/none-found: no contract in testdata/plan/schemas"})
}

// TestPlanOfTheWholeFlow: facts about topics merge in order, and what reacts
// to a flow is found where its service takes part.
func TestPlanOfTheWholeFlow(t *testing.T) {
	p := planOf(t, both, paying, load10, "topics: {order.events: {replication: 3, config: {min.insync.replicas: 1, x: y}}}\n",
		"invariants: [no-loss, recovery]\n")
	equal(t, p.Topics, []run.Topic{
		{Name: "audit.events", Partitions: 3, Replication: 3, Role: RoleOutput, Config: map[string]string{}},
		{Name: "order.dlq", Partitions: 3, Replication: 3, Role: RoleDLQ, Config: map[string]string{}},
		{Name: "order.events", Partitions: 6, Replication: 3, Role: RoleInput,
			Config: map[string]string{"retention.ms": "604800000", "min.insync.replicas": "1", "x": "y"}},
		{Name: "order.retry", Partitions: 3, Replication: 3, Role: RoleRetry, Config: map[string]string{}},
		{Name: "payment.events", Partitions: 2, Replication: 3, Role: RoleOutput, Config: map[string]string{}},
		{Name: "unused.events", Partitions: 1, Replication: 3, Role: RoleOther, Config: map[string]string{}},
	})
	equal(t, p.Invariants, []string{"no-loss", "recovery"})
	equal(t, []time.Duration{p.Length, p.Warmup}, []time.Duration{10 * time.Second, time.Second})
	equal(t, p.Notes, []string(nil))
	f := p.Flows[0]
	equal(t, reactions(f), []string{"payment-service: PaymentReceived in order.retry payment.events order.dlq"})
	equal(t, []string{f.Topic, f.DrivenService()}, []string{"order.events", "order-service"})
	var groups []any
	for _, g := range p.groups() {
		groups = append(groups, g.name, g.topics)
	}
	equal(t, groups, []any{"payment-service", []string{"order.events", "order.retry"}})
}

// reactions are a flow's in words: whose, its effect, and where it is watched.
func reactions(f *Flow) []string {
	var all []string
	for _, r := range f.Reactions {
		effect := "nothing"
		if r.Produces != nil {
			effect = r.Produces.Event
		}
		all = append(all, r.Consumer+": "+effect+" in "+strings.Join(r.topics(), " "))
	}
	return all
}

// TestSeveralConsumers: each has an effect, a dead-letter topic, retry topics
// and a group of its own, or shares a topic.
func TestSeveralConsumers(t *testing.T) {
	p := planOf(t, "contracts: [orders.yaml, payments.yaml, stock.yaml]\n",
		"services: [{name: payment-service, command: [x]}, {name: stock-service, command: [x]}]\n", load10)
	equal(t, reactions(p.Flows[0]), []string{
		"payment-service: PaymentReceived in order.retry payment.events order.dlq",
		"stock-service (group stock): StockReserved in stock.retry stock.events order.dlq",
		"stock-service (group forecast): nothing in ",
	})
	equal(t, p.Notes, []string{"stock-service (group forecast) declares no effect for OrderPlaced: whether it was processed is not watched"})
	groups := map[string][]string{}
	for _, g := range p.groups() {
		groups[g.name] = g.topics
	}
	equal(t, groups, map[string][]string{
		"payment-service": {"order.events", "order.retry"}, "stock": {"order.events", "stock.retry"}, "forecast": {"order.events"},
	})
	x := &execution{plan: p}
	equal(t, x.watchedTopics(), []string{"order.dlq", "order.events", "order.retry", "payment.events", "stock.events", "stock.retry"})
}

func TestWhoTakesPart(t *testing.T) {
	p := planOf(t, both, load10, "consumers: [{group: probe, topics: [order.events]}, {group: probe-2, topics: [unused.events]}]\n")
	equal(t, p.Notes, []string{"payment-service consumes OrderPlaced but is not part of this run: its effects and dead letters are not watched"})
	f := p.Flows[0]
	equal(t, reactions(f), []string(nil))
	equal(t, p.groupNames(), []string{"probe", "probe-2"})

	p, findings := Resolve(scenarioOf(t, both, load10), "payment-service")
	equal(t, summary(findings), []string(nil))
	if len(p.Flows[0].Reactions) != 1 || len(p.Notes) != 0 {
		t.Errorf("a service that takes part from outside: %+v, %q", p.Flows[0], p.Notes)
	}

	p = planOf(t, both, paying, "load: [{event: OrderCancelled, profile: [{hold: 10/s, for: 10s}]}]\n")
	equal(t, planOf(t, "contracts: [unbuilt.yaml]\n", "load: [{event: OrderRated, profile: [{hold: 1/s, for: 1s}]}]\n").Notes,
		[]string{"unbuilt-service bounds the age of its lag, which is not judged without the invariant lag-bounded"})
	equal(t, p.Notes, []string{"payment-service declares no effect for OrderCancelled: whether it was processed is not watched"})
}

// TestProfiles: every kind of segment becomes the schedule's own, and its
// records are counted before the run.
func TestProfiles(t *testing.T) {
	for profile, want := range map[string]string{
		"{hold: 10/s, for: 3s}":                                            "hold 10/s for 3s: 30",
		"{ramp: 10..0/s, over: 10s}":                                       "ramp 10..0/s over 10s: 50",
		"{step: 10..30/s, by: 10/s, every: 2s}":                            "step 10..30/s by 10/s every 2s: 120",
		"{spike: 10..100/s, for: 1s, over: 5s}":                            "spike 10..100/s for 1s over 5s: 140",
		"{sine: 10/s, amplitude: 5/s, period: 2s, for: 4s}":                "sine 10/s ± 5/s every 2s for 4s: 40",
		"{replay: times.csv}":                                              "replay 3 times over 1.5s: 3",
		"{hold: 10/s, for: 1s}, {replay: times.csv}, {hold: 1/s, for: 1s}": "hold 10/s for 1s, replay 3 times over 1.5s, hold 1/s for 1s: 14",
	} {
		f := planOf(t, both, "load: [{event: OrderPlaced, profile: ["+profile+"]}]\n").Flows[0]
		equal(t, fmt.Sprintf("%s: %d", f.Schedule, f.Schedule.Total()), want)
	}
}

func TestKeys(t *testing.T) {
	for keys, want := range map[string]string{
		"{}":                            "uniform over 10000 keys",
		"{hot: {keys: 10, share: 80%}}": "80% on 10 keys of 10000",
		"{cardinality: 3, hot: {keys: 1, share: 0.5}}": "50% on 1 key of 3",
		"{file: keys.txt}":                           "uniform over 5 keys",
		"{file: keys.txt, sequential: true}":         "sequential over 5 keys",
		"{file: keys.txt, zipf: 1.5}":                "zipf 1.5 over 5 keys",
		"{file: keys.txt, hot: {keys: 4, share: 1}}": "100% on 4 keys of 5",
	} {
		f := planOf(t, both, "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: 1s}], keys: "+keys+"}]\n").Flows[0]
		d, err := f.keys(1, 0)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, d.String(), want)
	}
}

func TestWarmup(t *testing.T) {
	for _, tt := range []struct {
		load, warmup string
		want         time.Duration
	}{
		{"10s", "", time.Second}, {"10m", "", 10 * time.Second}, {"10s", "warmup: 0s\n", 0}, {"10s", "warmup: 3s\n", 3 * time.Second},
	} {
		p := planOf(t, both, "load: [{event: OrderPlaced, profile: [{hold: 1/s, for: "+tt.load+"}]}]\n", tt.warmup)
		equal(t, p.Warmup, tt.want)
	}
}

// TestFaultsOfThePlan: every action and target of the file is one of the
// engine's.
func TestFaultsOfThePlan(t *testing.T) {
	p := planOf(t, both, paying, load10, `faults:
  - {at: 1s, kill: {leader-of: order.events/5}, heal-after: 2s}
  - {at: 1s, stop: {broker: 2}}
  - {at: 1s, pause: {all: true}}
  - {at: 1s, wipe: {followers-of: payment.events/1}}
  - {at: 1s, elect: {unclean: order.events/0}}
  - {at: 2s, crash: {service: payment-service}}
  - {at: 3s, restart: {service: payment-service}}
  - {always: true, poison: {event: OrderPlaced, share: 1%}}
  - {always: true, duplicate: {event: OrderPlaced, share: 2%}}
  - {always: true, duplicate: {event: OrderPlaced, share: 1%}}
`)
	at := func(topic string, p int32) *fault.TopicPartition {
		return &fault.TopicPartition{Topic: topic, Partition: p}
	}
	equal(t, p.Faults, []fault.Fault{
		{Index: 0, Kind: fault.Kill, Target: fault.Target{LeaderOf: at("order.events", 5)}, At: time.Second, HealAfter: 2 * time.Second},
		{Index: 1, Kind: fault.Stop, Target: fault.Target{Brokers: []int32{2}}, At: time.Second},
		{Index: 2, Kind: fault.Pause, Target: fault.Target{All: true}, At: time.Second},
		{Index: 3, Kind: fault.Wipe, Target: fault.Target{FollowersOf: at("payment.events", 1)}, At: time.Second},
		{Index: 4, Kind: fault.ElectUnclean, Target: fault.Target{Partition: at("order.events", 0)}, At: time.Second},
		{Index: 5, Kind: fault.Crash, Target: fault.Target{Service: "payment-service"}, At: 2 * time.Second},
		{Index: 6, Kind: fault.Restart, Target: fault.Target{Service: "payment-service"}, At: 3 * time.Second},
		{Index: 7, Kind: fault.Poison, Target: fault.Target{Event: "OrderPlaced", Share: 0.01}, Always: true},
		{Index: 8, Kind: fault.Duplicate, Target: fault.Target{Event: "OrderPlaced", Share: 0.02}, Always: true},
		{Index: 9, Kind: fault.Duplicate, Target: fault.Target{Event: "OrderPlaced", Share: 0.01}, Always: true},
	})
	equal(t, []float64{p.share(fault.Poison, p.Flows[0]), p.share(fault.Duplicate, p.Flows[0])}, []float64{0.01, 0.03})
}

// TestMoreFaultsOfThePlan: those that name brokers by what they are, and those
// on networks, disks, topics and quotas.
func TestMoreFaultsOfThePlan(t *testing.T) {
	p := planOf(t, both, paying, load10, `faults:
  - {at: 1s, kill: {brokers: [0, 2], count: 1}}
  - {at: 1s, kill: {group-coordinator: payment-service}}
  - {at: 1s, kill: {transaction-coordinator: tx}}
  - {at: 1s, kill: {controller: true}}
  - {at: 1s, isolate: {count: 2}}
  - {at: 1s, isolate: {broker: 1, network: controller}, heal-after: 2s}
  - {at: 1s, fill-disk: {broker: 1}}
  - {at: 1s, rolling-restart: {all: true}}
  - {at: 1s, delete-topic: {topic: payment.events}}
  - {at: 1s, alter-topic: {topic: order.events, config: {retention.ms: 1}}}
  - {at: 1s, quota: {client: pay, produce: 1kB, consume: 1KiB}}
`)
	one := fault.Target{Brokers: []int32{1}}
	equal(t, p.Faults, []fault.Fault{
		{Index: 0, Kind: fault.Kill, Target: fault.Target{Brokers: []int32{0, 2}, Count: 1}, At: time.Second},
		{Index: 1, Kind: fault.Kill, Target: fault.Target{Role: &fault.Role{Kind: fault.GroupCoordinator, Name: "payment-service"}}, At: time.Second},
		{Index: 2, Kind: fault.Kill, Target: fault.Target{Role: &fault.Role{Kind: fault.TransactionCoordinator, Name: "tx"}}, At: time.Second},
		{Index: 3, Kind: fault.Kill, Target: fault.Target{Role: &fault.Role{Kind: fault.Controller}}, At: time.Second},
		{Index: 4, Kind: fault.Isolate, Target: fault.Target{Count: 2}, Network: fault.Replication, At: time.Second},
		{Index: 5, Kind: fault.Isolate, Target: one, Network: fault.ControllerLink, At: time.Second, HealAfter: 2 * time.Second},
		{Index: 6, Kind: fault.FillDisk, Target: one, At: time.Second},
		{Index: 7, Kind: fault.RollingRestart, Target: fault.Target{All: true}, At: time.Second},
		{Index: 8, Kind: fault.DeleteTopic, Change: &fault.Change{Topic: "payment.events"}, At: time.Second},
		{Index: 9, Kind: fault.AlterTopic, Change: &fault.Change{Topic: "order.events", Config: map[string]string{"retention.ms": "1"}}, At: time.Second},
		{Index: 10, Kind: fault.SetQuota, Change: &fault.Change{Client: "pay", Produce: 1000, Consume: 1024}, At: time.Second},
	})
}

// TestOverlappingChanges of the same thing are refused, as they would not
// leave what there was; others are not.
func TestOverlappingChanges(t *testing.T) {
	const (
		setting = "alter-topic: {topic: order.events, config: {retention.ms: 1}}"
		another = "alter-topic: {topic: order.events, config: {segment.ms: 1}}"
		gone    = "delete-topic: {topic: order.events}"
		quota   = "quota: {client: pay, produce: 1kB}"
	)
	for _, tt := range []struct {
		first, second string
		refused       bool
	}{
		{"{at: 1s, " + setting + ", heal-after: 2s}", "{at: 2s, " + setting + ", heal-after: 5s}", true},
		{"{at: 1s, " + setting + "}", "{at: 5s, " + setting + ", heal-after: 1s}", true},
		{"{at: 3s, " + setting + ", heal-after: 2s}", "{at: 1s, " + setting + ", heal-after: 3s}", true},
		{"{at: 1s, " + setting + ", heal-after: 1s}", "{at: 2s, " + setting + ", heal-after: 1s}", false},
		{"{at: 1s, " + setting + "}", "{at: 2s, " + another + "}", false},
		{"{at: 1s, " + setting + "}", "{at: 2s, " + gone + "}", true},
		{"{at: 1s, " + gone + "}", "{at: 2s, " + another + "}", true},
		{"{at: 1s, " + setting + "}", "{at: 2s, alter-topic: {topic: payment.events, config: {retention.ms: 1}}}", false},
		{"{at: 1s, " + quota + "}", "{at: 2s, quota: {client: pay, consume: 1kB}}", true},
		{"{at: 1s, " + quota + "}", "{at: 2s, quota: {produce: 1kB}}", false},
		{"{at: 1s, " + quota + "}", "{at: 2s, " + setting + "}", false},
	} {
		_, findings := Resolve(scenarioOf(t, both, paying, load10, "faults: ["+tt.first+", "+tt.second+"]\n"))
		var got []string
		for _, f := range findings {
			got = append(got, f.ID)
		}
		want := []string(nil)
		if tt.refused {
			want = []string{BadTiming}
		}
		equal(t, got, want)
	}
}

// TestDescribe is what --dry-run prints. Run with -update and read the diff.
func TestDescribe(t *testing.T) {
	p := planOf(t, both, paying, "load:\n  - {event: OrderPlaced, profile: [{ramp: 0..100/s, over: 2s}, {hold: 100/s, for: 8s}]}\n  - {event: OrderCancelled, profile: [{hold: 10/s, for: 5s}]}\n",
		"consumers: [{group: probe, topics: [order.events], members: 2}]\n",
		"faults: [{at: 4s, kill: {leader-of: order.events/0}, heal-after: 2s}, {at: 7s, crash: {service: payment-service}}, {always: true, poison: {event: OrderPlaced, share: 1%}}]\n",
		"invariants: [no-loss, per-key-order]\n",
		"objectives: {steady: {publish: {p99: 50ms, max: 1s}, achieved: 99%}, fault: {unavailable: 15s}, healed: {within: 30s}}\n")
	var b bytes.Buffer
	p.Describe(&b, "docker", 3)
	const golden = "testdata/plan/describe.txt"
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	b.Reset()
	p.Scenario.Name = "a\x1b[31mred\nb"
	p.Describe(&b, "external", 6)
	for _, line := range []string{"scenario   a\\u001b[31mred\\u000ab\ncluster    external, 6 brokers\n", "writes     about 651 KiB to all brokers, 109 KiB to each"} {
		if !strings.Contains(b.String(), line) {
			t.Errorf("no %q in %s", line, b.String())
		}
	}
}

func TestParseTopicPartition(t *testing.T) {
	for text, want := range map[string]string{
		"a/0": "a/0", "a.b-c_d/12": "a.b-c_d/12", "a": "", "/1": "", "a/": "", "a/-1": "", "a/x": "", "a/2147483648": "",
	} {
		got, err := parseTopicPartition(text)
		switch {
		case want == "" && (err == nil || err.Error() != `"`+text+`" is not topic/partition, such as order.events/0`):
			t.Errorf("%s: %v, %v", text, got, err)
		case want != "" && (err != nil || got.String() != want):
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if got, err := parseTopicPartition(""); got != nil || err != nil {
		t.Errorf("empty: %v, %v", got, err)
	}
}

func TestByteSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 10 << 10: "10 KiB", 1536 << 10: "1.5 MiB", 10 << 30: "10 GiB", 5 << 50: "5120 TiB",
	} {
		if got := byteSize(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
}
