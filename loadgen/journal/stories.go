package journal

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/flowweir/weir/reports/finding"
)

// MaxStories is how many offenders of one invariant get a story.
const MaxStories = 1000

// maxSteps bounds a story: a record that is redelivered for an hour needs no
// line for each time.
const maxSteps = 50

// ID is the identity of a record in the ledger.
type ID struct {
	Sender   uint16
	Sequence uint64
}

// Story is what the journal knows of one record.
type Story struct {
	// Steps are in order of time, at most 50: of a longer story the first
	// 49, and how many more there are.
	Steps []finding.Step
	// Topic, Partition and Offset are where the record was first acked or
	// received; Partition and Offset are -1 where it was not.
	Topic     string
	Partition int32
	Offset    int64

	at    int64
	total int
}

// Stories reads the journal in dir once and returns the stories of the wanted
// records, those without any entry included (with no steps). Callers bound
// what they want to MaxStories for each invariant. Where the journal ends
// early, the stories up to there come with the error of Read.
func Stories(dir string, wanted map[ID]struct{}) (map[ID]*Story, error) {
	stories := make(map[ID]*Story, len(wanted))
	for id := range wanted {
		stories[id] = &Story{Partition: -1, Offset: -1}
	}
	for e, err := range Read(dir) {
		if err != nil {
			if errors.Is(err, ErrTruncated) || errors.Is(err, ErrCorrupt) {
				return finish(stories), err
			}
			return nil, err
		}
		if s := stories[ID{e.Sender, e.Sequence}]; s != nil {
			s.add(e)
		}
	}
	return finish(stories), nil
}

func finish(stories map[ID]*Story) map[ID]*Story {
	for _, s := range stories {
		s.sort()
		if more := s.total - (maxSteps - 1); more > 1 {
			s.Steps = s.Steps[:maxSteps-1]
			last := s.Steps[len(s.Steps)-1]
			s.Steps = append(s.Steps, finding.Step{At: last.At, What: fmt.Sprintf("and %d more", more)})
		}
	}
	return stories
}

func (s *Story) add(e Entry) {
	if placed := e.Kind == Received || e.Kind == Send && e.Outcome == Acked; placed && e.Offset >= 0 {
		if s.Offset < 0 || int64(e.At) < s.at {
			s.Topic, s.Partition, s.Offset, s.at = e.Topic, e.Partition, e.Offset, int64(e.At)
		}
	}
	if e.Kind == Send {
		s.step(finding.Step{At: e.Sent, What: "sent"})
	}
	s.step(finding.Step{At: e.At, What: e.what()})
}

// step keeps the earliest steps: blocks of several streams come in any order.
func (s *Story) step(step finding.Step) {
	s.total++
	s.Steps = append(s.Steps, step)
	if len(s.Steps) >= 4*maxSteps {
		s.sort()
		s.Steps = s.Steps[:maxSteps]
	}
}

func (s *Story) sort() {
	slices.SortStableFunc(s.Steps, func(a, b finding.Step) int { return cmp.Compare(a.At, b.At) })
}

// what says an entry in words.
func (e Entry) what() string {
	place := e.Topic
	if e.Partition >= 0 {
		place = fmt.Sprintf("%s/%d", place, e.Partition)
		if e.Offset >= 0 {
			place = fmt.Sprintf("%s@%d", place, e.Offset)
		}
	}
	var what string
	switch e.Kind {
	case Send:
		what = map[Outcome]string{Acked: "acked", Failed: "failed", Unknown: "outcome unknown"}[e.Outcome]
	case Received:
		what = "received"
	case Effect:
		what = "effect seen"
	case Dead:
		what = "dead-lettered"
	case Retry:
		what = "in a retry topic"
	case Probe:
		what = "delivered to the probe"
	}
	if place != "" {
		what += " at " + place
	}
	if e.Reason != "" {
		what += ": " + e.Reason
	}
	return what
}
