package metrics_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/metrics"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open is what Prometheus sends since its version 2.5.
const open = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

// served is an exporter behind its server.
func served(t *testing.T, e *metrics.Exporter) *metrics.Server {
	t.Helper()
	s, err := metrics.Listen(context.Background(), "0", e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// scrape reads the page as a reader that accepts so.
func scrape(t *testing.T, url, accept string) (page, contentType string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if accept != "" {
		req.Header.Set("Accept", accept)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("status %d, %v", resp.StatusCode, err)
	}
	return string(b), resp.Header.Get("Content-Type")
}

// snapshot is a run in its fault, with texts that need escaping.
func snapshot(t *testing.T) metrics.Snapshot {
	t.Helper()
	phases := &histogram.Phases{}
	phases.Set(histogram.Steady, time.Second)
	phases.Set(histogram.Fault, 5*time.Second)
	m, err := histogram.New(t.TempDir(), time.Now(), phases)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	r := m.Recorder()
	r.Record(histogram.Publish, 0, 3*time.Millisecond)
	r.Record(histogram.Send, 0, 2*time.Millisecond)
	for i := range 10 {
		r.Record(histogram.Publish, 2*time.Second, time.Duration(i+1)*time.Millisecond)
		r.Record(histogram.EndToEnd, 2*time.Second, time.Duration(i+1)*20*time.Millisecond)
	}
	r.Record(histogram.Publish, 6*time.Second, 90*time.Second)
	r.Record(histogram.EndToEnd, 2*time.Second, -time.Millisecond)
	r.Miss(histogram.EndToEnd, histogram.Unfinished, 6*time.Second, 8*time.Second)
	r.Sent(2*time.Second, 150*time.Microsecond, 50*time.Microsecond)
	m.Rotate(7 * time.Second)
	return metrics.Snapshot{
		Run:   metrics.Run{ID: "20260314T092653Z-orders-5f3a9c", Name: "orders \"a\\b\"\nline", Seed: "7", Cluster: "embedded", Weir: "v1"},
		Phase: "fault", Elapsed: 7500 * time.Millisecond, Length: time.Minute,
		Topics: []metrics.Topic{
			{Name: "orders", Offered: 100, Sent: 99, Failed: 2, Unresolved: 3, Partitions: []metrics.Partition{{ID: "0", Acked: 50, Received: 48}, {ID: "1", Acked: 44, Received: 44}}},
			{Name: "triggered", Offered: 7, Sent: 7, Aborted: 1, Partitions: []metrics.Partition{{Acked: 6}}},
		},
		Effects: 12, DeadLetters: 1, Bytes: 12345678901,
		Lag:    map[string]int64{"payment-service": 17},
		Faults: []metrics.Fault{{What: "kill leader of orders/0", Open: true}, {What: "crash payment-service"}},
		Meter:  m,
	}
}

// TestPages compares both formats with golden files, and holds them to their
// specifications.
func TestPages(t *testing.T) {
	var e metrics.Exporter
	s := snapshot(t)
	e.Watch(func() metrics.Snapshot { return s })
	server := served(t, &e)
	for _, tt := range []struct {
		file, accept, contentType string
		open                      bool
	}{
		{"page.txt", "", "text/plain; version=0.0.4; charset=utf-8", false},
		{"page.openmetrics", open, "application/openmetrics-text; version=1.0.0; charset=utf-8", true},
	} {
		page, contentType := scrape(t, server.URL, tt.accept)
		if contentType != tt.contentType {
			t.Errorf("%s: content type %q", tt.file, contentType)
		}
		path := filepath.Join("testdata", tt.file)
		if *update {
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if page != string(want) {
			t.Errorf("%s differs; if the change is meant, run with -update and look at the difference. Got:\n%s", path, page)
		}
		got, err := strict(page, tt.open)
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
		}
		for sample, want := range map[string]float64{
			`weir_run_phase{phase="fault"}`:                                                                                          1,
			`weir_run_phase{phase="steady"}`:                                                                                         0,
			`weir_acked_records_total{topic="orders",partition="1"}`:                                                                 44,
			`weir_acked_records_total{topic="triggered",partition=""}`:                                                               6,
			`weir_unresolved_records{topic="orders"}`:                                                                                3,
			`weir_acked_bytes_total`:                                                                                                 12345678901,
			`weir_group_lag_records{group="payment-service"}`:                                                                        17,
			`weir_fault_open{fault="0",what="kill leader of orders/0"}`:                                                              1,
			`weir_fault_open{fault="1",what="crash payment-service"}`:                                                                0,
			`weir_run_verdict{verdict="pass"}`:                                                                                       0,
			`weir_publish_seconds_bucket{phase="steady",le="0.005"}`:                                                                 4, // the fifth is within 0.1% of it
			`weir_publish_seconds_bucket{phase="steady",le="+Inf"}`:                                                                  10,
			`weir_publish_seconds_sum{phase="steady"}`:                                                                               0.055,
			`weir_publish_seconds_count{phase="warmup"}`:                                                                             1,
			`weir_publish_seconds_bucket{phase="fault",le="+Inf"}`:                                                                   1,
			`weir_schedule_delay_seconds_count{phase="steady"}`:                                                                      1,
			`weir_missing_latencies_total{latency="end-to-end",phase="fault",reason="unfinished"}`:                                   1,
			`weir_missing_latencies_total{latency="end-to-end",phase="steady",reason="negative"}`:                                    1,
			`weir_missing_latencies_total{latency="publish",phase="steady",reason="out-of-range"}`:                                   0,
			`weir_run_info{run="20260314T092653Z-orders-5f3a9c",name="orders \"a\\b\"\nline",seed="7",cluster="embedded",weir="v1"}`: 1,
		} {
			if v, ok := got.samples[sample]; !ok || v != want {
				t.Errorf("%s: %s is %v (there: %t), want %v", tt.file, sample, v, ok, want)
			}
		}
	}
}

// TestStrictRefuses: the parser of these tests can fail.
func TestStrictRefuses(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("testdata", "page.openmetrics"))
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(string) string{
		"no end":         func(s string) string { return strings.TrimSuffix(s, "# EOF\n") },
		"a blank line":   func(s string) string { return "\n" + s },
		"a sample twice": func(s string) string { return repeat(s, "weir_effects_total") },
		"a family twice": func(s string) string { return strings.TrimSuffix(s, "# EOF\n") + "# HELP weir_effects x y\n# EOF\n" },
		"no type":        func(s string) string { return without(s, "# TYPE weir_effects ") },
		"no help":        func(s string) string { return without(s, "# HELP weir_effects ") },
		"buckets shrink": func(s string) string {
			return strings.Replace(s, `"steady",le="0.005"} 4`, `"steady",le="0.005"} 40`, 1)
		},
		"no last bucket":  func(s string) string { return without(s, `weir_send_seconds_bucket{phase="warmup",le="+Inf"}`) },
		"a bound like 1":  func(s string) string { return strings.ReplaceAll(s, `le="1.0"`, `le="1"`) },
		"a counter falls": func(s string) string { return strings.Replace(s, "weir_effects_total 12", "weir_effects_total -1", 1) },
		"no _total":       func(s string) string { return strings.Replace(s, "weir_effects_total 12", "weir_effects 12", 1) },
		"a unit elsewhere": func(s string) string {
			return strings.Replace(s, "# UNIT weir_send_seconds seconds", "# UNIT weir_send_seconds bytes", 1)
		},
		"an open quote": func(s string) string {
			return strings.Replace(s, `{group="payment-service"}`, `{group="payment-service}`, 1)
		},
		"a label twice":     func(s string) string { return strings.Replace(s, `{group="p`, `{group="x",group="p`, 1) },
		"two blanks":        func(s string) string { return strings.Replace(s, "weir_effects_total 12", "weir_effects_total  12", 1) },
		"an unknown escape": func(s string) string { return strings.Replace(s, `{group="p`, `{group="\x`, 1) },
	} {
		damaged := damage(string(page))
		if damaged == string(page) {
			t.Fatalf("%s: nothing was damaged", name)
		}
		if _, err := strict(damaged, true); err == nil {
			t.Errorf("%s is not refused", name)
		}
	}
	if _, err := strict(string(page), false); err == nil {
		t.Error("OpenMetrics is taken for the older format")
	}
}

func repeat(page, prefix string) string {
	return edit(page, prefix, func(l string) string { return l + l })
}
func without(page, prefix string) string {
	return edit(page, prefix, func(string) string { return "" })
}

func edit(page, prefix string, change func(string) string) string {
	var b strings.Builder
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, prefix) {
			line = change(line)
		}
		b.WriteString(line)
	}
	return b.String()
}

// TestBounds: what goes beyond is added up, and nothing is lost.
func TestBounds(t *testing.T) {
	s := metrics.Snapshot{Lag: map[string]int64{}}
	for i := range metrics.MaxNames + 20 {
		topic := metrics.Topic{Name: fmt.Sprintf("t%03d", i), Sent: 1}
		for p := range 5 {
			topic.Partitions = append(topic.Partitions, metrics.Partition{ID: strconv.Itoa(p), Acked: 1, Received: 2})
		}
		s.Topics = append(s.Topics, topic)
		s.Lag[fmt.Sprintf("g%03d", i)] = 1
		s.Faults = append(s.Faults, metrics.Fault{What: "crash x", Open: true})
	}
	var e metrics.Exporter
	e.Watch(func() metrics.Snapshot { return s })
	page, _ := scrape(t, served(t, &e).URL, open)
	got, err := strict(page, true)
	if err != nil {
		t.Fatal(err)
	}
	sums, series := map[string]float64{}, map[string]int{}
	for sample, v := range got.samples {
		name, _, _ := strings.Cut(sample, "{")
		sums[name] += v
		series[name]++
	}
	n := float64(metrics.MaxNames + 20)
	for name, want := range map[string]float64{
		"weir_sent_records_total": n, "weir_acked_records_total": 5 * n, "weir_received_records_total": 10 * n,
		"weir_group_lag_records": n, "weir_fault_open": n,
	} {
		if sums[name] != want {
			t.Errorf("%s adds up to %v, want %v", name, sums[name], want)
		}
	}
	// Every topic has at most one (other) beside the partitions that are told.
	if most := metrics.MaxPartitions + metrics.MaxNames + 1; series["weir_acked_records_total"] > most {
		t.Errorf("%d partitions are shown, want at most %d", series["weir_acked_records_total"], most)
	}
	for _, name := range []string{"weir_sent_records_total", "weir_group_lag_records", "weir_fault_open"} {
		if series[name] != metrics.MaxNames+1 {
			t.Errorf("%s has %d samples, want %d", name, series[name], metrics.MaxNames+1)
		}
	}
}

// TestWhileItGoesOn scrapes side by side with a load, and with the end of the
// run.
func TestWhileItGoesOn(t *testing.T) {
	m, err := histogram.New(t.TempDir(), time.Now(), &histogram.Phases{})
	if err != nil {
		t.Fatal(err)
	}
	var e metrics.Exporter
	server := served(t, &e)
	page, _ := scrape(t, server.URL, open)
	if got, err := strict(page, true); err != nil || got.samples[`weir_run_phase{phase="setup"}`] != 1 {
		t.Errorf("before the run: %v\n%s", err, page)
	}
	e.Watch(func() metrics.Snapshot { return metrics.Snapshot{Phase: "steady", Meter: m} })
	var load sync.WaitGroup
	for range 2 {
		r := m.Recorder()
		load.Go(func() {
			for i := range 20_000 {
				r.Record(histogram.Publish, 0, time.Duration(i)*time.Microsecond)
			}
		})
	}
	last := 0.0
	for i := range 20 {
		m.Rotate(time.Duration(i+1) * 100 * time.Millisecond)
		page, _ := scrape(t, server.URL, open)
		got, err := strict(page, true)
		if err != nil {
			t.Fatal(err)
		}
		now := got.samples[`weir_publish_seconds_count{phase="warmup"}`]
		if now < last {
			t.Fatalf("the count falls from %v to %v", last, now)
		}
		last = now
	}
	load.Wait()
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	e.Judged(finding.Fail)
	page, _ = scrape(t, server.URL, open)
	got, err := strict(page, true)
	if err != nil {
		t.Fatal(err)
	}
	for sample, want := range map[string]float64{
		`weir_publish_seconds_count{phase="warmup"}`: 40_000,
		`weir_run_phase{phase="ended"}`:              1,
		`weir_run_phase{phase="steady"}`:             0,
		`weir_run_verdict{verdict="fail"}`:           1,
		`weir_run_verdict{verdict="pass"}`:           0,
	} {
		if got.samples[sample] != want {
			t.Errorf("%s is %v, want %v", sample, got.samples[sample], want)
		}
	}
}

// TestLinger: the verdict stays until it was scraped, and no longer.
func TestLinger(t *testing.T) {
	var e metrics.Exporter
	server := served(t, &e)
	e.Linger(context.Background(), time.Hour) // without a verdict there is nothing to wait for
	e.Judged(finding.Pass)
	e.Linger(context.Background(), time.Nanosecond) // not scraped
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	e.Linger(ended, time.Hour)
	over := make(chan struct{})
	go func() { defer close(over); e.Linger(context.Background(), time.Hour) }()
	scrape(t, server.URL, "")
	<-over
	e.Judged(finding.Fail) // another one is news again
	e.Linger(context.Background(), time.Nanosecond)
	scrape(t, server.URL, "")
	e.Linger(context.Background(), time.Hour)
}

func TestServer(t *testing.T) {
	var e metrics.Exporter
	server := served(t, &e)
	if !strings.HasPrefix(server.URL, "http://127.0.0.1:") || server.Open {
		t.Errorf("a port alone is %s, open %t", server.URL, server.Open)
	}
	resp, err := http.Post(server.URL, "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST is answered with %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"))
	}
	if page, _ := scrape(t, strings.TrimSuffix(server.URL, "/metrics"), ""); page != "weir: the figures of the run are at /metrics\n" {
		t.Errorf("the root says %q", page)
	}
	address := strings.TrimSuffix(strings.TrimPrefix(server.URL, "http://"), "/metrics")
	if _, err := metrics.Listen(context.Background(), address, &e); err == nil {
		t.Error("an address that is taken is no error")
	}
	for _, bad := range []string{"a:b:c", "127.0.0.1:notaport"} {
		if _, err := metrics.Listen(context.Background(), bad, &e); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
	all, err := metrics.Listen(context.Background(), "0.0.0.0:0", &e)
	if err != nil {
		t.Fatal(err)
	}
	if !all.Open {
		t.Error("0.0.0.0 is not open")
	}
	if err := all.Close(); err != nil {
		t.Error(err)
	}
}

// TestAccept: OpenMetrics is for those who ask for the version that there is.
func TestAccept(t *testing.T) {
	var e metrics.Exporter
	server := served(t, &e)
	for accept, want := range map[string]bool{
		"": false, "*/*": false, "text/plain;version=0.0.4": false, open: true, "application/openmetrics-text": true,
		"application/openmetrics-text; version=0.0.1": false, "application/openmetrics-text;version=1.0.0;q=0": false,
		"application/openmetrics-text;version=1.0.0": true, ";;,": false,
	} {
		if page, _ := scrape(t, server.URL, accept); strings.HasSuffix(page, "# EOF\n") != want {
			t.Errorf("Accept: %q answers OpenMetrics: %t", accept, !want)
		}
	}
}
