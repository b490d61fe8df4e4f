package main

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/publish"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

func newHistory(s *state) *cobra.Command {
	c := group(&cobra.Command{
		Use:   "history",
		Short: "Keep the published versions of schemas beside the contract",
		Long: `History keeps the versions of a schema in the folder that the contract names by
history:, so that weir check and weir can-i-deploy know what records of older
versions a topic may still hold.`,
		Example: "  weir history add\n  weir history list",
	})
	c.AddCommand(newHistoryAdd(s), newHistoryList(s))
	return c
}

func newHistoryList(s *state) *cobra.Command {
	var only string
	cmd := &cobra.Command{
		Use:   "list [CONTRACT]",
		Short: "List the versions of schemas, and which of them still count",
		Long: `List shows the versions of each schema that has a history, when they were
published, and on which topics their records may still be: those whose
retention, and segment.ms, has not passed since the next version was published.
The latest always counts. Facts about topics are those of all contracts of the
workspace; a topic of which none states its retention keeps all.

The document of --format json has the field schemas; each has name, contract,
folder and versions, and these have number, published, file, topics and, where
there is one, note.`,
		Example: "  weir history list\n  weir history list services/orders/weir.yaml --format json",
		Args:    contractArg,
	}
	cmd.Flags().StringVar(&only, "schema", "", "only this schema, by its name in the contract")
	format := formatFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		return s.historyList(append(args, ".")[0], only, format.value)
	}
	return cmd
}

func contractArg(c *cobra.Command, args []string) error {
	if len(args) > 1 {
		return usageError("", "%s takes one argument, a contract, and got %d: %s", c.CommandPath(), len(args), strings.Join(args, " "))
	}
	return nil
}

// targets are the schemas that have a history in what a name stands for.
func (s *state) targets(name, only string) ([]*publish.Target, error) {
	in := inputs{fsys: asyncapi.NewFiles(source.Host())}
	in.add(path.Clean(filepath.ToSlash(name)))
	if finding.Errors(in.findings) > 0 {
		return nil, s.unreadable(in.findings)
	}
	var targets []*publish.Target
	var names []string
	for _, c := range in.contracts {
		for _, t := range publish.Targets(c) {
			names = append(names, t.Name)
			if only == "" || t.Name == only {
				targets = append(targets, t)
			}
		}
	}
	if only != "" && len(targets) == 0 {
		hint := "a schema has one by history: FOLDER"
		if near := document.Nearest(only, names); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return nil, usageError(hint, "no schema %s has a history", only)
	}
	return targets, nil
}

const noHistory = "no schema has a history: a contract names its folder by history:\n"

// listedSchema and listedVersion are the document of --format json.
type listedSchema struct {
	Name     string          `json:"name"`
	Contract string          `json:"contract"`
	Folder   string          `json:"folder"`
	Versions []listedVersion `json:"versions"`
}

type listedVersion struct {
	Number    int       `json:"number"`
	Published time.Time `json:"published"`
	File      string    `json:"file"`
	Topics    []string  `json:"topics"`
	Note      string    `json:"note,omitempty"`
}

func (s *state) historyList(name, only, format string) error {
	targets, err := s.targets(name, only)
	if err != nil {
		return err
	}
	schemas := []listedSchema{}
	var text strings.Builder
	for _, t := range targets {
		versions, err := t.Versions(source.Host(), s.stated(t.Contract), s.now())
		if err != nil {
			return usageError("", "%s: %w", t.Name, err)
		}
		listed := listedSchema{t.Name, t.Contract.Doc.File(), t.Folder, []listedVersion{}}
		fmt.Fprintf(&text, "%s: %s\n", t.Name, t.Folder)
		for _, v := range versions {
			listed.Versions = append(listed.Versions, listedVersion{v.Number, v.Published, v.File, orEmpty(v.Topics), v.Note})
			fmt.Fprintf(&text, "  %s: %s\n", v, counts(t, v.Topics))
			if note, _, _ := strings.Cut(v.Note, "\n"); note != "" {
				fmt.Fprintf(&text, "    %s\n", summary.Plain(note))
			}
		}
		if len(versions) == 0 {
			text.WriteString("  no version yet: weir history add\n")
		}
		schemas = append(schemas, listed)
	}
	if format == formatJSON {
		return printed(writeJSON(s.stdout, struct {
			Schemas []listedSchema `json:"schemas"`
		}{schemas}))
	}
	if len(targets) == 0 {
		text.WriteString(noHistory)
	}
	_, err = fmt.Fprint(s.stdout, text.String())
	return printed(err)
}

// stated are the contracts that state facts about the topics of one, which
// itself comes last.
func (s *state) stated(c *contracts.Contract) []*contracts.Contract {
	w, _ := workspace.Open(path.Dir(c.Doc.File()))
	return append(w.Contracts(), c)
}

// counts says where records of a version may still be.
func counts(t *publish.Target, topics []string) string {
	switch {
	case len(t.Topics) == 0:
		return "of no event that is sent here"
	case len(topics) == 0:
		return "no record left on " + strings.Join(t.Topics, ", ")
	}
	return "counts on " + strings.Join(topics, ", ")
}
