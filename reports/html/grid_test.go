package html

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

func TestGridIsBounded(t *testing.T) {
	for _, c := range []struct {
		end, step time.Duration
		n         int
	}{
		{0, time.Second, 0},
		{time.Nanosecond, time.Second, 1},
		{62 * time.Second, time.Second, 62},
		{2 * time.Minute, time.Second, 120},
		{121 * time.Second, 2 * time.Second, 61},
		{10 * time.Minute, 5 * time.Second, 120},
		{601 * time.Second, 10 * time.Second, 61},
		{5 * 24 * time.Hour, time.Hour, 120},
		{7 * 24 * time.Hour, 2 * time.Hour, 84},
		{365 * 24 * time.Hour, 73 * time.Hour, 120},
	} {
		if g := newGrid(c.end); g.step != c.step || g.n != c.n {
			t.Errorf("newGrid(%v) = %d steps of %v, want %d of %v", c.end, g.n, g.step, c.n, c.step)
		}
	}
}

// TestGridTakesTimersAsTheyAre: an interval belongs where its middle is, and
// one at the very end to the last step.
func TestGridTakesTimersAsTheyAre(t *testing.T) {
	g := grid{time.Second, 10}
	for start, want := range map[time.Duration]int{
		0: 0, 999_700 * time.Microsecond: 1, 1_000_300 * time.Microsecond: 1, 9 * time.Second: 9, 12 * time.Second: 9, -time.Second: 0,
	} {
		if got := g.at(start, time.Second); got != want {
			t.Errorf("at(%v) = %d, want %d", start, got, want)
		}
	}
	if got := (grid{}).at(0, time.Second); got != -1 {
		t.Errorf("an empty grid has a step %d", got)
	}
}

func TestFlowOverGrid(t *testing.T) {
	lag := func(n int64) map[string]map[string]int64 {
		return map[string]map[string]int64{"g": {"a/0": n, "a/1": 1}}
	}
	f := readFlow([]run.Interval{
		{Start: 0, Length: time.Second, Due: 100, Acked: 90, Lag: lag(5)},
		{Start: time.Second, Length: time.Second, Due: 300, Acked: 310, Lag: lag(2)},
		{Start: 4 * time.Second, Length: 500 * time.Millisecond, Due: 50},
	}, grid{2 * time.Second, 3})
	// The second step has no interval; the last one is half a second long.
	if *f.Due[0] != 200 || f.Due[1] != nil || *f.Due[2] != 100 || *f.Acked[0] != 200 {
		t.Errorf("due %v, acked %v", f.Due, f.Acked)
	}
	if len(f.Lag) != 1 || *f.Lag[0].Lag[0] != 6 || f.Lag[0].Lag[1] != nil {
		t.Errorf("lag %v: want the highest of each step", f.Lag)
	}
}

func TestBuckets(t *testing.T) {
	h := hdrhistogram.New(1000, int64(time.Hour), 3)
	for _, d := range []time.Duration{0, 900, time.Millisecond, time.Millisecond, 1020 * time.Microsecond, 3 * time.Second} {
		if err := h.RecordValue(int64(d)); err != nil {
			t.Fatal(err)
		}
	}
	got := newBuckets(h)
	// 1 ms is in bucket 141 and 3 s in 305; what is between is one number.
	if want := (buckets{0, 2, -140, 3, -163, 1}); !slices.Equal(got, want) {
		t.Errorf("buckets = %v, want %v", got, want)
	}
	var n, last int64
	for i, count := range got.all() {
		if n > 0 && i <= last || count <= 0 {
			t.Errorf("buckets are not in order: %v", got)
		}
		n, last = n+count, i
	}
	if n != h.TotalCount() {
		t.Errorf("%d samples in buckets, want %d", n, h.TotalCount())
	}
	// What stands for a bucket is within 5% of all that it holds.
	for _, d := range []time.Duration{time.Microsecond, 17 * time.Microsecond, time.Millisecond, 1049 * time.Millisecond, 59 * time.Minute} {
		middle := 1000 * math.Pow(bucketBase, float64(bucket(int64(d)))+0.5)
		if ratio := middle / float64(d); ratio < 0.95 || ratio > 1.05 {
			t.Errorf("%v is shown as %v", d, time.Duration(middle))
		}
	}
}

func TestP99NeedsSamples(t *testing.T) {
	for n, want := range map[int]bool{99: false, 100: true} {
		h := hdrhistogram.New(1000, int64(time.Hour), 3)
		if err := h.RecordValues(int64(time.Millisecond), int64(n)); err != nil {
			t.Fatal(err)
		}
		c := &latencyCurve{Count: make([]int64, 1), Buckets: make([]buckets, 1), P50: make([]*int64, 1), P99: make([]*int64, 1), Max: make([]*int64, 1)}
		c.fill(0, &stepSamples{all: histogram{h}})
		if got := c.P99[0] != nil; got != want || c.P50[0] == nil {
			t.Errorf("%d samples: p99 shown %v, want %v", n, got, want)
		}
	}
}

func TestPathBreaksAtGaps(t *testing.T) {
	one, two := 1.0, 2.0
	id := func(f float64) float64 { return f }
	got := path(grid{time.Second, 5}, []*float64{&one, &two, nil, &one, nil}, false, id, id)
	if want := "M0.5 1.0L1.5 2.0M3.5 1.0h0.1"; got != want {
		t.Errorf("path = %q, want %q", got, want)
	}
}

// TestWindows: a fault that needs no healing is as long as what it stopped,
// and the faults of a killed run come from its timeline.
func TestWindows(t *testing.T) {
	end := 60 * time.Second
	rec := &run.Record{Results: &run.Results{Faults: []run.Fault{
		{What: "kill", Start: 20 * time.Second, Healed: 30 * time.Second},
		{What: "elect", Start: 40 * time.Second, ConsumeStall: 2 * time.Second},
		{What: "poison", Always: true},
		{What: "late", Start: 55 * time.Second, Healed: 70 * time.Second},
	}}}
	want := []window{{"fault", "kill", 20, 30}, {"fault", "elect", 40, 42}, {"fault", "late", 55, 60}}
	if got := windows(rec, end); !slices.Equal(got, want) {
		t.Errorf("windows = %v, want %v", got, want)
	}
	killed := &run.Record{
		Intervals: []run.Interval{
			{Start: 0, Length: time.Second, Phase: run.PhaseWarmup},
			{Start: time.Second, Length: time.Second, Phase: run.PhaseWarmup},
			{Start: 2 * time.Second, Length: time.Second, Phase: run.PhaseSteady},
		},
		Events: []run.Event{
			{At: time.Second, Kind: "fault", What: "a", Fault: 0},
			{At: 2 * time.Second, Kind: "fault", What: "b", Fault: 1},
			{At: 2500 * time.Millisecond, Kind: "heal", What: "a", Fault: 0},
		},
	}
	want = []window{{"warmup", "warm-up", 0, 2}, {"fault", "a", 1, 2.5}, {"fault", "b", 2, 3}}
	if got := windows(killed, endOf(killed)); !slices.Equal(got, want) {
		t.Errorf("windows of a killed run = %v, want %v", got, want)
	}
}

func TestSkew(t *testing.T) {
	p := newPartitions([]run.Partition{
		{Topic: "a", Partition: 1, Acked: 300}, {Topic: "a", Partition: 0, Acked: 100}, {Topic: "b", Partition: 0, Acked: 900},
	}, run.Run{Phases: []run.Phase{{Name: run.PhaseWarmup, End: time.Second}, {Name: run.PhaseSteady, Start: time.Second, End: 11 * time.Second}}})
	if want := "The busiest partition, a/1, took 1.50 times the mean of its topic."; p.Skew != want {
		t.Errorf("skew = %q, want %q", p.Skew, want)
	}
	if r := p.Rows[1]; r.Partition.Partition != 1 || r.Share != 0.75 || r.Rate != 30 || r.Width != "33.3" {
		t.Errorf("row of a/1 = %+v", r)
	}
}

func TestTimeTicks(t *testing.T) {
	for end, want := range map[time.Duration]string{
		62 * time.Second: "0 s 10 s 20 s 30 s 40 s 50 s 60 s", 5 * time.Minute: "0 m 1 m 2 m 3 m 4 m 5 m",
		time.Hour: "0 m 10 m 20 m 30 m 40 m 50 m 1 h", 150 * time.Minute: "0 m 30 m 1 h 1 h 30 m 2 h 2 h 30 m",
		300 * time.Hour: "0 m 48 h 96 h 144 h 192 h 240 h 288 h", 400 * time.Millisecond: "0 s",
	} {
		var got []string
		for _, tick := range timeTicks(end, func(s float64) float64 { return s }) {
			got = append(got, tick.Text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("ticks to %v: %q, want %q", end, got, want)
		}
	}
}
