package histogram_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/reports/run"
)

// TestNothingDisappears: every sample and every miss is counted in exactly
// one place, in the phase that its record belongs to.
func TestNothingDisappears(t *testing.T) {
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, time.Second)
	phases.Set(histogram.Fault, 3*time.Second)
	m, _ := newMeter(t, phases)
	r := m.Recorder()
	kind := histogram.EndToEnd
	for _, due := range []time.Duration{0, time.Second, 3 * time.Second} {
		r.Record(kind, due, 0)
		r.Record(kind, due, time.Hour)
		r.Record(kind, due, -1)
		r.Record(kind, due, time.Hour+1)
		r.Miss(kind, histogram.Failed, due, due)
		r.Miss(kind, histogram.Unfinished, due, due)
		r.Miss(kind, histogram.Unfinished, due, due)
	}
	m.Rotate(4 * time.Second)
	all := m.Latencies()
	if len(all) != 3 {
		t.Fatalf("%d latencies, want the whole run, steady and fault", len(all))
	}
	type account struct{ count, negative, out, failed, unfinished, excluded int64 }
	for phase, want := range map[string]account{
		"": {4, 2, 2, 2, 4, 7}, "steady": {2, 1, 1, 1, 2, 0}, "fault": {2, 1, 1, 1, 2, 0},
	} {
		l := find(t, all, kind, phase)
		got := account{l.Count, l.Negative, l.OutOfRange, l.Failed, l.Unfinished, l.Excluded}
		if got != want {
			t.Errorf("phase %q: %+v, want %+v", phase, got, want)
		}
		if l.Min != 0 || l.Max != time.Hour || l.Mean != 30*time.Minute || l.From != "due" || l.To != "received" {
			t.Errorf("phase %q: %v to %v, mean %v, from %s to %s", phase, l.Min, l.Max, l.Mean, l.From, l.To)
		}
	}
}

// TestNeed: a percentile is judged from 100/(1−q) samples on.
func TestNeed(t *testing.T) {
	for q, want := range map[float64]int64{0.5: 200, 0.9: 1000, 0.95: 2000, 0.99: 10_000, 0.999: 100_000, 0.9999: 1_000_000} {
		if got := histogram.Need(q); got != want {
			t.Errorf("p%v needs %d, want %d", q*100, got, want)
		}
	}
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	m, _ := newMeter(t, phases)
	r := m.Recorder()
	for n := range 200 {
		r.Record(histogram.Send, 0, time.Millisecond)
		m.Rotate(time.Second)
		if got := find(t, m.Latencies(), histogram.Send, "").Quantiles[0].Judged; got != (n+1 == 200) {
			t.Errorf("the median of %d samples is judged: %v", n+1, got)
		}
	}
	if v, samples := m.Quantile(histogram.Send, 0.5); v != time.Millisecond || samples != 200 {
		t.Errorf("the median is %v of %d samples", v, samples)
	}
}

// TestExactMean: the sum of long samples does not overflow.
func TestExactMean(t *testing.T) {
	s := histogram.Stats{}
	for range 3 {
		s.MergeForTest(1<<40, time.Hour)
	}
	if s.Mean() != time.Hour || s.Count != 3<<40 {
		t.Fatalf("mean %v of %d", s.Mean(), s.Count)
	}
}

func TestRotate(t *testing.T) {
	phases := &histogram.Phases{}
	m, dir := newMeter(t, phases)
	phases.Set(histogram.Steady, time.Second)
	r := m.Recorder()
	r.Record(histogram.Send, 0, time.Minute) // warm-up
	r.Record(histogram.Send, time.Second, time.Millisecond)
	live := m.Rotate(400 * time.Millisecond)
	if k := live.Kinds[histogram.Send]; live.Length != 400*time.Millisecond || k.Count != 2 || k.Max != time.Minute || k.RunP99 != time.Millisecond {
		t.Errorf("live %+v of %v", k, live.Length)
	}
	r.Record(histogram.Send, time.Second, 3*time.Millisecond)
	if k := m.Rotate(990 * time.Millisecond).Kinds[histogram.Send]; k.Count != 1 || k.P50 != 3*time.Millisecond || k.RunP99 != 3*time.Millisecond {
		t.Errorf("live %+v", k)
	}
	if k := m.Rotate(1100 * time.Millisecond).Kinds[histogram.Send]; k != (histogram.LiveKind{RunP99: 3 * time.Millisecond, RunCount: 2}) {
		t.Errorf("live %+v of an empty interval", k)
	}
	// Ten seconds an interval beyond ten minutes.
	for at := 2 * time.Second; at <= 11*time.Minute; at += time.Second {
		r.Record(histogram.Wake, at, time.Microsecond)
		m.Rotate(at)
	}
	intervals, err := histogram.ReadLog(dir, histogram.Wake)
	if err != nil {
		t.Fatal(err)
	}
	lengths := map[time.Duration]int{}
	var sum time.Duration
	for _, i := range intervals {
		lengths[i.Length.Round(time.Second)]++
		sum += i.Length
	}
	if want := map[time.Duration]int{time.Second: 599, 10 * time.Second: 6}; !cmp.Equal(lengths, want) {
		t.Errorf("intervals by length %v, want %v", lengths, want)
	}
}

func TestPartitions(t *testing.T) {
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, time.Second)
	m, _ := newMeter(t, phases)
	one, two := m.Recorder(), m.Recorder()
	one.Acked("orders", 0, 0, time.Second, time.Second, 100) // warm-up
	one.Received("orders", 0, 0)
	for n := range int32(70) {
		for range n + 1 {
			one.Acked("orders", n, time.Second, 0, 10*time.Millisecond, 100)
			two.Received("orders", n, time.Second)
		}
		two.Acked("orders", n, time.Second, 0, 2*time.Hour, 1)
	}
	all := m.Partitions()
	if len(all) != 70 {
		t.Fatalf("%d partitions", len(all))
	}
	for n, p := range all {
		acked := int64(n) + 2
		want := run.Partition{Topic: "orders", Partition: int32(n), Acked: acked, Received: acked - 1, Bytes: 100*(acked-1) + 1}
		if n >= 6 { // the 64 busiest
			if p.PublishP50.Round(time.Millisecond) != 10*time.Millisecond || p.PublishP99 != p.PublishP50 {
				t.Errorf("partition %d: p50 %v, p99 %v", n, p.PublishP50, p.PublishP99)
			}
			p.PublishP50, p.PublishP99 = 0, 0
		}
		if p != want {
			t.Errorf("got %+v, want %+v", p, want)
		}
	}
	if p50, p99, rest := m.Pooled(); rest != 6 || p50.Round(time.Millisecond) != 10*time.Millisecond || p99 != p50 {
		t.Errorf("%d pooled, p50 %v, p99 %v", rest, p50, p99)
	}
}

// TestConcurrentRecorders: rotating while others record loses no sample.
func TestConcurrentRecorders(t *testing.T) {
	phases := &histogram.Phases{}
	m, dir := newMeter(t, phases)
	phases.Set(histogram.Steady, 0)
	const recorders, each = 4, 50_000
	var wg sync.WaitGroup
	stop := make(chan struct{})
	var rotating sync.WaitGroup
	rotating.Go(func() {
		for at := time.Second; ; at += time.Second {
			m.Rotate(at)
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for range recorders {
		r := m.Recorder()
		wg.Go(func() {
			for n := range each {
				d := time.Duration(n) * time.Microsecond
				r.Acked("t", 0, 0, d, d, 1)
			}
		})
	}
	wg.Wait()
	close(stop)
	rotating.Wait()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if got := find(t, m.Latencies(), histogram.Publish, "").Count; got != recorders*each {
		t.Errorf("%d samples, want %d", got, recorders*each)
	}
	if got := m.Partitions()[0].Acked; got != recorders*each {
		t.Errorf("%d acked, want %d", got, recorders*each)
	}
	got, err := histogram.Recompute(dir)
	if err != nil || !cmp.Equal(got, m.Latencies()) {
		t.Errorf("the logs differ from the meter, error %v", err)
	}
}

// TestRecordsOfOneMoment: what is known together is recorded as by Record, but
// in the phase of the record and not of each figure.
func TestRecordsOfOneMoment(t *testing.T) {
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, 0)
	phases.Set(histogram.Fault, time.Second)
	m, _ := newMeter(t, phases)
	r := m.Recorder()
	r.Sent(0, 5*time.Millisecond, 2*time.Millisecond)
	r.Sent(900*time.Millisecond, 200*time.Millisecond, 150*time.Millisecond)
	r.Acked("t", 0, 0, 3*time.Millisecond, 8*time.Millisecond, 1)
	r.Acked("t", 0, 900*time.Millisecond, time.Millisecond, 201*time.Millisecond, 1)
	m.Rotate(2 * time.Second)
	got := map[string]time.Duration{}
	for _, l := range m.Latencies() {
		if l.Phase != "" && l.Count == 1 {
			got[l.Kind+" "+l.Phase] = l.Max
		}
	}
	want := map[string]time.Duration{
		"schedule-delay steady": 5 * time.Millisecond, "schedule-delay fault": 200 * time.Millisecond,
		"blocked steady": 2 * time.Millisecond, "blocked fault": 150 * time.Millisecond,
		"wake steady": 3 * time.Millisecond, "wake fault": 50 * time.Millisecond,
		"send steady": 3 * time.Millisecond, "send fault": time.Millisecond,
		"publish steady": 8 * time.Millisecond, "publish fault": 201 * time.Millisecond,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
