package main

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/infer"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

func newAsyncAPI(s *state) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "asyncapi",
		Short: "Write a contract as an AsyncAPI document, or the other way round",
		Long: `Asyncapi turns contracts into AsyncAPI documents and documents into contracts.
What AsyncAPI has no field for stands in x- fields, so that nothing is lost
between the two.

A contract need not be turned into a document to use one: it can stand on it,
with asyncapi: asyncapi.yaml, and add promises by operation.`,
		Example: `  weir asyncapi export order-service -o order-service/asyncapi.yaml
  weir asyncapi import order-service/asyncapi.yaml`,
	})
	cmd.AddCommand(newAsyncAPIExport(s), newAsyncAPIImport(s))
	return cmd
}

func newAsyncAPIExport(s *state) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "export [CONTRACT]",
		Short: "Write a contract as an AsyncAPI document",
		Long: `Export writes a contract, by default weir.yaml, as an AsyncAPI document that is to
lie beside it: the document refers to the contract's schema files by their
relative paths, and copies none.

A contract that stands on a document is written over this document, in its
version and to lie beside it: all that it says stays as it is, comments
included, and x- fields are added for what the contract promises beyond it.

The exit code is 2 where the contract or a schema cannot be read.`,
		Example: `  weir asyncapi export > asyncapi.yaml
  weir asyncapi export order-service -o order-service/asyncapi.yaml
  weir asyncapi export order-service/weir.yaml --version 3.0.0`,
		Args: cobra.ArbitraryArgs,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	versions := asyncapi.Versions()
	slices.Reverse(versions)
	version := choiceFlag(cmd, "version", "the version of AsyncAPI; a contract that stands on a document keeps its", versions...)
	cmd.Flags().StringVarP(&out, "output", "o", "", "the file to write, beside the contract, or the document that it stands on (default: print)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return oneArg("a contract")(cmd, args)
		}
		chosen := ""
		if cmd.Flags().Changed("version") {
			chosen = version.value
		}
		return s.asyncAPIExport(slices.Concat(args, []string{"."})[0], chosen, out)
	}
	return cmd
}

// asyncAPIExport writes the contract of a file or directory.
func (s *state) asyncAPIExport(name, version, out string) error {
	files := asyncapi.NewFiles(source.Host())
	name = path.Clean(filepath.ToSlash(name))
	if info, err := fs.Stat(files, name); err == nil && info.IsDir() {
		name = path.Join(name, contracts.FileName)
	}
	c, findings := files.Load(name)
	if finding.Errors(findings) > 0 {
		return s.unreadable(findings)
	}
	if out != "" {
		out = path.Clean(filepath.ToSlash(out))
		if err := besideContract(c, out); err != nil {
			return err
		}
	}
	document, err := asyncapi.Export(c, files, version)
	if err != nil {
		hint := "weir check " + name + " finds more"
		if c.AsyncAPI != "" {
			hint = ""
		}
		return usageError(hint, "%s cannot be written as an AsyncAPI document: %w", name, err)
	}
	if out == "" {
		_, err := s.stdout.Write(document)
		return printed(err)
	}
	if err := asyncapi.WriteFile(out, document); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.stdout, "wrote %s\n", out)
	return printed(err)
}

// besideContract refuses a file from which the document's references are not
// found, and one that the document is made of.
func besideContract(c *contracts.Contract, out string) error {
	beside, what := c.Doc.File(), "the contract"
	if c.AsyncAPI != "" {
		beside, what = c.Resolve(c.AsyncAPI), "the one that the contract stands on"
	}
	if dir := path.Dir(beside); absolute(path.Dir(out)) != absolute(dir) {
		return usageError("write it there, or print it and change its references",
			"-o: %s is not in %s, and the document refers to schemas from beside %s", out, dir, what)
	}
	for name, what := range map[string]string{c.Doc.File(): "the contract itself", c.Resolve(c.AsyncAPI): "the document that the contract stands on"} {
		if absolute(name) == absolute(out) {
			return usageError("name another file", "-o: %s is %s", out, what)
		}
	}
	return nil
}

func newAsyncAPIImport(s *state) *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "import DOCUMENT",
		Short: "Write a first contract of an AsyncAPI document",
		Long: `Import copies a document into a contract of its own: it writes weir.yaml beside the
document, and the schemas and examples that stand in it as files. What of the
document has no place in a contract is listed. Files that exist are not touched
unless --force is given.

To add promises to a document that stays the source, take weir init instead: it
writes a contract that stands on it.`,
		Example: `  weir asyncapi import asyncapi.yaml
  weir asyncapi import order-service/asyncapi.yaml --stdout`,
		Args: oneArg("an AsyncAPI document"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
		RunE: func(_ *cobra.Command, args []string) error {
			return s.initFromAsyncAPI(args[0], f, infer.ImportAsyncAPI)
		},
	}
	cmd.Flags().BoolVar(&f.force, "force", false, "write over files that exist")
	cmd.Flags().BoolVar(&f.stdout, "stdout", false, "print the files, each below a line with its name, and write none")
	return cmd
}
