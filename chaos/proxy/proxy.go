// Package proxy stands between Kafka clients and their brokers, in this
// process, and spoils the connections on request: it freezes or resets them,
// slows them down, and delays, drops or refuses single requests.
//
// What it guarantees. Clients that start at a Door stay behind it: the
// addresses of brokers in the replies to Metadata, FindCoordinator and
// DescribeCluster, and the node endpoints of newer Produce, Fetch, ShareFetch
// and ShareAcknowledge replies, are replaced by listeners of the door, which
// are made as brokers appear. Replies to ApiVersions are capped at what this
// version can read, so that no address passes in a form that it does not know.
// Every other frame passes byte for byte and in order. What is held is bounded
// per connection; beyond the bound the sender waits, as behind a slow network.
// A rule that is applied or removed holds for the next byte that is written.
//
// Brokers advertise what they did before: a broker has one address for each
// listener, and could not tell the clients of one door from those of another.
// So a proxy can stand in front of brokers that run already and are not the
// caller's, and who starts at the brokers themselves goes past it.
//
// It speaks PLAINTEXT and SASL_PLAINTEXT. A connection that cannot be kept
// behind the proxy is closed, and Stats says why: TLS (nothing inside can be
// seen), a handshake for SASL of version 0 (raw tokens follow), a request whose
// reply would have addresses in a version that is not known.
//
// What it is not for: the links between brokers, packet loss (TCP would hide
// it), capacity. A frozen connection is what a client sees of a network that
// drops packets for less than TCP's patience: what was under way arrives after
// healing.
package proxy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what a proxy stands in front of.
type Config struct {
	// Bootstrap are addresses of brokers, host:port. At least one is needed.
	Bootstrap []string
	// Nodes are the addresses of brokers by their id, as they advertise
	// them. It is optional: ids are learned from replies. Until the id of a
	// bootstrap address is known, no rule for single brokers holds there.
	Nodes map[int32]string
	// Seed is what random choices come from: jitter and shares.
	Seed uint64
	// MaxFrameBytes bounds a frame that must be held as a whole because it
	// is read, overriding the default 128 MiB; a connection with a longer one
	// is closed. Frames that pass unread are not bounded.
	MaxFrameBytes int
}

const defaultMaxFrameBytes = 128 << 20

// Proxy is a running proxy. Its methods may be called at the same time.
type Proxy struct {
	seed     uint64
	maxFrame int
	// gonePatience is the constant of that name, but for tests.
	gonePatience time.Duration
	rules        atomic.Pointer[ruleset]
	stop         context.CancelFunc
	ctx          context.Context
	running      sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	doors     map[string]*Door
	byID      map[int32]*broker
	byAddress map[string]*broker
	bootstrap []*broker
	conns     map[*conn]struct{}
	refused   map[string]int64

	accepted, frames, rewritten atomic.Int64
}

// New returns a proxy without doors.
func New(cfg Config) (*Proxy, error) {
	if len(cfg.Bootstrap) == 0 {
		return nil, errors.New("proxy: no broker to stand in front of: Config.Bootstrap is empty")
	}
	p := &Proxy{
		seed: cfg.Seed, maxFrame: cmp.Or(cfg.MaxFrameBytes, defaultMaxFrameBytes), gonePatience: gonePatience,
		doors: map[string]*Door{}, byID: map[int32]*broker{}, byAddress: map[string]*broker{},
		conns: map[*conn]struct{}{}, refused: map[string]int64{},
	}
	p.rules.Store(&ruleset{changed: make(chan struct{})})
	p.ctx, p.stop = context.WithCancel(context.Background())
	for _, id := range slices.Sorted(maps.Keys(cfg.Nodes)) {
		host, port, err := splitAddress(cfg.Nodes[id])
		if err != nil {
			return nil, fmt.Errorf("proxy: broker %d: %w", id, err)
		}
		if _, err := p.learn(id, host, port); err != nil {
			return nil, err
		}
	}
	for _, address := range cfg.Bootstrap {
		host, port, err := splitAddress(address)
		if err != nil {
			return nil, fmt.Errorf("proxy: bootstrap address: %w", err)
		}
		b, err := p.learn(unknownID, host, port)
		if err != nil {
			return nil, err
		}
		p.bootstrap = append(p.bootstrap, b)
	}
	return p, nil
}

// Door returns the entrance of that name on Loopback, and makes it the first
// time. Each has listeners of its own, so that rules can tell who came in
// where; the name "" is as good as any.
func (p *Proxy) Door(name string) (*Door, error) { return p.DoorAt(name, Loopback) }

// DoorAt is Door on another address of this machine, an IP address at which
// clients of another network reach it. Where a door is does not change.
func (p *Proxy) DoorAt(name, host string) (*Door, error) {
	p.mu.Lock()
	d := p.doors[name]
	if d == nil {
		d = &Door{p: p, name: name, host: host, endpoints: map[*broker]*endpoint{}}
		p.doors[name] = d
	}
	p.mu.Unlock()
	for _, b := range p.bootstrap {
		if _, err := d.endpoint(b); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Close closes all listeners and connections and returns when nothing of the
// proxy runs any more. It is safe to call twice.
func (p *Proxy) Close() {
	p.mu.Lock()
	p.closed = true
	open := slices.Collect(maps.Keys(p.conns))
	for _, d := range p.doors {
		for _, e := range d.endpoints {
			_ = e.listener.Close()
		}
	}
	p.mu.Unlock()
	p.stop()
	for _, c := range open {
		c.close(false)
	}
	p.running.Wait()
}

// Stats are counts of what passed.
type Stats struct {
	// Connections were accepted; Open are open now.
	Connections, Open int64
	// Frames are requests and replies; Rewritten those that did not pass
	// byte for byte.
	Frames, Rewritten int64
	// Refused counts connections that the proxy closed by itself, by reason.
	Refused map[string]int64
}

// Stats are the counts so far.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Stats{
		Connections: p.accepted.Load(), Open: int64(len(p.conns)),
		Frames: p.frames.Load(), Rewritten: p.rewritten.Load(), Refused: maps.Clone(p.refused),
	}
}

// enter registers a connection; it is false when the proxy is closed.
func (p *Proxy) enter(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.conns[c] = struct{}{}
	p.accepted.Add(1)
	return true
}

func (p *Proxy) leave(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// mostReasons bounds the map of reasons, which name what a client sent.
const mostReasons = 100

func (p *Proxy) refuse(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.refused[reason]; !known && len(p.refused) >= mostReasons {
		reason = "other reasons"
	}
	p.refused[reason]++
}

// Connections names the open connections whose client.id is known, as
// "client.id to broker N", for a message.
func (p *Proxy) Connections() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for c := range p.conns {
		if id := c.client.Load(); id != nil {
			names = append(names, fmt.Sprintf("%s to %s", *id, c.broker))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
