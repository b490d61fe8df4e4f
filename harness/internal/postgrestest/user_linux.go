package postgrestest

import (
	"os"
	"os/exec"
	"syscall"
)

// nobody runs the server where the tests run as root, which PostgreSQL
// refuses.
const nobody = 65534

// give makes a directory that of the server's user.
func give(dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	return os.Chown(dir, nobody, nobody)
}

// lower has a program run as the server's user, and end with its parent.
func lower(c *exec.Cmd) {
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() == 0 {
		c.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
}
