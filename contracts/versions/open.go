package versions

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

// registryPrefix begins the names of registered schemas.
const registryPrefix = "registry:"

// InRegistry reports whether a name stands for a registered schema.
func InRegistry(name string) bool { return strings.HasPrefix(name, registryPrefix) }

// Named opens schemas by the names that people give them on a command line:
//
//	schemas/order.json               a file
//	schemas/history/order/           a folder of published versions: all of them
//	main:schemas/order.json          a file at a git revision
//	registry:orders-value            the latest version of a subject
//	registry:orders-value/3          one version; registry:orders-value/all, every one
//
// A file that exists is taken for one, whatever its name.
type Named struct {
	// Format is jsonschema, avro or protobuf; "" takes it from the ending.
	Format  string
	Options schema.Options
	// Registry has the registered schemas; nil where none is given.
	Registry Registry

	fsys      fs.FS
	revisions []*source.Revision
}

// FindingsError is an error that has places.
type FindingsError struct{ Findings []finding.Finding }

// Error is the first finding's sentence.
func (e *FindingsError) Error() string { return e.Findings[0].Message }

// ErrFormat says that a file's ending does not tell its format, and Named.Format
// neither.
var ErrFormat = errors.New("the format of the schema is not known by the file's ending; those of schemas are .json, .yaml, .yml, .avsc and .proto")

// Open reads what a name stands for: one version, or several, the oldest
// first. Its error is a *FindingsError where a file is no schema.
func (n *Named) Open(ctx context.Context, name string) ([]Version, error) {
	if n.fsys == nil {
		n.fsys = source.Host()
	}
	if subject, ok := strings.CutPrefix(name, registryPrefix); ok {
		return n.registered(subject)
	}
	file := path.Clean(filepath.ToSlash(name))
	info, err := fs.Stat(n.fsys, file)
	switch {
	case err == nil && info.IsDir():
		return n.published(file)
	case err == nil:
		return n.one(n.fsys, file, name)
	}
	if rev, at, ok := strings.Cut(name, ":"); ok && rev != "" && at != "" && errors.Is(err, fs.ErrNotExist) {
		return n.committed(ctx, rev, at, name)
	}
	return nil, err
}

// Close ends what reading git revisions needs.
func (n *Named) Close() error {
	var all []error
	for _, r := range n.revisions {
		all = append(all, r.Close())
	}
	n.revisions = nil
	return errors.Join(all...)
}

func (n *Named) one(fsys fs.FS, file, name string) ([]Version, error) {
	format := n.format(file)
	if format == "" {
		return nil, ErrFormat
	}
	s, err := schema.Load(fsys, file, format, n.Options)
	if err != nil {
		return nil, invalid(err)
	}
	return []Version{{Name: name, Schema: s}}, nil
}

// format is the one that was given, or that of the ending.
func (n *Named) format(file string) string {
	if n.Format != "" {
		return n.Format
	}
	var c contracts.Contract
	return c.SchemaOf(contracts.SchemaRef{Ref: file}).Format
}

// invalid gives the problems of a schema as findings.
func invalid(err error) error {
	var problems *schema.Error
	if !errors.As(err, &problems) {
		return err
	}
	e := &FindingsError{}
	for _, p := range problems.Problems {
		position := p.Position
		e.Findings = append(e.Findings, finding.Finding{ID: SchemaInvalid, Severity: finding.Error, Message: p.Message, Hint: p.Hint, Position: &position})
	}
	return e
}

// SchemaInvalid is the id of what is wrong with a schema's file, the same as
// in package rules.
const SchemaInvalid = "check/schema-invalid"

func (n *Named) published(dir string) ([]Version, error) {
	published, findings, err := history.Versions(n.fsys, dir)
	switch {
	case err != nil:
		return nil, err
	case finding.Errors(findings) > 0:
		return nil, &FindingsError{findings}
	case len(published) == 0:
		return nil, fmt.Errorf("%s has no published version of a schema: weir history add keeps the first", dir)
	}
	var versions []Version
	for _, v := range published {
		s, err := schema.Load(n.fsys, v.File, n.format(v.File), n.kept(v))
		if err != nil {
			return nil, invalid(err)
		}
		versions = append(versions, Version{Name: v.String(), Schema: s})
	}
	return versions, nil
}

// kept are the options for a published version: what it was kept with comes
// before what was given.
func (n *Named) kept(v history.Version) schema.Options {
	of := contracts.Schema{Format: n.format(v.File)}
	with := schema.Registered(&of, v.File, "").Kept(n.fsys, v.File, v.Root).Options()
	options := n.Options
	options.ImportPaths = append(with.ImportPaths, options.ImportPaths...)
	if len(with.References) > 0 {
		options.References = with.References
	}
	return options
}

func (n *Named) committed(ctx context.Context, rev, file, name string) ([]Version, error) {
	r, err := source.Git(ctx, ".", rev)
	if err != nil {
		return nil, err
	}
	n.revisions = append(n.revisions, r)
	file = path.Clean(file)
	if _, err := fs.Stat(r, file); errors.Is(err, fs.ErrNotExist) {
		return nil, absent(r, rev, file)
	}
	return n.one(r, file, name)
}

func (n *Named) registered(name string) ([]Version, error) {
	subject, version := name, "latest"
	if at := strings.LastIndexByte(name, '/'); at >= 0 && isVersion(name[at+1:]) {
		subject, version = name[:at], name[at+1:]
	}
	l := New(n.fsys, n.Registry)
	s := &contracts.Schema{Registry: &contracts.Registry{Subject: subject}}
	if n.Options.AssertFormat {
		s.Formats = contracts.FormatsAssert
	}
	if version == "all" {
		versions, err := l.subject(s, n.Options.Message)
		return versions, invalid(err)
	}
	number, err := number(version)
	if err != nil {
		return nil, err
	}
	registered, err := l.registered(s, number, n.Options.Message)
	if err != nil {
		return nil, invalid(err)
	}
	return []Version{{Name: fmt.Sprintf("version %s of %s", version, subject), Schema: registered}}, nil
}

// isVersion reports whether the last part of a name can be a version, so that
// subjects may have slashes.
func isVersion(text string) bool {
	_, err := number(text)
	return err == nil && text != "" || text == "all"
}
