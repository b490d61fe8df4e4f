package invariant

import (
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/ledger"
)

// BenchmarkProgress is what a record costs where commits are compared: where
// it stands is written down as it is read ("add"), and looks ask what became
// of it ("look"), here 2,000 records at a time.
func BenchmarkProgress(b *testing.B) {
	const batch = 2000
	for name, patience := range map[string]time.Duration{"add": -1, "look": 0, "look with poison": time.Second} {
		b.Run(name, func(b *testing.B) {
			f := flowOf(ledger.New(), "")
			own(f)
			c := ProgressConfig{Backlog: NewBacklog(), Begin: map[int32]int64{0: 0}, Traces: map[uint16]Trace{0: {
				Reactions: f.Reactions, Event: func(seq uint64) uint64 { return seq }, Key: func(seq uint64) uint64 { return seq },
			}}}
			c.Patience = max(patience, 0)
			p := NewProgress(c)
			b.ReportAllocs()
			for from := 0; from < b.N; from += batch {
				b.StopTimer()
				for range batch {
					seq := f.Sender.Begin(ledger.Normal)
					f.Sender.Acked(seq)
					f.Sender.Received(seq)
					f.Reactions[0].Ledger.Effect(seq)
				}
				b.StartTimer()
				for seq := uint64(from); seq < uint64(from+batch); seq++ {
					c.Backlog.Add(0, int64(seq), Ref{0, seq})
				}
				if patience < 0 {
					b.StopTimer()
				}
				p.look(0, int64(from+batch))
				b.StartTimer()
			}
		})
	}
}
