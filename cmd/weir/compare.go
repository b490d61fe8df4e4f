package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/compare/html"
	"github.com/flowweir/weir/reports/run"
)

// formatHTML is a page of --format that only comparisons have.
const formatHTML = "html"

// compareFlags are the flags of weir compare.
type compareFlags struct {
	format  *choice
	options compare.Options
	// Only with --run.
	run   bool
	pairs int
	runs  runFlags
}

// onlyWithRun are the flags that make runs.
var onlyWithRun = []string{"pairs", "dir", "cluster", "bootstrap", "quiet"}

func newCompare(s *state) *cobra.Command {
	f := compareFlags{runs: runFlags{cluster: choice{valid: clusterKinds}}}
	var (
		threshold string
		seed      uint64
	)
	cmd := &cobra.Command{
		Use:   "compare BASE CANDIDATE",
		Short: "Compare runs: faster, slower, or can't tell",
		Long: `Compare says, metric by metric, whether the candidate is slower than the base.
Each side is a run directory or a folder of them; with -- between the sides,
any number of either. Five or more runs a side are judged; fewer are described.
The intervals of all metrics hold together in 99 of 100 comparisons, so fewer
metrics (--metric) are told apart with fewer runs.

With --run the two are scenario files. Their runs are made in turn, --pairs of
each, and kept in --dir; Ctrl-C ends the run that goes on and compares the pairs
that are there, as in weir run.

The exit code is 1 where a metric is slower by the threshold or more, 0 where
that is excluded for all of them, and 4 where it is neither, or where nothing
was judged. One run a side is only ever described, with exit code 0.`,
		Example: `  weir compare runs/before runs/after          # folders of runs, five or more each
  weir compare runs/a1 runs/a2 -- runs/b1 runs/b2
  weir compare runs/before runs/after --metric end-to-end.p50 --metric end-to-end.p99 --threshold 10%
  weir compare runs/before runs/after --format html > comparison.html
  weir compare --run before.yaml after.yaml --pairs 8 --cluster docker`,
		Args: func(c *cobra.Command, args []string) error {
			_, _, err := f.sides(c, args)
			return err
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if f.run {
				return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
			}
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if f.options.Threshold, err = parseShare("--threshold", threshold); err != nil {
				return err
			}
			if f.options.Seed = 1; c.Flags().Changed("seed") {
				f.options.Seed, f.runs.seed = seed, &seed
			}
			if f.run {
				return s.compareRun(c.Context(), args[0], args[1], f)
			}
			base, candidate, _ := f.sides(c, args) // checked as Args
			return s.compare(base, candidate, f)
		},
	}
	flags := cmd.Flags()
	f.format = &choice{value: formatText, valid: []string{formatText, formatJSON, formatMarkdown, formatHTML}}
	f.format.bind(cmd, "format", "how the comparison is printed")
	flags.StringVar(&threshold, "threshold", "5%", "the difference that matters")
	flags.StringSliceVar(&f.options.Metrics, "metric", nil, "compare this metric alone, such as publish.p99; may be repeated (default all)")
	_ = cmd.RegisterFlagCompletionFunc("metric", cobra.FixedCompletions(compare.MetricNames(), cobra.ShellCompDirectiveNoFileComp))
	flags.Uint64Var(&seed, "seed", 0, "make every random choice from this number (default 1; with --run the base scenario's, else drawn and printed)")
	flags.BoolVar(&f.run, "run", false, "make the runs, of two scenario files, in turn")
	flags.IntVar(&f.pairs, "pairs", compare.MinRuns, "with --run: how many runs of each")
	flags.StringVar(&f.runs.dir, "dir", "", "with --run: where they are kept (default runs/TIME-compare-NAME)")
	f.runs.cluster.bind(cmd, "cluster", "with --run: run on another kind of cluster than the scenarios say")
	flags.StringSliceVar(&f.runs.bootstrap, "bootstrap", nil, "with --run: addresses of an external cluster, host:port,…")
	flags.BoolVar(&f.runs.quiet, "quiet", false, "with --run: print the comparison alone")
	return readsRegistry(cmd)
}

// sides are the directories of both sides.
func (f *compareFlags) sides(c *cobra.Command, args []string) (base, candidate []string, err error) {
	dash := c.ArgsLenAtDash()
	if !f.run {
		for _, name := range onlyWithRun {
			if c.Flags().Changed(name) {
				return nil, nil, usageError("add --run, or leave out --"+name, "--%s is for --run", name)
			}
		}
	}
	switch {
	case dash < 0 && len(args) == 2:
		return args[:1], args[1:], nil
	case f.run:
		return nil, nil, usageError("weir compare --run BASE.yaml CANDIDATE.yaml", "%s --run needs two scenario files, and got %d", c.CommandPath(), len(args))
	case dash >= 0 && slices.ContainsFunc(args[dash:], func(a string) bool { return strings.HasPrefix(a, "--") }):
		return nil, nil, usageError("put flags before it", "what stands after -- are run directories, and one of them is a flag")
	case dash > 0 && dash < len(args):
		return args[:dash], args[dash:], nil
	case dash >= 0:
		return nil, nil, usageError("weir compare BASE… -- CANDIDATE…", "a side of -- has no run directory")
	case len(args) > 2:
		return nil, nil, usageError("put -- between them: weir compare BASE… -- CANDIDATE…", "%d directories, and nothing says which are the base", len(args))
	}
	return nil, nil, usageError(c.UseLine(), "%s needs two run directories, or folders of them", c.CommandPath())
}

// parseShare reads the value of a flag: "5%" or "0.05".
func parseShare(flag, text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v < 1) {
		return 0, usageError("write a share such as 5%", "%s: %q is no share above 0%% and below 100%%", flag, text)
	}
	return v, nil
}

func (s *state) compare(base, candidate []string, f compareFlags) error {
	a, err := openRuns(base)
	if err != nil {
		return err
	}
	b, err := openRuns(candidate)
	if err != nil {
		return err
	}
	c, err := compare.Compare(a, b, f.options)
	if err != nil {
		return badComparison("--metric", err)
	}
	if err := s.printComparison(c, f.format.value); err != nil {
		return err
	}
	return exit(c.Code)
}

func openRuns(dirs []string) ([]*run.Record, error) {
	runs, err := compare.Open(dirs...)
	if err == nil {
		return runs, nil
	}
	if newer := (*run.FormatError)(nil); errors.As(err, &newer) {
		return nil, usageError("", "%w", err)
	}
	return nil, usageError("a side is a run directory, which holds run.json, or a folder of them", "%w", err)
}

// badComparison is the error for runs that cannot be compared at all, with the
// flag that names metrics.
func badComparison(flag string, err error) error {
	var unknown *compare.UnknownMetricError
	if errors.As(err, &unknown) {
		return usageError(document.Suggest(unknown.Name, compare.MetricNames()), "%s: there is no metric %q", flag, unknown.Name)
	}
	return usageError("", "%w", err)
}

func (s *state) printComparison(c *compare.Comparison, format string) error {
	switch format {
	case formatJSON:
		return printed(c.JSON(s.stdout))
	case formatMarkdown:
		return printed(c.Markdown(s.stdout))
	case formatHTML:
		return printed(html.Write(s.stdout, c))
	}
	return printed(c.Text(s.stdout))
}
