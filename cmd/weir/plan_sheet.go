package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/sizing"
	"github.com/flowweir/weir/reports/run"
)

// sheetFlags are the inputs of the worksheet.
type sheetFlags struct {
	target, perPartition, perConsumer scenario.Rate
	buffer                            shareRange
	outage                            document.Duration
	headroom                          document.Share
	ingress, egress, disk             document.Bytes
}

func (f *sheetFlags) bind(cmd *cobra.Command) {
	quantity(cmd, &f.target, "target", "", "`RATE` that the flow must take (default: the capacity found)")
	quantity(cmd, &f.perPartition, "per-partition", "", "worksheet: `RATE` that a partition takes from producers (default measured)")
	quantity(cmd, &f.perConsumer, "per-consumer", "", "worksheet: `RATE` that one consumer takes (default measured)")
	quantity(cmd, &f.buffer, "buffer", "20%..50%", "worksheet: `SHARES` that are added to the target")
	quantity(cmd, &f.outage, "outage", "10m", "worksheet: `DURATION` for which consumers stand still")
	quantity(cmd, &f.headroom, "headroom", "30%", "worksheet: `SHARE` of a broker that stays free")
	quantity(cmd, &f.ingress, "broker-ingress", "", "worksheet: `BYTES` per second that a broker takes in (default measured)")
	quantity(cmd, &f.egress, "broker-egress", "", "worksheet: `BYTES` per second that a broker sends (default measured)")
	quantity(cmd, &f.disk, "broker-disk", "", "worksheet: `BYTES` of disk of a broker (default: not counted)")
}

// inputs are those of the flags.
func (f *sheetFlags) inputs(flags *pflag.FlagSet) sizing.Inputs {
	value := func(flag string, is float64) sizing.Value {
		switch {
		case flags.Changed(flag):
			return sizing.Value{Is: is, Source: sizing.Flag, Detail: "--" + flag}
		case flags.Lookup(flag).DefValue != "":
			return sizing.Value{Is: is, Source: sizing.Default}
		}
		return sizing.Value{}
	}
	return sizing.Inputs{
		Target:       value("target", float64(f.target)),
		PerPartition: value("per-partition", float64(f.perPartition)),
		PerConsumer:  value("per-consumer", float64(f.perConsumer)),
		BufferLow:    value("buffer", float64(f.buffer.low)),
		BufferHigh:   value("buffer", float64(f.buffer.high)),
		Outage:       value("outage", time.Duration(f.outage).Seconds()),
		Headroom:     value("headroom", float64(f.headroom)),
		Ingress:      value("broker-ingress", float64(f.ingress)),
		Egress:       value("broker-egress", float64(f.egress)),
		Disk:         value("broker-disk", float64(f.disk)),
	}
}

// answer is what a worksheet takes from the probe that confirmed the capacity.
type answer struct {
	plan   *scenario.Plan
	loads  []run.PlanLoad
	rate   float64 // of all loads, in events per second
	record *run.Record
	with   string // what was broken meanwhile: " with broker 2 down"
}

// fill adds to the inputs of the flags what was measured and what the contracts
// say. Of several topics the worksheet counts the partitions of the busiest.
func (a *answer) fill(in *sizing.Inputs) {
	topic, share := a.busiest()
	own := a.rate * share
	set := func(v *sizing.Value, is float64, source, format string, args ...any) {
		if v.Source == "" && is > 0 {
			*v = sizing.Value{Is: is, Source: source, Detail: fmt.Sprintf(format, args...)}
		}
	}
	set(&in.Target, a.rate, sizing.Measured, "the capacity that was found%s", a.with)
	if share < 1 {
		set(&in.Share, share, sizing.Scenario, "of %s, the busiest topic", topic.Name)
	}
	set(&in.PerPartition, own/float64(topic.Partitions), sizing.Measured, "at least: what each of the %d of %s took on average", topic.Partitions, topic.Name)
	groups := a.groups(topic.Name)
	for _, g := range groups {
		members, what := a.members(g)
		if v := own / float64(members); in.PerConsumer.Source == "" || in.PerConsumer.Source == sizing.Measured && v < in.PerConsumer.Is {
			in.PerConsumer = sizing.Value{Is: v, Source: sizing.Measured, Detail: "at least: what each of " + what + " kept up with"}
		}
	}
	if len(groups) == 0 && in.PerConsumer.Source == "" {
		in.Outage = sizing.Value{} // nobody falls behind
	}
	set(&in.KeyShare, a.keyShare(topic.Name), sizing.Scenario, "the load's keys")
	a.fillBrokers(in, topic, len(groups))
}

// fillBrokers adds what the count of brokers needs.
func (a *answer) fillBrokers(in *sizing.Inputs, topic run.Topic, groups int) {
	var acked, bytes float64
	for _, s := range a.record.Results.Senders {
		acked, bytes = acked+float64(s.Acked), bytes+float64(s.Bytes)
	}
	if acked == 0 || bytes == 0 { // a service sent the records, and their size is not known
		return
	}
	size, copies := bytes/acked, float64(topic.Replication)
	in.EventBytes = sizing.Value{Is: size, Source: sizing.Measured, Detail: "key, value and headers, before compression"}
	in.Groups = sizing.Value{Is: float64(groups), Source: sizing.Measured, Detail: "those that read " + topic.Name}
	source, detail := a.origin(topic.Name, func(t contracts.Topic) bool { return t.Replication > 0 })
	in.Replication = sizing.Value{Is: copies, Source: source, Detail: detail}
	in.Retention = sizing.Value{Is: (7 * 24 * time.Hour).Seconds(), Source: sizing.Default, Detail: "Kafka's log.retention.hours"}
	if ms, err := strconv.ParseInt(topic.Config["retention.ms"], 10, 64); err == nil {
		in.Retention = sizing.Value{}
		if ms > 0 { // -1 keeps for ever, and no disk is large enough
			source, detail := a.origin(topic.Name, func(t contracts.Topic) bool { return t.Retention > 0 || t.Config["retention.ms"] != "" })
			in.Retention = sizing.Value{Is: float64(ms) / 1000, Source: source, Detail: detail}
		}
	}
	all := float64(a.record.Run.Cluster.Brokers)
	brokers := all - float64(len(brokersOut(a.record.Results.Faults)))
	if brokers <= 0 {
		return
	}
	copies *= brokers / all // those of the brokers that are up
	const detailed = "at least: what each of %.0f brokers %s at the capacity found%s"
	if in.Ingress.Source == "" {
		in.Ingress = sizing.Value{Is: a.rate * size * copies / brokers, Source: sizing.Measured, Detail: fmt.Sprintf(detailed, brokers, "took in", a.with)}
	}
	if out := a.rate * size * (float64(groups) + copies - 1) / brokers; in.Egress.Source == "" && out > 0 {
		in.Egress = sizing.Value{Is: out, Source: sizing.Measured, Detail: fmt.Sprintf(detailed, brokers, "sent", a.with)}
	}
}

// busiest is the topic with the largest part of the load, and that part.
func (a *answer) busiest() (run.Topic, float64) {
	shares := map[string]float64{}
	name := ""
	for _, l := range a.loads {
		shares[l.Topic] += l.Share
		if name == "" || shares[l.Topic] > shares[name] {
			name = l.Topic
		}
	}
	for _, t := range a.record.Run.Topics {
		if t.Name == name {
			return t, min(1, shares[name])
		}
	}
	return run.Topic{Name: name, Partitions: 1}, min(1, shares[name])
}

// groups are those that read a topic.
func (a *answer) groups(topic string) (names []string) {
	for _, g := range a.record.Results.Groups {
		if slices.Contains(g.Topics, topic) {
			names = append(names, g.Name)
		}
	}
	return names
}

// members is how many consumers a group has: those that the scenario gives it,
// or the one process of a service.
func (a *answer) members(group string) (int, string) {
	for _, c := range a.plan.Scenario.Consumers {
		if c.Group == group {
			n := max(1, c.Members)
			return n, fmt.Sprintf("the %d consumers of %s", n, group)
		}
	}
	return 1, "the one process of group " + group
}

// origin says who states a fact of a topic.
func (a *answer) origin(topic string, states func(contracts.Topic) bool) (source, detail string) {
	if states(a.plan.Scenario.Topics[topic]) {
		return sizing.Scenario, ""
	}
	for _, c := range slices.Backward(a.plan.Contracts) {
		if states(c.Topics[topic]) {
			return sizing.Contract, c.Doc.File()
		}
	}
	return sizing.Default, ""
}

// keyShare is the share of the hottest key of a topic's loads; 0 where none of
// their records has one, or a service makes them. Loads begin their keys with
// the same ones, so that the hottest of each is the hottest of all.
func (a *answer) keyShare(topic string) float64 {
	var hottest, all float64
	for i, f := range a.plan.Flows {
		if f.Topic != topic {
			continue
		}
		if f.Load.Via == scenario.ViaTrigger {
			return 0
		}
		part := a.loads[i].Share
		hottest += part * hottestOf(f)
		all += part
	}
	if all == 0 {
		return 0
	}
	return hottest / all
}

// hottestOf is the share of a load's records that have its hottest key.
func hottestOf(f *scenario.Flow) float64 {
	k := f.Load.Keys
	n := cmp.Or(uint64(k.Cardinality), uint64(len(f.KeyList)), scenario.DefaultCardinality)
	switch {
	case !f.Keyed:
		return 0
	case k.Zipf > 0:
		return sizing.ZipfShare(n, k.Zipf)
	case k.Hot != nil && k.Hot.Keys > 0:
		return max(float64(k.Hot.Share)/float64(k.Hot.Keys), (1-float64(k.Hot.Share))/float64(n-uint64(k.Hot.Keys)))
	}
	return 1 / float64(n)
}
