package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/summary"
)

// baselineFlags say which earlier runs a run is held against.
type baselineFlags struct {
	dirs      []string
	metrics   []string
	threshold string
}

func (f *baselineFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.dirs, "baseline", nil, "hold the run against the runs in `DIR`, a run directory or a folder of them; five or more are judged; can be repeated")
	flags.StringSliceVar(&f.metrics, "baseline-metric", nil, "with --baseline: this metric alone, such as publish.p99; can be repeated (default all)")
	flags.StringVar(&f.threshold, "baseline-threshold", "5%", "with --baseline: the difference that matters")
	// They err only for a flag that does not exist.
	_ = cmd.MarkFlagDirname("baseline")
	_ = cmd.RegisterFlagCompletionFunc("baseline-metric", cobra.FixedCompletions(compare.MetricNames(), cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("baseline-threshold", cobra.NoFileCompletions)
}

// earlierRuns are those that a run is held against; nil where that was not
// asked for.
type earlierRuns struct {
	runs    []*run.Record
	options compare.Options
}

// open reads the runs before anything is started: a directory that holds none
// should cost no run.
func (f *baselineFlags) open(cmd *cobra.Command) (*earlierRuns, error) {
	for _, name := range []string{"baseline-metric", "baseline-threshold"} {
		if cmd.Flags().Changed(name) && len(f.dirs) == 0 {
			return nil, usageError("add --baseline DIR, or leave it out", "--%s is for --baseline", name)
		}
	}
	if len(f.dirs) == 0 {
		return nil, nil
	}
	b := &earlierRuns{options: compare.Options{Metrics: f.metrics, Prediction: true}}
	var err error
	if b.options.Threshold, err = parseShare("--baseline-threshold", f.threshold); err != nil {
		return nil, err
	}
	if err := b.options.Check(); err != nil {
		return nil, badComparison("--baseline-metric", err)
	}
	b.runs, err = openRuns(f.dirs)
	return b, err
}

// hold compares a run that came to its end, writes the comparison into its
// directory, and shows the verdict that comes of it.
func (b *earlierRuns) hold(result *scenario.Result, shown *shownMetrics) error {
	if result.Run.Status != run.Complete {
		return nil // and so no more than inconclusive
	}
	rec, err := run.Open(result.Dir)
	if err != nil {
		return err
	}
	c, err := compare.Compare(b.runs, []*run.Record{rec}, b.options)
	if err != nil {
		return badComparison("--baseline-metric", err)
	}
	if err := writeComparison(result.Dir, c); err != nil || shown == nil {
		return err
	}
	rec.Baseline = c.Baseline()
	v, _ := summary.Judge(rec)
	shown.exporter.Judged(v)
	return nil
}

// comparison is what is shown of the comparison of a run with its baseline;
// empty without one.
func comparison(rec *run.Record) string {
	if rec.Baseline == nil {
		return ""
	}
	c, err := compare.Read(rec.Root)
	if err != nil { // of the run itself everything is said
		return "the comparison with the baseline cannot be read: " + summary.Plain(err.Error()) + "\n"
	}
	var b bytes.Buffer
	_ = c.Text(&b) // a buffer takes everything
	return b.String()
}
