package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/fileschema"
)

func newSchema(s *state) *cobra.Command {
	kinds := strings.Join(fileschema.Kinds(), ", ")
	return &cobra.Command{
		Use:   "schema KIND",
		Short: "Print the JSON Schema of a kind of file, for editors",
		Long: `Schema prints the JSON Schema (draft 2020-12) of a kind of file that Weir
reads: ` + kinds + `. Editors that know it complete fields, explain
them and mark mistakes while one types. A YAML file names its schema in its
first line:

  # yaml-language-server: $schema=weir.schema.json

What a schema cannot see, such as a field that another file lacks, is found by
weir check.`,
		Example: `  weir schema contract > weir.schema.json
  weir schema scenario > scenario.schema.json`,
		Args: oneArg("a kind of file: " + kinds),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return fileschema.Kinds(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			schema := fileschema.Of(args[0])
			if schema == nil {
				return usageError(document.Suggest(args[0], fileschema.Kinds()), "there is no kind of file %q", args[0])
			}
			_, err := s.stdout.Write(schema)
			return err
		},
	}
}
