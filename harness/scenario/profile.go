package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/loadgen/key"
	"github.com/flowweir/weir/loadgen/schedule"
)

// schedule makes the schedule of a load; nil where it is a finding.
func (r *resolver) schedule(f *Flow, path document.Path) *schedule.Schedule {
	segments := make([]schedule.Segment, len(f.Load.Profile))
	for i, s := range f.Load.Profile {
		if s.Replay == "" {
			segments[i] = s.segment()
			continue
		}
		var err error
		if segments[i], err = readReplay(r.plan.Path(s.Replay), f); err != nil {
			r.Error(BadLoad, path.Add(i, "replay"), err.Error(), "")
			return nil
		}
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
