package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/atomicfile"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

// FetchOptions changes what Fetch does.
type FetchOptions struct {
	// Update pins what the refs name now. Without it pins stay, and only
	// repositories that have none, or that the workspace names differently
	// now, are pinned.
	Update bool
	// Only limits Update to repositories of these names; all where empty.
	Only []string
	// Locked makes it a finding that the lock would have to change.
	Locked bool
}

// Outcome is what Fetch did about a repository.
type Outcome string

// The outcomes.
const (
	Unchanged Outcome = "unchanged" // pinned, and here
	Restored  Outcome = "restored"  // brought as pinned
	Pinned    Outcome = "pinned"    // pinned for the first time, or from another source
	Moved     Outcome = "moved"     // pinned to a newer state
	Removed   Outcome = "removed"   // the workspace does not name it any more
)

// Fetched is what came of one repository.
type Fetched struct {
	Pin
	Outcome Outcome
	// Was is the commit before it moved.
	Was string
}

// Fetch brings the contracts of other repositories that the workspace of dir
// names, as [Open] reads them, and writes the lock. What is here as pinned is
// left alone without asking anybody.
//
// Repositories are independent: one that fails leaves what was pinned and
// fetched of it, and the others are done. Findings are about files; the error
// is about repositories that could not be reached.
func Fetch(ctx context.Context, dir string, options FetchOptions) ([]Fetched, []finding.Finding, error) {
	w, findings := Find(dir)
	if finding.Errors(findings) > 0 {
		return nil, findings, nil
	}
	if w.File.Doc == nil {
		return nil, []finding.Finding{{
			ID: document.Unreadable, Severity: finding.Error, Position: &finding.Position{File: w.Root},
			Message: "there is no " + FileName + " here or in a directory above", Hint: "it names the repositories whose contracts are fetched",
		}}, nil
	}
	lock, findings := ReadLock(w.lockFile())
	if lock == nil {
		return nil, findings, nil
	}
	f := &fetcher{Workspace: w, options: options, lock: lock}
	if !f.known() {
		return nil, f.findings, nil
	}
	next := &Lock{}
	for i, s := range w.File.Contracts {
		if pin := f.one(ctx, i, s); pin != nil {
			next.Pins = append(next.Pins, *pin)
		} else if old := lock.Pin(s.Name); old != nil {
			next.Pins = append(next.Pins, *old)
		}
	}
	f.remove()
	if len(f.findings) > 0 && options.Locked {
		return f.done, f.findings, errors.Join(f.errs...)
	}
	if next.String() != lock.String() {
		f.errs = append(f.errs, next.Write(w.lockFile()))
	}
	finding.Sort(f.findings)
	return f.done, f.findings, errors.Join(f.errs...)
}

type fetcher struct {
	*Workspace
	options  FetchOptions
	lock     *Lock
	done     []Fetched
	findings []finding.Finding
	errs     []error
}

// known says whether the names to update are those of repositories.
func (f *fetcher) known() bool {
	var names []string
	for _, s := range f.File.Contracts {
		names = append(names, s.Name)
	}
	for _, name := range f.options.Only {
		if !f.names(name) {
			f.findings = append(f.findings, finding.Finding{
				ID: BadName, Severity: finding.Error, Position: f.File.Doc.Position("contracts"),
				Message: fmt.Sprintf("the workspace names no repository %q", name), Hint: document.Suggest(name, names),
			})
		}
	}
	return len(f.findings) == 0
}

func (f *fetcher) report(i int, id, message, hint string, related ...finding.Related) {
	f.findings = append(f.findings, finding.Finding{
		ID: id, Severity: finding.Error, Message: message, Hint: hint, Related: related,
		Position: f.File.Doc.Position("contracts", i, "name"),
	})
}

// one brings one repository; nil where it could not.
func (f *fetcher) one(ctx context.Context, i int, s Source) *Pin {
	pin := f.lock.Pin(s.Name)
	update := f.options.Update && (len(f.options.Only) == 0 || slices.Contains(f.options.Only, s.Name))
	switch {
	case pin != nil && pin.Of(s) && !update:
		return f.restore(ctx, i, s, pin)
	case f.options.Locked && pin == nil:
		f.report(i, LockOutdated, fmt.Sprintf("%s is not pinned", s.Name), "run weir fetch without --locked and commit "+LockName)
		return nil
	case f.options.Locked:
		f.report(i, LockOutdated, fmt.Sprintf("%s has changed here since %s was written: %s", s.Name, LockName, change(pin.Source, locked(s))),
			"run weir fetch without --locked and commit "+LockName)
		return nil
	}
	return f.pin(ctx, i, s, pin)
}

// restore brings the files as they are pinned.
func (f *fetcher) restore(ctx context.Context, i int, s Source, pin *Pin) *Pin {
	differences, err := bundle.Verify(f.FS(), f.dir(s.Name), pin.Files)
	if err == nil && len(differences) == 0 {
		f.done = append(f.done, Fetched{Pin: *pin, Outcome: Unchanged})
		return pin
	}
	tree, release, err := f.open(ctx, s, pin.Commit)
	if err != nil {
		f.fail(s, err)
		return nil
	}
	defer release()
	files, err := bundle.Read(tree.FS, pin.Files)
	if errors.Is(err, fs.ErrNotExist) {
		files, err = nil, nil
	}
	if err != nil {
		f.fail(s, err)
		return nil
	}
	if !slices.Equal(files.Files(), pin.Files) {
		message := fmt.Sprintf("%s has changed since it was pinned", s.Dir)
		if s.Git != "" {
			message = fmt.Sprintf("commit %s of %s does not hold the files that %s pins", pin.Commit[:12], s.Name, LockName)
		}
		f.report(i, PinMismatch, message, "pin what is there now: weir fetch --update "+s.Name)
		return nil
	}
	return f.keep(s, pin, files, Fetched{Pin: *pin, Outcome: Restored})
}

// pin brings what the ref names now.
func (f *fetcher) pin(ctx context.Context, i int, s Source, old *Pin) *Pin {
	tree, release, err := f.open(ctx, s, "")
	if err != nil {
		f.fail(s, err)
		return nil
	}
	defer release()
	set, findings := load(tree.FS, s.Path)
	if finding.Errors(findings) > 0 {
		var related []finding.Related
		for _, far := range findings {
			related = append(related, finding.Related{Position: *far.Position, Message: far.Message})
		}
		f.report(i, NotFetched, fmt.Sprintf("the contracts of %s%s cannot be read", s.Name, tree.at()), "what is pinned stays as it is", related...)
		return nil
	}
	files, err := bundle.Collect(set, tree.FS)
	if err != nil {
		f.fail(s, err)
		return nil
	}
	pin := &Pin{Source: locked(s), Commit: tree.commit, Files: files.Files()}
	if _, problems := parseLock("", (&Lock{Pins: []Pin{*pin}}).String()); len(problems) > 0 {
		f.fail(s, fmt.Errorf("a file has a name that %s cannot hold: %s", LockName, problems[0].Message))
		return nil
	}
	fetched := Fetched{Pin: *pin, Outcome: Pinned}
	if old != nil && old.Of(s) {
		fetched.Outcome, fetched.Was = Moved, old.Commit
		if old.Commit == pin.Commit && slices.Equal(old.Files, pin.Files) {
			fetched.Outcome, fetched.Was = Unchanged, ""
		}
	}
	return f.keep(s, pin, files, fetched)
}

// attributes keep git from changing the ends of lines of fetched files that
// are committed, which their hashes would not survive.
const attributes = "* -text\n"

func (f *fetcher) keep(s Source, pin *Pin, files bundle.Bundle, fetched Fetched) *Pin {
	err := files.Write(filepath.FromSlash(f.dir(s.Name)))
	if err == nil {
		err = atomicfile.Write(filepath.FromSlash(f.dir(".gitattributes")), []byte(attributes))
	}
	if err != nil {
		f.fail(s, err)
		return nil
	}
	f.done = append(f.done, fetched)
	return pin
}

// remove removes what the workspace does not name any more.
func (f *fetcher) remove() {
	for _, pin := range f.lock.Pins {
		if f.names(pin.Name) {
			continue
		}
		if f.options.Locked {
			f.findings = append(f.findings, finding.Finding{
				ID: LockOutdated, Severity: finding.Error, Position: &finding.Position{File: f.lockFile()},
				Message: fmt.Sprintf("the lock pins %s, which %s does not name", pin.Name, FileName),
				Hint:    "run weir fetch without --locked and commit " + LockName,
			})
			continue
		}
		f.errs = append(f.errs, os.RemoveAll(filepath.FromSlash(f.dir(pin.Name))))
		f.done = append(f.done, Fetched{Pin: pin, Outcome: Removed})
	}
	slices.SortStableFunc(f.done, func(a, b Fetched) int { return cmp.Compare(a.Name, b.Name) })
}

func (f *fetcher) fail(s Source, err error) {
	f.errs = append(f.errs, &FetchError{s.Name, err})
}

// FetchError is a repository whose contracts could not be brought.
type FetchError struct {
	Name string
	Err  error
}

func (e *FetchError) Error() string { return fmt.Sprintf("fetch %s: %v", e.Name, e.Err) }

func (e *FetchError) Unwrap() error { return e.Err }

// tree is a repository at one state.
type tree struct {
	fs.FS
	commit string // empty for a directory
}

func (t tree) at() string {
	if t.commit == "" {
		return ""
	}
	return " at commit " + t.commit[:12]
}

// open opens a source at a commit, or where its ref is now.
func (f *fetcher) open(ctx context.Context, s Source, commit string) (tree, func(), error) {
	if s.Dir != "" {
		// A root, so that no link in it leads out of it.
		root, err := os.OpenRoot(filepath.FromSlash(f.Path(s.Dir)))
		if err != nil {
			return tree{}, nil, err
		}
		return tree{FS: root.FS()}, func() { _ = root.Close() }, nil
	}
	repository, err := os.MkdirTemp("", "weir-fetch-")
	if err != nil {
		return tree{}, nil, err
	}
	revision, err := f.clone(ctx, repository, s, commit)
	if err != nil {
		return tree{}, nil, errors.Join(err, os.RemoveAll(repository))
	}
	return tree{revision, revision.Commit()}, func() { _ = errors.Join(revision.Close(), os.RemoveAll(repository)) }, nil
}

// clone fetches one commit, without its history, into an empty repository.
func (f *fetcher) clone(ctx context.Context, repository string, s Source, commit string) (*source.Revision, error) {
	if _, err := git.Run(ctx, repository, "init", "--quiet", "--bare"); err != nil {
		return nil, err
	}
	from, err := f.remote(s.Git)
	if err != nil {
		return nil, err
	}
	if commit != "" {
		err = pinned(ctx, repository, from, s, commit)
	} else if err = shallow(ctx, repository, from, s.Ref); err == nil {
		commit, err = git.Run(ctx, repository, "rev-parse", "--verify", "FETCH_HEAD^{commit}")
	}
	if err != nil {
		return nil, err
	}
	return source.Git(ctx, repository, strings.TrimSpace(commit))
}

// pinned fetches a pinned commit. Servers may refuse to give a commit by its
// id; then it is looked for where the ref is, and in the ref's history.
func pinned(ctx context.Context, repository, from string, s Source, commit string) error {
	has := func() bool {
		_, err := git.Run(ctx, repository, "cat-file", "-e", commit+"^{commit}")
		return err == nil
	}
	if shallow(ctx, repository, from, commit) == nil && has() {
		return nil
	}
	if err := shallow(ctx, repository, from, s.Ref); err != nil {
		return err
	}
	if has() {
		return nil
	}
	if _, err := git.Run(ctx, repository, "fetch", "--quiet", "--no-tags", "--unshallow", from, s.Ref); err != nil {
		return err
	}
	if has() {
		return nil
	}
	return fmt.Errorf("the pinned commit %s is not in the history of %s any more; it was moved. Pin what it names now: weir fetch --update %s",
		commit[:12], s.Ref, s.Name)
}

func shallow(ctx context.Context, repository, from, what string) error {
	_, err := git.Run(ctx, repository, "fetch", "--quiet", "--no-tags", "--depth=1", from, what)
	return err
}

// remote is the place that git fetches from. A relative path begins at the
// workspace file, but git runs elsewhere.
func (f *fetcher) remote(location string) (string, error) {
	before, _, colon := strings.Cut(location, ":")
	if colon && !strings.Contains(before, "/") || path.IsAbs(location) || filepath.IsAbs(location) {
		return location, nil
	}
	return filepath.Abs(filepath.FromSlash(f.Path(location)))
}
