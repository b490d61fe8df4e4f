package payload

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/key"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/value"
)

// must is for what cannot err in a test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func rawDue(seq uint64) time.Duration { return time.Duration(seq) * time.Millisecond }

func rawConfig(seed uint64, size int) RawConfig {
	return RawConfig{Seed: seed, Run: 5, Sender: 2, Due: rawDue, Source: must(value.Filling(seed, 2, must(value.Fixed(size)), 1))}
}

func rawHeaders(seed uint64, texts ...string) (all []RawHeader) {
	for i, text := range texts {
		all = append(all, RawHeader{fmt.Sprintf("h%d", i), must(value.Header(seed, 2, i, text))})
	}
	return all
}

// TestRawIsAFunctionOfTheSeed: the same seed makes the same record, in any
// order, and another seed another one.
func TestRawIsAFunctionOfTheSeed(t *testing.T) {
	made := func(seed uint64) *Raw {
		cfg := rawConfig(seed, 40)
		cfg.Keys, cfg.Tombstones = must(key.Uniform(seed, 2, 1000)), 0.3
		cfg.Headers = rawHeaders(seed, "constant", "{{key}}/{{seq}}/{{text 3}}")
		m := must(NewRaw(cfg))
		m.Begin(time.Unix(1_700_000_000, 0))
		return m
	}
	a, b, other := made(1), made(1), made(2)
	differs := 0
	for seq := range uint64(1000) {
		want := a.Original(seq)
		if diff := cmp.Diff(want, b.Original(seq), cmpopts.IgnoreUnexported(kgo.Record{}, kgo.RecordAttrs{})); diff != "" {
			t.Fatal(diff)
		}
		if !cmp.Equal(want.Value, other.Original(seq).Value) {
			differs++
		}
	}
	if differs < 850 {
		t.Errorf("%d of 1000 values differ between two seeds", differs)
	}
	r := a.Original(7)
	id, ok := identity.ParseHeader(r.Headers[2].Value)
	if got := string(r.Headers[1].Value); !ok || id.Sequence != 7 || got[:len(r.Key)+3] != string(r.Key)+"/7/" || string(r.Headers[0].Value) != "constant" {
		t.Errorf("%s, %+v, %+v", got, r.Headers, id)
	}
}

func TestRawKeysAndTombstones(t *testing.T) {
	cfg := rawConfig(1, 10)
	cfg.Keys, cfg.KeyList, cfg.Tombstones = must(key.Sequential(3)), []string{"a", "b", "c"}, 0.3
	m := must(NewRaw(cfg))
	const n = 20_000
	var r kgo.Record
	dead := 0
	for seq := range uint64(n) {
		if class := m.Make(seq, &r); class != ledger.Normal || string(r.Key) != string(rune('a'+seq%3)) || m.Event(seq) != seq {
			t.Fatalf("%d: class %d, key %q", seq, class, r.Key)
		}
		if r.Value == nil {
			dead++
		}
	}
	if dead < n*28/100 || dead > n*32/100 {
		t.Errorf("%d of %d are tombstones, want 30%%", dead, n)
	}
	if m.KeyHash(1) != m.KeyHash(4) || m.KeyHash(1) == m.KeyHash(2) {
		t.Error("hashes do not follow keys")
	}
	unkeyed := must(NewRaw(rawConfig(1, 10)))
	if r := unkeyed.Original(4); r.Key != nil || unkeyed.KeyHash(1) == unkeyed.KeyHash(4) {
		t.Errorf("a key %q, or an order", r.Key)
	}
	if got := m.MeanBytes(); got != 10*0.7+10 {
		t.Errorf("mean %v", got)
	}
	for index, want := range map[uint64]string{0: "key-000000", 9: "key-000009", 10: "key-000010", 99_999: "key-099999", 100_000: "key-100000", 1_000_000: "key-1000000"} {
		if got := string(keyMaker{style: styleText}.appendText(nil, index)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestRawThatCannotBe(t *testing.T) {
	keys := must(key.Sequential(3))
	for want, change := range map[string]func(*RawConfig){
		"a maker needs a source of values and due times":                   func(c *RawConfig) { c.Source = nil },
		"a tombstone without a key deletes nothing: give the records keys": func(c *RawConfig) { c.Tombstones = 0.1 },
		"2 keys are listed for a distribution over 3":                      func(c *RawConfig) { c.Keys, c.KeyList = keys, []string{"a", "b"} },
		"header weir-id: a load writes it itself; remove it from headers": func(c *RawConfig) {
			c.Headers = []RawHeader{{identity.Header, must(value.Header(1, 1, 0, "x"))}}
		},
	} {
		cfg := rawConfig(1, 10)
		change(&cfg)
		if _, err := NewRaw(cfg); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// TestRawAllocatesNothing: what a record costs is lateness.
func TestRawAllocatesNothing(t *testing.T) {
	cfg := rawConfig(1, 100)
	cfg.Keys, cfg.Headers, cfg.Tombstones = must(key.Uniform(1, 1, 1000)), rawHeaders(1, "constant"), 0.1
	m := must(NewRaw(cfg))
	r := kgo.Record{Key: make([]byte, 0, 64), Headers: make([]kgo.RecordHeader, 0, 4)}
	room := make([]byte, 0, 1024)
	seq := uint64(0)
	if n := testing.AllocsPerRun(1000, func() { r.Value = room; m.Make(seq, &r); seq++ }); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

func BenchmarkRaw(b *testing.B) {
	cfg := rawConfig(1, 100)
	cfg.Keys = must(key.Uniform(1, 1, 10_000))
	m := must(NewRaw(cfg))
	r := kgo.Record{Key: make([]byte, 0, 64), Value: make([]byte, 0, 1024)}
	b.ReportAllocs()
	for seq := range uint64(b.N) {
		m.Make(seq, &r)
	}
}
