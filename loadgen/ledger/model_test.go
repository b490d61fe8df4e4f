package ledger_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowweir/weir/loadgen/ledger"
)

// model is the ledger as anyone would write it: the facts of each record, and
// those of each of its reactions.
type model struct {
	expect    ledger.Expect
	flags     []ledger.Flags
	reactions [][]ledger.Flags
	ghosts    uint64
}

func (m *model) next() uint64 { return uint64(len(m.flags)) }

func (m *model) begin(c ledger.Class) uint64 {
	f := ledger.Sent
	if c&ledger.Poison != 0 {
		f |= ledger.IsPoison
	}
	if c&ledger.Duplicate != 0 {
		f |= ledger.IsDuplicate
	}
	m.flags = append(m.flags, f)
	for r := range m.reactions {
		m.reactions[r] = append(m.reactions[r], 0)
	}
	return m.next() - 1
}

func (m *model) outcome(seq uint64, o ledger.Flags) {
	if seq >= m.next() {
		m.ghosts++
		return
	}
	f := m.flags[seq]
	const all = ledger.Acked | ledger.Failed | ledger.Unknown
	stronger := ledger.Flags(0)
	switch o {
	case ledger.Unknown:
		stronger = ledger.Failed | ledger.Acked
	case ledger.Failed:
		stronger = ledger.Acked
	}
	if f&(o|stronger) == 0 {
		m.flags[seq] = f&^all | o
	}
}

// see is a sighting among facts: the model's flags or those of a reaction.
func (m *model) see(facts []ledger.Flags, seq uint64, once, twice ledger.Flags) ledger.Sight {
	if seq >= m.next() {
		m.ghosts++
		return ledger.Ghost
	}
	if facts[seq]&once != 0 {
		facts[seq] |= twice
		return ledger.Again
	}
	facts[seq] |= once
	if m.flags[seq]&ledger.Failed != 0 {
		return ledger.Risen
	}
	return ledger.First
}

func (m *model) get(seq uint64) ledger.Flags {
	if seq >= m.next() {
		return 0
	}
	f := m.flags[seq]
	if f&(ledger.Acked|ledger.Failed) == 0 {
		f |= ledger.Unknown
	}
	return f
}

// of is what is known of a record together with one of the reactions.
func (m *model) of(reaction int, seq uint64) ledger.Flags {
	if seq >= m.next() {
		return 0
	}
	return m.get(seq) | m.reactions[reaction][seq]
}

func (m *model) sel(flags func(uint64) ledger.Flags, want, without ledger.Flags) []uint64 {
	var found []uint64
	for seq := range m.next() {
		if f := flags(seq); f&want == want && f&without == 0 {
			found = append(found, seq)
		}
	}
	return found
}

func (m *model) reacted(reaction int) ledger.Reactions {
	var c ledger.Reactions
	for _, f := range m.reactions[reaction] {
		for i, n := range []*uint64{&c.Effects, &c.EffectsTwice, &c.Dead, &c.DeadTwice} {
			if f&(ledger.Effect<<i) != 0 {
				*n++
			}
		}
	}
	return c
}

func (m *model) counts() ledger.Counts {
	c := ledger.Counts{Sent: m.next(), Ghosts: m.ghosts}
	for seq, stored := range m.flags {
		f := m.get(uint64(seq))
		has := func(want, without ledger.Flags) uint64 {
			if f&want == want && f&without == 0 {
				return 1
			}
			return 0
		}
		if stored&(ledger.Acked|ledger.Failed|ledger.Unknown) == 0 {
			c.Pending++
		}
		c.Acked += has(ledger.Acked, 0)
		c.Failed += has(ledger.Failed, 0)
		c.Unknown += has(ledger.Unknown, 0)
		c.UnknownSeen += has(ledger.Unknown|ledger.Received, 0)
		c.FailedSeen += has(ledger.Failed|ledger.Received, 0)
		c.Received += has(ledger.Received, 0)
		c.ReceivedTwice += has(ledger.ReceivedTwice, 0)
		if m.expect.Received {
			c.Lost += has(ledger.Acked, ledger.Received)
		}
		c.Poison += has(ledger.IsPoison, 0)
		c.Duplicates += has(ledger.IsDuplicate, 0)
	}
	return c
}

// queries are those that invariants ask, and some that they don't.
var queries = [][2]ledger.Flags{
	{ledger.Acked, ledger.Received},
	{ledger.ReceivedTwice, 0},
	{ledger.Acked | ledger.Received, ledger.Effect | ledger.Dead | ledger.IsPoison | ledger.IsDuplicate},
	{ledger.EffectTwice, 0},
	{ledger.IsPoison, ledger.Dead},
	{ledger.Dead, ledger.IsPoison},
	{ledger.Failed | ledger.Received, 0},
	{ledger.Unknown, 0},
	{ledger.Unknown | ledger.Received, 0},
	{ledger.IsDuplicate, 0},
	{ledger.Sent, 0},
	{0, ledger.Sent},
	{ledger.Acked | ledger.Received | ledger.Effect, 0},
}

// driven is a sender, its reactions and the model of both.
type driven struct {
	*ledger.Sender
	reactions []*ledger.Reaction
	m         *model
}

func (d driven) compare(t interface{ Fatalf(string, ...any) }, seqs []uint64) {
	const reacted = ledger.Effect | ledger.EffectTwice | ledger.Dead | ledger.DeadTwice
	m := d.m
	if got, want := d.Counts(), m.counts(); got != want {
		t.Fatalf("counts %+v\n  want %+v", got, want)
	}
	for n, r := range d.reactions {
		if got, want := r.Counts(), m.reacted(n); got != want {
			t.Fatalf("reaction %d: counts %+v\n  want %+v", n, got, want)
		}
	}
	for _, q := range queries {
		if (q[0]|q[1])&reacted == 0 {
			if got, want := slices.Collect(d.Select(q[0], q[1])), m.sel(m.get, q[0], q[1]); !slices.Equal(got, want) {
				t.Fatalf("Select(%b, %b): %d records, want %d", q[0], q[1], len(got), len(want))
			}
		}
		for n, r := range d.reactions {
			flags := func(seq uint64) ledger.Flags { return m.of(n, seq) }
			if got, want := slices.Collect(r.Select(q[0], q[1])), m.sel(flags, q[0], q[1]); !slices.Equal(got, want) {
				t.Fatalf("reaction %d: Select(%b, %b): %d records, want %d", n, q[0], q[1], len(got), len(want))
			}
		}
	}
	d.compareFlags(t, seqs)
}

func (d driven) compareFlags(t interface{ Fatalf(string, ...any) }, seqs []uint64) {
	for _, seq := range seqs {
		if got, want := d.Flags(seq), d.m.get(seq); got != want {
			t.Fatalf("record %d has %012b, want %012b", seq, got, want)
		}
		for n, r := range d.reactions {
			if got, want := r.Flags(seq), d.m.of(n, seq); got != want {
				t.Fatalf("record %d has %012b for reaction %d, want %012b", seq, got, n, want)
			}
		}
	}
}

// TestModel drives single records and whole ranges over several pages, so
// that pages fold, are touched after that, and open again, and compares every
// answer with the model's.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ledger.Expect{Received: rapid.Bool().Draw(t, "received")}
		s := ledger.New().Sender("s", e)
		m := &model{expect: e}
		d := driven{Sender: s, m: m}
		effects := rapid.SliceOfN(rapid.Bool(), 0, 3).Draw(t, "reactions that expect effects")
		for _, expected := range effects {
			d.reactions = append(d.reactions, s.Reaction(expected))
			m.reactions = append(m.reactions, nil)
		}
		var touched []uint64
		seq := func(t *rapid.T) uint64 {
			return rapid.Uint64Range(0, m.next()+2).Draw(t, "sequence")
		}
		t.Repeat(map[string]func(*rapid.T){
			"begin": func(t *rapid.T) {
				c := ledger.Class(rapid.IntRange(0, 3).Draw(t, "class"))
				if got, want := s.Begin(c), m.begin(c); got != want {
					t.Fatalf("sequence %d, want %d", got, want)
				}
			},
			"page": func(t *rapid.T) {
				if m.next() > 3<<16 {
					return
				}
				// Normal life, but for every nth record.
				skip := rapid.SampledFrom([]uint64{7, 50, 1000, 1 << 20}).Draw(t, "skip")
				for range 1<<16 - 10 {
					n := s.Begin(ledger.Normal)
					m.begin(ledger.Normal)
					if n%skip == skip-1 {
						continue
					}
					s.Acked(n)
					m.outcome(n, ledger.Acked)
					if e.Received {
						s.Received(n)
						m.see(m.flags, n, ledger.Received, ledger.ReceivedTwice)
					}
					for r, expected := range effects {
						if expected && n%skip != uint64(r) { // each misses others
							d.reactions[r].Effect(n)
							m.see(m.reactions[r], n, ledger.Effect, ledger.EffectTwice)
						}
					}
				}
			},
			"range": func(t *rapid.T) {
				if m.next() == 0 {
					return
				}
				from := rapid.Uint64Range(0, m.next()-1).Draw(t, "from")
				step := rapid.Uint64Range(1, 5).Draw(t, "step")
				act := rapid.SampledFrom(actions).Draw(t, "act")
				for n := from; n < min(from+20_000*step, m.next()); n += step {
					act.do(t, d, n)
				}
			},
			"batch": func(t *rapid.T) {
				d.batch(t, rapid.SliceOfN(rapid.Uint64Range(0, m.next()+2), 0, 100).Draw(t, "sequences"))
			},
			"dense batch": func(t *rapid.T) {
				var seqs []uint64
				from := rapid.Uint64Range(0, m.next()).Draw(t, "from")
				step := rapid.Uint64Range(1, 3).Draw(t, "step")
				for n := range rapid.Uint64Range(0, 500).Draw(t, "length") {
					seqs = append(seqs, from+n*step)
				}
				d.batch(t, seqs)
			},
			"one": func(t *rapid.T) {
				n := seq(t)
				touched = append(touched, n)
				rapid.SampledFrom(actions).Draw(t, "act").do(t, d, n)
			},
			"": func(t *rapid.T) {
				d.compareFlags(t, touched)
			},
		})
		d.compare(t, touched)
	})
}

// batch does with a batch one of the things that can be done with one, with
// sights or without.
func (d driven) batch(t *rapid.T, seqs []uint64) {
	m := d.m
	kind := rapid.IntRange(-2, len(d.reactions)-1).Draw(t, "acked, received, or a reaction")
	if kind == -2 {
		d.AckedAll(seqs)
		for _, seq := range seqs {
			m.outcome(seq, ledger.Acked)
		}
		return
	}
	var sights []ledger.Sight
	if rapid.Bool().Draw(t, "sights") {
		sights = slices.Repeat([]ledger.Sight{ledger.Ghost + 9}, len(seqs))
	}
	facts, once, twice := m.flags, ledger.Received, ledger.ReceivedTwice
	if kind == -1 {
		d.ReceivedAll(seqs, sights)
	} else {
		facts, once, twice = m.reactions[kind], ledger.Effect, ledger.EffectTwice
		d.reactions[kind].EffectAll(seqs, sights)
	}
	for n, seq := range seqs {
		if want := m.see(facts, seq, once, twice); sights != nil && sights[n] != want {
			t.Fatalf("batch of kind %d: record %d (%d) is %v, want %v", kind, n, seq, sights[n], want)
		}
	}
}

type action struct {
	name string
	do   func(t interface{ Fatalf(string, ...any) }, d driven, seq uint64)
}

func (a action) String() string { return a.name }

var actions = func() []action {
	outcome := func(name string, do func(*ledger.Sender, uint64), f ledger.Flags) action {
		return action{name, func(_ interface{ Fatalf(string, ...any) }, d driven, seq uint64) {
			do(d.Sender, seq)
			d.m.outcome(seq, f)
		}}
	}
	// reaction acts on reaction n, where there is one.
	reaction := func(n int, name string, do func(*ledger.Reaction, uint64) ledger.Sight, once, twice ledger.Flags) action {
		return action{fmt.Sprint(name, n), func(t interface{ Fatalf(string, ...any) }, d driven, seq uint64) {
			if n >= len(d.reactions) {
				return
			}
			if got, want := do(d.reactions[n], seq), d.m.see(d.m.reactions[n], seq, once, twice); got != want {
				t.Fatalf("%s%d(%d) is %v, want %v", name, n, seq, got, want)
			}
		}}
	}
	all := []action{
		outcome("acked", (*ledger.Sender).Acked, ledger.Acked),
		outcome("failed", (*ledger.Sender).Failed, ledger.Failed),
		outcome("unknown", (*ledger.Sender).Unknown, ledger.Unknown),
		{"received", func(t interface{ Fatalf(string, ...any) }, d driven, seq uint64) {
			if got, want := d.Received(seq), d.m.see(d.m.flags, seq, ledger.Received, ledger.ReceivedTwice); got != want {
				t.Fatalf("received(%d) is %v, want %v", seq, got, want)
			}
		}},
	}
	for n := range 3 {
		all = append(all, reaction(n, "effect", (*ledger.Reaction).Effect, ledger.Effect, ledger.EffectTwice),
			reaction(n, "dead", (*ledger.Reaction).Dead, ledger.Dead, ledger.DeadTwice))
	}
	return all
}()

// TestBatches: the calls for batches do what the single calls do.
func TestBatches(t *testing.T) {
	s, reactions := reacting(2)
	for range 5 {
		s.Begin(ledger.Normal)
	}
	s.AckedAll([]uint64{0, 1, 2})
	s.Failed(3)
	sights := make([]ledger.Sight, 5)
	s.ReceivedAll([]uint64{0, 0, 3, 9, 4}, sights)
	if want := []ledger.Sight{ledger.First, ledger.Again, ledger.Risen, ledger.Ghost, ledger.First}; !slices.Equal(sights, want) {
		t.Errorf("received: %v, want %v", sights, want)
	}
	for n, r := range reactions {
		r.EffectAll([]uint64{0, 1, 1, 9, 4}, sights)
		if want := []ledger.Sight{ledger.First, ledger.First, ledger.Again, ledger.Ghost, ledger.First}; !slices.Equal(sights, want) {
			t.Errorf("effects of reaction %d: %v, want %v", n, sights, want)
		}
		if got, want := r.Counts(), (ledger.Reactions{Effects: 3, EffectsTwice: 1}); got != want {
			t.Errorf("reaction %d: %+v\n  want %+v", n, got, want)
		}
	}
	want := ledger.Counts{
		Sent: 5, Acked: 3, Failed: 1, Unknown: 1, Pending: 1, UnknownSeen: 1, FailedSeen: 1,
		Received: 3, ReceivedTwice: 1, Lost: 2, Ghosts: 3,
	}
	if got := s.Counts(); got != want {
		t.Errorf("counts %+v\n  want %+v", got, want)
	}
}

func TestSenders(t *testing.T) {
	l := ledger.New()
	for n := range 1 << 16 {
		s := l.Sender(fmt.Sprint(n), ledger.Expect{})
		if int(s.ID()) != n || s.Name() != fmt.Sprint(n) || l.At(uint16(n)) != s {
			t.Fatalf("sender %d is %d, %q", n, s.ID(), s.Name())
		}
		if n == 3 && l.At(4) != nil {
			t.Fatal("a sender that was never registered")
		}
	}
	if n := len(l.Senders()); n != 1<<16 {
		t.Fatalf("%d senders", n)
	}
	defer func() {
		if recover() == nil {
			t.Fatal("the identity cannot hold that sender's id")
		}
	}()
	l.Sender("one too many", ledger.Expect{})
}
