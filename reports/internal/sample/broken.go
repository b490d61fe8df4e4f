package sample

import (
	"fmt"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// Broken is the run of a payment-service that commits before it processes and
// does not deduplicate, and that died by itself in the end: invariants failed
// with offenders, one objective missed, one not judged, one fault that never
// bit.
func Broken() Sample {
	s := Held()
	r := s.Results
	inventory := r.Senders[0].Reactions[0]
	inventory.Consumer, inventory.Group = "inventory-service", "inventory-service"
	inventory.Effect, inventory.DLQ, inventory.DeadLettered = "com.acme.inventory.InventoryReserved", "", 0
	events := r.Senders[0].Reactions[0].Balance.In
	inventory.Balance = &run.Balance{In: events, Applied: inventory.Effects, Open: events - inventory.Effects}
	r.Senders[0].Reactions[0].Balance.Applied -= 214
	r.Senders[0].Reactions[0].Balance.Open = 214
	r.Senders[0].Reactions[0].Effects -= 214
	r.Senders[0].Reactions[0].EffectsTwice = 1157
	r.Senders[0].Reactions = append(r.Senders[0].Reactions, inventory,
		run.Reaction{Consumer: "audit-service", Group: "audit-service"})
	r.Senders[0].Effects += inventory.Effects - 214
	r.Senders[0].EffectsTwice = 1157
	s.Run.Verdict = finding.Fail
	s.Run.Reason = "The flow did not hold: 214 events were acknowledged and had no effect, and 1,157 had two."
	s.Run.Warnings = []string{"The calibration reached 72% of what this machine can send: rates near it are the machine's."}
	s.Run.Services[1].Died, s.Run.Services[1].DiedAt = "exit status 2", 59_240*time.Millisecond
	s.Run.Services[1].LastLines = []string{
		"2026-03-14T09:28:01.207Z ERROR dlq: MESSAGE_TOO_LARGE",
		"panic: runtime error: invalid memory address or nil pointer dereference",
		"[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x7c4a52]",
		"",
		"goroutine 41 [running]:",
		"main.(*charger).charge(0x0, {0xc0001b2000, 0x19c})",
		"        payment-service/charge.go:88 +0x52",
		"exit status 2",
	}
	s.Logs["payment-service"] += "2026-03-14T09:28:01.207Z ERROR dlq: MESSAGE_TOO_LARGE\npanic: runtime error: invalid memory address or nil pointer dereference\n"
	r.Invariants[0] = run.Outcome{
		Invariant: "no-loss", Verdict: finding.Fail, Checked: r.Senders[0].Acked, Violations: 214,
		Sentence: fmt.Sprintf("214 of %s acknowledged events had no effect.", summary.Count(r.Senders[0].Acked)),
		Findings: lossStories(),
		Notes:    []string{"The log holds all of them: the service lost them, not the brokers."},
	}
	r.Invariants[1] = run.Outcome{
		Invariant: "no-duplicate-effect", Verdict: finding.Fail, Checked: r.Senders[0].Effects, Violations: 1157,
		Sentence: "1,157 events had two effects.", Findings: duplicateStories(),
	}
	r.Invariants[2] = run.Outcome{
		Invariant: "per-key-order", Verdict: finding.Inconclusive, Checked: 120_000,
		Sentence: "Not judged: the drain ended before payment.events was read to its recorded end.",
	}
	r.Objectives[1].Verdict, r.Objectives[1].Want = finding.Fail, "≤ 5 ms"
	r.Objectives[3] = run.Objective{
		Name: "send.p99.99", Phase: run.PhaseFault, Want: "≤ 1 s", Got: "", Verdict: finding.Inconclusive,
		Note: "not judged (n < 1,000,000)", Source: "examples/order-flow/broken.yaml",
	}
	r.Faults[3].Bit = false
	r.Faults[3].Evidence = []string{"no duplicate was due while the load went on"}
	r.Faults[1].Recovered, r.Faults[1].Recovery = false, 0
	r.Drain = run.Drain{Complete: false, Took: time.Minute, Open: []string{"payment.events/3: read to 20,114 of 20,391", "group payment-service: order.events/7 committed 19,870 of 20,003"}}
	r.Findings = []finding.Finding{{
		ID: "service-died", Severity: finding.Error, Message: "payment-service ended by itself: exit status 2",
		Hint: "its last lines are shown below; the whole log is services/payment-service.log",
	}}
	return s
}

func lossStories() []finding.Finding {
	var all []finding.Finding
	for i := range uint64(24) {
		due := crashAt - 90*time.Millisecond + time.Duration(i)*3700*time.Microsecond
		seq, part, offset := 187_402+i*7, int32(i%partitions), int64(15_210+i*3)
		all = append(all, finding.Finding{
			ID: "no-loss", Severity: finding.Error,
			Message: "acknowledged, committed by payment-service, and without an effect",
			Record: &finding.Record{
				Topic: "order.events", Partition: part, Offset: offset, Key: fmt.Sprintf("order-%05d", seq%100_000),
				Sender: "OrderPlaced/0", Sequence: seq, EventID: fmt.Sprintf("5f3a9c01-d2e4-8000-8000-%012x", seq),
				Story: []finding.Step{
					{At: due, What: "due"},
					{At: due + 84*time.Microsecond, What: "sent"},
					{At: due + 1960*time.Microsecond, What: fmt.Sprintf("acked at order.events/%d@%d", part, offset)},
					{At: due + 3900*time.Microsecond, What: "received by weir-probe"},
					{At: crashAt, What: "payment-service crashed; its group had committed past the record"},
					{At: loadFor + 1840*time.Millisecond, What: "drained: no effect seen"},
				},
			},
		})
	}
	return all
}

func duplicateStories() []finding.Finding {
	var all []finding.Finding
	for i := range uint64(3) {
		due := crashAt - 240*time.Millisecond + time.Duration(i)*11*time.Millisecond
		all = append(all, finding.Finding{
			ID: "no-duplicate-effect", Severity: finding.Error, Message: "two effects for one event",
			Record: &finding.Record{
				Topic: "order.events", Partition: int32(i), Offset: int64(15_100 + i), Key: fmt.Sprintf("order-%05d", 81_200+i),
				Sender: "OrderPlaced/0", Sequence: 186_900 + i, EventID: fmt.Sprintf("5f3a9c01-d2e4-8000-8000-%012x", 186_900+i),
				Story: []finding.Step{
					{At: due, What: "due"},
					{At: due + 2*time.Millisecond, What: fmt.Sprintf("acked at order.events/%d@%d", i, 15_100+i)},
					{At: due + 5*time.Millisecond, What: fmt.Sprintf("in a retry topic at order.events.retry/%d@%d", i, 402+i)},
					{At: due + 9*time.Millisecond, What: fmt.Sprintf("effect at payment.events/%d@%d", i, 14_877+i)},
					{At: crashAt, What: "fault: crash payment-service"},
					{At: serviceUp + 31*time.Millisecond, What: fmt.Sprintf("second effect at payment.events/%d@%d", i, 14_990+i)},
					{At: serviceUp + 44*time.Millisecond, What: fmt.Sprintf("dead-lettered at order.events.dlq/%d@%d", i, 310+i)},
				},
			},
		})
	}
	return all
}

// Killed is a run whose process was killed 25 s into the load: no results, no
// end, and a last line that was cut off.
func Killed() Sample {
	s := Held()
	s.Results = nil
	s.Run.Status, s.Run.Verdict, s.Run.Reason, s.Run.Ended = run.Running, "", "", time.Time{}
	s.Run.Phases, s.Run.LoadAfter = nil, 0
	s.Intervals = s.Intervals[:25]
	s.Events = s.Events[:7]
	for kind := range s.Histograms {
		s.Histograms[kind] = s.Histograms[kind][:25]
	}
	return s
}

// Embedded is a short run on the embedded cluster that proves nothing: its
// fault never bit.
func Embedded() Sample {
	s := Held()
	s.Run.Cluster = run.Cluster{
		Kind: "embedded", Brokers: 3, Version: "kfake", Bootstrap: []string{"127.0.0.1:40111"},
		Notes: []string{"Brokers are simulated in process: broker durability and capacity are not exercised."},
	}
	s.Run.Verdict = finding.Vacuous
	s.Run.Reason = "Nothing was proven: the fault \"kill leader of order.events/0 (broker 1)\" never bit."
	f := &s.Results.Faults[0]
	f.Bit, f.Simulated, f.Recovered, f.Recovery, f.PublishStall, f.ConsumeStall = false, true, false, 0, 0, 0
	f.Evidence = []string{"leader epoch 0 before and after; no client error"}
	return s
}

// HostileStrings are what Hostile puts wherever a run carries text of others.
var HostileStrings = []string{
	`<script>window.pwned=1</script>`,
	`</script><script>window.pwned=2</script>`,
	`"><img src=x onerror="window.pwned=3">`,
	`'; window.pwned=4; '`,
	"line\u2028separator\u2029and </title></style><svg onload=window.pwned=5>",
	`<!--<script>`,
	`javascript:window.pwned=6`,
	`| pipe | ` + "`tick`" + ` ]]> &amp; <b>`,
}

// Hostile is Broken with every text of the run made to break out of the view.
func Hostile() Sample {
	s := Broken()
	n := 0
	evil := func() string { n++; return HostileStrings[n%len(HostileStrings)] }
	r := &s.Run
	r.Name, r.Reason, r.Scenario, r.Warnings = evil(), evil(), evil(), []string{evil(), evil()}
	r.Cluster.Notes, r.Cluster.Image, r.Cluster.Bootstrap = []string{evil()}, evil(), []string{evil()}
	r.Host.Name, r.Host.CPU, r.Weir.Version = evil(), evil(), evil()
	for i := range r.Topics {
		r.Topics[i].Name, r.Topics[i].Role = evil(), evil()
		r.Topics[i].Config = map[string]string{evil(): evil()}
	}
	r.Loads[0].Event, r.Loads[0].Profile, r.Loads[0].Keys, r.Loads[0].Trigger = evil(), evil(), evil(), evil()
	r.Services[0].Name, r.Services[0].Command, r.Services[0].URL = evil(), evil(), HostileStrings[6]
	r.Services[1].Died, r.Services[1].LastLines = evil(), HostileStrings
	s.Logs[r.Services[0].Name] = "" // of no service that is listed under this name
	s.Logs["payment-service"] = ""
	for _, text := range HostileStrings {
		s.Logs["payment-service"] += Started.Add(LoadAfter+killAt).Format(time.RFC3339) + " " + text + "\n"
	}
	for i := range s.Events {
		s.Events[i].What, s.Events[i].Kind = evil(), evil()
	}
	for i := range s.Intervals {
		s.Intervals[i].Lag = map[string]map[string]int64{HostileStrings[i%2]: {HostileStrings[1] + "/0": 5}}
		s.Intervals[i].Partitions = map[string]int64{HostileStrings[0] + "/0": s.Intervals[i].Acked}
	}
	res := s.Results
	res.Senders[0].Reasons = []run.Reason{{Reason: evil(), Count: 3}}
	res.Senders[0].Name, res.Senders[0].Topic, res.Senders[0].Event = evil(), evil(), evil()
	for i := range res.Partitions {
		res.Partitions[i].Topic = HostileStrings[0]
	}
	for i := range res.Faults {
		res.Faults[i].What, res.Faults[i].Kind, res.Faults[i].Evidence, res.Faults[i].Error = evil(), evil(), []string{evil(), evil()}, evil()
	}
	for i := range res.Invariants {
		o := &res.Invariants[i]
		o.Invariant, o.Sentence, o.Notes = evil(), evil(), []string{evil()}
		for j := range o.Findings {
			rec := *o.Findings[j].Record
			rec.Topic, rec.Key, rec.Sender, rec.EventID = evil(), evil(), evil(), evil()
			rec.Story = []finding.Step{{At: time.Second, What: evil()}}
			o.Findings[j].Record, o.Findings[j].Message, o.Findings[j].Hint = &rec, evil(), evil()
		}
	}
	for i := range res.Objectives {
		o := &res.Objectives[i]
		o.Name, o.Want, o.Got, o.Note, o.Source = evil(), evil(), evil(), evil(), evil()
	}
	for i := range res.Hops.Hops {
		h := &res.Hops.Hops[i]
		h.Sender, h.Event, h.Topic, h.Consumer, h.Output, h.OutputTopic, h.Retries = evil(), evil(), evil(), evil(), evil(), evil(), []string{evil()}
	}
	for i := range res.Hops.Chains[0].Traces {
		res.Hops.Chains[0].Traces[i].Event = evil()
	}
	for i := range res.Groups {
		res.Groups[i].Name, res.Groups[i].Warning, res.Groups[i].Topics = evil(), evil(), []string{evil()}
	}
	res.Drain.Open = []string{evil()}
	res.Findings[0].Message, res.Findings[0].Hint = evil(), evil()
	s.Scenario = map[string]string{evil(): evil()}
	return s
}
