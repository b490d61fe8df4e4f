package scenario

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/prometheus"
	"github.com/flowweir/weir/reports/finding"
	words "github.com/flowweir/weir/reports/summary"
)

// defaultMaxBytes is the default of guard.max-bytes: 10 GiB.
const defaultMaxBytes = 10 << 30

func (g Guard) limit() int64 { return cmp.Or(int64(g.MaxBytes), defaultMaxBytes) }

// byteSize renders a number of bytes that is known roughly.
func byteSize(n int64) string {
	size, unit := float64(n), "bytes"
	for _, next := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if size < 1024 {
			break
		}
		size, unit = size/1024, next
	}
	if size < 10 && unit != "bytes" {
		return fmt.Sprintf("%.1f %s", size, unit)
	}
	return fmt.Sprintf("%.0f %s", size, unit)
}

// headerBytes is about what headers, weir-id and framing add to a record.
const headerBytes = 250

// valueBytes is the mean size of a flow's data: of documents made from its
// schema, or a guess where there is nothing to make them from.
func (f *Flow) valueBytes() int64 {
	const guess, samples = 512, 32
	if f.raw() {
		return f.meanBytes
	}
	own, _ := f.fromFiles() // what they tell will do
	docs, err := newDocuments(own)
	if err != nil {
		return guess
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var sum int64
	for range samples {
		doc, err := docs.generate(rng)
		if err != nil {
			return guess
		}
		text, err := docs.encode(doc)
		if err != nil {
			return guess
		}
		sum += int64(len(text))
	}
	return sum / samples
}

// bytes is about what the load writes to all brokers together, replication
// included, before compression.
func (p *Plan) bytes() int64 {
	var total int64
	for _, f := range p.Flows {
		total += p.flowBytes(f)
	}
	return total
}

func (p *Plan) flowBytes(f *Flow) int64 {
	each := float64(f.valueBytes() + headerBytes)
	for _, s := range p.spoilt(f) {
		each += s.Share * float64(s.Size) // beside those of another size, which are few
	}
	return int64(float64(f.Schedule.Total())*each) * int64(p.topic(f.Topic).Replication)
}

// DryRun prints what a run would do, and does nothing: it refuses what Run
// would, with the same errors, and asks an external cluster, without changing
// it, what only that can tell. It answers what is to be said of the files
// beside errors.
func DryRun(ctx context.Context, s *Scenario, w io.Writer, opts ...Option) ([]finding.Finding, error) {
	x, findings, err := newExecution(ctx, s, configured(opts))
	if err != nil {
		return nil, err
	}
	kind, brokers := x.plan.Scenario.Cluster.kind(), x.plan.Scenario.Cluster.brokers()
	if kind == cluster.External {
		clean := context.WithoutCancel(ctx)
		defer x.close(clean, clean)
		if err := x.startCluster(ctx); err != nil {
			return nil, err
		}
		if err := x.inspect(ctx); err != nil {
			return nil, err
		}
		brokers = x.info.Cluster.Brokers
		x.plan.Notes = slices.Concat(x.plan.Notes, x.permitted, x.leftovers())
	}
	x.plan.Describe(w, kind, brokers)
	return findings, nil
}

// Describe prints what a run of the plan would do: topics, load, the
// timeline of its faults, and what it would write to each broker. Text of the
// files cannot drive a terminal.
func (p *Plan) Describe(w io.Writer, kind string, brokers int) {
	s := p.Scenario
	fmt.Fprintf(w, "scenario   %s\ncluster    %s, %s\n", words.Plain(s.Name), kind, several(brokers, "broker"))
	for _, t := range p.Topics {
		fmt.Fprintf(w, "topic      %s: %s, replication %d (%s)\n", t.Name, several(t.Partitions, "partition"), t.Replication, t.Role)
	}
	if list := s.Background.topics("RUN", brokers); len(list) > 0 {
		fmt.Fprintf(w, "background %s of %s, replication %d, without records\n", several(len(list), "topic"), several(list[0].Partitions, "partition"), list[0].Replication)
	}
	if m := s.Cluster.Metrics.Prometheus; m != nil {
		of := prometheus.Config{Server: m.Server, Exporters: m.Exporters}
		fmt.Fprintf(w, "metrics    of the brokers every %s from %s\n", cmp.Or(time.Duration(m.Every), prometheus.DefaultEvery), words.Plain(of.Source()))
	}
	for _, svc := range s.Services {
		fmt.Fprintf(w, "service    %s\n", words.Plain(svc.Name))
	}
	for _, f := range p.Flows {
		fmt.Fprintf(w, "load       %s via %s: %s, %s\n", words.Plain(f.Name()), via(f), words.Plain(f.Schedule.String()), several(f.Schedule.Total(), "record"))
		if n := f.Load.Producer.Clients; n > 1 {
			fmt.Fprintf(w, "clients    %d\n", n)
		}
		if t := f.Load.Transactions; t != nil {
			fmt.Fprintf(w, "transact   %s\n", t)
		}
		if f.raw() {
			fmt.Fprintf(w, "values     %s\n", words.Plain(f.describeValues()))
		}
	}
	if len(p.linkFaults()) > 0 {
		fmt.Fprintf(w, "proxy      between the brokers and all clients of the flow\n")
	}
	for _, line := range fault.Timeline(p.Schedule()) {
		fmt.Fprintf(w, "fault      %s\n", words.Plain(line))
	}
	for _, name := range p.Invariants {
		fmt.Fprintf(w, "invariant  %s\n", name)
	}
	for _, o := range p.objectives() {
		fmt.Fprintf(w, "objective  %s (%s)\n", words.Plain(o.name), words.Plain(o.source))
	}
	bytes := p.bytes()
	fmt.Fprintf(w, "writes     about %s to all brokers, %s to each, replication included, before compression\n", byteSize(bytes), byteSize(bytes/int64(max(1, brokers))))
	fmt.Fprintf(w, "takes      %s of load (%s of it warm-up), then a drain of at most %s\n", p.Length, p.Warmup, cmp.Or(time.Duration(s.Drain.Timeout), defaultDrain))
	for _, n := range p.Notes {
		fmt.Fprintf(w, "note       %s\n", words.Plain(n))
	}
}

func several[T int | int64 | uint64](n T, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
