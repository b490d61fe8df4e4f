package harness

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/lease"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/run"
)

// shop is a cluster with the contracts of two services and none of them.
func shop(t testing.TB, options ...Option) *Cluster {
	t.Helper()
	return Run(t, append([]Option{Contracts("testdata/shop/weir.yaml", "testdata/books/weir.yaml")}, options...)...)
}

func TestRunCreatesTheTopicsOfContracts(t *testing.T) {
	c := shop(t, Brokers(1))
	got, err := kadm.NewClient(c.Client()).ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	partitions := map[string]int{}
	got.EachPartition(func(p kadm.PartitionDetail) { partitions[p.Topic]++ })
	want := map[string]int{"shop.sales": 2, "shop.refunds": 3, "books.entries": 3, "books.dlq": 3}
	if fmt.Sprint(partitions) != fmt.Sprint(want) {
		t.Errorf("topics %v, want %v", partitions, want)
	}
	if kind := c.Brokers().Info().Kind; kind != cluster.Embedded {
		t.Errorf("kind %s, want embedded", kind)
	}
}

func TestRunFailsWhere(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		env     map[string]string
		options []Option
		want    string
	}{
		"docker has no provider": {
			env:  map[string]string{envCluster: "docker"},
			want: `the test asks for a docker cluster and was given no provider of one: import "github.com/flowweir/weir/harness/docker" and pass harness.With(docker.Provider())`,
		},
		"the kind is unknown": {
			env:  map[string]string{envCluster: "dokcer"},
			want: `"dokcer" is no kind of cluster: harness.Kind and WEIR_CLUSTER take embedded, docker and external; did you mean "docker"?`,
		},
		"a contract does not exist": {
			options: []Option{Contracts("testdata/nothing/weir.yaml")},
			want: "the contracts cannot be used:\n" +
				"testdata/nothing/weir.yaml: error: cannot read the file: no such file or directory [file/unreadable]\n" +
				"paths are relative to the directory of the test, " + here,
		},
		"no time to wait": {
			options: []Option{Timeout(-time.Second)},
			want:    "harness.Timeout: -1s is no time to wait: write a duration such as 500ms",
		},
		"no time to watch": {
			options: []Option{Settle(-time.Second)},
			want:    "harness.Settle: nothing can be watched for -1s: write a duration such as 500ms",
		},
		"a trigger names no event": {
			options: []Option{Contracts("testdata/shop"), Trigger("shop.Slod", nil)},
			want:    `harness.Trigger("shop.Slod"): no contract of this test has that: did you mean "shop.Sold"?`,
		},
		"a precondition names no event": {
			options: []Option{Contracts("testdata/shop"), Given("shop.Slod", nil)},
			want:    `harness.Given("shop.Slod"): no contract of this test has that: did you mean "shop.Sold"?`,
		},
		"nobody consumes what is to fail": {
			options: []Option{Contracts("testdata/shop/weir.yaml", "testdata/books/weir.yaml"), Failing("shop.Slod")},
			want:    `harness.Failing("shop.Slod"): no contract of this test has that: did you mean "shop.Sold"?`,
		},
		"brokers cannot do what is asked": {
			options: []Option{BrokerConfig(map[string]string{"process.roles": "broker"})},
			want:    "the embedded cluster did not start: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for k, v := range test.env {
				t.Setenv(k, v)
			}
			r := failing(t, func(t testing.TB) { Run(t, test.options...) })
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said %q, want %q", r.said(), test.want)
			}
		})
	}
}

// noEngine is the docker provider on a machine without a container engine.
type noEngine struct{}

func (noEngine) Kind() string               { return cluster.Docker }
func (noEngine) Abilities(cluster.Spec) any { return nil }
func (noEngine) Check(cluster.Spec) error   { return nil }
func (noEngine) Start(context.Context, cluster.Spec) (cluster.Cluster, error) {
	return nil, fmt.Errorf("%w at unix:///nowhere", cluster.ErrNoEngine)
}

func TestWithoutAnEngine(t *testing.T) {
	for name, start := range map[string]func(testing.TB){
		"Run": func(t testing.TB) { Run(t, Kind(cluster.Docker), With(noEngine{})) },
		"Scenario": func(t testing.TB) {
			Scenario(t, "testdata/scenario.yaml", scenario.ClusterKind(cluster.Docker), scenario.With(noEngine{}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("WEIR_REQUIRE_DOCKER", "")
			const why = "cluster unavailable: no container engine answers at unix:///nowhere"
			if r := failing(t, start); !r.skipped || r.failed || !strings.HasSuffix(r.said(), why+" (WEIR_REQUIRE_DOCKER=1 makes this a failure)") {
				t.Errorf("skipped %t, failed %t, said %q; want it skipped with the reason", r.skipped, r.failed, r.said())
			}
			t.Setenv("WEIR_REQUIRE_DOCKER", "1")
			if r := failing(t, start); r.skipped || !r.failed || !strings.HasSuffix(r.said(), why) {
				t.Errorf("skipped %t, failed %t, said %q; want it failed with the reason", r.skipped, r.failed, r.said())
			}
		})
	}
}

func TestAnExternalCluster(t *testing.T) {
	up := Run(t)
	up.CreateTopics(run.Topic{Name: "shop.sales", Partitions: 4})
	before := &kgo.Record{Topic: "shop.sales", Value: []byte("of another test")}
	if err := up.Client().ProduceSync(t.Context(), before).FirstErr(); err != nil {
		t.Fatal(err)
	}
	t.Setenv(envCluster, "external")
	t.Setenv(envBootstrap, up.Bootstrap())
	t.Run("test", func(t *testing.T) {
		c := shop(t, Brokers(1))
		if got := c.Brokers().Info().Kind; got != cluster.External {
			t.Errorf("kind %s, want external", got)
		}
		if got := c.Records("shop.sales"); len(got) != 0 {
			t.Errorf("records of another test are seen: %v", got)
		}
		c.Produce("shop.Sold")
		if got := c.Records("shop.sales"); len(got) != 1 {
			t.Errorf("%d records, want the one of this test", len(got))
		}
	})
	left, err := kadm.NewClient(up.Client()).ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(left.Names()); got != "[shop.sales]" {
		t.Errorf("topics left %s, want only the one that was there before", got)
	}
}

func TestStart(t *testing.T) {
	for name, test := range map[string]struct {
		service Service
		want    string
	}{
		"two programs":       {Service{Name: "a", Build: "./x", Command: []string{"x"}}, "service a: 2 of Func, Build, Command and Image are set; exactly one must be"},
		"no program":         {Service{Name: "a"}, "service a: 0 of Func, Build, Command and Image are set; exactly one must be"},
		"args and a command": {Service{Name: "a", Command: []string{"x"}, Args: []string{"y"}}, "service a: the field Args is for Build and Image: Command has its arguments in it, and Func has its environment"},
		"an unknown name":    {Service{Name: "a", Command: []string{"{{.Boot}}"}}, "service a: "},
		"no main package":    {Service{Name: "a", Build: "testdata"}, "service a: build "},
		"an image": {Service{Name: "a", Image: "shop:1"},
			`service a: the test asks for a container and was given none to run it in: import "github.com/flowweir/weir/harness/docker" and pass harness.Containers(docker.Containers())`},
		"a log line that is none": {Service{Name: "a", Command: []string{"x"}, Ready: &Ready{Log: "("}}, "service a: its Ready.Log: error parsing regexp: missing closing ): `(`"},
		"a port that nobody tells it": {Service{Name: "a", Command: []string{"x"}, Ready: &Ready{TCP: "127.0.0.1:{{.Port}}"}},
			"service a: its Ready asks for {{.Port}}, and nothing tells the service that port: put it into URL, Env, Args or Command, too"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) { Run(t).Start(test.service) })
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said %q, want %q", r.said(), test.want)
			}
		})
	}
}

func TestAServiceThatDiesFailsTheTest(t *testing.T) {
	r := failing(t, func(t testing.TB) {
		c := shop(t)
		s := child("shop", "dies")
		s.Ready = nil
		c.Start(s)
		c.Await("shop.Sold")
	})
	for _, want := range []string{"awaiting shop.Sold: ", "exit status 3", "out of luck"} {
		if !strings.Contains(r.said(), want) {
			t.Errorf("said %q, want %q in it", r.said(), want)
		}
	}
	if got := strings.Count(r.said(), "out of luck"); got != 1 {
		t.Errorf("its last line is there %d times in\n%s", got, r.said())
	}
}

// TestLastLinesAreShownOnce: with the wait that was in vain, or else at the end.
func TestLastLinesAreShownOnce(t *testing.T) {
	for name, fail := range map[string]func(testing.TB, *Cluster){
		"a wait":        func(_ testing.TB, c *Cluster) { c.Within(time.Millisecond).Await("shop.Sold") },
		"anything else": func(tb testing.TB, _ *Cluster) { tb.Fatalf("wrong") },
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(tb testing.TB) {
				c := shop(tb)
				s := child("shop", "talks")
				s.Ready = &Ready{Log: "^hello$"}
				c.Start(s)
				fail(tb, c)
			})
			if got := strings.Count(r.said()+strings.Join(r.notes, "\n"), "hello"); got != 1 {
				t.Errorf("%d times in\n%s\n%q", got, r.said(), r.notes)
			}
		})
	}
}

func TestAServiceIsBuiltOnce(t *testing.T) {
	dir := "../examples/order-flow/order-service"
	first, err := build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	second, err := build(t.Context(), "./"+dir)
	if err != nil || second != first {
		t.Errorf("built %s and %s (%v), want one program", first, second, err)
	}
}

func TestWithinBoundsTheWait(t *testing.T) {
	r := failing(t, func(t testing.TB) {
		c := shop(t, Seed(7))
		sold := c.Produce("shop.Sold", Set("$.sale", "0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11"), Set("$.amount", 3), Set("$.customer", map[string]any{"name": "x"}))
		dead := &kgo.Record{Topic: "books.dlq", Key: []byte("k"), Value: []byte(`{"amount":3}`), Headers: append(sold.Headers, kgo.RecordHeader{Key: "dlq-reason", Value: []byte("no luck")})}
		if err := c.Client().ProduceSync(t.Context(), dead).FirstErr(); err != nil {
			t.Fatal(err)
		}
		c.Within(100*time.Millisecond).Await("books.Booked", CausedBy(sold), Where("$.amount", 3), That("of any kind", func(*Record) bool { return true }))
	})
	said := r.said()
	id, _, _ := strings.Cut(strings.TrimPrefix(said, "no books.Booked caused by "), " ")
	for _, want := range []string{
		"no books.Booked caused by " + id + " with $.amount = 3 of any kind within 100ms (harness.Timeout and Cluster.Within set it)\n" +
			"a dead letter leads back to it, dlq-reason: no luck:\n  books.dlq/",
		"\n    dlq-reason: no luck\n    {\"amount\":3}\nbooks.entries holds 0 records since the test began",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("said:\n%s\nwant in it:\n%s", said, want)
		}
	}
}

func TestProgramsOfDeadProcessesAreRemoved(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for _, name := range []string{"TMPDIR", "TMP"} { // Unix, Windows
		t.Setenv(name, t.TempDir())
	}
	namespace, err := lease.Namespace()
	if err != nil {
		t.Fatal(err)
	}
	dead := filepath.Join(os.TempDir(), "weir-test-programs-"+namespace+"-1")
	foreign := filepath.Join(os.TempDir(), "weir-test-programs-0123456789abcdef-1")
	for _, dir := range []string{dead, foreign} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	first, err := programDir()
	if err != nil {
		t.Fatal(err)
	}
	second, err := programDir()
	if err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "weir-test-programs-*"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{foreign, first, second}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left %v, want %v: the dead one removed, live and foreign ones kept", left, want)
	}
}

// TestReadyNamesTheGroupsThatAreThere where the one that it waits for is not:
// on a shared cluster those of the test, as its contracts call them.
func TestReadyNamesTheGroupsThatAreThere(t *testing.T) {
	shared := Share(Brokers(1))
	t.Cleanup(func() { _ = shared.Close(context.Background()) })
	for name, option := range map[string]Option{"fresh": Brokers(1), "shared": On(shared)} {
		t.Run(name, func(t *testing.T) {
			c := shop(t, option)
			commits := kadm.Offsets{}
			commits.AddOffset(c.flow.OnCluster("shop.sales"), 0, 0, -1)
			if _, err := kadm.NewClient(c.Client()).CommitOffsets(t.Context(), c.flow.OnCluster("books"), commits); err != nil {
				t.Fatal(err)
			}
			r := failing(t, func(t testing.TB) {
				c.For(t).Start(Service{
					Name: "books", Ready: &Ready{Group: "boosk", Timeout: time.Second},
					Func: func(ctx context.Context, _ func(string) string) error { <-ctx.Done(); return nil },
				})
			})
			want := `service books: not ready after 1s, waiting for consumer group boosk: no such group is there: did you mean "books"? groups are books; it wrote nothing`
			if r.said() != want {
				t.Errorf("said %q, want %q", r.said(), want)
			}
		})
	}
}
