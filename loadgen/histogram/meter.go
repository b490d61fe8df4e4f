package histogram

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Intervals in the logs are one second long, and ten beyond ten minutes.
const (
	shortInterval = time.Second
	longInterval  = 10 * time.Second
	longFrom      = 10 * time.Minute
)

// Meter collects what recorders record, writes it to logs and answers.
type Meter struct {
	phases   *Phases
	measures []Measure

	// mu guards everything below; no recorder waits for it.
	mu        sync.Mutex
	recorders []*Recorder
	logs      logs
	// spare is an empty set, swapped with each recorder's in turn.
	spare set
	// pending is what is not yet in the logs, since pendingFrom; total is
	// the whole run before pending.
	pending     set
	pendingFrom time.Duration
	total       set
	last        time.Duration
	closed      bool
}

// New returns a meter that writes its logs to dir/histograms, as a run whose
// load began at start. It creates that directory; a log file that exists is an
// error, since it belongs to another run. Measures are what the run measures
// beside the kinds; Extra tells by which Kind the i-th is recorded.
func New(dir string, start time.Time, phases *Phases, measures ...Measure) (*Meter, error) {
	if len(measures) > MaxMeasures {
		return nil, fmt.Errorf("%d measures, and a meter has at most %d", len(measures), MaxMeasures)
	}
	n := len(measures)
	m := &Meter{phases: phases, measures: measures, spare: newSet(n), pending: newSet(n), total: newSet(n)}
	if err := m.logs.create(dir, start, measures); err != nil {
		return nil, err
	}
	return m, nil
}

// Recorder returns a new recorder, for one goroutine.
func (m *Meter) Recorder() *Recorder {
	r := &Recorder{phases: m.phases, current: newSet(len(m.measures))}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.recorders = append(m.recorders, r)
	return r
}

func (m *Meter) all() []*Recorder {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.recorders)
}

// Live are figures for a progress line.
type Live struct {
	// Start and Length are the interval since the Rotate before.
	Start, Length time.Duration
	// Kinds has one entry for each kind, indexed by it.
	Kinds [kinds]LiveKind
	// Err is the first error of writing the logs, if any. Measuring goes on
	// without them; Close returns it too.
	Err error
}

// LiveKind are the live figures of one kind, over all phases.
type LiveKind struct {
	Count         int64
	P50, P99, Max time.Duration
	// RunP99 is of the whole run so far, without its warm-up: of RunCount
	// samples.
	RunP99   time.Duration
	RunCount int64
}

// Rotate ends an interval at a time since the load began, takes what was
// recorded in it, and returns its figures. Call it about once a second; the
// logs get an interval a second, and one every ten seconds beyond the first
// ten minutes, however often it is called. A sample belongs to the interval
// in which it was recorded, which for a latency is that of its second moment.
// After Close it does nothing.
func (m *Meter) Rotate(at time.Duration) Live {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Live{Start: m.last, Err: m.logs.err}
	}
	live := Live{Start: m.last, Length: at - m.last}
	interval := m.take()
	m.last = at
	m.pending.merge(interval)
	if m.due(at) {
		m.flush(at)
	}
	for k := range live.Kinds {
		now := interval.over(Kind(k), Warmup, Steady, Fault, Healed)
		whole := m.total.over(Kind(k), Steady, Fault, Healed)
		whole.merge(m.pending.over(Kind(k), Steady, Fault, Healed))
		live.Kinds[k] = LiveKind{
			Count: now.Count, P50: now.quantile(0.5), P99: now.quantile(0.99), Max: now.Max,
			RunP99: whole.quantile(0.99), RunCount: whole.Count,
		}
	}
	live.Err = m.logs.err
	return live
}

// Err is the first error of writing the logs, if any.
func (m *Meter) Err() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.logs.err
}

// take swaps out and merges what the recorders hold.
func (m *Meter) take() set {
	interval := newSet(len(m.measures))
	for _, r := range m.recorders {
		r.mu.Lock()
		r.current, m.spare = m.spare, r.current
		r.mu.Unlock()
		interval.merge(m.spare)
		m.spare.reset()
	}
	return interval
}

// due says whether the pending interval is long enough for the logs. A tick
// that comes a little early still ends it.
func (m *Meter) due(at time.Duration) bool {
	length := shortInterval
	if m.pendingFrom >= longFrom {
		length = longInterval
	}
	return at-m.pendingFrom >= length-length/20
}

// flush writes the pending interval and adds it to the total.
func (m *Meter) flush(at time.Duration) {
	m.logs.write(m.pending, m.pendingFrom, at-m.pendingFrom)
	m.total.merge(m.pending)
	m.pending.reset()
	m.pendingFrom = at
}

// Close takes and writes what was recorded since the last Rotate and closes
// the logs. Nothing may be recorded after it; the answers stay. Closing twice
// is no error.
func (m *Meter) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil
	}
	m.closed = true
	m.pending.merge(m.take())
	// The end of the last interval is not known better than this.
	m.flush(m.last)
	return errors.Join(m.logs.err, m.logs.close())
}
