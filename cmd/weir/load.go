package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// loadFlags are the flags of weir load, as they were given: what they mean is
// said by the scenario that is made of them.
type loadFlags struct {
	runFlags
	name         string
	contracts    []string
	events       []string
	topics       []string
	rate, length string
	profile      []string
	keys         string
	payload      payloadFlags
	produceOnly  bool
	headers      []string
	producer     []string
	transactions string
	consumers    []string
	consumer     []string
	invariants   []string
	objectives   []string
	warmup       string
	brokers      *int // nil where nothing is said
	background   string
	clientConfig string
	print        bool
}

func newLoad(s *state) *cobra.Command {
	f := loadFlags{runFlags: runFlags{cluster: choice{valid: clusterKinds}}}
	var brokers int
	cmd := &cobra.Command{
		Use:   "load (--contract FILE --event EVENT | --topic TOPIC --size SIZE) --rate RATE --for DURATION",
		Short: "Drive load of events or of records into topics, from flags alone",
		Long: `Load does what weir run does, with a scenario that is made of flags: the same
engine, report and exit codes. --print-scenario prints that scenario; problems
are shown with their place in it.

An event is of a contract, which says what its records are like. A topic needs
no contract, and may exist: its values are of a --size, of a --corpus or of a
--template. Several events and topics share the profile's rate, evenly or by
weight: --event OrderPlaced=3 --event OrderCancelled=1. With --produce-only what
was sent is not read back; with neither event nor topic the --consumers read for
as long as --for says.

Parts of a profile follow each other, --rate with --for comes last:
  'hold 5000/s for 50s'                              constant
  'ramp 0..5000/s over 10s'                          changes evenly
  'step 1k..5k/s by 1k/s every 10s'                  in steps
  'spike 1k..10k/s for 5s over 1m'                   a peak in the middle
  'sine 1k/s amplitude 500/s period 1m for 10m'      swings around a mean
  'replay DIR|FILE'                                  a run's sends, or the times of a CSV or JSONL file

Keys are uniform:10k (the default for events; a topic's records have none), zipf:1.1:100k, hot:10:80%:100k (80% of the
records on 10 keys of 100k), sequential:1k, or file:PATH.

Values: --size 1KiB (the same for all), lognormal:1KiB:16KiB (median and p99),
lognormal:1KiB:16KiB:64KiB (and the largest), or file:PATH (numbers of bytes, one a
line), with --random 50% for the share of random bytes. Templates, of values and
of headers, have {{seq}}, {{key}}, {{id}}, {{time}}, {{unix_ms}}, {{uuid}},
{{int 1 100}}, {{text 20}}, {{hex 16}} and {{pick red blue}}.

Objectives are such as 'publish.p99 < 50ms', 'end-to-end.p99.9 < 1s',
'lag < 10000', 'errors < 0.1%' and 'achieved > 99%'. They are of the steady phase;
'run.publish.p99 < 1s' is over the whole run without its warm-up,
'fault.publish.p99 < 5s' and 'healed.achieved > 95%' of a phase,
'partitions.publish.p99 < 50ms' of each partition. Too few samples are no pass.`,
		Example: `  weir load --contract weir.yaml --event com.acme.OrderPlaced --rate 5000/s --for 60s
  weir load --contract weir.yaml --event OrderPlaced --rate 500/s --for 1m --producer acks=all,linger=5ms --consumers probe:orders:2
  weir load --contract weir.yaml --event OrderPlaced --rate 5k/s --for 1m --keys zipf:1.1:100k --bootstrap kafka-1:9092
  weir load --topic bench --size 1KiB --random 50% --rate 20k/s --for 1m --consumers probe:bench:3
  weir load --topic bench --size 100B --rate 200k/s --for 1m --produce-only --bootstrap kafka-1:9092
  weir load --consumers probe:bench:3 --for 1m --bootstrap kafka-1:9092
  weir load --topic bench --size 1KiB --rate 5k/s --for 10m --metrics-listen 9464 --baseline runs/nightly
  weir load --contract weir.yaml --event OrderPlaced --rate 5k/s --for 1m --print-scenario > scenario.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.readAll(cmd); err != nil {
				return err
			}
			if cmd.Flags().Changed("brokers") {
				f.brokers = &brokers
			}
			return s.load(cmd.Context(), f)
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.contracts, "contract", nil, "a contract file or a directory of contracts; can be repeated")
	flags.StringArrayVar(&f.events, "event", nil, "EVENT or EVENT=WEIGHT, an event to send; can be repeated")
	flags.StringArrayVar(&f.topics, "topic", nil, "TOPIC or TOPIC=WEIGHT, a topic to send records without a contract to; can be repeated")
	flags.StringVar(&f.rate, "rate", "", "events per second, such as 5000/s or 5k/s; with --for")
	flags.StringVar(&f.length, "for", "", "how long --rate is held, such as 60s; without --rate, how long the --consumers read")
	flags.StringArrayVar(&f.profile, "profile", nil, "a part of the profile, such as 'ramp 0..5000/s over 10s'; can be repeated")
	flags.StringVar(&f.keys, "keys", "", "how record keys are distributed, such as zipf:1.1:100k (default uniform:10k for events, none for topics)")
	f.payload.bind(flags)
	flags.BoolVar(&f.produceOnly, "produce-only", false, "do not read back what was sent to a --topic")
	flags.StringArrayVar(&f.headers, "header", nil, "NAME=VALUE, added to every record, VALUE a template; can be repeated")
	flags.StringSliceVar(&f.producer, "producer", nil, "settings of the producer, such as acks=all,linger=5ms,compression=lz4")
	flags.StringVar(&f.transactions, "transactions", "", "RECORDS or RECORDS:SHARE, such as 100:5%: send in transactions of so many records, and abort a share of them")
	flags.StringArrayVar(&f.consumers, "consumers", nil, "GROUP:TOPIC:N, a group of N consumers; can be repeated")
	flags.StringSliceVar(&f.consumer, "consumer", nil, "settings of all --consumers, such as process=5ms,protocol=consumer,static=true,from=earliest")
	flags.StringArrayVar(&f.invariants, "invariant", nil, "what must hold; can be repeated (default no-loss, where what was sent is read back)")
	flags.StringArrayVar(&f.objectives, "objective", nil, "a bound, such as 'publish.p99 < 50ms'; can be repeated")
	flags.StringVar(&f.warmup, "warmup", "", "the part of the load that no figure includes (default 10% of it, at most 10s)")
	flags.StringVar(&f.name, "name", "load", "the name in reports")
	f.cluster.bind(cmd, "cluster", "the kind of cluster (default embedded)")
	flags.IntVar(&brokers, "brokers", 0, "number of brokers of an embedded or docker cluster (default 3)")
	flags.StringVar(&f.background, "background", "", "TOPICSxPARTITIONS, such as 10x100: topics beside the load's that get no records")
	flags.StringVar(&f.clientConfig, "client-config", "", "a client.properties file for an external cluster")
	flags.BoolVar(&f.print, "print-scenario", false, "print the scenario that the flags are equal to, and do nothing")
	f.bind(cmd, "drawn and printed", "runs/TIME-NAME-ID")
	completeLoad(cmd)
	return readsRegistry(cmd)
}

// completeLoad completes what flags take. Registering errs only for a flag
// that does not exist.
func completeLoad(cmd *cobra.Command) {
	for flag, words := range map[string][]string{
		"size":      {"lognormal:", "file:"},
		"keys":      {"uniform:", "zipf:", "hot:", "sequential:", "file:"},
		"producer":  {"acks=", "idempotent=", "linger=", "compression=", "batch=", "delivery-timeout=", "request-timeout=", "clients=", "max-buffered=", "max-in-flight="},
		"consumer":  {"process=", "from=", "protocol=", "static=", "isolation=", "session-timeout=", "fetch-min=", "fetch-max=", "fetch-max-partition=", "fetch-wait=", "max-poll-records="},
		"profile":   {"hold", "ramp", "step", "spike", "sine", "replay"},
		"objective": {"publish.p99", "send.p99", "end-to-end.p99", "lag", "errors", "achieved", "run.publish.p99", "fault.unavailable", "healed.within", "partitions.publish.p99"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
	}
	_ = cmd.RegisterFlagCompletionFunc("invariant", cobra.FixedCompletions(invariant.Names, cobra.ShellCompDirectiveNoFileComp))
	for _, flag := range []string{"event", "topic", "random", "template", "tombstones", "transactions", "rate", "for", "header", "consumers", "warmup", "name", "brokers", "background", "seed", "journal-max", "bootstrap"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.NoFileCompletions)
	}
}

// madeOfFlags is what findings show as the file of a scenario made of flags;
// paths in it are relative to the working directory.
const madeOfFlags = "weir load"

func (s *state) load(ctx context.Context, f loadFlags) error {
	if err := f.ready(s); err != nil {
		return err
	}
	defer f.close()
	src, err := f.scenario()
	if err != nil {
		return err
	}
	sc, findings := scenario.Parse(madeOfFlags, src)
	if f.print && finding.Errors(findings) == 0 {
		_, err := s.stdout.Write(src)
		return err
	}
	return s.runScenario(ctx, sc, f.runFlags)
}
