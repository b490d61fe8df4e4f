package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/document"
)

func newExplain(s *state) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [RULE]",
		Short: "Say what a rule or an invariant finds; list all without an argument",
		Long: `Explain says what an id finds, when, and what to do: of a rule of contracts, of
a break between two versions of a schema, of a file that cannot be read, or of an
invariant of a run. The part before the slash may be left out where no other id
has the same end. Without an argument all ids are listed, in groups.`,
		Example: `  weir explain
  weir explain check/need-missing
  weir explain json-type
  weir explain no-duplicate-effect`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) <= 1 {
				return nil
			}
			return oneArg("a rule")(c, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var out []string
			for _, p := range pages() {
				out = append(out, cobra.CompletionWithDesc(p.id, p.why))
			}
			return out, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return s.explainAll()
			}
			return s.explain(args[0])
		},
	}
}

// explainAll lists all ids by the group that they are in.
func (s *state) explainAll() error {
	var b strings.Builder
	all := groups()
	widest := 0
	for _, p := range pages() {
		widest = max(widest, len(p.id))
	}
	for i, g := range all {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", g.title)
		for _, p := range g.pages {
			fmt.Fprintf(&b, "  %-*s %-9s %s\n", widest, p.id, p.severity, p.why)
		}
	}
	_, err := fmt.Fprint(s.stdout, b.String())
	return printed(err)
}

// explain explains an id, or one that is the only one with its last part.
func (s *state) explain(id string) error {
	var ids, same []string
	for _, p := range pages() {
		ids = append(ids, p.id)
		if _, last, ok := strings.Cut(p.id, "/"); ok && last == id {
			same = append(same, p.id)
		}
	}
	switch {
	case slices.Contains(ids, id):
	case len(same) == 1:
		id = same[0]
	case len(same) > 1:
		return usageError("did you mean "+strings.Join(same, " or ")+"?", "there is no rule or invariant %q", id)
	case document.Nearest(id, ids) != "":
		return usageError(document.Suggest(id, ids), "there is no rule or invariant %q", id)
	default:
		return usageError("weir explain lists all", "there is no rule or invariant %q", id)
	}
	_, err := fmt.Fprint(s.stdout, pages()[slices.Index(ids, id)].text())
	return printed(err)
}
