package harness

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

func TestInteractionsOfAGoodService(t *testing.T) {
	c := shop(t)
	c.Start(child("shop", "right"))
	c.Interactions(t)
}

// theOne is the promise of an interaction with a name.
func theOne(t testing.TB, c *Cluster, id string) promise.Promise {
	t.Helper()
	var ids []string
	for _, contract := range c.contracts {
		for _, p := range promise.Of(contract) {
			if p.ID() == id {
				return p
			}
			ids = append(ids, p.ID())
		}
	}
	t.Fatalf("no promise %s; there are %v", id, ids)
	return promise.Promise{}
}

func TestInteractionsFailWhere(t *testing.T) {
	for name, test := range map[string]struct{ mode, promise, want string }{
		"the record is wrong":                         {"wrong key", "shop/produces/shop.Sold/key", "its key is $.sale: fail: the record breaks its contract\ntestdata/shop/weir.yaml:12:10: error: the key is \"4711\", and its data says \"0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11\" [record/key]\n"},
		"an event comes twice, with an id of its own": {"twice", "shop/produces/shop.Sold/once", "one event follows one trigger: fail: 2 events followed one trigger (testdata/shop/weir.yaml:16:"},
		"the trigger is refused":                      {"refuses", "shop/produces/shop.Sold/schema", "its data is valid: inconclusive: triggering shop.Sold within 300ms: the trigger POST /sell at http://127.0.0.1:"},
		"no event follows":                            {"silent", "shop/produces/shop.Sold/emitted", "it follows its trigger: fail: no shop.Sold that leads back to "},
		"no event follows, and has no id":             {"silent", "shop/produces/shop.Refunded/emitted", "it follows its trigger: fail: no shop.Refunded published after its trigger within 300ms"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) {
				c := shop(t)
				c.Start(child("shop", test.mode))
				within := 300 * time.Millisecond // is waited for whole
				if test.mode == "wrong key" || test.mode == "twice" {
					within = time.Minute
				}
				c.Within(within).Judge(theOne(t, c, test.promise))
			})
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said:\n%s\nwant:\n%s", r.said(), test.want)
			}
		})
	}
}

func TestAPromiseThatIsNotExercised(t *testing.T) {
	const want = `it follows its trigger: vacuous: not exercised: nothing triggers books.Booked: add a trigger to it in `
	judge := func(t testing.TB) {
		c := Run(t, Contracts("testdata/untriggered"), Brokers(1))
		c.Judge(theOne(t, c, "shop/produces/shop.Closed/emitted"))
	}
	t.Setenv(envExercised, "")
	r := failing(t, judge)
	if want := strings.ReplaceAll(want, "books.Booked", "shop.Closed"); !r.skipped || r.failed || !strings.HasPrefix(r.said(), want) {
		t.Errorf("skipped %t, failed %t, said %s; want it skipped with %s", r.skipped, r.failed, r.said(), want)
	}
	t.Setenv(envExercised, "1")
	if r := failing(t, judge); r.skipped || !r.failed {
		t.Errorf("skipped %t, failed %t, said %s; want it failed", r.skipped, r.failed, r.said())
	}
}

// book reacts to sales and refunds as the service books would.
func book(t *testing.T, c *Cluster, group string, topics ...string) {
	client := c.Client(kgo.ConsumerGroup(group), kgo.ConsumeTopics(topics...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.AutoCommitInterval(100*time.Millisecond))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
				id := c.flow.Read(r).ID()
				client.Produce(ctx, &kgo.Record{Topic: "books.entries", Value: []byte(`{"amount": 5}`), Headers: []kgo.RecordHeader{
					{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "ce_id", Value: []byte("b-" + id)}, {Key: "ce_source", Value: []byte("/books")},
					{Key: "ce_type", Value: []byte("books.Booked")}, {Key: "causation_id", Value: []byte(id)}, {Key: "content-type", Value: []byte("application/json")},
				}}, nil)
			})
		}
	}()
}

func TestConsumers(t *testing.T) {
	c := shop(t)
	book(t, c, "books", "shop.sales")
	book(t, c, "books-refunds", "shop.refunds")
	for _, id := range []string{
		"books/consumes/shop.Sold/effect", "books/consumes/shop.Sold/commit",
		"books/consumes/shop.Refunded/commit",  // no effect is declared
		"books/produces/books.Booked/envelope", // triggered by an event
	} {
		if !c.Judge(theOne(t, c, id)) {
			t.Errorf("%s was not exercised", id)
		}
	}
}

func TestConsumersFailWhere(t *testing.T) {
	for name, test := range map[string]struct{ promise, want string }{
		"no effect follows": {"books/consumes/shop.Sold/effect", "its effect follows it: fail: no books.Booked with header:causation_id = "},
		"nobody commits":    {"books/consumes/shop.Refunded/commit", "the group books-refunds commits it: fail: the group books-refunds has not committed shop.refunds/"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) {
				c := shop(t)
				c.Within(300 * time.Millisecond).Judge(theOne(t, c, test.promise))
			})
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said:\n%s\nwant:\n%s", r.said(), test.want)
			}
		})
	}
}

// TestContractOfAFunction tests a contract as users do: a file, a service and
// the contract of the producer.
func TestContractOfAFunction(t *testing.T) {
	TestContract(t, "testdata/booking/weir.yaml", booksService(), Contracts("testdata/shop/weir.yaml"), Settle(50*time.Millisecond))
}

func TestContractOfAnotherService(t *testing.T) {
	r := failing(t, func(t testing.TB) {
		JudgePromise(t, "testdata/shop/weir.yaml", LoadPromises(t, "testdata/shop/weir.yaml")[0], booksService())
	})
	if want := "the service books is to keep the contract of shop in testdata/shop/weir.yaml: leave out its name, or give the other contract"; r.said() != want {
		t.Errorf("said %q, want %q", r.said(), want)
	}
}

// TestWithoutTheProducersContract: nothing is known of the event then, and of
// no promise that it is kept, or that there is nothing to keep.
func TestWithoutTheProducersContract(t *testing.T) {
	const want = `no contract that was given produces shop.Sold: pass harness.Contracts("weir.yaml") to Run for that of its producer; valid are books.Booked`
	c := Run(t, Contracts("testdata/books/weir.yaml"), Brokers(1))
	for _, name := range []string{"tolerance", "poison:wrong-schema"} {
		o := theOne(t, c, "books/consumes/shop.Sold/"+name).Judge(t.Context(), promise.Subject{Flow: c.flow, Within: time.Second})
		if o.Verdict != finding.Inconclusive || o.Reason != want {
			t.Errorf("%s is %s: %s; want it inconclusive: %s", name, o.Verdict, o.Reason, want)
		}
	}
}

// TestInteractionsOfAFunction is for TestNothingIsSelected.
func TestInteractionsOfAFunction(t *testing.T) {
	c := Run(t, Contracts("testdata/booking", "testdata/shop/weir.yaml"), Brokers(1), Settle(50*time.Millisecond))
	c.Start(booksService())
	c.Interactions(t)
}

// TestNothingIsSelected: a -run that selects no promise says so, and which
// there are, and one that selects some asks for no others.
func TestNothingIsSelected(t *testing.T) {
	const none = "-run and -skip select none of the 12 promises, so that nothing was tested; their names are\n"
	for run, want := range map[string]string{
		"TestContractOfAFunction/^nothing":                       none + "\tTestContractOfAFunction/books/produces/books.Booked/emitted\n",
		"TestInteractionsOfAFunction/^nothing":                   none + "\tTestInteractionsOfAFunction/books/produces/books.Booked/emitted\n",
		"TestContractOfAFunction/books/produces/.*/envelope":     "",
		"TestInteractionsOfAFunction/books/produces/.*/envelope": "",
	} {
		again := exec.Command(os.Args[0], "-test.run="+run)
		again.Env = append(os.Environ(), envRunDir+"="+t.TempDir())
		said, err := again.CombinedOutput()
		if text := strings.ReplaceAll(string(said), "\n        ", "\n"); (err == nil) != (want == "") || !strings.Contains(text, want) {
			t.Errorf("%s: %v\n%s", run, err, said)
		}
	}
}
