package kafka_test

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	. "github.com/flowweir/weir/loadgen/kafka"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestSettings(t *testing.T) {
	s := DefaultSettings()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"acks": "all", "enable.idempotence": "true", "linger.ms": "5", "compression.type": "none", "batch.size": "1048576",
		"delivery.timeout.ms": "30000", "request.timeout.ms": "10000", "max.in.flight.requests.per.connection": "5",
		"retry.backoff.ms": "100", "retry.backoff.max.ms": "1000",
		"weir.metadata.min.age.ms": "100", "weir.max.buffered.records": "10000", "weir.clients": "1",
	}
	if diff := cmp.Diff(want, s.Map()); diff != "" {
		t.Error(diff)
	}
	s.Acks, s.Idempotent, s.Linger, s.MaxInFlight = AcksLeader, false, 500*time.Microsecond, 1
	changed := map[string]string{"acks": "1", "enable.idempotence": "false", "linger.ms": "0.5", "max.in.flight.requests.per.connection": "1"}
	maps.Copy(want, changed)
	if diff := cmp.Diff(want, s.Map()); diff != "" {
		t.Error(diff)
	}
}

func TestBuffer(t *testing.T) {
	got := []int{Buffer(1, time.Second), Buffer(5000, 30*time.Second), Buffer(166.7, 30*time.Second)}
	if want := []int{10_000, 300_000, 10_002}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
