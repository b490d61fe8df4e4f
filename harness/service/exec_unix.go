//go:build unix

package service

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// toolAttr makes a program that is waited for the leader of a group.
func toolAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func killGroup(p *os.Process) error    { return signalGroup(p, syscall.SIGKILL) }
func pauseGroup(p *os.Process) error   { return signalGroup(p, syscall.SIGSTOP) }
func unpauseGroup(p *os.Process) error { return signalGroup(p, syscall.SIGCONT) }

// terminateGroup also lets a group go on that is paused: before that it gets
// no signal but SIGKILL.
func terminateGroup(p *os.Process) error {
	return errors.Join(signalGroup(p, syscall.SIGTERM), unpauseGroup(p))
}

// signalGroup signals every process of the group that p leads. That none is
// left is no error.
func signalGroup(p *os.Process, sig syscall.Signal) error {
	err := syscall.Kill(-p.Pid, sig)
	if err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %s to process group %d: %w", sig, p.Pid, err)
	}
	return nil
}
