// Package versions finds the schemas that a contract speaks of, in all the
// versions that matter: the current one, those that were published before it,
// and of these the ones whose records a topic may still hold.
//
// A schema's versions are kept in a folder beside the contract (see package
// history) or in a schema registry. Nothing is fetched without a Registry.
//
// A Loader reads each file once, whoever asks, and may be used by several
// goroutines. It compares nothing.
package versions

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// Version is one version of a schema.
type Version = compat.Version[*schema.Schema]

// ErrNoRegistry says that a schema is in a registry and none was given.
var ErrNoRegistry = errors.New("no schema registry is given: set WEIR_REGISTRY_URL, or registry: in weir.work.yaml")

// Registry is what a schema registry answers, such as a registry.Registry
// with its FS.
type Registry interface {
	// Versions are the numbers of a subject's versions, the oldest first.
	Versions(subject string) ([]int, error)
	// Files are the paths in FS of a version's files, that of the schema
	// first; a negative version is the latest.
	Files(subject string, version int) ([]string, error)
	// FS has the files.
	FS() fs.FS
	// Format is the format of a subject's version.
	Format(subject string, version int) (string, error)
	// Mode is the mode that the registry holds new versions to.
	Mode(subject string) (compat.Mode, error)
}

// Loader loads schemas. Its methods may be called concurrently.
type Loader struct {
	fsys     fs.FS
	registry Registry

	mu      sync.Mutex
	schemas map[key]*loaded
	folders map[string]*folder
}

type key struct {
	registry bool
	schema.Declared
}

type loaded struct {
	once   sync.Once
	schema *schema.Schema
	err    error
}

type folder struct {
	once     sync.Once
	versions []history.Version
	findings []finding.Finding
	err      error
}

// New makes a loader of the files that contracts were loaded from. registry
// may be nil.
func New(fsys fs.FS, registry Registry) *Loader {
	return &Loader{fsys: fsys, registry: registry, schemas: map[key]*loaded{}, folders: map[string]*folder{}}
}

// AsksRegistry reports whether schemas may come from a registry, for which is
// waited.
func (l *Loader) AsksRegistry() bool { return l.registry != nil }

// Current is the schema as the contract has it now. message is the full name
// of the message, for Protobuf; "" takes the file's first.
func (l *Loader) Current(c *contracts.Contract, s *contracts.Schema, message string) (*schema.Schema, error) {
	if s.Registry == nil {
		return l.File(schema.DeclaredBy(c, s, message))
	}
	number, err := number(s.Registry.Version)
	if err == nil {
		err = l.agrees(c, s, number)
	}
	if err != nil {
		return nil, err
	}
	return l.registered(s, number, message)
}

// File is a schema in a file, as a contract declares it.
func (l *Loader) File(d schema.Declared) (*schema.Schema, error) { return l.load(key{Declared: d}) }

// Published are the versions that were published, the oldest first: of the
// schema's history folder, or the subject's up to the one that the contract
// names. It answers none for a schema that has neither.
func (l *Loader) Published(c *contracts.Contract, s *contracts.Schema, message string) ([]Version, []finding.Finding, error) {
	return l.versions(c, s, message, func(all []history.Version) []history.Version { return all })
}

// Retained are those of the published versions whose records may still be on
// a topic that keeps records as r says. A registry does not say when versions
// were published: all of them count.
func (l *Loader) Retained(c *contracts.Contract, s *contracts.Schema, message string, r history.Retention, now time.Time) ([]Version, []finding.Finding, error) {
	return l.versions(c, s, message, func(all []history.Version) []history.Version { return history.Retained(all, r, now) })
}

func (l *Loader) versions(c *contracts.Contract, s *contracts.Schema, message string, choose func([]history.Version) []history.Version) ([]Version, []finding.Finding, error) {
	switch {
	case s.Registry != nil:
		versions, err := l.subject(s, message)
		return versions, nil, err
	case s.History == "":
		return nil, nil, nil
	}
	f := l.folder(c.Resolve(s.History))
	if f.err != nil || finding.Errors(f.findings) > 0 {
		return nil, f.findings, f.err
	}
	var versions []Version
	for _, v := range choose(f.versions) {
		loaded, err := l.load(key{Declared: schema.DeclaredBy(c, s, message).Kept(l.fsys, v.File, v.Root)})
		if err != nil {
			return nil, f.findings, fmt.Errorf("%s: %w", v, err)
		}
		versions = append(versions, Version{Name: v.String(), Schema: loaded})
	}
	return versions, f.findings, nil
}

func (l *Loader) folder(dir string) *folder {
	l.mu.Lock()
	f := l.folders[dir]
	if f == nil {
		f = &folder{}
		l.folders[dir] = f
	}
	l.mu.Unlock()
	f.once.Do(func() { f.versions, f.findings, f.err = history.Versions(l.fsys, dir) })
	return f
}

func (l *Loader) load(k key) (*schema.Schema, error) {
	l.mu.Lock()
	s := l.schemas[k]
	if s == nil {
		s = &loaded{}
		l.schemas[k] = s
	}
	l.mu.Unlock()
	fsys := l.fsys
	if k.registry {
		fsys = l.registry.FS()
	}
	s.once.Do(func() { s.schema, s.err = k.Load(fsys) })
	return s.schema, s.err
}

// Numbers are the versions that the registry of a schema has of its subject,
// the oldest first.
func (l *Loader) Numbers(s *contracts.Schema) ([]int, error) {
	if l.registry == nil || s.Registry == nil {
		return nil, ErrNoRegistry
	}
	return l.registry.Versions(s.Registry.Subject)
}

// subject are the versions of a subject up to the one that is named.
func (l *Loader) subject(s *contracts.Schema, message string) ([]Version, error) {
	if l.registry == nil {
		return nil, ErrNoRegistry
	}
	last, err := number(s.Registry.Version)
	if err != nil {
		return nil, err
	}
	numbers, err := l.registry.Versions(s.Registry.Subject)
	if err != nil {
		return nil, err
	}
	var versions []Version
	for _, n := range numbers {
		if last > 0 && n > last {
			break
		}
		registered, err := l.registered(s, n, message)
		if err != nil {
			return nil, err
		}
		versions = append(versions, Version{Name: fmt.Sprintf("version %d of %s", n, s.Registry.Subject), Schema: registered})
	}
	return versions, nil
}

// registered is a version of a subject, whose references the registry has.
func (l *Loader) registered(s *contracts.Schema, version int, message string) (*schema.Schema, error) {
	if l.registry == nil {
		return nil, ErrNoRegistry
	}
	subject := s.Registry.Subject
	format, err := l.registry.Format(subject, version)
	if err != nil {
		return nil, err
	}
	if s.Formats != "" && format != contracts.FormatJSONSchema {
		return nil, fmt.Errorf("formats says nothing to %s, the format of %s", format, subject)
	}
	if s.Encoding != "" && format != contracts.FormatProtobuf {
		return nil, fmt.Errorf("encoding says nothing to %s, the format of %s", format, subject)
	}
	files, err := l.registry.Files(subject, version)
	if err != nil {
		return nil, err
	}
	declared := contracts.Schema{Format: format, Formats: s.Formats, Encoding: s.Encoding}
	if format == contracts.FormatAvro {
		declared.References = files[1:]
	}
	return l.load(key{registry: true, Declared: schema.Registered(&declared, files[0], message)})
}

// Text is the schema that a registry has as the contract's, as it was registered.
func (l *Loader) Text(s *contracts.Schema) ([]byte, error) {
	if l.registry == nil || s.Registry == nil {
		return nil, ErrNoRegistry
	}
	version, err := number(s.Registry.Version)
	if err != nil {
		return nil, err
	}
	files, err := l.registry.Files(s.Registry.Subject, version)
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(l.registry.FS(), files[0])
}

// Mode is the mode that the registry of a schema holds versions to, false for
// a schema that is in none.
func (l *Loader) Mode(s *contracts.Schema) (compat.Mode, bool, error) {
	if s.Registry == nil {
		return compat.Mode{}, false, nil
	}
	if l.registry == nil {
		return compat.Mode{}, false, ErrNoRegistry
	}
	mode, err := l.registry.Mode(s.Registry.Subject)
	return mode, err == nil, err
}

// latest is the number by which a Registry knows the newest version.
const latest = -1

func number(version string) (int, error) {
	if version == "" || version == "latest" {
		return latest, nil
	}
	var n int
	if _, err := fmt.Sscanf(version, "%d", &n); err != nil || n < 1 || strings.TrimLeft(version, "0123456789") != "" {
		return 0, fmt.Errorf("%q is no version of a subject: a number from 1, or latest", version)
	}
	return n, nil
}
