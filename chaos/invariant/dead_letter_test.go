package invariant

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
)

func wrong(letters ...Letter) (w WrongLetters) {
	w.Add(letters...)
	return w
}

// letters gives the only consumer of a flow a dead-letter topic.
func letters(l *Letters, preserve ...string) func(*Flow) {
	return func(f *Flow) {
		l.Topic = "dlq"
		f.Reactions[0].DLQ = &DLQ{Letters: l, Preserve: preserve}
	}
}

// alone is a flow of one consumer whose letters may not be what was sent.
func alone(adapt func(*Flow), records string) func(*ledger.Ledger) []*Flow {
	return adapted(func(f *Flow) {
		f.Reactions = f.Reactions[:1]
		adapt(f)
		f.Reactions[0].DLQ.Altered = f.Sender.Reaction(false)
	}, records)
}

func exactlyOnce(adapt func(*Flow)) func(*Flow) {
	return func(f *Flow) {
		adapt(f)
		for _, r := range f.Reactions {
			r.DLQ.ExactlyOnce = true
		}
	}
}

func TestDLQComplete(t *testing.T) {
	const unread = "order.events/3 was not read to its end"
	all := []string{"key", "value", "headers"}
	runCases(t, DLQComplete, []testCase{
		{name: "all there", records: "arpd arpd are", adapt: letters(&Letters{Seen: 2}, all...),
			want: outcome{pass, "2 poison records in, 2 dead letters found with key, value, headers kept", 2, 0, nil, nil}},
		{name: "nothing to keep", records: "arpd", adapt: letters(&Letters{Seen: 1}),
			want: outcome{pass, "1 poison record in, 1 dead letter found", 1, 0, nil, nil}},
		{name: "one missing", records: "arpd arp are", adapt: letters(&Letters{Seen: 1}),
			want: outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"0#1: poison in the log, but no dead letter of payment-service in dlq"}, nil}},
		{name: "unknown and in the log: it must be dead-lettered too", records: "urp", adapt: letters(&Letters{}),
			want: outcome{fail, "1 problem with the dead letters of 1 poison record", 1, 1, []string{"0#0: poison in the log, but no dead letter of payment-service in dlq"}, nil}},
		{name: "poison that is in no log needs no letter", records: "up fp arpd", adapt: letters(&Letters{Seen: 1}),
			want: outcome{pass, "1 poison record in, 1 dead letter found", 1, 0, nil, nil}},
		{name: "no poison reached the log", records: "up fp are", adapt: letters(&Letters{}),
			want: outcome{vacuous, "no poison reached a consumer that declares a dead-letter topic", 0, 0, nil, nil}},
		{name: "no poison sent", records: "are are", adapt: letters(&Letters{}),
			want: outcome{vacuous, "no poison reached a consumer that declares a dead-letter topic", 0, 0, nil, nil}},
		{name: "no dead-letter topic", records: "arp are",
			want: outcome{vacuous, "no poison reached a consumer that declares a dead-letter topic", 0, 0, nil, nil}},
		{name: "poison with an effect", records: "arpde arpd", adapt: letters(&Letters{Seen: 2}),
			want: outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"0#0: poison, but payment-service applied it: PaymentReceived followed"}, nil}},
		{name: "altered", records: "arpd", adapt: letters(&Letters{Seen: 1, Altered: wrong(Letter{Ref{0, 0}, 2, 17, "the header tenant is missing", "payment-service"})}, all...),
			want: outcome{fail, "1 problem with the dead letters of 1 poison record", 1, 1, []string{"0#0: dead letter of payment-service at dlq/2@17: the header tenant is missing"}, nil}},
		{name: "untraced: it stands for the one that is missed", records: "arp arpd",
			adapt: letters(&Letters{Seen: 2, Untraced: wrong(Letter{Ref{}, 2, 17, "nothing leads back", ""})}),
			want:  outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"dlq/2@17: dead letter at dlq/2@17: nothing leads back"}, nil}},
		{name: "more missed than untraced", records: "arp arp", adapt: letters(&Letters{Seen: 1, Untraced: wrong(Letter{Ref{}, 2, 17, "nothing leads back", ""})}),
			want: outcome{fail, "2 problems with the dead letters of 2 poison records", 2, 2, []string{
				"dlq/2@17: dead letter at dlq/2@17: nothing leads back",
				"0#0: poison in the log, and no dead letter of payment-service in dlq leads back to it", "0#1: poison in the log, and no dead letter of payment-service in dlq leads back to it",
			}, nil}},
		{name: "more untraced than missed", records: "arp", adapt: letters(&Letters{Seen: 2, Untraced: wrong(Letter{Ref{}, 2, 17, "x", ""}, Letter{Ref{}, 2, 18, "x", ""})}),
			want: outcome{fail, "2 problems with the dead letters of 1 poison record", 1, 2, []string{
				"dlq/2@17: dead letter at dlq/2@17: x", "dlq/2@18: dead letter at dlq/2@18: x",
			}, nil}},
		{name: "twice under at-least-once", records: "arpdD arpd", adapt: letters(&Letters{Seen: 3}),
			want: outcome{pass, "2 poison records in, 3 dead letters found", 2, 0, nil, []string{"1 dead letter of OrderPlaced repeated by payment-service in dlq: legal under at-least-once"}}},
		{name: "twice under exactly-once", records: "arpdD arpd", adapt: exactlyOnce(letters(&Letters{Seen: 3})),
			want: outcome{fail, "1 problem with the dead letters of 2 poison records", 2, 1, []string{"0#0: more than one dead letter of payment-service in dlq, which promises exactly-once"}, nil}},
		{name: "healthy events were dead-lettered too", records: "arpd ard ard", adapt: letters(&Letters{Seen: 3}),
			want: outcome{pass, "1 poison record in, 3 dead letters found", 1, 0, nil, []string{"dead-lettered by payment-service without having been poisoned: 2 events of OrderPlaced"}}},

		{name: "a record is one problem: applied and not dead-lettered", records: "arpe arpde arp", adapt: letters(&Letters{Seen: 1}),
			want: outcome{fail, "3 problems with the dead letters of 3 poison records", 3, 3, []string{
				"0#2: poison in the log, but no dead letter of payment-service in dlq",
				"0#0: poison, but payment-service applied it: PaymentReceived followed, and no dead letter in dlq",
				"0#1: poison, but payment-service applied it: PaymentReceived followed",
			}, nil}},
		{name: "applied, and a letter that may be of it", records: "arpe", adapt: letters(&Letters{Seen: 1, Untraced: wrong(Letter{Ref{}, 2, 17, "x", ""})}),
			want: outcome{fail, "2 problems with the dead letters of 1 poison record", 1, 2, []string{
				"dlq/2@17: dead letter at dlq/2@17: x", "0#0: poison, but payment-service applied it: PaymentReceived followed",
			}, nil}},
		{name: "applied and altered", flows: alone(letters(&Letters{Seen: 2, Altered: wrong(
			Letter{Ref{0, 0}, 2, 17, "the header tenant is missing", "payment-service"}, Letter{Ref{0, 1}, 2, 18, "the header tenant is missing", "payment-service"})}, all...), "arpdew arpdw"),
			want: outcome{fail, "2 problems with the dead letters of 2 poison records", 2, 2, []string{
				"0#0: dead letter of payment-service at dlq/2@17: the header tenant is missing, and payment-service applied the record: PaymentReceived followed",
				"0#1: dead letter of payment-service at dlq/2@18: the header tenant is missing",
			}, nil}},
		{name: "altered or applied, and twice", flows: alone(exactlyOnce(letters(&Letters{Seen: 8, Altered: wrong(Letter{Ref{0, 0}, 2, 17, "x", "payment-service"})}, all...)), "arpdDw arpdDe ardDe arpdD"),
			want: outcome{fail, "4 problems with the dead letters of 3 poison records", 3, 4, []string{
				"0#0: dead letter of payment-service at dlq/2@17: x",
				"0#1: poison, but payment-service applied it: PaymentReceived followed",
				"0#2: more than one dead letter of payment-service in dlq, which promises exactly-once",
				"0#3: more than one dead letter of payment-service in dlq, which promises exactly-once",
			}, []string{"dead-lettered by payment-service without having been poisoned: 1 event of OrderPlaced"}}},

		{name: "drain incomplete", records: "arpd", adapt: letters(&Letters{Seen: 1}), change: cutShort,
			want: outcome{inconclusive, "0 poison records without a dead letter, but not everything was read: " + unread, 1, 0, nil, nil}},
		{name: "drain incomplete, one missing", records: "arpd arp", adapt: letters(&Letters{Seen: 1}), change: cutShort,
			want: outcome{inconclusive, "1 poison record without a dead letter, but not everything was read: " + unread, 2, 0, nil, nil}},
		{name: "drain incomplete, but poison had an effect", records: "arpe", adapt: letters(&Letters{}), change: cutShort,
			want: outcome{fail, "1 problem with the dead letters of 1 poison record", 1, 1, []string{"0#0: poison, but payment-service applied it: PaymentReceived followed"}, nil}},
		{name: "untraced flow", records: "ar ar", adapt: func(f *Flow) { untrace(f); letters(&Letters{})(f) },
			want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},

		{name: "two flows share a topic: its letters count once", flows: func(l *ledger.Ledger) []*Flow {
			d := &Letters{Seen: 3, Untraced: wrong(Letter{Ref{}, 0, 1, "x", ""}), Altered: wrong(Letter{Ref{1, 0}, 0, 2, "y", "payment-service"})}
			a, b := flowOf(l, "arpd arp"), flowOf(l, "arpd arp")
			letters(d, all...)(a)
			letters(d, all...)(b)
			return []*Flow{a, b}
		}, want: outcome{fail, "3 problems with the dead letters of 4 poison records", 4, 3, []string{
			"1#0: dead letter of payment-service at dlq/0@2: y", "dlq/0@1: dead letter at dlq/0@1: x", "1#1: poison in the log, but no dead letter of payment-service in dlq",
		}, nil}},
		{name: "two topics that keep different things", flows: func(l *ledger.Ledger) []*Flow {
			a, b := flowOf(l, "arpd"), flowOf(l, "arpd")
			letters(&Letters{Seen: 1}, all...)(a)
			letters(&Letters{Seen: 1}, "value")(b)
			return []*Flow{a, b}
		}, want: outcome{pass, "2 poison records in, 2 dead letters found with value kept", 2, 0, nil, nil}},
	})
}

// TestAlteredLettersAreToldAtOnce: each question about records may cost a pass
// over the journal.
func TestAlteredLettersAreToldAtOnce(t *testing.T) {
	f := flowOf(ledger.New(), "arpd arpd arpd")
	found := &Letters{Seen: 3}
	letters(found)(f)
	for seq := range uint64(3) {
		found.Altered.Add(Letter{Ref: Ref{0, seq}, What: "x"})
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

// TestManyWrongLetters: all are counted, and the first are held.
func TestManyWrongLetters(t *testing.T) {
	f := flowOf(ledger.New(), "arpd")
	found := &Letters{Seen: 5000}
	letters(found)(f)
	for i := range int64(3000) {
		found.Altered.Add(Letter{Offset: i, What: "x", Consumer: "payment-service"})
		found.Untraced.Add(Letter{Offset: i, What: "y"})
	}
	if diff := cmp.Diff([]int{1000, 1000}, []int{len(found.Altered.First()), len(found.Untraced.First())}); diff != "" {
		t.Error(diff)
	}
	o := Judge([]string{DLQComplete}, complete(f))[0]
	if diff := cmp.Diff([]any{uint64(6000), 1000, "6,000 problems with the dead letters of 1 poison record"}, []any{o.Violations, len(o.Findings), o.Sentence}); diff != "" {
		t.Error(diff)
	}
}
