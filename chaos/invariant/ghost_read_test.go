package invariant

import "testing"

func TestNoGhostRead(t *testing.T) {
	haunt := func(sequences ...uint64) func(*Evidence) {
		return func(e *Evidence) {
			for _, seq := range sequences {
				e.Flows[0].Ghosts.Add(Ghost{Topic: "order.events", Partition: 2, Offset: 40, Sequence: seq})
			}
		}
	}
	abort := func(e *Evidence) { e.Flows[0].Sender.Aborted(1) }
	const failed = "0#1: read, though its send failed for certain"
	ghost := []string{"order.events/2@40: read, and its identity was never sent"}
	runCases(t, NoGhostRead, []testCase{
		{name: "what was sent", records: "ar ar f ar", want: outcome{pass, "0 of 3 received records were never written", 3, 0, nil, nil}},
		{name: "unknown, and there", records: "ar ur r", want: outcome{pass, "0 of 3 received records were never written", 3, 0, nil, nil}},
		{name: "failed, and there", records: "ar fr ar", want: outcome{fail, "1 of 3 received records was never written", 3, 1, []string{failed}, nil}},
		{name: "aborted, and there", records: "ar r ar", change: abort, want: outcome{fail, "1 of 3 received records was never written", 3, 1, []string{failed + ", or its transaction was aborted"}, nil}},
		{name: "aborted, and not there", records: "ar n ar", change: abort, want: outcome{pass, "0 of 2 received records were never written", 2, 0, nil, nil}},
		{name: "never sent", records: "ar", change: haunt(7), want: outcome{fail, "1 of 2 received records was never written", 2, 1, ghost, nil}},
		{name: "both", records: "ar fr", change: haunt(7), want: outcome{fail, "2 of 3 received records were never written", 3, 2, append(ghost, failed), nil}},
		{name: "a trigger that was refused, and done", records: "ar fr", adapt: func(f *Flow) { f.Trigger = true }, want: outcome{pass, "0 of 2 received records were never written", 2, 0, nil, nil}},
		{name: "fails whatever was not read", records: "ar", change: both(haunt(7), cutShort), want: outcome{fail, "1 of 2 received records was never written", 2, 1, ghost, nil}},

		{name: "not everything was read", records: "ar", change: cutShort,
			want: outcome{inconclusive, "0 of 1 received record were never written, but not everything was read: order.events/3 was not read to its end", 1, 0, nil, nil}},
		{name: "only counts are known", records: "ar ar", adapt: untrace, want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},
		{name: "nothing was read", records: "a u", want: outcome{vacuous, "no received record was seen", 0, 0, nil, nil}},
	})
}

// TestGhostsAreBounded: all are counted, and a thousand kept.
func TestGhostsAreBounded(t *testing.T) {
	var g Ghosts
	for range 1200 {
		g.Add(Ghost{})
	}
	if g.Count() != 1200 || len(g.First()) != 1000 {
		t.Errorf("%d counted, %d kept", g.Count(), len(g.First()))
	}
}
