package invariant

import (
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

func TestNoDuplicate(t *testing.T) {
	runCases(t, NoDuplicate, []testCase{
		{name: "each stands once", records: "are are",
			want: outcome{pass, "0 of 2 received records stand twice in the log", 2, 0, nil, nil}},
		{name: "one stands twice", records: "arR are", want: outcome{fail, "1 of 2 received records stands twice in the log", 2, 1,
			[]string{"0#0: stands at two offsets of the log"}, nil}},
		{name: "three offsets are one record too many times", records: "arRR arR ar", want: outcome{fail, "2 of 3 received records stand twice in the log", 3, 2,
			[]string{"0#0: stands at two offsets of the log", "0#1: stands at two offsets of the log"}, nil}},
		{name: "an unknown send that stands twice", records: "urR", want: outcome{fail, "1 of 1 received record stands twice in the log", 1, 1,
			[]string{"0#0: stands at two offsets of the log"}, nil}},
		{name: "injected duplicates are records of their own", records: "are arx",
			want: outcome{pass, "0 of 2 received records stand twice in the log", 2, 0, nil, nil}},
		{name: "nothing received", records: "a u", want: outcome{vacuous, "no received record was seen", 0, 0, nil, nil}},
		{name: "drain incomplete", records: "ar", change: cutShort, want: outcome{inconclusive,
			"0 of 1 received record stand twice in the log, but not everything was read: order.events/3 was not read to its end", 1, 0, nil, nil}},
		{name: "drain incomplete, but it is there twice", records: "arR", change: cutShort, want: outcome{fail, "1 of 1 received record stands twice in the log", 1, 1,
			[]string{"0#0: stands at two offsets of the log"}, nil}},
		{name: "untraced", records: "ar ar", adapt: untrace, want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},
	})
}

func TestNoDuplicateEffect(t *testing.T) {
	runCases(t, NoDuplicateEffect, []testCase{
		{name: "each has one", records: "are are", want: outcome{pass, "0 of 2 events have two effects", 2, 0, nil, nil}},
		{name: "one has two", records: "areE are", want: outcome{fail, "1 of 2 events has two effects", 2, 1,
			[]string{"0#0: payment-service applied it twice: there is more than one PaymentReceived"}, nil}},
		{name: "two have two", records: "areE areE are", want: outcome{fail, "2 of 3 events have two effects", 3, 2,
			[]string{"0#0: payment-service applied it twice: there is more than one PaymentReceived", "0#1: payment-service applied it twice: there is more than one PaymentReceived"}, nil}},
		{name: "duplicates on purpose are said", records: "are arx arx", want: outcome{pass, "0 of 1 event have two effects", 1, 0, nil,
			[]string{"2 duplicates of OrderPlaced were sent on purpose"}}},
		{name: "no effect was seen", records: "ar ar", want: outcome{vacuous, "no event was seen", 0, 0, nil, nil}},
		{name: "no effect is declared", records: "ar", adapt: func(f *Flow) { f.Reactions[0].Effect = "" },
			want: outcome{vacuous, "no consumer's contract declares an effect, so none was watched", 0, 0, nil, nil}},
		{name: "drain incomplete", records: "are", change: cutShort, want: outcome{inconclusive,
			"0 of 1 event have two effects, but not everything was read: order.events/3 was not read to its end", 1, 0, nil, nil}},
		{name: "drain incomplete, but there are two", records: "areE", change: cutShort, want: outcome{fail,
			"1 of 1 event has two effects", 1, 1, []string{"0#0: payment-service applied it twice: there is more than one PaymentReceived"}, nil}},
		{name: "untraced", records: "ar ar", adapt: untrace, want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},
		{name: "untraced, without an effect: the other flow decides", flows: func(l *ledger.Ledger) []*Flow {
			f := flowOf(l, "ar ar")
			untrace(f)
			f.Reactions[0].Effect = ""
			return []*Flow{f, flowOf(l, "are")}
		}, want: outcome{pass, "0 of 1 event have two effects", 1, 0, nil, nil}},
	})
}

func TestPerKeyOrder(t *testing.T) {
	one := func(uint16, uint64) uint64 { return 7 } // every record has the same key
	seen := func(uint16, uint64) bool { return true }
	order := func(budget int, seqs ...uint64) *Order {
		o := NewOrder(one, seen)
		o.budget = budget
		for _, seq := range seqs {
			o.See(0, seq, 0)
		}
		return o
	}
	logged := func(o *Order) func(*Flow) { return func(f *Flow) { f.Order = o } }
	runCases(t, PerKeyOrder, []testCase{
		{name: "in order", records: "are are are", adapt: logged(order(9, 0, 1, 2)),
			want: outcome{pass, "0 of 3 records are out of the order of their keys", 3, 0, nil, nil}},
		{name: "reversed in the log", records: "are are are", adapt: logged(order(9, 0, 2, 1)),
			want: outcome{fail, "1 of 3 records is out of the order of its key", 3, 1,
				[]string{"0#1: stands in the log after sequence 2 of the same key, which was sent later"}, nil}},
		{name: "reversed effects", records: "are are are", adapt: func(f *Flow) { f.Order, f.Reactions[0].EffectOrder = order(9, 0, 1, 2), order(9, 1, 0) },
			want: outcome{fail, "1 of 5 records is out of the order of its key (the log 0 of 3, payment-service 1 of 2)", 5, 1,
				[]string{"0#0: payment-service applied it after sequence 1 of the same key, which was sent later"}, nil}},
		{name: "exhausted", records: "are are are", adapt: logged(NewOrder(func(_ uint16, seq uint64) uint64 { return seq }, seen)),
			change: func(e *Evidence) {
				o := e.Flows[0].Order
				o.budget = 1
				o.See(0, 5, 0)
				o.See(0, 0, 0)
			},
			want: outcome{inconclusive, "too much is out of order to compare every key", 2, 0, nil, nil}},
		{name: "exhausted after a reversal", records: "are are are", adapt: logged(order(1, 5, 4, 0)),
			want: outcome{fail, "1 of 3 records is out of the order of its key", 3, 1,
				[]string{"0#4: stands in the log after sequence 5 of the same key, which was sent later"}, nil}},
		{name: "nothing watched", records: "are", want: outcome{vacuous, "no record was seen", 0, 0, nil, nil}},
		{name: "drain incomplete", records: "are", adapt: logged(order(9, 0)), change: cutShort, want: outcome{inconclusive,
			"0 of 1 record are out of the order of their keys, but not everything was read: order.events/3 was not read to its end", 1, 0, nil, nil}},
		{name: "untraced", records: "ar ar", adapt: untrace, want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},
	})
}
