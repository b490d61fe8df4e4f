package main

import (
	"reflect"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/sizing"
	"github.com/flowweir/weir/reports/plan"
)

// planFlags are the flags of weir plan. Zero values leave the choice to the
// scenario, or mean that nothing was given.
type planFlags struct {
	runs          runFlags
	format        *choice
	guideline     bool
	objectives    []string
	while         []string
	from, max     scenario.Rate
	resolution    document.Share
	confirm       int
	probe, warmup document.Duration
	sheet         sheetFlags
}

// planJournal bounds the record of single events of one probe.
const planJournal = 64 << 20

// onlyGuideline are the flags that --guideline takes.
var onlyGuideline = []string{"guideline", "target", "per-partition", "per-consumer", "buffer", "outage", "format", "help"}

func newPlan(s *state) *cobra.Command {
	f := planFlags{runs: runFlags{cluster: choice{valid: clusterKinds}, journalMax: planJournal}}
	cmd := &cobra.Command{
		Use:   "plan SCENARIO",
		Short: "Find the rate up to which a flow holds its objectives, and size for it",
		Long: `Plan runs a scenario again and again, each time at another constant rate: it
doubles the rate until a probe misses an objective, halves the gap down to
--resolution, and confirms the answer by --confirm more probes, of which all
must hold. A miss counts when it comes again. A probe that the generator limited
is no evidence against the flow: the search ends there, with "at least". The
scenario's faults and profiles are left out; services are started anew for each
probe, and a docker cluster is kept.

--while 'kill broker 2' finds the capacity with a broker down, which is the one
to sign off: in each probe the fault is injected before the load, the load
begins when another broker leads and the in-sync replicas shrank, and it is
healed after the probe, also on Ctrl-C. kill and stop take a broker down, pause
freezes it; of broker ID, leader-of TOPIC/PARTITION or followers-of
TOPIC/PARTITION.

Then it works out partitions, consumers, brokers, the time to catch up, and
what the hottest key allows, and prints every input with where it is from.
--guideline does only that, from flags alone, without a run.

Exit codes: 0 the capacity is confirmed, and is --target or more; 1 it is less,
or not even the first rate holds; 4 it is not confirmed, or "at least" a rate
below --target. Ctrl-C ends the search with what is known (4); Ctrl-C again
removes everything at once.`,
		Example: `  weir plan scenario.yaml --objective 'publish.p99<50ms'
  weir plan scenario.yaml --objective 'publish.p99<50ms' --target 20k/s --cluster docker
  weir plan scenario.yaml --objective 'publish.p99<50ms' --while 'kill broker 2' --cluster docker
  weir plan scenario.yaml --from 1k/s --max 50k/s --probe 1m --resolution 2% --bootstrap kafka-1:9092
  weir plan --guideline --target 100k/s --per-partition 10k/s`,
		Args: func(c *cobra.Command, args []string) error {
			if f.guideline {
				return noArgs(c, args)
			}
			return oneArg("a scenario file, or --guideline")(c, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if f.guideline || len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return []string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.read(cmd); err != nil {
				return err
			}
			if f.guideline {
				return s.guideline(cmd, f)
			}
			return s.plan(cmd, args[0], f)
		},
	}
	f.bind(cmd)
	return readsRegistry(cmd)
}

func (f *planFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.format = formatFlag(cmd)
	flags.StringArrayVar(&f.objectives, "objective", nil, "a bound, such as 'publish.p99<50ms'; may be repeated; wins over the scenario's")
	flags.StringArrayVar(&f.while, "while", nil, "a `FAULT` that goes on through every probe, such as 'kill broker 2'; may be repeated")
	quantity(cmd, &f.from, "from", "", "the first and lowest `RATE` (default: enough for the percentiles, at least 100/s)")
	quantity(cmd, &f.max, "max", "", "a `RATE` that is never exceeded (default none)")
	quantity(cmd, &f.probe, "probe", "30s", "`DURATION` of the load of a probe")
	quantity(cmd, &f.warmup, "warmup", "", "`DURATION` at the begin of a probe that does not count (default half of it)")
	quantity(cmd, &f.resolution, "resolution", "5%", "`SHARE` by which the answer may lie below the lowest rate that misses")
	flags.IntVar(&f.confirm, "confirm", 3, "how many probes at the answer must all hold")
	f.sheet.bind(cmd)
	flags.BoolVar(&f.guideline, "guideline", false, "work out partitions from --target and --per-partition, without a run")
	f.runs.cluster.bind(cmd, "cluster", "run on another kind of cluster than the scenario says")
	flags.StringSliceVar(&f.runs.bootstrap, "bootstrap", nil, "addresses of an external cluster, host:port,…")
	flags.Uint64("seed", 0, "make every random choice from this number (default: the scenario's, else drawn and printed)")
	flags.StringVar(&f.runs.dir, "dir", "", "where the probes and plan.json are kept (default runs/TIME-plan-NAME)")
	flags.String("journal-max", "64MiB", "bound of the record of single events of each probe")
	flags.BoolVar(&f.runs.quiet, "quiet", false, "print the result alone")
	// It errs only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc("objective", cobra.FixedCompletions(
		[]string{"publish.p99", "send.p99", "end-to-end.p99", "effect.p99", "lag", "errors", "achieved"}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
}

// read checks the flags and takes those that are not bound to a field.
func (f *planFlags) read(cmd *cobra.Command) error {
	flags := cmd.Flags()
	for _, name := range []string{"from", "max", "probe", "target", "per-partition", "per-consumer", "outage", "broker-ingress", "broker-egress", "broker-disk"} {
		if q, ok := flags.Lookup(name).Value.(*quantityFlag); ok && flags.Changed(name) && reflect.ValueOf(q.to).Elem().IsZero() {
			return usageError("leave it out, or write more", "--%s: %s is not above 0", name, q)
		}
	}
	if f.guideline {
		var unfit string
		flags.Visit(func(given *pflag.Flag) {
			if unfit == "" && !slices.Contains(onlyGuideline, given.Name) {
				unfit = given.Name
			}
		})
		switch {
		case unfit != "":
			return usageError("leave it out, or plan a scenario", "--%s is not for --guideline", unfit)
		case f.sheet.target == 0 || f.sheet.perPartition == 0:
			return usageError("weir plan --guideline --target 100k/s --per-partition 10k/s", "--guideline needs --target and --per-partition")
		}
	}
	if !flags.Changed("warmup") {
		f.warmup = f.probe / 2
	}
	switch {
	case f.warmup < 0 || f.probe-f.warmup < document.Duration(time.Second):
		return usageError("write --probe 30s --warmup 15s", "--warmup: a probe of %s less %s leaves no second that counts", f.probe, f.warmup)
	case f.sheet.headroom >= 1:
		return usageError("write --headroom 30%", "--headroom: a broker that is to stay free altogether takes nothing")
	}
	return f.runs.read(cmd)
}

// guideline prints the worksheet that flags alone give.
func (s *state) guideline(cmd *cobra.Command, f planFlags) error {
	in := f.sheet.inputs(cmd.Flags())
	in.Headroom = sizing.Value{} // there are no brokers to count
	if f.sheet.perConsumer == 0 {
		in.Outage = sizing.Value{} // nor consumers
	}
	sheet, err := sizing.Worksheet(in)
	if err != nil {
		return usageError("", "%w", err)
	}
	if f.format.value == formatJSON {
		return printed(writeJSON(s.stdout, sheet))
	}
	return printed(plan.Worksheet(s.stdout, sheet))
}
