package service

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// groupAttr keeps Ctrl-C in Weir's console from reaching the service: Weir
// ends it in its own time.
func groupAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// toolAttr is that of any program: it is ended alone.
func toolAttr() *syscall.SysProcAttr { return nil }

// killGroup ends the process alone: see the package's comment on orphans.
func killGroup(p *os.Process) error {
	if err := p.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end process %d: %w", p.Pid, err)
	}
	return nil
}

var errNoPause = errors.New("a process cannot be frozen on Windows")

func pauseGroup(*os.Process) error   { return errNoPause }
func unpauseGroup(*os.Process) error { return nil }

// terminateGroup ends the process at once: Windows has no SIGTERM.
func terminateGroup(p *os.Process) error { return killGroup(p) }
