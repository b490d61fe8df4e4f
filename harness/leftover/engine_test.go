package leftover

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/flowweir/weir/harness/lease"
)

// TestEngines: those of dead runs are visited until they are forgotten, those of
// live ones are not.
func TestEngines(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	live, err := lease.Hold("live")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = live.Release() }()
	for run, host := range map[string]string{"live": "tcp://live:1", "killed": "tcp://killed:1", "gone": "tcp://gone:1", "clean": "tcp://clean:1"} {
		if err := KeepEngine(run, Engine{Host: host, Namespace: "n"}); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := lease.Dir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "torn.engine"), []byte(`{"ho`), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // that there is none any more is no error
		if err := ForgetEngine("clean"); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range [][]string{{"gone tcp://gone:1 n", "killed tcp://killed:1 n"}, {"killed tcp://killed:1 n"}} {
		var got []string
		err := Engines(func(run string, e Engine) bool {
			got = append(got, run+" "+e.Host+" "+e.Namespace)
			return run == "gone"
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"+engineExt))
	if want := []string{filepath.Join(dir, "killed.engine"), filepath.Join(dir, "live.engine")}; !slices.Equal(left, want) {
		t.Errorf("on record are %q, want %q", left, want)
	}
}
