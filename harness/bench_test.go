package harness

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkFirstEvent is one test as users write it, without its service: a
// fresh embedded cluster with the topics of two contracts, one event sent and
// read back, and the end of it all.
func BenchmarkFirstEvent(b *testing.B) {
	var toEvent time.Duration
	for b.Loop() {
		toEvent += oneTest(b, nil)
	}
	b.ReportMetric(float64(toEvent.Microseconds())/1000/float64(b.N), "ms-to-event/op")
}

// BenchmarkFirstEventShared is the same on a cluster that is shared.
func BenchmarkFirstEventShared(b *testing.B) {
	shared := Share()
	defer func() { _ = shared.Close(b.Context()) }()
	for b.Loop() {
		oneTest(b, shared)
	}
}

// BenchmarkPackageOf50 is a package of 50 tests, one after another, in each of
// which a service that is a Go function joins its group, reacts to an event
// and is ended.
func BenchmarkPackageOf50(b *testing.B) {
	for b.Loop() {
		for range 50 {
			scoped(b, func(t testing.TB) {
				c := shop(t)
				c.Start(booksService())
				c.Await("books.Booked", CausedBy(c.Produce("shop.Sold")))
			})
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/package")
}

// oneTest answers the time from the start to the event.
func oneTest(b *testing.B, shared *Shared) (toEvent time.Duration) {
	scoped(b, func(t testing.TB) {
		started := time.Now()
		var options []Option
		if shared != nil {
			options = append(options, On(shared))
		}
		c := shop(t, options...)
		sold := c.Produce("shop.Sold")
		c.Await("shop.Sold", LeadsBackTo(sold))
		toEvent = time.Since(started)
	})
	return toEvent
}

// scoped runs a test with cleanups of its own, which those of a benchmark are
// not until it ends.
func scoped(b *testing.B, test func(testing.TB)) {
	b.Helper()
	r := failing(b, test)
	if r.failed {
		b.Fatal(fmt.Sprint("the test failed: ", r.said()))
	}
}
