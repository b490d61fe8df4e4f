package leftover

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// group is a process group that a run started. Started is when its leader
// began, in clock ticks since the boot that Boot names.
type group struct {
	ID      int    `json:"id"`
	Started uint64 `json:"started"`
	Boot    string `json:"boot"`
}

func groupOf(pid int) (*group, error) {
	_, started, err := stat(pid)
	if err != nil {
		return nil, err
	}
	return &group{ID: pid, Started: started, Boot: boot()}, nil
}

// kill ends the group's processes that are the run's without doubt, and counts
// them.
func (g *group) kill(run string) (killed int, err error) {
	if g.Boot != boot() {
		return 0, nil // the machine has started since
	}
	all, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, e := range all {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		hit, err := g.killOne(pid, run)
		if hit {
			killed++
		}
		errs = append(errs, err)
	}
	return killed, errors.Join(errs...)
}

// killOne takes hold of the process before it looks at it: its number may be
// another one's afterwards, what is held may not.
func (g *group) killOne(pid int, run string) (bool, error) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false, nil //nolint:nilerr // it is gone
	}
	defer func() { _ = p.Release() }()
	in, started, err := stat(pid)
	if err != nil || in != g.ID || started < g.Started || !marked(pid, run) {
		return false, nil //nolint:nilerr // it is gone, or not the run's
	}
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, fmt.Errorf("kill process %d: %w", pid, err)
	}
	return true, nil
}

// marked says whether a process, or what it descends from, was started by the
// run.
func marked(pid int, run string) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return false
	}
	for variable := range bytes.SplitSeq(environment, []byte{0}) {
		if string(variable) == Mark+"="+run {
			return true
		}
	}
	return false
}

// stat is a process's group and when it began, in ticks since boot: fields 5
// and 22 of /proc/PID/stat. The name, in parentheses, may hold anything.
func stat(pid int) (group int, started uint64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 20 {
		return 0, 0, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	if group, err = strconv.Atoi(fields[2]); err != nil {
		return 0, 0, err
	}
	started, err = strconv.ParseUint(fields[19], 10, 64)
	return group, started, err
}

func boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
