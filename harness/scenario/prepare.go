package scenario

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/loadgen/value"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// lead is how long before its first record a load is made ready: clients
// connect and learn who leads meanwhile.
const lead = 500 * time.Millisecond

// prepare makes everything that measures, and fixes the load's start.
func (x *execution) prepare(ctx context.Context) error {
	x.counters, x.acks, x.shares = &series.Counters{}, &series.Stalls{}, &series.Partitions{}
	x.phases = &histogram.Phases{}
	x.ledger = ledger.New()
	x.flows = map[uint16]*liveFlow{}
	var err error
	if x.journal, err = journal.Create(x.dir.JournalPath(), x.journalMax); err != nil {
		return &InfrastructureError{"the journal", err}
	}
	makers, err := x.makers()
	if err != nil {
		return err
	}
	if x.begin, err = x.beginnings(ctx); err != nil {
		return &InfrastructureError{"reading where the topics end", err}
	}
	if err := x.openSources(ctx); err != nil {
		return err
	}
	x.t0 = time.Now().Add(lead)
	x.info.LoadAfter = x.t0.Sub(x.started)
	x.phases.Set(histogram.Steady, x.plan.Warmup)
	if x.meter, err = histogram.New(x.dir.Path(), x.t0, x.phases, x.plan.measures...); err != nil {
		return &InfrastructureError{"the histograms", err}
	}
	x.observer = observe.New(observe.Config{
		Run: x.identity, Start: x.t0, Journal: x.journal, Meter: x.meter, Counters: x.counters,
	})
	for i, f := range x.plan.Flows {
		if err := x.prepareFlow(f, makers[i]); err != nil {
			return err
		}
	}
	for _, topic := range x.watchedTopics() {
		x.observer.Follow(topic)
	}
	x.reader, err = kafka.NewReader(kafka.ReaderConfig{
		Client: x.clientOptions(), From: x.begin, ReadCommitted: true, Start: x.t0, Handler: x.observer.Handle,
	})
	if err != nil {
		return &InfrastructureError{"reading the topics", err}
	}
	x.watchCommits()
	x.watchOwners()
	x.lag = newLagWatch(x.admin, x.plan.groups())
	x.prepareFaults()
	x.prepareBrokers()
	if err := x.exportLoad(ctx); err != nil {
		return err
	}
	return x.startGroups(ctx)
}

// newTopicGrace is how long a broker may take to learn of topics that another
// one has created.
const newTopicGrace = 10 * time.Second

// beginnings are the offsets from which the run reads its topics.
func (x *execution) beginnings(ctx context.Context) (offsets, error) {
	ctx, cancel := context.WithTimeout(ctx, newTopicGrace)
	defer cancel()
	for {
		ends, err := kafka.EndOffsets(ctx, x.admin, x.watchedTopics()...)
		if err == nil {
			x.starts, err = kafka.StartOffsets(ctx, x.admin, x.watchedTopics()...)
		}
		if err == nil || !pause(ctx, drainEvery) {
			return ends, err
		}
	}
}

// makers are the record makers of the flows, by index; nil for triggers.
func (x *execution) makers() ([]maker, error) {
	makers := make([]maker, len(x.plan.Flows))
	for i, f := range x.plan.Flows {
		m, field, err := x.maker(f, x.sender(f).ID())
		if err != nil {
			return nil, x.refusal(err, "load", f.Index, field)
		}
		makers[i] = m
	}
	return makers, nil
}

// sender is a new sender of the ledger, of a flow.
func (x *execution) sender(f *Flow) *ledger.Sender {
	return x.ledger.Sender(f.senderName(), ledger.Expect{Received: f.observed()})
}

// maker makes the records of a flow; of a load via trigger its service does. An
// error comes with the field of the load that it is about.
func (x *execution) maker(f *Flow, sender uint16) (m maker, field string, err error) {
	if f.Load.Via == ViaTrigger {
		return nil, "via", checkTrigger(f)
	}
	if f.raw() {
		m, _, err := f.newRaw(x.info.Seed, x.identity, sender)
		if err != nil { // a nil *Raw is no nil maker
			return nil, "payload", err
		}
		return m, "", nil
	}
	keys, err := f.keys(x.info.Seed, sender)
	if err != nil {
		return nil, "keys", err
	}
	docs, err := newDocuments(f)
	if err != nil {
		return nil, "event", err
	}
	readers, err := f.readers()
	if err != nil {
		return nil, "event", err
	}
	made, err := payload.New(payload.Config{
		Produces: f.Produces, Service: f.Producer.Service.Name,
		Generate: docs.generate, Validate: docs.validate, Codec: docs.codec(), Pattern: docs.pattern,
		Frame: f.value.frame, KeySchema: f.key.Schema, KeyFrame: f.key.frame,
		Seed: x.info.Seed, Run: x.identity, Sender: sender,
		Schedule: f.Schedule, Keys: keys, KeyList: f.KeyList, Headers: f.Load.Headers,
		Faults: x.plan.spoilt(f), Readers: readers, LeadsBack: f.leadsBack(),
	})
	if err != nil {
		return nil, "event", err
	}
	return made, "", nil
}

// share is the share of a flow's load that a fault makes so.
func (p *Plan) share(kind fault.Kind, f *Flow) float64 {
	var share float64
	for _, fault := range p.Faults {
		if fault.Kind == kind && fault.Target.Event == f.Load.Event {
			share += fault.Target.Share
		}
	}
	return share
}

// watchedTopics are the topics that the observer reads.
func (x *execution) watchedTopics() []string {
	topics := map[string]bool{}
	for _, f := range x.plan.Flows {
		if f.observed() {
			topics[f.Topic] = true
		}
		for i := range f.Reactions {
			for _, t := range f.Reactions[i].topics() {
				topics[t] = true
			}
		}
		for _, h := range f.Hops {
			for _, t := range h.topics() {
				topics[t] = true
			}
		}
	}
	// How far a group has come is known of what is read.
	for _, g := range x.plan.groups() {
		for _, t := range g.topics {
			topics[t] = true
		}
	}
	return slices.Sorted(maps.Keys(topics))
}

// prepareFlow joins a flow's sender, maker and observation.
func (x *execution) prepareFlow(f *Flow, maker maker) error {
	sender := x.ledger.Senders()[f.Index]
	live := &liveFlow{plan: f, sender: sender, maker: maker}
	flow := &invariant.Flow{Sender: sender, Event: f.Name(), Topic: f.Topic, Trigger: maker == nil, Traced: true}
	live.subject = &observe.Subject{Flow: flow, Due: f.Schedule.Due, Repeats: x.plan.share(fault.Duplicate, f) > 0}
	if maker != nil {
		maker.Begin(x.t0)
		live.subject.Original, live.subject.Event, live.subject.KeyHash = maker.Original, maker.Event, maker.KeyHash
		flow.Order = newOrder(maker, func(seq uint64) bool { return sender.Flags(seq)&ledger.Received != 0 })
	} else {
		flow.Traced = f.Produces.Trigger.ID != ""
		live.subject.Event = func(seq uint64) uint64 { return seq }
		live.subject.KeyHash = func(seq uint64) uint64 { return seq }
	}
	if live.subject.Repeats {
		flow.Origin = live.subject.Event
	}
	x.observer.Watch(live.subject)
	x.beginHops(live)
	if err := x.react(live); err != nil {
		return err
	}
	x.measureSteps(live)
	x.flows[sender.ID()] = live
	x.info.Loads = append(x.info.Loads, f.describe(sender.Name()))
	return x.prepareLoad(live)
}

func (f *Flow) describe(sender string) run.Load {
	l := run.Load{Event: f.Load.Event, Topic: f.Topic, Via: ViaTopic, Sender: sender, Profile: f.Schedule.String()}
	if f.Load.Via == ViaTrigger {
		l.Via, l.Trigger = ViaTrigger, secret.Text(f.Produces.Trigger.HTTP)
		return l
	}
	if f.raw() {
		l.Values = f.describeValues()
	}
	if f.Keyed {
		if keys, err := f.keys(0, 0); err == nil {
			l.Keys = keys.String()
		}
	}
	return l
}

// prepareLoad makes the producer or driver of a flow.
func (x *execution) prepareLoad(live *liveFlow) error {
	f := live.plan
	if f.Load.Via == ViaTrigger {
		return x.prepareTrigger(live)
	}
	settings := f.settings()
	described := &x.info.Loads[len(x.info.Loads)-1]
	described.Producer = settings.Map()
	transactions := x.transactions(live)
	if transactions != nil {
		described.Producer["transactional.id"] = transactions.ID
		described.Producer["weir.transactions"] = f.Load.Transactions.String()
	}
	var err error
	live.producer, err = kafka.NewProducer(kafka.ProducerConfig{
		Client: x.clientOptions(), Settings: settings, Topic: f.Topic, Schedule: f.Schedule, Start: x.t0,
		Maker: live.maker, Detours: x.detouring(live) != nil, Transactions: transactions, Run: x.identity, Sender: live.sender, Meter: x.meter, Journal: x.journal,
		Counters: x.counters, Stalls: x.acks, Partitions: x.shares,
	})
	if err != nil {
		return x.usage(BadLoad, err.Error(), "load", f.Index, "producer")
	}
	return nil
}

// transactions are those of a flow; nil without.
func (x *execution) transactions(live *liveFlow) *kafka.Transactions {
	t := live.plan.Load.Transactions
	if t == nil {
		return nil
	}
	return &kafka.Transactions{
		ID:      x.transactionalID(live),
		Records: int(t.Records),
		Abort:   value.Aborts(x.info.Seed, live.sender.ID(), float64(t.Abort)).Has,
	}
}

func (x *execution) transactionalID(live *liveFlow) string {
	return fmt.Sprintf("weir-%s-%d", x.info.Identity, live.sender.ID())
}

// String describes transactions for a report.
func (t Transactions) String() string {
	return fmt.Sprintf("%d records each, %s aborted on purpose", t.Records, t.Abort)
}

// settings are the scenario's producer settings over the contract's delivery
// over the defaults.
func (f *Flow) settings() kafka.Settings {
	s := kafka.DefaultSettings()
	if !f.raw() {
		s.Acks = kafka.Acks(f.Produces.Delivery.RequiredAcks())
		s.Idempotent = f.Produces.Delivery.IsIdempotent()
	}
	p := f.Load.Producer
	if p.Acks != "" {
		s.Acks = p.acks()
		s.Idempotent = s.Idempotent && s.Acks == kafka.AcksAll
	}
	if p.Idempotent != nil {
		s.Idempotent = *p.Idempotent
	}
	if p.Linger != nil {
		s.Linger = time.Duration(*p.Linger)
	}
	if p.Compression != "" {
		s.Compression = p.Compression
	}
	if p.BatchBytes > 0 {
		s.BatchBytes = int(p.BatchBytes)
	}
	if p.RequestTimeout > 0 {
		s.RequestTimeout = time.Duration(p.RequestTimeout)
	}
	if p.DeliveryTimeout > 0 {
		s.DeliveryTimeout = time.Duration(p.DeliveryTimeout)
	}
	if p.Clients > 0 {
		s.Clients = p.Clients
	}
	if p.MaxInFlight > 0 {
		s.MaxInFlight = p.MaxInFlight
	}
	s.MaxBuffered = kafka.Buffer(f.Schedule.Peak(), s.DeliveryTimeout)
	if t := f.Load.Transactions; t != nil {
		s.Acks, s.Idempotent, s.MaxBuffered = kafka.AcksAll, true, max(s.MaxBuffered, int(t.Records))
	}
	if p.MaxBuffered > 0 {
		s.MaxBuffered = int(p.MaxBuffered)
	}
	return s
}

// acks is the setting by its name; Kafka's own spellings mean the same.
func (p Producer) acks() kafka.Acks {
	switch p.Acks {
	case "-1":
		return kafka.AcksAll
	case "1":
		return kafka.AcksLeader
	case "0":
		return kafka.AcksNone
	}
	return kafka.Acks(p.Acks)
}

func (x *execution) prepareFaults() {
	services := map[string]fault.Service{}
	for name, s := range x.services {
		services[name] = s
	}
	x.keepHealing()
	x.injector = fault.New(x.faults(), fault.Config{
		Cluster: x.up, Facts: x.facts, Nodes: x.up.Nodes(), Racks: x.racks, Seed: x.info.Seed, Services: services, Now: x.now, Spoil: x.spoil, Change: x.change,
		Activity: x.activity, Lag: func(group string) (int64, bool) { return x.lag.of(group, x.now()) }, Event: x.event,
		Open: func(at time.Duration) {
			x.phases.Set(histogram.Fault, at)
			x.journal.FaultWindow(true)
		},
		Closed: func(at time.Duration) {
			x.phases.Set(histogram.Healed, at)
			x.journal.FaultWindow(false)
		},
	})
}

// faults are those of the plan, with the transactional ids of Weir's own loads
// in place of what they are named by.
func (x *execution) faults() []fault.Fault {
	faults := x.plan.Schedule()
	for i := range faults {
		role := faults[i].Target.Role
		if role == nil || role.Kind != fault.TransactionCoordinator {
			continue
		}
		for _, f := range x.flows {
			if f.plan.Load.Transactions != nil && role.Name == f.plan.Name() {
				faults[i].Target.Role = &fault.Role{Kind: role.Kind, Name: x.transactionalID(f)}
			}
		}
	}
	return faults
}

func (x *execution) activity() fault.Activity {
	t := x.counters.Totals(0)
	a := fault.Activity{Acked: t.Acked, Effects: t.Effects, Throttled: time.Duration(x.throttled.Load()), ClientErrors: map[int32]int64{}}
	for _, f := range x.flows {
		// What is due is the schedule's: a generator that is late counts it
		// late, and a fault meanwhile would seem to have met no load.
		a.Due += int64(f.plan.Schedule.Count(x.now()))
		if f.producer == nil {
			continue
		}
		for _, e := range f.producer.Errors() {
			a.ClientErrors[e.Broker] += e.Count
		}
	}
	return a
}
