package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const orderID = "6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90"

func testWorker(t *testing.T) *worker {
	t.Helper()
	cfg, err := configFromEnv(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	w := &worker{cfg: cfg, reservations: newReservations(cfg)}
	w.reservations.last[0] = newRecent(10)
	return w
}

func TestHandleSends(t *testing.T) {
	without := func(name string) func(*kgo.Record) {
		return func(r *kgo.Record) {
			r.Headers = slices.DeleteFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == name })
		}
	}
	value := func(from, to string) func(*kgo.Record) {
		return func(r *kgo.Record) { r.Value = bytes.Replace(r.Value, []byte(from), []byte(to), 1) }
	}
	const dlq = "inventory-service.order-placed.dlq"
	for name, tc := range map[string]struct {
		change func(*kgo.Record)
		topic  string // where the outcome goes, empty for nowhere
		reason string // part of dlq-reason
	}{
		"an order": {func(*kgo.Record) {}, "inventory.events", ""},
		"no type":  {without("ce_type"), "inventory.events", ""},
		"another event": {func(r *kgo.Record) {
			r.Headers = append(r.Headers, headers("ce_type", "com.acme.order.OrderShipped")...)
		}, "", ""},
		"not JSON":               {func(r *kgo.Record) { r.Value = []byte("\xff") }, dlq, "not JSON"},
		"empty":                  {func(r *kgo.Record) { r.Value = nil }, dlq, "not JSON"},
		"not as the schema says": {value(`"quantity":2`, `"quantity":0`), dlq, "/items/0/quantity"},
		"no items":               {value(`"items"`, `"lines"`), dlq, "items"},
		"no id":                  {without("ce_id"), dlq, "header ce_id is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			w, r := testWorker(t), order(orderID, "event-0")
			tc.change(r)
			out, err := w.handle(r, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			topic, reason := "", ""
			if out != nil {
				topic, reason = out.Topic, header(out, "dlq-reason")
			}
			if topic != tc.topic || !strings.Contains(reason, tc.reason) {
				t.Errorf("sent to %q with reason %q, want %q with %q", topic, reason, tc.topic, tc.reason)
			}
		})
	}
}

func TestHandleReservesOnce(t *testing.T) {
	w := testWorker(t)
	var sent []bool
	for _, id := range []string{"a", "b", "a", "b", "c"} {
		out, err := w.handle(order(orderID, id), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		sent = append(sent, out != nil)
	}
	if want := []bool{true, true, false, false, true}; !slices.Equal(sent, want) {
		t.Errorf("sent %v, want %v", sent, want)
	}
}

func TestRecentForgetsTheOldest(t *testing.T) {
	w := newRecent(2)
	var added []bool
	for _, id := range []string{"a", "b", "a", "c", "b", "a"} {
		added = append(added, w.add(id))
	}
	if want := []bool{true, true, false, true, false, true}; !slices.Equal(added, want) {
		t.Errorf("added %v, want %v", added, want)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	for name, want := range map[string]string{
		"RESERVATIONS": `RESERVATIONS="x": want a whole number of at least 1`,
		"GATHER":       `GATHER="x": want a duration of at least 0, such as 500ms`,
	} {
		_, err := configFromEnv(func(asked string) string { return map[string]string{name: "x"}[asked] })
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
