package proxy

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestCutFreezesAndHeals(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c := connect(t, p, "", 0, "payments")
	c.roundTrip(kmsg.ListGroups)
	b.next()

	cut := p.apply(t, Rule{Cut: Both})
	c.send(kmsg.ListGroups, 10)
	b.quiet()
	late := connect(t, p, "", 0, "payments") // new connections are silent too
	late.send(kmsg.ListGroups, 10)
	b.quiet()
	cut.Remove()
	c.ok(2)
	late.ok(1)
	e := cut.Effects()
	if e.Held != 2 || e.Longest < 2*while || e.Resets != 0 {
		t.Errorf("effects: %+v", e)
	}
}

func TestCutOneWay(t *testing.T) {
	for _, test := range []struct {
		name    string
		way     Way
		reaches bool // the request reaches the broker
	}{{"requests", Requests, false}, {"replies", Replies, true}} {
		t.Run(test.name, func(t *testing.T) {
			b := newEcho(t)
			p := front(t, b)
			c := connect(t, p, "", 0, "payments")
			b.hold.Lock()
			c.send(kmsg.ListGroups, 10) // under way when the cut comes
			b.next()
			cut := p.apply(t, Rule{Cut: test.way})
			b.hold.Unlock()
			if test.way == Requests {
				c.ok(1)
			} else {
				c.silence()
			}
			c.send(kmsg.ListGroups, 10)
			if test.reaches {
				b.next()
			} else {
				b.quiet()
			}
			cut.Remove()
			if test.way == Replies {
				c.ok(1)
			}
			c.ok(2)
		})
	}
}

// A client that gives up on a silent connection is gone for the broker too,
// but only when the network lets it know.
func TestCutHoldsTheEndOfAConnection(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c := connect(t, p, "", 0, "payments")
	c.roundTrip(kmsg.ListGroups)
	cut := p.apply(t, Rule{Cut: Requests})
	_ = c.conn.Close()
	time.Sleep(while)
	if s := p.Stats(); s.Open != 1 {
		t.Errorf("%d connections are open", s.Open)
	}
	cut.Remove()
	for p.Stats().Open > 0 {
		time.Sleep(time.Millisecond)
	}
}

// Clients that try again and again during a long cut leave nothing behind.
func TestCutForgetsConnectionsOfClientsThatHaveGone(t *testing.T) {
	p := front(t, newEcho(t))
	p.gonePatience = while
	p.apply(t, Rule{Cut: Both})
	for range 20 {
		c := connect(t, p, "", 0, "payments")
		c.send(kmsg.ListGroups, 10)
		_ = c.conn.Close()
	}
	for s := p.Stats(); s.Connections < 20 || s.Open > 0; s = p.Stats() {
		time.Sleep(time.Millisecond)
	}
}

func TestSelection(t *testing.T) {
	one := func(r Rule) Rule { r.Cut = Both; return r }
	for name, test := range map[string]struct {
		rule Rule
		// hit are the connections door/broker/client that it stops.
		hit string
	}{
		"all":          {one(Rule{}), "a/0/payments a/1/payments b/0/payments a/0/orders"},
		"door":         {one(Rule{Door: "b"}), "b/0/payments"},
		"broker":       {one(Rule{Brokers: []int32{1}}), "a/1/payments"},
		"brokers":      {one(Rule{Brokers: []int32{0, 1}}), "a/0/payments a/1/payments b/0/payments a/0/orders"},
		"client":       {one(Rule{Client: "orders"}), "a/0/orders"},
		"prefix":       {one(Rule{Client: "pay*"}), "a/0/payments a/1/payments b/0/payments"},
		"no prefix":    {one(Rule{Client: "pay"}), ""},
		"key":          {one(Rule{Keys: []kmsg.Key{kmsg.ListGroups}}), "a/0/payments a/1/payments b/0/payments a/0/orders"},
		"another key":  {one(Rule{Keys: []kmsg.Key{kmsg.Heartbeat}}), ""},
		"together":     {one(Rule{Client: "payments", Door: "a", Brokers: []int32{1}}), "a/1/payments"},
		"none of them": {one(Rule{Client: "orders", Brokers: []int32{1}}), ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := front(t, newEcho(t), newEcho(t))
			cut := p.apply(t, test.rule)
			peers := map[string]*peer{}
			for _, who := range []string{"a/0/payments", "a/1/payments", "b/0/payments", "a/0/orders"} {
				peers[who] = connect(t, p, who[:1], int(who[2]-'0'), who[4:])
				peers[who].send(kmsg.ListGroups, 10)
			}
			for who, c := range peers {
				if strings.Contains(test.hit, who) {
					c.silence()
				} else {
					c.ok(1)
				}
			}
			cut.Remove()
			if got, want := cut.Effects().Held, int64(len(strings.Fields(test.hit))); got != want {
				t.Errorf("%d streams were held, want %d", got, want)
			}
		})
	}
}

func TestReset(t *testing.T) {
	p := front(t, newEcho(t))
	hit, spared := connect(t, p, "", 0, "payments"), connect(t, p, "", 0, "orders")
	hit.roundTrip(kmsg.ListGroups)
	spared.roundTrip(kmsg.ListGroups)
	reset := p.apply(t, Rule{Reset: true, Client: "payments"})
	if err := hit.ends(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ended with %v", err)
	}
	late := connect(t, p, "", 0, "payments")
	late.send(kmsg.ListGroups, 10)
	if err := late.ends(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a new connection ended with %v", err)
	}
	spared.roundTrip(kmsg.ListGroups)
	if e := reset.Effects(); e.Resets != 2 {
		t.Errorf("effects: %+v", e)
	}
	reset.Remove()
	connect(t, p, "", 0, "payments").roundTrip(kmsg.ListGroups)
}

func TestResetInPlaceOfAReply(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c := connect(t, p, "", 0, "payments")
	reset := p.apply(t, Rule{Reset: true, Keys: []kmsg.Key{kmsg.OffsetCommit}})
	c.roundTrip(kmsg.ListGroups)
	b.next()
	c.send(kmsg.OffsetCommit, 10)
	if err := c.ends(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ended with %v", err)
	}
	if key := b.next(); key != int16(kmsg.OffsetCommit) {
		t.Errorf("the broker got key %d", key)
	}
	if e := reset.Effects(); e.Resets != 1 {
		t.Errorf("effects: %+v", e)
	}
}

func TestLatency(t *testing.T) {
	const delay = 40 * time.Millisecond
	for _, test := range []struct {
		name  string
		rule  Latency
		least time.Duration
	}{
		{"both ways", Latency{Delay: delay}, 2 * delay},
		{"requests", Latency{Delay: delay, Way: Requests}, delay},
		{"replies", Latency{Delay: delay, Way: Replies}, delay},
		{"jitter", Latency{Delay: 2 * delay, Jitter: delay, Way: Replies}, delay},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := front(t, newEcho(t))
			c := connect(t, p, "", 0, "payments")
			rule := p.apply(t, Rule{Latency: &test.rule})
			for range 5 {
				if took := c.roundTrip(kmsg.ListGroups); took < test.least {
					t.Errorf("a round trip took %s, want at least %s", took, test.least)
				}
			}
			e := rule.Effects()
			frames := int64(5)
			if test.rule.Way == 0 {
				frames = 10
			}
			if e.Held != frames || e.Total < 5*test.least {
				t.Errorf("effects: %+v", e)
			}
			rule.Remove()
			c.roundTrip(kmsg.ListGroups)
			if after := rule.Effects(); after != e {
				t.Errorf("after it was removed: %+v", after)
			}
		})
	}
}

// What is sent at once is late together: latency is not a queue.
func TestLatencyOfManyRequestsAtOnce(t *testing.T) {
	p := front(t, newEcho(t))
	c := connect(t, p, "", 0, "payments")
	p.apply(t, Rule{Latency: &Latency{Delay: 100 * time.Millisecond}})
	one := c.roundTrip(kmsg.ListGroups)
	begin := time.Now()
	for range 30 {
		c.send(kmsg.ListGroups, 10)
	}
	for i := range int32(30) {
		c.ok(i + 2)
	}
	if ratio := float64(time.Since(begin)) / float64(one); ratio > 10 {
		t.Errorf("30 requests at once took %.1f times as long as one", ratio)
	}
}

func TestLatencyOfOneKindOfRequest(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c := connect(t, p, "", 0, "payments")
	delayed := p.apply(t, Rule{Keys: []kmsg.Key{kmsg.OffsetCommit}, Latency: &Latency{Delay: time.Hour, Way: Requests}})
	c.roundTrip(kmsg.Heartbeat)
	b.next()
	c.send(kmsg.OffsetCommit, 10)
	c.send(kmsg.Heartbeat, 10)
	b.quiet()
	delayed.Remove()
	c.ok(2)
	c.ok(3)
}

func TestBandwidth(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c := connect(t, p, "", 0, "payments")
	slow := p.apply(t, Rule{Bandwidth: &Bandwidth{BytesPerSecond: 2_000_000, Way: Requests}})
	begin := time.Now()
	c.send(kmsg.ListGroups, 1_000_000)
	c.ok(1)
	if took := time.Since(begin); took < 400*time.Millisecond {
		t.Errorf("1 MB at 2 MB/s took %s", took)
	}
	if e := slow.Effects(); e.Longest < 50*time.Millisecond {
		t.Errorf("effects: %+v", e)
	}
	slow.Remove()
	p.apply(t, Rule{Bandwidth: &Bandwidth{BytesPerSecond: 1, Way: Replies}, Client: "nobody"})
	c.roundTrip(kmsg.ListGroups)
}

func TestDroppedReply(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c, other := connect(t, p, "", 0, "payments"), connect(t, p, "", 0, "orders")
	other.roundTrip(kmsg.Heartbeat)
	drop := p.apply(t, Rule{Drop: true, Client: "payments", Keys: []kmsg.Key{kmsg.OffsetCommit}})
	c.roundTrip(kmsg.Heartbeat)
	c.send(kmsg.OffsetCommit, 10)
	c.send(kmsg.Heartbeat, 10)
	for range 4 {
		b.next() // the broker did it all
	}
	c.silence()
	other.roundTrip(kmsg.OffsetCommit)
	if e := drop.Effects(); e.Hits != 1 {
		t.Errorf("effects: %+v", e)
	}
	drop.Remove()
	c.silence() // what was lost stays lost
	connect(t, p, "", 0, "payments").roundTrip(kmsg.OffsetCommit)
}

// An error takes its place between the replies to what was asked before and
// after it.
func TestErrorInPlaceOfTheBroker(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c := connect(t, p, "", 0, "payments")
	fail := p.apply(t, Rule{Error: kerr.CoordinatorLoadInProgress, Keys: []kmsg.Key{kmsg.EndTxn}})
	b.hold.Lock()
	c.send(kmsg.Heartbeat, 10)
	b.next()
	c.send(kmsg.EndTxn, 30)
	c.send(kmsg.Heartbeat, 10)
	c.silence()
	b.hold.Unlock()
	c.ok(1)
	resp := kmsg.NewEndTxnResponse()
	if err := resp.ReadFrom(c.receive(2)); err != nil || resp.ErrorCode != kerr.CoordinatorLoadInProgress.Code {
		t.Errorf("%+v, %v", resp, err)
	}
	c.ok(3)
	if key := b.next(); key != int16(kmsg.Heartbeat) {
		t.Errorf("the broker got key %d", key)
	}
	if e := fail.Effects(); e.Hits != 1 {
		t.Errorf("effects: %+v", e)
	}
}

// The same seed refuses the same requests.
func TestShare(t *testing.T) {
	hits := func(seed uint64) (pattern string) {
		p := frontWith(t, Config{Seed: seed}, newEcho(t))
		c := connect(t, p, "", 0, "payments")
		p.apply(t, Rule{Error: kerr.NotCoordinator, Keys: []kmsg.Key{kmsg.EndTxn}, Share: 0.5})
		for i := range int32(200) {
			c.send(kmsg.EndTxn, 30)
			if string(c.receive(i+1)) == "ok" {
				pattern += "."
			} else {
				pattern += "x"
			}
		}
		return pattern
	}
	first := hits(7)
	if n := strings.Count(first, "x"); n < 60 || n > 140 {
		t.Errorf("%d of 200 were hit: %s", n, first)
	}
	if again := hits(7); again != first {
		t.Errorf("the same seed gave\n%s\n%s", first, again)
	}
	if other := hits(8); other == first {
		t.Error("another seed gave the same")
	}
}

func TestRulesThatMakeNoSense(t *testing.T) {
	p := front(t, newEcho(t))
	for want, r := range map[string]Rule{
		"one thing, this one 0":  {},
		"one thing, this one 2":  {Cut: Both, Reset: true},
		"needs Keys":             {Drop: true},
		"share of 2":             {Cut: Both, Share: 2},
		"a share is of requests": {Cut: Both, Share: 0.5},
		"want a delay":           {Latency: &Latency{Delay: time.Second, Jitter: 2 * time.Second}},
		"want at least 1":        {Bandwidth: &Bandwidth{}},
		"ApiVersions":            {Drop: true, Keys: []kmsg.Key{kmsg.ApiVersions}},
		"clients connect by it":  {Error: kerr.NotController, Keys: []kmsg.Key{kmsg.Metadata}},
	} {
		if _, err := p.Apply(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
	if n := len(p.rules.Load().rules); n != 0 {
		t.Errorf("%d rules are in force", n)
	}
}

// What is held of a stream that may not pass is bounded: the sender waits.
func TestHeldBytesAreBounded(t *testing.T) {
	const bytes = 64 << 20
	p := front(t, newEcho(t))
	c := connect(t, p, "", 0, "payments")
	c.roundTrip(kmsg.ListGroups)
	cut := p.apply(t, Rule{Cut: Requests})
	sent := make(chan error, 1)
	go func() { sent <- c.trySend(kmsg.ListGroups, bytes) }()
	p.mu.Lock()
	open := slices.Collect(maps.Keys(p.conns))[0]
	p.mu.Unlock()
	open.mu.Lock()
	line := open.requests
	open.mu.Unlock()
	held := func() int {
		line.mu.Lock()
		defer line.mu.Unlock()
		return line.bytes
	}
	for held() < lineBytes-2*pieceBytes {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(while)
	if n := held(); n > lineBytes+2*pieceBytes {
		t.Errorf("%d bytes are held, want at most about %d", n, lineBytes)
	}
	cut.Remove()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	c.ok(2)
}
