package harness

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestGoFunctionsTrigger(t *testing.T) {
	var calls []string
	c := shop(t,
		Given("books.Booked", func(ctx context.Context, call Call) error {
			calls = append(calls, "first")
			_, err := call.Flow.Produce(ctx, "shop.Refunded")
			return err
		}),
		Given("books.Booked", func(context.Context, Call) error { calls = append(calls, "second"); return nil }),
		Trigger("books.Booked", func(ctx context.Context, call Call) error {
			calls = append(calls, call.Event)
			_, err := call.Flow.Produce(ctx, call.Event, Set("header:ce_id", call.ID))
			return err
		}))
	before := c.Produce("books.Booked")
	got := c.Trigger("books.Booked")
	if got.Event != "books.Booked" || got.ID() == before.ID() {
		t.Errorf("got\n%s\nwant the event that the function published", got)
	}
	if want := "[first second books.Booked]"; fmt.Sprint(calls) != want {
		t.Errorf("called %v, want %s", calls, want)
	}
	if n := len(c.Records("shop.refunds")); n != 1 {
		t.Errorf("%d refunds, want the one of the precondition", n)
	}
}

func TestTriggerFailsWhere(t *testing.T) {
	fail := func(context.Context, Call) error { return errors.New("no luck") }
	for name, test := range map[string]struct {
		contract, event string
		options         []Option
		want            string
	}{
		"nothing triggers it": {"testdata/untriggered", "shop.Closed", nil,
			`nothing triggers shop.Closed: add a trigger to it in testdata/untriggered/weir.yaml:4:5, as trigger: {http: POST /path, expect: 202}, or pass harness.Trigger("shop.Closed", func...)`},
		"its function is not given": {"testdata/untriggered", "shop.Opened", nil,
			`nothing triggers shop.Opened: testdata/untriggered/weir.yaml:5:95 names the Go function "open": pass harness.Trigger("open", func...)`},
		"its program is not there": {"testdata/untriggered", "shop.Cleaned", nil,
			"triggering shop.Cleaned within 300ms: the trigger ./sweep: fork/exec ./sweep: no such file or directory"},
		"the function errs": {"testdata/untriggered", "shop.Opened", []Option{Trigger("open", fail)},
			"triggering shop.Opened within 300ms: no luck"},
		"the function does nothing": {"testdata/untriggered", "shop.Opened", []Option{Trigger("shop.Opened", func(context.Context, Call) error { return nil })},
			"no shop.Opened published after its trigger within 300ms (harness.Timeout and Cluster.Within set it)\nshop.days holds 0 records since the test began\nno service was started: Cluster.Start starts one"},
		"a precondition is not met": {"testdata/shop/weir.yaml", "shop.Sold", []Option{Given("shop.Sold", fail)},
			"precondition 1 of shop.Sold: no luck"},
		"its service has no url": {"testdata/shop/weir.yaml", "shop.Sold", nil,
			"triggering shop.Sold within 300ms: shop is driven over http: start it with a URL, such as http://127.0.0.1:{{.Port}}"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) {
				Run(t, append(test.options, Contracts(test.contract), Brokers(1))...).Within(300 * time.Millisecond).Trigger(test.event)
			})
			if !r.failed || r.said() != test.want {
				t.Errorf("said\n%s\nwant\n%s", r.said(), test.want)
			}
		})
	}
}

func TestAwaitRetry(t *testing.T) {
	c := Run(t, Contracts("testdata/untriggered"), Brokers(1))
	opened := c.Produce("shop.Opened")
	again := *opened.Record
	again.Topic = "shop.days.retry"
	c.Send(&Record{Record: &again})
	if got := c.AwaitRetry(opened); string(got.Value) != string(opened.Value) || got.Topic != "shop.days.retry" {
		t.Errorf("got\n%s\nwant the retry of\n%s", got, opened)
	}
	r := failing(t, func(t testing.TB) { c.For(t).AwaitRetry(c.Produce("shop.Closed")) })
	if want := "AwaitRetry: 0 retry topics are declared for shop.Closed in the contracts of this test, want 1: "; !strings.HasPrefix(r.said(), want) {
		t.Errorf("said %q, want %q", r.said(), want)
	}
}
