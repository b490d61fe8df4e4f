package csv

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// tables are all files, in the order in which they are written.
var tables = []table{
	{"verdicts", "of name phase verdict want got sentence checked violations source", verdicts},
	{"senders", "sender event topic via due sent acked failed aborted unknown unknown_seen received received_twice lost poison duplicates effects effects_twice dead_lettered dead_lettered_twice bytes", senders},
	{"latencies", "kind phase from to samples min_ns mean_ns max_ns failed unfinished negative out_of_range excluded", latencies},
	{"percentiles", "kind phase q value_ns samples need", percentiles},
	{"interval_percentiles", "start_ns length_ns kind phase samples p50_ns p90_ns p99_ns p999_ns max_ns", intervalPercentiles},
	{"intervals", "start_ns length_ns phase due sent acked failed aborted received effects dead bytes", intervals},
	{"partitions", "topic partition acked received bytes publish_p50_ns publish_p99_ns start_offset end_offset", partitions},
	{"partition_intervals", "start_ns length_ns topic partition acked", partitionIntervals},
	{"groups", "group topics max_lag max_lag_at_ns end_lag unknown_ns unknown_at_ns members consumed rebalances warning", groups},
	{"lag", "start_ns length_ns group topic partition lag", lag},
	{"faults", "fault what kind target always start_ns healed_ns bit recovered recovery_ns publish_stall_ns consume_stall_ns simulated error evidence", faults},
	{"timeline", "at_ns kind fault what", timeline},
	{"findings", "of id severity message hint file line column topic partition offset key sender sequence event", findings},
	{"brokers", "at_ns series broker value", brokers},
}

// whole is the phase of figures over the whole run without its warm-up.
const whole = "run"

func phase(name string) string {
	if name == "" {
		return whole
	}
	return name
}

// verdicts are that of the run, and those of what was judged in it.
func verdicts(r *rows, rec *run.Record) error {
	v, sentence := summary.Judge(rec)
	r.add("run", rec.Run.Name, nil, string(v), nil, nil, sentence, nil, nil, nil)
	if rec.Results == nil {
		return nil
	}
	for _, o := range rec.Results.Invariants {
		r.add("invariant", o.Invariant, nil, string(o.Verdict), nil, nil, o.Sentence, o.Checked, o.Violations, nil)
	}
	for _, o := range rec.Results.Objectives {
		r.add("objective", o.Name, o.Phase, string(o.Verdict), o.Want, o.Got, o.Note, nil, nil, o.Source)
	}
	return nil
}

func senders(r *rows, rec *run.Record) error {
	if rec.Results == nil {
		return nil
	}
	for _, s := range rec.Results.Senders {
		received, twice, lost := any(s.Received), any(s.ReceivedTwice), any(s.Lost)
		if s.Unread {
			received, twice, lost = nil, nil, nil
		}
		r.add(s.Name, s.Event, s.Topic, s.Via, s.Due, s.Sent, s.Acked, s.Failed, s.Aborted, s.Unknown, s.UnknownSeen,
			received, twice, lost, s.Poison, s.Duplicates, s.Effects, s.EffectsTwice, s.DeadLettered, s.DeadLetteredTwice, s.Bytes)
	}
	return nil
}

func latencies(r *rows, rec *run.Record) error {
	if rec.Results == nil {
		return nil
	}
	for _, l := range rec.Results.Latencies {
		r.add(l.Kind, phase(l.Phase), l.From, l.To, l.Count, l.Min, l.Mean, l.Max, l.Failed, l.Unfinished, l.Negative, l.OutOfRange, l.Excluded)
	}
	return nil
}

func percentiles(r *rows, rec *run.Record) error {
	if rec.Results == nil {
		return nil
	}
	for _, l := range rec.Results.Latencies {
		for _, q := range l.Quantiles {
			var value any
			if q.Judged {
				value = q.Value
			}
			r.add(l.Kind, phase(l.Phase), q.Q, value, l.Count, q.Need)
		}
	}
	return nil
}

// intervalPercentiles are those of each interval of the histogram logs.
func intervalPercentiles(r *rows, rec *run.Record) error {
	for _, kind := range rec.Kinds {
		for span, err := range rec.Spans(kind) {
			if err != nil {
				return err
			}
			h, err := span.Histogram()
			if err != nil {
				return err
			}
			row := []any{span.Start, span.Length, kind, span.Tag, h.TotalCount()}
			for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
				if float64(h.TotalCount()) < 100/(1-q)-0.5 { // as everywhere: a hundred beyond it
					row = append(row, nil)
					continue
				}
				row = append(row, time.Duration(h.ValueAtPercentile(100*q)))
			}
			var longest any
			if h.TotalCount() > 0 {
				longest = time.Duration(h.Max())
			}
			r.add(append(row, longest)...)
		}
	}
	return nil
}

func intervals(r *rows, rec *run.Record) error {
	for _, in := range rec.Intervals {
		r.add(in.Start, in.Length, in.Phase, in.Due, in.Sent, in.Acked, in.Failed, in.Aborted, in.Received, in.Effects, in.Dead, in.Bytes)
	}
	return nil
}

func partitions(r *rows, rec *run.Record) error {
	if rec.Results == nil {
		return nil
	}
	for _, p := range rec.Results.Partitions {
		r.add(p.Topic, p.Partition, p.Acked, p.Received, p.Bytes, known(p.PublishP50), known(p.PublishP99), p.StartOffset, p.EndOffset)
	}
	return nil
}

func partitionIntervals(r *rows, rec *run.Record) error {
	for _, in := range rec.Intervals {
		for _, p := range byPartition(in.Partitions) {
			r.add(in.Start, in.Length, p.topic, p.id, p.n)
		}
	}
	return nil
}

func groups(r *rows, rec *run.Record) error {
	if rec.Results == nil {
		return nil
	}
	for _, g := range rec.Results.Groups {
		var members, consumed, rebalances any
		if g.Members > 0 { // known of Weir's own alone
			members, consumed, rebalances = g.Members, g.Consumed, g.Rebalances
		}
		r.add(g.Name, strings.Join(g.Topics, " "), g.MaxLag, g.MaxLagAt, g.EndLag, g.Unknown, g.UnknownAt, members, consumed, rebalances, g.Warning)
	}
	return nil
}

func lag(r *rows, rec *run.Record) error {
	for _, in := range rec.Intervals {
		for _, group := range slices.Sorted(maps.Keys(in.Lag)) {
			for _, p := range byPartition(in.Lag[group]) {
				r.add(in.Start, in.Length, group, p.topic, p.id, p.n)
			}
		}
	}
	return nil
}

// count is a count of one partition. A name that is none of a partition has no
// id.
type count struct {
	topic string
	id    any
	n     int64
}

// byPartition are counts by "topic/partition", in order of both.
func byPartition(counts map[string]int64) []count {
	all := make([]count, 0, len(counts))
	for name, n := range counts {
		c := count{topic: name, n: n}
		if at := strings.LastIndexByte(name, '/'); at >= 0 {
			if id, err := strconv.ParseInt(name[at+1:], 10, 32); err == nil {
				c.topic, c.id = name[:at], id
			}
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b count) int {
		if by := strings.Compare(a.topic, b.topic); by != 0 {
			return by
		}
		x, _ := a.id.(int64)
		y, _ := b.id.(int64)
		return int(x - y)
	})
	return all
}

func faults(r *rows, rec *run.Record) error {
	if rec.Results == nil {
		return nil
	}
	for _, f := range rec.Results.Faults {
		start, recovered := any(f.Start), any(f.Recovered)
		if f.Always { // it has no time, and nothing to recover from
			start, recovered = nil, nil
		} else if f.Never != "" {
			start = nil
		}
		r.add(f.Index, f.What, f.Kind, f.Target, f.Always, start, known(f.Healed), f.Bit, recovered, known(f.Recovery),
			known(f.PublishStall), known(f.ConsumeStall), f.Simulated, f.Error, strings.Join(f.Evidence, "; "))
	}
	return nil
}

func timeline(r *rows, rec *run.Record) error {
	for _, e := range rec.Events {
		var of any
		if e.Fault >= 0 {
			of = e.Fault
		}
		r.add(e.At, e.Kind, of, e.What)
	}
	return nil
}

// findings are those of invariants, and those of the run itself.
func findings(r *rows, rec *run.Record) error {
	if rec.Results == nil {
		return nil
	}
	for _, o := range rec.Results.Invariants {
		for _, f := range o.Findings {
			addFinding(r, o.Invariant, f)
		}
	}
	for _, f := range rec.Results.Findings {
		addFinding(r, "run", f)
	}
	return nil
}

func addFinding(r *rows, of string, f finding.Finding) {
	row := []any{of, f.ID, string(f.Severity), f.Message, f.Hint}
	if p := f.Position; p != nil {
		row = append(row, p.File, known(p.Line), known(p.Column))
	} else {
		row = append(row, nil, nil, nil)
	}
	if x := f.Record; x != nil {
		var partition, offset any
		if x.Topic != "" && x.Offset >= 0 {
			partition, offset = x.Partition, x.Offset
		}
		row = append(row, x.Topic, partition, offset, x.Key, x.Sender, x.Sequence, x.EventID)
	} else {
		row = append(row, nil, nil, nil, nil, nil, nil, nil)
	}
	r.add(row...)
}

func brokers(r *rows, rec *run.Record) error {
	for _, s := range rec.Brokers {
		r.add(s.At, s.Series, s.Broker, s.Value)
	}
	return nil
}
