package docker

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/lease"
	"github.com/flowweir/weir/harness/leftover"
)

// fakeEngine answers what a sweep asks of an engine. Of each run in it there are
// two containers, a network and a volume.
type fakeEngine struct {
	*httptest.Server
	namespace string

	mu      sync.Mutex
	runs    []string
	asked   int
	removed []string
}

func newFakeEngine(t *testing.T, runs ...string) *fakeEngine {
	t.Helper()
	namespace, err := lease.Namespace()
	if err != nil {
		t.Fatal(err)
	}
	unanswered.Clear() // another test's engine may have had this one's port
	f := &fakeEngine{namespace: namespace, runs: runs}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// host is the engine's address as DOCKER_HOST has it.
func (f *fakeEngine) host() string { return "tcp://" + f.Listener.Addr().String() }

func (f *fakeEngine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if strings.HasPrefix(parts[0], "v1.") {
		parts = parts[1:]
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Api-Version", "1.47")
	if r.Method == http.MethodDelete {
		f.removed = append(f.removed, strings.Join(parts, " "))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	var items []map[string]any
	for _, run := range f.runs {
		labels := map[string]string{labelRun: run, labelNamespace: f.namespace}
		if filters := r.URL.Query().Get("filters"); strings.Contains(filters, labelRun+"=") && !strings.Contains(filters, labelRun+"="+run+`"`) {
			continue
		}
		switch parts[0] {
		case "containers":
			for i := range 2 {
				id := fmt.Sprintf("%s-container-%d", run, i)
				items = append(items, map[string]any{"Id": id, "Names": []string{"/" + id}, "Labels": labels, "Created": 1})
			}
		case "networks":
			items = append(items, map[string]any{"Id": run + "-network", "Name": run + "-network", "Labels": labels})
		case "volumes":
			items = append(items, map[string]any{"Name": run + "-volume", "Labels": labels})
		}
	}
	var answer any = items
	if parts[0] == "volumes" {
		answer = map[string]any{"Volumes": items}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

func (f *fakeEngine) record(t *testing.T, run string) {
	t.Helper()
	if err := leftover.KeepEngine(run, leftover.Engine{Host: f.host(), Namespace: f.namespace}); err != nil {
		t.Fatal(err)
	}
}

// onRecord are the runs of which something may be on an engine.
func onRecord(t *testing.T) (runs []string) {
	t.Helper()
	dir, err := lease.Dir()
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.engine"))
	for _, file := range files {
		runs = append(runs, strings.TrimSuffix(filepath.Base(file), ".engine"))
	}
	return runs
}

// sweeps is what a start says that needs no engine itself.
func sweeps(t *testing.T) string {
	t.Helper()
	var log bytes.Buffer
	cluster.Sweep(t.Context(), &log, Provider())
	return log.String()
}

// TestSweepByRecord: the next start removes what dead runs have on the engine
// that they used, and nothing of others; where none is on record it asks nobody.
func TestSweepByRecord(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1") // another one than they used
	f := newFakeEngine(t, "killed", "live", "unrecorded")
	if said := sweeps(t); said != "" || f.asked != 0 {
		t.Errorf("without a record: %q, asked %d times", said, f.asked)
	}
	held, err := lease.Hold("live")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Release() }()
	for _, run := range []string{"killed", "live", "nothing-left"} {
		f.record(t, run)
	}
	if err := leftover.KeepEngine("elsewhere", leftover.Engine{Host: f.host(), Namespace: "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	if got, want := sweeps(t), "docker: removed what run killed left behind: containers 2, networks 1, volumes 1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	slices.Sort(f.removed)
	if want := []string{"containers killed-container-0", "containers killed-container-1", "networks killed-network", "volumes killed-volume"}; !slices.Equal(f.removed, want) {
		t.Errorf("removed %q, want %q", f.removed, want)
	}
	if got, want := onRecord(t), []string{"elsewhere", "live"}; !slices.Equal(got, want) {
		t.Errorf("on record are %q, want %q", got, want)
	}
	f.asked = 0
	if said := sweeps(t); said != "" || f.asked != 0 {
		t.Errorf("the start after it: %q, asked %d times", said, f.asked)
	}
}

// TestSweepWithoutAnswer: an engine that is gone is told in one line, however
// many runs used it, and stays on record.
func TestSweepWithoutAnswer(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	f := newFakeEngine(t)
	f.record(t, "killed-1")
	f.record(t, "killed-2")
	f.Close()
	got := sweeps(t)
	want := "docker: what run killed-1 left on the engine at " + f.host() + " stays until the next start: it does not answer: "
	if !strings.HasPrefix(got, want) || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q, want %q and why", got, want)
	}
	if said := sweeps(t); said != "" {
		t.Errorf("told again: %q", said)
	}
	if got, want := onRecord(t), []string{"killed-1", "killed-2"}; !slices.Equal(got, want) {
		t.Errorf("on record are %q, want %q", got, want)
	}
}

// TestHold: a run is on record from before it makes anything until all that it
// made is removed.
func TestHold(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	f := newFakeEngine(t)
	e, err := engineAt(f.host())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		clean []bool
		want  []string
	}{
		{"all-removed", []bool{true, true}, nil},
		{"one-may-remain", []bool{false, true}, []string{"one-may-remain"}},
	} {
		var holds []*hold
		for range tt.clean {
			h, err := e.hold(tt.name, f.namespace)
			if err != nil {
				t.Fatal(err)
			}
			holds = append(holds, h)
		}
		for i, h := range holds {
			if got := onRecord(t); !slices.Contains(got, tt.name) {
				t.Errorf("%s: on record are %q before the end %d", tt.name, got, i)
			}
			for range 2 {
				if err := h.end(tt.clean[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := onRecord(t); !slices.Equal(got, tt.want) {
			t.Errorf("%s: on record are %q, want %q", tt.name, got, tt.want)
		}
	}
	if said := sweeps(t); said != "" || len(onRecord(t)) != 0 {
		t.Errorf("the next start finds nothing: %q, on record %q", said, onRecord(t))
	}
}
