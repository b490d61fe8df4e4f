package histogram

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Phase is a part of a run.
type Phase uint8

// The phases in which records are due.
const (
	// Warmup is excluded from whole-run figures. It is the phase before the
	// first one is set.
	Warmup Phase = iota
	// Steady: load without a fault so far.
	Steady
	// Fault: from an injection until it is healed.
	Fault
	// Healed: after the last fault was healed.
	Healed
	phases = iota
)

var phaseNames = [phases]string{
	Warmup: run.PhaseWarmup, Steady: run.PhaseSteady, Fault: run.PhaseFault, Healed: run.PhaseHealed,
}

// String is the phase's name in results, and its tag in logs.
func (p Phase) String() string {
	if p < phases {
		return phaseNames[p]
	}
	return fmt.Sprintf("Phase(%d)", uint8(p))
}

// Phases is the timeline of phases. The zero value is all Warmup. Reading is
// lock-free; setting is rare.
type Phases struct {
	mu    sync.Mutex
	marks atomic.Pointer[[]mark]
}

type mark struct {
	at    time.Duration
	phase Phase
}

// Set begins a phase at a time since the load began. A time before the
// latest mark is moved to it: the timeline only grows, since records due
// before then may have been counted already.
func (p *Phases) Set(phase Phase, at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var marks []mark
	if old := p.marks.Load(); old != nil {
		marks = slices.Clone(*old)
	}
	if n := len(marks); n > 0 {
		at = max(at, marks[n-1].at)
	}
	marks = append(marks, mark{at, phase})
	p.marks.Store(&marks)
}

// At returns the phase at a time since the load began. A phase begins with
// its first moment.
func (p *Phases) At(due time.Duration) Phase {
	phase, _ := p.at(due)
	return phase
}

// InFlight is how long before a fault a record can have been due and still
// belong to the fault.
const InFlight = time.Second

// Of returns the phase that a record belongs to which was due and done at
// these times since the load began: the phase in which it was due, but Fault
// if a fault began while it was in flight. What was due more than InFlight
// before the fault stays in its phase: a flow as slow as that cannot lay its
// latency on the fault. What was due in the warm-up stays there.
func (p *Phases) Of(due, done time.Duration) Phase {
	phase, next := p.at(due)
	if next != nil && next.phase == Fault && phase != Warmup && done >= next.at && next.at-due <= InFlight {
		return Fault
	}
	return phase
}

// at returns the phase at a time and the mark that ends it, nil for the
// latest phase.
func (p *Phases) at(due time.Duration) (phase Phase, next *mark) {
	marks := p.marks.Load()
	if marks == nil {
		return Warmup, nil
	}
	// Most records are due in the latest phase.
	for n := len(*marks) - 1; n >= 0; n-- {
		m := &(*marks)[n]
		if due >= m.at {
			return m.phase, next
		}
		next = m
	}
	return Warmup, next
}

// Spans returns the timeline up to a time, as results list it.
func (p *Phases) Spans(end time.Duration) []run.Phase {
	marks := p.marks.Load()
	if marks == nil {
		return []run.Phase{{Name: Warmup.String(), End: end}}
	}
	var spans []run.Phase
	add := func(phase Phase, from, to time.Duration) {
		switch n := len(spans); {
		case from >= to:
		case n > 0 && spans[n-1].Name == phase.String():
			spans[n-1].End = to
		default:
			spans = append(spans, run.Phase{Name: phase.String(), Start: from, End: to})
		}
	}
	current, from := Warmup, time.Duration(0)
	for _, m := range *marks {
		at := min(m.at, end)
		add(current, from, at)
		current, from = m.phase, max(from, at)
	}
	add(current, from, end)
	return spans
}
