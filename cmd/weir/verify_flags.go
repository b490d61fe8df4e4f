package main

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/verify"
	"github.com/spf13/cobra"
)

// verifyFlags are the flags of weir verify.
type verifyFlags struct {
	place        runFlags // where: cluster, bootstrap and seed
	clientConfig string
	brokers      int

	build, command, image, services string
	args, env, ready                []string
	url, database                   string
	with                            []string

	run, skip          string
	failing            []string
	observe            time.Duration
	within, settle     time.Duration
	record, keepValues bool
	destructive, quiet bool
	dir                string
	format             *choice
	chosen, leftOut    *regexp.Regexp
	failingEvents      map[string][]live.Override
	workspace          *workspace.Workspace
}

func (f *verifyFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.build, "build", "", "the service: the directory of a Go main package")
	flags.StringVar(&f.command, "command", "", "the service: a program and its arguments, split at spaces; quotes keep them together")
	flags.StringVar(&f.image, "image", "", "the service: a container image")
	flags.StringVar(&f.services, "services", "", "the services, and the cluster, of a scenario's file")
	flags.StringArrayVar(&f.args, "arg", nil, "an argument of the program or the image")
	flags.StringArrayVar(&f.env, "env", nil, "NAME=VALUE: a variable of the service's environment")
	flags.StringVar(&f.url, "url", "", "where the service listens, for triggers over http")
	flags.StringVar(&f.database, "database", "", "where effects are counted that the contract shows by sql: postgres://… (default: the variable WEIR_DATABASE)")
	flags.StringArrayVar(&f.ready, "ready", nil, "group=NAME, http=/PATH, tcp=HOST:PORT, log=REGEXP or timeout=60s: when the service can be used")
	flags.StringArrayVar(&f.with, "with", nil, "a further contract, or a directory of them")
	f.place.cluster.bind(cmd, "cluster", "the kind of cluster (default embedded)")
	flags.StringSliceVar(&f.place.bootstrap, "bootstrap", nil, "addresses of an external cluster, host:port,…")
	flags.StringVar(&f.clientConfig, "client-config", "", "a client.properties file for an external cluster")
	flags.IntVar(&f.brokers, "brokers", 0, "number of brokers of an embedded or docker cluster (default 3)")
	flags.StringVar(&f.run, "run", "", "judge the promises whose names match this regular expression alone")
	flags.StringVar(&f.skip, "skip", "", "leave out the promises whose names match this regular expression")
	flags.StringArrayVar(&f.failing, "failing", nil, "'EVENT [$.PLACE=VALUE…]': an event that the service fails to process at each attempt")
	flags.DurationVar(&f.observe, "observe", 0, "trigger and send nothing, and judge what comes in this time")
	flags.DurationVar(&f.within, "timeout", verify.DefaultWithin, "how long what must come may take")
	flags.DurationVar(&f.settle, "settle", verify.DefaultSettle, "how long it is watched that nothing more comes")
	flags.BoolVar(&f.record, "record", false, "write the events that were seen as examples beside the contract: their fields, with generated values")
	flags.BoolVar(&f.keepValues, "keep-values", false, "with --record: write observed values")
	flags.BoolVar(&f.destructive, "allow-destructive", false, "send into topics of an external cluster that other groups read")
	flags.Uint64("seed", 0, "make every random choice from this number (default: drawn and printed)")
	flags.StringVar(&f.dir, "dir", "", "write every format and the logs into this directory, too")
	flags.BoolVar(&f.quiet, "quiet", false, "print the result alone")
	f.format = findingsFormatFlag(cmd, formatHTML)
	for _, name := range []string{"command", "image", "arg", "env", "url", "database", "bootstrap", "brokers", "run", "skip", "failing", "observe", "timeout", "settle", "seed"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	_ = cmd.RegisterFlagCompletionFunc("ready", cobra.FixedCompletions([]string{"group=", "http=", "tcp=", "log=", "timeout="}, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace))
}

// read takes the flags that need more than to be bound, and refuses those that
// do not go together.
func (f *verifyFlags) read(cmd *cobra.Command) error {
	if err := f.combination(cmd); err != nil {
		return err
	}
	seed := rand.Uint64() >> 11
	if cmd.Flags().Changed("seed") {
		var err error
		if seed, err = cmd.Flags().GetUint64("seed"); err != nil {
			return err
		}
	}
	f.place.seed = &seed
	for _, expr := range []struct {
		flag, text string
		to         **regexp.Regexp
	}{{"run", f.run, &f.chosen}, {"skip", f.skip, &f.leftOut}} {
		if expr.text == "" {
			continue
		}
		re, err := regexp.Compile(expr.text)
		if err != nil {
			return usageError("write a regular expression such as 'consumes/.*/dead-letter'", "--%s: %w", expr.flag, err)
		}
		*expr.to = re
	}
	return f.readFailing()
}

func (f *verifyFlags) combination(cmd *cobra.Command) error {
	var given []string
	for _, name := range []string{"build", "command", "image", "services"} {
		if cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 1 {
		return usageError("leave out all but one", "%s both say what the service is", strings.Join(given, " and "))
	}
	own := len(given) == 1 && given[0] != "--services"
	for _, name := range []string{"arg", "env", "ready"} {
		if cmd.Flags().Changed(name) && !own {
			return usageError("give the service by --build, --command or --image", "--%s is for a service that flags name", name)
		}
	}
	switch {
	case len(f.args) > 0 && f.command != "":
		return usageError("write it in --command", "--arg is for --build and --image")
	case f.database != "" && f.services != "":
		return usageError("the scenario says which databases its services have", "--database is for a service that flags name, or that runs already")
	case f.url != "" && f.services != "":
		return usageError("the scenario says where its services listen", "--url is for a service that flags name, or that runs already")
	case f.keepValues && !f.record:
		return usageError("give --record, too", "--keep-values says how --record writes")
	case cmd.Flags().Changed("observe") && f.observe <= 0:
		return usageError("write a duration such as 1m", "--observe: %s is no time", f.observe)
	case f.within <= 0 || f.settle <= 0:
		return usageError("write a duration such as 10s", "--timeout and --settle must be more than 0")
	}
	return nil
}

// readFailing reads --failing: an event, and places with the values that make
// it fail.
func (f *verifyFlags) readFailing() error {
	f.failingEvents = map[string][]live.Override{}
	for _, text := range f.failing {
		words, err := words(text)
		if err != nil || len(words) == 0 {
			return usageError("write 'EVENT $.total=666'", "--failing: %q names no event", text)
		}
		overrides := []live.Override{}
		for _, w := range words[1:] {
			at, value, found := strings.Cut(w, "=")
			if !found {
				return usageError("write 'EVENT $.total=666'", "--failing: %q gives no value to a place", w)
			}
			overrides = append(overrides, live.Set(at, valueAt(at, value)))
		}
		f.failingEvents[words[0]] = overrides
	}
	return nil
}
