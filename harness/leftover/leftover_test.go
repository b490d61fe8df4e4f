package leftover

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/flowweir/weir/harness/lease"
)

// dead is the record of a run that was killed when it had written all of this.
func dead(t *testing.T, id string, write func(*Record) error) {
	t.Helper()
	r, err := Keep(id)
	if err == nil {
		err = write(r)
	}
	if err == nil {
		err = r.lease.Release()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func records(t *testing.T) int {
	t.Helper()
	dir, err := lease.Dir()
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"+ext))
	return len(files)
}

func TestSweepRemovesDirectories(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	ours := filepath.Join(os.TempDir(), BuildPrefix+"1")
	logs := filepath.Join(os.TempDir(), VerifyPrefix+"1")
	bin := filepath.Join(os.TempDir(), PlanPrefix+"1")
	named := filepath.Join(os.TempDir(), "theirs")
	elsewhere := filepath.Join(t.TempDir(), BuildPrefix+"2")
	for _, dir := range []string{ours, logs, bin, named, elsewhere} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	all := func(r *Record) error {
		for _, dir := range []string{ours, logs, bin, named, elsewhere} {
			if err := r.Dir(dir); err != nil {
				return err
			}
		}
		return nil
	}
	live, err := Keep("live")
	if err != nil {
		t.Fatal(err)
	}
	if err := all(live); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	Sweep(&log)
	if _, err := os.Stat(ours); err != nil || log.Len() > 0 {
		t.Errorf("a run that lives lost its directory: %v, %s", err, &log)
	}
	if err := live.Close(false, false, false); err != nil {
		t.Fatal(err)
	}
	dead(t, "dead", all)
	Sweep(&log)
	if got, want := log.String(), "removed what run dead left behind: processes 0, directories 3\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for dir, want := range map[string]bool{ours: false, logs: false, bin: false, named: true, elsewhere: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if n := records(t); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

func TestTopicsAndGroupsOfDeadRuns(t *testing.T) {
	for what, of := range map[string]struct {
		add  func(*Record, string, []string) error
		left func(string, []string) (map[string]string, error)
	}{"topics": {(*Record).Topics, Topics}, "groups": {(*Record).Groups, Groups}} {
		t.Run(what, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			dead(t, "dead", func(r *Record) error { return of.add(r, "here", []string{"a", "b"}) })
			Sweep(os.Stderr) // leaves them
			for _, tt := range []struct {
				cluster string
				gone    []string
				want    map[string]string
			}{
				{"there", nil, map[string]string{}},
				{"here", nil, map[string]string{"a": "dead", "b": "dead"}},
				{"here", []string{"a"}, map[string]string{"b": "dead"}},
				{"here", nil, map[string]string{"b": "dead"}}, // a is forgotten
				{"there", []string{"b"}, map[string]string{}},
				{"here", []string{"b"}, map[string]string{}},
			} {
				got, err := of.left(tt.cluster, tt.gone)
				if err != nil || !maps.Equal(got, tt.want) {
					t.Errorf("%s without %q: got %v and %v, want %v", tt.cluster, tt.gone, got, err, tt.want)
				}
			}
			if n := records(t); n != 0 {
				t.Errorf("%d records are left", n)
			}
		})
	}
}

// TestChanges: what a dead run changed of a cluster is undone there, last
// change first, and is then forgotten; what cannot be undone, or is of another
// cluster, stays, also through a sweep.
func TestChanges(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dead(t, "dead", func(r *Record) error {
		return errors.Join(r.Undo("a", json.RawMessage(`1`)), r.Undo("b", json.RawMessage(`2`)), r.Undo("a", json.RawMessage(`3`)), r.Topics("a", []string{"t"}))
	})
	Sweep(io.Discard)
	var undone []string
	refused := errors.New("no")
	undo := func(err error) func(string, json.RawMessage) error {
		return func(run string, change json.RawMessage) error {
			undone = append(undone, run+" "+string(change))
			return err
		}
	}
	if err := Changes("a", undo(refused)); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	for _, cluster := range []string{"a", "a", "b", "b"} {
		if err := Changes(cluster, undo(nil)); err != nil {
			t.Error(err)
		}
	}
	if want := []string{"dead 3", "dead 1", "dead 3", "dead 1", "dead 2"}; !slices.Equal(undone, want) {
		t.Errorf("got %q, want %q", undone, want)
	}
	if left, err := Topics("a", nil); err != nil || left["t"] != "dead" {
		t.Errorf("topics are %v, %v", left, err)
	}
}

// TestCloseKeepsWhatIsLeft of topics and changes, each by itself.
func TestCloseKeepsWhatIsLeft(t *testing.T) {
	for _, tt := range []struct{ topics, changes bool }{{false, false}, {true, false}, {false, true}, {true, true}} {
		t.Setenv("XDG_STATE_HOME", t.TempDir())
		r, err := Keep("run")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.Undo("a", json.RawMessage(`1`)), r.Topics("a", []string{"t"}), r.Close(tt.topics, tt.topics, tt.changes)); err != nil {
			t.Fatal(err)
		}
		changes := false
		err = Changes("a", func(string, json.RawMessage) error { changes = true; return nil })
		topics, topicsErr := Topics("a", nil)
		if err := errors.Join(err, topicsErr); err != nil {
			t.Fatal(err)
		}
		if changes != tt.changes || len(topics) > 0 != tt.topics {
			t.Errorf("%+v: left are changes %t, topics %v", tt, changes, topics)
		}
	}
}
