package orderflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// This file is TestPayment without package harness, with what a team writes for
// it: a broker by testcontainers, services as programs, topics and a reader by
// franz-go. It judges less: nothing of schema, headers or keys, and a service
// that dies shows only as a timeout. docs/go-test.md counts the lines of both.

// startKafka starts a broker in a container, of an image that has Apache Kafka
// in /opt/kafka, and answers its address. The port is fixed before the start:
// the broker tells it to its clients.
func startKafka(t testing.TB, image string) (bootstrap string) {
	t.Helper()
	bootstrap = freeAddress(t)
	address := netip.MustParseAddrPort(bootstrap)
	properties := `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=CLIENTS://:9092,CONTROLLER://:9093,BROKERS://:9094
advertised.listeners=CLIENTS://` + bootstrap + `,BROKERS://localhost:9094
listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT,BROKERS:PLAINTEXT
inter.broker.listener.name=BROKERS
controller.listener.names=CONTROLLER
log.dirs=/tmp/kafka
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
`
	kafka, err := testcontainers.Run(t.Context(), image,
		testcontainers.WithEntrypoint("/bin/sh", "-c", `/opt/kafka/bin/kafka-storage.sh format --cluster-id MkU3OEVBNTcwNTJENDM2Qk --config /tmp/server.properties &&
			exec /opt/kafka/bin/kafka-server-start.sh /tmp/server.properties`),
		testcontainers.WithExposedPorts("9092/tcp"),
		testcontainers.WithHostConfigModifier(func(host *container.HostConfig) {
			host.PortBindings = network.PortMap{network.MustParsePort("9092/tcp"): {{HostIP: address.Addr(), HostPort: strconv.Itoa(int(address.Port()))}}}
		}),
		testcontainers.WithFiles(testcontainers.ContainerFile{
			Reader: strings.NewReader(properties), ContainerFilePath: "/tmp/server.properties", FileMode: 0o644,
		}))
	testcontainers.CleanupContainer(t, kafka)
	if err != nil {
		t.Fatal(err)
	}
	return bootstrap
}

// payByHand follows one order through both services.
func payByHand(t testing.TB, bootstrap ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(bootstrap...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	admin := kadm.NewClient(client)
	until(ctx, t, "a broker answers", func() bool {
		_, err := admin.BrokerMetadata(ctx)
		return err == nil
	})
	for topic, partitions := range map[string]int32{
		"order.events": 6, "payment.events": 6, "payment-service.order-placed.retry": 3, "payment-service.order-placed.dlq": 1,
	} {
		if _, err := admin.CreateTopic(ctx, partitions, -1, nil, topic); err != nil {
			t.Fatal(err)
		}
	}
	client.AddConsumeTopics("order.events", "payment.events")

	address := freeAddress(t)
	startProgram(t, "./order-service", "BROKERS="+strings.Join(bootstrap, ","), "ADDR="+address)
	startProgram(t, "./payment-service", "BROKERS="+strings.Join(bootstrap, ","))
	until(ctx, t, "order-service answers", func() bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer reply.Body.Close()
		return reply.StatusCode == http.StatusOK
	})
	until(ctx, t, "payment-service is in its group", func() bool {
		groups, err := admin.DescribeGroups(ctx, "payment-service")
		return err == nil && groups["payment-service"].State == "Stable" && len(groups["payment-service"].Members) > 0
	})

	post(t, "http://"+address+"/orders", "order-1", `{"customer_id": "cus-1", "currency": "EUR",
		"items": [{"sku": "BOOT-42", "quantity": 2, "unit_price": 6900}]}`)

	ordered, seen := false, []string{}
	for ctx.Err() == nil {
		for _, r := range client.PollFetches(ctx).Records() {
			seen = append(seen, fmt.Sprintf("%s/%d@%d %s", r.Topic, r.Partition, r.Offset, r.Value))
			headers := map[string]string{}
			for _, h := range r.Headers {
				headers[h.Key] = string(h.Value)
			}
			switch {
			case r.Topic == "order.events" && headers["ce_type"] == "com.acme.order.OrderPlaced" && headers["ce_id"] == "order-1":
				ordered = true
			case r.Topic == "payment.events" && headers["ce_type"] == "com.acme.payment.PaymentReceived" && headers["causation_id"] == "order-1":
				var payment struct {
					Amount int `json:"amount"`
				}
				if err := json.Unmarshal(r.Value, &payment); err != nil {
					t.Fatalf("the payment is no JSON: %v", err)
				}
				if payment.Amount == 13800 {
					return
				}
			}
		}
	}
	t.Fatalf("no payment of 13800 for order-1 within 60s (order seen: %t); records:\n%s", ordered, strings.Join(seen, "\n"))
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// startProgram builds a service and runs it until the test ends.
func startProgram(t testing.TB, dir string, env ...string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	if said, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, dir).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", dir, err, said)
	}
	cmd := exec.Command(program)
	cmd.Env = append(cmd.Environ(), env...)
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
	})
}

func until(ctx context.Context, t testing.TB, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("timed out before %s", what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
