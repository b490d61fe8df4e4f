// Package run is the run directory: the versioned files that one execution
// leaves behind and from which every report is made again without a broker.
//
// Layout of a run directory:
//
//	run.json                what was run, where and how it ended (Run)
//	scenario.json           the resolved scenario, as the runner understood it
//	results.json            counts, latencies, verdicts (Results)
//	series.jsonl            one Interval a line, appended as the run goes
//	timeline.jsonl          one Event a line, appended as the run goes
//	brokers.jsonl           one BrokerSample a line, where the run asks for them
//	commits.jsonl           one Commit a line, where an invariant looks at commits
//	comparison.json         how it compared with its baseline, where it has one (Baseline)
//	histograms/KIND.hlog    HdrHistogram V2 logs of a latency kind, 3 digits
//	journal/                compressed blocks, read by package loadgen/journal
//	services/NAME.log       standard output and error of a service
//	services/NAME.times.jsonl  one LogMark a line: when the log was written
//
// Files are written as the run goes: run.json says "running" from the start
// and is replaced atomically, so a run that was killed still reads as one
// that did not end. This package imports no view and no engine.
package run

import (
	"time"

	"github.com/flowweir/weir/reports/finding"
)

// Format is the version of the run directory written by this package.
const Format = "weir/run/v1"

// Status says how far a run came.
type Status string

// The states of a run.
const (
	// Running is what run.json says until the run ends; a directory that
	// still says so belongs to a run that was killed, or that goes on.
	Running Status = "running"
	// Complete: the run went to its planned end.
	Complete Status = "complete"
	// Interrupted: a signal ended the run early; what was measured is there.
	Interrupted Status = "interrupted"
	// Broken: infrastructure failed before the invariants could be judged.
	Broken Status = "broken"
)

// Run is run.json.
type Run struct {
	Format string `json:"format"`
	// ID names the run and its directory; Identity is the 48-bit number,
	// in hexadecimal, that its records and events carry.
	ID       string    `json:"id"`
	Identity string    `json:"identity"`
	Name     string    `json:"name"`
	Scenario string    `json:"scenario,omitempty"`
	Status   Status    `json:"status"`
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"`
	// LoadAfter is how long after Started the load began, from which the moments
	// of the run count; 0 where it did not, in runs that were killed, and in
	// those of earlier versions.
	LoadAfter time.Duration `json:"load_after_ns,omitempty"`
	// Seed is the number that every random choice of the run comes from.
	Seed uint64 `json:"seed"`
	// Verdict and Reason judge the whole run, in one plain sentence. Empty
	// while it is running.
	Verdict finding.Verdict `json:"verdict,omitempty"`
	Reason  string          `json:"reason,omitempty"`
	// Error is why a broken run broke.
	Error    string    `json:"error,omitempty"`
	Weir     Weir      `json:"weir"`
	Host     Host      `json:"host"`
	Cluster  Cluster   `json:"cluster"`
	Topics   []Topic   `json:"topics"`
	Loads    []Load    `json:"loads"`
	Services []Service `json:"services"`
	Phases   []Phase   `json:"phases"`
	Warnings []string  `json:"warnings,omitempty"`
	// Files are those that the run wrote as it went, and what was judged from
	// them, as they were when it ended. Runs of earlier versions have none.
	Files []File `json:"files,omitempty"`
}

// Weir is the program that made the run.
type Weir struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
}

// Host is the machine of the generator.
type Host struct {
	Name        string `json:"name"`
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	CPU         string `json:"cpu,omitempty"`
	Cores       int    `json:"cores"`
	MemoryBytes uint64 `json:"memory_bytes,omitempty"`
	Kernel      string `json:"kernel,omitempty"`
}

// Cluster is what the run was measured on.
type Cluster struct {
	// Kind is embedded, docker or external.
	Kind      string   `json:"kind"`
	Brokers   int      `json:"brokers"`
	Version   string   `json:"version,omitempty"`
	Image     string   `json:"image,omitempty"`
	Bootstrap []string `json:"bootstrap"`
	// Config are the broker settings that were asked for.
	Config map[string]string `json:"config,omitempty"`
	// Durable says whether brokers really replicate and store. It is false
	// for embedded, where no durability is claimed.
	Durable bool `json:"durable"`
	// Notes say what results from this cluster do not show.
	Notes []string `json:"notes,omitempty"`
}

// Topic is a topic of the run.
type Topic struct {
	Name        string `json:"name"`
	Partitions  int    `json:"partitions"`
	Replication int    `json:"replication"`
	// Role is input, output, retry, dlq, background (it gets no records) or
	// other.
	Role   string            `json:"role"`
	Config map[string]string `json:"config,omitempty"`
	// Created says whether this run created the topic.
	Created bool `json:"created"`
}

// Load is one entry of the load.
type Load struct {
	// Event is empty where no contract knows the records.
	Event   string `json:"event"`
	Topic   string `json:"topic"`
	Via     string `json:"via"`
	Sender  string `json:"sender"`
	Profile string `json:"profile"`
	Keys    string `json:"keys,omitempty"`
	// Values are what values are made of where no contract says it.
	Values string `json:"values,omitempty"`
	// Producer are the producer settings, by Kafka's names.
	Producer map[string]string `json:"producer,omitempty"`
	Trigger  string            `json:"trigger,omitempty"`
}

// Service is a service under test.
type Service struct {
	Name string `json:"name"`
	// Kind is build, command or image.
	Kind    string `json:"kind"`
	Command string `json:"command"`
	URL     string `json:"url,omitempty"`
	// Log is the log file, relative to the run directory.
	Log string `json:"log"`
	// Restarts counts starts after the first; Died is set when the service
	// ended by itself, and LastLines are then the end of its log.
	Restarts  int      `json:"restarts"`
	Died      string   `json:"died,omitempty"`
	LastLines []string `json:"last_lines,omitempty"`
	// DiedAt is when that was, since the load began; 0 where no load did.
	DiedAt time.Duration `json:"died_at_ns,omitempty"`
}

// The phases of a run. Records belong to the phase in which they were due.
const (
	PhaseWarmup = "warmup"
	PhaseSteady = "steady"
	PhaseFault  = "fault"
	PhaseHealed = "healed"
	PhaseDrain  = "drain"
)

// Phase is a span of a run, from Start to End since the run's load began.
type Phase struct {
	Name  string        `json:"name"`
	Start time.Duration `json:"start_ns"`
	End   time.Duration `json:"end_ns"`
}
