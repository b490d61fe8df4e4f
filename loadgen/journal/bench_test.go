package journal_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/journal"
)

// feed journals n records at 100,000 a second over 12 partitions, chosen by
// key, as a producer with a linger of 5 ms and a consumer see them: acked in
// batches by partition, received a little later, with an effect each.
func feed(w *journal.Writer, n int) {
	send, read := w.Stream(), w.Stream()
	topic, out := w.Topic("order.events"), w.Topic("payment.events")
	rng := rand.New(rand.NewPCG(1, 1))
	var offsets [12]int64
	var batches [12][]uint64
	for seq := range uint64(n) {
		p := rng.IntN(len(batches))
		batches[p] = append(batches[p], seq)
		if seq%500 != 499 && seq != uint64(n)-1 {
			continue
		}
		at := time.Duration(seq) * 10 * time.Microsecond
		for p, batch := range batches {
			done := at + 2*time.Millisecond + time.Duration(rng.ExpFloat64()*2e6)
			seen := done + time.Duration(rng.ExpFloat64()*1e6)
			for _, seq := range batch {
				sent := time.Duration(seq)*10*time.Microsecond + time.Duration(rng.IntN(100_000))
				effect := seen + 2*time.Millisecond + time.Duration(rng.ExpFloat64()*1e6)
				send.Ack(0, seq, journal.Acked, topic, int32(p), offsets[p], sent, done)
				read.See(journal.Received, 0, seq, topic, int32(p), offsets[p], seen)
				read.See(journal.Effect, 0, seq, out, int32(p), offsets[p], effect)
				offsets[p]++
			}
			batches[p] = batch[:0]
		}
	}
}

// BenchmarkEntries is the whole journal for three entries a record: what the
// callers and the compressor use together. Divide by three for an entry.
func BenchmarkEntries(b *testing.B) {
	w, _ := create(b, 0)
	b.ReportAllocs()
	b.ResetTimer()
	feed(w, b.N)
	stats := closed(b, w)
	b.ReportMetric(float64(stats.Bytes)/float64(stats.Entries), "bytes/entry")
}

// BenchmarkRead is a pass over a journal of 300,000 entries.
func BenchmarkRead(b *testing.B) {
	w, dir := create(b, 0)
	feed(w, 100_000)
	closed(b, w)
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range journal.Read(dir) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n < 300_000 {
			b.Fatal(n)
		}
	}
}
