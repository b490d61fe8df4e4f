package deployment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/atomicfile"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/reports/finding"
)

// Directory is a store in dir, slash-separated: a directory for each
// environment, with a file SERVICE.yaml for each service. Copies of contracts
// are in .contracts/SERVICE/HASH of the environment; hidden, so that nobody
// takes them for contracts of the repository.
func Directory(dir string) *Store { return &Store{directory{path.Clean(dir)}} }

type directory struct{ root string }

const (
	ending  = ".yaml"
	copies  = ".contracts"
	hashLen = 16 // of a digest in a name: enough to tell a few copies apart
)

func (d directory) file(environment, service string) string {
	return path.Join(d.root, environment, service+ending)
}

func (d directory) copy(environment, service, digest string) string {
	return path.Join(d.root, environment, copies, service, digest[:hashLen])
}

func (d directory) repository() string { return filepath.FromSlash(d.root) }

func (d directory) check(Deployment) error { return nil }

func (d directory) owns(string) bool { return false }

func (d directory) environments(context.Context) ([]string, error) {
	entries, err := readDir(d.root)
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && nameForm.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

func readDir(dir string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(filepath.FromSlash(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}

func (d directory) all(ctx context.Context, environment string) ([]stored, []finding.Finding, error) {
	if !nameForm.MatchString(environment) {
		return nil, nil, nil // there is none of such a name
	}
	entries, err := readDir(path.Join(d.root, environment))
	if err != nil {
		return nil, nil, err
	}
	var (
		records  []stored
		findings []finding.Finding
	)
	for _, entry := range entries {
		file := path.Join(d.root, environment, entry.Name())
		service, is := strings.CutSuffix(entry.Name(), ending)
		switch {
		case entry.IsDir() || strings.HasPrefix(entry.Name(), "."):
		case strings.HasSuffix(entry.Name(), ".yml"):
			findings = append(findings, finding.Finding{
				ID: NotRecorded, Severity: finding.Error, Position: &finding.Position{File: file},
				Message: "the names of records end with " + ending, Hint: "rename it to " + strings.TrimSuffix(entry.Name(), ".yml") + ending,
			})
		case is:
			r, found, err := d.one(ctx, environment, service)
			if err != nil {
				return nil, nil, err
			}
			findings = append(findings, found...)
			if len(found) == 0 {
				records = append(records, stored{Record: r, file: file})
			}
		}
	}
	return records, findings, nil
}

func (d directory) one(_ context.Context, environment, service string) (*Record, []finding.Finding, error) {
	file := d.file(environment, service)
	src, err := os.ReadFile(filepath.FromSlash(file))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, nil
	case err != nil:
		return nil, []finding.Finding{{
			ID: document.Unreadable, Severity: finding.Error, Message: "cannot read the file: " + reason(err), Position: &finding.Position{File: file},
		}}, nil
	}
	r, findings := parseRecord(file, src)
	if len(findings) == 0 && r.Service != service {
		findings = append(findings, finding.Finding{
			ID: ServiceMistake, Severity: finding.Error, Position: r.Doc.Position("service"),
			Message: fmt.Sprintf("the record is one of %s, and its file is named for %s", r.Service, service), Hint: "rename one of them",
		})
	}
	return r, findings, nil
}

// write writes the copy, then the record that names it, and then removes
// copies that no record names: at any moment the record leads to its copies.
func (d directory) write(_ context.Context, environment string, r *Record, embedded bundle.Bundle) (string, error) {
	if embedded != nil {
		if err := embedded.Write(filepath.FromSlash(d.copy(environment, r.Service, r.Live[0].Embedded))); err != nil {
			return "", err
		}
		if err := atomicfile.Write(filepath.FromSlash(path.Join(d.root, environment, copies, ".gitattributes")), []byte("* -text\n")); err != nil {
			return "", err
		}
	}
	file := d.file(environment, r.Service)
	if err := atomicfile.Write(filepath.FromSlash(file), []byte(r.format())); err != nil {
		return "", err
	}
	return file, d.prune(environment, r)
}

func (d directory) prune(environment string, r *Record) error {
	of := path.Join(d.root, environment, copies, r.Service)
	entries, err := readDir(of)
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for _, l := range r.Live {
		if l.Embedded != "" {
			named[l.Embedded[:hashLen]] = true
		}
	}
	if len(named) == 0 {
		return os.RemoveAll(filepath.FromSlash(of))
	}
	for _, entry := range entries {
		if !named[entry.Name()] {
			if err := os.RemoveAll(filepath.FromSlash(path.Join(of, entry.Name()))); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d directory) embedded(environment, service, digest string) (bundle.Bundle, error) {
	root, err := os.OpenRoot(filepath.FromSlash(d.copy(environment, service, digest)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return bundle.ReadAll(root.FS())
}
