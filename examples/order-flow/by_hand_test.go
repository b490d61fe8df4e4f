package orderflow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestPaymentByHand is TestPayment without package harness, with what a team
// writes for it: brokers in process, services as programs, a reader. It judges
// less: nothing of schema, headers or keys, and a service that dies shows only
// as a timeout. docs/go-test.md counts the lines of both.
func TestPaymentByHand(t *testing.T) {
	brokers, err := kfake.NewCluster(kfake.NumBrokers(3),
		kfake.SeedTopics(6, "order.events", "payment.events"),
		kfake.SeedTopics(3, "payment-service.order-placed.retry"),
		kfake.SeedTopics(1, "payment-service.order-placed.dlq"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(brokers.Close)
	bootstrap := strings.Join(brokers.ListenAddrs(), ",")
	address := freeAddress(t)
	startProgram(t, "./order-service", "BROKERS="+bootstrap, "ADDR="+address)
	startProgram(t, "./payment-service", "BROKERS="+bootstrap)

	client, err := kgo.NewClient(kgo.SeedBrokers(brokers.ListenAddrs()...), kgo.ConsumeTopics("order.events", "payment.events"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
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
		groups, err := kadm.NewClient(client).DescribeGroups(ctx, "payment-service")
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

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// startProgram builds a service and runs it until the test ends.
func startProgram(t *testing.T, dir string, env ...string) {
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

func until(ctx context.Context, t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("timed out before %s", what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
