package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/document"
)

// command runs git in a folder.
type command struct{ dir string }

// follow is how long git's own children may outlive it when it is stopped.
const follow = 2 * time.Second

func (g command) make(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = g.dir, gitEnvironment(os.Environ()), follow
	return cmd
}

// run is what git writes, without the last line break.
func (g command) run(ctx context.Context, args ...string) (string, error) {
	cmd := g.make(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return "", errNoGit
	case err != nil && stderr.Len() > 0:
		return "", errors.New(strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

var errNoGit = errors.New("there is no program git: install git, or name a folder instead of a revision")

// located are the variables that tie git to one repository, index or part of
// a tree. git sets them for hooks, and then they outrank the folder in which
// git runs.
var located = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR",
	"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH",
	"GIT_PREFIX", "GIT_NAMESPACE", "GIT_CONFIG", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE",
	"GIT_REPLACE_REF_BASE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS",
	"GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS",
}

// gitEnvironment is the environment for git: without what ties it elsewhere,
// in English because messages are read, and such that nothing waits for a
// person or for a lock. Replacement objects are off, because a commit id must
// stand for the same files everywhere.
func gitEnvironment(environment []string) []string {
	set := []string{"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1"}
	kept := slices.DeleteFunc(slices.Clone(environment), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(located, name)
	})
	return append(kept, set...)
}

// explain adds the next step to what git says of a folder.
func (g command) explain(err error) error {
	if strings.Contains(err.Error(), "not a git repository") {
		return fmt.Errorf("%s is in no git repository: run the command inside of one, or name a folder instead of a revision", g.dir)
	}
	return err
}

// unknown explains a revision that git does not know, with the step that
// makes it known.
func (g command) unknown(ctx context.Context, rev string) error {
	text := func(args ...string) string {
		out, err := g.run(ctx, args...)
		if err != nil {
			return "" // no more than a hint is lost
		}
		return out
	}
	base := rev
	if i := strings.IndexAny(rev, "~^@:"); i > 0 {
		base = rev[:i]
	}
	shallow := text("rev-parse", "--is-shallow-repository") == "true"
	refs := strings.Fields(text("for-each-ref", "--format=%(refname:short)"))
	remote, _, _ := strings.Cut(text("remote"), "\n")
	if slices.Contains(strings.Fields(text("remote")), "origin") {
		remote = "origin"
	}
	problem := fmt.Sprintf("git knows no revision %s in %s", rev, g.dir)
	known := base != rev && text("rev-parse", "--verify", "--quiet", base+"^{commit}") != ""
	switch {
	case known && shallow:
		return fmt.Errorf("%s: this clone is shallow, and the history of %s ends before that; run git fetch --unshallow", problem, base)
	case known:
		return fmt.Errorf("%s: %s exists, what follows it leads to no commit", problem, base)
	case slices.Contains(refs, remote+"/"+base):
		return fmt.Errorf("%s, but %s/%s: name %s/%s", problem, remote, base, remote, rev)
	}
	if near := document.Nearest(base, refs); near != "" {
		problem += fmt.Sprintf("; did you mean %s?", near)
	}
	depth := ""
	if shallow {
		depth = "--depth=1 "
	}
	switch {
	case remote == "":
		return fmt.Errorf("%s; this repository has no remote to fetch it from", problem)
	case isObjectID(base):
		return fmt.Errorf("%s; run git fetch %s%s %s", problem, depth, remote, base)
	}
	return fmt.Errorf("%s; run git fetch %s%s %s:refs/remotes/%s/%s and name %s/%s", problem, depth, remote, base, remote, base, remote, rev)
}

func isObjectID(s string) bool {
	const shortest = 7
	return len(s) >= shortest && strings.Trim(s, "0123456789abcdef") == ""
}
