package ledger_test

import (
	"flag"
	"iter"
	"runtime"
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

// life takes n records through a full life, with the given number of records
// between a send and its effects and in batches of 500, as a client polls.
// Of every hundred records skip are never received.
func life(s *ledger.Sender, reactions []*ledger.Reaction, n, lag, skip uint64, each func(seq uint64)) {
	const batch = 500
	seqs := make([]uint64, 0, batch)
	sights := make([]ledger.Sight, batch)
	for from := uint64(0); from < n; from += batch {
		to := min(from+batch, n)
		seqs = seqs[:0]
		for range to - from {
			seqs = append(seqs, s.Begin(ledger.Normal))
		}
		s.AckedAll(seqs)
		if from < lag {
			continue
		}
		seqs = seqs[:0]
		for seq := from - lag; seq < to-lag; seq++ {
			if seq%100 >= skip {
				seqs = append(seqs, seq)
			}
		}
		s.ReceivedAll(seqs, sights[:len(seqs)])
		for _, r := range reactions {
			r.EffectAll(seqs, nil)
		}
		if each != nil {
			each(to)
		}
	}
}

// partitioned is life for records that are spread over partitions, each of
// which is acknowledged and polled by itself.
func partitioned(s *ledger.Sender, r *ledger.Reaction, n, partitions uint64) {
	const batch = 6000
	seqs := make([]uint64, 0, batch)
	for from := uint64(0); from < n; from += batch {
		for range batch {
			s.Begin(ledger.Normal)
		}
		for p := range partitions {
			seqs = seqs[:0]
			for seq := from + p; seq < from+batch; seq += partitions {
				seqs = append(seqs, seq)
			}
			s.AckedAll(seqs)
			s.ReceivedAll(seqs, nil)
			r.EffectAll(seqs, nil)
		}
	}
}

// reacting returns a sender whose events some consumers react to.
func reacting(consumers int) (*ledger.Sender, []*ledger.Reaction) {
	s := ledger.New().Sender("s", ledger.Expect{Received: true})
	reactions := make([]*ledger.Reaction, consumers)
	for i := range reactions {
		reactions[i] = s.Reaction(true)
	}
	return s, reactions
}

// BenchmarkLife is the cost of a record's full life: Begin, Acked, Received
// and Effect. In batches of records that follow each other, in batches of
// partitions, and one call at a time: a run acknowledges one by one, since the
// client tells it so, and reads in batches of partitions.
func BenchmarkLife(b *testing.B) {
	b.Run("batches", func(b *testing.B) {
		b.ReportAllocs()
		s, r := reacting(1)
		life(s, r, uint64(b.N), 100_000, 0, nil)
	})
	b.Run("batches of 12 partitions", func(b *testing.B) {
		b.ReportAllocs()
		s, r := reacting(1)
		partitioned(s, r[0], uint64(b.N), 12)
	})
	b.Run("batches/1%lost", func(b *testing.B) {
		b.ReportAllocs()
		s, r := reacting(1)
		life(s, r, uint64(b.N), 100_000, 1, nil)
	})
	b.Run("batches/3 reactions", func(b *testing.B) {
		b.ReportAllocs()
		s, r := reacting(3)
		life(s, r, uint64(b.N), 100_000, 0, nil)
	})
	b.Run("single", func(b *testing.B) {
		b.ReportAllocs()
		s, r := reacting(1)
		for range b.N {
			seq := s.Begin(ledger.Normal)
			s.Acked(seq)
			s.Received(seq)
			r[0].Effect(seq)
		}
	})
	b.Run("acked+received", func(b *testing.B) {
		b.ReportAllocs()
		s := ledger.New().Sender("s", ledger.Expect{Received: true})
		seqs := make([]uint64, 0, 500)
		for n := 0; n < b.N; n += 500 {
			seqs = seqs[:0]
			for range 500 {
				seqs = append(seqs, s.Begin(ledger.Normal))
			}
			s.AckedAll(seqs)
			s.ReceivedAll(seqs, nil)
		}
	})
}

// BenchmarkSelect is a query over a ledger of ten million records of which 1%
// is lost.
func BenchmarkSelect(b *testing.B) {
	s, r := reacting(2)
	life(s, r, 10_000_000, 0, 1, nil)
	for name, selected := range map[string]func() iter.Seq[uint64]{
		"lost":              func() iter.Seq[uint64] { return s.Select(ledger.Acked, ledger.Received) },
		"reaction":          func() iter.Seq[uint64] { return r[0].Select(ledger.Acked, ledger.Effect) },
		"a second reaction": func() iter.Seq[uint64] { return r[1].Select(ledger.Acked, ledger.Effect) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for range selected() {
					n++
				}
				if n != 100_000 {
					b.Fatal(n)
				}
			}
		})
	}
}

var memoryRecords = flag.Uint64("memory-records", 5_000_000, "how many records TestMemory takes through the ledger")

// TestMemory holds the ledger to its bound: 64 MiB for 100 million records of
// which 1% is never completed, in proportion, and each further reaction to no
// more than the first. Run it with -memory-records=100000000 -v for the whole.
func TestMemory(t *testing.T) {
	n := *memoryRecords
	if testing.Short() {
		n = min(n, 2_000_000) // twice what is in flight
	}
	for _, c := range []struct {
		name string
		skip uint64
		// perRecord bounds what stays for each record and reaction in bytes,
		// beside the pages in flight.
		perRecord float64
		reactions int
	}{
		{"all complete", 0, 0.005, 1},
		{"1% never completed", 1, 0.06, 1},
		{"5% never completed", 5, 0.3, 1},
		{"two reactions, all complete", 0, 0.005, 2},
		{"two reactions, 1% never completed", 1, 0.06, 2},
		{"four reactions, 1% never completed", 1, 0.06, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := heap()
			s, r := reacting(c.reactions)
			var peak int64 // signed: the heap may shrink below what it was
			life(s, r, n, 1_000_000, c.skip, func(at uint64) {
				if at%(n/10) < 500 {
					peak = max(peak, heap()-before)
				}
			})
			const inFlight = 2 << 20
			if bound := int64(c.reactions) * (int64(float64(n)*c.perRecord) + inFlight); peak > bound {
				t.Errorf("%.1f MiB at the peak for %d records, want at most %.1f", mib(peak), n, mib(bound))
			}
			t.Logf("%d records, 1,000,000 in flight: %.1f MiB at the peak", n, mib(peak))
			runtime.KeepAlive(s)
			runtime.KeepAlive(r)
		})
	}
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
