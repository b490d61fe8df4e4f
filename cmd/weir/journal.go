package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
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

The journal of a run that was killed, or has not ended, is printed up to the
cut; standard error says so, and the exit code is then 4. So it is for a run
that was interrupted or broke: what it was to do is not all in it.`,
		Example: `  weir journal runs/20260102T150405Z-orders-1a2b3c > journal.csv
  weir journal runs/20260102T150405Z-orders-1a2b3c | head`,
		Args:              oneArg("a run directory"),
		ValidArgsFunction: directories,
		RunE:              func(_ *cobra.Command, args []string) error { return s.journal(args[0]) },
	}
}

// blocks is the journal's file in a run directory.
var blocks = path.Join("journal", journal.File)

func (s *state) journal(dir string) error {
	rec, err := run.Open(dir)
	if err != nil {
		return noRun(dir, err)
	}
	out := sink{Writer: s.stdout}
	err = journal.CSV(filepath.Join(dir, "journal"), &out)
	switch {
	case out.failed:
		return err
	case err == nil, rec.Defect(blocks) != nil && (errors.Is(err, journal.ErrTruncated) || errors.Is(err, fs.ErrNotExist)):
		return incomplete(rec)
	case errors.Is(err, journal.ErrTruncated):
		return &exitError{code: exitInconclusive, err: err}
	}
	return &exitError{code: exitUsage, err: err}
}

// incomplete says that a record is not that of a whole run.
func incomplete(rec *run.Record) error {
	if cut := rec.Defect(blocks); cut != nil {
		return &exitError{code: exitInconclusive, err: fmt.Errorf("%s: the record is not complete", cut)}
	}
	why := ""
	switch rec.Run.Status {
	case run.Complete:
		return nil
	case run.Running:
		why = "the run did not end: weir was killed, or is still running"
	case run.Interrupted:
		why = "the run was interrupted before its end"
	default:
		why = "the run broke before its end"
	}
	return &exitError{code: exitInconclusive, err: fmt.Errorf("%s: the record is not complete", why)}
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
