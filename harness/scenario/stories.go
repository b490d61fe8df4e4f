package scenario

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/reports/finding"
)

// storyteller answers the invariants' questions about single records from
// the journal, which must be closed.
type storyteller struct {
	dir    string
	run    uint64
	flows  map[uint16]*liveFlow
	warn   func(string)
	faults []openFault
	// aborted says that nobody asks any more.
	aborted func() bool
	// known are stories that were read already: a pass over the journal
	// costs seconds, and invariants ask about the same offenders.
	known map[journal.ID]*journal.Story
}

func (s *storyteller) read(refs []invariant.Ref) {
	wanted := map[journal.ID]struct{}{}
	for _, ref := range refs {
		id := journal.ID(ref)
		if s.known[id] == nil {
			wanted[id] = struct{}{}
		}
	}
	if len(wanted) == 0 || s.aborted() {
		return
	}
	stories, err := journal.Stories(s.dir, wanted)
	if err != nil && !errors.Is(err, journal.ErrTruncated) {
		s.warn("the journal: " + err.Error())
	}
	for id, story := range stories {
		s.known[id] = story
	}
}

// tell fills in what is known of records.
func (s *storyteller) tell(refs []invariant.Ref) []finding.Record {
	s.read(refs)
	records := make([]finding.Record, len(refs))
	for i, ref := range refs {
		r := finding.Record{Partition: -1, Offset: -1, Sequence: ref.Sequence}
		if f := s.flows[ref.Sender]; f != nil {
			event := f.subject.Event(ref.Sequence)
			r.Topic, r.Sender = f.plan.Topic, f.sender.Name()
			r.EventID = identity.EventID{Run: s.run, Sender: ref.Sender, Sequence: event}.String()
			if f.subject.Original != nil {
				r.Key = string(f.subject.Original(ref.Sequence).Key)
			}
			r.Story = append(r.Story, finding.Step{At: f.subject.Due(ref.Sequence), What: "due" + f.form(ref.Sequence)})
		}
		if story := s.known[journal.ID(ref)]; story != nil {
			r.Partition, r.Offset = story.Partition, story.Offset
			r.Story = append(r.Story, story.Steps...)
		}
		r.Story = s.withFaults(r.Story)
		records[i] = r
	}
	return records
}

// form says of poison that its schema refuses which of its forms it is.
func (f *liveFlow) form(seq uint64) string {
	if m, ok := f.maker.(*payload.Maker); ok {
		if wrong := m.Wrong(seq); wrong != "" {
			return ": an event " + wrong
		}
	}
	return ""
}

// partitionsOf are where records were acknowledged, as far as it is known.
func (s *storyteller) partitionsOf(refs []invariant.Ref) map[invariant.Ref]int32 {
	s.read(refs)
	known := map[invariant.Ref]int32{}
	for _, ref := range refs {
		if story := s.known[journal.ID(ref)]; story != nil && story.Partition >= 0 {
			known[ref] = story.Partition
		}
	}
	return known
}

// openFault is a span in which a fault was open.
type openFault struct {
	what     string
	from, to time.Duration
}

// withFaults adds to a story which faults were open meanwhile.
func (s *storyteller) withFaults(story []finding.Step) []finding.Step {
	if len(story) == 0 {
		return nil
	}
	from, to := story[0].At, story[len(story)-1].At
	for _, f := range s.faults {
		if f.from <= to+time.Second && from <= f.to {
			story = append(story, finding.Step{At: f.from, What: "fault: " + f.what})
		}
	}
	slices.SortStableFunc(story, func(a, b finding.Step) int { return cmp.Compare(a.At, b.At) })
	return story
}
