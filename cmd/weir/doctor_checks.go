package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/mem"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/reports/summary"
)

// engineTimeout bounds what doctor asks of the container engine.
const engineTimeout = 15 * time.Second

// examine makes all checks. Their order is that of the output.
func (s *state) examine(ctx context.Context, calibrate bool) health {
	h := health{Format: "weir/doctor/v1", Clusters: []string{}}
	brokers := checkEmbedded(ctx)
	h.Checks = append(h.Checks, checkPort(ctx), brokers, checkCores(), checkMemory(ctx), checkClock(), checkFiles(), checkGo(), s.checkGenerator(ctx, calibrate))
	if brokers.Status == statusOK {
		h.Clusters = append(h.Clusters, cluster.Embedded)
	}
	engine, works := s.checkEngine(ctx)
	h.Checks = append(h.Checks, engine...)
	if works {
		h.Clusters = append(h.Clusters, cluster.Docker)
	}
	h.Clusters = append(h.Clusters, cluster.External)
	return h
}

func checkPort(ctx context.Context) diagnosis {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return diagnosis{"ports", statusMissing, fmt.Sprintf("no port of 127.0.0.1 can be bound: %v", err), "allow this program to listen on 127.0.0.1"}
	}
	_ = l.Close()
	return diagnosis{Name: "ports", Status: statusOK, Message: "ports of 127.0.0.1 can be bound"}
}

func checkEmbedded(ctx context.Context) diagnosis {
	const brokers = 3
	began := time.Now()
	up, err := embedded.Start(ctx, cluster.Spec{Kind: cluster.Embedded, Brokers: brokers})
	if err != nil {
		return diagnosis{"embedded", statusMissing, fmt.Sprintf("the embedded cluster does not start: %v", err), "see the line on ports"}
	}
	took := time.Since(began)
	_ = up.Close(ctx)
	return diagnosis{Name: "embedded", Status: statusOK, Message: fmt.Sprintf("%d embedded brokers started in %s", brokers, summary.Duration(took))}
}

func checkCores() diagnosis {
	d := diagnosis{Name: "cores", Status: statusOK, Message: fmt.Sprintf("%s of %d can be used", summary.Plural(runtime.GOMAXPROCS(0), "core", "cores"), runtime.NumCPU())}
	if runtime.GOMAXPROCS(0) < 2 {
		d.Status, d.Next = statusWarn, "expect a generator that limits what it measures: give this process two cores or more"
	}
	return d
}

func checkMemory(ctx context.Context) diagnosis {
	// Three brokers of a docker cluster take 330 MB each.
	const enough = 3 << 29 // 1.5 GiB
	m, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return diagnosis{"memory", statusWarn, fmt.Sprintf("unknown: %v", err), "make sure that 1.5 GiB are free before a docker cluster is started"}
	}
	d := diagnosis{Name: "memory", Status: statusOK, Message: fmt.Sprintf("%s of %s available", summary.Bytes(m.Available), summary.Bytes(m.Total))}
	if m.Available < enough {
		d.Status, d.Next = statusWarn, "three brokers in containers need 1.5 GiB: free some, or start fewer brokers"
	}
	return d
}

// checkClock measures what every latency rests on: the least step that the
// clock shows, and how late a sleeper wakes.
func checkClock() diagnosis {
	const coarse, late = 100 * time.Microsecond, 5 * time.Millisecond
	step, oversleep := clockStep(), oversleep()
	d := diagnosis{Name: "clock", Status: statusOK, Message: fmt.Sprintf("steps of %s; a sleep of 1 ms wakes %s late (median)", summary.Duration(step), summary.Duration(oversleep))}
	if step > coarse || oversleep > late {
		d.Status, d.Next = statusWarn, "latencies below these figures mean nothing here: measure on another machine, or one that is less busy"
	}
	return d
}

// clockStep is the least difference between two readings that differ.
func clockStep() time.Duration {
	least := time.Hour
	for range 1000 {
		began := time.Now()
		for {
			if step := time.Since(began); step > 0 {
				least = min(least, step)
				break
			}
		}
	}
	return least
}

func oversleep() time.Duration {
	const samples = 21
	late := make([]time.Duration, samples)
	for i := range late {
		began := time.Now()
		time.Sleep(time.Millisecond)
		late[i] = time.Since(began) - time.Millisecond
	}
	slices.Sort(late)
	return late[samples/2]
}

func checkFiles() diagnosis {
	const enough = 4096
	limit, ok := openFiles()
	switch {
	case !ok:
		return diagnosis{Name: "files", Status: statusOK, Message: "no limit on open files"}
	case limit < enough:
		return diagnosis{"files", statusWarn, fmt.Sprintf("%s open files and connections at most", summary.Count(limit)), fmt.Sprintf("raise the limit before large runs: ulimit -n %d", enough)}
	}
	return diagnosis{Name: "files", Status: statusOK, Message: fmt.Sprintf("%s open files and connections at most", summary.Count(limit))}
}

func checkGo() diagnosis {
	path, err := exec.LookPath("go")
	if err != nil {
		return diagnosis{"go", statusWarn, "no Go toolchain in PATH", "scenarios whose services say build: need it; command: and image: do not"}
	}
	return diagnosis{Name: "go", Status: statusOK, Message: path + " builds services"}
}

// checkEngine looks at the container engine; works says whether docker
// clusters can be started now.
func (s *state) checkEngine(ctx context.Context) (checks []diagnosis, works bool) {
	ctx, cancel := context.WithTimeout(ctx, engineTimeout)
	defer cancel()
	engine, err := docker.Probe(ctx)
	if err != nil {
		return []diagnosis{{"engine", statusWarn, "no container engine can be used", err.Error()}}, false
	}
	checks = append(checks, diagnosis{Name: "engine", Status: statusOK, Message: strings.TrimSpace(cmp.Or(engine.Name, "container engine") + " " + engine.Version)})
	image := diagnosis{Name: "image", Status: statusOK, Message: engine.Image + " is there"}
	if !engine.Present {
		image.Status, image.Message = statusWarn, engine.Image+" is not there; the first start pulls it"
		image.Next = "where no image registry can be reached, run make kafka-image, or name an image in " + docker.ImageEnv
	}
	return append(append(checks, image), s.checkLeftovers(ctx)...), engine.Present
}

// checkLeftovers lists what runs have in the engine.
func (s *state) checkLeftovers(ctx context.Context) []diagnosis {
	left, err := docker.List(ctx)
	if err != nil {
		return []diagnosis{{"leftovers", statusWarn, fmt.Sprintf("what earlier runs left is unknown: %v", err), "make the container engine answer, then try again"}}
	}
	var checks []diagnosis
	for _, l := range left {
		d := diagnosis{Name: "leftovers", Status: statusWarn, Message: fmt.Sprintf("run %s (%s) has %s, %s, %s, %s old", summary.Plain(l.RunID), l.State,
			summary.Plural(len(l.Containers), "container", "containers"), summary.Plural(len(l.Networks), "network", "networks"),
			summary.Plural(len(l.Volumes), "volume", "volumes"), summary.Duration(s.now().Sub(l.Created).Round(time.Second)))}
		switch l.State {
		case docker.Live:
			d.Status = statusOK
		case docker.Dead:
			d.Next = "the next start of a run removes it"
		case docker.Foreign:
			d.Next = "another machine, container or user started it; if it is over: docker rm --force --volumes " + summary.Plain(strings.Join(l.Containers, " "))
		}
		checks = append(checks, d)
	}
	if len(checks) == 0 {
		checks = append(checks, diagnosis{Name: "leftovers", Status: statusOK, Message: "no run has left anything in the engine"})
	}
	return checks
}
