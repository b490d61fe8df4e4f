package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/internal/node"
)

// maxReferences bounds what one schema may pull in.
const maxReferences = 500

// endings are the endings of schema files by format.
var endings = map[string]string{
	contracts.FormatAvro: ".avsc", contracts.FormatJSONSchema: ".json", contracts.FormatProtobuf: ".proto",
}

// File is the path of the schema in [Registry.FS].
func (s Schema) File() string {
	return path.Join(SubjectDir(s.Subject), versionName(s.Version), s.file())
}

func (s Schema) file() string { return "schema" + endings[s.Format] }

// bundle is a schema with all that it refers to, as the files of a folder.
type bundle struct {
	format string // the schema's own
	tree   node.Tree
	files  []string // the schema's own first, then in the order of references
}

// bundler collects the files of one schema.
type bundler struct {
	registry *Registry
	root     Schema
	base     *url.URL // the $id of a JSON Schema, nil without one
	bundle   bundle
	seen     map[Reference]bool
	versions map[Reference]Schema // without their names
	from     map[string]Reference // where a file came from
}

// bundle reads all that the schema refers to. References in a circle end
// where they come back.
func (r *Registry) bundle(ctx context.Context, root Schema) (bundle, error) {
	b := &bundler{
		registry: r, root: root, base: root.id(), bundle: bundle{format: root.Format, tree: node.Tree{}},
		seen: map[Reference]bool{}, versions: map[Reference]Schema{}, from: map[string]Reference{},
	}
	b.versions[Reference{Subject: root.Subject, Version: root.Version}] = root
	b.bundle.tree.Put(root.file(), []byte(root.Text))
	b.bundle.files = []string{root.file()}
	if err := b.follow(ctx, root, "."); err != nil {
		return bundle{}, fmt.Errorf("version %d of %s: %w", root.Version, root.Subject, err)
	}
	return b.bundle, nil
}

// follow adds what a schema, whose file is in the folder dir, refers to.
func (b *bundler) follow(ctx context.Context, s Schema, dir string) error {
	for _, ref := range s.References {
		target, err := b.read(ctx, ref)
		if err != nil {
			return fmt.Errorf("its reference %q: %w", ref.Name, err)
		}
		file, err := b.place(ref.Name)
		if err != nil {
			return err
		}
		if err := b.add(file, ref, target); err != nil {
			return err
		}
		// A JSON Schema's $ref starts from the file that it stands in.
		if beside := path.Join(dir, file); beside != file && b.isRelative(ref.Name) {
			if err := b.add(beside, ref, target); err != nil {
				return err
			}
		}
		if b.seen[ref] {
			continue
		}
		if b.seen[ref] = true; len(b.seen) > maxReferences {
			return fmt.Errorf("it has more than %d references", maxReferences)
		}
		if err := b.follow(ctx, target, path.Dir(file)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bundler) read(ctx context.Context, ref Reference) (Schema, error) {
	unnamed := Reference{Subject: ref.Subject, Version: ref.Version}
	if s, ok := b.versions[unnamed]; ok {
		return s, nil
	}
	s, err := b.registry.Schema(ctx, ref.Subject, ref.Version)
	if err == nil && s.Format != b.root.Format {
		err = fmt.Errorf("version %d of %s is %s, not %s", ref.Version, ref.Subject, s.Format, b.root.Format)
	}
	b.versions[unnamed] = s
	return s, err
}

// add puts a file into the bundle; what is there already must be the same.
func (b *bundler) add(file string, ref Reference, s Schema) error {
	if there, ok := b.from[file]; ok && there.Subject == ref.Subject && there.Version == ref.Version {
		return nil
	}
	if !b.bundle.tree.Put(file, []byte(s.Text)) {
		if there, ok := b.from[file]; ok {
			return fmt.Errorf("its references have two meanings for %q: version %d of %s and version %d of %s", ref.Name, there.Version, there.Subject, ref.Version, ref.Subject)
		}
		return fmt.Errorf("its reference %q would be the file %s, which is another one's", ref.Name, file)
	}
	b.from[file] = ref
	b.bundle.files = append(b.bundle.files, file)
	return nil
}

// place is the file for a reference's name, such that the packages of the
// formats find it from the schema's file: an import path or relative $ref as
// it is, the full name of an Avro type with the ending .avsc, and a URL by its
// path from the schema's own $id, or by host and path.
func (b *bundler) place(name string) (string, error) {
	file := name
	switch b.root.Format {
	case contracts.FormatAvro:
		file = strings.TrimSuffix(name, ".avsc") + ".avsc"
	case contracts.FormatJSONSchema:
		file, _, _ = strings.Cut(name, "#")
		if u, err := url.Parse(file); err == nil && u.IsAbs() {
			file = u.Host + u.Path
			if below, ok := b.below(u); ok {
				file = below
			}
		}
		file = path.Clean(file)
	}
	if !fs.ValidPath(file) || file == "." || strings.Contains(file, `\`) {
		return "", fmt.Errorf("its reference %q is no path within one folder, so that no file can stand for it", name)
	}
	return file, nil
}

// below is the path of a URL from the folder of the schema's $id.
func (b *bundler) below(u *url.URL) (string, bool) {
	if b.base == nil || b.base.Scheme != u.Scheme || b.base.Host != u.Host {
		return "", false
	}
	return strings.CutPrefix(u.Path, strings.TrimSuffix(path.Dir(b.base.Path), "/")+"/")
}

func (b *bundler) isRelative(name string) bool {
	u, err := url.Parse(name)
	return b.root.Format == contracts.FormatJSONSchema && err == nil && !u.IsAbs()
}

// id is the $id of a JSON Schema, where it is a URL.
func (s Schema) id() *url.URL {
	if s.Format != contracts.FormatJSONSchema {
		return nil
	}
	var root struct {
		ID string `json:"$id"`
	}
	if err := json.Unmarshal([]byte(s.Text), &root); err != nil {
		return nil // true, false, or no JSON: the format's package has the words
	}
	u, err := url.Parse(root.ID)
	if err != nil || !u.IsAbs() {
		return nil
	}
	return u
}
