//go:build !linux

package leftover

import (
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

// kill ends the process if it is still the one that the run started.
func (g *group) kill(string) (killed int, err error) {
	started, err := began(g.ID)
	if err != nil || started != g.Started {
		return 0, nil //nolint:nilerr // it is gone
	}
	p, err := os.FindProcess(g.ID)
	if err != nil {
		return 0, nil //nolint:nilerr // it is gone
	}
	return 1, p.Kill()
}

func began(pid int) (int64, error) {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0, err
	}
	return p.CreateTime()
}
