package run

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/atomicfile"
)

// PlanFormat is the version of plan.json written by this package.
const PlanFormat = "weir/plan/v1"

const planFile = "plan.json"

// Plan is plan.json: a search for the capacity of a flow, the probes that it
// was made of, and what follows from its result. It is written anew after each
// probe; the probes' run directories lie beside it.
type Plan struct {
	Format   string    `json:"format"`
	Name     string    `json:"name"`
	Scenario string    `json:"scenario"`
	Status   Status    `json:"status"`
	Started  time.Time `json:"started"`
	Ended    time.Time `json:"ended,omitzero"`
	Seed     uint64    `json:"seed"`
	Weir     Weir      `json:"weir"`
	// Host and Cluster are those of the first probe.
	Host    Host    `json:"host,omitzero"`
	Cluster Cluster `json:"cluster,omitzero"`
	// Transferable is false where the figures say nothing of other clusters;
	// Caveats say why.
	Transferable bool     `json:"transferable"`
	Caveats      []string `json:"caveats,omitempty"`

	Search     PlanSearch      `json:"search"`
	Loads      []PlanLoad      `json:"loads"`
	Objectives []PlanObjective `json:"objectives"`
	Probes     []Probe         `json:"probes"`

	// Target is what the flow must take; 0 where nothing was asked for.
	Target   float64         `json:"target,omitempty"`
	Capacity Capacity        `json:"capacity"`
	Verdict  finding.Verdict `json:"verdict,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	// Worksheet is nil where no rate was met.
	Worksheet *Worksheet `json:"worksheet,omitempty"`
}

// PlanSearch is how the search was made. Rates are in events per second, of
// all loads together.
type PlanSearch struct {
	From          float64       `json:"from"`
	Max           float64       `json:"max,omitempty"`
	Resolution    float64       `json:"resolution"`
	Confirmations int           `json:"confirmations"`
	Probe         time.Duration `json:"probe_ns"`
	Warmup        time.Duration `json:"warmup_ns"`
}

// PlanLoad is a load of the probes, and its share of the rate.
type PlanLoad struct {
	Event string  `json:"event"`
	Topic string  `json:"topic"`
	Share float64 `json:"share"`
}

// PlanObjective is a bound that every probe is judged by.
type PlanObjective struct {
	Name string `json:"name"`
	Want string `json:"want"`
	// Source is flag, scenario, contract or default.
	Source string `json:"source"`
}

// Probe is one run of a search.
type Probe struct {
	// Dir is the run directory, relative to plan.json.
	Dir     string  `json:"dir"`
	Purpose string  `json:"purpose"` // bracket, bisect, confirm
	Repeat  bool    `json:"repeat,omitempty"`
	Rate    float64 `json:"rate"`
	// Achieved is in acknowledged events per second.
	Achieved float64 `json:"achieved"`
	Outcome  string  `json:"outcome"` // met, missed, undecided
	// Why is the first thing that decided it, in words.
	Why string `json:"why"`
	// Objectives are the run's.
	Objectives []Objective `json:"objectives"`
	// LagGrowth is by how many records per second the lag of a group grew, of
	// the one where it grew most; 0 where no group was watched.
	LagGrowth float64 `json:"lag_growth"`
	// Latencies are of the kinds that the run measured, without its warm-up;
	// plans of earlier versions have none.
	Latencies []ProbeLatency `json:"latencies,omitempty"`
	// Faults are those that went on through the probe, with the proof that
	// they bit.
	Faults []Fault `json:"faults,omitempty"`
}

// ProbeLatency is one kind of latency of a probe. A percentile of too few
// samples is 0.
type ProbeLatency struct {
	Kind string        `json:"kind"`
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
}

// Capacity is the result of a search.
type Capacity struct {
	// While is what was broken on purpose in every probe: "broker 2 down".
	// Empty is a capacity with all brokers up.
	While string `json:"while,omitempty"`
	Kind  string `json:"kind,omitempty"` // found, at-least, below, unsure
	// Rate is the answer: the highest rate that is confirmed.
	Rate      float64 `json:"rate"`
	Confirmed int     `json:"confirmed"`
	Wanted    int     `json:"wanted"`
	// Sure is the lowest share of such probes that meets at Rate, with 95%
	// confidence.
	Sure float64 `json:"sure"`
	// Missed is the lowest rate that counted as missed, Undecided the rate
	// of a probe without evidence; 0 where there is none.
	Missed    float64 `json:"missed,omitempty"`
	Undecided float64 `json:"undecided,omitempty"`
	// Unsteady are rates at which some probes met and others missed.
	Unsteady []float64 `json:"unsteady,omitempty"`
}

// With says with what the capacity was found, for the end of a phrase:
// " with broker 2 down". It is empty where nothing was broken.
func (c Capacity) With() string {
	if c.While == "" {
		return ""
	}
	return " with " + c.While
}

// Worksheet is what was worked out, and from what.
type Worksheet struct {
	Inputs  []Figure `json:"inputs"`
	Results []Figure `json:"results"`
	Notes   []string `json:"notes,omitempty"`
}

// The units of figures.
const (
	UnitCount    = ""
	UnitRate     = "1/s"
	UnitBytes    = "B"
	UnitByteRate = "B/s"
	UnitSeconds  = "s"
	UnitShare    = "share"
)

// Figure is a number of a worksheet.
type Figure struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	// High is the upper end of a range; 0 where Value is the figure.
	High float64 `json:"high,omitempty"`
	Unit string  `json:"unit,omitempty"`
	// Source says where an input is from (measured, flag, scenario, contract
	// or default), Detail more of it.
	Source string `json:"source,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Formula is how a result is worked out, from the names of the inputs.
	Formula string `json:"formula,omitempty"`
	// Note is what a reader of a result must know.
	Note string `json:"note,omitempty"`
}

// WritePlan replaces plan.json of the directory, which is made if it is not
// there. Format is set by this package.
func WritePlan(dir string, p Plan) error {
	p.Format = PlanFormat
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("plan: %w", err)
	}
	return atomicfile.Write(filepath.Join(dir, planFile), func(w io.Writer) error { return EncodePlan(w, p) })
}

// EncodePlan writes a plan as plan.json has it.
func EncodePlan(w io.Writer, p Plan) error {
	p.Format = PlanFormat
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(kept(p))
}
