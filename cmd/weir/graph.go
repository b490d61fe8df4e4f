package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/graph"
	"github.com/flowweir/weir/reports/finding"
)

// The languages of weir graph.
const (
	graphMermaid = "mermaid"
	graphDOT     = "dot"
	graphSVG     = "svg"
)

func newGraph(s *state) *cobra.Command {
	var orphans bool
	format := &choice{value: graphMermaid, valid: []string{graphMermaid, graphDOT, graphSVG}}
	cmd := &cobra.Command{
		Use:   "graph [PATH...]",
		Short: "Draw services, topics and events",
		Long: `Graph draws the contracts in and below the given directories, by default this
one: services, the topics between them, the events on these, retry and
dead-letter topics, and what an event makes a service do. What weir check finds
an error in, is red and marked ✗. A path in a workspace stands for all of the
workspace's contracts.

Orphans are listed on standard error after the graph, or alone on standard
output with --orphans: topics that nobody reads or nobody uses, and events that
nobody consumes or nobody produces. They may well be in order: a service
without a contract reads them.

The exit code is 0 whatever the graph shows, and 2 where a file cannot be read
as it is: nothing is drawn then. weir check judges.`,
		Example: `  weir graph                            # Mermaid, for Markdown
  weir graph --format svg > flow.svg
  weir graph --format dot | dot -Tpng > flow.png
  weir graph --orphans order-service payment-service`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	format.bind(cmd, "format", "the language of the graph")
	cmd.Flags().BoolVar(&orphans, "orphans", false, "list orphans instead of the graph")
	cmd.RunE = func(c *cobra.Command, args []string) error {
		if orphans && c.Flags().Changed("format") {
			return usageError("leave out one of the two", "--orphans is a list, which --format says nothing about")
		}
		return s.graph(c.Context(), args, format.value, orphans)
	}
	return readsRegistry(cmd)
}

func (s *state) graph(ctx context.Context, paths []string, format string, onlyOrphans bool) error {
	in, err := gather(paths)
	if err != nil {
		return err
	}
	if finding.Errors(in.findings) > 0 {
		return s.unreadable(count(in.findings).Findings)
	}
	strict := &checkFlags{againstFlags: againstFlags{dialect: &choice{}}}
	found, err := s.judge(ctx, in, strict)
	if err != nil {
		return err
	}
	g := graph.Build(in.contracts, found.findings)
	if onlyOrphans {
		return printed(listOrphans(s.stdout, g))
	}
	write := map[string]func(io.Writer) error{graphMermaid: g.Mermaid, graphDOT: g.DOT, graphSVG: g.SVG}[format]
	if err := write(s.stdout); err != nil {
		return printed(err)
	}
	return listOrphans(s.stderr, g)
}

func listOrphans(w io.Writer, g *graph.Graph) error {
	for _, o := range g.Orphans {
		if _, err := fmt.Fprintln(w, o); err != nil {
			return err
		}
	}
	return nil
}
