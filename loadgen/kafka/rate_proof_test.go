package kafka_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	. "github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/kafka/discard"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
)

// TestRate is a part of make proof, for a quiet machine of two cores: 200,000
// keyed records of 100 bytes a second for 30 s leave when they are due.
func TestRate(t *testing.T) {
	if os.Getenv("WEIR_PROOF") != "1" {
		return
	}
	const rate, length = 200_000, 30 * time.Second
	broker, err := discard.Start(t.Context(), 12, "weir")
	if err != nil {
		t.Fatal(err)
	}
	defer broker.Close()
	start := time.Now().Add(time.Second)
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 2*time.Second) // connecting is left out
	dir := t.TempDir()
	meter, err := histogram.New(dir, start, phases)
	if err != nil {
		t.Fatal(err)
	}
	stories, err := journal.Create(dir, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	s, err := schedule.New(schedule.Hold(rate, length))
	if err != nil {
		t.Fatal(err)
	}
	settings := DefaultSettings()
	settings.MaxBuffered = Buffer(rate, settings.DeliveryTimeout)
	counters := &series.Counters{}
	p, err := NewProducer(ProducerConfig{
		Client: []kgo.Opt{kgo.SeedBrokers(broker.Addr())}, Settings: settings, Topic: "weir", Schedule: s, Start: start, Maker: payload,
		Run: 1, Sender: ledger.New().Sender("proof", ledger.Expect{}), Journal: stories, Meter: meter, Counters: counters,
		Stalls: &series.Stalls{}, Partitions: &series.Partitions{},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	totals := counters.Totals(time.Since(start))
	if _, err := p.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := meter.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := stories.Close(); err != nil {
		t.Fatal(err)
	}
	achieved := float64(totals.Acked) / float64(totals.Due)
	wake, _ := meter.Quantile(histogram.Wake, 0.99)
	publish, _ := meter.Quantile(histogram.Publish, 0.99)
	t.Logf("%d records due, achieved %.5f of them when the last was due; wake p99 %s, publish p99 %s", totals.Due, achieved, wake, publish)
	if achieved < 0.999 {
		t.Errorf("achieved %.5f of the rate", achieved)
	}
	if wake > 2*time.Millisecond {
		t.Errorf("wake p99 %s", wake)
	}
}
