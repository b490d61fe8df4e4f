package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/loadgen/value"
)

const (
	batchBytes  = 256 << 10
	bufferBytes = 32 << 20 // Kafka's buffer.memory
	linger      = 5 * time.Millisecond
)

// letters makes values of random letters.
type letters struct {
	values *value.Template
	record value.Record
}

func (m *letters) Make(seq uint64, r *kgo.Record) ledger.Class {
	m.record.Sequence = seq
	r.Value = m.values.Append(r.Value, &m.record)
	return ledger.Normal
}

// produce returns the rates at which records were acknowledged until the last
// one was.
func produce(ctx context.Context, bootstrap, topic string, l load) (rates, error) {
	dir, err := os.MkdirTemp("", "weir-peer-")
	if err != nil {
		return rates{}, err
	}
	defer os.RemoveAll(dir)
	template, err := value.Values(1, 0, fmt.Sprintf("{{text %d}}", l.size))
	if err != nil {
		return rates{}, err
	}
	// All records are due at once, so that none waits for its time.
	at, err := schedule.New(schedule.Hold(1e8, time.Duration(l.records)*10*time.Nanosecond))
	if err != nil {
		return rates{}, err
	}
	start, phases := time.Now(), &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	meter, err := histogram.New(dir, start, phases)
	if err != nil {
		return rates{}, err
	}
	stories, err := journal.Create(dir, 2<<30)
	if err != nil {
		return rates{}, err
	}
	counters := &series.Counters{}
	sender := ledger.New().Sender("peer", ledger.Expect{})
	p, err := kafka.NewProducer(kafka.ProducerConfig{
		Client: []kgo.Opt{kgo.SeedBrokers(strings.Split(bootstrap, ",")...)}, Settings: settings(l), Topic: topic,
		Schedule: at, Start: start, Maker: &letters{values: template}, Run: 1, Sender: sender, Journal: stories, Meter: meter,
		Counters: counters, Stalls: &series.Stalls{}, Partitions: &series.Partitions{},
	})
	if err != nil {
		return rates{}, err
	}
	defer p.Close()
	warm := afterWarmup(ctx, counters, int64(l.records/warmup))
	if err := p.Run(ctx); err != nil {
		return rates{}, err
	}
	if _, err := p.Flush(ctx); err != nil {
		return rates{}, err
	}
	ended := time.Now()
	from := <-warm
	if counts := sender.Counts(); counts.Acked != uint64(l.records) {
		return rates{}, fmt.Errorf("%d of %d records were acknowledged", counts.Acked, l.records)
	}
	if err := meter.Close(); err != nil {
		return rates{}, err
	}
	if _, err := stories.Close(); err != nil {
		return rates{}, err
	}
	return rates{
		whole: float64(l.records) / ended.Sub(start).Seconds(),
		warm:  float64(int64(l.records)-from.acked) / ended.Sub(from.at).Seconds(),
	}, nil
}

func settings(l load) kafka.Settings {
	s := kafka.DefaultSettings()
	s.Acks, s.Idempotent = l.acks, l.acks == kafka.AcksAll
	s.Compression, s.BatchBytes, s.Linger = l.compression, batchBytes, linger
	s.MaxBuffered = bufferBytes / l.size
	return s
}

// moment is how many records were acknowledged when.
type moment struct {
	at    time.Time
	acked int64
}

// afterWarmup sends the first moment at which that many were.
func afterWarmup(ctx context.Context, counters *series.Counters, records int64) <-chan moment {
	begun, reached := time.Now(), make(chan moment, 1)
	go func() {
		for ctx.Err() == nil {
			if acked := counters.Totals(time.Since(begun)).Acked; acked >= records {
				reached <- moment{time.Now(), acked}
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
		reached <- moment{time.Now(), 0}
	}()
	return reached
}
