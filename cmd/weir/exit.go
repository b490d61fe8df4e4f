package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// The exit codes.
const (
	exitPass           = 0
	exitFindings       = 1 // findings, or failed objectives
	exitUsage          = 2 // usage, or input that cannot be read
	exitInfrastructure = 3
	exitInconclusive   = 4 // inconclusive, vacuous, undecided
)

// exitError ends the command with a code. Without an err everything has been
// printed already.
type exitError struct {
	code int
	err  error
	// hint is the next step, on a line of its own; may be empty.
	hint string
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// exit is the error that ends a command with a code, nil for a pass.
func exit(code int) error {
	if code == exitPass {
		return nil
	}
	return &exitError{code: code}
}

func usageError(hint, format string, args ...any) error {
	return &exitError{code: exitUsage, err: fmt.Errorf(format, args...), hint: hint}
}

// fail prints an error of a verb and answers the exit code.
func (s *state) fail(err error) int {
	var (
		plan  *scenario.PlanError
		known *exitError
	)
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
		return exitPass
	case errors.As(err, &plan):
		if err := finding.Text(s.stderr, plan.Findings); err != nil {
			return exitInfrastructure
		}
		return exitUsage
	case errors.As(err, &known):
		s.complain(known.err, known.hint)
		return known.code
	}
	s.complain(err, "")
	if errors.Is(err, cluster.ErrRefused) {
		return exitUsage
	}
	return exitInfrastructure
}

func (s *state) complain(err error, hint string) {
	if err == nil {
		return
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	_, _ = fmt.Fprintf(s.stderr, "weir: %v\n", err)
	if hint != "" {
		_, _ = fmt.Fprintf(s.stderr, "      = hint: %s\n", hint)
	}
}
