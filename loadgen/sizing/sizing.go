package sizing

import (
	"fmt"
	"math"

	"github.com/flowweir/weir/reports/run"
)

// The sources of inputs.
const (
	Measured = "measured"
	Flag     = "flag"
	Scenario = "scenario"
	Contract = "contract"
	Default  = "default"
)

// Value is a number and where it is from. The zero Value is not known.
type Value struct {
	Is     float64
	Source string // one of the sources above
	Detail string // more of the source, such as the name of the flag
}

func (v Value) known() bool { return v.Source != "" }

// Inputs are what a worksheet is made from; what is not known is left out, and
// so is what needs it.
type Inputs struct {
	// Target is what the flow must take, in events per second.
	Target Value
	// Share is the part of the target that goes to the topic whose partitions
	// and consumers are counted; where it is not known, all of it.
	Share Value
	// PerPartition is what a partition takes from producers, PerConsumer what
	// one consumer takes, in events per second, while the objectives hold.
	PerPartition, PerConsumer Value
	// BufferLow and BufferHigh are what is added to the target, as shares.
	BufferLow, BufferHigh Value
	// Outage is how long consumers stand still, in seconds.
	Outage Value
	// KeyShare is the share of the hottest key.
	KeyShare Value

	// EventBytes is the size of an event, Replication how often it is kept,
	// Groups how many consumer groups read it.
	EventBytes, Replication, Groups Value
	// Retention is in seconds.
	Retention Value
	// Ingress, Egress (bytes per second) and Disk (bytes) are what a broker
	// takes; Headroom is the share of it that stays free.
	Ingress, Egress, Disk, Headroom Value
}

// The names of inputs, as formulas have them.
const (
	target       = "target"
	share        = "topic's share"
	perPartition = "per partition"
	perConsumer  = "per consumer"
	buffer       = "buffer"
	outage       = "outage"
	keyShare     = "hottest key's share"
	eventBytes   = "event"
	replication  = "replication"
	groups       = "groups"
	retention    = "retention"
	ingress      = "ingress per broker"
	egress       = "egress per broker"
	disk         = "disk per broker"
	headroom     = "headroom"
)

// Problem is an input that no arithmetic can take.
type Problem struct {
	Input string
	Is    float64
	Want  string
}

func (p *Problem) Error() string { return fmt.Sprintf("%s: %g is not %s", p.Input, p.Is, p.Want) }

// Worksheet works out what the inputs allow. It needs Target, PerPartition and
// the buffer, and with those alone is the arithmetic of a guideline. An input
// that no arithmetic can take is a *Problem.
func Worksheet(in Inputs) (run.Worksheet, error) {
	s := &sheet{in: in}
	if err := s.inputs(); err != nil {
		return run.Worksheet{}, err
	}
	s.partitions()
	s.consumers()
	s.brokers()
	s.catchUp()
	s.hottestKey()
	return s.out, nil
}

// sheet is a worksheet that is being made.
type sheet struct {
	in  Inputs
	out run.Worksheet
}

// inputs lists what is known, and refuses what no division takes.
func (s *sheet) inputs() error {
	in := &s.in
	for _, i := range []struct {
		name, unit string
		value      Value
		needed     bool
		share      bool
	}{
		{target, run.UnitRate, in.Target, true, false},
		{share, run.UnitShare, in.Share, false, true},
		{perPartition, run.UnitRate, in.PerPartition, true, false},
		{perConsumer, run.UnitRate, in.PerConsumer, false, false},
		{outage, run.UnitSeconds, in.Outage, false, false},
		{keyShare, run.UnitShare, in.KeyShare, false, true},
		{eventBytes, run.UnitBytes, in.EventBytes, false, false},
		{replication, run.UnitCount, in.Replication, false, false},
		{retention, run.UnitSeconds, in.Retention, false, false},
		{ingress, run.UnitByteRate, in.Ingress, false, false},
		{egress, run.UnitByteRate, in.Egress, false, false},
		{disk, run.UnitBytes, in.Disk, false, false},
	} {
		switch v := i.value; {
		case !v.known() && i.needed:
			return &Problem{i.name, 0, "above 0"}
		case !v.known():
			continue
		case !(v.Is > 0) || math.IsInf(v.Is, 0):
			return &Problem{i.name, v.Is, "above 0"}
		case i.share && v.Is > 1:
			return &Problem{i.name, v.Is, "a share of at most 1"}
		}
		s.input(i.name, i.unit, i.value, 0)
	}
	if !(in.BufferLow.Is >= 0) || !(in.BufferHigh.Is >= in.BufferLow.Is) || math.IsInf(in.BufferHigh.Is, 0) {
		return &Problem{buffer, in.BufferLow.Is, "from 0 to its upper end"}
	}
	s.input(buffer, run.UnitShare, in.BufferLow, in.BufferHigh.Is)
	if in.Groups.known() {
		s.input(groups, run.UnitCount, in.Groups, 0)
	}
	if in.Headroom.known() {
		if !(in.Headroom.Is >= 0 && in.Headroom.Is < 1) {
			return &Problem{headroom, in.Headroom.Is, "a share below 1"}
		}
		s.input(headroom, run.UnitShare, in.Headroom, 0)
	}
	return nil
}

func (s *sheet) input(name, unit string, v Value, high float64) {
	s.out.Inputs = append(s.out.Inputs, run.Figure{Name: name, Value: v.Is, High: high, Unit: unit, Source: v.Source, Detail: v.Detail})
}

func (s *sheet) result(f run.Figure) { s.out.Results = append(s.out.Results, f) }

// limit is what a partition takes, from producers and of consumers.
func (s *sheet) limit() (float64, string) {
	if !s.in.PerConsumer.known() {
		return s.in.PerPartition.Is, perPartition
	}
	return min(s.in.PerPartition.Is, s.in.PerConsumer.Is), "min(" + perPartition + ", " + perConsumer + ")"
}

// rate is what the topic must take.
func (s *sheet) rate() (float64, string) {
	if !s.in.Share.known() {
		return s.in.Target.Is, target
	}
	return s.in.Target.Is * s.in.Share.Is, target + " × " + share
}

// buffered is a rate with the buffer's ends.
func (s *sheet) buffered(rate float64) (low, high float64) {
	return rate * (1 + s.in.BufferLow.Is), rate * (1 + s.in.BufferHigh.Is)
}

func (s *sheet) partitions() {
	limit, name := s.limit()
	rate, of := s.rate()
	s.result(run.Figure{Name: "partitions", Value: up(rate / limit), Formula: "⌈" + of + " ÷ " + name + "⌉"})
	low, high := s.buffered(rate)
	s.result(run.Figure{Name: "partitions with buffer", Value: up(low / limit), High: up(high / limit),
		Formula: "⌈" + of + " × (1 + buffer) ÷ " + name + "⌉"})
}

// members are the consumers of a group, with the buffer's ends.
func (s *sheet) members() (low, high float64) {
	rate, _ := s.rate()
	low, high = s.buffered(rate)
	return up(low / s.in.PerConsumer.Is), up(high / s.in.PerConsumer.Is)
}

func (s *sheet) consumers() {
	if !s.in.PerConsumer.known() {
		return
	}
	low, high := s.members()
	_, of := s.rate()
	s.result(run.Figure{Name: "consumers of each group", Value: low, High: high, Formula: "⌈" + of + " × (1 + buffer) ÷ per consumer⌉"})
}

// catchUp is how long consumers need after they stood still.
func (s *sheet) catchUp() {
	if !s.in.PerConsumer.known() || !s.in.Outage.known() {
		return
	}
	low, high := s.members()
	rate, of := s.rate()
	after := func(members float64) float64 {
		spare := members*s.in.PerConsumer.Is - rate
		if spare <= 1e-9*rate {
			return math.Inf(1)
		}
		return rate * s.in.Outage.Is / spare
	}
	f := run.Figure{Name: "catch-up after an outage", Unit: run.UnitSeconds, Formula: of + " × outage ÷ (consumers × per consumer − " + of + ")"}
	switch slow, fast := after(low), after(high); {
	case math.IsInf(fast, 1):
		s.out.Notes = append(s.out.Notes, "consumers without a buffer never catch up after an outage: all that they take is the target")
		return
	case math.IsInf(slow, 1):
		f.Value, f.Note = fast, fmt.Sprintf("with %.0f consumers; with %.0f, never", high, low)
	case slow == fast:
		f.Value = slow
	default:
		f.Value, f.High = fast, slow
	}
	s.result(f)
}

func (s *sheet) hottestKey() {
	if !s.in.KeyShare.known() {
		return
	}
	limit, name := s.limit()
	rate, _ := s.rate()
	f := run.Figure{Name: "most that the hottest key allows", Value: limit / s.in.KeyShare.Is, Unit: run.UnitRate, Formula: name + " ÷ " + keyShare}
	if f.Value < rate {
		f.Note = "less than the target, and more partitions cannot help: all records of a key go to one of them"
	}
	s.result(f)
}

// up rounds up, but not what is whole but for the error of a division.
func up(x float64) float64 {
	if whole := math.Round(x); math.Abs(x-whole) < 1e-9*max(1, math.Abs(x)) {
		return whole
	}
	return math.Ceil(x)
}

// exactly is how many terms of a sum are added one by one.
const exactly = 100_000

// ZipfShare is the share of the hottest of so many keys of a Zipf distribution
// with the exponent s: 1 ÷ (1⁻ˢ + 2⁻ˢ + …). Terms beyond the first hundred
// thousand are taken as an integral, which is exact to nine digits.
func ZipfShare(cardinality uint64, s float64) float64 {
	sum, n := 0.0, float64(cardinality)
	for k := 1.0; k <= min(n, exactly); k++ {
		sum += math.Pow(k, -s)
	}
	if n > exactly {
		from, to := exactly+0.5, n+0.5
		if math.Abs(s-1) < 1e-9 {
			sum += math.Log(to / from)
		} else {
			sum += (math.Pow(to, 1-s) - math.Pow(from, 1-s)) / (1 - s)
		}
	}
	return 1 / sum
}
