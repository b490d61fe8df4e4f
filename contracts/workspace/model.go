package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/reports/finding"
)

// Version is the value of the field "weir" of a workspace file.
const Version = "workspace/v1"

// FileName is the name of a workspace file.
const FileName = "weir.work.yaml"

// The policies for events whose other side is not under contract.
const (
	PolicyWarn  = "warn"
	PolicyError = "error"
)

// DefaultEnvironments is the directory of environments, beside the workspace
// file, where it names none.
const DefaultEnvironments = "environments"

// File is a weir.work.yaml: which contracts are judged together.
type File struct {
	Weir string `yaml:"weir"`
	// Paths are the directories and contract files of this repository,
	// relative to the workspace file; default ".".
	Paths []string `yaml:"paths"`
	// Contracts are those of other repositories.
	Contracts    []Source     `yaml:"contracts"`
	Registry     *Registry    `yaml:"registry"`
	Environments Environments `yaml:"environments"`
	Uncontracted Uncontracted `yaml:"uncontracted"`

	// Doc gives the position of every field, for findings.
	Doc *document.Document `yaml:"-"`
}

// Source is another repository. Exactly one of Git and Dir is set.
type Source struct {
	// Name is what findings and the lock call it.
	Name string `yaml:"name"`
	// Git is a URL or a path that git fetches from; a relative path begins at
	// the workspace file.
	Git string `yaml:"git"`
	// Dir is a directory, relative to the workspace file.
	Dir string `yaml:"dir"`
	// Ref is a branch, a tag or a commit id of Git; default HEAD, which is the
	// other repository's main branch.
	Ref string `yaml:"ref"`
	// Path is the directory or the contract file within; default ".".
	Path string `yaml:"path"`
}

// Registry is a schema registry with Confluent's API. As a plain string it is
// the URL. Credentials come from the environment.
type Registry struct {
	URL string `yaml:"url"`
}

// Environments says where it is kept what is deployed. As a plain string it is
// Dir; at most one is set.
type Environments struct {
	// Dir has a directory for each environment, relative to the workspace
	// file; default "environments".
	Dir string `yaml:"dir"`
	// Tags is the prefix of git tags PREFIX/ENVIRONMENT/SERVICE/VERSION.
	Tags string `yaml:"tags"`
}

// Uncontracted says what it means that nobody under contract produces an
// event. As a plain string it is the policy.
type Uncontracted struct {
	// Policy is warn or error; default error.
	Policy string `yaml:"policy"`
	// Known are services that have no contract yet.
	Known []Known `yaml:"known"`
}

// Known is a service without a contract. As a plain string it is the name.
type Known struct {
	Service string `yaml:"service"`
	// Produces and Consumes are events; a name that ends with ".*" stands for
	// all that begin so.
	Produces []string `yaml:"produces"`
	Consumes []string `yaml:"consumes"`
}

// UnmarshalNode reads a URL, or a map.
func (r *Registry) UnmarshalNode(d *document.Decoder, n *document.Node) {
	type plain Registry
	scalarOr(d, n, &r.URL, (*plain)(r), "a URL or a map")
}

// UnmarshalNode reads a directory, or a map.
func (e *Environments) UnmarshalNode(d *document.Decoder, n *document.Node) {
	type plain Environments
	scalarOr(d, n, &e.Dir, (*plain)(e), "a directory or a map")
}

// UnmarshalNode reads a policy, or a map.
func (u *Uncontracted) UnmarshalNode(d *document.Decoder, n *document.Node) {
	type plain Uncontracted
	scalarOr(d, n, &u.Policy, (*plain)(u), "warn, error or a map")
}

// UnmarshalNode reads the name of a service, or a map.
func (k *Known) UnmarshalNode(d *document.Decoder, n *document.Node) {
	type plain Known
	scalarOr(d, n, &k.Service, (*plain)(k), "the name of a service or a map")
}

func scalarOr(d *document.Decoder, n *document.Node, text *string, whole any, wanted string) {
	switch n.Kind {
	case document.Scalar:
		*text = n.Text
	case document.Mapping:
		d.Decode(n, whole)
	default:
		d.Wrong(n, wanted)
	}
}

// LoadFile reads a workspace file, by its slash-separated path in fsys. The
// File is never nil; it is complete only without findings of severity error.
// No finding shows a secret of a URL.
func LoadFile(fsys fs.FS, file string) (*File, []finding.Finding) {
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return &File{}, []finding.Finding{unreadable(file, err)}
	}
	return parse(file, src)
}

func parse(file string, src []byte) (*File, []finding.Finding) {
	f := &File{}
	doc, findings := document.Decode(file, src, f)
	f.Doc = doc
	check := validator{document.NewChecker(doc), f}
	if f.Weir != "" && f.Weir != Version {
		check.Error(BadVersion, document.Path{"weir"}, fmt.Sprintf("%q is no version of a workspace; this one is %q", f.Weir, Version),
			document.Suggest(f.Weir, []string{Version}))
		return f, redacted(check.Findings())
	}
	check.all()
	findings = append(findings, check.Findings()...)
	finding.Sort(findings)
	f.complete()
	return f, redacted(findings)
}

// complete fills in the defaults.
func (f *File) complete() {
	if len(f.Paths) == 0 {
		f.Paths = []string{"."}
	}
	for i := range f.Contracts {
		s := &f.Contracts[i]
		if s.Path = path.Clean(s.Path); s.Git != "" && s.Ref == "" {
			s.Ref = "HEAD"
		}
	}
	if f.Environments == (Environments{}) {
		f.Environments.Dir = DefaultEnvironments
	}
	if f.Uncontracted.Policy == "" {
		f.Uncontracted.Policy = PolicyError
	}
}

// redacted removes what URLs carry of secrets from what a finding shows; the
// columns stay those of the file.
func redacted(findings []finding.Finding) []finding.Finding {
	for i := range findings {
		f := &findings[i]
		f.Message, f.Hint = git.Redact(f.Message), git.Redact(f.Hint)
		if f.Position != nil {
			f.Position.Source = git.RedactInPlace(f.Position.Source)
		}
		for j := range f.Related {
			f.Related[j].Position.Source = git.RedactInPlace(f.Related[j].Position.Source)
		}
	}
	return findings
}

// validator checks a file by itself.
type validator struct {
	*document.Checker
	f *File
}

func (v validator) all() {
	if v.f.Weir == "" {
		v.Missing(nil, "weir", "the first line of a workspace is: weir: "+Version)
	}
	for i, p := range v.f.Paths {
		v.inside(document.Path{"paths", i}, p, "a path of this repository")
	}
	for i, s := range v.f.Contracts {
		v.source(i, s)
	}
	if r := v.f.Registry; r != nil {
		v.registry(r)
	}
	e := document.Path{"environments"}
	v.AtMostOne(e, document.Option{Field: "dir", Set: v.f.Environments.Dir != ""}, document.Option{Field: "tags", Set: v.f.Environments.Tags != ""})
	if tags := v.f.Environments.Tags; tags != "" && !refForm.MatchString(tags) {
		v.Error(BadName, e.Add("tags"), fmt.Sprintf("%q cannot begin the name of a tag", tags), "write a prefix such as deploy")
	}
	u := document.Path{"uncontracted"}
	if v.f.Doc.Has("uncontracted", "policy") {
		v.OneOf(u.Add("policy"), v.f.Uncontracted.Policy, PolicyWarn, PolicyError)
	} else if v.f.Uncontracted.Policy != "" {
		v.OneOf(u, v.f.Uncontracted.Policy, PolicyWarn, PolicyError)
	}
	for i, k := range v.f.Uncontracted.Known {
		at := u.Add("known", i)
		if k.Service == "" {
			v.Missing(at, "service", "the name that its contract is going to have")
		}
		v.duplicate(at, k.Service, func(j int) string { return v.f.Uncontracted.Known[j].Service }, i)
	}
}

var (
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`)
	refForm  = regexp.MustCompile(`^[A-Za-z0-9_.@+=,#%]+[-A-Za-z0-9_.@+=,#%]*(/[-A-Za-z0-9_.@+=,#%]+)*$`)
)

func (v validator) source(i int, s Source) {
	at := document.Path{"contracts", i}
	switch {
	case s.Name == "":
		v.Missing(at, "name", "the name that findings and the lock use")
	case !nameForm.MatchString(s.Name):
		v.Error(BadName, at.Add("name"), fmt.Sprintf("%q is no name of a repository", s.Name), "use letters, digits, '.', '_' and '-'")
	}
	v.duplicate(at, s.Name, func(j int) string { return v.f.Contracts[j].Name }, i)
	if !v.ExactlyOne(at, document.Option{Field: "git", Set: s.Git != ""}, document.Option{Field: "dir", Set: s.Dir != ""}) {
		return
	}
	if s.Dir != "" && s.Ref != "" {
		v.Conflict(at.Add("ref"), at.Add("dir"), "ref excludes dir", "a directory has no revisions; name the repository with git:")
	}
	switch {
	case git.HasPassword(s.Git):
		v.Error(Secret, at.Add("git"), "the URL carries a password, and this file is committed",
			"remove it; let git's credential helper give it, or url.<base>.insteadOf of git's configuration")
	case git.IsOption(s.Git):
		v.Error(BadName, at.Add("git"), fmt.Sprintf("%q is no URL of a repository", s.Git), "")
	}
	if s.Ref != "" && (!refForm.MatchString(s.Ref) || strings.Contains(s.Ref, "..")) {
		v.Error(BadName, at.Add("ref"), fmt.Sprintf("%q is no branch, tag or commit id", s.Ref), "write it as git push does, such as main or v1.2.0")
	}
	v.inside(at.Add("path"), s.Path, "a path within the other repository")
}

// inside checks a path that must not lead out of its repository.
func (v validator) inside(at document.Path, name, what string) {
	if name == "" && !v.f.Doc.Has(at...) {
		return
	}
	if name == "" || path.IsAbs(name) || !fs.ValidPath(path.Clean(name)) {
		v.Error(BadName, at, fmt.Sprintf("%q is not %s", name, what), "write it relative, with slashes and without leading ..")
	}
}

func (v validator) duplicate(at document.Path, name string, other func(j int) string, i int) {
	if name == "" {
		return
	}
	for j := range i {
		if strings.EqualFold(other(j), name) { // some file systems take them for one
			v.Error(Duplicate, at, fmt.Sprintf("%s is there twice", name), "keep one of them")
			return
		}
	}
}

func (v validator) registry(r *Registry) {
	at := document.Path{"registry"}
	if v.f.Doc.Has("registry", "url") {
		at = at.Add("url")
	}
	u, err := url.Parse(r.URL)
	switch {
	case r.URL == "" && len(at) == 1:
		v.Missing(at, "url", "")
	case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme):
		v.Error(BadName, at, fmt.Sprintf("%q is no URL of a registry", git.Redact(r.URL)), "write https://host:port")
	case u.User != nil:
		v.Error(Secret, at, "the URL carries credentials, and this file is committed", "remove them; they come from the environment")
	}
}

func unreadable(file string, err error) finding.Finding {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return finding.Finding{
		ID: document.Unreadable, Severity: finding.Error, Message: fmt.Sprintf("cannot read the file: %v", err),
		Position: &finding.Position{File: file},
	}
}
