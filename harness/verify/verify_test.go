package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/verify"
	"github.com/flowweir/weir/reports/finding"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const contract = "testdata/payments.yaml"

// running is a cluster with the topics of the contract, on which a service runs
// already.
func running(t *testing.T, service func(ctx context.Context, client *kgo.Client)) cluster.Cluster {
	t.Helper()
	up, err := embedded.Start(t.Context(), cluster.Spec{Kind: cluster.Embedded, Brokers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = up.Close(context.Background()) })
	client, err := kgo.NewClient(append(up.ClientOptions(), kgo.ConsumerGroup("payments"), kgo.ConsumeTopics("orders"), kgo.ProducerLinger(0),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kadm.NewClient(client).CreateTopics(t.Context(), 2, 1, nil, "payments"); err != nil {
		t.Fatal(err)
	}
	if _, err := kadm.NewClient(client).CreateTopics(t.Context(), 1, 1, nil, "orders"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer client.Close()
		service(ctx, client)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return up
}

// paid is a payment of an order, in the partition that goes with its key.
func paid(order, cause string) *kgo.Record {
	return &kgo.Record{Topic: "payments", Key: []byte(order), Value: fmt.Appendf(nil, `{"order": %q, "state": "paid"}`, order), Headers: []kgo.RecordHeader{
		{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte("paid-" + cause)}, {Key: "ce_source", Value: []byte("/payments")},
		{Key: "ce_type", Value: []byte("shop.Paid")}, {Key: "content-type", Value: []byte("application/json")}, {Key: "causation_id", Value: []byte(cause)},
	}}
}

// payments pays each order, but spoils what it publishes.
// It begins with records of its own.
func payments(spoil func(*kgo.Record), first ...*kgo.Record) func(context.Context, *kgo.Client) {
	return func(ctx context.Context, client *kgo.Client) {
		once := sync.OnceFunc(func() { client.ProduceSync(ctx, first...) })
		for ctx.Err() == nil {
			for _, r := range client.PollFetches(ctx).Records() {
				once()
				var order struct{ Order string }
				if json.Unmarshal(r.Value, &order) != nil {
					continue
				}
				for _, h := range r.Headers {
					if h.Key == "ce_id" {
						out := paid(order.Order, string(h.Value))
						spoil(out)
						client.ProduceSync(ctx, out)
					}
				}
			}
			_ = client.CommitUncommittedOffsets(ctx)
		}
	}
}

func config(up cluster.Cluster, choose func(id string) bool) verify.Config {
	return verify.Config{
		Scenario: &scenario.Scenario{Name: "verify", Cluster: scenario.Cluster{Brokers: 1}, Contracts: []string{contract, "testdata/orders.yaml"}}, Contract: contract,
		Options: []scenario.Option{scenario.On(up)}, Choose: choose, Within: time.Minute, Settle: 50 * time.Millisecond, Seed: 1,
	}
}

// judged are the promises of a result by their names, with the sides of those
// that both have.
func judged(t *testing.T, r *verify.Result) map[string]verify.Judged {
	t.Helper()
	out := map[string]verify.Judged{}
	for _, p := range r.Promises {
		out[p.Side+"/"+p.Name] = p
	}
	return out
}

// TestEachRecordIsJudged: one record in many is wrong, which no judge has
// triggered for the promise that it breaks.
func TestEachRecordIsJudged(t *testing.T) {
	// The generated orders have four letters at least; the shortest that the
	// schema allows, one.
	up := running(t, payments(func(r *kgo.Record) {
		if len(r.Key) == 1 {
			r.Key = []byte("other")
		}
	}, &kgo.Record{Topic: "payments", Partition: 1, Value: []byte("who am I?")}))
	r, err := verify.Run(t.Context(), config(up, nil))
	if err != nil {
		t.Fatal(err)
	}
	all := judged(t, r)
	for name, p := range all {
		want := finding.Pass
		switch name {
		case "produces/key":
			want = finding.Fail
		case "produces/header:tenant":
			want = finding.Vacuous
		case "consumes/versions", "consumes/examples":
			want = finding.Vacuous
			if !p.Moot {
				t.Errorf("%s is not moot", name)
			}
		}
		if p.Verdict != want || want == finding.Pass && len(p.Records) == 0 {
			t.Errorf("%s: %s of %d records, want %s: %s", name, p.Verdict, p.Seen, want, p.Reason)
		}
	}
	key := all["produces/key"]
	if !strings.HasPrefix(key.Reason, "1 of ") || key.Seen != 1 || len(key.Problems) != 1 || key.Records[0].Key != "other" {
		t.Errorf("key: %s, of %d records %v, problems %v", key.Reason, key.Seen, key.Records, key.Problems)
	}
	if r.Verdict != finding.Fail {
		t.Errorf("verdict %s, want fail", r.Verdict)
	}
	if schema := all["produces/schema"]; schema.Seen < 10 {
		t.Errorf("the schema was held to %d records, want all of them", schema.Seen)
	}
	findings := r.Findings()
	if last := findings[len(findings)-1]; len(r.Unknown) != 1 || last.ID != promise.UnknownEvent || last.Severity != finding.Warning || last.Record.Partition != 1 {
		t.Errorf("unknown %+v, %+v; want the record that is no event", r.Unknown, last)
	}
	i := 0
	for ; i < len(findings) && findings[i].ID != "promise/key"; i++ {
	}
	if i == len(findings) || findings[i].Severity != finding.Error || findings[i].Record == nil || findings[i].Position == nil || findings[i].Position.Line != 10 {
		t.Errorf("findings %+v, want one of the key at line 10 with its record", findings)
	}
}

// TestEventsComeAgain: what the judge of once did not wait for, the closing look
// finds, and it names the records.
func TestEventsComeAgain(t *testing.T) {
	for name, spoil := range map[string]func(*kgo.Record){
		"the same event":            func(*kgo.Record) {},
		"another id, the same data": func(r *kgo.Record) { r.Headers[1].Value = append([]byte("again-"), r.Headers[1].Value...) },
	} {
		t.Run(name, func(t *testing.T) {
			var held []*kgo.Record
			up := running(t, func(ctx context.Context, client *kgo.Client) {
				payments(func(r *kgo.Record) {
					again := *r
					again.Headers = slices.Clone(r.Headers)
					spoil(&again)
					if held = append(held, &again); len(held) > 3 { // long after its first
						client.ProduceSync(ctx, held[0])
						held = held[1:]
					}
				})(ctx, client)
			})
			r, err := verify.Run(t.Context(), config(up, nil))
			if err != nil {
				t.Fatal(err)
			}
			once := judged(t, r)["produces/once"]
			if want := " events were published more than once: payments/"; once.Verdict != finding.Fail || !strings.Contains(once.Reason, want) || once.Seen < 10 {
				t.Errorf("once: %s of %d records: %s; want it to fail with %q", once.Verdict, once.Seen, once.Reason, want)
			}
		})
	}
}

// TestOneIDForAll: the id of an event is its own.
func TestOneIDForAll(t *testing.T) {
	up := running(t, payments(func(r *kgo.Record) { r.Headers[1].Value = []byte("same") }))
	r, err := verify.Run(t.Context(), config(up, nil))
	if err != nil {
		t.Fatal(err)
	}
	all := judged(t, r)
	if p := all["produces/envelope"]; p.Verdict != finding.Fail || !strings.HasPrefix(p.Reason, "the id same is that of more than one event: payments/") || p.Seen < 10 {
		t.Errorf("envelope: %s of %d records: %s", p.Verdict, p.Seen, p.Reason)
	}
	if p := all["produces/once"]; p.Verdict != finding.Pass {
		t.Errorf("once: %s: %s", p.Verdict, p.Reason)
	}
}

// TestDataThatCannotBeRead says nothing of the key, and is no example.
func TestDataThatCannotBeRead(t *testing.T) {
	up := running(t, payments(func(r *kgo.Record) { r.Value = r.Value[:len(r.Value)-1] }))
	cfg := config(up, func(id string) bool { return strings.Contains(id, "/produces/") })
	cfg.Record = verify.Values
	r, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	all := judged(t, r)
	if p := all["produces/schema"]; p.Verdict != finding.Fail {
		t.Errorf("schema: %s: %s", p.Verdict, p.Reason)
	}
	want := "not exercised: the data cannot be read, which would say what the key is"
	if p := all["produces/key"]; p.Verdict != finding.Vacuous || p.Reason != want {
		t.Errorf("key: %s: %s, want %s", p.Verdict, p.Reason, want)
	}
	if len(r.Examples) > 0 {
		t.Errorf("examples %+v", r.Examples)
	}
}

// TestABrokenEventIsNoExample: of two events the first is broken.
func TestABrokenEventIsNoExample(t *testing.T) {
	n := 0
	up := running(t, payments(func(r *kgo.Record) {
		if n++; n == 1 {
			r.Value = []byte(`{"order": "` + string(r.Key) + `", "state": "lost"}`)
		}
	}))
	cfg := config(up, func(id string) bool { return strings.HasSuffix(id, "/schema") || strings.HasSuffix(id, "/emitted") })
	cfg.Record = verify.Values
	r, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Examples) != 1 || r.Examples[0].Seen != 1 || strings.Contains(string(r.Examples[0].Content), "lost") {
		t.Errorf("examples %+v, want one of the whole event", r.Examples)
	}
}

// TestFailing: what cannot be an event that the service fails to process is
// refused before anything is started.
func TestFailing(t *testing.T) {
	for _, test := range []struct {
		event, at string
		value     any
		want      string
	}{
		{"shop.Plced", "$.total", 1, `shop.Plced: payments consumes no such event, did you mean "shop.Placed"?`},
		{"shop.Placed", "total", 1, `shop.Placed: place "total", column 1: not a place; write $.field for the event's data, header:name for a record header, key, or envelope:id for an attribute of the envelope, `},
		{"shop.Placed", "$.order", 7, "shop.Placed: with these values it is not valid any more (harness.Poison sends what is not):\n  /order is of type number, must be string (testdata/placed.json:5:28), "},
	} {
		cfg := config(nil, nil)
		cfg.Failing = map[string][]live.Override{test.event: {live.Set(test.at, test.value)}}
		_, err := verify.Run(t.Context(), cfg)
		var failing *verify.FailingError
		if !errors.As(err, &failing) {
			t.Errorf("%s: %v, want a *FailingError", test.event, err)
			continue
		}
		if got := failing.Error() + ", " + failing.Hint; got != test.want {
			t.Errorf("%s\nwant %s", got, test.want)
		}
	}
}

// TestNothingIsAwaitedInVain: where the one promise is broken that others stand
// on, these are not judged.
func TestNothingIsAwaitedInVain(t *testing.T) {
	up := running(t, func(ctx context.Context, _ *kgo.Client) { <-ctx.Done() })
	cfg := config(up, func(id string) bool { return !strings.HasSuffix(id, "/commit") })
	cfg.Within = 200 * time.Millisecond
	r, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range judged(t, r) {
		base := map[string]string{"produces": "emitted", "consumes": "effect"}[p.Side]
		want, reason := finding.Vacuous, "not exercised: without "+base+", which is broken, nothing of it can be seen"
		if p.Name == base {
			want, reason = finding.Fail, "no shop.Paid "
		}
		if p.Verdict != want || !strings.HasPrefix(p.Reason, reason) {
			t.Errorf("%s: %s, %s; want %s, %s", name, p.Verdict, p.Reason, want, reason)
		}
	}
}

// TestObserve: nothing is triggered, and what comes by itself is judged.
func TestObserve(t *testing.T) {
	n := 0
	up := running(t, func(ctx context.Context, client *kgo.Client) {
		for ctx.Err() == nil {
			out := paid(fmt.Sprintf("order-%d", n/2), fmt.Sprint(n))
			out.Partition = int32(n % 2) // two events of a key are in two partitions
			client.ProduceSync(ctx, out)
			n++
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	})
	cfg := config(up, nil)
	cfg.Observe, cfg.Record = time.Second, verify.Shapes
	r, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]finding.Verdict{
		"produces/emitted": finding.Pass, "produces/schema": finding.Pass, "produces/envelope": finding.Pass, "produces/key": finding.Pass,
		"produces/header:causation_id": finding.Pass, "produces/header:tenant": finding.Vacuous, "produces/order": finding.Fail,
	}
	got := judged(t, r)
	for name, p := range got {
		if p.Verdict != want[name] {
			t.Errorf("%s: %s, want %s: %s", name, p.Verdict, want[name], p.Reason)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d promises were judged, want %d", len(got), len(want))
	}
	if len(r.Examples) != 1 || !r.Examples[0].Named || r.Examples[0].File != filepath.FromSlash("testdata/paid-example.json") || r.Examples[0].Seen < got["produces/schema"].Seen {
		t.Fatalf("examples %+v", r.Examples)
	}
	// The field remark was never seen, and no value that was.
	if text := string(r.Examples[0].Content); strings.Contains(text, "remark") || strings.Contains(text, "order-") {
		t.Errorf("an example\n%s", text)
	}
	cfg.Record, cfg.Observe = verify.Values, 300*time.Millisecond
	if r, err = verify.Run(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if text := string(r.Examples[0].Content); !strings.Contains(text, `"order": "order-`) {
		t.Errorf("an observed example\n%s", text)
	}
}

// TestInterrupted: what was judged stays, and the rest is not decided.
func TestInterrupted(t *testing.T) {
	up := running(t, payments(func(*kgo.Record) {}))
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(up, func(id string) bool { return strings.HasSuffix(id, "/schema") || strings.HasSuffix(id, "/effect") })
	cfg.Progress = func(done, _ int, _ promise.Promise) {
		if done == 1 {
			cancel()
		}
	}
	r, err := verify.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != finding.Inconclusive || r.Promises[0].Verdict != finding.Pass || r.Promises[1].Reason != "it was interrupted" {
		t.Errorf("%s: %+v", r.Verdict, r.Promises)
	}
}

// TestNothingIsChosen lists what there is.
func TestNothingIsChosen(t *testing.T) {
	_, err := verify.Run(t.Context(), config(nil, func(string) bool { return false }))
	var none *verify.ChoiceError
	if !errors.As(err, &none) || len(none.IDs) != 16 {
		t.Errorf("%v, %+v; want a choice among 16", err, none)
	}
}

// TestWriteExample: a file appears as a whole, and never over another one.
func TestWriteExample(t *testing.T) {
	e := verify.Example{File: filepath.Join(t.TempDir(), "examples", "paid.json"), Content: []byte("{}\n")}
	if err := e.Write(); err != nil {
		t.Fatal(err)
	}
	e.Content = []byte("[]\n")
	if err := e.Write(); !errors.Is(err, verify.ErrThere) {
		t.Errorf("%v, want %v", err, verify.ErrThere)
	}
	if text, err := os.ReadFile(e.File); err != nil || string(text) != "{}\n" {
		t.Errorf("%q, %v", text, err)
	}
	if left, err := os.ReadDir(filepath.Dir(e.File)); err != nil || len(left) != 1 {
		t.Errorf("%v, %v; want the file alone", left, err)
	}
}
