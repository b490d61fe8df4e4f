package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// The exit codes.
const (
	exitPass           = 0
	exitFindings       = 1 // findings, or failed objectives
	exitUsage          = 2 // usage, or input that cannot be read
	exitInfrastructure = 3
	exitInconclusive   = 4 // inconclusive, vacuous, undecided
)

// verdictCodes are the exit codes of verdicts on what was found.
var verdictCodes = map[finding.Verdict]int{
	finding.Pass: exitPass, finding.Fail: exitFindings, finding.Inconclusive: exitInconclusive,
}

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
	case err == nil, errors.Is(err, errReaderGone):
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
	switch {
	case errors.Is(err, cluster.ErrRefused), errors.Is(err, run.ErrTaken):
		return exitUsage
	case errors.Is(err, scenario.ErrInterrupted):
		return exitInconclusive
	}
	return exitInfrastructure
}

func (s *state) complain(err error, hint string) {
	if err == nil {
		return
	}
	// What failed may quote a URL with a password. The signal is what happened, not the context.
	text := strings.ReplaceAll(secret.Message(err.Error()), context.Canceled.Error(), "interrupted")
	lines := strings.Split(text, "\n")
	for i, line := range lines { // a service's own last lines, too
		lines[i] = finding.Visible(line)
	}
	text = strings.Join(lines, "\n")
	_, _ = fmt.Fprintf(s.stderr, "weir: %s\n", text)
	if hint != "" {
		_, _ = fmt.Fprintf(s.stderr, "      = hint: %s\n", secret.Message(hint))
	}
}

// errReaderGone says that whoever read the results has read enough.
var errReaderGone = errors.New("standard output is closed")

// results is standard output. That its reader went away (weir journal DIR |
// head) is an error of its own, so that it cannot be taken for a connection of
// a run that broke.
type results struct{ io.Writer }

func (r results) Write(p []byte) (int, error) {
	n, err := r.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		err = errReaderGone
	}
	return n, err
}

// printed is the error of printing results, if it is one: where the reader
// went away, the exit code is still that of the verdict.
func printed(err error) error {
	if errors.Is(err, errReaderGone) {
		return nil
	}
	return err
}
