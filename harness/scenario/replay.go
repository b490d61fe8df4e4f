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

	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// readReplay reads times: of a run directory, those of the event's records since
// that run's load began; else those of a file.
func readReplay(name string, f *Flow) (schedule.Segment, error) {
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
	times, err := schedule.ReadTimes(filepath.ToSlash(name), in)
	return schedule.Replay(times), err
}

// reason is an error without the path that the message names already.
func reason(err error) error {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

// readRun reads when the records were due that a run has sent. Its journal says
// when they were sent, which counts where its scenario does not say the former.
func readRun(dir string, f *Flow) (schedule.Segment, error) {
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
	times := recorded{due: dueTimes(rec, sender)}
	for e, err := range journal.Read(filepath.Join(dir, "journal")) {
		if err != nil {
			return nil, fmt.Errorf("the run in %s: %w", name, err)
		}
		if e.Kind != journal.Send || int(e.Sender) != sender {
			continue
		}
		if len(times.sent) == schedule.MaxReplay {
			return nil, fmt.Errorf("the run in %s sent more than %d records of %s", name, schedule.MaxReplay, f.Name())
		}
		times.add(e)
	}
	if len(times.sent) == 0 {
		return nil, fmt.Errorf("the journal of the run in %s has no send of %s", name, f.Name())
	}
	return times.segment(), nil
}

// recorded are the times of a run's sends.
type recorded struct {
	sent, planned []time.Duration
	due           *schedule.Schedule // nil where it is not known, or not theirs
}

func (r *recorded) add(e journal.Entry) {
	r.sent = append(r.sent, e.Sent)
	if r.due == nil {
		return
	}
	// The journal has whole microseconds; nothing is sent before it is due.
	if e.Sequence >= r.due.Total() || r.due.Due(e.Sequence).Truncate(time.Microsecond) > e.Sent {
		r.due, r.planned = nil, nil
		return
	}
	r.planned = append(r.planned, r.due.Due(e.Sequence))
}

func (r *recorded) segment() schedule.Segment {
	if r.due != nil {
		return schedule.ReplayDue(r.planned)
	}
	return schedule.ReplaySent(r.sent)
}

// dueTimes is the schedule of a sender of a run, as its scenario has it; nil
// where that has another, or one that replays times itself.
func dueTimes(rec *run.Record, sender int) *schedule.Schedule {
	ran, findings := Parse("scenario.json", rec.Scenario)
	if finding.Errors(findings) > 0 || len(ran.Load) != len(rec.Run.Loads) {
		return nil
	}
	var segments []schedule.Segment
	for _, s := range ran.Load[sender].Profile {
		if s.Replay != "" {
			return nil
		}
		segments = append(segments, s.segment())
	}
	made, err := schedule.New(segments...)
	if err != nil || made.String() != rec.Run.Loads[sender].Profile {
		return nil
	}
	return made
}
