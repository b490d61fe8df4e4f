package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/infer"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/sample"
	"github.com/flowweir/weir/reports/finding"
)

// initFlags are the flags of weir init.
type initFlags struct {
	service, event, topic string
	bootstrap             []string
	clientConfig          string
	records               int
	subject               string
	download              bool
	keepValues            bool
	seed                  uint64
	force, stdout         bool
}

func newInit(s *state) *cobra.Command {
	var f initFlags
	cmd := &cobra.Command{
		Use:   "init [FILE...]",
		Short: "Write a first contract from examples, a topic, a schema registry or AsyncAPI",
		Long: `Init writes weir.yaml, and the schemas and examples that it names, from what is
there already: example files, each one JSON document with or without an
envelope; the newest records of a live topic; a subject of the registry that
WEIR_REGISTRY_URL or the workspace names; or an AsyncAPI document, beside which the contract is
then written, to stand on it. A file is known by its content.

A topic is read without a group, and nothing on the cluster changes. Values of
records are not written anywhere: schemas have types and formats, and examples
are generated from --seed. Names of events, fields and headers are written.

What was guessed is marked in the contract and listed; what could not be known
is a comment. Files that exist are not touched unless --force is given. The exit
code is 2 where there is nothing to learn from, and 3 where a broker or registry
cannot be reached.`,
		Example: `  weir init --service order-service --event com.acme.order.OrderPlaced --topic order.events examples/*.json
  weir init --service order-service --topic order.events --bootstrap kafka-1:9092
  weir init --service order-service --topic order.events --client-config client.properties --records 200 --stdout
  weir init --service order-service --subject order.events-value --download
  weir init asyncapi.yaml`,
		Args: f.check,
		RunE: func(cmd *cobra.Command, args []string) error { return s.init(cmd.Context(), args, f) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.service, "service", "", "name of the service (default: the directory's)")
	flags.StringVar(&f.event, "event", "", "name of the event, where nothing says it; else take this one alone")
	flags.StringVar(&f.topic, "topic", "", "topic that the service produces to; it is read where no file is given")
	flags.StringSliceVar(&f.bootstrap, "bootstrap", nil, "addresses of brokers to read the topic from, host:port,… (default: WEIR_BOOTSTRAP)")
	flags.StringVar(&f.clientConfig, "client-config", "", "Kafka client.properties file that says how to connect")
	flags.IntVar(&f.records, "records", 1000, "how many records are read at most, over all partitions")
	flags.StringVar(&f.subject, "subject", "", "subject of the schema registry")
	flags.BoolVar(&f.download, "download", false, "keep the subject's schema in files instead of naming the subject")
	flags.BoolVar(&f.keepValues, "keep-values", false, "write an observed event as example instead of a generated one")
	flags.Uint64Var(&f.seed, "seed", 1, "generate examples from this number")
	flags.BoolVar(&f.force, "force", false, "write over files that exist")
	flags.BoolVar(&f.stdout, "stdout", false, "print the files, each below a line with its name, and write none")
	for _, name := range []string{"service", "event", "topic", "bootstrap", "records", "subject", "seed"} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
	return readsRegistry(cmd)
}

// check refuses flags that go with another source than the one that is given.
func (f *initFlags) check(cmd *cobra.Command, args []string) error {
	source, own := "a topic", "bootstrap client-config records keep-values seed"
	switch {
	case len(args) > 0 && f.subject != "":
		return usageError("leave out one of the two", "files and --subject are two sources")
	case len(args) > 0:
		source, own = "files", "keep-values seed"
	case f.subject != "":
		source, own = "a subject", "download"
	case f.topic == "":
		return usageError("give example files, an AsyncAPI document, --topic or --subject; see weir init --help", "weir init needs something to learn from")
	}
	for name := range strings.FieldsSeq("bootstrap client-config records download keep-values seed") {
		if cmd.Flags().Changed(name) && !strings.Contains(" "+own+" ", " "+name+" ") {
			return usageError("leave it out", "--%s says nothing about %s", name, source)
		}
	}
	if f.records < 1 {
		return usageError("read 1 or more", "--records: %d is no number of records", f.records)
	}
	if f.stdout && f.force {
		return usageError("leave out one of the two", "--stdout writes no file, and --force writes over them")
	}
	return nil
}

func (s *state) init(ctx context.Context, args []string, f initFlags) error {
	documents, err := recognize(args)
	if err != nil {
		return initError(err)
	}
	if len(documents) == 1 && documents[0].kind == infer.AsyncAPI {
		return s.initFromAsyncAPI(documents[0].name, f, infer.FromAsyncAPI)
	}
	guesses, err := f.nameService()
	if err != nil {
		return err
	}
	var draft *infer.Draft
	switch {
	case len(args) > 0:
		draft, err = initFromExamples(ctx, documents, f)
	case f.subject != "":
		draft, err = s.initFromSubject(ctx, f)
	default:
		draft, err = s.initFromTopic(ctx, f)
	}
	if err != nil {
		return initError(err)
	}
	draft.Guesses = append(guesses, draft.Guesses...)
	return s.initWrite(draft, ".", f)
}

// initFile is a file that is given to learn from.
type initFile struct {
	name    string
	content []byte
	kind    infer.Kind
}

func recognize(names []string) ([]initFile, error) {
	var documents []initFile
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return nil, usageError("name files; a shell expands examples/*.json", "%w", err)
		}
		kind, err := infer.Recognize(name, content)
		if err != nil {
			return nil, err
		}
		if kind == infer.AsyncAPI && len(names) > 1 {
			return nil, usageError("weir init "+name, "%s is an AsyncAPI document, which is given alone", name)
		}
		documents = append(documents, initFile{name, content, kind})
	}
	return documents, nil
}

// nameService takes the directory's name where none is given.
func (f *initFlags) nameService() (guesses []string, err error) {
	if f.service != "" {
		return nil, nil
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return nil, err
	}
	f.service = filepath.Base(here)
	return []string{fmt.Sprintf("service %s: the directory's name", f.service)}, nil
}

func initFromExamples(ctx context.Context, documents []initFile, f initFlags) (*infer.Draft, error) {
	if f.topic == "" {
		return nil, usageError("--topic order.events", "examples do not say which topic they are of")
	}
	r := infer.Request{Service: f.service, Event: f.event, Topic: f.topic, KeepValues: f.keepValues, Seed: f.seed}
	for _, d := range documents {
		r.Records = append(r.Records, infer.Record{File: filepath.ToSlash(filepath.Clean(d.name)), Value: d.content})
	}
	return infer.FromRecords(ctx, r)
}

// readsAsyncAPI makes a draft of a document, as those of package infer.
type readsAsyncAPI func(fsys fs.FS, file string) (*infer.Draft, []finding.Finding, error)

func (s *state) initFromAsyncAPI(name string, f initFlags, read readsAsyncAPI) error {
	if f.service+f.event+f.topic != "" || f.keepValues {
		return usageError("weir init "+name, "%s is an AsyncAPI document: it names services, events and topics itself", name)
	}
	draft, findings, err := read(source.Host(), filepath.ToSlash(name))
	if err != nil {
		return err
	}
	if err := finding.Text(s.stderr, findings); err != nil {
		return err
	}
	if draft == nil {
		return exit(exitUsage)
	}
	return s.initWrite(draft, filepath.Dir(name), f)
}

func (s *state) initFromSubject(ctx context.Context, f initFlags) (*infer.Draft, error) {
	r, err := s.registryHere()
	if err != nil {
		return nil, err
	}
	if r == nil {
		return nil, usageError("", "%w", versions.ErrNoRegistry)
	}
	defer r.Close()
	return infer.FromSubject(ctx, infer.SubjectRequest{
		Service: f.service, Event: f.event, Topic: f.topic, Subject: f.subject, Download: f.download, Registry: r,
	})
}

func (s *state) initFromTopic(ctx context.Context, f initFlags) (*infer.Draft, error) {
	if problem := contracts.TopicNameProblem(f.topic); problem != "" {
		return nil, usageError("", "the topic %q %s", f.topic, problem)
	}
	if addresses := s.env(bootstrapEnv); len(f.bootstrap) == 0 && addresses != "" {
		f.bootstrap = strings.Split(addresses, ",")
	}
	if len(f.bootstrap) == 0 && f.clientConfig == "" {
		return nil, usageError("--bootstrap host:port, or give example files", "weir init needs brokers to read the topic from")
	}
	r, err := s.registryHere()
	if err != nil {
		return nil, err
	}
	if r != nil {
		defer r.Close()
	}
	c, err := external.Provider().Start(ctx, cluster.Spec{
		Kind: cluster.External, Bootstrap: f.bootstrap, ClientConfig: f.clientConfig, Log: s.stderr,
	})
	if err != nil {
		return nil, err
	}
	read, err := sample.Read(ctx, c, f.topic, f.records)
	if err != nil {
		return nil, err
	}
	draft, err := infer.FromRecords(ctx, infer.Request{
		Service: f.service, Event: f.event, Topic: f.topic, Facts: &read.Facts, Records: read.Records,
		KeepValues: f.keepValues, Seed: f.seed, Registry: r,
	})
	if err == nil {
		draft.Notes = append(draft.Notes, read.Notes...)
	}
	return draft, err
}

// initError gives the errors of input their exit code and the next step.
func initError(err error) error {
	var input *infer.InputError
	var unknown *sample.UnknownTopicError
	switch {
	case errors.As(err, &input):
		return usageError(input.Hint, "%w", err)
	case errors.As(err, &unknown):
		return usageError(unknown.Hint, "%w", err)
	}
	return err
}

// initWrite writes or prints the files, and lists what people should look at.
func (s *state) initWrite(draft *infer.Draft, dir string, f initFlags) error {
	if f.stdout {
		for _, file := range draft.Files() {
			if _, err := fmt.Fprintf(s.stdout, "==> %s <==\n%s", file.Name, file.Content); printed(err) != nil {
				return err
			}
		}
		_, err := fmt.Fprint(s.stderr, remarks(draft))
		return err
	}
	written, err := draft.Write(dir, f.force)
	var exists *infer.ExistsError
	if errors.As(err, &exists) {
		return usageError("--force writes over what exists, --stdout prints the files instead", "%w: nothing was written", err)
	}
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, name := range written {
		b.WriteString("wrote    " + name + "\n")
	}
	b.WriteString(remarks(draft))
	_, err = fmt.Fprintf(s.stdout, "%snext     weir check %s\n", b.String(), written[len(written)-1])
	return printed(err)
}

// remarks are what was guessed, what is not in the contract, and the seed.
func remarks(draft *infer.Draft) string {
	var b strings.Builder
	for _, guess := range draft.Guesses {
		b.WriteString("guessed  " + guess + "\n")
	}
	for _, note := range draft.Notes {
		b.WriteString("note     " + note + "\n")
	}
	if draft.ExampleSeed != nil {
		fmt.Fprintf(&b, "seed     %d, from which the examples were generated\n", *draft.ExampleSeed)
	}
	return b.String()
}
