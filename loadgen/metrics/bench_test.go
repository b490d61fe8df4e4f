package metrics_test

import (
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/metrics"
)

// BenchmarkScrape is a scrape of a run with all latencies in all phases, and 200
// partitions.
func BenchmarkScrape(b *testing.B) {
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 1*time.Second)
	phases.Set(histogram.Fault, 10*time.Second)
	phases.Set(histogram.Healed, 20*time.Second)
	m, err := histogram.New(b.TempDir(), time.Now(), phases)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	r := m.Recorder()
	for _, due := range []time.Duration{0, 5 * time.Second, 15 * time.Second, 25 * time.Second} {
		for _, k := range histogram.Kinds() {
			for i := range 1000 {
				r.Record(k, due, time.Duration(i)*100*time.Microsecond)
			}
		}
	}
	m.Rotate(time.Second)
	s := metrics.Snapshot{Phase: "healed", Meter: m}
	topic := metrics.Topic{Name: "orders"}
	for i := range metrics.MaxPartitions {
		topic.Partitions = append(topic.Partitions, metrics.Partition{ID: strconv.Itoa(i), Acked: 1000})
	}
	s.Topics = append(s.Topics, topic)
	var e metrics.Exporter
	e.Watch(func() metrics.Snapshot { return s })
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		e.ServeHTTP(w, httptest.NewRequest("GET", metrics.Path, nil))
		b.ReportMetric(float64(w.Body.Len()), "B/page")
	}
}
