package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// loadFlags are the flags of weir load, as they were given: what they mean is
// said by the scenario that is made of them.
type loadFlags struct {
	runFlags
	name         string
	contracts    []string
	event        string
	rate, length string
	profile      []string
	keys         string
	examples     bool
	headers      []string
	producer     []string
	consumers    []string
	invariants   []string
	objectives   []string
	warmup       string
	brokers      int
	clientConfig string
	print        bool
}

func newLoad(s *state) *cobra.Command {
	f := loadFlags{runFlags: runFlags{cluster: choice{valid: clusterKinds}}}
	cmd := &cobra.Command{
		Use:   "load --contract FILE --event EVENT --rate RATE --for DURATION",
		Short: "Drive the load of one event, from flags alone",
		Long: `Load does what weir run does, with a scenario that is made of flags: the same
engine, report and exit codes. --print-scenario prints that scenario; problems
are shown with their place in it.

Parts of a profile follow each other, --rate with --for comes last:
  'hold 5000/s for 50s'                              constant
  'ramp 0..5000/s over 10s'                          changes evenly
  'step 1k..5k/s by 1k/s every 10s'                  in steps
  'spike 1k..10k/s for 5s over 1m'                   a peak in the middle
  'sine 1k/s amplitude 500/s period 1m for 10m'      swings around a mean
  'replay DIR|FILE'                                  a run's sends, or the times of a CSV or JSONL file

Keys are uniform:10k (the default), zipf:1.1:100k, hot:10:80%:100k (80% of the
records on 10 keys of 100k), sequential:1k, or file:PATH.

Objectives are such as 'publish.p99 < 50ms', 'end-to-end.p99.9 < 1s',
'lag < 10000', 'errors < 0.1%' and 'achieved > 99%'.`,
		Example: `  weir load --contract weir.yaml --event com.acme.OrderPlaced --rate 5000/s --for 60s
  weir load --contract weir.yaml --event OrderPlaced --rate 500/s --for 1m --producer acks=all,linger=5ms --consumers probe:orders:2
  weir load --contract weir.yaml --event OrderPlaced --rate 5k/s --for 1m --keys zipf:1.1:100k --bootstrap kafka-1:9092
  weir load --contract weir.yaml --event OrderPlaced --rate 5k/s --for 1m --print-scenario > scenario.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.read(cmd); err != nil {
				return err
			}
			return s.load(cmd.Context(), f)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.contracts, "contract", nil, "a contract file or a directory of contracts; can be repeated")
	flags.StringVar(&f.event, "event", "", "the event to send")
	flags.StringVar(&f.rate, "rate", "", "events per second, such as 5000/s or 5k/s; with --for")
	flags.StringVar(&f.length, "for", "", "how long --rate is held, such as 60s")
	flags.StringArrayVar(&f.profile, "profile", nil, "a part of the profile, such as 'ramp 0..5000/s over 10s'; can be repeated")
	flags.StringVar(&f.keys, "keys", "", "how record keys are distributed, such as zipf:1.1:100k (default uniform:10k)")
	flags.BoolVar(&f.examples, "examples", false, "make data of the contract's examples instead of its schema")
	flags.StringArrayVar(&f.headers, "header", nil, "NAME=VALUE, added to every record; can be repeated")
	flags.StringSliceVar(&f.producer, "producer", nil, "settings of the producer, such as acks=all,linger=5ms,compression=lz4")
	flags.StringArrayVar(&f.consumers, "consumers", nil, "GROUP:TOPIC:N, a group of N consumers; can be repeated")
	flags.StringArrayVar(&f.invariants, "invariant", []string{"no-loss"}, "what must hold; can be repeated")
	flags.StringArrayVar(&f.objectives, "objective", nil, "a bound, such as 'publish.p99 < 50ms'; can be repeated")
	flags.StringVar(&f.warmup, "warmup", "", "the part of the load that no figure includes (default 10% of it, at most 10s)")
	flags.StringVar(&f.name, "name", "load", "the name in reports")
	f.cluster.bind(cmd, "cluster", "the kind of cluster (default embedded)")
	flags.IntVar(&f.brokers, "brokers", 0, "number of brokers of an embedded or docker cluster (default 3)")
	flags.StringVar(&f.clientConfig, "client-config", "", "a client.properties file for an external cluster")
	flags.BoolVar(&f.print, "print-scenario", false, "print the scenario that the flags are equal to, and do nothing")
	f.bind(cmd, "drawn and printed", "runs/TIME-NAME-ID")
	completeLoad(cmd)
	return cmd
}

// completeLoad completes what flags take. Registering errs only for a flag
// that does not exist.
func completeLoad(cmd *cobra.Command) {
	for flag, words := range map[string][]string{
		"keys":      {"uniform:", "zipf:", "hot:", "sequential:", "file:"},
		"producer":  {"acks=", "idempotent=", "linger=", "compression=", "batch=", "delivery-timeout=", "request-timeout=", "max-buffered="},
		"profile":   {"hold", "ramp", "step", "spike", "sine", "replay"},
		"objective": {"publish.p99", "send.p99", "end-to-end.p99", "lag", "errors", "achieved"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
	}
	_ = cmd.RegisterFlagCompletionFunc("invariant", cobra.FixedCompletions(
		[]string{"no-loss", "no-duplicate", "no-duplicate-effect", "per-key-order", "dlq-complete", "recovery"}, cobra.ShellCompDirectiveNoFileComp))
	for _, flag := range []string{"event", "rate", "for", "header", "consumers", "warmup", "name", "brokers", "seed", "journal-max", "bootstrap"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.NoFileCompletions)
	}
}

// madeOfFlags is what findings show as the file of a scenario made of flags;
// paths in it are relative to the working directory.
const madeOfFlags = "weir load"

func (s *state) load(ctx context.Context, f loadFlags) error {
	if err := f.place(s.env); err != nil {
		return err
	}
	src, err := f.scenario()
	if err != nil {
		return err
	}
	sc, findings := scenario.Parse(madeOfFlags, src)
	if f.print && finding.Errors(findings) == 0 {
		_, err := s.stdout.Write(src)
		return err
	}
	return s.runScenario(ctx, sc, findings, f.runFlags)
}
