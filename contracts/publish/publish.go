// Package publish brings the schemas of contracts into their folders of
// retained versions (see package history): it knows which schemas of a
// contract have one, takes the current version with all files that it refers
// to, says what it breaks, and which of the versions still count.
//
// Guarantees: what Current gives reads as the schema does where it is, without
// any other file; a schema that cannot be read so is an error.
//
// It writes nothing: history.Add does.
package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/history"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// Target is a schema of a contract whose versions are kept.
type Target struct {
	// Name is the schema's in the contract, or the event's for a schema that
	// is written inline.
	Name     string
	Contract *contracts.Contract
	Schema   *contracts.Schema
	// Folder has the versions: a path like that of the contract.
	Folder string
	// Topics are those that the contract sends such events to, sorted.
	Topics []string

	message  string // the full name by which Protobuf knows the event
	produces []int  // the interactions of the contract that send it
	keys     []int  // those whose keys are of it
}

// Targets are the schemas of a contract that have a history, by name.
func Targets(c *contracts.Contract) []*Target {
	byFolder := map[string]*Target{}
	add := func(name string, ref contracts.SchemaRef) *Target {
		s := c.SchemaOf(ref)
		if s == nil || s.History == "" || s.File == "" {
			return &Target{}
		}
		folder := c.Resolve(s.History)
		if byFolder[folder] == nil {
			byFolder[folder] = &Target{Name: name, Contract: c, Schema: s, Folder: folder}
		}
		return byFolder[folder]
	}
	for _, name := range slices.Sorted(maps.Keys(c.Schemas)) {
		add(name, contracts.SchemaRef{Ref: name})
	}
	for i, out := range c.Produces {
		t := add(out.Event, out.Schema)
		if topic := out.TopicName(); topic != "" && !slices.Contains(t.Topics, topic) {
			t.Topics = append(t.Topics, topic)
		}
		t.produces = append(t.produces, i)
		if out.Match != nil && t.message == "" {
			t.message = out.Match.Name
		}
		if out.Key != nil && out.Key.Schema != nil {
			t := add("the key of "+out.Event, *out.Key.Schema)
			if topic := out.TopicName(); topic != "" && !slices.Contains(t.Topics, topic) {
				t.Topics = append(t.Topics, topic)
			}
			t.keys = append(t.keys, i)
		}
	}
	for _, in := range c.Consumes {
		if in.Schema != nil {
			add(in.Event, *in.Schema)
		}
	}
	targets := slices.SortedFunc(maps.Values(byFolder), func(a, b *Target) int { return strings.Compare(a.Name, b.Name) })
	for _, t := range targets {
		slices.Sort(t.Topics)
	}
	return targets
}

// Current is the schema as it is now, with the files that it refers to. fsys
// is what the contract was loaded from. The error is a *schema.Error where the
// schema is none.
func (t *Target) Current(fsys fs.FS) (history.Schema, error) {
	file := t.Contract.Resolve(t.Schema.File)
	files, err := bundle.Reads(fsys, func(fsys fs.FS) error {
		_, err := t.load(fsys, file, "")
		return err
	})
	if err != nil {
		return history.Schema{}, err
	}
	// Imports of Protobuf begin at a folder that no file names: the nearest
	// that holds all files and from which they can be read again.
	for root := common(slices.Collect(maps.Keys(files))); ; root = path.Dir(root) {
		s := history.Schema{Main: below(root, file), Files: map[string][]byte{}}
		kept := bundle.Bundle{}
		for name, content := range files {
			s.Files[below(root, name)] = content
			kept[path.Join("kept", below(root, name))] = content
		}
		alone, err := kept.FS()
		if err != nil {
			return s, err
		}
		if _, err = t.load(alone, path.Join("kept", s.Main), "kept"); err == nil {
			return s, nil
		}
		if root == "." || root == path.Dir(root) {
			return s, fmt.Errorf("%s cannot be kept with the files that it refers to: %w", file, err)
		}
	}
}

// Breaks are the findings that are in the way of keeping the current version:
// the breaks of those that were published, under the modes of the events that
// are of the schema, as weir check finds them, and what is undecided. Waivers of
// the contract apply. loader is of what the contract was loaded from.
func (t *Target) Breaks(loader *versions.Loader, o matrix.Options) []finding.Finding {
	var all []rules.Found
	for _, i := range t.produces {
		all = append(all, matrix.Evolution(t.Contract, i, loader, o)...)
	}
	for _, i := range t.keys {
		all = append(all, matrix.KeyEvolution(t.Contract, i, loader, o)...)
	}
	var found []finding.Finding
	for _, f := range all {
		judged, _ := rules.Waive(f, o.Now)
		if judged.Severity == finding.Error || judged.Severity == finding.Undecided {
			found = append(found, judged)
		}
	}
	return found
}

// load reads the schema from a file, with imports from root; "" for where they
// begin in a contract.
func (t *Target) load(fsys fs.FS, file, root string) (*schema.Schema, error) {
	d := schema.DeclaredBy(t.Contract, t.Schema, t.message)
	if root != "" {
		d = d.Alone(fsys, file, root)
	}
	return d.Load(fsys)
}

// common is the deepest folder that holds all files.
func common(files []string) string {
	folder := path.Dir(files[0])
	for _, file := range files[1:] {
		for folder != "." && folder != "/" && !strings.HasPrefix(file, folder+"/") {
			folder = path.Dir(folder)
		}
	}
	return folder
}

// below is a file's path within a folder that holds it.
func below(folder, file string) string {
	if folder == "." {
		return file
	}
	return strings.TrimPrefix(strings.TrimPrefix(file, folder), "/")
}

// Version is a retained version, with the topics that may still hold records
// of it.
type Version struct {
	history.Version
	Topics []string
}

// Versions are the versions of a schema, the oldest first. set are the
// contracts that state how long topics keep records; a topic of which none
// says it keeps all. A folder that is not there has no version.
func (t *Target) Versions(fsys fs.FS, set []*contracts.Contract, now time.Time) ([]Version, error) {
	all, findings, err := history.Versions(fsys, t.Folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case len(findings) > 0:
		f := findings[0]
		return nil, fmt.Errorf("%s: %s", f.Position.File, f.Message)
	}
	versions := make([]Version, len(all))
	for i, v := range all {
		versions[i].Version = v
	}
	for _, topic := range t.Topics {
		counting := history.Retained(all, retentionOf(set, topic), now)
		for i := len(all) - len(counting); i < len(all); i++ {
			versions[i].Topics = append(versions[i].Topics, topic)
		}
	}
	return versions, nil
}
