package proxy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Way is a direction, or both.
type Way uint8

// The ways.
const (
	Requests Way = 1 << iota // from clients to brokers
	Replies                  // from brokers to clients
	Both     = Requests | Replies
)

// Rule spoils what it selects, until it is removed. The fields that select are
// joined by and; one that is not set selects everything. Exactly one of the
// fields that act is set.
type Rule struct {
	// Door selects the clients that came in at the door of that name.
	Door string
	// Client selects by client.id; a * at its end stands for any ending.
	Client string
	// Brokers selects by broker id.
	Brokers []int32
	// Keys selects single requests, or replies to them, by API key. What
	// follows on the same connection waits for its turn, as it does behind
	// a broker that is slow.
	Keys []kmsg.Key

	// Cut lets nothing pass: connections stay open and are silent, and what
	// was under way arrives after healing.
	Cut Way
	// Reset closes connections with a TCP reset: those that are open, and
	// new ones as soon as they say who they are. With Keys it is done in
	// place of the reply: the broker has done what was asked.
	Reset bool
	// Latency makes everything later.
	Latency *Latency
	// Bandwidth bounds how much passes.
	Bandwidth *Bandwidth
	// Drop loses replies (Keys is needed). After the first that is lost the
	// connection is silent towards the client: replies come in order.
	Drop bool
	// Error answers requests (Keys is needed) with an error in place of the
	// broker, which never sees them.
	Error *kerr.Error

	// Share is the share of requests that Drop, Error and a Reset with Keys
	// hit, overriding the default 1, all.
	Share float64
}

// Latency is by how much each direction is late: with Both a round trip takes
// twice as long. With Jitter each frame is late by Delay ± Jitter, evenly
// spread; frames keep their order.
type Latency struct {
	Way           Way // default Both
	Delay, Jitter time.Duration
}

// Bandwidth is what each selected broker's connections share, in each
// direction.
type Bandwidth struct {
	Way            Way // default Both
	BytesPerSecond int64
}

func (r *Rule) validate() error {
	acts := 0
	for _, set := range []bool{r.Cut != 0, r.Reset, r.Latency != nil, r.Bandwidth != nil, r.Drop, r.Error != nil} {
		if set {
			acts++
		}
	}
	switch {
	case acts != 1:
		return fmt.Errorf("proxy: a rule does one thing, this one %d", acts)
	case (r.Drop || r.Error != nil) && len(r.Keys) == 0:
		return errors.New("proxy: to drop replies or to answer with errors needs Keys")
	case r.Share < 0 || r.Share > 1:
		return fmt.Errorf("proxy: a share of %g is not between 0 and 1", r.Share)
	case r.Share != 0 && !r.Drop && r.Error == nil && (!r.Reset || len(r.Keys) == 0):
		return errors.New("proxy: a share is of requests: it needs Drop, Error, or Reset with Keys")
	case r.Latency != nil && (r.Latency.Delay < 0 || r.Latency.Jitter < 0 || r.Latency.Jitter > r.Latency.Delay):
		return fmt.Errorf("proxy: latency %s ± %s: want a delay from 0 and a jitter that is at most as long", r.Latency.Delay, r.Latency.Jitter)
	case r.Bandwidth != nil && r.Bandwidth.BytesPerSecond <= 0:
		return fmt.Errorf("proxy: %d bytes per second: want at least 1", r.Bandwidth.BytesPerSecond)
	}
	for _, key := range r.Keys {
		if key == kmsg.ApiVersions && (r.Drop || r.Error != nil) {
			return errors.New("proxy: replies to ApiVersions can be neither dropped nor refused")
		}
		if r.Error != nil {
			if err := CarriesError(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// matches says whether the rule is about a connection and, if it selects by
// API key, a request on it.
func (r *Rule) matches(c *conn, key int16) bool {
	if r.Door != "" && r.Door != c.endpoint.door.name {
		return false
	}
	if len(r.Brokers) > 0 && !slices.Contains(r.Brokers, c.broker.id.Load()) {
		return false
	}
	if r.Client != "" {
		id := c.client.Load()
		if id == nil {
			return false
		}
		prefix, open := strings.CutSuffix(r.Client, "*")
		if open && !strings.HasPrefix(*id, prefix) || !open && *id != r.Client {
			return false
		}
	}
	return len(r.Keys) == 0 || slices.Contains(r.Keys, kmsg.Key(key))
}

// Applied is a rule in force.
type Applied struct {
	p    *Proxy
	rule Rule

	mu      sync.Mutex
	removed bool
	links   map[link]time.Time  // until when each is busy
	frozen  map[*line]time.Time // since when a cut holds each
	effects Effects
}

// link is what a bandwidth is of.
type link struct {
	broker *broker
	way    Way
}

// Effects are what a rule has done: the evidence that it bit.
type Effects struct {
	// Resets are connections that were reset.
	Resets int64
	// Hits are replies that were dropped and requests that were refused.
	Hits int64
	// Held counts the frames, or pieces of long ones, that were late because
	// of the rule, Total by how much together and Longest by how much at
	// most. Of a cut only the first frame in each direction of a connection
	// counts: what is behind it waits for it.
	Held           int64
	Total, Longest time.Duration
}

// Apply puts a rule in force. It returns when connections that the rule resets
// are reset; what the rule freezes lets nothing more pass than what is being
// written at this moment.
func (p *Proxy) Apply(r Rule) (*Applied, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	r.Brokers, r.Keys = slices.Clone(r.Brokers), slices.Clone(r.Keys)
	a := &Applied{p: p, rule: r, links: map[link]time.Time{}, frozen: map[*line]time.Time{}}
	p.replace(func(rules []*Applied) []*Applied { return append(rules, a) })
	if r.Reset && len(r.Keys) == 0 {
		p.mu.Lock()
		var hit []*conn
		for c := range p.conns {
			if c.client.Load() != nil && r.matches(c, 0) {
				hit = append(hit, c)
			}
		}
		p.mu.Unlock()
		for _, c := range hit {
			c.reset(a)
		}
	}
	return a, nil
}

// Remove heals what the rule does. It is safe to call twice.
func (a *Applied) Remove() {
	a.p.replace(func(rules []*Applied) []*Applied {
		return slices.DeleteFunc(rules, func(other *Applied) bool { return other == a })
	})
	a.mu.Lock()
	defer a.mu.Unlock()
	a.removed = true
	for _, since := range a.frozen {
		a.effects.late(time.Since(since))
	}
	clear(a.frozen)
}

// freeze notes that a cut holds a line, thaw that it does so no more. What is
// removed holds nothing, though a line may notice it a moment later.
func (a *Applied) freeze(l *line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.removed {
		a.frozen[l] = time.Now()
	}
}

func (a *Applied) thaw(l *line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if since, ok := a.frozen[l]; ok {
		a.effects.late(time.Since(since))
		delete(a.frozen, l)
	}
}

// Effects are what the rule has done so far, with what it holds now.
func (a *Applied) Effects() Effects {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.effects
	for _, since := range a.frozen {
		e.late(time.Since(since))
	}
	return e
}

func (e *Effects) late(by time.Duration) {
	e.Held++
	e.Total += by
	e.Longest = max(e.Longest, by)
}

func (a *Applied) held(by time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.effects.late(by)
}

func (a *Applied) hit(resets, hits int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.effects.Resets += resets
	a.effects.Hits += hits
}

// reserve takes the next free time of a link for some bytes, and says when
// the last of them has passed.
func (a *Applied) reserve(l link, bytes int, now time.Time) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	begin := now
	if busy := a.links[l]; busy.After(now) {
		begin = busy
	}
	end := begin.Add(time.Duration(float64(bytes) / float64(a.rule.Bandwidth.BytesPerSecond) * float64(time.Second)))
	a.links[l] = end
	return end
}

// ruleset are the rules in force. It never changes; another replaces it.
type ruleset struct {
	rules   []*Applied
	changed chan struct{} // closed when another has replaced this one
}

func (p *Proxy) replace(edit func([]*Applied) []*Applied) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.rules.Load()
	p.rules.Store(&ruleset{rules: edit(slices.Clone(old.rules)), changed: make(chan struct{})})
	close(old.changed)
}

// find is the first rule about a request that does what want asks.
func (s *ruleset) find(c *conn, key int16, want func(*Rule) bool) *Applied {
	for _, a := range s.rules {
		if want(&a.rule) && a.rule.matches(c, key) && c.draw(a.rule.Share) {
			return a
		}
	}
	return nil
}
