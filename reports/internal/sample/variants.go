package sample

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Held is a run on three containers that passed: a leader killed, a service
// crashed, poison and duplicates in the load, and nothing lost.
func Held() Sample { return build(simulate()) }

// build makes the sample of a flow that held.
func build(f *flow) Sample {
	lat := f.latencies()
	sent := uint64(f.sent)
	poison, dup := sent/100, sent/50
	s := Sample{
		Run:        held(),
		Scenario:   scenario(),
		Intervals:  f.intervals,
		Events:     events(),
		Histograms: f.histograms,
		Logs: map[string]string{
			"order-service":   orderLog(),
			"payment-service": paymentLog(),
		},
	}
	s.Results = &run.Results{
		Senders: []run.Sender{{
			Name: "OrderPlaced/0", Event: "com.acme.order.OrderPlaced", Topic: "order.events", Via: "topic",
			Due: sent, Sent: sent, Acked: sent - 7, Unknown: 7, UnknownSeen: 3, Reasons: []run.Reason{{Reason: "delivery timeout", Count: 5}, {Reason: "NOT_ENOUGH_REPLICAS_AFTER_APPEND", Count: 2}}, Received: sent - 4,
			Poison: poison, Duplicates: dup, Effects: sent - poison - dup, DeadLettered: poison, Bytes: sent * 412,
			Reactions: []run.Reaction{{
				Consumer: "payment-service", Group: "payment-service", Effect: "com.acme.payment.PaymentReceived", DLQ: "order.events.dlq",
				Effects: sent - poison - dup, DeadLettered: poison,
				Balance: &run.Balance{In: sent - dup, Applied: sent - poison - dup, DeadLettered: poison},
			}},
		}},
		Latencies:  lat,
		Hops:       f.hops(sent-dup, poison),
		Partitions: f.partitions,
		Groups:     groups(f),
		Faults:     faults(),
		Invariants: invariants(sent, poison),
		Objectives: objectives(lat),
		Drain:      run.Drain{Complete: true, Took: 1840 * time.Millisecond},
		Generator: run.Generator{
			Offered: 5000, Achieved: 4998.7, WakeP99: 410 * time.Microsecond, BlockedP99: 36 * time.Microsecond,
			CPU: 0.41, Cores: 1.86, JournalBytes: 38 << 20,
		},
	}
	s.Run.Reason = fmt.Sprintf("The flow held: %s events were sent and none was lost, 4 of 4 faults bit, and all 6 objectives were met.", summary.Count(sent))
	return s
}

func held() run.Run {
	return run.Run{
		ID:       run.DirName(Started, "orders-leader-kill", "5f3a9c01d2e4"),
		Identity: "5f3a9c01d2e4",
		Name:     "orders-leader-kill",
		Scenario: "examples/order-flow/broken.yaml",
		Status:   run.Complete,
		Started:  Started,
		Ended:    Started.Add(LoadAfter + seconds*time.Second), LoadAfter: LoadAfter,
		Seed:    8154711733019282641,
		Verdict: finding.Pass,
		Weir:    run.Weir{Version: "v0.1.0", Commit: "3c6cb1e", Go: "go1.26.0"},
		Host: run.Host{
			Name: "ci-runner-7", OS: "linux", Arch: "amd64", CPU: "AMD EPYC 7763", Cores: 2,
			MemoryBytes: 8 << 30, Kernel: "6.8.0",
		},
		Cluster: run.Cluster{
			Kind: "docker", Brokers: 3, Version: "4.3.1", Image: "apache/kafka:4.3.1",
			Bootstrap: []string{"127.0.0.1:40211", "127.0.0.1:40212", "127.0.0.1:40213"},
			Config:    map[string]string{"broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500"},
			Durable:   true,
			Notes:     []string{"Three brokers shared one machine of 2 cores: latencies and throughput are not those of a production cluster."},
		},
		Topics: []run.Topic{
			{Name: "order.events", Partitions: partitions, Replication: 3, Role: "input", Config: map[string]string{"min.insync.replicas": "2"}, Created: true},
			{Name: "payment.events", Partitions: partitions, Replication: 3, Role: "output", Created: true},
			{Name: "order.events.retry", Partitions: 3, Replication: 3, Role: "retry", Created: true},
			{Name: "order.events.dlq", Partitions: 1, Replication: 3, Role: "dlq", Created: true},
		},
		Loads: []run.Load{{
			Event: "com.acme.order.OrderPlaced", Topic: "order.events", Via: "topic", Sender: "OrderPlaced/0",
			Profile: "ramp 0..5000/s over 10s, hold 5000/s for 50s", Keys: "zipf 1.1 of 100,000",
			Producer: map[string]string{"acks": "all", "enable.idempotence": "true", "linger.ms": "5", "compression.type": "lz4"},
		}},
		Services: []run.Service{
			{Name: "order-service", Kind: "build", Command: "./order-service", URL: "http://127.0.0.1:40300", Log: run.ServiceLog("order-service")},
			{Name: "payment-service", Kind: "build", Command: "./payment-service", Log: run.ServiceLog("payment-service"), Restarts: 1},
		},
		Phases: []run.Phase{
			{Name: run.PhaseWarmup, Start: 0, End: warmup},
			{Name: run.PhaseSteady, Start: warmup, End: killAt},
			{Name: run.PhaseFault, Start: killAt, End: killHealed},
			{Name: run.PhaseHealed, Start: killHealed, End: killHealed + 5*time.Second},
			{Name: run.PhaseSteady, Start: killHealed + 5*time.Second, End: crashAt},
			{Name: run.PhaseFault, Start: crashAt, End: serviceUp},
			{Name: run.PhaseHealed, Start: serviceUp, End: serviceUp + 7*time.Second},
			{Name: run.PhaseSteady, Start: serviceUp + 7*time.Second, End: loadFor},
			{Name: run.PhaseDrain, Start: loadFor, End: seconds * time.Second},
		},
	}
}

func events() []run.Event {
	return []run.Event{
		{At: -9 * time.Second, Kind: "note", What: "cluster starts: 3 brokers", Fault: -1},
		{At: -2800 * time.Millisecond, Kind: "service", What: "order-service ready", Fault: -1},
		{At: -1200 * time.Millisecond, Kind: "service", What: "payment-service ready", Fault: -1},
		{At: 0, Kind: "phase", What: "warmup", Fault: -1},
		{At: warmup, Kind: "phase", What: "steady", Fault: -1},
		{At: killAt, Kind: "fault", What: "kill leader of order.events/0 (broker 1)", Fault: 0},
		{At: stallUntil, Kind: "note", What: "order.events/0 has leader 2, epoch 0 → 1", Fault: 0},
		{At: killHealed, Kind: "heal", What: "start broker 1", Fault: 0},
		{At: killHealed + 4700*time.Millisecond, Kind: "note", What: "broker 1 is back in every ISR", Fault: 0},
		{At: crashAt, Kind: "fault", What: "crash payment-service", Fault: 1},
		{At: serviceUp, Kind: "heal", What: "payment-service ready again", Fault: 1},
		{At: loadFor, Kind: "drain", What: "load ends; reading to the recorded ends", Fault: -1},
		{At: loadFor + 1840*time.Millisecond, Kind: "drain", What: "drained", Fault: -1},
	}
}

func faults() []run.Fault {
	return []run.Fault{
		{
			Index: 0, What: "kill leader of order.events/0 (broker 1)", Kind: "kill", Target: "leader-of order.events/0",
			Start: killAt, Healed: killHealed, Bit: true, Recovered: true,
			Evidence: []string{
				"leader of order.events/0: broker 1 before, broker 2 after; leader epoch 0 → 1",
				"4 of 12 partitions changed leader",
				"no ack on those partitions for 4.1 s",
			},
			PublishStall: stallUntil - killAt, ConsumeStall: stallUntil - killAt + 12*time.Millisecond, Recovery: 5 * time.Second,
		},
		{
			Index: 1, What: "crash payment-service", Kind: "crash", Target: "payment-service",
			Start: crashAt, Healed: serviceUp, Bit: true, Recovered: true,
			Evidence:     []string{"process 4711 ended by SIGKILL, started again as 4802", "no effect for 3.2 s; lag of payment-service rose to 20,000 records"},
			ConsumeStall: serviceUp - crashAt, Recovery: 8 * time.Second,
		},
		{
			Index: 2, What: "poison 1% of com.acme.order.OrderPlaced", Kind: "poison", Target: "com.acme.order.OrderPlaced",
			Always: true, Bit: true, Recovered: true, Evidence: []string{"every poisoned record was found in order.events.dlq"},
		},
		{
			Index: 3, What: "duplicate 2% of com.acme.order.OrderPlaced", Kind: "duplicate", Target: "com.acme.order.OrderPlaced",
			Always: true, Bit: true, Recovered: true, Evidence: []string{"every duplicate was found in order.events under an event id already sent"},
		},
	}
}

func invariants(sent, poison uint64) []run.Outcome {
	return []run.Outcome{
		{Invariant: "no-loss", Verdict: finding.Pass, Sentence: fmt.Sprintf("All %s acknowledged records were read back.", summary.Count(sent-7)), Checked: sent - 7,
			Notes: []string{"7 sends ended unknown; 3 of them were found in the log. Unknown is neither lost nor delivered."}},
		{Invariant: "no-duplicate-effect", Verdict: finding.Pass, Sentence: "No event had two effects.", Checked: sent - poison},
		{Invariant: "per-key-order", Verdict: finding.Pass, Sentence: "Every key was applied in the order in which it was sent.", Checked: sent - poison},
		{Invariant: "dlq-complete", Verdict: finding.Pass, Sentence: fmt.Sprintf("All %s poisoned records were dead-lettered, with key, value and headers.", summary.Count(poison)), Checked: poison},
		{Invariant: "recovery", Verdict: finding.Pass, Sentence: "Both timed faults were recovered from, the slower within 8 s.", Checked: 2},
	}
}

func objectives(lat []run.Latency) []run.Objective {
	contract, file := "order-service/weir.yaml", "examples/order-flow/broken.yaml"
	return []run.Objective{
		{Name: "publish.p99", Phase: run.PhaseSteady, Want: "≤ 50 ms", Got: summary.Duration(quantile(lat, run.Publish, run.PhaseSteady, 0.99)), Verdict: finding.Pass, Source: file},
		{Name: "end-to-end.p99", Phase: run.PhaseSteady, Want: "≤ 250 ms", Got: summary.Duration(quantile(lat, run.EndToEnd, run.PhaseSteady, 0.99)), Verdict: finding.Pass, Source: file},
		{Name: "achieved", Phase: run.PhaseSteady, Want: "≥ 99%", Got: "99.97%", Verdict: finding.Pass, Source: file},
		{Name: "unavailable", Phase: run.PhaseFault, Want: "≤ 15 s", Got: "4.12 s", Verdict: finding.Pass, Source: file},
		{Name: "healed.within", Phase: run.PhaseHealed, Want: "≤ 30 s", Got: "8 s", Verdict: finding.Pass, Source: file},
		{Name: "lag.records", Want: "≤ 100,000", Got: "20,180", Verdict: finding.Pass, Source: contract},
	}
}

func groups(f *flow) []run.Group {
	var all []run.Group
	for _, name := range []string{"payment-service", "weir-probe"} {
		g := run.Group{Name: name, Topics: []string{"order.events"}}
		g.MaxLag, g.MaxLagAt = f.maxLag(name)
		all = append(all, g)
	}
	return all
}

func scenario() any {
	return map[string]any{
		"weir": "scenario/v1", "name": "orders-leader-kill",
		"cluster":   map[string]any{"kind": "docker", "brokers": 3},
		"contracts": []string{"order-service/weir.yaml", "payment-service/weir.yaml"},
		"load": []any{map[string]any{
			"event": "com.acme.order.OrderPlaced", "via": "topic",
			"profile": []string{"ramp 0..5000/s over 10s", "hold 5000/s for 50s"},
		}},
		"faults": []any{
			map[string]any{"at": "20s", "kill": map[string]string{"leader-of": "order.events/0"}, "heal-after": "10s"},
			map[string]any{"at": "40s", "crash": map[string]string{"service": "payment-service"}},
			map[string]any{"always": true, "poison": map[string]string{"event": "com.acme.order.OrderPlaced", "share": "1%"}},
			map[string]any{"always": true, "duplicate": map[string]string{"event": "com.acme.order.OrderPlaced", "share": "2%"}},
		},
		"invariants": []string{"no-loss", "no-duplicate-effect", "per-key-order", "dlq-complete", "recovery"},
	}
}

func orderLog() string {
	return "2026-03-14T09:26:59Z INFO listening addr=127.0.0.1:40300\n2026-03-14T09:27:59Z INFO shutting down\n"
}

func paymentLog() string {
	var b strings.Builder
	at := func(d time.Duration) string {
		return Started.Add(LoadAfter + d).Format("2006-01-02T15:04:05.000Z")
	}
	fmt.Fprintf(&b, "%s INFO joined group=payment-service partitions=12\n", at(-1200*time.Millisecond))
	fmt.Fprintf(&b, "%s WARN broker 1: connection reset, retrying\n", at(killAt+40*time.Millisecond))
	fmt.Fprintf(&b, "%s INFO leader of order.events/0 is broker 2\n", at(stallUntil))
	fmt.Fprintf(&b, "%s INFO starting\n", at(serviceUp-900*time.Millisecond))
	fmt.Fprintf(&b, "%s INFO joined group=payment-service partitions=12\n", at(serviceUp))
	return b.String()
}
