package compare

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

// A synthetic run is a few seconds of warm-up and then steady load, as the
// first twenty seconds of package sample are.
const (
	warmSeconds   = 6
	steadySeconds = 14
	perSecond     = 1200
)

// syntheticRun is a run directory of a made-up flow.
type syntheticRun struct{ sample.Sample }

// synthetic is a run that began seed minutes after the first one, and whose
// latencies move a little with the seed.
func synthetic(name string, seed uint64) syntheticRun { return syntheticFlow(name, seed, 1) }

// syntheticFlow has latencies that are factor times as long.
func syntheticFlow(name string, seed uint64, factor float64) syntheticRun {
	rng := rand.New(rand.NewPCG(seed, 77))
	s := sample.Held()
	s.Run.Name, s.Run.Identity = "checkout", fmt.Sprintf("%012x", seed)
	s.Run.ID = name
	s.Run.Seed = 42
	s.Run.Started = sample.Started.Add(time.Duration(seed) * time.Minute)
	s.Run.Ended = s.Run.Started.Add(30 * time.Second)
	s.Logs = nil
	s.Results.Faults, s.Results.Latencies = nil, nil
	s.Run.Phases = []run.Phase{
		{Name: run.PhaseWarmup, Start: 0, End: warmSeconds * time.Second},
		{Name: run.PhaseSteady, Start: warmSeconds * time.Second, End: (warmSeconds + steadySeconds) * time.Second},
	}
	level := math.Log(5e6*factor) + 0.02*rng.NormFloat64()
	s.Histograms = map[string][]*hdrhistogram.Histogram{}
	for _, kind := range []string{run.Publish, run.EndToEnd} {
		for range warmSeconds + steadySeconds {
			h := newHistogram()
			for range perSecond {
				if err := h.RecordValue(int64(math.Exp(level + 0.4*rng.NormFloat64()))); err != nil {
					panic(err)
				}
			}
			s.Histograms[kind] = append(s.Histograms[kind], h)
		}
		level += 0.3
	}
	s.Intervals = nil
	for i := range warmSeconds + steadySeconds {
		phase := run.PhaseSteady
		if i < warmSeconds {
			phase = run.PhaseWarmup
		}
		s.Intervals = append(s.Intervals, run.Interval{
			Start: time.Duration(i) * time.Second, Length: time.Second, Phase: phase,
			Due: perSecond, Sent: perSecond, Acked: perSecond - int64(rng.IntN(3)),
		})
	}
	return syntheticRun{s}
}

// file is written over what a run directory has.
type file struct{ name, content string }

func (s syntheticRun) write(t testing.TB, dir string, files ...file) {
	t.Helper()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func (s syntheticRun) open(t testing.TB, files ...file) *run.Record {
	t.Helper()
	dir := filepath.Join(t.TempDir(), s.Run.ID)
	s.write(t, dir, files...)
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func records(all ...*run.Record) []*run.Record { return all }

// synthetics is a directory for the synthetic runs that several tests open,
// each written once: a folder for each factor, and in it base-1, candidate-1
// and so on.
var synthetics string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		var err error
		if synthetics, err = os.MkdirTemp("", "weir-compare"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer func() { _ = os.RemoveAll(synthetics) }()
		return m.Run()
	}())
}

// sides are n runs a side, in turn, the candidate's latencies factor times
// those of the base. The test goes on in the directory that holds them.
func sides(t testing.TB, n int, factor float64) (base, candidate []*run.Record) {
	t.Helper()
	folder := filepath.Join(synthetics, fmt.Sprint(factor))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(folder)
	open := func(name string, seed uint64, factor float64) *run.Record {
		if _, err := os.Stat(name); err != nil {
			syntheticFlow(name, seed, factor).write(t, name)
		}
		rec, err := run.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		return rec
	}
	for i := range n {
		base = append(base, open(fmt.Sprintf("base-%d", i+1), uint64(2*i), 1))
		candidate = append(candidate, open(fmt.Sprintf("candidate-%d", i+1), uint64(2*i+1), factor))
	}
	return base, candidate
}
