package invariant

import "testing"

func TestNoAbortedRead(t *testing.T) {
	abort := func(seqs ...uint64) func(*Evidence) {
		return func(e *Evidence) {
			for _, seq := range seqs {
				e.Flows[0].Sender.Aborted(seq)
			}
		}
	}
	const applied = "0#1: its transaction was aborted, and payment-service applied it: there is a PaymentReceived"
	runCases(t, NoAbortedRead, []testCase{
		{name: "not seen", records: "are n n are", change: abort(1, 2), want: outcome{pass, "0 of 2 aborted events processed", 2, 0, nil, nil}},
		{name: "applied", records: "are e n are", change: abort(1, 2), want: outcome{fail, "1 of 2 aborted events processed", 2, 1, []string{applied}, nil}},
		{name: "dead-lettered", records: "are d n are", change: abort(1, 2), want: outcome{fail, "1 of 2 aborted events processed", 2, 1,
			[]string{"0#1: its transaction was aborted, and payment-service dead-lettered it"}, nil}},
		{name: "one of two consumers", flows: pair("areo o areo"), change: abort(1), want: outcome{fail, "1 of 2 aborted events processed (payment-service 0 of 1, inventory-service 1 of 1)", 2, 1,
			[]string{"0#1: its transaction was aborted, and inventory-service applied it: there is a InventoryReserved"}, nil}},
		{name: "a duplicate of it was not aborted", records: "are e e arx are", adapt: func(f *Flow) { f.Origin = func(seq uint64) uint64 { return seq &^ 2 } }, change: abort(1, 2),
			want: outcome{fail, "1 of 1 aborted event processed", 1, 1, []string{"0#2: its transaction was aborted, and payment-service applied it: there is a PaymentReceived"}, nil}},
		{name: "a duplicate of it was aborted, too", records: "are e n x are", adapt: func(f *Flow) { f.Origin = func(seq uint64) uint64 { return seq &^ 2 } }, change: abort(1, 2, 3),
			want: outcome{fail, "1 of 3 aborted events processed", 3, 1, []string{applied}, nil}},
		{name: "in the log all the same", records: "are re n are", change: abort(1, 2), want: outcome{pass, "0 of 2 aborted events processed", 2, 0, nil, nil}},
		{name: "fails whatever was not read", records: "are e", change: both(abort(1), cutShort), want: outcome{fail, "1 of 1 aborted event processed", 1, 1, []string{applied}, nil}},

		{name: "not everything was read", records: "are n", change: both(abort(1), cutShort),
			want: outcome{inconclusive, "0 of 1 aborted event processed, but not everything was read: order.events/3 was not read to its end", 1, 0, nil, nil}},
		{name: "a consumer that shows nothing", records: "ar n", change: abort(1),
			want: outcome{inconclusive, "0 of 1 aborted event processed, but payment-service showed no PaymentReceived for any OrderPlaced", 1, 0, nil, nil}},
		{name: "nothing was aborted", records: "are are", want: outcome{vacuous, "no transaction was aborted of an event whose effects can be seen", 0, 0, nil, nil}},
		{name: "only counts are known", records: "ar ar", adapt: untrace, want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},
	})
}
