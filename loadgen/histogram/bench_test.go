package histogram_test

import (
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
)

func BenchmarkRecord(b *testing.B) {
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	phases.Set(histogram.Fault, time.Hour)
	m, _ := newMeter(b, phases)
	r := m.Recorder()
	b.Run("Record", func(b *testing.B) {
		b.ReportAllocs()
		for n := range b.N {
			r.Record(histogram.Publish, 0, time.Duration(n&0xfffff)*time.Microsecond/4)
		}
	})
	b.Run("Sent", func(b *testing.B) {
		b.ReportAllocs()
		for n := range b.N {
			r.Sent(0, time.Duration(n&0xff)*time.Microsecond, 0)
		}
	})
	b.Run("Acked", func(b *testing.B) {
		b.ReportAllocs()
		for n := range b.N {
			d := time.Duration(n&0xff) * 64 * time.Microsecond
			r.Acked("order.events", int32(n%12), 0, d, d, 512)
		}
	})
}

// BenchmarkRotate is a second of a run with five kinds and eight recorders.
func BenchmarkRotate(b *testing.B) {
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	m, _ := newMeter(b, phases)
	var recorders []*histogram.Recorder
	for range 8 {
		recorders = append(recorders, m.Recorder())
	}
	b.ReportAllocs()
	at := time.Duration(0)
	for b.Loop() {
		for _, r := range recorders {
			for n := range 5000 {
				r.Record(histogram.Kind(n%5), 0, time.Duration(n)*10*time.Microsecond)
			}
		}
		at += time.Second
		m.Rotate(at)
	}
}
