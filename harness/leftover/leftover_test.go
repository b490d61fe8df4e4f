package leftover

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
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

func TestSweepRemovesBuildDirectories(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	ours := filepath.Join(os.TempDir(), BuildPrefix+"1")
	named := filepath.Join(os.TempDir(), "theirs")
	elsewhere := filepath.Join(t.TempDir(), BuildPrefix+"2")
	for _, dir := range []string{ours, named, elsewhere} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	all := func(r *Record) error {
		for _, dir := range []string{ours, named, elsewhere} {
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
	if err := live.Close(false); err != nil {
		t.Fatal(err)
	}
	dead(t, "dead", all)
	Sweep(&log)
	if got, want := log.String(), "removed what run dead left behind: processes 0, build directories 1\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for dir, want := range map[string]bool{ours: false, named: true, elsewhere: true} {
		if _, err := os.Stat(dir); (err == nil) != want {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if n := records(t); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

func TestTopicsOfDeadRuns(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dead(t, "dead", func(r *Record) error { return r.Topics("here", []string{"a", "b"}) })
	Sweep(os.Stderr) // leaves topics
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
		got, err := Topics(tt.cluster, tt.gone)
		if err != nil || !maps.Equal(got, tt.want) {
			t.Errorf("%s without %q: got %v and %v, want %v", tt.cluster, tt.gone, got, err, tt.want)
		}
	}
	if n := records(t); n != 0 {
		t.Errorf("%d records are left", n)
	}
}
