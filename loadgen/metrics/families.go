package metrics

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/finding"
)

// bounds are the upper bounds of the buckets of latencies.
var bounds = []time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second,
	10 * time.Second, 30 * time.Second, time.Minute,
}

// latencies are the histograms, with the moments that they are between.
var latencies = []struct {
	kind histogram.Kind
	name string
	help string
}{
	{histogram.ScheduleDelay, "weir_schedule_delay_seconds", "Sent minus due: by how much sends were late."},
	{histogram.Send, "weir_send_seconds", "Acked minus sent: what other tools call publish latency."},
	{histogram.Publish, "weir_publish_seconds", "Acked minus due."},
	{histogram.EndToEnd, "weir_end_to_end_seconds", "Received minus due."},
	{histogram.Effect, "weir_effect_seconds", "Effect observed minus due."},
}

// families are all metrics of a snapshot; verdict is empty until the run is
// judged.
func families(s Snapshot, verdict finding.Verdict) []family {
	all := []family{
		{name: "weir_run", kind: info, help: "The run that these figures are of.", samples: []sample{{labels: []label{
			{"run", s.Run.ID}, {"name", s.Run.Name}, {"seed", s.Run.Seed}, {"cluster", s.Run.Cluster}, {"weir", s.Run.Weir},
		}, value: 1}}},
		oneOf("weir_run_phase", "Which phase of the run it is: 1 for that one, 0 for the others.", "phase", Phases(), s.Phase),
		oneOf("weir_run_verdict", "The verdict: 1 for the one that the run has, all 0 until it is judged.", "verdict", verdicts, string(verdict)),
		gauge("weir_run_elapsed_seconds", "seconds", "Time since the load began, 0 before that.", sample{value: s.Elapsed.Seconds()}),
		gauge("weir_run_load_seconds", "seconds", "How long the load is to go on.", sample{value: s.Length.Seconds()}),
	}
	all = append(all, counts(s)...)
	all = append(all, lag(s.Lag), faults(s.Faults))
	if s.Meter != nil {
		all = append(all, distributions(s.Meter)...)
	}
	return all
}

var verdicts = []string{string(finding.Pass), string(finding.Fail), string(finding.Inconclusive), string(finding.Vacuous)}

func gauge(name, unit, help string, samples ...sample) family {
	return family{name: name, kind: gaugeKind, unit: unit, help: help, samples: samples}
}

func counter(name, help string, samples ...sample) family {
	return family{name: name, kind: counterKind, help: help, samples: samples}
}

// oneOf is a gauge of which the sample with the value now of a label is 1.
func oneOf(name, help, of string, values []string, now string) family {
	f := gauge(name, "", help)
	for _, v := range values {
		f.samples = append(f.samples, sample{labels: []label{{of, v}}, value: truth(v == now)})
	}
	return f
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// counts are those of records.
func counts(s Snapshot) []family {
	offered := counter("weir_offered_records", "Records that were due.")
	sent := counter("weir_sent_records", "Records that were handed to the client.")
	failed := counter("weir_failed_records", "Records that definitely failed.")
	aborted := counter("weir_aborted_records", "Records of transactions that the load aborted on purpose.")
	unresolved := gauge("weir_unresolved_records", "", "Records without an outcome: in flight, or never to be known.")
	acked := counter("weir_acked_records", "Records that were acknowledged.")
	received := counter("weir_received_records", "Records that were read back, each once.")
	for _, t := range bounded(s.Topics) {
		topic := label{"topic", t.Name}
		for _, c := range []struct {
			to *family
			n  int64
		}{{&offered, t.Offered}, {&sent, t.Sent}, {&failed, t.Failed}, {&aborted, t.Aborted}, {&unresolved, t.Unresolved}} {
			c.to.samples = append(c.to.samples, sample{labels: []label{topic}, value: float64(c.n)})
		}
		for _, p := range t.Partitions {
			labels := []label{topic, {"partition", p.ID}}
			acked.samples = append(acked.samples, sample{labels: labels, value: float64(p.Acked)})
			received.samples = append(received.samples, sample{labels: labels, value: float64(p.Received)})
		}
	}
	return []family{
		offered, sent, acked, failed, aborted, received, unresolved,
		counter("weir_effects", "Effects that were observed, once for each consumer.", sample{value: float64(s.Effects)}),
		counter("weir_dead_letters", "Events in dead-letter topics, once for each consumer.", sample{value: float64(s.DeadLetters)}),
		{name: "weir_acked_bytes", kind: counterKind, unit: "bytes", help: "Keys, values and headers of acknowledged records.", samples: []sample{{value: float64(s.Bytes)}}},
	}
}

func lag(groups map[string]int64) family {
	f := gauge("weir_group_lag_records", "", "Records that a consumer group is behind; absent while it is not known.")
	var rest int64
	for i, name := range slices.Sorted(maps.Keys(groups)) {
		if i >= MaxNames {
			rest += groups[name]
			continue
		}
		f.samples = append(f.samples, sample{labels: []label{{"group", name}}, value: float64(groups[name])})
	}
	if len(groups) > MaxNames {
		f.samples = append(f.samples, sample{labels: []label{{"group", other}}, value: float64(rest)})
	}
	return f
}

func faults(all []Fault) family {
	f := gauge("weir_fault_open", "", "Whether a fault of the run is open.")
	open := 0.0
	for i, fault := range all {
		if i >= MaxNames {
			open += truth(fault.Open)
			continue
		}
		f.samples = append(f.samples, sample{labels: []label{{"fault", strconv.Itoa(i)}, {"what", fault.What}}, value: truth(fault.Open)})
	}
	if len(all) > MaxNames {
		f.samples = append(f.samples, sample{labels: []label{{"fault", other}, {"what", other}}, value: open})
	}
	return f
}

// distributions are the latencies, and what has none.
func distributions(m *histogram.Meter) []family {
	missing := counter("weir_missing_latencies", "Records that have no latency, and why.")
	var all []family
	for _, l := range latencies {
		f := family{name: l.name, kind: histogramKind, unit: "seconds", help: l.help}
		for _, d := range m.Distributions(l.kind, bounds) {
			phase := label{"phase", d.Phase.String()}
			for i, n := range d.AtMost {
				f.samples = append(f.samples, sample{suffix: "_bucket", labels: []label{phase}, bound: bounds[i].Seconds(), value: float64(n)})
			}
			f.samples = append(f.samples,
				sample{suffix: "_bucket", labels: []label{phase}, bound: infinite, value: float64(d.Count)},
				sample{suffix: "_sum", labels: []label{phase}, value: d.Sum()},
				sample{suffix: "_count", labels: []label{phase}, value: float64(d.Count)})
			for _, why := range []struct {
				reason string
				n      int64
			}{{"failed", d.Failed}, {"unfinished", d.Unfinished}, {"negative", d.Negative}, {"out-of-range", d.OutOfRange}} {
				missing.samples = append(missing.samples, sample{labels: []label{{"latency", l.kind.String()}, phase, {"reason", why.reason}}, value: float64(why.n)})
			}
		}
		all = append(all, f)
	}
	return append(all, missing)
}
