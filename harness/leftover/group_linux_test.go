package leftover

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// TestSweepKillsProcesses: a service that was killed left a process, in its group
// or in one of its own. What is not the run's beyond doubt stays.
func TestSweepKillsProcesses(t *testing.T) {
	for name, tt := range map[string]struct {
		mark   string
		change func(*group)
		want   string
	}{
		"the run's":           {"dead", func(*group) {}, "removed what run dead left behind: processes 1, directories 0\n"},
		"of another run":      {"other", func(*group) {}, ""},
		"older than the run":  {"dead", func(g *group) { g.Started = 1 << 62 }, ""},
		"before this boot":    {"dead", func(g *group) { g.Boot = "another" }, ""},
		"that left its group": {"dead", func(g *group) { g.ID = 1 << 30 }, "removed what run dead left behind: processes 1, directories 0\n"},
		"of a longer name":    {"dead2", func(*group) {}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_STATE_HOME", t.TempDir())
			cmd := exec.Command("sleep", "300")
			cmd.Env = []string{Mark + "=" + tt.mark}
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
			g, err := groupOf(cmd.Process.Pid)
			if err != nil {
				t.Fatal(err)
			}
			tt.change(g)
			dead(t, "dead", func(r *Record) error { return r.add(entry{Group: g}) })
			var log bytes.Buffer
			Sweep(&log)
			if log.String() != tt.want {
				t.Errorf("got %q, want %q", &log, tt.want)
			}
		})
	}
}

// TestEnd: at its end a run ends what its services left, by the exact mark.
func TestEnd(t *testing.T) {
	sleeping := func(env string) *exec.Cmd {
		t.Helper()
		cmd := exec.Command("sleep", "300")
		cmd.Env = []string{env}
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}
	run := fmt.Sprintf("run-%d", os.Getpid())
	left := sleeping(Mark + "=" + run)
	sleeping(Mark + "=" + run + "0")
	sleeping(Mark + "2=" + run)
	sleeping("OTHER=" + Mark + "=" + run)
	for _, want := range []int{1, 0} {
		if n, err := End(run); n != want || err != nil {
			t.Errorf("ended %d, want %d: %v", n, want, err)
		}
	}
	if state, err := left.Process.Wait(); err != nil || state.Success() {
		t.Errorf("it ended with %v, %v", state, err)
	}
}
