// Package sample makes run directories for the tests of the views: one small
// simulated order flow in its variants (held, broken, killed, hostile). The
// same variant is the same bytes everywhere and always.
package sample

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/run"
)

// Sample is a run directory before it is written.
type Sample struct {
	Run       run.Run
	Scenario  any
	Results   *run.Results // nil: the run was killed
	Intervals []run.Interval
	Events    []run.Event
	Brokers   []run.BrokerSample
	// Histograms are by latency kind; element i is the i-th second, and one of
	// ten seconds beyond the first ten minutes.
	Histograms map[string][]*hdrhistogram.Histogram
	// Logs are by name of service; a line that begins with a time was written
	// then.
	Logs map[string]string
}

// Started is when every sample began; its load began LoadAfter later.
var Started = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)

// LoadAfter is how long the cluster and the services took to start.
const LoadAfter = 9 * time.Second

// Write writes the sample as the run directory dir, which must not hold a run
// yet.
func (s Sample) Write(dir string) error {
	d, err := run.Create(dir, s.Run)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // closed below; this is for errors
	if err := d.WriteScenario(s.Scenario); err != nil {
		return err
	}
	for _, i := range s.Intervals {
		if err := d.AppendInterval(i); err != nil {
			return err
		}
	}
	for _, e := range s.Events {
		if err := d.AppendEvent(e); err != nil {
			return err
		}
	}
	for _, b := range s.Brokers {
		if err := d.AppendBroker(b); err != nil {
			return err
		}
	}
	for kind, histograms := range s.Histograms {
		if err := os.MkdirAll(filepath.Dir(d.HistogramPath(kind)), 0o755); err != nil {
			return err
		}
		if err := s.writeLog(d.HistogramPath(kind), histograms); err != nil {
			return err
		}
	}
	for name, text := range s.Logs {
		path := d.Path(filepath.FromSlash(run.ServiceLog(name)))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
		if err := os.WriteFile(run.LogTimes(path), times(text), 0o644); err != nil {
			return err
		}
	}
	if s.Results != nil {
		if err := d.WriteResults(*s.Results); err != nil {
			return err
		}
	}
	if err := d.WriteRun(s.Run); err != nil {
		return err
	}
	return d.Close()
}

// times is the index of a log: a mark for each line that begins with a time.
func times(log string) []byte {
	var b bytes.Buffer
	offset := 0
	for line := range strings.Lines(log) {
		stamp, _, _ := strings.Cut(line, " ")
		if at, err := time.Parse(time.RFC3339, stamp); err == nil {
			fmt.Fprintf(&b, `{"after_ns":%d,"offset":%d}`+"\n", at.Sub(Started), offset)
		}
		offset += len(line)
	}
	return b.Bytes()
}

// interval is when the i-th interval of a run begins, and how long it is.
func interval(i int) (start, length time.Duration) {
	if i < shortIntervals {
		return time.Duration(i) * time.Second, time.Second
	}
	return time.Duration(shortIntervals+10*(i-shortIntervals)) * time.Second, 10 * time.Second
}

// shortIntervals is how many intervals of a run are one second long.
const shortIntervals = 600

// phase is the phase in which the i-th interval begins.
func (s Sample) phase(i int) string {
	if i < len(s.Intervals) {
		return s.Intervals[i].Phase
	}
	start, _ := interval(i)
	return phaseAt(start)
}

func (s Sample) writeLog(path string, histograms []*hdrhistogram.Histogram) error {
	var b strings.Builder
	w := hdrhistogram.NewHistogramLogWriter(&b)
	load := Started.Add(LoadAfter)
	if err := w.OutputLogFormatVersion(); err != nil {
		return err
	}
	// Written by hand: OutputStartTime prints the local time zone.
	fmt.Fprintf(&b, "#[StartTime: %.3f (seconds since epoch)]\n", float64(load.UnixMilli())/1000)
	fmt.Fprintf(&b, "#[BaseTime: %.3f (seconds since epoch)]\n", float64(load.UnixMilli())/1000)
	if err := w.OutputLegend(); err != nil {
		return err
	}
	encoded := map[*hdrhistogram.Histogram]string{} // an hour has the same ones many times
	for i, h := range histograms {
		if h.TotalCount() == 0 {
			continue
		}
		if encoded[h] == "" {
			payload, err := h.EncodeV2()
			if err != nil {
				return err
			}
			encoded[h] = fmt.Sprintf("%f,%s", float64(h.Max())/1e6, payload)
		}
		at, length := interval(i)
		fmt.Fprintf(&b, "Tag=%s,%f,%f,%s\n", s.phase(i), at.Seconds(), length.Seconds(), encoded[h])
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}
