//go:build unix

package main

import "syscall"

// openFiles is how many files and connections this process may have open; ok
// is false where there is no such limit.
func openFiles() (limit uint64, ok bool) {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		return 0, false
	}
	return uint64(r.Cur), true //nolint:unconvert // it is an int64 on FreeBSD
}
