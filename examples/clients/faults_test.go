package clients_test

import (
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/match"
	"github.com/flowweir/weir/reports/finding"
)

// named is the client of that name.
func named(t *testing.T, name string) client {
	t.Helper()
	for _, c := range clients {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no client %s", name)
	return client{}
}

// partitions is the number of payment.events in the contract.
const partitions = 6

// scattered is what BeInPartitionOfKey says of the first payment, of those for
// keys that differ in all partitioners, that is in another partition; "" for
// none.
func scattered(t *testing.T, c *harness.Cluster) string {
	t.Helper()
	m := match.BeInPartitionOfKey(partitions)
	for _, key := range []string{"02", "09", "10"} {
		order := c.Produce(orderPlaced, harness.Set("$.order_id", "8d2f6e0a-1b1e-4b55-9d0e-0000000000"+key))
		payment := c.Await(paymentReceived, harness.CausedBy(order))
		ok, err := m.Match(payment)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return m.FailureMessage(payment)
		}
	}
	return ""
}

// TestDefaultPartitioners: clients that are left as they are scatter the
// payments of an order over partitions, and it is said which hash did it.
func TestDefaultPartitioners(t *testing.T) {
	for name, test := range map[string]struct{ fault, says string }{
		"librdkafka-python": {"default-partitioner", "CRC32 (librdkafka's default partitioner, consistent_random)"},
		"sarama":            {"default-partitioner", "FNV-1a (sarama's default, and Hash of kafka-go)"},
		"kafka-go":          {"default-balancer", "it was chosen in another way, such as round robin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if said := scattered(t, named(t, name).start(t, test.fault)); !strings.Contains(said, test.says) {
				t.Errorf("it was said\n%s\nwant it to name %s", said, test.says)
			}
		})
	}
}

// TestDefaultIsolation: kafka-python reads what was aborted, unless it is told
// not to.
func TestDefaultIsolation(t *testing.T) {
	t.Parallel()
	up := named(t, "kafka-python").start(t, "default-isolation")
	o := judge(t, up, promises(t)["consumes/"+orderPlaced+"/isolation"])
	if o.Verdict != finding.Fail || !strings.Contains(o.String(), "had an effect: it is read uncommitted") {
		t.Errorf("%s\nwant it to fail", o)
	}
}

// TestAutoCommit: a client that commits by itself loses the order whose
// offset it had committed when it crashed.
func TestAutoCommit(t *testing.T) {
	for _, name := range []string{"java", "librdkafka-go"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const want = "of 0 records in payment.events since the test began"
			if lost := lost(t, named(t, name).start(t, "auto-commit"), 2*time.Second); !strings.Contains(lost, want) {
				t.Errorf("it was said %q, want it to be lost: %s", lost, want)
			}
		})
	}
}

// lost crashes the service as soon as it has committed an order, starts it
// again and says what HaveEvent misses; "" where the payment comes.
func lost(t *testing.T, c *harness.Cluster, within time.Duration) string {
	t.Helper()
	order := c.Produce(orderPlaced)
	committed := match.HaveCommitted(group, order)
	if ok, err := committed.Match(c); !ok || err != nil {
		t.Fatalf("%s (%v)", committed.FailureMessage(c), err)
	}
	c.Crash("payment-service")
	c.StartAgain("payment-service")
	paid := match.HaveEvent(paymentReceived, match.CausedBy(order)).Within(within)
	ok, err := paid.Match(c)
	if err != nil {
		t.Fatal(err)
	}
	if ok {
		return ""
	}
	return paid.FailureMessage(c)
}
