package main

import (
	"errors"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/reports/run"
)

func newJournal(s *state) *cobra.Command {
	return &cobra.Command{
		Use:   "journal DIR",
		Short: "Print the raw record of a run directory as CSV",
		Long: `Journal prints what happened to each record of a run as CSV: when it was sent
and with what outcome, and each time it was seen again. Times are microseconds
since the load began.

The journal of a run that was killed is printed up to the cut, and the exit
code is then 4.`,
		Example: `  weir journal runs/20260102T150405Z-orders-1a2b3c > journal.csv
  weir journal runs/20260102T150405Z-orders-1a2b3c | head`,
		Args:              oneArg("a run directory"),
		ValidArgsFunction: directories,
		RunE:              func(_ *cobra.Command, args []string) error { return s.journal(args[0]) },
	}
}

func (s *state) journal(dir string) error {
	if _, err := run.Open(dir); err != nil {
		return noRun(dir, err)
	}
	out := sink{Writer: s.stdout}
	err := journal.CSV(filepath.Join(dir, "journal"), &out)
	switch {
	case err == nil, out.failed:
		return err
	case errors.Is(err, journal.ErrTruncated):
		return &exitError{code: exitInconclusive, err: err}
	}
	return &exitError{code: exitUsage, err: err}
}

// sink tells errors of writing from errors of what is read.
type sink struct {
	io.Writer
	failed bool
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.Writer.Write(p)
	s.failed = s.failed || err != nil
	return n, err
}
