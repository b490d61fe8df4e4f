package invariant

import (
	"math"
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/ledger"
)

// threeAttempts waits for 400 ms and then for 800 ms.
func threeAttempts() RetryPolicy {
	return RetryPolicy{Attempts: 3, Waits: []time.Duration{400 * time.Millisecond, 800 * time.Millisecond}, Topics: []string{"retry"}, Deliveries: 1}
}

// failed puts a record into the retry topic at times in milliseconds.
func failed(r *Retries, seq uint64, at ...int) {
	for _, ms := range at {
		t := time.Duration(ms) * time.Millisecond
		r.Retried(Retry{Sequence: seq, Event: seq, Exact: true, At: t + 3*time.Millisecond, Stamp: t})
	}
}

// retrying is a flow of payment-service, which retries as said.
func retrying(p RetryPolicy, happen func(*Retries)) func(*Flow) {
	return func(f *Flow) {
		r := NewRetries(p)
		if happen != nil {
			happen(r)
		}
		f.Reactions[0].Retries = r
		f.Reactions[0].DLQ = &DLQ{Letters: &Letters{Topic: "dlq"}}
	}
}

func ended(r *Retries, seq uint64, ms int) {
	t := time.Duration(ms) * time.Millisecond
	r.Ended(seq, t, t)
}

func TestRetryPolicy(t *testing.T) {
	const (
		fine    = "1 event retried: none too often, too soon or given up too early, and each has an effect or a dead letter"
		problem = "1 problem with the retries of 1 event"
		blurred = "1 problem with retries that may be of several records of one event: keep the header weir-id in retries"
		often   = "0#0: tried more often than declared: payment-service put it into a retry topic 4 times, and declares 3 attempts in all"
		soon    = "0#0: tried again too soon: payment-service ended attempt 2 within 103ms after the first had failed, and declares to wait for 400ms"
	)
	asDeclared := func(r *Retries) {
		failed(r, 0, 0, 400)
		ended(r, 0, 1200)
	}
	changed := func(change func(*RetryPolicy)) RetryPolicy {
		p := threeAttempts()
		change(&p)
		return p
	}
	with := func(happen func(*Retries)) func(*Flow) { return retrying(threeAttempts(), happen) }
	unclaimed := func(l *ledger.Ledger) []*Flow {
		f := flowOf(l, "")
		with(asDeclared)(f)
		f.Reactions[0].DLQ.Unclaimed = f.Sender.Reaction(false)
		fill(f, "ary")
		return []*Flow{f}
	}
	runCases(t, RetryPolicyHeld, []testCase{
		{name: "as declared, and then dead", records: "arpd", adapt: with(asDeclared), want: outcome{pass, fine, 1, 0, nil, nil}},
		{name: "as declared, and then applied", records: "are", adapt: with(asDeclared), want: outcome{pass, fine, 1, 0, nil, nil}},
		{name: "applied after one retry, late", records: "are", adapt: with(func(r *Retries) { failed(r, 0, 0); ended(r, 0, 9000) }), want: outcome{pass, fine, 1, 0, nil, nil}},
		{name: "a tenth too soon", records: "are", adapt: with(func(r *Retries) { failed(r, 0, 0); ended(r, 0, 350) }), want: outcome{pass, fine, 1, 0, nil, nil}},
		{name: "applied before it was retried", records: "are", adapt: with(func(r *Retries) { failed(r, 0, 10); r.Ended(0, 50*time.Millisecond, 9*time.Millisecond) }),
			want: outcome{pass, fine, 1, 0, nil, nil}},
		{name: "one of nobody's letters stands for it", flows: unclaimed, want: outcome{pass, fine, 1, 0, nil, nil}},

		{name: "endless", records: "ard", adapt: with(func(r *Retries) { failed(r, 0, 0, 400, 1200, 2000) }), want: outcome{fail, problem, 1, 1, []string{often}, nil}},
		{name: "endless, and not read to the end", records: "ar", adapt: with(func(r *Retries) { failed(r, 0, 0, 400, 1200, 2000) }), change: cutShort,
			want: outcome{fail, problem, 1, 1, []string{often}, nil}},
		{name: "the second attempt too soon", records: "ard", adapt: with(func(r *Retries) { failed(r, 0, 0, 100) }), want: outcome{fail, problem, 1, 1, []string{soon}, nil}},
		{name: "the third too soon", records: "ard", adapt: with(func(r *Retries) { failed(r, 0, 0, 400); ended(r, 0, 420) }), want: outcome{fail, problem, 1, 1,
			[]string{"0#0: tried again too soon: payment-service ended attempt 3 within 420ms after the first had failed, and declares to wait for 1.2s"}, nil}},
		{name: "given up too early", records: "ard", adapt: with(func(r *Retries) { failed(r, 0, 0); ended(r, 0, 400) }), want: outcome{fail, problem, 1, 1,
			[]string{"0#0: given up too early: payment-service dead-lettered it after 2 attempts, and declares 3"}, nil}},
		{name: "forgotten", records: "ar", adapt: with(func(r *Retries) { failed(r, 0, 0, 400) }), want: outcome{fail, problem, 1, 1,
			[]string{"0#0: retried by payment-service, but no PaymentReceived and no dead letter in dlq followed"}, nil}},
		{name: "several problems of several events", records: "ard are", adapt: with(func(r *Retries) { failed(r, 1, 0); failed(r, 0, 0, 100, 1200, 2000); ended(r, 1, 400) }),
			want: outcome{fail, "2 problems with the retries of 2 events", 2, 2, []string{often, soon}, nil}},

		{name: "not read to the end", records: "ar", adapt: with(asDeclared), change: cutShort,
			want: outcome{inconclusive, "1 event retried, but not everything was read: " + unread, 1, 0, nil, nil}},
		{name: "attempts in place", records: "are", adapt: retrying(changed(func(p *RetryPolicy) { p.Topics = nil }), nil),
			want: outcome{inconclusive, "payment-service declares no retry topics, and attempts in place leave no trace", 0, 0, nil, nil}},
		{name: "a topic that another shares", records: "are", adapt: retrying(changed(func(p *RetryPolicy) { p.Shared = true }), asDeclared),
			want: outcome{inconclusive, "payment-service shares retry with another consumer, and nothing says whose retries they are", 0, 0, nil, nil}},
		{name: "times of the broker", records: "are", adapt: with(func(r *Retries) {
			r.Retried(Retry{Exact: true, Untimed: true, At: 400 * time.Millisecond, Stamp: 399 * time.Millisecond})
			ended(r, 0, 401)
		}), want: outcome{inconclusive, "the brokers stamp the retries of payment-service with a time of their own, so that its waits are not known", 1, 0, nil, nil}},
		{name: "retries that may be of a duplicate", records: "ard", adapt: with(func(r *Retries) { r.Retried(Retry{}); failed(r, 0, 400, 1200, 2000) }),
			want: outcome{inconclusive, blurred, 1, 0, nil, nil}},
		{name: "the log has it twice", records: "arRd", adapt: with(func(r *Retries) { failed(r, 0, 0, 400, 1200, 2000) }), want: outcome{inconclusive, blurred, 1, 0, nil, nil}},
		{name: "more events than are counted", records: "are are", adapt: with(func(r *Retries) { r.max = 1; asDeclared(r); failed(r, 1, 0) }),
			want: outcome{inconclusive, "payment-service retried more than 1 event: the attempts of the others were not counted", 1, 0, nil, nil}},
		{name: "nothing leads from a trigger to its event", records: "ae ae", adapt: func(f *Flow) { with(nil)(f); untrace(f) },
			want: outcome{inconclusive, untracedSentence, 0, 0, nil, []string{untracedNote}}},

		{name: "delivered again after a fault", records: "ard", adapt: retrying(changed(func(p *RetryPolicy) { p.Deliveries = 3 }), func(r *Retries) {
			failed(r, 0, 0, 2, 400, 402)
			ended(r, 0, 410)
		}), want: outcome{pass, fine, 1, 0, nil, []string{"1 event of OrderPlaced tried more than 3 times by payment-service: legal under at-least-once, as faults have records delivered again"}}},
		{name: "more often than faults explain", records: "ard", adapt: retrying(changed(func(p *RetryPolicy) { p.Deliveries = 2 }), func(r *Retries) {
			failed(r, 0, 0, 400, 1200, 2000, 2800)
		}), want: outcome{fail, problem, 1, 1, []string{"0#0: tried more often than declared: payment-service put it into a retry topic 5 times, and declares 3 attempts in all"}, nil}},

		{name: "nothing was retried", records: "are", adapt: with(nil), want: outcome{vacuous, "no event was retried", 0, 0, nil, nil}},
		{name: "nothing was retried, as far as was read", records: "are", adapt: with(nil), change: cutShort,
			want: outcome{inconclusive, "0 events retried, but not everything was read: " + unread, 0, 0, nil, nil}},
		{name: "no policy", records: "are", want: outcome{vacuous, "no consumer declares a retry policy", 0, 0, nil, nil}},
	})
}

func TestRetryPolicyOfEachConsumer(t *testing.T) {
	const fine = "2 events retried: none too often, too soon or given up too early, and each has an effect or a dead letter (payment-service 0 of 1, inventory-service 0 of 1)"
	both := func(payment, inventory func(*Retries)) func(*ledger.Ledger) []*Flow {
		return adapted(func(f *Flow) {
			apart(&Letters{}, &Letters{})(f)
			for i, happen := range []func(*Retries){payment, inventory} {
				f.Reactions[i].Retries = NewRetries(threeAttempts())
				happen(f.Reactions[i].Retries)
			}
		}, "arpdl")
	}
	held := func(r *Retries) { failed(r, 0, 0, 400); ended(r, 0, 1200) }
	early := func(r *Retries) { failed(r, 0, 0); ended(r, 0, 400) }
	runCases(t, RetryPolicyHeld, []testCase{
		{name: "both held it", flows: both(held, held), want: outcome{pass, fine, 2, 0, nil, nil}},
		{name: "only the second did not", flows: both(held, early), want: outcome{fail, "1 problem with the retries of 2 events (payment-service 0 of 1, inventory-service 1 of 1)", 2, 1,
			[]string{"0#0: given up too early: inventory-service dead-lettered it after 2 attempts, and declares 3"}, nil}},
	})
}

// TestAWaitThatWasKeptNeverLooksShort: whatever the order and delay in which
// two topics are read, and whenever the service took its time.
func TestAWaitThatWasKeptNeverLooksShort(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	first, second := Retry{Exact: true, Stamp: ms(0)}, Retry{Exact: true, Stamp: ms(400)}
	for name, read := range map[string][]Retry{
		"in order":                    {readAt(first, ms(1)), readAt(second, ms(401))},
		"the first late":              {readAt(first, ms(399)), readAt(second, ms(400))},
		"the second before the first": {readAt(second, ms(400)), readAt(first, ms(401))},
		"a timestamp that was copied": {readAt(first, ms(1)), readAt(first, ms(401))},
		"a clock that is ahead":       {readAt(stamped(first, ms(90)), ms(1)), readAt(stamped(second, ms(490)), ms(401))},
	} {
		r := NewRetries(threeAttempts())
		for _, x := range read {
			r.Retried(x)
		}
		ended(r, 0, 1200)
		if a := r.events[0]; a.n != 2 || a.waits != 0 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}

func readAt(r Retry, t time.Duration) Retry  { r.At = t; return r }
func stamped(r Retry, t time.Duration) Retry { r.Stamp = t; return r }

// TestEndlessWaits: sums of waits saturate.
func TestEndlessWaits(t *testing.T) {
	p := RetryPolicy{Attempts: 3, Waits: []time.Duration{math.MaxInt64, math.MaxInt64}}
	if r := NewRetries(p); r.least[2] != math.MaxInt64 || p.declared(2) != math.MaxInt64 {
		t.Errorf("%v, %v", r.least, p.declared(2))
	}
}
