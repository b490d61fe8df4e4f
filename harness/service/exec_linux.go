package service

import "syscall"

// groupAttr makes the process a group's leader, and makes the kernel kill it
// when Weir is gone.
func groupAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
