package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/loadgen/value"
)

func (v *validator) load() {
	switch forPath := (document.Path{"for"}); {
	case len(v.s.Load) > 0 && v.s.Doc.Has(forPath...):
		v.Conflict(forPath, document.Path{"load"}, "for says nothing with load: the profiles say how long it takes", "remove it")
	case len(v.s.Load) == 0 && len(v.s.Consumers) == 0:
		v.Missing(nil, "load", "say which event is sent at which rate; a run that only reads needs consumers and for")
	case len(v.s.Load) == 0 && !v.s.Doc.Has(forPath...):
		v.Missing(nil, "for", "say how long the groups consume: for: 60s")
	default:
		v.Positive(forPath, v.s.For > 0)
	}
	for i, load := range v.s.Load {
		path := document.Path{"load", i}
		v.what(path, load)
		for j := range i {
			if load.Event != "" && v.s.Load[j].Event == load.Event {
				v.Error(DuplicateName, path, fmt.Sprintf("the load of %s is there twice", load.Event), "put both into one profile")
			}
		}
		v.via(path, load)
		v.payload(path, load)
		v.profile(path, load.Profile)
		v.keys(path.Add("keys"), load.Keys)
		v.producer(path.Add("producer"), load.Producer)
		v.transactions(path, load)
	}
}

// transactions checks them against the settings that they need.
func (v *validator) transactions(load document.Path, l Load) {
	path, producer := load.Add("transactions"), load.Add("producer")
	if l.Transactions == nil {
		return
	}
	if !v.s.Doc.Has(path.Add("records")...) {
		v.Missing(path, "records", "say how many records each has: transactions: {records: 100}")
	}
	v.Positive(path.Add("records"), l.Transactions.Records > 0)
	p := l.Producer
	if p.Acks != "" && p.Acks != "all" {
		v.Conflict(producer.Add("acks"), path, "transactions need acks: all", "remove it")
	}
	if p.Idempotent != nil && !*p.Idempotent {
		v.Conflict(producer.Add("idempotent"), path, "transactions need an idempotent producer", "remove it")
	}
	if p.Clients > 1 {
		v.notBuilt(producer.Add("clients"), "transactions of several clients are", "remove it, or split the load into entries of a topic")
	}
	if p.MaxBuffered > 0 && p.MaxBuffered < l.Transactions.Records {
		v.Conflict(producer.Add("max-buffered"), path, "a transaction does not fit max-buffered", "raise it, or have fewer records in each")
	}
}

// what checks that a load is of an event or goes to a topic, and the fields
// that only one of them takes.
func (v *validator) what(path document.Path, load Load) {
	if strings.TrimSpace(load.Event) == "" && !v.s.Doc.Has(path.Add("topic")...) {
		v.Missing(path, "event", "an event that one of the contracts produces; records without a contract need a topic")
		return
	}
	v.AtMostOne(path, document.Option{Field: "event", Set: load.Event != ""}, document.Option{Field: "topic", Set: load.Topic != ""})
	if load.Event != "" {
		for _, field := range []string{"tombstones", "observe"} {
			if v.s.Doc.Has(path.Add(field)...) {
				v.Conflict(path.Add(field), path.Add("event"), field+" goes with topic, not with event", "remove it")
			}
		}
		return
	}
	if problem := contracts.TopicNameProblem(load.Topic); problem != "" {
		v.Error(contracts.BadName, path.Add("topic"), fmt.Sprintf("the topic %q %s", load.Topic, problem), "Kafka takes 1 to 249 letters, digits, '.', '_' and '-'")
	}
	if load.Examples {
		v.Conflict(path.Add("examples"), path.Add("topic"), "examples are an event's, not a topic's", "name a corpus: payload: {corpus: FILE}")
	}
	if load.Tombstones > 0 && !v.keyed(path) {
		v.Missing(path, "keys", "a tombstone without a key deletes nothing: write keys: {cardinality: 10k}")
	}
	if load.Observe != nil && !*load.Observe {
		v.unobserved(path)
	}
}

// keyed says whether the load of a topic has keys.
func (v *validator) keyed(load document.Path) bool { return v.s.Doc.Has(load.Add("keys")...) }

// unread are the invariants that are judged without records that are read.
var unread = []string{invariant.NoCommitRegression, invariant.NoDoubleOwner, invariant.NoNeedlessRebalance, invariant.LagBounded, invariant.Recovery}

// unobserved refuses invariants that are judged from records that are read.
func (v *validator) unobserved(path document.Path) {
	for i, name := range v.s.Invariants {
		if !slices.Contains(unread, name) {
			v.Conflict(document.Path{"invariants", i}, path.Add("observe"), fmt.Sprintf("%s is judged from what is read back, and a load has observe: false", name), "remove one of them")
		}
	}
	for _, phase := range []string{"steady", "run"} {
		if age := (document.Path{"objectives", phase, "lag", "age"}); v.s.Doc.Has(age...) {
			v.Conflict(age, path.Add("observe"), "how old the lag is, is judged from what is read back, and a load has observe: false", "bound it in records: lag: {records: 10000}")
		}
	}
}

// payload checks what values are made of.
func (v *validator) payload(load document.Path, l Load) {
	path, p := load.Add("payload"), l.Payload
	if l.Event != "" {
		v.payloadOfEvent(load, l)
		return
	}
	if !v.s.Doc.Has(path...) {
		if l.Topic != "" {
			v.Missing(load, "payload", "say what values are made of: payload: {size: 1KiB}")
		}
		return
	}
	size := v.s.Doc.Has(path.Add("size")...)
	v.ExactlyOne(path, document.Option{Field: "size", Set: size}, document.Option{Field: "corpus", Set: p.Corpus != ""}, document.Option{Field: "template", Set: p.Template != ""})
	if p.Random != nil && !size {
		v.Conflict(path.Add("random"), path.Add("size"), "random goes with size", "remove it")
	}
	if p.Size != nil {
		v.size(path.Add("size"), *p.Size)
	}
}

// payloadOfEvent checks values that take the place of those of the schema.
func (v *validator) payloadOfEvent(load document.Path, l Load) {
	path, p := load.Add("payload"), l.Payload
	for _, field := range []string{"size", "random"} {
		if v.s.Doc.Has(path.Add(field)...) {
			v.Conflict(path.Add(field), load.Add("event"), field+" goes with topic: the values of an event are valid under its schema", "use corpus or template")
		}
	}
	v.AtMostOne(path, document.Option{Field: "corpus", Set: p.Corpus != ""}, document.Option{Field: "template", Set: p.Template != ""})
	if l.Examples && v.s.Doc.Has(path...) {
		v.Conflict(load.Add("examples"), path, "examples says nothing with payload", "keep one of them")
	}
}

func (v *validator) size(path document.Path, s Size) {
	has := func(field string) bool { return v.s.Doc.Has(path.Add(field)...) }
	if !has("bytes") && !has("median") && !has("file") { // a size that is written alone
		if s.Bytes > value.MaxSize {
			v.Error(document.OutOfRange, path, fmt.Sprintf("size must be at most %s", document.Bytes(value.MaxSize)), "")
		}
		if has("p99") || has("max") {
			v.Missing(path, "median", "a lognormal size is given by its median and p99")
		}
		return
	}
	if !v.ExactlyOne(path, document.Option{Field: "bytes", Set: has("bytes")}, document.Option{Field: "median", Set: has("median")}, document.Option{Field: "file", Set: s.File != ""}) {
		return
	}
	if !has("median") {
		for _, field := range []string{"p99", "max"} {
			if has(field) {
				v.Conflict(path.Add(field), path.Add("median"), field+" goes with median", "remove it")
			}
		}
		return
	}
	v.Positive(path.Add("median"), s.Median > 0)
	switch {
	case !has("p99"):
		v.Missing(path, "p99", "a lognormal size is given by its median and p99")
	case s.P99 <= s.Median:
		v.Error(document.OutOfRange, path.Add("p99"), "p99 must be above the median", "one size for all records is size: 1KiB")
	case has("max") && s.Max < s.P99:
		v.Error(document.OutOfRange, path.Add("max"), "max must not be below p99", "")
	case s.max() > value.MaxSize:
		v.Error(document.OutOfRange, path, fmt.Sprintf("the largest size is %s; at most %s can be sent", s.max(), document.Bytes(value.MaxSize)), "bound it: max: 1MiB")
	}
}

// max is the largest of lognormal sizes.
func (s Size) max() document.Bytes {
	if s.Max > 0 {
		return s.Max
	}
	return 10 * s.P99
}

// via checks the fields that only one way of driving load takes.
func (v *validator) via(path document.Path, load Load) {
	if !v.OneOf(path.Add("via"), load.Via, ViaTopic, ViaTrigger) {
		return
	}
	if load.Via != ViaTrigger {
		if load.Service != "" {
			v.Conflict(path.Add("service"), path.Add("via"), "service says nothing with via: topic", "remove it, or set via: trigger")
		}
		return
	}
	if load.Topic != "" {
		v.Conflict(path.Add("topic"), path.Add("via"), "a topic has no trigger: only an event of a contract has", "name the event instead")
	}
	for _, field := range []string{"producer", "payload", "transactions"} {
		if v.s.Doc.Has(path.Add(field)...) {
			v.Conflict(path.Add(field), path.Add("via"), field+" says nothing with via: trigger: the service is the producer", "remove it")
		}
	}
}

func (v *validator) producer(path document.Path, p Producer) {
	acks := string(p.acks())
	if v.OneOf(path.Add("acks"), acks, "all", "leader", "none") && acks != "" && acks != "all" && p.Idempotent != nil && *p.Idempotent {
		v.Conflict(path.Add("idempotent"), path.Add("acks"), "idempotent: true needs acks: all; Kafka refuses it with less", "set acks: all, or idempotent: false")
	}
	v.OneOf(path.Add("compression"), p.Compression, "none", "gzip", "snappy", "lz4", "zstd")
	if p.Linger != nil && *p.Linger < 0 {
		v.Error(document.OutOfRange, path.Add("linger"), "linger cannot be negative", "0 sends at once")
	}
	v.Positive(path.Add("batch"), p.BatchBytes > 0)
	v.Positive(path.Add("delivery-timeout"), p.DeliveryTimeout > 0)
	v.Positive(path.Add("request-timeout"), p.RequestTimeout > 0)
	v.Positive(path.Add("max-buffered"), p.MaxBuffered > 0)
	v.between(path.Add("clients"), p.Clients, 1000)
	inFlight := path.Add("max-in-flight")
	v.between(inFlight, p.MaxInFlight, 1000)
	if v.s.Doc.Has(inFlight...) && (p.Idempotent == nil || *p.Idempotent) && (acks == "" || acks == "all") {
		v.Error(document.Conflicting, inFlight, "max-in-flight says nothing of an idempotent producer, which has 5 requests in flight", "add idempotent: false, or remove it")
	}
}

// background checks the topics that get no records.
func (v *validator) background(path document.Path, b Background) {
	if !v.s.Doc.Has(path...) {
		return
	}
	if !v.s.Doc.Has(path.Add("partitions")...) {
		v.Missing(path, "partitions", "say how many partitions each topic has")
	}
	v.between(path.Add("topics"), b.Topics, 1000)
	v.between(path.Add("partitions"), b.Partitions, 100_000)
	v.between(path.Add("replication"), b.Replication, 99)
}

// between reports a number that the file gives and that is not from 1 to most.
func (v *validator) between(path document.Path, n, most int) {
	if v.s.Doc.Has(path...) && (n < 1 || n > most) {
		v.Error(document.OutOfRange, path, fmt.Sprintf("%s must be from 1 to %d", path[len(path)-1], most), "")
	}
}

// mostMembers bounds the consumers of one group: that many clients still fit
// into one process and the open files of one user.
const mostMembers = 1000
