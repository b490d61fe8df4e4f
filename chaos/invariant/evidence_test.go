package invariant

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// fill puts records into a flow's ledger, one for each word. The letters of a
// word are what became of the record: acked, failed, unknown, (nothing: no
// outcome was reported), received, effect, dead; of a second consumer: other
// effect, letter; y is a dead letter that either may have written, w the first
// consumer's that is not what was sent; a capital
// is a second sight; poison and x (an injected duplicate) are its class.
func fill(f *Flow, records string) {
	s := f.Sender
	reaction := func(n int) *ledger.Reaction { return f.Reactions[n].Ledger }
	for _, word := range strings.Fields(records) {
		class := ledger.Normal
		if strings.Contains(word, "p") {
			class |= ledger.Poison
		}
		if strings.Contains(word, "x") {
			class |= ledger.Duplicate
		}
		seq := s.Begin(class)
		for _, fact := range word {
			switch fact {
			case 'a':
				s.Acked(seq)
			case 'f':
				s.Failed(seq)
			case 'u':
				s.Unknown(seq)
			case 'r', 'R':
				s.Received(seq)
			case 'e', 'E':
				reaction(0).Effect(seq)
			case 'd', 'D':
				reaction(0).Dead(seq)
			case 'o', 'O':
				reaction(1).Effect(seq)
			case 'l', 'L':
				reaction(1).Dead(seq)
			case 'w':
				f.Reactions[0].DLQ.Altered.Dead(seq)
			case 'y':
				f.Reactions[0].DLQ.Unclaimed.Dead(seq)
			}
		}
	}
}

// flowOf is a flow of order.events that payment-service reacts to, with the
// records that fill makes.
func flowOf(l *ledger.Ledger, records string) *Flow {
	f := &Flow{Sender: l.Sender("orders", ledger.Expect{Received: true}), Event: "OrderPlaced", Topic: "order.events", Traced: true}
	f.Reactions = []*Reaction{{Consumer: "payment-service", Ledger: f.Sender.Reaction(true), Effect: "PaymentReceived"}}
	fill(f, records)
	return f
}

// pairOf is a flow that inventory-service reacts to as well.
func pairOf(l *ledger.Ledger, adapt func(*Flow), records string) *Flow {
	f := flowOf(l, "")
	f.Reactions = append(f.Reactions, &Reaction{Consumer: "inventory-service", Ledger: f.Sender.Reaction(true), Effect: "InventoryReserved"})
	if adapt != nil {
		adapt(f)
	}
	fill(f, records)
	return f
}

// pair makes the flows of a test case: one with two reactions.
func pair(records string) func(*ledger.Ledger) []*Flow { return adapted(nil, records) }

func adapted(adapt func(*Flow), records string) func(*ledger.Ledger) []*Flow {
	return func(l *ledger.Ledger) []*Flow { return []*Flow{pairOf(l, adapt, records)} }
}

// complete is evidence in which nothing is missing.
func complete(flows ...*Flow) *Evidence {
	return &Evidence{
		Flows: flows, Drain: run.Drain{Complete: true}, Durable: true,
		Closed:       func(string, int32) bool { return true },
		PartitionsOf: func([]Ref) map[Ref]int32 { return nil },
		Tell: func(refs []Ref) []finding.Record {
			records := make([]finding.Record, len(refs))
			for i, r := range refs {
				records[i] = finding.Record{Sender: fmt.Sprint(r.Sender), Sequence: r.Sequence, Offset: -1}
			}
			return records
		},
	}
}

// cutShort takes away that the drain completed.
func cutShort(e *Evidence) {
	e.Drain = run.Drain{Open: []string{"order.events/3 was not read to its end"}}
}

// outcome is a run.Outcome with its findings in words.
type outcome struct {
	verdict             finding.Verdict
	sentence            string
	checked, violations uint64
	findings, notes     []string
}

func judge(t *testing.T, name string, e *Evidence) outcome {
	t.Helper()
	all := Judge([]string{name}, e)
	if len(all) != 1 || all[0].Invariant != name {
		t.Fatalf("%d outcomes: %+v", len(all), all)
	}
	o := all[0]
	got := outcome{o.Verdict, o.Sentence, o.Checked, o.Violations, nil, o.Notes}
	for _, f := range o.Findings {
		if f.ID != name || f.Severity != finding.Error {
			t.Errorf("finding %+v", f)
		}
		at := ""
		if r := f.Record; r != nil {
			at = fmt.Sprintf("%s#%d: ", r.Sender, r.Sequence)
			if r.Topic != "" {
				at = fmt.Sprintf("%s/%d@%d: ", r.Topic, r.Partition, r.Offset)
			}
		}
		got.findings = append(got.findings, at+f.Message)
	}
	return got
}

// testCase is an invariant over evidence; each changes what complete says.
type testCase struct {
	name  string
	flows func(*ledger.Ledger) []*Flow
	// records are those of one flow, where flows is nil; adapt changes it.
	records string
	adapt   func(*Flow)
	change  func(*Evidence)
	want    outcome
}

func runCases(t *testing.T, invariant string, tests []testCase) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := ledger.New()
			var flows []*Flow
			if tt.flows != nil {
				flows = tt.flows(l)
			} else {
				flows = []*Flow{flowOf(l, tt.records)}
			}
			if tt.adapt != nil {
				tt.adapt(flows[0])
			}
			e := complete(flows...)
			if tt.change != nil {
				tt.change(e)
			}
			got := judge(t, invariant, e)
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(outcome{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

const (
	pass         = finding.Pass
	fail         = finding.Fail
	inconclusive = finding.Inconclusive
	vacuous      = finding.Vacuous
)

func untrace(f *Flow) { f.Traced, f.Trigger, f.Observed = false, true, 5 }

const (
	untracedSentence = "2 triggers accepted and 5 events seen, but the trigger of OrderPlaced names no id that leads from one to the other"
	untracedNote     = "give the contract's trigger an id, such as id: header:Idempotency-Key"
)

func TestJudgeKeepsTheOrderOfNames(t *testing.T) {
	e := complete(flowOf(ledger.New(), "are"))
	var got []string
	for _, o := range Judge([]string{Recovery, "no-such", NoDuplicate, NoLoss}, e) {
		got = append(got, o.Invariant)
	}
	if diff := cmp.Diff([]string{NoLoss, NoDuplicate, Recovery}, got); diff != "" {
		t.Error(diff)
	}
	if o := Judge(nil, e); len(o) != 0 {
		t.Errorf("judged without being asked: %+v", o)
	}
}

// TestFindingsAreBounded: all are counted, and a thousand told, in one
// question for all of them.
func TestFindingsAreBounded(t *testing.T) {
	l := ledger.New()
	a, b := flowOf(l, strings.Repeat("a ", 900)), flowOf(l, strings.Repeat("a ", 1200))
	e := complete(a, b)
	tell, asked := e.Tell, []int{}
	e.Tell = func(refs []Ref) []finding.Record {
		asked = append(asked, len(refs))
		return tell(refs)
	}
	o := Judge([]string{NoLoss}, e)[0]
	if o.Violations != 2100 || len(o.Findings) != 1000 || o.Sentence != "2,100 events lost of 2,100 acknowledged records" {
		t.Errorf("%d violations, %d findings: %s", o.Violations, len(o.Findings), o.Sentence)
	}
	if diff := cmp.Diff([]int{900, 1000}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestOpenIsSampled(t *testing.T) {
	e := &Evidence{}
	for _, tt := range []struct {
		open []string
		want string
	}{
		{nil, "the drain did not complete"},
		{[]string{"a"}, "a"},
		{[]string{"a", "b", "c"}, "a; b; c"},
		{[]string{"a", "b", "c", "d", "e"}, "a; b; c; and 2 more"},
	} {
		e.Drain.Open = tt.open
		if got := e.open(); got != tt.want {
			t.Errorf("%v: %q", tt.open, got)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := count(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}
