package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/reports"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

func newReport(s *state) *cobra.Command {
	return &cobra.Command{
		Use:   "report DIR",
		Short: "Make the reports of a run directory again",
		Long: `Report makes report.html, junit.xml, summary.json and summary.md of a run
directory again, without a broker, and shows the summary. The directory of a
run that was killed has reports too: they say so.

It ends with the exit code of the run.`,
		Example:           "  weir report runs/20260102T150405Z-orders-1a2b3c",
		Args:              oneArg("a run directory"),
		ValidArgsFunction: directories,
		RunE:              func(_ *cobra.Command, args []string) error { return s.report(args[0]) },
	}
}

func (s *state) report(dir string) error {
	rec, err := run.Open(dir)
	if err != nil {
		return noRun(dir, err)
	}
	if err := s.show(rec, rec.Run.Reason); err != nil {
		return err
	}
	return exit(summary.ExitCode(rec))
}

// show writes the reports of a run and prints its summary, which does not
// need them, with the reason of its verdict in the words that are given.
func (s *state) show(rec *run.Record, reason string) error {
	paths, unwritten := reports.WriteRecord(rec)
	rec.Run.Reason = reason
	err := printed(summary.Text(s.stdout, rec, summary.TextOptions{Color: s.color(), Report: paths.HTML}))
	return errors.Join(unwritten, err)
}

// noRun is the error for a directory that cannot be read as a run's.
func noRun(dir string, err error) error {
	hint := "a run directory holds run.json; weir run names it in its last line"
	if newer := (*run.FormatError)(nil); errors.As(err, &newer) {
		hint = "" // the error says what to do
	}
	return usageError(hint, "%s is no run directory that can be read: %w", dir, err)
}
