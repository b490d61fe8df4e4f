package observe

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/loadgen/hop"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
)

// deadLetters is a dead-letter topic and who writes to it.
type deadLetters struct {
	*invariant.Letters
	// writers are the reactions to a sender's events that use the topic.
	writers map[uint16][]writer
}

type writer struct {
	reaction *invariant.Reaction
	names    []string
	hop      *hop.Output // nil where nothing measures it
}

// WatchDLQ adds the dead-letter topic of a reaction to s. Where several
// reactions to s share the topic, a letter is of the one that a header of the
// letter names: a header that the original did not have, with one of names
// (the consumer's group, its service) for its value.
func (o *Observer) WatchDLQ(s *Subject, r *invariant.Reaction, names ...string) {
	w := o.topic(r.DLQ.Letters.Topic)
	if w.dlq == nil {
		w.dlq = &deadLetters{r.DLQ.Letters, map[uint16][]writer{}}
	}
	sender := s.Flow.Sender.ID()
	w.dlq.writers[sender] = append(w.dlq.writers[sender], writer{r, names, o.hops[r].dead})
}

func (o *Observer) dead(w *watched, r *kgo.Record, at time.Duration) {
	w.dlq.Seen++
	letter := invariant.Letter{Partition: r.Partition, Offset: r.Offset}
	s, seq := o.record(r)
	if s == nil {
		letter.What = "nothing in it leads back to the record that was sent"
		w.dlq.Untraced.Add(letter)
		return
	}
	event := s.Event(seq)
	o.see(journal.Dead, s.Flow, event, w, r, at)
	writers := w.dlq.writers[s.Flow.Sender.ID()]
	if len(writers) == 0 {
		return // of a consumer that declares another topic, or none
	}
	var sent *kgo.Record
	if s.Original != nil {
		sent = s.Original(seq)
	}
	preserve := preserved(writers)
	of, measured := writers[0].reaction.DLQ.Unclaimed, (*hop.Output)(nil)
	var whose *invariant.Reaction
	if i := writerOf(writers, sent, r); i >= 0 {
		whose = writers[i].reaction
		of, preserve, letter.Consumer, measured = whose.Ledger, whose.DLQ.Preserve, whose.Consumer, writers[i].hop
		if whose.Retries != nil && o.exact(s, r) {
			whose.Retries.Ended(seq, at, at)
		}
	}
	sight := of.Dead(event)
	if sight == ledger.First {
		o.cfg.Counters.Dead.Add(1)
	}
	if measured != nil {
		measured.Seen(event, sight, at)
	}
	if sent == nil {
		return
	}
	letter.Ref = invariant.Ref{Sender: s.Flow.Sender.ID(), Sequence: seq}
	letter.What = altered(sent, r, preserve)
	// A record is one that is altered, however many of its letters are.
	if letter.What != "" && (whose == nil || whose.DLQ.Altered.Dead(event) != ledger.Again) {
		w.dlq.Altered.Add(letter)
	}
}

// writerOf is the index of the writer of a letter, or -1 where its headers
// name none of several, or more than one.
func writerOf(writers []writer, sent, letter *kgo.Record) int {
	if len(writers) == 1 {
		return 0
	}
	named := -1
	for _, h := range letter.Headers {
		if sent != nil {
			if was, ok := lookup(sent, h.Key); ok && bytes.Equal(was, h.Value) {
				continue
			}
		}
		for i, w := range writers {
			if i == named || !slices.Contains(w.names, string(h.Value)) {
				continue
			}
			if named >= 0 {
				return -1
			}
			named = i
		}
	}
	return named
}

// preserved is what all writers keep.
func preserved(writers []writer) []string {
	kept := slices.Clone(writers[0].reaction.DLQ.Preserve)
	for _, w := range writers[1:] {
		kept = slices.DeleteFunc(kept, func(part string) bool { return !slices.Contains(w.reaction.DLQ.Preserve, part) })
	}
	return kept
}

// altered says how a dead letter differs from the original in what must be
// kept; empty where it does not. A letter may carry further headers.
func altered(sent, letter *kgo.Record, preserve []string) string {
	for _, what := range preserve {
		switch what {
		case "key":
			if !bytes.Equal(sent.Key, letter.Key) {
				return fmt.Sprintf("the key is %q, and was %q", clip(letter.Key), clip(sent.Key))
			}
		case "value":
			if !bytes.Equal(sent.Value, letter.Value) {
				return fmt.Sprintf("the value (%d bytes) is not the %d bytes that were sent", len(letter.Value), len(sent.Value))
			}
		case "headers":
			for _, h := range sent.Headers {
				switch got, ok := lookup(letter, h.Key); {
				case !ok:
					return fmt.Sprintf("the header %s is missing", h.Key)
				case !bytes.Equal(got, h.Value):
					return fmt.Sprintf("the header %s is %q, and was %q", h.Key, clip(got), clip(h.Value))
				}
			}
		}
	}
	return ""
}

func clip(b []byte) []byte { return b[:min(len(b), 60)] }
