package deployment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

// Environment is what is live in an environment.
type Environment struct {
	Name string
	// Services are those that have a record, by name.
	Services []*Service
}

// Service is a service in an environment.
type Service struct {
	Name string
	// Live are its live versions, the one that was recorded last first; more
	// than one while a deployment is rolling.
	Live []*LiveVersion
}

// LiveVersion is a live version with its contract.
type LiveVersion struct {
	Service string
	Version string
	At      time.Time
	// Contract is nil for a service without one, and where it could not be
	// read, which Problem says.
	Contract *contracts.Contract
	Problem  *finding.Finding
	// Uncontracted is true for a service that was recorded without a
	// contract.
	Uncontracted bool
	// Commit and Path say where the contract is from; empty without one.
	Commit string
	Path   string

	record *finding.Position
	mount  string // ENVIRONMENT/SERVICE@VERSION
	files  fs.FS
}

// Record is the place in the record that has the version.
func (v *LiveVersion) Record() *finding.Position { return v.record }

// String is the service with the version.
func (v *LiveVersion) String() string { return v.Service + " " + v.Version }

// Service is the service of a name, nil without a record.
func (e *Environment) Service(name string) *Service {
	for _, s := range e.Services {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Live are all live versions, by service.
func (e *Environment) Live() []*LiveVersion {
	var all []*LiveVersion
	for _, s := range e.Services {
		all = append(all, s.Live...)
	}
	return all
}

// Contracts are the contracts of all live versions, by service. Two live
// versions of a service are two contracts of it.
func (e *Environment) Contracts() []*contracts.Contract {
	var all []*contracts.Contract
	for _, v := range e.Live() {
		if v.Contract != nil {
			all = append(all, v.Contract)
		}
	}
	return all
}

// FS has the files of all live versions that have a contract, each under
// ENVIRONMENT/SERVICE@VERSION, which is how the contracts' positions begin;
// any other name is opened in base. So contracts from both can be judged
// together, those that stand on AsyncAPI documents included.
func (e *Environment) FS(base fs.FS) fs.FS {
	u := union{base: base, mounts: map[string]fs.FS{}}
	for _, v := range e.Live() {
		if v.files != nil {
			u.mounts[v.mount] = v.files
		}
	}
	return asyncapi.NewFiles(u)
}

// Localize moves findings in files of live versions to the record, with the
// far place as a related one. Other findings, and the given slice, stay as
// they are.
func (e *Environment) Localize(findings []finding.Finding) []finding.Finding {
	local := make([]finding.Finding, len(findings))
	for i, f := range findings {
		if local[i] = f; f.Position == nil {
			continue
		}
		for _, v := range e.Live() {
			if name, ok := strings.CutPrefix(f.Position.File, v.mount+"/"); ok && v.files != nil {
				far := finding.Related{Position: *f.Position, Message: fmt.Sprintf("%s of %s %s", name, v.Service, v.Version)}
				local[i].Related = append([]finding.Related{far}, f.Related...)
				local[i].Position = v.record
			}
		}
	}
	return local
}

// union is a file system with others mounted in it.
type union struct {
	base   fs.FS
	mounts map[string]fs.FS
}

// at is the file system that has a name, and the name there.
func (u union) at(name string) (fs.FS, string) {
	for mount, fsys := range u.mounts {
		if rest, ok := strings.CutPrefix(name, mount+"/"); ok {
			return fsys, rest
		}
		if name == mount {
			return fsys, "."
		}
	}
	return u.base, name
}

func (u union) Open(name string) (fs.File, error) {
	fsys, name := u.at(name)
	return fsys.Open(name)
}

func (u union) ReadFile(name string) ([]byte, error) {
	fsys, name := u.at(name)
	return fs.ReadFile(fsys, name)
}

func (u union) ReadDir(name string) ([]fs.DirEntry, error) {
	fsys, name := u.at(name)
	return fs.ReadDir(fsys, name)
}

func (u union) Stat(name string) (fs.FileInfo, error) {
	fsys, name := u.at(name)
	return fs.Stat(fsys, name)
}

// reader reads the contracts of records.
type reader struct {
	*Store
	e        *Environment
	findings []finding.Finding
	wanted   []wanted
	// open is the commit that is being read; versions are read by commit, so
	// that one git runs at a time.
	open *revision
	root string // of the repository that has the commits
}

// wanted is a contract that is to be read.
type wanted struct {
	*LiveVersion
	Live
}

// revision is a commit, or why it cannot be read.
type revision struct {
	commit string
	*source.Revision
	err error
}

func (r *reader) service(record stored) {
	s := &Service{Name: record.Service}
	for i, l := range record.Live {
		v := &LiveVersion{
			Service: record.Service, Version: l.Version, At: l.At, Uncontracted: l.Contract == "", Commit: l.Commit, Path: l.Contract,
			record: record.position("live", i, "version"),
			mount:  path.Join(r.e.Name, record.Service+"@"+url.PathEscape(l.Version)),
		}
		s.Live = append(s.Live, v)
		if !v.Uncontracted {
			r.wanted = append(r.wanted, wanted{v, l})
		}
	}
	r.e.Services = append(r.e.Services, s)
}

// contracts reads all contracts that are wanted.
func (r *reader) contracts(ctx context.Context) error {
	slices.SortStableFunc(r.wanted, func(a, b wanted) int { return strings.Compare(a.Live.Commit, b.Live.Commit) })
	for _, w := range r.wanted {
		r.contract(ctx, w.LiveVersion, w.Live)
	}
	return errors.Join(r.close(), ctx.Err())
}

func (r *reader) close() error {
	if r.open == nil || r.open.Revision == nil {
		return nil
	}
	return r.open.Close()
}

// position is a place in the record; a tag that has none names itself.
func (s stored) position(at ...any) *finding.Position {
	if p := s.Doc.Position(at...); p != nil {
		return p
	}
	return &finding.Position{File: s.file}
}

// contract reads the contract of a live version into it.
func (r *reader) contract(ctx context.Context, v *LiveVersion, l Live) {
	files, f := r.files(ctx, v, l)
	if f == nil {
		v.files, f = files.fs(v)
	}
	if f == nil {
		v.Contract, f = r.load(v)
	}
	if f != nil {
		f.Severity, f.Position = finding.Error, v.record
		v.Problem = f
		r.findings = append(r.findings, *f)
	}
}

// deployed are the files of a contract that is deployed.
type deployed struct{ bundle.Bundle }

func (d deployed) fs(v *LiveVersion) (fs.FS, *finding.Finding) {
	fsys, err := d.FS()
	if err != nil {
		return nil, &finding.Finding{ID: BadContract, Message: fmt.Sprintf("the files of %s %s cannot be read: %v", v.Service, v.Version, err)}
	}
	return fsys, nil
}

// files are the contract's files, from the copy or from git.
func (r *reader) files(ctx context.Context, v *LiveVersion, l Live) (deployed, *finding.Finding) {
	const again = "record the deployment again"
	if l.Embedded != "" {
		b, err := r.embedded(r.e.Name, v.Service, l.Embedded)
		if err == nil && bundle.Digest(b.Files()) == l.Embedded {
			return deployed{b}, nil
		}
		message := "is not the one that the record names"
		if err != nil {
			message = "cannot be read: " + reason(err)
		}
		return deployed{}, &finding.Finding{
			ID: CopyMismatch, Hint: "restore it from git, or " + again,
			Message: fmt.Sprintf("the copy of the contract of %s %s %s", v.Service, v.Version, message),
		}
	}
	rev := r.revision(ctx, l.Commit)
	if rev.err != nil {
		return deployed{}, &finding.Finding{
			ID: UnknownCommit, Message: fmt.Sprintf("the commit of %s %s is not here: %s", v.Service, v.Version, git.Redact(rev.err.Error())),
			Hint: "fetch it; records with a copy (weir record-deploy --embed) need no history",
		}
	}
	c, findings := asyncapi.NewFiles(rev).Load(l.Contract)
	if c.Doc == nil {
		return deployed{}, &finding.Finding{
			ID: NoContract, Hint: again + " with --contract",
			Message: fmt.Sprintf("commit %s has no contract %s of %s %s", l.Commit[:12], l.Contract, v.Service, v.Version),
		}
	}
	if finding.Errors(findings) > 0 {
		return deployed{}, unsound(v, findings)
	}
	b, err := bundle.Collect([]*contracts.Contract{c}, rev)
	if err != nil {
		return deployed{}, &finding.Finding{ID: BadContract, Message: fmt.Sprintf("the contract of %s %s cannot be read: %v", v.Service, v.Version, err)}
	}
	return deployed{b}, nil
}

// revision opens a commit, unless it is open.
func (r *reader) revision(ctx context.Context, commit string) *revision {
	if r.open != nil && r.open.commit == commit {
		return r.open
	}
	next := &revision{commit: commit, err: r.close()}
	if next.err == nil && r.root == "" {
		var at location
		at, next.err = locate(ctx, r.repository())
		r.root = at.root
	}
	if next.err == nil {
		next.Revision, next.err = source.Git(ctx, r.root, commit)
	}
	r.open = next
	return next
}

// load reads the contract under its mounted name.
func (r *reader) load(v *LiveVersion) (*contracts.Contract, *finding.Finding) {
	c, findings := asyncapi.NewFiles(union{base: v.files, mounts: map[string]fs.FS{v.mount: v.files}}).Load(path.Join(v.mount, v.Path))
	switch {
	case c.Doc == nil:
		return nil, &finding.Finding{
			ID: NoContract, Message: fmt.Sprintf("the copy of %s %s has no contract %s", v.Service, v.Version, v.Path), Hint: "record the deployment again",
		}
	case finding.Errors(findings) > 0:
		return nil, unsound(v, findings)
	case c.Service.Name != v.Service:
		return nil, &finding.Finding{
			ID: ServiceMistake, Message: fmt.Sprintf("the record is one of %s, and its contract is that of %s", v.Service, c.Service.Name),
			Hint:    document.Suggest(v.Service, []string{c.Service.Name}),
			Related: []finding.Related{{Position: *c.Doc.Position("service", "name"), Message: "the contract"}},
		}
	}
	return c, nil
}

func unsound(v *LiveVersion, findings []finding.Finding) *finding.Finding {
	f := &finding.Finding{ID: BadContract, Message: fmt.Sprintf("the contract of %s %s cannot be read", v.Service, v.Version)}
	for _, far := range findings {
		f.Related = append(f.Related, finding.Related{Position: *far.Position, Message: far.Message})
	}
	return f
}

// reason is an error of the file system without the path.
func reason(err error) string {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return err.Error()
}
