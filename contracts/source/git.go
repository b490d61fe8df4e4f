package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"sync"
	"time"
)

// Revision is a commit's tree as an [fs.FS], read from git's object database:
// nothing is checked out, and what nobody opens is not read. Names are those
// of the folder that it was made for, as they are for the commands that run
// there; "../" leads up, to the root of the repository and no further.
//
// A symbolic link is followed within the repository; one that leads out of it
// is an error. A submodule is an empty folder, and opening something in it
// says so: its objects are in another repository. Files have the time of the
// commit. What filters of git would do at a checkout (line endings, LFS) is
// not done.
//
// It is safe for use by several goroutines. Close ends the git process that
// it reads through.
type Revision struct {
	rev, commit string
	prefix      string // the folder within the repository, "." for its root
	committed   time.Time
	root        treeEntry
	objects     *objects

	mu    sync.Mutex
	trees map[string][]treeEntry // by object id, sorted by name
	sizes map[string]int64       // of blobs, by object id
}

// Git opens the tree of a revision (a branch, tag, commit id or anything that
// git rev-parse takes) of the repository that the folder dir is in. ctx bounds
// reading as well as opening.
//
// The environment's GIT_DIR and its like are not followed, so that in hooks,
// too, dir decides which repository is read; objects that a server's
// pre-receive hook still holds in quarantine are not seen. A partial clone
// fetches what it lacks when it is opened; git does not ask for a password at
// the terminal then.
func Git(ctx context.Context, dir, rev string) (*Revision, error) {
	if err := checkRev(rev); err != nil {
		return nil, err
	}
	g := command{dir: dir}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("cannot read git revision %s: there is no folder %s", rev, dir)
	}
	prefix, err := g.run(ctx, "rev-parse", "--show-prefix")
	if err != nil {
		return nil, fmt.Errorf("cannot read git revision %s: %w", rev, g.explain(err))
	}
	commit, err := g.run(ctx, "rev-parse", "--verify", "--quiet", rev+"^{commit}")
	if err != nil {
		if ctx.Err() != nil {
			return nil, fmt.Errorf("cannot read git revision %s: %w", rev, ctx.Err())
		}
		return nil, g.unknown(ctx, rev)
	}
	r := &Revision{
		rev: rev, commit: commit, prefix: path.Clean(strings.TrimSuffix(prefix, "/")),
		trees: map[string][]treeEntry{}, sizes: map[string]int64{},
	}
	if r.objects, err = startObjects(ctx, g); err != nil {
		return nil, fmt.Errorf("cannot read git revision %s: %w", rev, err)
	}
	if err := r.readCommit(); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot read git revision %s: %w", rev, err), r.Close())
	}
	return r, nil
}

// Commit is the full id of the commit.
func (r *Revision) Commit() string { return r.commit }

// String names the revision in messages: "main (0123456789ab)".
func (r *Revision) String() string {
	short := r.commit[:min(len(r.commit), 12)]
	if strings.HasPrefix(r.commit, r.rev) {
		return short
	}
	return fmt.Sprintf("%s (%s)", r.rev, short)
}

// Close ends the git process. Reading fails after it.
func (r *Revision) Close() error { return r.objects.close() }

// checkRev refuses what git would not take as a revision but as something
// else, an option for one.
func checkRev(rev string) error {
	switch {
	case rev == "":
		return errors.New("the git revision is empty: name a branch, a tag or a commit")
	case strings.HasPrefix(rev, "-"):
		return fmt.Errorf("%q is no git revision: none starts with a hyphen", rev)
	case strings.ContainsAny(rev, "\x00\n\r"):
		return fmt.Errorf("%q is no git revision: none has a line break", rev)
	}
	return nil
}

// readCommit finds the tree and the time of the commit in its object:
// "tree ID", then parents, "author ..." and "committer NAME <MAIL> TIME ZONE".
func (r *Revision) readCommit() error {
	kind, content, err := r.objects.read(r.commit)
	if err != nil {
		return err
	}
	if kind != "commit" {
		return fmt.Errorf("git says that %s is a %s, not a commit", r.commit, kind)
	}
	header, _, _ := strings.Cut(string(content), "\n\n")
	for line := range strings.SplitSeq(header, "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "tree":
			r.root = treeEntry{mode: modeTree, id: value}
		case "committer":
			r.committed = signatureTime(value)
		}
	}
	if r.root.id == "" {
		return fmt.Errorf("commit %s names no tree: run git fsck", r.commit)
	}
	return nil
}

func signatureTime(signature string) time.Time {
	_, after, _ := strings.Cut(signature, "> ")
	var seconds int64
	if _, err := fmt.Sscanf(after, "%d", &seconds); err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
