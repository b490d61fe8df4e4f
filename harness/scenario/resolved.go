package scenario

import (
	"cmp"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/kafka"
)

// resolved is the scenario as the run takes it: a file of which the same run
// can be made again. What its own file leaves to defaults, to contracts, to
// flags, to the environment or to chance stands in it.
func (p *Plan) resolved(seed uint64) *Scenario {
	s := *p.Scenario
	s.Seed = &seed
	s.Cluster = s.Cluster.resolved()
	s.Services = slices.Clone(s.Services)
	for i := range s.Services {
		s.Services[i].Ready = s.Services[i].Ready.resolved()
	}
	s.Load = slices.Clone(s.Load)
	for _, f := range p.Flows {
		s.Load[f.Index] = f.resolved()
	}
	s.Consumers = slices.Clone(s.Consumers)
	for i, c := range s.Consumers {
		s.Consumers[i] = c.resolved()
	}
	if s.Random != nil && s.Random.Seed == nil {
		random := *s.Random
		random.Seed, s.Random = s.Seed, &random
	}
	s.Invariants = p.Invariants
	if len(s.Load) > 0 {
		warmup := document.Duration(p.Warmup)
		s.Warmup = &warmup
	}
	s.Drain.Timeout = cmp.Or(s.Drain.Timeout, document.Duration(defaultDrain))
	s.Guard.MaxBytes = document.Bytes(s.Guard.limit())
	return &s
}

func (c Cluster) resolved() Cluster {
	if c.Kind = c.kind(); c.Kind != cluster.External {
		c.Brokers = c.brokers()
	}
	return c
}

func (r *Ready) resolved() *Ready {
	if r == nil {
		return nil
	}
	ready := *r
	ready.Timeout = cmp.Or(ready.Timeout, document.Duration(service.DefaultReadyTimeout))
	return &ready
}

func (f *Flow) resolved() Load {
	l := *f.Load
	l.Via = via(f)
	if l.Via == ViaTrigger {
		l.Service = cmp.Or(l.Service, f.Producer.Service.Name)
		return l
	}
	l.Producer = producer(f.settings(), l.Transactions != nil)
	if f.Keyed && l.Keys.File == "" {
		l.Keys.Cardinality = document.Count(l.Keys.cardinality())
	}
	return l
}

// producer are settings as a file has them.
func producer(s kafka.Settings, transactional bool) Producer {
	linger := document.Duration(s.Linger)
	p := Producer{
		Acks: string(s.Acks), Linger: &linger, Compression: s.Compression, BatchBytes: document.Bytes(s.BatchBytes),
		DeliveryTimeout: document.Duration(s.DeliveryTimeout), RequestTimeout: document.Duration(s.RequestTimeout),
		Clients: s.Clients, MaxBuffered: document.Count(s.MaxBuffered),
	}
	if transactional {
		p.Acks = "" // they set it
		return p
	}
	p.Idempotent = &s.Idempotent
	if !s.Idempotent {
		p.MaxInFlight = s.MaxInFlight
	}
	return p
}

func (c Consumers) resolved() Consumers {
	s := c.settings()
	c.Members = max(1, c.Members)
	c.From = cmp.Or(c.From, "load")
	c.Protocol = string(s.Protocol)
	c.Isolation = cmp.Or(c.Isolation, contracts.IsolationReadUncommitted)
	if s.Protocol == kafka.Classic {
		c.SessionTimeout = document.Duration(s.SessionTimeout)
	}
	c.FetchMin, c.FetchMax = document.Bytes(s.FetchMinBytes), document.Bytes(s.FetchMaxBytes)
	c.FetchMaxPartition, c.FetchWait = document.Bytes(s.FetchMaxPartitionBytes), document.Duration(s.FetchMaxWait)
	c.MaxPollRecords = document.Count(s.MaxPollRecords)
	return c
}
