//go:build unix && !linux

package service

import "syscall"

// groupAttr makes the process a group's leader. There is no parent-death
// signal here: see the package's comment on orphans.
func groupAttr() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
