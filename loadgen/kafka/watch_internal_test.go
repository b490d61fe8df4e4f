package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestCause(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: &os.SyscallError{Syscall: "connect", Err: syscall.ECONNREFUSED}}
	for want, err := range map[string]error{
		"MESSAGE_TOO_LARGE":                fmt.Errorf("%w (uncompressed_bytes=17)", kerr.MessageTooLarge),
		"the log was truncated":            &kgo.ErrDataLoss{Topic: "a"},
		"connection refused":               fmt.Errorf("unable to dial: %w", refused),
		"cancelled":                        fmt.Errorf("read: %w", context.Canceled),
		"the connection was closed":        fmt.Errorf("write tcp 127.0.0.1:41234: %w", net.ErrClosed),
		"delivery timeout":                 kgo.ErrRecordTimeout,
		"the broker closed the connection": fmt.Errorf("read: %w", io.ErrUnexpectedEOF),
		"the host name has no address":     &net.DNSError{Err: "no such host", Name: "kafka-1", IsNotFound: true},
		"timeout":                          fmt.Errorf("read tcp 127.0.0.1:41234: %w", os.ErrDeadlineExceeded),
		"the root":                         fmt.Errorf("a: %w", fmt.Errorf("b: %w", errors.New("the root"))),
	} {
		if got := cause(err); got != want {
			t.Errorf("cause(%v) = %q, want %q", err, got, want)
		}
	}
}

func TestWatch(t *testing.T) {
	w := newWatch(time.Now())
	one, two := kgo.BrokerMetadata{NodeID: 1}, kgo.BrokerMetadata{NodeID: 2}
	failed := func(err error) kgo.BrokerE2E { return kgo.BrokerE2E{ReadErr: err} }

	w.OnBrokerConnect(one, 0, nil, nil)
	w.OnBrokerE2E(one, int16(kmsg.Produce), kgo.BrokerE2E{})
	w.OnBrokerE2E(one, int16(kmsg.Fetch), failed(io.EOF))
	if w.doubt.Load() {
		t.Error("a lost fetch casts doubt on what was produced")
	}
	w.OnBrokerE2E(one, int16(kmsg.Produce), failed(io.EOF))
	if !w.doubt.Load() {
		t.Error("a lost produce request casts no doubt")
	}
	// A cancelled request and its connection are the client's own doing.
	w.OnBrokerE2E(two, int16(kmsg.Fetch), failed(context.Canceled))
	w.OnBrokerDisconnect(two, nil)
	// So are requests that were to go over it next, and no other failure.
	w.OnBrokerE2E(two, int16(kmsg.Fetch), failed(net.ErrClosed))
	w.OnBrokerE2E(two, int16(kmsg.Fetch), failed(kerr.NotLeaderForPartition))
	w.OnBrokerDisconnect(one, nil)
	w.OnBrokerConnect(kgo.BrokerMetadata{NodeID: -2147483648}, 0, nil, syscall.ECONNREFUSED) // a seed
	w.OnBrokerThrottle(one, 30*time.Millisecond, true)
	w.OnBrokerThrottle(two, 12*time.Millisecond, true)
	w.close()
	w.OnBrokerDisconnect(one, nil)
	w.add(StageRecord, -1, kgo.ErrClientClosed)

	want := []ClientError{
		{Stage: StageRequest, Broker: 1, Error: "the broker closed the connection", Count: 2},
		{Stage: StageRequest, Broker: 2, Error: "NOT_LEADER_FOR_PARTITION", Count: 1},
		{Stage: StageDisconnect, Broker: 1, Error: "the connection ended", Count: 1},
		{Stage: StageConnect, Broker: -1, Error: "connection refused", Count: 1},
		{Stage: StageRecord, Broker: -1, Error: "client closed", Count: 1},
	}
	if diff := cmp.Diff(want, w.all(), cmpopts.IgnoreFields(ClientError{}, "First", "Last")); diff != "" {
		t.Error(diff)
	}
	if got := time.Duration(w.throttled.Load()); got != 42*time.Millisecond {
		t.Errorf("throttled for %s, want 42ms", got)
	}
}

func TestWatchKeepsABoundedNumberOfKinds(t *testing.T) {
	w := newWatch(time.Now())
	for i := range 1000 {
		w.add(StageRequest, 1, fmt.Errorf("error %d", i))
	}
	all, sum := w.all(), int64(0)
	for _, e := range all {
		sum += e.Count
	}
	if len(all) != maxErrors+1 || sum != 1000 {
		t.Errorf("%d kinds with %d errors", len(all), sum)
	}
}
