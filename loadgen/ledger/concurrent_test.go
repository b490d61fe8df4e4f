package ledger_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/flowweir/weir/loadgen/ledger"
)

// TestConcurrent has a pacer, an ack callback, two readers and an observer of
// two reactions at work at once, with one record in a thousand lost, another
// doubled and another poisoned, and finds exactly these.
func TestConcurrent(t *testing.T) {
	const records = 5<<16 + 123
	s, reactions := reacting(2)
	sent, acked := make(chan uint64, 1024), make(chan uint64, 1024)
	effects := make(chan uint64, 1024)
	var pacing, reading, observing sync.WaitGroup
	pacing.Go(func() {
		defer close(sent)
		for n := range uint64(records) {
			c := ledger.Normal
			if n%1000 == 3 {
				c = ledger.Poison
			}
			sent <- s.Begin(c)
		}
	})
	pacing.Go(func() {
		defer close(acked)
		for seq := range sent {
			s.Acked(seq)
			acked <- seq
		}
	})
	for range 2 {
		reading.Go(func() {
			batch, sights := make([]uint64, 0, 16), make([]ledger.Sight, 32)
			receive := func() {
				s.ReceivedAll(batch, sights[:len(batch)])
				for n, seq := range batch {
					if sights[n] == ledger.First {
						effects <- seq
					}
				}
				batch = batch[:0]
			}
			for seq := range acked {
				switch seq % 1000 {
				case 1:
					continue
				case 2:
					batch = append(batch, seq)
				}
				if batch = append(batch, seq); len(batch) >= 15 {
					receive()
				}
			}
			receive()
		})
	}
	observing.Go(func() {
		for seq := range effects {
			for _, r := range reactions {
				if seq%1000 == 3 {
					r.Dead(seq)
				} else {
					r.Effect(seq)
				}
			}
			if seq%5000 == 0 {
				reacted, c := reactions[1].Counts(), s.Counts()
				if c.Sent < c.Acked || c.Acked < c.Received || c.Received < reacted.Effects+reacted.Dead {
					t.Errorf("counts that do not belong together: %+v, %+v", c, reacted)
				}
			}
		}
	})
	pacing.Wait()
	reading.Wait()
	close(effects)
	observing.Wait()

	every := func(n uint64) (all []uint64) {
		for ; n < records; n += 1000 {
			all = append(all, n)
		}
		return all
	}
	for _, q := range []struct {
		name          string
		want, without ledger.Flags
		exact         []uint64
	}{
		{"lost", ledger.Acked, ledger.Received, every(1)},
		{"doubled", ledger.ReceivedTwice, 0, every(2)},
		{"poison dead-lettered", ledger.IsPoison | ledger.Dead, ledger.Effect, every(3)},
		{"without effect", ledger.Received, ledger.Effect | ledger.Dead, nil},
	} {
		for n, r := range reactions {
			if got := slices.Collect(r.Select(q.want, q.without)); !slices.Equal(got, q.exact) {
				t.Errorf("%s: %d records for reaction %d, want %d", q.name, len(got), n, len(q.exact))
			}
		}
	}
}
