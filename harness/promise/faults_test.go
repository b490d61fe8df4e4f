package promise_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

func TestMain(m *testing.M) {
	// Judges mostly wait, so that there may be more of them than processors.
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := errors.Join(running.Close(), goleak.Find()); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

const contract = "testdata/payments.yaml"

// judge starts the service with a fault and judges one promise.
func judge(t *testing.T, f fault, p promise.Promise, within time.Duration) promise.Outcome {
	t.Helper()
	failing := []harness.Override{harness.Set("$.total", refused)}
	c := harness.Run(t, harness.Contracts(contract, "testdata/orders.yaml"), harness.Brokers(1), harness.WithoutClosing())
	s := serve(f)
	s.Name = "payments"
	c.Start(s)
	o := p.Judge(context.Background(), promise.Subject{
		Flow: c.Flow(), Within: within, Settle: 200 * time.Millisecond, Failing: map[string][]harness.Override{"shop.Placed": failing},
	})
	if o.Verdict != finding.Pass {
		state, err := c.Flow().Group(t.Context(), "payments")
		t.Logf("the group is %+v (%v)\norders: %v\npayments: %v", state, err, c.Records("orders"), c.Records("payments"))
	}
	return o
}

// rewritten is a copy of testdata in which the contract of payments says another
// thing in one place.
func rewritten(t *testing.T, from, to string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "payments.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s does not say %q", contract, from)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, file
}

func promises(t *testing.T) map[string]promise.Promise {
	t.Helper()
	all := map[string]promise.Promise{}
	for _, p := range harness.LoadPromises(t, contract) {
		all[strings.TrimPrefix(p.ID(), "payments/")] = p
	}
	return all
}

// TestAFaultlessServiceKeepsEveryPromise: all are exercised but the one that
// nobody can see.
func TestAFaultlessServiceKeepsEveryPromise(t *testing.T) {
	all := promises(t)
	const acks = "produces/shop.Paid/acks"
	for _, id := range slices.Sorted(maps.Keys(all)) {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			want := finding.Pass
			if id == acks {
				want = finding.Vacuous
			}
			if o := judge(t, none, all[id], time.Minute); o.Verdict != want || (want == finding.Pass && len(o.Records) == 0) {
				t.Errorf("%s, of %d records; want %s with evidence", o, len(o.Records), want)
			}
		})
	}
}

// inVain are the faults of which something that must come does not: their
// judges wait for as long as they may.
var inVain = map[fault]bool{
	"swallows what lacks a field": true, "swallows another type": true, "makes up an id": true, "stops at a tombstone": true,
	"gives up the largest total": true,
	"publishes nothing":          true, "publishes two of three": true, "swallows poison": true, "stops at poison": true, "retries for ever": true, "never commits": true,
	"knows duplicates by a hash of the data": true, "needs an optional field": true, "stumbles over an unknown field": true,
	"names the wrong cause": true, "stumbles over the largest total": true, "cannot read the first version": true,
	"stumbles over letters beyond ASCII": true, "drops what is old": true,
}

// TestEachFaultIsFound: a service with one fault breaks the promise that is
// about it, and the message says what is wrong.
func TestEachFaultIsFound(t *testing.T) {
	all := promises(t)
	for f, test := range map[fault]struct{ promise, says string }{
		"takes the wrong key":                    {"produces/shop.Paid/key", "testdata/payments.yaml:12:10: error: the key is "},
		"writes a number as text":                {"produces/shop.Paid/schema", "/amount is of type string, must be integer"},
		"has a new state":                        {"produces/shop.Paid/schema", `/state is "settled", must be one of "paid", "pending"`},
		"leaves traceparent out":                 {"produces/shop.Paid/header:traceparent", "the header traceparent is missing"},
		"leaves ce_source out":                   {"produces/shop.Paid/envelope", "ce_source"},
		"names the wrong cause":                  {"produces/shop.Paid/causation", `the causation id is "paid-`},
		"publishes nothing":                      {"produces/shop.Paid/emitted", "no shop.Paid that leads back to "},
		"publishes two of three":                 {"produces/shop.Paid/order", "lost, where 2 others came: no shop.Paid that leads back to "},
		"publishes late":                         {"produces/shop.Paid/emitted", " is there, and was not within 4s"},
		"publishes twice":                        {"produces/shop.Paid/once", "2 events followed one trigger"},
		"partitions at random":                   {"produces/shop.Paid/order", "the same key is in partition "},
		"produces without idempotence":           {"produces/shop.Paid/idempotent", "no producer id: it was not sent by an idempotent producer"},
		"swallows poison":                        {"consumes/shop.Placed/dead-letter", " and gone on, and nothing leads back to it: it was swallowed"},
		"swallows what lacks a field":            {"consumes/shop.Placed/poison:wrong-schema", "an event without what its schema requires: no dead letter "},
		"swallows another type":                  {"consumes/shop.Placed/poison:wrong-schema", "an event with a value of another type for each member: no dead letter "},
		"takes an order without a total":         {"consumes/shop.Placed/poison:wrong-schema", "an event without $.total had an effect"},
		"takes an order of another type":         {"consumes/shop.Placed/poison:wrong-schema", "an event with a value of another type in $.order had an effect"},
		"makes up an id":                         {"consumes/shop.Placed/poison:missing-header", "an event without the header ce_id: no dead letter "},
		"stops at a tombstone":                   {"consumes/shop.Placed/poison:tombstone", "a good event that came after poison, orders/"},
		"stops at poison":                        {"consumes/shop.Placed/poison", "a good event that came after poison, orders/"},
		"writes dead letters without headers":    {"consumes/shop.Placed/dead-letter:headers", "the dead letter lacks the header ce_specversion"},
		"writes dead letters without a key":      {"consumes/shop.Placed/dead-letter:key", `the dead letter has the key "", and the event had "`},
		"wraps dead letters":                     {"consumes/shop.Placed/dead-letter:value", "the dead letter has another value"},
		"writes dead letters twice":              {"consumes/shop.Placed/dead-letter:once", "one event has 2 dead letters"},
		"retries for ever":                       {"consumes/shop.Placed/retry", "no dead letter ended them; "},
		"retries without a wait":                 {"consumes/shop.Placed/retry", " had failed, wanted at least 1s"},
		"does not know duplicates":               {"consumes/shop.Placed/dedupe", "an event that came 4 times had 4 effects"},
		"knows duplicates by a hash of the data": {"consumes/shop.Placed/distinct", "an event was taken for a duplicate of another one, which differs in header:ce_id"},
		"publishes out of order":                 {"consumes/shop.Placed/order", "it is of event "},
		"reads uncommitted records":              {"consumes/shop.Placed/isolation", "an event whose transaction was aborted, "},
		"needs an optional field":                {"consumes/shop.Placed/needs", "an event without the fields that are neither required nor needed was not processed: no shop.Paid "},
		"stumbles over an unknown field":         {"consumes/shop.Placed/tolerance", "an event with a field that the schema does not have was not processed: no shop.Paid "},
		"refuses every event":                    {"consumes/shop.Placed/commit", "the group payments committed a good event and did not process it: it is a dead letter"},
		"commits before the effect":              {"consumes/shop.Placed/at-least-once", " before its effect was in payments"},
		"knows an event when it is done with it": {"consumes/shop.Placed/dedupe:together", "an event that came 4 times had "},
		"stumbles over the largest total":        {"consumes/shop.Placed/boundary", "$.total = 1000000000) was not processed: no shop.Paid "},
		"gives up the largest total":             {"consumes/shop.Placed/boundary", " (dlq-reason: too large)\nthe group payments has committed orders/"},
		"cannot read the first version":          {"consumes/shop.Placed/versions", "an event of version 1 (2026-03-01 09:00:00Z) was not processed: no shop.Paid "},
		"stumbles over letters beyond ASCII":     {"consumes/shop.Placed/examples", "an event of the example placed-example.json was not processed: no shop.Paid "},
		"drops what is old":                      {"consumes/shop.Placed/late", "an event that comes 1h0m0s late was not processed: no shop.Paid "},
		"never commits":                          {"consumes/shop.Placed/commit", "the group payments has not committed orders/"},
	} {
		t.Run(strings.ReplaceAll(string(f), " ", "-"), func(t *testing.T) {
			t.Parallel()
			p, there := all[test.promise]
			if !there {
				t.Fatalf("no promise %s", test.promise)
			}
			within := time.Minute
			if inVain[f] {
				within = 10 * time.Second
			}
			if f == "publishes late" {
				within = 4 * time.Second // and it comes after 6
			}
			if o := judge(t, f, p, within); o.Verdict != finding.Fail || !strings.Contains(o.String(), test.says) {
				t.Errorf("%s\nwant it to fail with: %s", o, test.says)
			}
		})
	}
}
