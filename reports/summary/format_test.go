package summary

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "0",
		7:                         "7 ns",
		999:                       "999 ns",
		1000:                      "1 µs",
		410 * time.Microsecond:    "410 µs",
		999_400:                   "999 µs",
		999_600:                   "1 ms",
		2_413_000:                 "2.41 ms",
		24_130_000:                "24.1 ms",
		99_960_000:                "100 ms",
		4120 * time.Millisecond:   "4.12 s",
		59_940 * time.Millisecond: "59.9 s",
		59_960 * time.Millisecond: "1 m 00 s",
		125 * time.Second:         "2 m 05 s",
		59*time.Minute + 59*time.Second + 600*time.Millisecond: "1 h 00 m",
		62 * time.Minute:           "1 h 02 m",
		-3 * time.Millisecond:      "−3 ms",
		25*time.Hour + time.Minute: "25 h 01 m",
	} {
		if got := Duration(d); got != want {
			t.Errorf("Duration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestMoment(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "+0.000 s",
		20_110 * time.Millisecond: "+20.110 s",
		-1200 * time.Millisecond:  "−1.200 s",
	} {
		if got := Moment(d); got != want {
			t.Errorf("Moment(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0", 999: "999", 1000: "1,000", 287500: "287,500", 1234567: "1,234,567", -1234: "−1,234",
		math.MaxInt64: "9,223,372,036,854,775,807", math.MinInt64: "−9,223,372,036,854,775,808",
	} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Count(uint64(math.MaxUint64)); got != "18,446,744,073,709,551,615" {
		t.Errorf("Count of the largest uint64 = %q", got)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 412: "412 B", 999: "999 B", 1000: "0.98 KiB", 1536: "1.5 KiB", 38 << 20: "38 MiB", 1 << 50: "1024 TiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestRate(t *testing.T) {
	for f, want := range map[float64]string{0: "0/s", 0.25: "0.25/s", 999.4: "999/s", 999.5: "1,000/s", 4998.7: "4,999/s"} {
		if got := Rate(f); got != want {
			t.Errorf("Rate(%v) = %q, want %q", f, got, want)
		}
	}
}

func TestShare(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0%", 1: "100%", 0.9997: "99.97%", 0.99999999: "> 99.99%", 0.0000001: "< 0.01%", 0.01: "1%", 1.2: "120%", math.NaN(): "–",
	} {
		if got := Share(f); got != want {
			t.Errorf("Share(%v) = %q, want %q", f, got, want)
		}
	}
}

func TestCluster(t *testing.T) {
	for want, c := range map[string]run.Cluster{
		"no cluster was started":         {},
		"embedded, 1 broker":             {Kind: "embedded", Brokers: 1, Version: "v4.1"},
		"external, 3 brokers, Kafka 4.1": {Kind: "external", Brokers: 3, Version: "v4.1"},
	} {
		if got := Cluster(c); got != want {
			t.Errorf("Cluster(%+v) = %q, want %q", c, got, want)
		}
	}
}

func TestCPU(t *testing.T) {
	for g, want := range map[run.Generator]string{
		{CPU: 0.41}: "41%", {CPU: 0.41, Cores: 1.857}: "41% of 1.86 cores", {CPU: 1, Cores: 1}: "100% of 1 core", {CPU: 0.066, Cores: 2}: "6.6% of 2 cores",
	} {
		if got := CPU(g); got != want {
			t.Errorf("CPU(%v) = %q, want %q", g, got, want)
		}
	}
}

func TestQuantile(t *testing.T) {
	for q, want := range map[float64]string{0.5: "p50", 0.95: "p95", 0.99: "p99", 0.999: "p99.9", 0.9999: "p99.99", 0.99999: "p99.999", 1: "max"} {
		if got := QuantileName(q); got != want {
			t.Errorf("QuantileName(%v) = %q, want %q", q, got, want)
		}
	}
	if got, want := Quantile(run.Quantile{Q: 0.999, Value: time.Second, Need: 100_000}), "not judged (n < 100,000)"; got != want {
		t.Errorf("withheld: %q, want %q", got, want)
	}
	if got, want := Quantile(run.Quantile{Q: 0.5, Value: time.Second, Judged: true, Need: 200}), "1 s"; got != want {
		t.Errorf("judged: %q, want %q", got, want)
	}
}

// TestWokeOfFew: a percentile of too few samples is shown nowhere, and a count
// of nothing has no part.
func TestWokeOfFew(t *testing.T) {
	for judged, want := range map[bool]string{
		true:  "offered 0/s, achieved 0/s, woke 2 ms late (p99), CPU 0%",
		false: "offered 0/s, achieved 0/s, CPU 0%",
	} {
		rec := &run.Record{Results: &run.Results{
			Senders:   []run.Sender{{Sent: 3, Acked: 3}},
			Generator: run.Generator{WakeP99: 2 * time.Millisecond},
			Latencies: []run.Latency{{Kind: "wake", Count: 3, Quantiles: []run.Quantile{{Q: 0.99, Value: 2 * time.Millisecond, Judged: judged, Need: 10_000}}}},
		}}
		var b strings.Builder
		if err := Text(&b, rec, TextOptions{}); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"generator   " + want + "\n", "sent        3 · acked 3 · failed 0 · unknown 0\n"} {
			if !strings.Contains(b.String(), line) {
				t.Errorf("no %q in\n%s", line, b.String())
			}
		}
	}
}
