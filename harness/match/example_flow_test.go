package match_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
)

// What the examples stand on: a test, a flow and its service.

// inTest runs the body of a test. In a test of your own t is its *testing.T
// and g is gomega.NewWithT(t); here a failure is printed.
func inTest(body func(t testing.TB, g gomega.Gomega)) {
	t := &printed{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.end()
		body(t, gomega.NewGomega(func(message string, _ ...int) { fmt.Println(message) }))
	}()
	<-done
}

// printed is a testing.TB of an example.
type printed struct {
	testing.TB
	cleanups []func()
	failed   bool
}

func (t *printed) end() {
	for len(t.cleanups) > 0 {
		last := t.cleanups[len(t.cleanups)-1]
		t.cleanups = t.cleanups[:len(t.cleanups)-1]
		last()
	}
}

func (t *printed) Name() string             { return "Example" }
func (t *printed) Helper()                  {}
func (t *printed) Context() context.Context { return context.Background() }
func (t *printed) Output() io.Writer        { return io.Discard }
func (t *printed) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }
func (t *printed) Failed() bool             { return t.failed }
func (t *printed) Skipped() bool            { return false }
func (t *printed) Logf(string, ...any)      {}

func (t *printed) Errorf(format string, args ...any) {
	t.failed = true
	fmt.Printf(format+"\n", args...)
}

func (t *printed) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	runtime.Goexit()
}

// shop is a cluster with the contracts of orders and payments; payments runs.
func shop(t testing.TB) *harness.Cluster {
	t.Helper()
	c := harness.Run(t, harness.Contracts("testdata/flow/orders.yaml", "testdata/flow/payments.yaml"), harness.Brokers(1))
	c.Start(harness.Service{
		Name: "payments", Func: payments, Env: map[string]string{"BROKERS": "{{.Bootstrap}}"},
		Ready: &harness.Ready{Group: "payments"},
	})
	return c
}

// order publishes an order in which nothing is left to chance, because the
// examples print it: c.Produce("shop.Placed") is enough elsewhere.
func order(c *harness.Cluster, id string, total int, more ...harness.Override) *harness.Record {
	return c.Produce("shop.Placed", append([]harness.Override{
		harness.Set("$.order", "o-"+id), harness.Set("$.total", total), harness.Set("$.lines", []string{"boots"}),
		harness.Set("header:ce_id", "e-"+id), harness.Set("header:ce_time", "2026-03-14T12:00:00Z"), harness.Set("header:weir-id", "1"),
	}, more...)...)
}

// payments pays orders. One above 1,000 fails: it is tried three times, 100 ms
// apart, and dead-lettered then.
func payments(ctx context.Context, env func(string) string) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(env("BROKERS"), ",")...), kgo.ConsumerGroup("payments"), kgo.ConsumeTopics("orders", "orders.retry"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for ctx.Err() == nil {
		for r := range client.PollFetches(ctx).RecordsAll() {
			if err := errors.Join(client.ProduceSync(ctx, pay(ctx, r)).FirstErr(), client.CommitRecords(ctx, r)); err != nil && ctx.Err() == nil {
				return err
			}
		}
	}
	return nil
}

// pay is what payments publishes for a record.
func pay(ctx context.Context, r *kgo.Record) *kgo.Record {
	headers := map[string]string{}
	for _, h := range r.Headers {
		headers[h.Key] = string(h.Value)
	}
	if strings.Contains(string(r.Value), `"total":1001`) {
		next := map[string]string{"": "orders.retry", "2": "orders.retry", "3": "orders.dlq"}[headers["attempt"]]
		attempt := map[string]string{"": "2", "2": "3", "3": ""}[headers["attempt"]]
		if headers["attempt"] != "" {
			select {
			case <-time.After(110 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		more := []kgo.RecordHeader{{Key: "attempt", Value: []byte(attempt)}, {Key: "dlq-reason", Value: []byte("total is too large")}}
		return &kgo.Record{Topic: next, Key: r.Key, Value: r.Value, Headers: append(r.Headers[:len(r.Headers):len(r.Headers)], more...)}
	}
	paid := &kgo.Record{Topic: "payments", Key: r.Key, Value: fmt.Appendf(nil, `{"order":%q}`, r.Key)}
	for _, h := range [][2]string{
		{"ce_specversion", "1.0"}, {"ce_id", "p-" + headers["ce_id"]}, {"ce_type", "shop.Paid"}, {"ce_source", "/payments"},
		{"content-type", "application/json"}, {"causation_id", headers["ce_id"]},
	} {
		paid.Headers = append(paid.Headers, kgo.RecordHeader{Key: h[0], Value: []byte(h[1])})
	}
	return paid
}
