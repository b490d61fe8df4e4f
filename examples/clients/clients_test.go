package clients_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

const (
	orderPlaced     = "com.acme.order.OrderPlaced"
	paymentReceived = "com.acme.payment.PaymentReceived"
	contract        = "../order-flow/payment-service/weir.yaml"
	producer        = "../order-flow/order-service/weir.yaml"
	group           = "payment-service"
)

// startTimeout leaves a virtual machine room on a busy one.
const startTimeout = 3 * time.Minute

// Kafka's numbers of codecs.
const (
	gzip uint8 = iota + 1
	snappy
	lz4
	zstd
)

// unexercised are the promises to which this flow gives no occasion.
var unexercised = map[string]string{
	"consumes/" + orderPlaced + "/needs":    "the schema has no field that is neither required nor needed",
	"consumes/" + orderPlaced + "/versions": "the producer keeps no versions of the schema",
}

// client is the payment-service with one of the clients.
type client struct {
	name string
	// build is the directory of a Go program, else command is its command.
	build   string
	command func(t *testing.T) []string
	// protocol is its GROUP_PROTOCOL; by default that of the client, classic.
	protocol string
	// codec is the one that the service compresses with, by Kafka's number.
	codec uint8
	// lacks are the promises that the client has no means to keep, and what
	// is said then.
	lacks map[string]string
}

var clients = []client{
	{name: "java", command: java, codec: zstd},
	{name: "java-848", command: java, codec: zstd, protocol: "consumer"},
	{name: "librdkafka-python", command: python("librdkafka.py"), codec: lz4},
	{name: "librdkafka-python-848", command: python("librdkafka.py"), codec: lz4, protocol: "consumer"},
	{name: "kafka-python", command: python("pure.py"), codec: gzip},
	{name: "librdkafka-go", build: "confluent", codec: zstd},
	{name: "sarama", build: "sarama", codec: snappy},
	{name: "kafka-go", build: "kafka-go", codec: lz4, lacks: map[string]string{
		"produces/" + paymentReceived + "/idempotent":    "no producer id: it was not sent by an idempotent producer",
		"produces/" + paymentReceived + "/transactional": "not sent in a transaction",
		// It is told which transactions were aborted, and reads on.
		"consumes/" + orderPlaced + "/isolation": "had an effect: it is read uncommitted",
	}},
}

func java(t *testing.T) []string {
	t.Helper()
	path, err := classes()
	if err != nil {
		t.Fatal(err)
	}
	return []string{"java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", path, "Main"}
}

func python(script string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		t.Helper()
		path, err := interpreter()
		if err != nil {
			t.Fatal(err)
		}
		return []string{path, filepath.Join("python", script)}
	}
}

// env is the environment of the service, with a mistake in it or "".
func (c client) env(fault string) map[string]string {
	env := map[string]string{"BROKERS": "{{.Bootstrap}}", "FAULT": fault, "PYTHONDONTWRITEBYTECODE": "1"}
	if c.protocol != "" {
		env["GROUP_PROTOCOL"] = c.protocol
	}
	return env
}

// service is the client's service.
func (c client) service(t *testing.T, fault string) harness.Service {
	t.Helper()
	s := harness.Service{Name: "payment-service", Build: c.build, Env: c.env(fault), Ready: &harness.Ready{Group: group, Timeout: startTimeout}}
	if c.command != nil {
		s.Command = c.command(t)
	}
	return s
}

// start starts brokers and the service.
func (c client) start(t *testing.T, fault string) *harness.Cluster {
	t.Helper()
	// Some clients break promises on purpose: each is judged by itself.
	up := harness.Run(t, harness.Contracts(producer, contract), harness.With(docker.Provider()), harness.WithoutClosing())
	up.Start(c.service(t, fault))
	return up
}

// promises are those of the contract, by their names without the service.
func promises(t *testing.T) map[string]promise.Promise {
	t.Helper()
	all := map[string]promise.Promise{}
	for _, p := range harness.LoadPromises(t, contract) {
		all[strings.TrimPrefix(p.ID(), p.Service+"/")] = p
	}
	return all
}

// judge judges a promise of a running service.
func judge(t *testing.T, c *harness.Cluster, p promise.Promise) promise.Outcome {
	t.Helper()
	return p.Judge(t.Context(), promise.Subject{
		Flow: c.Flow(), Within: c.Timeout(), Settle: harness.DefaultSettle,
		Failing: map[string][]harness.Override{orderPlaced: {harness.Set("$.customer_id", "cus-refused")}},
	})
}

// TestClient: the service with each client keeps each promise of the same
// contract, but for those that the client has no means to keep; it puts a key
// where Kafka's own client does; each codec is read; and an order whose offset is committed was
// paid, whenever the service crashes.
func TestClient(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			up := c.start(t, "")
			for id, p := range promises(t) {
				t.Run(id, func(t *testing.T) { c.keeps(t, up.For(t), id, p) })
			}
			t.Run("partitions", func(t *testing.T) {
				if said := scattered(t, up.For(t)); said != "" {
					t.Error(said)
				}
			})
			t.Run("codec", func(t *testing.T) {
				if got := up.For(t).Records("payment.events")[0].Attrs.CompressionType(); got != c.codec {
					t.Errorf("payments are compressed with %d, want %d", got, c.codec)
				}
			})
			t.Run("crash", func(t *testing.T) {
				if said := lost(t, up.For(t), up.Timeout()); said != "" {
					t.Error(said)
				}
			})
		})
	}
}

// keeps judges a promise: kept, or lacking as is known of the client, or one
// of which nothing can be seen.
func (c client) keeps(t *testing.T, up *harness.Cluster, id string, p promise.Promise) {
	t.Helper()
	want, says := finding.Pass, ""
	if text, lacking := c.lacks[id]; lacking {
		want, says = finding.Fail, text
	} else if text, none := unexercised[id]; none || p.Unseen != "" {
		want, says = finding.Vacuous, p.Unseen+text
	}
	if o := judge(t, up, p); o.Verdict != want || !strings.Contains(o.String(), says) {
		t.Errorf("%s: %s\nwant %s %s", p.Text, o, want, says)
	}
}

// TestUnderFire: nothing is lost or paid twice while a leader is killed,
// connections are reset and the service crashes, all behind Weir's proxy.
func TestUnderFire(t *testing.T) {
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := harness.LoadScenario(t, "scenario.yaml")
			s.Name += "-" + c.name
			s.Services[0].Command, s.Services[0].Build = nil, c.build
			if c.command != nil {
				s.Services[0].Command = c.command(t)
			}
			s.Services[0].Env = c.env("")
			if c.lacks != nil { // a crash between payment and commit pays twice
				s.Invariants = slices.DeleteFunc(s.Invariants, func(name string) bool { return name == invariant.NoDuplicateEffect })
			}
			if result := harness.Measure(t, s, scenario.With(docker.Provider())); result.Run.Verdict != finding.Pass {
				t.Error(harness.Explain(result))
			}
		})
	}
}
