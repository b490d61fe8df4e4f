package leftover

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// group is a process group that a run started. Started is when its leader
// began, in clock ticks since the boot that Boot names.
type group struct {
	ID      int    `json:"id"`
	Started uint64 `json:"started"`
	Boot    string `json:"boot"`
}

func groupOf(pid int) (*group, error) {
	started, err := began(pid)
	if err != nil {
		return nil, err
	}
	return &group{ID: pid, Started: started, Boot: boot()}, nil
}

// kill ends the processes that are the run's without doubt, and counts them:
// those with its mark that began after the first of its groups. Of the groups
// themselves nothing is asked: a process may have left its own.
func kill(groups []*group, run string) (killed int, err error) {
	first := uint64(math.MaxUint64)
	for _, g := range groups {
		if g.Boot == boot() { // else the machine has started since
			first = min(first, g.Started)
		}
	}
	if first == math.MaxUint64 {
		return 0, nil
	}
	return killMarked(run, first)
}

// End ends what a run's services started and left behind, and counts it: the
// processes of this user that carry the run's mark. It returns when a look finds
// no more of them. Elsewhere than on Linux it does nothing.
func End(run string) (killed int, err error) { return killMarked(run, 0) }

// The looks of killMarked: what is killed may have started more before.
const (
	looks     = 100
	lookAgain = 10 * time.Millisecond
)

func killMarked(run string, first uint64) (int, error) {
	killed := map[int]bool{}
	for range looks {
		hits, err := killOnce(run, first)
		for _, pid := range hits {
			killed[pid] = true
		}
		if err != nil || len(hits) == 0 {
			return len(killed), err
		}
		time.Sleep(lookAgain) // until they are gone
	}
	return len(killed), nil
}

func killOnce(run string, first uint64) (hits []int, err error) {
	all, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var errs []error
	for _, e := range all {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		hit, err := killOne(pid, run, first)
		if hit {
			hits = append(hits, pid)
		}
		errs = append(errs, err)
	}
	return hits, errors.Join(errs...)
}

// killOne takes hold of the process before it looks at it: its number may be
// another one's afterwards, what is held may not.
func killOne(pid int, run string, first uint64) (bool, error) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false, nil //nolint:nilerr // it is gone
	}
	defer func() { _ = p.Release() }()
	started, err := began(pid)
	if err != nil || started < first || !own(pid) || !marked(pid, run) {
		return false, nil //nolint:nilerr // it is gone, or not the run's
	}
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false, fmt.Errorf("kill process %d: %w", pid, err)
	}
	return true, nil
}

// own says whether a process is this user's: root can read the environment of
// all.
func own(pid int) bool {
	info, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	if err != nil {
		return false
	}
	of, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(of.Uid) == os.Geteuid()
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

// began is when a process began, in ticks since boot: field 22 of
// /proc/PID/stat. The name, in parentheses, may hold anything.
func began(pid int) (uint64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 20 {
		return 0, fmt.Errorf("/proc/%d/stat: %q", pid, text)
	}
	return strconv.ParseUint(fields[19], 10, 64)
}

func boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
