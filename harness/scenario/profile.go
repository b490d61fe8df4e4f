package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/key"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/reports/run"
)

// schedule makes the schedule of a load; nil where it is a finding.
func (r *resolver) schedule(f *Flow, path document.Path) *schedule.Schedule {
	segments := make([]schedule.Segment, len(f.Load.Profile))
	for i, s := range f.Load.Profile {
		if s.Replay == "" {
			segments[i] = s.segment()
			continue
		}
		times, err := readReplay(r.plan.Path(s.Replay), f)
		if err != nil {
			r.Error(BadLoad, path.Add(i, "replay"), err.Error(), "")
			return nil
		}
		segments[i] = schedule.Replay(times)
	}
	made, err := schedule.New(segments...)
	if err != nil {
		r.Error(BadLoad, path, err.Error(), "")
		return nil
	}
	return made
}

// segment is the schedule's form of a segment of the file that is no replay.
func (s Segment) segment() schedule.Segment {
	switch {
	case s.Ramp != nil:
		return schedule.Ramp(float64(s.Ramp.From), float64(s.Ramp.To), time.Duration(s.Over))
	case s.Step != nil:
		return schedule.Step(float64(s.Step.From), float64(s.Step.To), float64(s.By), time.Duration(s.Every))
	case s.Spike != nil:
		return schedule.Spike(float64(s.Spike.From), float64(s.Spike.To), time.Duration(s.For), time.Duration(s.Over))
	case s.Sine != nil:
		return schedule.Sine(float64(*s.Sine), float64(s.Amplitude), time.Duration(s.Period), time.Duration(s.For))
	}
	return schedule.Hold(float64(*s.Hold), time.Duration(s.For))
}

// readReplay reads times: of a run directory, when its journal has a record
// of the event sent, since that run's load began; else those of a file.
func readReplay(name string, f *Flow) ([]time.Duration, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read the times: %s: %w", filepath.ToSlash(name), reason(err))
	}
	if info.IsDir() {
		return readRun(name, f)
	}
	in, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot read the times: %s: %w", filepath.ToSlash(name), reason(err))
	}
	defer func() { _ = in.Close() }()
	return schedule.ReadTimes(filepath.ToSlash(name), in)
}

// reason is an error without the path that the message names already.
func reason(err error) error {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

func readRun(dir string, f *Flow) ([]time.Duration, error) {
	name := filepath.ToSlash(dir)
	rec, err := run.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot read the times: %w", err)
	}
	// Senders are numbered as the loads are listed.
	sender := slices.IndexFunc(rec.Run.Loads, func(l run.Load) bool { return l.Event == f.Load.Event && l.Topic == f.Topic })
	if sender < 0 && len(rec.Run.Loads) == 1 {
		sender = 0
	}
	if sender < 0 {
		return nil, fmt.Errorf("the run in %s has no load of %s to replay", name, f.Name())
	}
	if cut := rec.Defect(path.Join("journal", journal.File)); cut != nil {
		return nil, fmt.Errorf("the run in %s cannot be replayed: %s", name, cut)
	}
	if rec.Results != nil && rec.Results.Generator.JournalDropped > 0 {
		return nil, fmt.Errorf("the run in %s cannot be replayed: its journal reached --journal-max, and not every send is in it", name)
	}
	var times []time.Duration
	for e, err := range journal.Read(filepath.Join(dir, "journal")) {
		if err != nil {
			return nil, fmt.Errorf("the run in %s: %w", name, err)
		}
		if e.Kind != journal.Send || int(e.Sender) != sender {
			continue
		}
		if len(times) == schedule.MaxReplay {
			return nil, fmt.Errorf("the run in %s sent more than %d records of %s", name, schedule.MaxReplay, f.Name())
		}
		times = append(times, e.Sent)
	}
	if len(times) == 0 {
		return nil, fmt.Errorf("the journal of the run in %s has no send of %s", name, f.Name())
	}
	return times, nil
}

// DefaultCardinality is the number of different keys of a load that says none.
const DefaultCardinality = 10_000

// cardinality is the number of different keys that are made.
func (k Keys) cardinality() uint64 {
	if k.Cardinality == 0 {
		return DefaultCardinality
	}
	return uint64(k.Cardinality)
}

// keyList reads the file of keys, if the load has one; false where it is a
// finding.
func (r *resolver) keyList(f *Flow, path document.Path) bool {
	name := f.Load.Keys.File
	if name == "" {
		return true
	}
	name = r.plan.Path(name)
	in, err := os.Open(name)
	if err != nil {
		r.Error(BadLoad, path, fmt.Sprintf("cannot read the keys: %s: %v", filepath.ToSlash(name), reason(err)), "")
		return false
	}
	defer func() { _ = in.Close() }()
	if f.KeyList, err = key.ReadList(filepath.ToSlash(name), in); err != nil {
		r.Error(BadLoad, path, err.Error(), "")
		return false
	}
	if hot := f.Load.Keys.Hot; hot != nil && uint64(hot.Keys) >= uint64(len(f.KeyList)) {
		r.Error(BadLoad, path, fmt.Sprintf("%s has %d keys; %d of them cannot be hot", filepath.ToSlash(name), len(f.KeyList), hot.Keys), "hot are fewer keys than all")
		return false
	}
	return true
}

func (f *Flow) keys(seed uint64, sender uint16) (key.Distribution, error) {
	k, n := f.Load.Keys, f.Load.Keys.cardinality()
	if f.KeyList != nil {
		n = uint64(len(f.KeyList))
	}
	switch {
	case k.Zipf > 0:
		return key.Zipf(seed, sender, n, k.Zipf)
	case k.Hot != nil:
		return key.HotSet(seed, sender, n, uint64(k.Hot.Keys), float64(k.Hot.Share))
	case k.Sequential:
		return key.Sequential(n)
	}
	return key.Uniform(seed, sender, n)
}
