package prometheus

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness/internal/port"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/metrics"
)

// TestWithPrometheus has a real Prometheus scrape the figures of a run, and
// takes them from it as it takes those of brokers: both ways in one.
func TestWithPrometheus(t *testing.T) {
	if os.Getenv("WEIR_PROOF") != "1" {
		return // make proof tries it
	}
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Logf("nothing was tried: %v (Debian has the package prometheus)", err)
		return
	}
	meter, err := histogram.New(t.TempDir(), time.Now(), &histogram.Phases{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = meter.Close() }()
	recorder := meter.Recorder()
	begun := time.Now()
	exporter := &metrics.Exporter{}
	exporter.Watch(func() metrics.Snapshot { // a load of 100 records a second
		sent := time.Since(begun).Milliseconds() / 10
		recorder.Record(histogram.Publish, 0, 3*time.Millisecond)
		meter.Rotate(time.Since(begun))
		return metrics.Snapshot{Phase: "steady", Meter: meter, Topics: []metrics.Topic{{Name: `odd "name"`, Sent: sent, Partitions: []metrics.Partition{{ID: "0", Acked: sent}}}}}
	})
	figures, err := metrics.Listen(context.Background(), "0", exporter)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = figures.Close() }()
	target := strings.TrimSuffix(strings.TrimPrefix(figures.URL, "http://"), metrics.Path)
	url := startPrometheus(t, program, target)

	own := map[string]Selector{}
	for name, text := range map[string]string{
		"sent": `weir_sent_records_total{topic="odd \"name\""}`, "steady": `weir_run_phase{phase="steady"}`,
		"publish": `weir_publish_seconds_bucket{phase="warmup",le="0.005"}`, "none": "weir_nothing",
	} {
		if own[name], err = ParseSelector(text); err != nil {
			t.Fatal(err)
		}
	}
	c, n := collector(t, Config{Server: url, Match: `job=~"weir|itself"`, Start: begun})
	c.cfg.Series = With(Defaults(), own)
	c.intake = newIntake(c.cfg.Series, begun)
	c.source.(*server).metrics = metricNames(c.cfg.Series)
	deadline := time.Now().Add(time.Minute)
	counts := map[string]int{}
	for counts["sent"] < 3 || counts["cpu"] < 2 || counts["publish"] < 1 {
		if time.Now().After(deadline) {
			t.Fatalf("so far %v, %+v", counts, c.Close())
		}
		time.Sleep(500 * time.Millisecond)
		c.Sample(context.Background())
		counts = map[string]int{}
		for _, v := range n.values {
			counts[v.Series]++
		}
	}
	r := c.Close()
	if len(r.Errors) > 0 || r.Failed > 0 {
		t.Errorf("%+v", r)
	}
	if got := strings.Join(r.Absent, " "); got != "request-handler-idle network-processor-idle under-replicated-partitions disk-busy none" {
		t.Errorf("absent %s", got)
	}
	seen := map[string]bool{}
	for _, v := range n.values {
		key := fmt.Sprint(v.Series, v.Broker, v.At)
		if seen[key] {
			t.Errorf("%s comes twice", key)
		}
		seen[key] = true
		switch {
		case v.Series == "steady" && v.Value != 1, v.Series == "publish" && v.Value < 1:
			t.Errorf("%+v", v)
		case v.Series == "sent" && (v.Broker != target || v.Value < 50 || v.Value > 200): // 100 a second
			t.Errorf("%+v", v)
		}
	}
	for _, s := range r.Series {
		t.Logf("%s of %s: %d samples, %g to %g", s.Series, s.Broker, s.Samples, s.Min, s.Max)
	}
}

// startPrometheus starts a server that scrapes a target and itself each second.
func startPrometheus(t *testing.T, program, target string) (url string) {
	t.Helper()
	reserved, err := port.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reserved.Release)
	dir, address := t.TempDir(), net.JoinHostPort("127.0.0.1", fmt.Sprint(reserved.Number()))
	config := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs:\n- {job_name: weir, static_configs: [{targets: [%q]}]}\n- {job_name: itself, static_configs: [{targets: [%q]}]}\n", target, address)
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		http.DefaultClient.CloseIdleConnections()
	})
	url = "http://" + address
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		resp, err := http.Get(url + "/-/ready")
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return url
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("Prometheus is not ready: %v", err)
		}
	}
}
