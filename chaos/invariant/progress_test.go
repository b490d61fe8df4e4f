package invariant

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/run"
)

// following makes a Progress of the group "pay" through the log of a flow's
// topic, in whose partition 0 each record stands at the offset of its
// sequence, and has it see looks.
func following(adapt func(*ProgressConfig), looks func(*Flow, *Progress)) func(*Evidence) {
	return func(e *Evidence) {
		f := e.Flows[0]
		cfg := ProgressConfig{
			Group: "pay", Topic: f.Topic, Backlog: NewBacklog(), Begin: map[int32]int64{0: 0},
			Traces: map[uint16]Trace{f.Sender.ID(): {
				Reactions: f.Reactions, Event: func(seq uint64) uint64 { return seq },
				Key: func(seq uint64) uint64 { return seq }, Due: func(seq uint64) time.Duration { return time.Duration(seq) * time.Second },
			}},
		}
		if adapt != nil {
			adapt(&cfg)
		}
		for seq := range f.Sender.Counts().Sent {
			cfg.Backlog.Add(0, int64(seq), Ref{f.Sender.ID(), seq})
		}
		p := NewProgress(cfg)
		if looks != nil {
			looks(f, p)
		}
		e.Progress = append(e.Progress, p)
	}
}

// look is one look at partition 0.
func (p *Progress) look(at time.Duration, committed int64) {
	p.See(at, 0, committed)
	p.Looked(at)
}

// committed is one look after a second.
func committed(offset int64) func(*Flow, *Progress) {
	return func(_ *Flow, p *Progress) { p.look(time.Second, offset) }
}

func own(f *Flow) {
	for _, r := range f.Reactions {
		r.Own = true
	}
}

func TestCommitAfterEffect(t *testing.T) {
	const checked = "none of 3 records was committed before there was an effect, a dead letter or a retry of it"
	ahead := func(became string) []string {
		return []string{"order.events/0@1: payment-service committed it before it was processed: at 1s order.events/0 was committed to 3, and there was no PaymentReceived and no dead letter of it; " + became}
	}
	const one = "1 record committed before there was an effect or a dead letter"
	dlq := func(f *Flow) { own(f); f.Reactions[0].DLQ = &DLQ{Letters: &Letters{Topic: "dlq"}} }
	runCases(t, CommitAfterEffect, []testCase{
		{name: "after", records: "are are are", adapt: own, change: following(nil, committed(3)), want: outcome{pass, checked, 3, 0, nil, nil}},
		{name: "behind is no matter", records: "are ar are", adapt: own, change: following(nil, committed(1)), want: outcome{pass, "none of 1 record was committed before there was an effect, a dead letter or a retry of it", 1, 0, nil, nil}},
		{name: "ahead of what never comes", records: "are ar are", adapt: own, change: following(nil, committed(3)), want: outcome{fail, one, 3, 1, ahead("none followed"), nil}},
		{name: "ahead of what comes later", records: "are ar are", adapt: own, change: following(nil, func(f *Flow, p *Progress) {
			p.look(time.Second, 3)
			f.Reactions[0].Ledger.Effect(1)
		}), want: outcome{fail, one, 3, 1, ahead("one came later"), nil}},
		{name: "each record once, though it is seen at every look", records: "are ar are", adapt: own, change: following(nil, func(_ *Flow, p *Progress) {
			p.look(time.Second, 3)
			p.look(2*time.Second, 2) // whatever else that is
			p.look(3*time.Second, 3)
		}), want: outcome{fail, one, 3, 1, ahead("none followed"), nil}},
		{name: "a dead letter", records: "are prd are", adapt: dlq, change: following(nil, committed(3)), want: outcome{pass, checked, 3, 0, nil, nil}},
		{name: "poison without its dead letter", records: "are pr are", adapt: dlq, change: following(nil, committed(3)), want: outcome{fail, one, 3, 1, ahead("none followed"), nil}},
		{name: "nothing is promised of poison without a dead-letter topic", records: "are pr are", adapt: own, change: following(nil, committed(3)),
			want: outcome{pass, "none of 2 records was committed before there was an effect, a dead letter or a retry of it", 2, 0, nil, nil}},
		{name: "a duplicate of what is done", records: "are arx are", adapt: own, change: following(func(c *ProgressConfig) {
			trace := c.Traces[0]
			trace.Event = func(seq uint64) uint64 { return min(seq, 2) &^ 1 } // 1 repeats 0
			c.Traces[0] = trace
		}, committed(3)), want: outcome{pass, checked, 3, 0, nil, nil}},
		{name: "a duplicate beside what is not done yet", records: "are arx are", adapt: own, change: following(func(c *ProgressConfig) {
			trace := c.Traces[0]
			trace.Apart = func(seq uint64) bool { return seq == 1 }
			c.Traces[0] = trace
		}, committed(3)), want: outcome{pass, "none of 2 records was committed before there was an effect, a dead letter or a retry of it", 2, 0, nil, nil}},
		{name: "a retry", records: "are ar are", adapt: func(f *Flow) {
			own(f)
			f.Reactions[0].Retries = NewRetries(RetryPolicy{Attempts: 2, Topics: []string{"retry"}})
			f.Reactions[0].Retries.Retried(Retry{Sequence: 1, Event: 1})
		}, change: following(nil, committed(3)), want: outcome{pass, checked, 3, 0, nil, nil}},
		{name: "what was there before the load", records: "ar ar are", adapt: own, change: following(func(c *ProgressConfig) { c.Begin[0] = 2 }, committed(3)),
			want: outcome{pass, "none of 1 record was committed before there was an effect, a dead letter or a retry of it", 1, 0, nil, nil}},
		{name: "fails whatever was not read", records: "are ar are", adapt: own, change: both(following(nil, committed(3)), cutShort), want: outcome{fail, one, 3, 1, ahead("none followed"), nil}},
		{name: "a long time without a look", records: "are are are", adapt: own, change: following(nil, func(_ *Flow, p *Progress) {
			p.look(time.Second, 1)
			p.look(9*time.Second, 3)
		}), want: outcome{pass, checked, 3, 0, nil, []string{"what pay had committed was not looked at for 8s from 1s on"}}},

		{name: "without a look", records: "are are are", adapt: own, change: following(nil, nil),
			want: outcome{inconclusive, "what pay committed was never seen together with what it wrote", 0, 0, nil, nil}},
		{name: "looks that ended before the load", records: "are are are", adapt: own, change: both(following(nil, committed(3)), func(e *Evidence) { e.Load.To = 8 * time.Second }),
			want: outcome{inconclusive, "what pay committed was not seen from 1s on, and the load ended at 8s", 3, 0, nil, nil}},
		{name: "not everything was read", records: "are are are", adapt: own, change: both(following(nil, committed(3)), cutShort),
			want: outcome{inconclusive, "0 of 3 commits ahead of its effect, but not everything was read: order.events/3 was not read to its end", 3, 0, nil, nil}},
		{name: "effects may have been deleted", records: "are ar are", adapt: own, change: both(following(nil, committed(3)), func(e *Evidence) { e.Deleted = 7 }),
			want: outcome{inconclusive, "7 offsets deleted before they were read, where effects may have stood", 3, 1, ahead("none followed"), nil}},
		{name: "too far behind to be held", records: "are are are", adapt: own, change: following(func(c *ProgressConfig) { c.Backlog.max = 0 }, committed(3)),
			want: outcome{inconclusive, "pay was so far behind order.events that 3 records were not compared", 0, 0, nil, nil}},
		{name: "a letter of nobody", flows: adapted(func(f *Flow) { dlq(f); f.Reactions[0].DLQ.Unclaimed = f.Sender.Reaction(false) }, "areo aryo areo"),
			change: following(func(c *ProgressConfig) {
				trace := c.Traces[0]
				trace.Reactions = trace.Reactions[:1]
				c.Traces[0] = trace
			}, committed(3)),
			want: outcome{inconclusive, "1 record committed without an effect: a dead letter or a retry may be theirs, and leads back to no consumer or no record", 3, 0, nil, nil}},
		{name: "a letter that leads to no record", records: "are pr are", adapt: func(f *Flow) { dlq(f); f.Reactions[0].DLQ.Letters.Untraced.Add(Letter{}) }, change: following(nil, committed(3)),
			want: outcome{inconclusive, "1 record committed without an effect: a dead letter or a retry may be theirs, and leads back to no consumer or no record", 3, 0, nil, nil}},
		{name: "retries that were not counted", records: "are ar are", adapt: func(f *Flow) {
			own(f)
			f.Reactions[0].Retries = NewRetries(RetryPolicy{Attempts: 2, Topics: []string{"retry"}})
			f.Reactions[0].Retries.uncounted = 1
		}, change: following(nil, committed(3)),
			want: outcome{inconclusive, "1 record committed without an effect: a dead letter or a retry may be theirs, and leads back to no consumer or no record", 3, 0, nil, nil}},
		{name: "other senders in the topic, whose effect another service writes, or nobody", records: "are ar are", adapt: own, change: following(func(c *ProgressConfig) {
			mine := c.Traces[0]
			l := ledger.New()
			l.Sender("none", ledger.Expect{})
			theirs := flowOf(l, "ar")
			l.Sender("nobodys", ledger.Expect{}).Begin(ledger.Normal)
			c.Traces[1] = Trace{Reactions: theirs.Reactions, Event: mine.Event}
			c.Traces[2] = Trace{Event: mine.Event}
			c.Backlog.Add(0, 3, Ref{1, 0})
			c.Backlog.Add(0, 4, Ref{2, 0})
			c.Backlog.Add(0, 5, Ref{9, 0})
		}, func(_ *Flow, p *Progress) {
			p.look(time.Second, 1)
			p.Backlog.Add(0, 1, Ref{2, 0}) // instead of what would be ahead
			p.look(2*time.Second, 6)
		}), want: outcome{pass, "none of 2 records was committed before there was an effect, a dead letter or a retry of it", 2, 0, nil, nil}},
		{name: "only counts are known", records: "ar ar", adapt: func(f *Flow) { own(f); untrace(f) }, want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},

		{name: "another service writes the effect", records: "ar ar ar", change: following(nil, committed(3)),
			want: outcome{vacuous, "no consumer writes an effect of its own that its group could commit ahead of", 0, 0, nil, nil}},
		{name: "nothing was committed", records: "are are are", adapt: own, change: following(nil, committed(-1)),
			want: outcome{vacuous, "pay committed nothing of what was sent", 0, 0, nil, nil}},
	})
}

func TestHealthyKeysFlow(t *testing.T) {
	dlq := func(f *Flow) { own(f); f.Reactions[0].DLQ = &DLQ{Letters: &Letters{Topic: "dlq"}} }
	patient := func(c *ProgressConfig) { c.Patience = 5 * time.Second }
	// stuck is a consumer that stands still at record 1 from 1 s to the given
	// second, and may go on then.
	stuck := func(until time.Duration, then func(*Flow)) func(*Flow, *Progress) {
		return func(f *Flow, p *Progress) {
			for at := time.Duration(1); at <= until; at++ {
				p.look(at*time.Second, 1)
			}
			if then != nil {
				then(f)
				p.look((until+1)*time.Second, 4)
			}
		}
	}
	heldUp := func(records, then string, took string) []string {
		return []string{"order.events/0@1: payment-service stood still at it for " + took + " with " + records + " of other keys right behind it, " + then + "; it may take 5s"}
	}
	goOn := func(f *Flow) {
		f.Reactions[0].Ledger.Dead(1)
		f.Reactions[0].Ledger.Effect(2)
		f.Reactions[0].Ledger.Effect(3)
	}
	const tooLong = "1 poison record held up records of other keys for too long"
	crash := func(from, healed time.Duration) func(*Evidence) {
		return func(e *Evidence) {
			e.Faults = []run.Fault{{Kind: "crash", Start: from, Healed: healed, Recovered: true, Recovery: healed - from, Bit: true}}
		}
	}
	runCases(t, HealthyKeysFlow, []testCase{
		{name: "passed at once", records: "are prd are are", adapt: dlq, change: following(patient, committed(4)),
			want: outcome{pass, "1 poison record passed, and held up records of other keys for 0s at most", 1, 0, nil, nil}},
		{name: "held up for a while", records: "are pr ar ar", adapt: dlq, change: following(patient, stuck(5, goOn)),
			want: outcome{pass, "1 poison record passed, and held up records of other keys for 4s at most", 1, 0, nil, nil}},
		{name: "held up for too long", records: "are pr ar ar", adapt: dlq, change: following(patient, stuck(8, goOn)),
			want: outcome{fail, tooLong, 2, 1, heldUp("2 records", "and was dead-lettered then", "7s"), nil}},
		{name: "held up for ever, and never drained", records: "are pr ar ar", adapt: dlq, change: both(following(patient, stuck(8, nil)), cutShort),
			want: outcome{fail, tooLong, 1, 1, heldUp("2 records", "and is still there", "7s"), nil}},
		{name: "others are processed meanwhile", records: "are pr ar ar", adapt: dlq, change: following(patient, func(f *Flow, p *Progress) {
			p.look(1*time.Second, 1)
			f.Reactions[0].Ledger.Effect(3)
			p.look(5*time.Second, 1)
			p.look(9*time.Second, 1)
			goOn(f)
			p.look(10*time.Second, 4)
		}), want: outcome{pass, "1 poison record passed, and held up records of other keys for 4s at most", 1, 0, nil, nil}},
		{name: "only records of its own key wait", records: "are pr ar ar", adapt: dlq, change: following(func(c *ProgressConfig) {
			patient(c)
			trace := c.Traces[0]
			trace.Key = func(uint64) uint64 { return 1 }
			c.Traces[0] = trace
		}, stuck(8, goOn)), want: outcome{pass, "1 poison record passed, and held up records of other keys for 0s at most", 1, 0, nil, nil}},
		{name: "one after the other holds up others", records: "are pr pr ar ar", adapt: dlq, change: following(patient, func(f *Flow, p *Progress) {
			for at := time.Duration(1); at <= 5; at++ {
				p.look(at*time.Second, 1)
			}
			f.Reactions[0].Ledger.Dead(1)
			for at := time.Duration(6); at <= 9; at++ {
				p.look(at*time.Second, 1)
			}
			f.Reactions[0].Ledger.Dead(2)
			p.look(10*time.Second, 5)
		}), want: outcome{pass, "2 poison records passed, and held up records of other keys for 4s at most", 2, 0, nil, nil}},
		{name: "passed before it is committed, and counted once", records: "are prd are are", adapt: dlq, change: following(patient, func(_ *Flow, p *Progress) {
			p.look(1*time.Second, 1)
			p.look(2*time.Second, 4)
		}), want: outcome{pass, "1 poison record passed, and held up records of other keys for 0s at most", 1, 0, nil, nil}},
		{name: "nothing waits", records: "are pr", adapt: dlq, change: following(patient, stuck(8, goOn)),
			want: outcome{pass, "1 poison record passed, and held up records of other keys for 0s at most", 1, 0, nil, nil}},
		{name: "a good record at the head is no poison", records: "are ar ar pr", adapt: dlq, change: following(patient, func(f *Flow, p *Progress) {
			stuck(8, nil)(f, p)
			goOn(f)
			f.Reactions[0].Ledger.Effect(1)
			f.Reactions[0].Ledger.Dead(3)
			p.look(9*time.Second, 4)
		}), want: outcome{pass, "1 poison record passed, and held up records of other keys for 0s at most", 1, 0, nil, nil}},
		{name: "skipped by a consumer without a dead-letter topic", records: "are pr are are", adapt: own, change: following(patient, committed(4)),
			want: outcome{pass, "1 poison record passed, and held up records of other keys for 0s at most", 1, 0, nil, nil}},
		{name: "a crash excuses its part", records: "are pr ar ar", adapt: dlq, change: both(following(patient, stuck(8, goOn)), crash(2*time.Second, 3*time.Second)),
			want: outcome{inconclusive, "poison held up records of other keys for 7s, while a fault disturbed the flow", 1, 0, nil,
				[]string{"let poison come while nothing else is broken, or in a scenario of its own"}}},
		{name: "held up while a fault disturbs the flow, and other poison is not", records: "are pr ar ar prd", adapt: dlq, change: both(following(patient, func(f *Flow, p *Progress) {
			stuck(8, goOn)(f, p)
			p.look(10*time.Second, 5)
		}), crash(0, 9*time.Second)),
			want: outcome{pass, "1 poison record passed, and held up records of other keys for 0s at most", 2, 0, nil,
				[]string{"1 more held them up for 7s at most, while faults disturbed the flow"}}},
		{name: "and no more than that", records: "are pr ar ar", adapt: dlq, change: both(following(patient, stuck(20, goOn)), crash(2*time.Second, 3*time.Second)),
			want: outcome{fail, tooLong, 2, 1, heldUp("2 records", "and was dead-lettered then", "14s"), nil}},

		{name: "without a look", records: "are prd are", adapt: dlq, change: following(patient, nil),
			want: outcome{inconclusive, "what pay committed was never seen together with what it wrote", 0, 0, nil, nil}},
		{name: "not everything was processed", records: "are prd are ar", adapt: dlq, change: both(following(patient, committed(3)), cutShort),
			want: outcome{inconclusive, "1 poison record passed, but not everything was processed: order.events/3 was not read to its end", 1, 0, nil, nil}},
		{name: "letters may have been deleted", records: "are pr ar ar", adapt: dlq, change: both(following(patient, stuck(8, nil)), func(e *Evidence) { e.Deleted = 1 }),
			want: outcome{inconclusive, "1 offset deleted before they were read, where effects may have stood", 1, 1, heldUp("2 records", "and is still there", "7s"), nil}},
		{name: "no poison came", records: "are are", adapt: dlq, change: following(patient, committed(2)), want: outcome{vacuous, "no poison came before a consumer", 0, 0, nil, nil}},
	})
}

// TestProgressFindsExactlyWhatIsAhead compares with a model that remembers
// everything: at each look, what is committed and has no effect.
func TestProgressFindsExactlyWhatIsAhead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.IntRange(1, 3*backlogSize).Draw(t, "records")
		f := flowOf(ledger.New(), "")
		own(f)
		for range records {
			f.Sender.Acked(f.Sender.Begin(ledger.Normal))
		}
		gap := rapid.Int64Range(1, 3).Draw(t, "gap") // offsets between two records
		var p *Progress
		following(func(c *ProgressConfig) {
			c.Traces = map[uint16]Trace{0: {Reactions: f.Reactions, Event: func(seq uint64) uint64 { return seq }}}
		}, func(_ *Flow, made *Progress) { p = made })(complete(flowOf(ledger.New(), "")))
		done, want := make([]bool, records), map[int]bool{}
		read, upTo := 0, int64(0)
		for range rapid.IntRange(1, 6).Draw(t, "looks") {
			for ; read < records && rapid.IntRange(0, 3).Draw(t, "go on") > 0; read += backlogSize / 2 {
				for i := read; i < min(read+backlogSize/2, records); i++ {
					p.Backlog.Add(0, int64(i)*gap, Ref{0, uint64(i)})
					if i%7 != 3 {
						done[i] = true
						f.Reactions[0].Ledger.Effect(uint64(i))
					}
				}
			}
			committed := rapid.Int64Range(0, int64(min(read, records))*gap).Draw(t, "committed")
			p.look(time.Second, committed)
			for i := range min(read, records) {
				if at := int64(i) * gap; at >= upTo && at < committed && !done[i] {
					want[i] = true
				}
			}
			upTo = max(upTo, committed)
			for i := range min(read, records) { // some come later
				if i%14 == 3 && !done[i] {
					done[i] = true
					f.Reactions[0].Ledger.Effect(uint64(i))
				}
			}
		}
		if int(p.aheads) != len(want) {
			t.Fatalf("%d ahead, want %d", p.aheads, len(want))
		}
		for _, a := range p.ahead {
			if !want[int(a.Sequence)] || a.offset != int64(a.Sequence)*gap {
				t.Fatalf("%+v", a)
			}
		}
		if held, most := p.Backlog.held, int((int64(records)*gap-upTo)>>backlogBits)+2; held > most {
			t.Fatalf("%d pages held, want at most %d", held, most)
		}
	})
}
