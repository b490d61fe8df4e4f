package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/scenario"
)

// chaosFlags are the flags of weir chaos: those of weir run, and the faults.
type chaosFlags struct {
	runFlags
	faults []string
	random bool
	quiet  *choice
	pause  time.Duration
}

func newChaos(s *state) *cobra.Command {
	f := chaosFlags{runFlags: runFlags{cluster: choice{valid: clusterKinds}}}
	cmd := &cobra.Command{
		Use:   "chaos SCENARIO --fault FAULT",
		Short: "Run a scenario with faults from flags",
		Long: `Chaos does what weir run does, with the faults of flags in place of the fields
faults and random of the scenario: the same engine, verdict, report and exit
codes. The scenario in the run directory has the faults that were run.

A fault is an entry of a scenario's faults in words: when, an action, what it
is on, and for how long (heal-after).
  'at 5s kill leader-of orders/0 for 4s'
  'every 20s reset client checkout'
  'when acks 5000 crash payment-service'
  'when lag > 1000 group payments pause service payments for 5s'
  'at 5s latency delay 50ms jitter 10ms service payments for 10s'
  'at 5s reply api OffsetCommit,Heartbeat error NOT_COORDINATOR for 2s'
  'at 5s alter-topic topic orders config min.insync.replicas=3 for 5s'
  'always duplicate event com.acme.OrderPlaced share 1%'

With --random a schedule is drawn of the faults from the seed: one after the
other, and none in one third of the load. They say no time then, and may say how
often they are drawn: 'kill broker 1 for 2s weight 3'. Those that are always
there stay what they are.

--dry-run prints the timeline. Actions and targets: docs/chaos.md.`,
		Example: `  weir chaos scenario.yaml --fault 'at 5s kill leader-of orders/0 for 4s'
  weir chaos scenario.yaml --fault 'when acks 5000 crash payment-service' --cluster docker
  weir chaos scenario.yaml --random --seed 7 --fault 'kill broker 1 for 2s' --fault 'cut service payments for 1s' --dry-run
  weir chaos scenario.yaml --random --random-quiet last --random-pause 5s --fault 'kill leader-of orders/0 for 4s'`,
		Args:              oneArg("a scenario file"),
		ValidArgsFunction: scenarioFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.readAll(cmd); err != nil {
				return err
			}
			return s.chaos(cmd.Context(), args[0], f)
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.faults, "fault", nil, "a fault, such as 'at 5s kill broker 1 for 4s'; can be repeated")
	flags.BoolVar(&f.random, "random", false, "draw from the seed when the faults are, and how often")
	f.quiet = choiceFlag(cmd, "random-quiet", "with --random: the third of the measured load without faults", "drawn", string(fault.FirstThird), string(fault.MiddleThird), string(fault.LastThird))
	flags.DurationVar(&f.pause, "random-pause", 0, "with --random: the least time without a fault between two (default a thirtieth of the measured load, at least 100ms)")
	f.bindRun(cmd)
	_ = cmd.RegisterFlagCompletionFunc("fault", cobra.FixedCompletions([]string{"at", "every", "when", "always"}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
	return readsRegistry(cmd)
}

func (s *state) chaos(ctx context.Context, file string, f chaosFlags) error {
	if err := f.ready(s); err != nil {
		return err
	}
	defer f.close()
	src, err := f.fields()
	if err != nil {
		return err
	}
	sc, _ := scenario.LoadFileWithFaults(file, "--fault", src)
	return s.runScenario(ctx, sc, f.runFlags)
}

// fields are the fields faults and random that the flags are equal to, each
// fault on a line of its own.
func (f *chaosFlags) fields() ([]byte, error) {
	if len(f.faults) == 0 {
		return nil, usageError("write --fault 'at 5s kill leader-of TOPIC/0 for 4s'", "weir chaos needs --fault")
	}
	if !f.random && (f.quiet.value != "drawn" || f.pause != 0) {
		return nil, usageError("add --random", "--random-quiet and --random-pause are of faults that are drawn")
	}
	var timed, drawn []string
	for _, text := range f.faults {
		w, err := parseFault("fault", text)
		switch {
		case err != nil:
			return nil, err
		case f.random && !w.always:
			drawn = append(drawn, w.yaml())
		default:
			timed = append(timed, w.yaml())
		}
	}
	list := func(entries []string) string { return "[" + strings.Join(entries, ",\n  ") + "]" }
	w := &yamlWriter{}
	w.field("", "faults", list(timed))
	if f.random {
		fields := []pair{{"faults", list(drawn)}}
		if f.quiet.value != "drawn" {
			fields = append(fields, pair{"quiet", f.quiet.value})
		}
		if f.pause != 0 {
			fields = append(fields, pair{"pause", f.pause.String()})
		}
		w.field("", "random", flow(fields))
	}
	return w.Bytes(), nil
}
