package html

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// funcs are the words and numbers of package summary, and a few ways to cut
// lists.
var funcs = template.FuncMap{
	"duration":      summary.Duration,
	"moment":        summary.Moment,
	"tenths":        tenths,
	"rate":          summary.Rate,
	"share":         summary.Share,
	"cpu":           summary.CPU,
	"word":          summary.Word,
	"sign":          summary.Sign,
	"kind":          summary.KindName,
	"phase":         summary.PhaseName,
	"cluster":       summary.Cluster,
	"place":         summary.Place,
	"objective":     summary.ObjectiveName,
	"faultVerdict":  summary.FaultVerdict,
	"faultSentence": summary.FaultSentence,
	"quantileName":  summary.QuantileName,
	"upper":         upperFirst,
	"join":          strings.Join,
	"class":         class,
	"count":         count,
	"part":          func(n, of uint64) string { return summary.Share(float64(n) / float64(of)) },
	"bytes":         func(n any) string { return summary.Bytes(toInt64(n)) },
	"plural":        func(n any, one, many string) string { return summary.Plural(toInt64(n), one, many) },
	"offenders":     offenders,
	"moreOffenders": func(all []finding.Finding) int { return max(len(all)-maxOffenders, 0) },
	"time":          func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") },
	"settings":      settings,
	"brokerValue":   summary.BrokerValue,
}

// tenths writes a time since the load began that is known to a tenth of a
// second.
func tenths(at time.Duration) string {
	return strings.Replace(fmt.Sprintf("%+.1f s", at.Truncate(100*time.Millisecond).Seconds()), "-", "−", 1)
}

// class is the CSS class of a verdict.
func class(v finding.Verdict) string {
	switch v {
	case finding.Pass, finding.Fail, finding.Inconclusive, finding.Vacuous:
		return string(v)
	}
	return "none"
}

// count takes every type that a count has in a run directory.
func count(n any) string {
	if u, ok := n.(uint64); ok {
		return summary.Count(u)
	}
	return summary.Count(toInt64(n))
}

func toInt64(n any) int64 {
	switch n := n.(type) {
	case int:
		return int64(n)
	case int32:
		return int64(n)
	case int64:
		return n
	case uint64:
		return int64(min(n, 1<<63-1))
	}
	panic(fmt.Sprintf("count of a %T", n))
}

func offenders(all []finding.Finding) []finding.Finding {
	return all[:min(len(all), maxOffenders)]
}

// settings writes a map in the order of its keys.
func settings(m map[string]string) string {
	var parts []string
	for _, k := range sortedKeys(m) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, ", ")
}

// latencyTable is one kind in all phases.
type latencyTable struct {
	Kind, From, To string
	Quantiles      []float64
	Rows           []latencyRow
}

type latencyRow struct {
	run.Latency
	Cells []latencyCell // one for each of Quantiles
	// Without says what is in no percentile, and why.
	Without string
}

// latencyCell is a percentile or, where it is withheld, how many samples it
// needs.
type latencyCell struct {
	Value    string
	Withheld bool
}

func latencyTables(all []run.Latency) []latencyTable {
	var tables []latencyTable
	index := map[string]int{}
	for _, l := range all {
		i, ok := index[l.Kind]
		if !ok {
			i = len(tables)
			index[l.Kind] = i
			tables = append(tables, latencyTable{Kind: l.Kind, From: l.From, To: l.To})
		}
		t := &tables[i]
		t.Rows = append(t.Rows, latencyRow{Latency: l})
		for _, q := range l.Quantiles {
			if !slices.Contains(t.Quantiles, q.Q) {
				t.Quantiles = append(t.Quantiles, q.Q)
			}
		}
	}
	slices.SortStableFunc(tables, func(a, b latencyTable) int { return byInterest(a.Kind, b.Kind) })
	for i := range tables {
		slices.Sort(tables[i].Quantiles)
		for j := range tables[i].Rows {
			row := &tables[i].Rows[j]
			row.Cells, row.Without = cells(row.Latency, tables[i].Quantiles), without(row.Latency)
		}
	}
	return tables
}

func cells(l run.Latency, quantiles []float64) []latencyCell {
	out := make([]latencyCell, len(quantiles))
	for i, want := range quantiles {
		out[i] = latencyCell{"–", false}
		for _, q := range l.Quantiles {
			switch {
			case q.Q != want:
			case q.Judged:
				out[i] = latencyCell{summary.Duration(q.Value), false}
			default:
				out[i] = latencyCell{summary.Count(q.Need), true}
			}
		}
	}
	return out
}

func without(l run.Latency) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		name string
	}{{l.Failed, "failed"}, {l.Unfinished, "unfinished"}, {l.Negative, "negative"}, {l.OutOfRange, "out of range"}, {l.Excluded, "excluded"}} {
		if c.n != 0 {
			parts = append(parts, summary.Count(c.n)+" "+c.name)
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

// partitions is the table of throughput per partition.
type partitions struct {
	Rows []partitionRow
	// Left says how many partitions have no row.
	Left int
	// Skew says in words how uneven they are.
	Skew string
	// Warmed says whether there was a warm-up, which no figure has.
	Warmed bool
}

type partitionRow struct {
	run.Partition
	Share float64 // of the topic's acks
	Rate  float64 // acks per second of measured load
	Width string  // of the bar, in percent of the busiest
}

func newPartitions(all []run.Partition, r run.Run) partitions {
	measured := measuredLoad(r).Seconds()
	topics := map[string]int64{}
	var busiest int64
	for _, p := range all {
		topics[p.Topic] += p.Acked
		busiest = max(busiest, p.Acked)
	}
	t := partitions{Warmed: slices.ContainsFunc(r.Phases, func(p run.Phase) bool { return p.Name == run.PhaseWarmup })}
	for _, p := range all {
		row := partitionRow{Partition: p, Width: "0"}
		if n := topics[p.Topic]; n > 0 {
			row.Share = float64(p.Acked) / float64(n)
			row.Width = num(float64(p.Acked) / float64(busiest) * 100)
		}
		if measured > 0 {
			row.Rate = float64(p.Acked) / measured
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortStableFunc(t.Rows, func(a, b partitionRow) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition.Partition, b.Partition.Partition))
	})
	t.Skew = skew(all, topics)
	if n := len(t.Rows) - maxRows; n > 0 {
		t.Rows, t.Left = t.Rows[:maxRows], n
	}
	return t
}

// measuredLoad is how long load was measured: the run without its warm-up and
// its drain.
func measuredLoad(r run.Run) time.Duration {
	var d time.Duration
	for _, p := range r.Phases {
		if p.Name != run.PhaseWarmup && p.Name != run.PhaseDrain {
			d += p.End - p.Start
		}
	}
	return d
}

// skew names the partition that is busiest against the mean of its topic: it
// bounds what more partitions can give.
func skew(all []run.Partition, topics map[string]int64) string {
	number := map[string]int{}
	for _, p := range all {
		number[p.Topic]++
	}
	worst, factor := run.Partition{}, 0.0
	for _, p := range all {
		if topics[p.Topic] == 0 || number[p.Topic] < 2 {
			continue
		}
		if f := float64(p.Acked) * float64(number[p.Topic]) / float64(topics[p.Topic]); f > factor {
			worst, factor = p, f
		}
	}
	if factor == 0 {
		return ""
	}
	return fmt.Sprintf("The busiest partition, %s/%d, took %.2f times the mean of its topic.", worst.Topic, worst.Partition, factor)
}

// numbers is a row of the table behind the charts.
type numbers struct {
	At                            float64
	Due, Acked, Received, Effects string
	Lag                           string
	Latency                       []latencyNumbers
}

type latencyNumbers struct{ P50, P99, Max string }

func newNumbers(d data, g grid) []numbers {
	rows := make([]numbers, g.n)
	for i := range rows {
		r := numbers{
			At:  float64(i) * g.step.Seconds(),
			Due: rateAt(d.Flow.Due[i]), Acked: rateAt(d.Flow.Acked[i]),
			Received: rateAt(d.Flow.Received[i]), Effects: rateAt(d.Flow.Effects[i]),
		}
		var lag []string
		for _, l := range d.Flow.Lag {
			if l.Lag[i] != nil {
				lag = append(lag, l.Group+" "+summary.Count(*l.Lag[i]))
			}
		}
		r.Lag = strings.Join(lag, ", ")
		for _, c := range d.Kinds {
			r.Latency = append(r.Latency, latencyNumbers{microsAt(c.P50[i]), microsAt(c.P99[i]), microsAt(c.Max[i])})
		}
		rows[i] = r
	}
	return rows
}

func rateAt(f *float64) string {
	if f == nil {
		return "–"
	}
	return summary.Rate(*f)
}

func microsAt(us *int64) string {
	if us == nil {
		return "–"
	}
	return microsLabel(float64(*us))
}
