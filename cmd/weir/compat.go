package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/summary"
)

// compatFlags are the flags of weir compat.
type compatFlags struct {
	mode                           string
	dialect, schemaFormat, formats *choice
	encoding, format               *choice
	message                        string
	references, importPaths        []string
}

func newCompat(s *state) *cobra.Command {
	var f compatFlags
	cmd := &cobra.Command{
		Use:   "compat OLD... NEW",
		Short: "Compare versions of a schema under a mode; no broker, no registry",
		Long: `Compat says whether the last schema is compatible with those before it, oldest
first, and shows a document that breaks where it is not. A schema is a file, a
folder of published versions (all of them), a file at a git revision
(REVISION:FILE, relative to the working directory), or a subject of a registry
(registry:SUBJECT for its latest version, /3 for that one, /all for every one):
the one that WEIR_REGISTRY_URL names, else that of the workspace.

The exit code is 0 where it is compatible, 1 where it is not, 2 where a schema
cannot be read, 3 where the registry cannot be asked, and 4 where something could
not be decided. Of a Protobuf file every message at the top is compared, or the
one that --message names, all its names where it was renamed. The document of
--format json has the fields result (compatible, incompatible or undecided),
compatible and findings. Schemas that cannot be read are undecided there, and
the findings say what is wrong with them; it is printed on stdout in each format
but text, which has it on stderr. Names in a JSON Schema that are nearly keywords,
or keywords of another draft, are told as information, as weir check tells them.
weir explain RULE says what a break is about.`,
		Example: `  weir compat main:schemas/order.json schemas/order.json
  weir compat --mode full-transitive schemas/history/order schemas/order.avsc
  weir compat --mode forward --message acme.OrderPlaced v1.proto v2.proto
  weir compat --message acme.OrderPlaced,acme.Placed v1.proto v2.proto
  weir compat registry:order.events-value schemas/order.avsc
  weir compat --dialect lenient --format json v1.json v2.json`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError(c.UseLine(), "%s needs an old schema and a new one", c.CommandPath())
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.mode, "mode", compat.Backward, "none, backward, forward or full, the last three also with -transitive (against all old versions)")
	f.dialect = dialectFlag(cmd)
	f.schemaFormat = choiceFlag(cmd, "schema-format", "the format of the schemas; auto takes it from the file's ending", "auto", contracts.FormatJSONSchema, contracts.FormatAvro, contracts.FormatProtobuf)
	f.formats = choiceFlag(cmd, "formats", "whether JSON Schema's keyword format asserts something", "annotate", "assert")
	f.encoding = choiceFlag(cmd, "encoding", "the form in which Protobuf messages travel: each is judged by itself",
		schema.EncodingBinary, schema.EncodingJSON, schema.EncodingBoth)
	flags.StringVar(&f.message, "message", "", "the full name of the Protobuf message to compare alone; where it was renamed, its names parted by commas (default all of the file's)")
	flags.StringSliceVar(&f.references, "reference", nil, "a further file: with named types for Avro, or one that a JSON Schema refers to by its $id; may be repeated")
	flags.StringSliceVar(&f.importPaths, "import-path", nil, "a folder that Protobuf imports start from; may be repeated (default the schema's folder and those above)")
	f.format = findingsFormatFlag(cmd)
	_ = cmd.RegisterFlagCompletionFunc("mode", cobra.FixedCompletions(compat.ModeNames(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(c *cobra.Command, args []string) error { return s.compat(c.Context(), args, &f) }
	return readsRegistry(cmd)
}

// idle says which flag would do nothing, because none of the schemas is of a
// language that it means something to.
func (f *compatFlags) idle(all []versions.Version) error {
	for _, flag := range []struct {
		name      string
		given     bool
		why       string
		languages []string
	}{
		{"--formats assert", f.formats.value == "assert", "only JSON Schema has the keyword format", []string{contracts.FormatJSONSchema}},
		{"--encoding " + f.encoding.value, f.encoding.value != schema.EncodingBinary, "only Protobuf has two encodings", []string{contracts.FormatProtobuf}},
		{"--message", f.message != "", "only Protobuf has several messages in a file", []string{contracts.FormatProtobuf}},
		{"--import-path", len(f.importPaths) > 0, "only Protobuf has imports", []string{contracts.FormatProtobuf}},
		{"--reference", len(f.references) > 0, "Protobuf's imports are found by --import-path", []string{contracts.FormatAvro, contracts.FormatJSONSchema}},
	} {
		means := func(v versions.Version) bool { return slices.Contains(flag.languages, v.Schema.Format()) }
		if flag.given && !slices.ContainsFunc(all, means) {
			latest := all[len(all)-1]
			return usageError("", "%s says nothing to %s, the format of %s: %s", flag.name, latest.Schema.Format(), latest.Name, flag.why)
		}
	}
	return nil
}

var (
	messageNames = regexp.MustCompile(`^[\w.,]*$`)
	notInNames   = regexp.MustCompile(`[^\w.]+`)
)

// renamed says of a message that some of the schemas have, and some lack, how
// it is followed to another name.
func (f *compatFlags) renamed(findings []finding.Finding) {
	for i := range findings {
		other, near := strings.CutPrefix(findings[i].Hint, "did you mean ")
		if near && findings[i].Message == "no message "+f.message+" is here" {
			findings[i].Hint += " if it was renamed, give both names: --message " + f.message + "," + strings.TrimSuffix(other, "?")
		}
	}
}

// choiceFlag adds a flag that has one of a few values, the first by default.
func choiceFlag(cmd *cobra.Command, name, usage string, values ...string) *choice {
	c := &choice{value: values[0], valid: values}
	c.bind(cmd, name, usage)
	return c
}

// dialectFlag adds how strictly versions of schemas are compared.
func dialectFlag(cmd *cobra.Command) *choice {
	return choiceFlag(cmd, "dialect", "how schemas are compared; lenient forgives a documented list of breaks", "strict", "lenient")
}

func dialectOf(c *choice) schema.Dialect { return schema.Dialect{Lenient: c.value == "lenient"} }

// compared is the document of --format json.
type compared struct {
	Result     compat.Result     `json:"result"`
	Compatible bool              `json:"compatible"`
	Findings   []finding.Finding `json:"findings"`
}

func (s *state) compat(ctx context.Context, names []string, f *compatFlags) error {
	mode, err := compat.ParseMode(f.mode)
	if err != nil {
		hint := ""
		if nearest := document.Nearest(f.mode, compat.ModeNames()); nearest != "" {
			hint = fmt.Sprintf("did you mean %q?", nearest)
		}
		return usageError(hint, "--mode: %w", err)
	}
	if !messageNames.MatchString(f.message) {
		return usageError("names are parted by commas: --message "+notInNames.ReplaceAllString(f.message, ","), "--message: %q is no name of a message", f.message)
	}
	registry, closeRegistry, err := s.namedRegistry(ctx, names)
	if err != nil {
		return err
	}
	defer closeRegistry()
	named := &versions.Named{Registry: registry, Options: schema.Options{
		Message: f.message, References: f.references, ImportPaths: f.importPaths, AssertFormat: f.formats.value == "assert",
	}}
	if f.schemaFormat.value != "auto" {
		named.Format = f.schemaFormat.value
	}
	all, invalid, err := open(ctx, named, names)
	if err = errors.Join(err, named.Close()); err != nil {
		return errors.Join(s.invalid(formatText, mode, invalid), err)
	}
	if len(invalid) > 0 {
		if len(all) > 0 {
			f.renamed(invalid)
		}
		if err := s.invalid(f.format.value, mode, invalid); err != nil {
			return err
		}
		return exit(exitUsage)
	}
	if err := f.idle(all); err != nil {
		return err
	}
	dialect := dialectOf(f.dialect)
	dialect.Encoding, dialect.AllMessages = f.encoding.value, f.message == ""
	latest := len(all) - 1
	outcome := schema.Check(mode, all[:latest], all[latest], dialect)
	if latest := all[latest]; mode != (compat.Mode{}) {
		old := all[len(all)-2]
		outcome.Add(schema.Unreserved(old.Schema, latest.Schema, dialect), compat.Direction{WriterName: old.Name, ReaderName: latest.Name, NewReads: true})
	}
	found := count(slices.Concat(outcome.Findings(), idleKeywords(mode, all)))
	err = s.printFindings(f.format.value, judged{
		verb: "compat", verdict: verdicts[outcome.Result], counted: found,
		sentence: fmt.Sprintf("%s under %s: %s", outcome.Result, mode, outcomeText(outcome)),
		document: compared{outcome.Result, outcome.Result == compat.Compatible, found.Findings},
	})
	if err != nil {
		return err
	}
	return exit(compatCodes[outcome.Result])
}

// idleKeywords are what weir check says of names that are nearly keywords, or
// keywords of other drafts, in the schemas that were compared: a difference in
// them is none.
func idleKeywords(mode compat.Mode, all []versions.Version) []finding.Finding {
	if !mode.Transitive {
		all = all[len(all)-2:]
	}
	var findings []finding.Finding
	for _, v := range all {
		for _, p := range v.Schema.IdleKeywords() {
			findings = append(findings, finding.Finding{ID: rules.SchemaKeyword, Severity: finding.Info, Message: p.Message, Hint: p.Hint, Position: &p.Position})
		}
	}
	return findings
}

// outcomeText counts what breaks, and what could not be decided.
func outcomeText(o compat.Outcome) string {
	breaks, open := 0, 0
	for _, p := range o.Problems {
		switch p.Verdict {
		case compat.Breaks:
			breaks++
		case compat.Open:
			open++
		case compat.Forgiven:
		}
	}
	text := summary.Plural(breaks, "break", "breaks")
	if open > 0 {
		text += fmt.Sprintf(", %d undecided", open)
	}
	return text
}

var (
	verdicts = map[compat.Result]finding.Verdict{
		compat.Compatible: finding.Pass, compat.Incompatible: finding.Fail, compat.Undecided: finding.Inconclusive,
	}
	compatCodes = map[compat.Result]int{
		compat.Compatible: exitPass, compat.Incompatible: exitFindings, compat.Undecided: exitInconclusive,
	}
)

// invalid prints what is wrong with schemas that cannot be compared: for people
// on stderr, as all that stops a verb, and for programs in the format that they
// asked for.
func (s *state) invalid(format string, mode compat.Mode, findings []finding.Finding) error {
	if format == formatText {
		return finding.Text(s.stderr, findings)
	}
	found := count(findings)
	return s.printFindings(format, judged{
		verb: "compat", verdict: verdicts[compat.Undecided], counted: found,
		sentence: fmt.Sprintf("%s under %s: %s; schemas are compared once all of them can be read", compat.Undecided, mode, found),
		document: compared{Result: compat.Undecided, Findings: found.Findings},
	})
}

// open reads schemas by their names. What is wrong with their files are the
// findings.
func open(ctx context.Context, named *versions.Named, names []string) (all []versions.Version, findings []finding.Finding, err error) {
	for _, name := range names {
		opened, err := named.Open(ctx, name)
		var invalid *versions.FindingsError
		switch {
		case errors.As(err, &invalid):
			findings = append(findings, invalid.Findings...)
		case err != nil && versions.InRegistry(name) && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, versions.ErrNoRegistry):
			return nil, findings, fmt.Errorf("%s: %w", name, err) // the registry cannot be asked
		case err != nil:
			findings = append(findings, notRead(name, err))
		}
		all = append(all, opened...)
	}
	return all, findings, nil
}

// notRead says why there is no schema of a name.
func notRead(name string, err error) finding.Finding {
	f := finding.Finding{ID: document.Unreadable, Severity: finding.Error, Message: err.Error(), Position: &finding.Position{File: name}}
	var absent *fs.PathError
	switch {
	case errors.As(err, &absent):
		f.Message = "cannot read the schema: " + absent.Err.Error()
	case errors.Is(err, versions.ErrFormat):
		f.Hint = "say it with --schema-format jsonschema, avro or protobuf"
	}
	return f
}

// namedRegistry is the registry that subjects among the names are in; nil where
// there are none, or no registry.
func (s *state) namedRegistry(ctx context.Context, names []string) (versions.Registry, func(), error) {
	if !slices.ContainsFunc(names, versions.InRegistry) {
		return nil, func() {}, nil
	}
	r, err := s.registryHere()
	if r == nil {
		return nil, func() {}, err
	}
	return versions.FromRegistry(ctx, r), r.Close, nil
}
