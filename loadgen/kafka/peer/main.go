// Peer sends the same load to the same brokers with Kafka's own
// ProducerPerformance and with Weir, one after the other, and prints the ratio
// of their rates.
//
//	weir cluster up
//	go run ./loadgen/kafka/peer -bootstrap 127.0.0.1:…,127.0.0.1:… > table.md
//
// Both send values of random letters, other ones in each record, without keys,
// as fast as they can, with the same acks, batches, linger and compression, and
// neither reads anything back. Weir measures all that it does in a run: its
// header, four histograms, ledger, journal and counters. Two rates are printed:
// of the whole run, as ProducerPerformance tells its users, and of what comes
// after the first fifth of the records, when the Java runtime is warm.
// ProducerPerformance runs in a container of -image, with the options that
// kafka-producer-perf-test.sh gives it; Weir runs in this process. A first pair
// of each load is not counted: the brokers' runtime compiles what it meets.
//
// It is for a quiet machine: the brokers share it with whoever sends.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/kafka"
)

// load is what both send.
type load struct {
	name        string
	size        int // bytes of a value
	replication int16
	acks        kafka.Acks
	compression string
	records     int // set for each comparison
}

var loads = []load{
	{name: "100 B, RF 3, acks=all, lz4", size: 100, replication: 3, acks: kafka.AcksAll, compression: "lz4"},
	{name: "1 KB, RF 3, acks=all, uncompressed", size: 1000, replication: 3, acks: kafka.AcksAll, compression: "none"},
	{name: "100 B, RF 1, acks=1, uncompressed", size: 100, replication: 1, acks: kafka.AcksLeader, compression: "none"},
}

const (
	partitions = 12
	warmup     = 5 // a fifth
)

func main() {
	bootstrap := flag.String("bootstrap", os.Getenv("WEIR_BOOTSTRAP"), "addresses of the brokers, host:port,… (default $WEIR_BOOTSTRAP)")
	image := flag.String("image", "weir/kafka:4.3.1", "container `image` with Kafka's jars in /opt/kafka/libs")
	records := flag.Int("records", 5_000_000, "how many records of 100 bytes a run sends; of larger ones a tenth")
	pairs := flag.Int("pairs", 5, "how many times both send each load")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if *bootstrap == "" || *pairs < 1 || *records < 100 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := compare(ctx, *bootstrap, *image, *pairs, *records); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, bootstrap, image string, pairs, records int) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(bootstrap, ",")...))
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	fmt.Println("| load | records/s, median | ProducerPerformance | Weir | ratio, median | each |\n|---|---|---|---|---|---|")
	sent := 0
	// On a topic of its own, which is removed afterwards, no run pays for the
	// records of another. A name that was used before is no new topic to all
	// brokers at once.
	fresh := func(l load, run func(topic string) (rates, error)) (rates, error) {
		sent++
		return on(ctx, admin, fmt.Sprintf("weir-peer-%d-%d", os.Getpid(), sent), l.replication, run)
	}
	for _, l := range loads {
		l.records = records * 100 / l.size
		var java, weir []rates
		for pair := range 1 + pairs {
			a, err := fresh(l, func(topic string) (rates, error) { return producerPerformance(ctx, bootstrap, image, topic, l) })
			if err != nil {
				return fmt.Errorf("%s: ProducerPerformance: %w", l.name, err)
			}
			b, err := fresh(l, func(topic string) (rates, error) { return produce(ctx, bootstrap, topic, l) })
			if err != nil {
				return fmt.Errorf("%s: Weir: %w", l.name, err)
			}
			fmt.Fprintf(os.Stderr, "%s, pair %d: ProducerPerformance %.0f, warm %.0f, Weir %.0f, warm %.0f\n", l.name, pair, a.whole, a.warm, b.whole, b.warm)
			if pair > 0 {
				java, weir = append(java, a), append(weir, b)
			}
		}
		row(l.name, "whole run", java, weir, func(r rates) float64 { return r.whole })
		row(l.name, "warm", java, weir, func(r rates) float64 { return r.warm })
	}
	return nil
}

// rates are records a second, of a whole run and after its warm-up.
type rates struct{ whole, warm float64 }

func row(load, of string, java, weir []rates, rate func(rates) float64) {
	var a, b, ratios []float64
	var each []string
	for i := range java {
		a, b = append(a, rate(java[i])), append(b, rate(weir[i]))
		ratios = append(ratios, b[i]/a[i])
		each = append(each, fmt.Sprintf("%.2f", ratios[i]))
	}
	fmt.Printf("| %s | %s | %.0f | %.0f | %.2f | %s |\n", load, of, median(a), median(b), median(ratios), strings.Join(each, ", "))
}

// on runs on a topic that is there for the time of the run.
func on(ctx context.Context, admin *kadm.Client, topic string, replication int16, run func(topic string) (rates, error)) (r rates, err error) {
	if _, err := admin.CreateTopic(ctx, partitions, replication, nil, topic); err != nil {
		return rates{}, fmt.Errorf("create topic %s: %w", topic, err)
	}
	defer func() {
		if _, e := admin.DeleteTopic(context.WithoutCancel(ctx), topic); err == nil && e != nil {
			err = fmt.Errorf("delete topic %s: %w", topic, e)
		}
	}()
	return run(topic)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[n/2] + sorted[(n-1)/2]) / 2
}
