//go:build !linux

package leftover

import (
	"errors"
	"os"

	"github.com/shirou/gopsutil/v4/process"
)

// group is a process that a run started. Started is when it began, in
// milliseconds since 1970. Of what it started itself nothing is known here.
type group struct {
	ID      int   `json:"id"`
	Started int64 `json:"started"`
}

func groupOf(pid int) (*group, error) {
	started, err := began(pid)
	return &group{ID: pid, Started: started}, err
}

// kill ends the processes that are still the ones that the run started.
func kill(groups []*group, _ string) (killed int, err error) {
	var errs []error
	for _, g := range groups {
		started, err := began(g.ID)
		if err != nil || started != g.Started {
			continue // it is gone
		}
		p, err := os.FindProcess(g.ID)
		if err != nil {
			continue // it is gone
		}
		killed++
		errs = append(errs, p.Kill())
	}
	return killed, errors.Join(errs...)
}

// End does nothing: what a process descends from is told on Linux only.
func End(string) (killed int, err error) { return 0, nil }

func began(pid int) (int64, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0, err
	}
	return p.CreateTime()
}
