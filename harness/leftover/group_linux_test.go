package leftover

import (
	"bytes"
	"os/exec"
	"syscall"
	"testing"
)

// TestSweepKillsGroups: a service that was killed left a process in its group.
// Groups whose processes are not the run's beyond doubt stay.
func TestSweepKillsGroups(t *testing.T) {
	for name, tt := range map[string]struct {
		mark   string
		change func(*group)
		want   string
	}{
		"the run's":           {"dead", func(*group) {}, "removed what run dead left behind: processes 1, build directories 0\n"},
		"of another run":      {"other", func(*group) {}, ""},
		"older than the run":  {"dead", func(g *group) { g.Started = 1 << 62 }, ""},
		"before this boot":    {"dead", func(g *group) { g.Boot = "another" }, ""},
		"of another group id": {"dead", func(g *group) { g.ID = 1 << 30 }, ""},
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
