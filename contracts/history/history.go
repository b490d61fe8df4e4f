// Package history keeps the published versions of a schema in a folder beside
// the contract, and says which of them a reader must still understand.
//
// # The folder
//
// A version is named by its number and the time, in UTC, at which it was
// published:
//
//	schemas/history/order-placed/
//	    0001-20260301T090000Z.json
//	    0002-20260815T143000Z.json
//	    0003-20261124T100000Z/        a schema of several files
//	        main                      "order-placed.json", the path of the schema itself
//	        order-placed.json
//	        money/amount.json
//
// The number has at least four digits, so that names sort as versions do. The
// ending is that of the schema. A schema that refers to other files is kept
// with them, as they were then. What people should know of a version, such as
// why it was kept although it breaks the one before, is beside it under its name
// with the ending .md. Names that start with a dot, and other *.md, belong to
// whoever maintains the folder; everything else that is no version is a finding.
//
// # Which versions count
//
// A topic holds records until they are older than its retention, and every
// one of them was written with some version. Records of a version are written
// until the next version replaces it, not only on the day on which it was
// published: so a version counts until the retention has passed since its
// *successor* was published. That is every version younger than the
// retention, the newest of the older ones, and always the latest. [Retained]
// applies it.
//
// Two things make records outlive this. Kafka deletes whole segments, a
// record only once all of its segment is old enough: up to segment.ms (7 days
// by default) later. And a version is replaced when the last old instance of
// the service is gone, not when its successor was published. [Retention.Slack]
// is for both. A topic that is compacted, or that keeps records forever,
// keeps all versions.
//
// Guarantees: Add never overwrites, and a version appears whole or not at
// all. The package reads no schema: what is in the files is the business of
// the packages of the formats.
package history

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
)

// Version is one published version of a schema.
type Version struct {
	// Number counts versions from 1.
	Number int
	// Published is when the version was published, in UTC, to the second.
	Published time.Time
	// File is the schema's file, and Root the folder that its imports and
	// references stay within: paths in the file system that was read.
	File, Root string
	// Note is what people should know of the version; mostly "".
	Note string

	entry string // the version's own file or folder
}

// String names the version in findings: "version 3 (2026-11-24 10:00:00Z)".
func (v Version) String() string {
	return fmt.Sprintf("version %d (%s)", v.Number, v.Published.Format("2006-01-02 15:04:05Z"))
}

// Rules are the ids of the findings about a folder of versions.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleName, Summary: "A file in a folder of retained versions is not named as one."},
		{ID: ruleDuplicate, Summary: "Two retained versions of a schema have the same number."},
		{ID: ruleOrder, Summary: "A retained version was published before one with a lower number."},
		{ID: ruleIncomplete, Summary: "The folder of a retained version does not say which of its files is the schema, or lacks it."},
	}
}

const (
	ruleName       = "history/name"
	ruleDuplicate  = "history/duplicate"
	ruleOrder      = "history/order"
	ruleIncomplete = "history/incomplete"

	// mainFile, in the folder of a version, has the path of its schema.
	mainFile = "main"
)

// Versions reads the folder dir of fsys: the versions by number, and what is
// wrong with it. A folder that does not exist is an error of [fs.ErrNotExist].
func Versions(fsys fs.FS, dir string) ([]Version, []finding.Finding, error) {
	dir = path.Clean(dir)
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the retained versions in %s: %w", dir, err)
	}
	var (
		versions []Version
		findings []finding.Finding
	)
	notes := map[string]bool{}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasSuffix(name, ".md") {
			notes[name] = true
			continue
		}
		if strings.HasPrefix(name, ".") {
			continue
		}
		v, f := read(fsys, dir, entry)
		if f != nil {
			findings = append(findings, *f)
			continue
		}
		versions = append(versions, v)
	}
	for i, v := range versions {
		if name := noteName(v); notes[name] {
			note, err := fs.ReadFile(fsys, path.Join(dir, name))
			if err != nil {
				return nil, nil, fmt.Errorf("cannot read the note on %s in %s: %w", v, dir, err)
			}
			versions[i].Note = strings.TrimSpace(string(note))
		}
	}
	slices.SortStableFunc(versions, func(a, b Version) int { return cmp.Compare(a.Number, b.Number) })
	findings = append(findings, misplaced(versions)...)
	finding.Sort(findings)
	return versions, findings, nil
}

func read(fsys fs.FS, dir string, entry fs.DirEntry) (Version, *finding.Finding) {
	at := path.Join(dir, entry.Name())
	v, problem := parse(entry.Name(), entry.IsDir())
	if problem != "" {
		return Version{}, problemAt(ruleName, at, problem, "a version is named like 0003-20261124T100000Z.json; weir history add names it")
	}
	v.entry, v.File, v.Root = at, at, dir
	if !entry.IsDir() {
		return v, nil
	}
	text, err := fs.ReadFile(fsys, path.Join(at, mainFile))
	if err != nil {
		return Version{}, problemAt(ruleIncomplete, at, "there is no file main that names the schema", "write its path, relative to this folder, into main")
	}
	name := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if !fs.ValidPath(name) || name == "." || name == mainFile {
		return Version{}, problemAt(ruleIncomplete, path.Join(at, mainFile), fmt.Sprintf("%q is not the path of a file in this folder", name), "write the path of the schema, relative to this folder, and nothing else")
	}
	v.File, v.Root = path.Join(at, name), at
	if info, err := fs.Stat(fsys, v.File); err != nil || !info.Mode().IsRegular() {
		return Version{}, problemAt(ruleIncomplete, path.Join(at, mainFile), fmt.Sprintf("there is no file %s in this folder", name), "restore it from git, or name the schema's file")
	}
	return v, nil
}

func problemAt(rule, file, message, hint string) *finding.Finding {
	return &finding.Finding{
		ID: rule, Severity: finding.Error, Message: message, Hint: hint,
		Position: &finding.Position{File: file, Line: 1, Column: 1},
	}
}

// misplaced finds, in versions sorted by number, numbers that two versions
// have, as merging two branches makes them, and times that run backwards.
func misplaced(versions []Version) []finding.Finding {
	var findings []finding.Finding
	for i := 1; i < len(versions); i++ {
		before, v := versions[i-1], versions[i]
		var f *finding.Finding
		switch {
		case v.Number == before.Number:
			f = problemAt(ruleDuplicate, v.entry, fmt.Sprintf("there are two versions %d", v.Number), "give the one that was published later the next number")
		case v.Published.Before(before.Published):
			f = problemAt(ruleOrder, v.entry, fmt.Sprintf("version %d was published before version %d", v.Number, before.Number), "correct the number or the time in the name")
		default:
			continue
		}
		f.Related = []finding.Related{{Position: finding.Position{File: before.entry, Line: 1, Column: 1}, Message: before.String()}}
		findings = append(findings, *f)
	}
	return findings
}

// ErrUnchanged says that the latest version already has the same content.
var ErrUnchanged = errors.New("nothing has changed")
