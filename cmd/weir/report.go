package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/reports"
	"github.com/flowweir/weir/reports/csv"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// The values of weir report --format.
const (
	formatReports = "reports"
	formatCSV     = "csv"
)

// reportFlags are the flags of weir report.
type reportFlags struct {
	format choice
	output string
}

func newReport(s *state) *cobra.Command {
	f := reportFlags{format: choice{value: formatReports, valid: []string{formatReports, formatCSV}}}
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Make the reports of a run directory again, or its tables as CSV",
		Long: `Report makes report.html, junit.xml, summary.json and summary.md of a run
directory again, without a broker, and shows the summary. The directory of a
run that was killed has reports too: they say so.

With --format csv it writes the figures as tables instead: one CSV file each for
verdicts, senders, latencies, percentiles, intervals, partitions, groups, lag,
faults, timeline, findings and brokers.

It ends with the exit code of the run.`,
		Example: `  weir report runs/20260102T150405Z-orders-1a2b3c
  weir report runs/20260102T150405Z-orders-1a2b3c --format csv
  weir report runs/20260102T150405Z-orders-1a2b3c --format csv --output tables`,
		Args:              oneArg("a run directory"),
		ValidArgsFunction: directories,
		RunE:              func(_ *cobra.Command, args []string) error { return s.report(args[0], f) },
	}
	f.format.bind(cmd, "format", "what is written")
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "with --format csv: the directory of the tables (default DIR/csv)")
	return cmd
}

func (s *state) report(dir string, f reportFlags) error {
	if f.output != "" && f.format.value != formatCSV {
		return usageError("add --format csv, or leave it out", "--output is for --format csv: reports stand in the run directory")
	}
	rec, err := run.Open(dir)
	if err != nil {
		return noRun(dir, err)
	}
	if f.format.value == formatCSV {
		err = s.tables(rec, cmp.Or(f.output, filepath.Join(dir, "csv")))
	} else {
		err = s.show(rec, rec.Run.Reason)
	}
	if err != nil {
		return err
	}
	return exit(summary.ExitCode(rec))
}

// tables writes the figures of a run as CSV and says where.
func (s *state) tables(rec *run.Record, dir string) error {
	paths, err := csv.Write(dir, rec)
	if err != nil {
		return err
	}
	v, sentence := summary.Judge(rec)
	_, err = fmt.Fprintf(s.stdout, "%s  %s\n  %-11s %d in %s\n", summary.Word(v), summary.Plain(sentence), "tables", len(paths), dir)
	return printed(err)
}

// show writes the reports of a run and prints its summary, which does not
// need them, with the reason of its verdict in the words that are given.
func (s *state) show(rec *run.Record, reason string) error {
	paths, unwritten := reports.WriteRecord(rec)
	rec.Run.Reason = reason
	err := printed(summary.Text(s.stdout, rec, summary.TextOptions{Color: s.color(), Comparison: comparison(rec), Report: paths.HTML}))
	return errors.Join(unwritten, err)
}

// noRun is the error for a directory that cannot be read as a run's.
func noRun(dir string, err error) error {
	hint := "a run directory holds run.json; weir run names it in its last line"
	if _, missing := os.Lstat(filepath.Join(dir, "run.json")); missing == nil {
		hint = "" // the error says what is wrong with it
	}
	return usageError(hint, "%s is no run directory that can be read: %w", dir, err)
}
