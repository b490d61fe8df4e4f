package invariant

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
)

func letters(d *DLQ) func(*Flow) {
	return func(f *Flow) {
		d.Topic = "dlq"
		f.DLQ = d
	}
}

func TestDLQComplete(t *testing.T) {
	const unread = "order.events/3 was not read to its end"
	all := []string{"key", "value", "headers"}
	runCases(t, DLQComplete, []testCase{
		{name: "all there", records: "arpd arpd are", adapt: letters(&DLQ{Seen: 2, Preserve: all}),
			want: outcome{pass, "2 poison records in, 2 dead letters found with key, value, headers kept", 2, 0, nil, nil}},
		{name: "nothing to keep", records: "arpd", adapt: letters(&DLQ{Seen: 1}),
			want: outcome{pass, "1 poison record in, 1 dead letter found", 1, 0, nil, nil}},
		{name: "one missing", records: "arpd arp are", adapt: letters(&DLQ{Seen: 1}),
			want: outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"0#1: poison in the log, but not in dlq"}, nil}},
		{name: "unknown and in the log: it must be dead-lettered too", records: "urp", adapt: letters(&DLQ{}),
			want: outcome{fail, "1 problem with the dead letters of 1 poison record", 1, 1, []string{"0#0: poison in the log, but not in dlq"}, nil}},
		{name: "poison that is in no log needs no letter", records: "up fp arpd", adapt: letters(&DLQ{Seen: 1}),
			want: outcome{pass, "1 poison record in, 1 dead letter found", 1, 0, nil, nil}},
		{name: "no poison reached the log", records: "up fp are", adapt: letters(&DLQ{}),
			want: outcome{vacuous, "no poison reached a consumer that declares a dead-letter topic", 0, 0, nil, nil}},
		{name: "no poison sent", records: "are are", adapt: letters(&DLQ{}),
			want: outcome{vacuous, "no poison reached a consumer that declares a dead-letter topic", 0, 0, nil, nil}},
		{name: "no dead-letter topic", records: "arp are",
			want: outcome{vacuous, "no poison reached a consumer that declares a dead-letter topic", 0, 0, nil, nil}},
		{name: "poison with an effect", records: "arpde arpd", adapt: letters(&DLQ{Seen: 2}),
			want: outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"0#0: poison, but PaymentReceived followed"}, nil}},
		{name: "altered", records: "arpd", adapt: letters(&DLQ{Seen: 1, Preserve: all, Altered: []Letter{{Ref{0, 0}, 2, 17, "the header tenant is missing"}}}),
			want: outcome{fail, "1 problem with the dead letters of 1 poison record", 1, 1, []string{"0#0: dead letter at dlq/2@17: the header tenant is missing"}, nil}},
		{name: "untraced: it stands for the one that is missed", records: "arp arpd",
			adapt: letters(&DLQ{Seen: 2, Untraced: []Letter{{Ref{}, 2, 17, "nothing leads back"}}}),
			want:  outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"dlq/2@17: dead letter at dlq/2@17: nothing leads back"}, nil}},
		{name: "more missed than untraced", records: "arp arp", adapt: letters(&DLQ{Seen: 1, Untraced: []Letter{{Ref{}, 2, 17, "nothing leads back"}}}),
			want: outcome{fail, "2 problems with the dead letters of 2 poison records", 2, 2, []string{
				"dlq/2@17: dead letter at dlq/2@17: nothing leads back",
				"0#0: poison in the log, and no letter in dlq leads back to it", "0#1: poison in the log, and no letter in dlq leads back to it",
			}, nil}},
		{name: "more untraced than missed", records: "arp", adapt: letters(&DLQ{Seen: 2, Untraced: []Letter{{Ref{}, 2, 17, "x"}, {Ref{}, 2, 18, "x"}}}),
			want: outcome{fail, "2 problems with the dead letters of 1 poison record", 1, 2, []string{
				"dlq/2@17: dead letter at dlq/2@17: x", "dlq/2@18: dead letter at dlq/2@18: x",
			}, nil}},
		{name: "twice under at-least-once", records: "arpdD arpd", adapt: letters(&DLQ{Seen: 3}),
			want: outcome{pass, "2 poison records in, 3 dead letters found", 2, 0, nil, []string{"1 dead letter of OrderPlaced repeated in dlq: legal under at-least-once"}}},
		{name: "twice under exactly-once", records: "arpdD arpd", adapt: letters(&DLQ{Seen: 3, ExactlyOnce: true}),
			want: outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"0#0: stands more than once in dlq, which promises exactly-once"}, nil}},
		{name: "healthy events were dead-lettered too", records: "arpd ard ard", adapt: letters(&DLQ{Seen: 3}),
			want: outcome{pass, "1 poison record in, 3 dead letters found", 1, 0, nil, []string{"dead-lettered without having been poisoned: 2 events of OrderPlaced"}}},

		{name: "drain incomplete", records: "arpd", adapt: letters(&DLQ{Seen: 1}), change: cutShort,
			want: outcome{inconclusive, "0 poison records without a dead letter, but not everything was read: " + unread, 1, 0, nil, nil}},
		{name: "drain incomplete, one missing", records: "arpd arp", adapt: letters(&DLQ{Seen: 1}), change: cutShort,
			want: outcome{inconclusive, "1 poison record without a dead letter, but not everything was read: " + unread, 2, 0, nil, nil}},
		{name: "drain incomplete, but poison had an effect", records: "arpe", adapt: letters(&DLQ{}), change: cutShort,
			want: outcome{fail, "1 problem with the dead letters of 1 poison record", 1, 1, []string{"0#0: poison, but PaymentReceived followed"}, nil}},
		{name: "untraced flow", records: "ar ar", adapt: func(f *Flow) { untrace(f); f.DLQ = &DLQ{} },
			want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},

		{name: "two flows share a topic: its letters count once", flows: func(l *ledger.Ledger) []*Flow {
			d := &DLQ{Topic: "dlq", Seen: 3, Preserve: all, Untraced: []Letter{{Ref{}, 0, 1, "x"}}, Altered: []Letter{{Ref{1, 0}, 0, 2, "y"}}}
			a, b := flowOf(l, "arpd arp"), flowOf(l, "arpd arp")
			a.DLQ, b.DLQ = d, d
			return []*Flow{a, b}
		}, want: outcome{fail, "3 problems with the dead letters of 4 poison records", 4, 3, []string{
			"1#0: dead letter at dlq/0@2: y", "dlq/0@1: dead letter at dlq/0@1: x", "1#1: poison in the log, but not in dlq",
		}, nil}},
		{name: "two topics that keep different things", flows: func(l *ledger.Ledger) []*Flow {
			a, b := flowOf(l, "arpd"), flowOf(l, "arpd")
			a.DLQ, b.DLQ = &DLQ{Topic: "a", Seen: 1, Preserve: all}, &DLQ{Topic: "b", Seen: 1, Preserve: []string{"value"}}
			return []*Flow{a, b}
		}, want: outcome{pass, "2 poison records in, 2 dead letters found with value kept", 2, 0, nil, nil}},
	})
}

// TestAlteredLettersAreToldAtOnce: each question about records may cost a pass
// over the journal.
func TestAlteredLettersAreToldAtOnce(t *testing.T) {
	f := flowOf(ledger.New(), "arpd arpd arpd")
	f.DLQ = &DLQ{Topic: "dlq", Seen: 3}
	for seq := range uint64(3) {
		f.DLQ.Altered = append(f.DLQ.Altered, Letter{Ref: Ref{0, seq}, What: "x"})
	}
	e := complete(f)
	tell, asked := e.Tell, []int{}
	e.Tell = func(refs []Ref) []finding.Record {
		asked = append(asked, len(refs))
		return tell(refs)
	}
	Judge([]string{DLQComplete}, e)
	if diff := cmp.Diff([]int{3}, asked); diff != "" {
		t.Error(diff)
	}
}
