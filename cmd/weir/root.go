package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flowweir/weir/contracts/document"
)

// execute runs the command line and answers the exit code.
func execute(s *state) int {
	root := newRoot(s)
	root.SetArgs(s.args)
	return s.fail(root.ExecuteContext(context.Background()))
}

func newRoot(s *state) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "weir",
		Short: "Check event contracts and run event flows under load and faults",
		Long: `Weir holds event flows to what their services promise. It reads contracts,
checks them against each other, drives load through the flow, breaks brokers
and services while the load runs, and says with evidence what was lost,
duplicated, reordered or late.

Exit codes: 0 pass; 1 findings or failed objectives; 2 usage or unreadable
input; 3 infrastructure; 4 inconclusive, vacuous or undecided.`,
		Example: `  weir check                                   # the contracts below this directory
  weir run scenario.yaml                       # in this process, no broker needed
  weir run scenario.yaml --cluster docker      # on Apache Kafka in containers`,
		SilenceErrors: true, // execute prints them
		SilenceUsage:  true, // an error is no reason for a page of help
	})
	root.SetOut(s.stdout)
	root.SetErr(s.stderr)
	root.SetFlagErrorFunc(badFlag)
	root.Version = program().Version
	root.SetVersionTemplate(versionText())
	root.AddCommand(newRun(s), newLoad(s), newChaos(s), newVerify(s), newPlan(s), newReport(s), newCompare(s), newJournal(s), newCluster(s), newDoctor(s), newVersion(s))
	for _, static := range []*cobra.Command{
		newInit(s), newCheck(s), newBreaking(s), newCompat(s), newFetch(s), newCanDeploy(s), newRecordDeploy(s), newHistory(s),
		newExplain(s), newGraph(s), newSchema(s), newAsyncAPI(s),
	} {
		root.AddCommand(s.prompt(static))
	}
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()
	completion(root)
	return root
}

// completion adds cobra's own verb, with an example and our errors.
func completion(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Example = "  weir completion bash > /etc/bash_completion.d/weir\n  weir completion zsh > \"${fpath[1]}/_weir\""
		group(c)
		for _, shell := range c.Commands() {
			shell.Args, shell.Example = noArgs, shellExamples[shell.Name()]
		}
	}
}

// shellExamples say how each shell is told.
var shellExamples = map[string]string{
	"bash":       "  weir completion bash > /etc/bash_completion.d/weir",
	"zsh":        "  weir completion zsh > \"${fpath[1]}/_weir\"",
	"fish":       "  weir completion fish > ~/.config/fish/completions/weir.fish",
	"powershell": "  weir completion powershell | Out-String | Invoke-Expression",
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:     "help [VERB]",
		Short:   "Show the help of a verb",
		Example: "  weir help run\n  weir help cluster up",
		RunE: func(_ *cobra.Command, args []string) error {
			at := root
			for _, name := range args {
				next := child(at, name)
				if next == nil {
					return unknownVerb(at, name)
				}
				at = next
			}
			return at.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return verbs(root), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// group makes a command of one that only has verbs below it: without one it
// shows its help and fails, because nothing was done.
func group(c *cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.ValidArgsFunction = cobra.NoFileCompletions
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownVerb(c, args[0])
		}
		c.SetOut(c.ErrOrStderr())
		if err := c.Help(); err != nil {
			return err
		}
		return exit(exitUsage)
	}
	return c
}

func child(c *cobra.Command, name string) *cobra.Command {
	for _, sub := range c.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}

// verbs are the names of the commands below c that people call.
func verbs(c *cobra.Command) []string {
	var names []string
	for _, sub := range c.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}

func unknownVerb(c *cobra.Command, name string) error {
	return usageError(document.Suggest(name, verbs(c)), "%s has no verb %q", c.CommandPath(), name)
}

// badFlag is an error of flags: with the nearest flag where one is unknown.
func badFlag(c *cobra.Command, err error) error {
	if words := c.Flags().Args(); len(words) > 0 && c.HasSubCommands() {
		return unknownVerb(c, words[0])
	}
	if invalid := (*pflag.InvalidValueError)(nil); errors.As(err, &invalid) {
		if want := wanted[invalid.GetFlag().Value.Type()]; want != "" {
			err = fmt.Errorf("invalid argument %q for \"--%s\" flag: it is no %s", invalid.GetValue(), invalid.GetFlag().Name, want)
		}
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) || unknown.GetSpecifiedShortnames() != "" {
		return usageError("see "+c.CommandPath()+" --help", "%w", err)
	}
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	name := "--" + unknown.GetSpecifiedName()
	return usageError(document.Suggest(name, names), "%s has no flag %s", c.CommandPath(), name)
}

// wanted are in words the values of flags whose type says them in Go's.
var wanted = map[string]string{
	"int": "whole number", "uint64": "whole number from 0 to 18446744073709551615",
	"duration": "duration such as 30s or 1m30s"}

// oneArg is the check for a verb that takes exactly one argument.
func oneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) == 1:
			return nil
		case len(args) == 0:
			return usageError(c.UseLine(), "%s needs %s", c.CommandPath(), what)
		}
		return usageError("", "%s takes one argument, %s, and got %d: %s", c.CommandPath(), what, len(args), strings.Join(args, " "))
	}
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError("", "%s takes no argument, and got %q", c.CommandPath(), args[0])
	}
	return nil
}

// choice is a flag that has one of a few values.
type choice struct {
	value string
	valid []string
}

var _ pflag.Value = (*choice)(nil)

func (c *choice) String() string { return c.value }

// Type is what the help shows in the place of a value.
func (c *choice) Type() string { return strings.Join(c.valid, "|") }

func (c *choice) Set(text string) error {
	for _, v := range c.valid {
		if text == v {
			c.value = text
			return nil
		}
	}
	return fmt.Errorf("%s", document.Suggest(text, c.valid))
}

// bind adds the choice as a flag, with its completion.
func (c *choice) bind(cmd *cobra.Command, name, usage string) {
	cmd.Flags().Var(c, name, usage)
	// It errs only for a flag that does not exist.
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(c.valid, cobra.ShellCompDirectiveNoFileComp))
}

// formatFlag adds --format text|json.
func formatFlag(cmd *cobra.Command) *choice {
	c := &choice{value: formatText, valid: []string{formatText, formatJSON}}
	c.bind(cmd, "format", "how results are printed")
	return c
}

// The values of --format.
const (
	formatText = "text"
	formatJSON = "json"
)

// directories completes names of directories, for one argument.
func directories(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}
