package summary

import (
	"encoding/json"
	"io"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Format is the version of summary.json. Within it fields are only added.
const Format = "weir/summary/v1"

// Summary is summary.json: what a pipeline needs to know of a run, flat and
// small. Durations are nanoseconds. Lists are never null.
type Summary struct {
	Format string `json:"format"`
	// Verdict is pass, fail, inconclusive or vacuous; only pass is green.
	// Reason says it in one sentence; ExitCode is that of the command.
	Verdict  finding.Verdict `json:"verdict"`
	Reason   string          `json:"reason"`
	ExitCode int             `json:"exit_code"`
	Run      Run             `json:"run"`
	Counts   Counts          `json:"counts"`
	// Latencies are of the whole run without its warm-up and of its phases.
	Latencies  []Latency   `json:"latencies"`
	Objectives []Objective `json:"objectives"`
	Invariants []Invariant `json:"invariants"`
	Faults     []Fault     `json:"faults"`
	Services   []Service   `json:"services"`
	Generator  Generator   `json:"generator"`
	// Brokers are what the brokers said of themselves, and Baseline how the
	// run compared with earlier ones; absent where nothing was asked.
	Brokers  []run.BrokerSeries `json:"brokers,omitempty"`
	Baseline *Baseline          `json:"baseline,omitempty"`
	Warnings []string           `json:"warnings"`
	// Paths are the files of the run by what they are, relative to the run
	// directory: report, junit, markdown, run, results, scenario.
	Paths map[string]string `json:"paths"`
}

// Run says which run it was and on what it was measured.
type Run struct {
	ID       string        `json:"id"`
	Name     string        `json:"name"`
	Status   run.Status    `json:"status"`
	Started  time.Time     `json:"started"`
	Ended    time.Time     `json:"ended,omitzero"`
	Duration time.Duration `json:"duration_ns"`
	Seed     uint64        `json:"seed"`
	Weir     string        `json:"weir"`
	Cluster  string        `json:"cluster"`
	Brokers  int           `json:"brokers"`
	Version  string        `json:"kafka_version,omitempty"`
	// Durable is false where brokers are simulated and nothing is claimed of
	// their durability.
	Durable bool `json:"durable"`
}

// Counts are exact counts of records over all senders. Unknown is neither
// lost nor delivered. Effects and DeadLettered count an event once for each
// consumer; Reactions has them apart.
type Counts struct {
	Due    uint64 `json:"due"`
	Sent   uint64 `json:"sent"`
	Acked  uint64 `json:"acked"`
	Failed uint64 `json:"failed"`
	// Aborted were in transactions that the load aborted on purpose.
	Aborted     uint64 `json:"aborted,omitempty"`
	Unknown     uint64 `json:"unknown"`
	UnknownSeen uint64 `json:"unknown_seen"`
	// Reasons are why records failed or have an unknown outcome, most frequent
	// first.
	Reasons []run.Reason `json:"reasons,omitempty"`
	// Unread says that nothing was read back: Received and Lost say nothing.
	Unread        bool   `json:"unread,omitempty"`
	Received      uint64 `json:"received"`
	ReceivedTwice uint64 `json:"received_twice"`
	// Lost are the events that no-loss found, in the log or not.
	Lost         uint64 `json:"lost"`
	Effects      uint64 `json:"effects"`
	EffectsTwice uint64 `json:"effects_twice"`
	DeadLettered uint64 `json:"dead_lettered"`
	// DeadLettersUnclaimed are letters of no consumer that is known.
	DeadLettersUnclaimed uint64 `json:"dead_letters_unclaimed,omitempty"`
	Poison               uint64 `json:"poison"`
	Duplicates           uint64 `json:"duplicates"`
	Bytes                uint64 `json:"bytes"`
	// Reactions are summed up by consumer; what differs between the flows of
	// one is left out.
	Reactions []run.Reaction `json:"reactions,omitempty"`
}

// Latency is one kind over one phase. A percentile with too few samples has
// no value: its entry says judged false and how many samples it needs.
type Latency struct {
	Kind       string        `json:"kind"`
	Phase      string        `json:"phase,omitempty"`
	From       string        `json:"from"`
	To         string        `json:"to"`
	Count      int64         `json:"count"`
	Min        time.Duration `json:"min_ns"`
	Mean       time.Duration `json:"mean_ns"`
	Max        time.Duration `json:"max_ns"`
	Quantiles  []Percentile  `json:"quantiles"`
	Failed     int64         `json:"failed"`
	Unfinished int64         `json:"unfinished"`
	Negative   int64         `json:"negative"`
	OutOfRange int64         `json:"out_of_range"`
	Excluded   int64         `json:"excluded"`
}

// Percentile is one percentile; Value is absent where it is withheld.
type Percentile struct {
	Q      float64        `json:"q"`
	Value  *time.Duration `json:"value_ns,omitempty"`
	Judged bool           `json:"judged"`
	Need   int64          `json:"need"`
}

// Objective is a judged objective; Want and Got carry their units.
type Objective struct {
	Name    string          `json:"name"`
	Phase   string          `json:"phase,omitempty"`
	Want    string          `json:"want"`
	Got     string          `json:"got"`
	Verdict finding.Verdict `json:"verdict"`
	Note    string          `json:"note,omitempty"`
	Source  string          `json:"source"`
}

// Invariant is the verdict of one invariant.
type Invariant struct {
	Name       string          `json:"name"`
	Verdict    finding.Verdict `json:"verdict"`
	Sentence   string          `json:"sentence"`
	Checked    uint64          `json:"checked"`
	Violations uint64          `json:"violations"`
}

// Fault is what was injected and what came of it. Times are since the load
// began.
type Fault struct {
	What         string        `json:"what"`
	Kind         string        `json:"kind"`
	Bit          bool          `json:"bit"`
	Simulated    bool          `json:"simulated"`
	Start        time.Duration `json:"start_ns"`
	Healed       time.Duration `json:"healed_ns,omitempty"`
	PublishStall time.Duration `json:"publish_stall_ns,omitempty"`
	ConsumeStall time.Duration `json:"consume_stall_ns,omitempty"`
	Recovered    bool          `json:"recovered"`
	Recovery     time.Duration `json:"recovery_ns,omitempty"`
}

// Baseline is how a run compared with earlier ones; comparison.json has it
// metric by metric. The run's verdict has taken it in.
type Baseline struct {
	Judged  bool            `json:"judged"`
	Verdict finding.Verdict `json:"verdict"`
	Reason  string          `json:"reason"`
	// Runs is how many there are in the baseline.
	Runs int `json:"runs"`
}

// Service is a service under test; Died says how it ended if it ended by
// itself.
type Service struct {
	Name     string `json:"name"`
	Died     string `json:"died,omitempty"`
	Restarts int    `json:"restarts"`
}

// Generator is how the generator accounts for itself, in records a second.
type Generator struct {
	Offered  float64 `json:"offered"`
	Achieved float64 `json:"achieved"`
	// Unmeasured says that the load ended during its warm-up: the rates say
	// nothing.
	Unmeasured bool          `json:"unmeasured,omitempty"`
	WakeP99    time.Duration `json:"wake_p99_ns"`
	Bound      bool          `json:"bound"`
}

// Make summarizes a run. paths are the files that stand beside it; see
// Summary.Paths.
func Make(rec *run.Record, paths map[string]string) Summary {
	v, reason := Judge(rec)
	r := rec.Run
	s := Summary{
		Format: Format, Verdict: v, Reason: reason, ExitCode: ExitCode(rec),
		Run: Run{
			ID: r.ID, Name: r.Name, Status: r.Status, Started: r.Started, Ended: r.Ended, Duration: Took(r),
			Seed: r.Seed, Weir: r.Weir.Version,
			Cluster: r.Cluster.Kind, Brokers: r.Cluster.Brokers, Version: r.Cluster.Version, Durable: r.Cluster.Durable,
		},
		Latencies: []Latency{}, Objectives: []Objective{}, Invariants: []Invariant{},
		Faults: []Fault{}, Services: []Service{}, Warnings: []string{}, Paths: map[string]string{},
	}
	s.Warnings = append(append(s.Warnings, r.Warnings...), rec.Problems...)
	for name, path := range paths {
		s.Paths[name] = path
	}
	for _, x := range r.Services {
		s.Services = append(s.Services, Service{Name: x.Name, Died: x.Died, Restarts: x.Restarts})
	}
	if b := rec.Baseline; b != nil {
		s.Baseline = &Baseline{Judged: b.Judged, Verdict: b.Verdict, Reason: b.Reason, Runs: len(b.Base)}
	}
	if rec.Results != nil {
		s.fill(*rec.Results)
	} else {
		s.Counts = soFar(rec.Intervals)
	}
	return s
}

// soFar are the counts of a run that did not end, from what it counted second
// by second: those that only the ledger knows are not among them.
func soFar(intervals []run.Interval) (c Counts) {
	for _, in := range intervals {
		c.Due += uint64(in.Due)
		c.Sent += uint64(in.Sent)
		c.Acked += uint64(in.Acked)
		c.Failed += uint64(in.Failed)
		c.Received += uint64(in.Received)
		c.Effects += uint64(in.Effects)
		c.DeadLettered += uint64(in.Dead)
		c.Bytes += uint64(in.Bytes)
	}
	return c
}

func (s *Summary) fill(res run.Results) {
	t := Totals(res.Senders)
	s.Counts = Counts{
		Due: t.Due, Sent: t.Sent, Acked: t.Acked, Failed: t.Failed, Aborted: t.Aborted, Unknown: t.Unknown, UnknownSeen: t.UnknownSeen, Reasons: t.Reasons,
		Unread: t.Unread, Received: t.Received, ReceivedTwice: t.ReceivedTwice, Lost: Lost(res), Effects: t.Effects,
		EffectsTwice: t.EffectsTwice, DeadLettered: t.DeadLettered, Poison: t.Poison, Duplicates: t.Duplicates, Bytes: t.Bytes,
		DeadLettersUnclaimed: t.DeadLettersUnclaimed, Reactions: t.Reactions,
	}
	for _, l := range res.Latencies {
		s.Latencies = append(s.Latencies, latency(l))
	}
	for _, o := range res.Objectives {
		s.Objectives = append(s.Objectives, Objective(o))
	}
	for _, o := range res.Invariants {
		s.Invariants = append(s.Invariants, Invariant{
			Name: o.Invariant, Verdict: o.Verdict, Sentence: o.Sentence, Checked: o.Checked, Violations: o.Violations,
		})
	}
	for _, f := range res.Faults {
		s.Faults = append(s.Faults, Fault{
			What: f.What, Kind: f.Kind, Bit: f.Bit, Simulated: f.Simulated, Start: f.Start, Healed: f.Healed,
			PublishStall: f.PublishStall, ConsumeStall: f.ConsumeStall, Recovered: f.Recovered, Recovery: f.Recovery,
		})
	}
	if res.Brokers != nil {
		s.Brokers = res.Brokers.Series
	}
	g := res.Generator
	s.Generator = Generator{Offered: g.Offered, Achieved: g.Achieved, Unmeasured: g.Unmeasured, WakeP99: g.WakeP99, Bound: g.Bound}
}

func latency(l run.Latency) Latency {
	out := Latency{
		Kind: l.Kind, Phase: l.Phase, From: l.From, To: l.To, Count: l.Count, Min: l.Min, Mean: l.Mean, Max: l.Max,
		Quantiles: []Percentile{}, Failed: l.Failed, Unfinished: l.Unfinished,
		Negative: l.Negative, OutOfRange: l.OutOfRange, Excluded: l.Excluded,
	}
	for _, q := range l.Quantiles {
		v := Percentile{Q: q.Q, Judged: q.Judged, Need: q.Need}
		if q.Judged {
			v.Value = &q.Value
		}
		out.Quantiles = append(out.Quantiles, v)
	}
	return out
}

// Took is how long a run took; zero if it did not end.
func Took(r run.Run) time.Duration {
	if r.Ended.IsZero() {
		return 0
	}
	return r.Ended.Sub(r.Started)
}

// WriteJSON writes s as summary.json.
func (s Summary) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(s)
}
