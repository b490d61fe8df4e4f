package service

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// ProgramError says why a command cannot be executed, here or anywhere: no
// engine and no broker is at fault, but what was written.
type ProgramError struct {
	Program string
	// Reason says what was looked for and where.
	Reason string
}

func (e *ProgramError) Error() string { return fmt.Sprintf("cannot run %s: %s", e.Program, e.Reason) }

// CheckProgram says why a program cannot be started in a directory (default
// this process's) with a *ProgramError, if so. A program without a path
// separator is looked up in PATH, as Start does.
func CheckProgram(program, dir string) error {
	if filepath.Base(program) == program {
		if _, err := exec.LookPath(program); err != nil {
			return &ProgramError{program, fmt.Sprintf("%v; PATH is %s", reason(err), os.Getenv("PATH"))}
		}
		return nil
	}
	path := program
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if _, err := exec.LookPath(absolute(path)); err != nil {
		return &ProgramError{program, fmt.Sprintf("%s: %v", path, reason(err))}
	}
	return nil
}

// absolute keeps a path from being looked up in PATH.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// notExecutable turns the error of a start into a *ProgramError where it is
// about the program: one that is gone, is no executable of this machine, or
// names an interpreter that is not there.
func notExecutable(program string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &ProgramError{program, fmt.Sprintf("%v: it, or the interpreter that it names", reason(err))}
	}
	for _, of := range []error{fs.ErrPermission, exec.ErrNotFound, syscall.ENOEXEC, syscall.ENOTDIR} {
		if errors.Is(err, of) {
			return &ProgramError{program, reason(err).Error()}
		}
	}
	return err
}

// reason is an error without the names that the sentence around it has.
func reason(err error) error {
	var look *exec.Error
	var file *fs.PathError
	switch {
	case errors.As(err, &file):
		return file.Err
	case errors.As(err, &look):
		return errors.New(strings.ReplaceAll(look.Err.Error(), "$PATH", "PATH"))
	}
	return err
}
