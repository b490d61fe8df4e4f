package invariant

import (
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

// at says that records were acknowledged in a partition, as a journal knows.
func at(partition int32, seqs ...uint64) func(*Evidence) {
	return func(e *Evidence) {
		e.PartitionsOf = func(refs []Ref) map[Ref]int32 {
			known := map[Ref]int32{}
			for _, r := range refs {
				for _, seq := range seqs {
					if r.Sequence == seq {
						known[r] = partition
					}
				}
			}
			return known
		}
	}
}

func both(changes ...func(*Evidence)) func(*Evidence) {
	return func(e *Evidence) {
		for _, c := range changes {
			c(e)
		}
	}
}

func TestNoLoss(t *testing.T) {
	const unread = "order.events/3 was not read to its end"
	onlyLog := "nothing shows whether OrderPlaced was processed: only the log was checked"
	runCases(t, NoLoss, []testCase{
		{name: "all is there", records: "are are are",
			want: outcome{pass, "0 of 3 acknowledged records lost; every event has an effect or a dead letter", 3, 0, nil, nil}},
		{name: "what was lost on an embedded broker is no claim that nothing was", records: "are a are", change: func(e *Evidence) { e.Durable = false },
			want: outcome{fail, "1 event lost of 3 acknowledged records", 3, 1, []string{"0#1: acknowledged, but not in the log"}, nil}},
		{name: "a record is lost", records: "are a are",
			want: outcome{fail, "1 event lost of 3 acknowledged records", 3, 1, []string{"0#1: acknowledged, but not in the log"}, nil}},
		{name: "an effect is lost", records: "are ar are",
			want: outcome{fail, "1 event lost of 3 acknowledged records", 3, 1, []string{"0#1: in the log, but no PaymentReceived and no dead letter of payment-service followed"}, nil}},
		{name: "both", records: "ar a", want: outcome{fail, "2 events lost of 2 acknowledged records", 2, 2, []string{
			"0#1: acknowledged, but not in the log", "0#0: in the log, but no PaymentReceived and no dead letter of payment-service followed",
		}, nil}},
		{name: "a dead letter accounts for an event", records: "ard are",
			want: outcome{pass, "0 of 2 acknowledged records lost; every event has an effect or a dead letter", 2, 0, nil, nil}},
		{name: "poison and injected duplicates need no effect", records: "arp arx are",
			want: outcome{pass, "0 of 3 acknowledged records lost; every event has an effect or a dead letter, poison aside", 3, 0, nil, nil}},
		{name: "poison needs a dead letter where there is a topic for them", records: "arp arpd are", adapt: letters(&Letters{Seen: 1}),
			want: outcome{fail, "1 event lost of 3 acknowledged records", 3, 1, []string{"0#0: in the log, but no PaymentReceived and no dead letter of payment-service followed"}, nil}},
		{name: "all poison is dead-lettered", records: "arpd are", adapt: letters(&Letters{Seen: 1}),
			want: outcome{pass, "0 of 2 acknowledged records lost; every event has an effect or a dead letter", 2, 0, nil, nil}},
		{name: "a letter that leads back to nothing may stand for an event", records: "arp are", adapt: letters(&Letters{Seen: 1, Untraced: wrong(Letter{})}),
			want: outcome{inconclusive, "0 of 2 acknowledged records lost, but 1 event without an effect: their dead letters name no consumer, or lead back to no record", 2, 0, nil, nil}},
		{name: "more are missing than letters lead back to nothing", records: "arp arp are", adapt: letters(&Letters{Seen: 1, Untraced: wrong(Letter{})}),
			want: outcome{fail, "1 event lost of 3 acknowledged records", 3, 1, []string{"0#0: in the log, but no PaymentReceived and no dead letter of payment-service followed"}, nil}},
		{name: "poison and injected duplicates can be lost", records: "ap ax are", want: outcome{fail, "2 events lost of 3 acknowledged records", 3, 2, []string{
			"0#0: acknowledged, but not in the log", "0#1: acknowledged, but not in the log",
		}, nil}},
		{name: "unknown is not lost, and not a ghost when seen", records: "u ure are", want: outcome{pass,
			"0 of 1 acknowledged record lost; every event has an effect or a dead letter", 1, 0, nil,
			[]string{"2 sends of OrderPlaced had an unknown outcome, 1 of them are in the log: neither lost nor delivered"}}},
		{name: "no outcome at all is unknown", records: "- are", want: outcome{pass,
			"0 of 1 acknowledged record lost; every event has an effect or a dead letter", 1, 0, nil,
			[]string{"1 send of OrderPlaced had an unknown outcome, 0 of them are in the log: neither lost nor delivered"}}},
		{name: "unknown and in the log, but not processed", records: "ur are", want: outcome{fail, "1 event lost of 1 acknowledged record", 1, 1,
			[]string{"0#0: in the log, but no PaymentReceived and no dead letter of payment-service followed"},
			[]string{"1 send of OrderPlaced had an unknown outcome, 1 of them are in the log: neither lost nor delivered"}}},
		{name: "failed is not lost", records: "f are",
			want: outcome{pass, "0 of 1 acknowledged record lost; every event has an effect or a dead letter", 1, 0, nil, nil}},
		{name: "nothing acknowledged", records: "f u", want: outcome{vacuous, "nothing was acknowledged, so nothing could be lost", 0, 0, nil,
			[]string{"1 send of OrderPlaced had an unknown outcome, 0 of them are in the log: neither lost nor delivered"}}},
		{name: "nothing sent", records: "", want: outcome{vacuous, "nothing was acknowledged, so nothing could be lost", 0, 0, nil, nil}},
		{name: "no effect declared: only the log is judged", records: "ar ar", adapt: func(f *Flow) { f.Reactions[0].Effect = "" },
			want: outcome{pass, "0 of 2 acknowledged records lost", 2, 0, nil, []string{onlyLog}}},
		{name: "embedded claims no durability", records: "are", change: func(e *Evidence) { e.Durable = false },
			want: outcome{pass, "0 of 1 acknowledged record lost; every event has an effect or a dead letter", 1, 0, nil,
				[]string{"embedded broker: clients and services lost nothing; broker durability not exercised"}}},

		{name: "drain incomplete, nothing missing", records: "are", change: cutShort,
			want: outcome{inconclusive, "0 records not accounted for, but not everything was read: " + unread, 1, 0, nil, nil}},
		{name: "drain incomplete, an effect missing", records: "are ar", change: cutShort,
			want: outcome{inconclusive, "1 record not accounted for, but not everything was read: " + unread, 2, 0, nil, nil}},
		{name: "drain incomplete, the journal without the partition", records: "are a", change: cutShort,
			want: outcome{inconclusive, "1 record not accounted for, but not everything was read: " + unread, 2, 0, nil, nil}},
		{name: "drain incomplete, the partition not read to its end", records: "are a",
			change: both(cutShort, at(3, 1), func(e *Evidence) { e.Closed = func(string, int32) bool { return false } }),
			want:   outcome{inconclusive, "1 record not accounted for, but not everything was read: " + unread, 2, 0, nil, nil}},
		{name: "drain incomplete, but this partition was read to its end", records: "a a",
			change: both(cutShort, at(2, 1), func(e *Evidence) {
				e.Closed = func(topic string, p int32) bool { return topic == "order.events" && p == 2 }
			}),
			want: outcome{fail, "1 event lost of 2 acknowledged records", 2, 1,
				[]string{"0#1: acknowledged, but not in the log, whose partition was read to its end"}, nil}},
		{name: "drain incomplete without a word why", records: "are", change: func(e *Evidence) { e.Drain.Complete = false },
			want: outcome{inconclusive, "0 records not accounted for, but not everything was read: the drain did not complete", 1, 0, nil, nil}},
		{name: "the log lost its end after it was read", records: "are",
			change: func(e *Evidence) { e.Truncated = []Truncation{{"order.events", 4, 10, 12}} },
			want: outcome{fail, "2 events lost of 1 acknowledged record", 1, 2,
				[]string{"order.events/4@10: order.events/4 lost its end: offsets 10 to 11 had been read, and are gone from the log"}, nil}},

		{name: "a trigger without its event", records: "are a", adapt: func(f *Flow) { f.Trigger = true },
			want: outcome{fail, "1 event lost of 2 accepted triggers", 2, 1, []string{"0#1: accepted, but no event OrderPlaced followed"}, nil}},
		{name: "a trigger without its event, drain incomplete, whatever the journal knows", records: "are a",
			adapt: func(f *Flow) { f.Trigger = true }, change: both(cutShort, at(2, 1)),
			want: outcome{inconclusive, "1 record not accounted for, but not everything was read: " + unread, 2, 0, nil, nil}},
		{name: "an untraced trigger", records: "ar ar", adapt: untrace,
			want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},

		{name: "two flows, one followed", flows: func(l *ledger.Ledger) []*Flow {
			f := flowOf(l, "ar")
			f.Event, f.Reactions[0].Effect = "OrderCancelled", ""
			return []*Flow{flowOf(l, "are"), f}
		}, want: outcome{pass, "0 of 2 acknowledged records lost; every event of OrderPlaced has an effect or a dead letter", 2, 0, nil,
			[]string{"nothing shows whether OrderCancelled was processed: only the log was checked"}}},
		{name: "an untraced flow takes back no loss of another", flows: func(l *ledger.Ledger) []*Flow {
			f := flowOf(l, "ar ar")
			untrace(f)
			return []*Flow{f, flowOf(l, "a")}
		}, want: outcome{fail, "1 event lost of 1 acknowledged record", 1, 1, []string{"1#0: acknowledged, but not in the log"}, nil}},
		{name: "an untraced flow beside a good one", flows: func(l *ledger.Ledger) []*Flow {
			f := flowOf(l, "ar ar")
			untrace(f)
			return []*Flow{f, flowOf(l, "are")}
		}, want: outcome{inconclusive, untracedSentence, 1, 0, nil, []string{untracedNote}}},
	})
}
