// Package calibration measures what this machine can send where nothing holds
// it up: a producer of package kafka, with all that a run measures, sends as
// fast as it can to a broker in this process that discards.
//
// The figure is context for the rate of a run, and no limit: a run also reads,
// its payloads may take longer to make, and real brokers answer later. It is
// not what any broker can take.
package calibration

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/kafka/discard"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
)

// Point is what was sent of records of one size.
type Point struct {
	// Bytes of key, value and headers of a record, the identity's included.
	Bytes int `json:"bytes"`
	// Rate is in records per second.
	Rate float64 `json:"rate"`
}

// Curve is what this machine sends by the size of records.
type Curve []Point

// Rate is the rate for records of so many bytes, 0 where nothing was measured.
// A record costs a fixed time and one for each byte: between and beyond two
// points lies the line through them.
func (c Curve) Rate(bytes float64) float64 {
	if len(c) == 0 {
		return 0
	}
	least := slices.MinFunc(c, bySize)
	most := slices.MaxFunc(c, bySize)
	if least.Bytes == most.Bytes {
		return least.Rate
	}
	perByte := max(0, (1/most.Rate-1/least.Rate)/float64(most.Bytes-least.Bytes))
	cost := 1/least.Rate + perByte*(bytes-float64(least.Bytes))
	// Below the smallest size the fixed cost is not known apart.
	return 1 / max(cost, 0.5/least.Rate)
}

func bySize(a, b Point) int { return a.Bytes - b.Bytes }

const (
	partitions = 12
	keys       = 10_000
	// warmup is left out: connecting, the pools, the first batches.
	warmup = time.Second
)

// Measure sends records of each size for so long, and a second more before.
func Measure(ctx context.Context, each time.Duration, sizes ...int) (Curve, error) {
	var c Curve
	for _, size := range sizes {
		p, err := measure(ctx, each, size)
		if err != nil {
			return nil, fmt.Errorf("calibration with records of %d bytes: %w", size, err)
		}
		c = append(c, p)
	}
	return c, nil
}

func measure(ctx context.Context, each time.Duration, size int) (Point, error) {
	const topic = "calibration"
	broker, err := discard.Start(ctx, partitions, topic)
	if err != nil {
		return Point{}, err
	}
	defer broker.Close()
	dir, err := os.MkdirTemp("", "weir-calibration-")
	if err != nil {
		return Point{}, err
	}
	defer os.RemoveAll(dir)
	start := time.Now()
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	meter, err := histogram.New(dir, start, phases)
	if err != nil {
		return Point{}, err
	}
	stories, err := journal.Create(dir, 1<<30)
	if err != nil {
		return Point{}, errors.Join(err, meter.Close())
	}
	counters := &series.Counters{}
	p, err := producer(broker.Addr(), topic, start, kafka.ProducerConfig{
		Journal: stories, Meter: meter, Counters: counters, Maker: filler(size),
	})
	if err != nil {
		_, e := stories.Close()
		return Point{}, errors.Join(err, meter.Close(), e)
	}
	rate, err := watch(ctx, each, p, counters)
	p.Close()
	_, e := stories.Close()
	if err := errors.Join(err, meter.Close(), e); err != nil {
		return Point{}, err
	}
	// The counters are read one after the other: only at rest do they agree.
	all := counters.Totals(0)
	return Point{Bytes: int(float64(all.Bytes)/float64(all.Acked) + 0.5), Rate: rate}, nil
}

// producer is one of a run, which is always late.
func producer(addr, topic string, start time.Time, c kafka.ProducerConfig) (*kafka.Producer, error) {
	s, err := schedule.New(schedule.Hold(100_000_000, 24*time.Hour))
	if err != nil {
		return nil, err
	}
	c.Client, c.Settings = []kgo.Opt{kgo.SeedBrokers(addr)}, kafka.DefaultSettings()
	c.Topic, c.Schedule, c.Start, c.Run = topic, s, start, 1
	c.Sender = ledger.New().Sender("calibration", ledger.Expect{})
	c.Stalls, c.Partitions = &series.Stalls{}, &series.Partitions{}
	return kafka.NewProducer(c)
}

// watch runs a producer and answers how many records were acknowledged a second
// after the warm-up.
func watch(ctx context.Context, each time.Duration, p *kafka.Producer, counters *series.Counters) (rate float64, err error) {
	sending, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(sending) }()
	until := func(d time.Duration) error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case err := <-ended:
			ended <- err
			return err
		}
	}
	if err = until(warmup); err == nil {
		from, before := time.Now(), counters.Totals(0)
		if err = until(each); err == nil {
			rate = float64(counters.Totals(0).Acked-before.Acked) / time.Since(from).Seconds()
		}
	}
	stop()
	if ended := <-ended; err == nil && !errors.Is(ended, context.Canceled) {
		err = ended
	}
	if err == nil && rate == 0 {
		err = errors.New("nothing was acknowledged")
	}
	return rate, err
}

// filler makes keyed records whose value fills them up to a size.
type filler int

func (f filler) Make(seq uint64, r *kgo.Record) ledger.Class {
	n := seq * 0x9e3779b97f4a7c15 >> 40 % keys
	r.Key = append(r.Key, 'k', '-', byte('0'+n/1000), byte('0'+n/100%10), byte('0'+n/10%10), byte('0'+n%10))
	const others = 6 + 7 + 29 // the key, and the header that carries the identity
	for len(r.Value) < max(int(f)-others, 1) {
		r.Value = append(r.Value, 'v')
	}
	return ledger.Normal
}
