// Package live is an event flow on running brokers, seen through its
// contracts: it makes and sends events as their producers promise them, reads
// topics to known ends, recognizes and judges what is there, and asks consumer
// groups how far they are. Package harness puts a testing.TB around it,
// package harness/promise judges contracts with it.
//
// What it guarantees: a topic is read from where it ended when the flow was
// opened or the topic created, each committed record once and none of another
// run; ReadToEnd returns only when everything was read that was there when it
// was asked, and says up to which offsets. On a shared cluster a flow has a
// prefix: its topics and groups bear it there and nowhere else, so that
// records, errors and conditions speak the names of the contracts.
//
// What it is not for: load, and verdicts over many records; those are
// harness/scenario. It starts neither brokers nor services.
package live

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/run"
)

// Config is a flow to open.
type Config struct {
	Cluster   cluster.Cluster
	Contracts []*contracts.Contract
	// Files are what the contracts were read from.
	Files *asyncapi.Files
	// Seed is where generated data comes from.
	Seed uint64
	// Run is the identity in the ids of events that are sent; see NewID.
	Run uint64
	// Prefix stands before the names of topics and groups on the cluster.
	Prefix string
	// Alive is asked while something is awaited, and its error ends the wait:
	// a service died. Nil asks nothing.
	Alive func() error
	// Triggers are the Go functions that Trigger uses.
	Triggers Triggers
	// Registry has the schemas and ids of contracts that speak of one; nil
	// for none.
	Registry *registry.Registry
	// Baseline is which versions subjects had before the services were
	// started; nil takes it when the flow is opened.
	Baseline *Baseline
	// Advice says how a user adds what is missing; the zero value speaks of
	// package harness.
	Advice Advice
}

// Flow is an open flow. Its methods may be called at the same time.
type Flow struct {
	cfg      Config
	client   *kgo.Client
	admin    *kadm.Client
	sequence atomic.Uint64
	//nolint:containedctx // as in the loader, whose methods take none
	asking context.Context
	loader *versions.Loader
	serdes *serde.Resolver
	// breaks is what was said of versions of schemas, by a compared.
	breaks sync.Map

	mu     sync.Mutex
	rng    *rand.Rand
	from   map[string]map[int32]int64
	topics map[string]*Topic
	sent   map[position]bool
	asked  map[position]bool
	met    map[string]int // events that were waited for and came, by their types
	sends  map[string]Sending
}

// Sending is what the flow has sent of an event with an identity.
type Sending struct {
	Event string
	// Times is how many records of it were sent; more than 1 are duplicates.
	Times int
}

// position is where a record stands.
type position struct {
	topic     string
	partition int32
	offset    int64
}

// Open connects to the cluster. Close ends what it opened. What the flow asks of
// the schema registry, now and later, ends with ctx.
func Open(ctx context.Context, cfg Config) (*Flow, error) {
	client, err := kgo.NewClient(append(slices.Clone(cfg.Cluster.ClientOptions()), append(sending(), kgo.ClientID("weir-test"))...)...)
	if err != nil {
		return nil, fmt.Errorf("a client of the cluster: %w", err)
	}
	if cfg.Registry != nil && cfg.Baseline == nil {
		cfg.Baseline = TakeBaseline(ctx, cfg.Registry, cfg.Contracts)
	}
	f := unconnected(ctx, cfg)
	f.client, f.admin = client, kadm.NewClient(client)
	return f, nil
}

// unconnected is a flow that makes events, and can neither send nor read them.
func unconnected(ctx context.Context, cfg Config) *Flow {
	var schemas versions.Registry
	if cfg.Registry != nil {
		schemas = versions.FromRegistry(ctx, cfg.Registry)
	}
	loader := versions.New(cfg.Files, schemas)
	return &Flow{
		asking: ctx, loader: loader, serdes: serde.New(ctx, loader, cfg.Registry), cfg: cfg,
		rng:    rand.New(rand.NewPCG(cfg.Seed, 0)),
		from:   map[string]map[int32]int64{},
		topics: map[string]*Topic{},
		sent:   map[position]bool{},
		asked:  map[position]bool{},
		met:    map[string]int{},
		sends:  map[string]Sending{},
	}
}

// sending are the settings of a producer. franz-go compresses by default, and
// Kafka's own client does not: a service whose client lacks the codec would
// fail on what its real producers never send.
func sending() []kgo.Opt {
	return []kgo.Opt{kgo.ProducerLinger(0), kgo.ProducerBatchCompression(kgo.NoCompression())}
}

// Close ends the flow's clients. Topics stay.
func (f *Flow) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.topics {
		t.client.Close()
	}
	f.client.Close()
}

// Contracts are those that the flow was opened with.
func (f *Flow) Contracts() []*contracts.Contract { return slices.Clone(f.cfg.Contracts) }

// OnCluster is what a topic or a group of the contracts is called on the
// cluster.
func (f *Flow) OnCluster(name string) string { return f.cfg.Prefix + name }

// NewID is a new event identity of this run: as text a UUID.
func (f *Flow) NewID() identity.EventID {
	return identity.EventID{Run: f.cfg.Run, Sequence: f.sequence.Add(1)}
}

// Producer is the contract that produces an event, and its entry there.
func (f *Flow) Producer(event string) (*contracts.Contract, *contracts.Produces, error) {
	var known []string
	for _, c := range f.cfg.Contracts {
		if p := c.Producer(event); p != nil {
			return c, p, nil
		}
		for _, p := range c.Produces {
			known = append(known, p.Event)
		}
	}
	if len(known) == 0 {
		return nil, nil, fmt.Errorf("the test has no contract that produces anything: %s", f.cfg.Advice.contracts())
	}
	slices.Sort(known)
	return nil, nil, fmt.Errorf("no contract that was given produces %s: %s for that of its producer; %s",
		event, f.cfg.Advice.contracts(), document.Suggest(event, slices.Compact(known)))
}

// DeadLetterTopics are the dead-letter topics of all consumers of an event, in
// order of their names.
func (f *Flow) DeadLetterTopics(event string) []string {
	return f.topicsOf(event, func(c *contracts.Consumes) []string {
		if c.DLQ == nil {
			return nil
		}
		return []string{c.DLQ.Topic}
	})
}

// RetryTopics are the retry topics of all consumers of an event, in order of
// their names.
func (f *Flow) RetryTopics(event string) []string {
	return f.topicsOf(event, func(c *contracts.Consumes) []string {
		if c.Retry == nil {
			return nil
		}
		return c.Retry.Topics
	})
}

func (f *Flow) topicsOf(event string, of func(*contracts.Consumes) []string) []string {
	var topics []string
	for _, c := range f.cfg.Contracts {
		if consumes := c.Consumer(event); consumes != nil {
			topics = append(topics, of(consumes)...)
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// CreateTopics creates topics, named as in contracts, and watches them. One
// that exists stays as it is and is watched from its present end. created
// names those that are new, as contracts do, also where err is not nil.
func (f *Flow) CreateTopics(ctx context.Context, topics []run.Topic) (created []string, err error) {
	there := slices.Clone(topics)
	for i := range there {
		there[i].Name = f.OnCluster(there[i].Name)
	}
	err = cluster.CreateTopics(ctx, f.cfg.Cluster, there)
	for i := range there {
		there[i].Name = f.inContract(there[i].Name)
		if there[i].Created {
			created = append(created, there[i].Name)
		}
	}
	if err != nil {
		return created, err
	}
	return created, f.Watch(ctx, there)
}

// Watch watches topics that are there, named as in contracts: those that were
// Created for this flow from their beginning, the others from their present
// ends.
func (f *Flow) Watch(ctx context.Context, topics []run.Topic) error {
	from := map[string]map[int32]int64{}
	var old []string
	for _, t := range topics {
		if !t.Created {
			old = append(old, f.OnCluster(t.Name))
			continue
		}
		// New ones begin at 0, and are not asked for: not every broker knows
		// them yet.
		from[t.Name] = map[int32]int64{}
		for p := range t.Partitions {
			from[t.Name][int32(p)] = 0
		}
	}
	ends, err := kafka.EndOffsets(ctx, f.admin, old...)
	if err != nil {
		return fmt.Errorf("reading where the topics end: %w", err)
	}
	for name, offsets := range ends {
		from[f.inContract(name)] = offsets
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	maps.Copy(f.from, from)
	return nil
}

// Ends are the offsets at which the partitions of a topic end now, records of
// open transactions included.
func (f *Flow) Ends(ctx context.Context, topic string) (Ends, error) {
	ends, err := kafka.EndOffsets(ctx, f.admin, f.OnCluster(topic))
	if err != nil {
		return nil, fmt.Errorf("reading where %s ends: %w", topic, err)
	}
	return ends[f.OnCluster(topic)], nil
}

// DeleteTopics deletes topics, named as in contracts.
func (f *Flow) DeleteTopics(ctx context.Context, names ...string) error {
	there := make([]string, len(names))
	for i, name := range names {
		there[i] = f.OnCluster(name)
	}
	return cluster.DeleteTopics(ctx, f.cfg.Cluster, there...)
}

func (f *Flow) inContract(name string) string { return strings.TrimPrefix(name, f.cfg.Prefix) }

// Send sends records, those of one partition in their order and in one batch
// where that is possible, and sets where they stand when they are acknowledged
// (acks=all).
func (f *Flow) Send(ctx context.Context, records ...*Record) error {
	there := make([]*kgo.Record, len(records))
	for i, r := range records {
		sent := *r.Record
		sent.Topic = f.OnCluster(r.Topic)
		there[i] = &sent
	}
	if err := f.client.ProduceSync(ctx, there...).FirstErr(); err != nil {
		return fmt.Errorf("not acknowledged: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, r := range records {
		r.Partition, r.Offset, r.Timestamp = there[i].Partition, there[i].Offset, there[i].Timestamp
		f.sent[placeOf(r)] = true
		f.sends[r.ID()] = Sending{r.Event, f.sends[r.ID()].Times + 1}
	}
	return nil
}

// Sendings are the events that the flow has sent, by their ids.
func (f *Flow) Sendings() map[string]Sending {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.sends)
}

// Sent says whether a record that was read is one that the flow has sent, and
// no service.
func (f *Flow) Sent(r *Record) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent[placeOf(r)]
}

// Ask notes records that a test asked for and got: those it reckons with.
func (f *Flow) Ask(records ...*Record) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range records {
		f.asked[placeOf(r)] = true
	}
}

// Asked says whether a record is one that was asked for.
func (f *Flow) Asked(r *Record) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[placeOf(r)]
}

func placeOf(r *Record) position { return position{r.Topic, r.Partition, r.Offset} }

// SendAborted sends a record in a transaction that is aborted: it stands in
// the topic, and who reads committed records must not see it.
func (f *Flow) SendAborted(ctx context.Context, r *Record) error {
	client, err := kgo.NewClient(append(slices.Clone(f.cfg.Cluster.ClientOptions()),
		append(sending(), kgo.TransactionalID(f.OnCluster("weir-"+f.NewID().String())))...)...)
	if err != nil {
		return fmt.Errorf("a client of the cluster: %w", err)
	}
	defer client.Close()
	if err := client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	there := *r.Record
	there.Topic = f.OnCluster(r.Topic)
	if err := client.ProduceSync(ctx, &there).FirstErr(); err != nil {
		return fmt.Errorf("not acknowledged: %w", err)
	}
	r.Partition, r.Offset, r.Timestamp = there.Partition, there.Offset, there.Timestamp
	if err := client.EndTransaction(ctx, kgo.TryAbort); err != nil {
		return fmt.Errorf("abort a transaction: %w", err)
	}
	return nil
}

// Alive is nil, or the error of Config.Alive: why waiting has no point.
func (f *Flow) Alive() error {
	if f.cfg.Alive == nil {
		return nil
	}
	return f.cfg.Alive()
}

// stopped is the error that ends a wait for good: what the context says, and
// what stood in the way last.
func stopped(ctx context.Context, last error) error {
	return errors.Join(context.Cause(ctx), last)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
