package kafka

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Acks is when a broker acknowledges a record (Kafka's acks).
type Acks string

// The acknowledgements.
const (
	// AcksAll waits for all in-sync replicas (acks=all).
	AcksAll Acks = "all"
	// AcksLeader waits for the leader's log alone (acks=1).
	AcksLeader Acks = "leader"
	// AcksNone waits for nothing (acks=0). The broker then says nothing at
	// all, so that every outcome is unknown.
	AcksNone Acks = "none"
)

// Settings are what of a producer the flow under test could set itself. Start
// from [DefaultSettings]: the zero value is not valid.
type Settings struct {
	// Acks is Kafka's acks; default all.
	Acks Acks
	// Idempotent is Kafka's enable.idempotence: the broker drops what the
	// client sends again after a lost answer. It needs acks=all. Default
	// true.
	Idempotent bool
	// Linger is Kafka's linger.ms: how long a batch waits for more records.
	// It is a floor under every latency. Default 5 ms, as Kafka's since 4.0.
	Linger time.Duration
	// Compression is Kafka's compression.type: none, gzip, snappy, lz4 or
	// zstd. Default none.
	Compression string
	// BatchBytes is the largest batch before compression, in bytes. It is
	// both Kafka's batch.size and its max.request.size for one record.
	// Default 1 MiB.
	BatchBytes int
	// DeliveryTimeout is Kafka's delivery.timeout.ms: a record that is
	// neither acknowledged nor refused by then becomes unknown, also while
	// it is in flight. As in Kafka it is at least Linger + RequestTimeout.
	// Default 30 s (Kafka: 2 min).
	DeliveryTimeout time.Duration
	// RequestTimeout is Kafka's request.timeout.ms: how long the client
	// waits for the answer to a produce request. Half of it is given to the
	// broker to collect its acknowledgements, and half is how long any other
	// request may take. Default 10 s (Kafka: 30 s).
	RequestTimeout time.Duration
	// MaxBuffered is how many records may wait in the client, in flight or
	// not. Where it is reached sending blocks, and records are late by
	// that; Kafka bounds bytes instead (buffer.memory). Default 10,000; see
	// [Buffer] for what a load needs.
	MaxBuffered int
	// Clients is how many clients share the records, each with connections and
	// batches of its own, as that many producers would: those of a key go
	// through the same one. MaxBuffered is for all together. Default 1.
	Clients int
	// MaxInFlight is Kafka's max.in.flight.requests.per.connection. It acts
	// only without Idempotent, when more than one may reorder records on a
	// retry; with it the client uses 5. Default 5.
	MaxInFlight int
}

// DefaultSettings are the defaults of every setting.
func DefaultSettings() Settings {
	return Settings{
		Acks:            AcksAll,
		Idempotent:      true,
		Linger:          5 * time.Millisecond,
		Compression:     "none",
		BatchBytes:      1 << 20,
		DeliveryTimeout: 30 * time.Second,
		RequestTimeout:  10 * time.Second,
		MaxBuffered:     10_000,
		Clients:         1,
		MaxInFlight:     5,
	}
}

// Buffer is the MaxBuffered that a load with a peak rate, in records per
// second, needs to stay open loop while nothing is acknowledged: 2 × peak ×
// delivery timeout, at least 10,000.
func Buffer(peak float64, delivery time.Duration) int {
	return max(10_000, int(math.Ceil(2*peak*delivery.Seconds())))
}

// Validate says what is impossible, by the names of the fields and Kafka's
// own.
func (s Settings) Validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if _, ok := acks[s.Acks]; !ok {
		wrong("acks %q is not one of all, leader, none", s.Acks)
	}
	if s.Idempotent && s.Acks != AcksAll {
		wrong("an idempotent producer needs acks all, not %s: set idempotent to false or acks to all", s.Acks)
	}
	if _, ok := codecs[s.Compression]; !ok {
		wrong("compression %q is not one of none, gzip, snappy, lz4, zstd", s.Compression)
	}
	if s.Linger < 0 || s.Linger > time.Minute {
		wrong("linger %s is not between 0s and 1m", s.Linger)
	}
	if s.BatchBytes < 1<<10 || s.BatchBytes > 64<<20 {
		wrong("a batch of %d bytes is not between 1 KiB and 64 MiB", s.BatchBytes)
	}
	if s.RequestTimeout < 200*time.Millisecond || s.RequestTimeout > 15*time.Minute {
		wrong("a request timeout of %s is not between 200ms and 15m", s.RequestTimeout)
	}
	if s.DeliveryTimeout < time.Second || s.DeliveryTimeout < s.Linger+s.RequestTimeout {
		wrong("a delivery timeout of %s is below 1s or below linger + request timeout (%s): raise it or lower those", s.DeliveryTimeout, s.Linger+s.RequestTimeout)
	}
	if s.MaxBuffered < 1 {
		wrong("max-buffered %d is not at least 1", s.MaxBuffered)
	}
	if s.Clients < 1 || s.Clients > maxClients {
		wrong("%d clients are not 1 to %d", s.Clients, maxClients)
	}
	if s.MaxInFlight < 1 {
		wrong("max-in-flight %d is not at least 1", s.MaxInFlight)
	}
	return errors.Join(errs...)
}

// maxClients bounds the clients of a producer: each has a connection to every
// broker.
const maxClients = 1000

// Map is the settings by Kafka's names, for a report. What Kafka has no name
// for begins with "weir.".
func (s Settings) Map() map[string]string {
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	return map[string]string{
		"acks":                                  map[Acks]string{AcksAll: "all", AcksLeader: "1", AcksNone: "0"}[s.Acks],
		"enable.idempotence":                    strconv.FormatBool(s.Idempotent),
		"linger.ms":                             strconv.FormatFloat(float64(s.Linger)/float64(time.Millisecond), 'f', -1, 64),
		"compression.type":                      s.Compression,
		"batch.size":                            strconv.Itoa(s.BatchBytes),
		"delivery.timeout.ms":                   ms(s.DeliveryTimeout),
		"request.timeout.ms":                    ms(s.RequestTimeout),
		"max.in.flight.requests.per.connection": strconv.Itoa(s.inFlight()),
		"retry.backoff.ms":                      ms(firstBackoff),
		"retry.backoff.max.ms":                  ms(lastBackoff),
		"weir.metadata.min.age.ms":              ms(metadataMinAge),
		"weir.max.buffered.records":             strconv.Itoa(s.MaxBuffered),
		"weir.clients":                          strconv.Itoa(s.Clients),
	}
}

func (s Settings) inFlight() int {
	if s.Idempotent {
		return 5
	}
	return s.MaxInFlight
}

var acks = map[Acks]kgo.Acks{
	AcksAll:    kgo.AllISRAcks(),
	AcksLeader: kgo.LeaderAck(),
	AcksNone:   kgo.NoAck(),
}

var codecs = map[string]kgo.CompressionCodec{
	"none":   kgo.NoCompression(),
	"gzip":   kgo.GzipCompression(),
	"snappy": kgo.SnappyCompression(),
	"lz4":    kgo.Lz4Compression(),
	"zstd":   kgo.ZstdCompression(),
}

// A failover is measured as fast as the client can see it, so that what a
// report shows is the cluster's time and not the client's patience: franz-go
// asks for metadata at most every 5 s and waits up to 2.5 s between tries by
// default. These are Kafka's defaults for retries, without its jitter.
const (
	metadataMinAge = 100 * time.Millisecond
	firstBackoff   = 100 * time.Millisecond
	lastBackoff    = time.Second
)

func backoff(tries int) time.Duration {
	return min(firstBackoff<<min(max(tries-1, 0), 10), lastBackoff)
}

// readTimeout is how long a reader waits for an answer beyond what it allowed
// the broker to wait (FetchMaxWait). A broker that is frozen costs a reader
// so much before it looks for another leader; franz-go's default is 10 s, as
// the session timeout after which there is one.
const readTimeout = 5 * time.Second

// common are the options of all clients of this package.
func common(id string, w *watch) []kgo.Opt {
	return []kgo.Opt{
		kgo.ClientID(id),
		kgo.MetadataMinAge(metadataMinAge),
		kgo.RetryBackoffFn(backoff),
		kgo.DisableClientMetrics(),
		// A port forwarder, Docker's for one, accepts connections for a dead
		// broker and closes them; the client would take that for a wrong
		// password and fail every record.
		kgo.AlwaysRetryEOF(),
		kgo.WithHooks(w),
	}
}

// options are the client's options for valid settings, outside of transactions
// or in them.
func (s Settings) options(t *Transactions) []kgo.Opt {
	opts := []kgo.Opt{
		kgo.RequiredAcks(acks[s.Acks]),
		kgo.ProducerLinger(s.Linger),
		kgo.ProducerBatchCompression(codecs[s.Compression]),
		kgo.ProducerBatchMaxBytes(int32(s.BatchBytes)),
		kgo.RecordDeliveryTimeout(s.DeliveryTimeout),
		kgo.ProduceRequestTimeout(s.RequestTimeout / 2),
		kgo.RequestTimeoutOverhead(s.RequestTimeout - s.RequestTimeout/2),
		// The producer keeps the bound itself, see Producer.window; the
		// client must never be the one that blocks.
		kgo.MaxBufferedRecords(s.MaxBuffered + 1024),
		kgo.RecordPartitioner(partitioner()),
		// As in Kafka only the delivery timeout gives up on a topic that
		// brokers do not know, which is normal while they come back.
		kgo.UnknownTopicRetries(-1),
	}
	switch {
	case t != nil:
		// In a transaction franz-go always waits; Producer.end does not.
		return append(opts, kgo.TransactionalID(t.ID), kgo.TransactionTimeout(transactionTimeout))
	case s.Idempotent:
		// franz-go waits for ever for a record that is in flight, unless
		// told that it need not; Kafka's delivery.timeout.ms does not wait.
		return append(opts, kgo.AllowIdempotentProduceCancellation())
	}
	return append(opts, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(s.MaxInFlight))
}
