// Package git runs the git of this machine where contracts come from
// repositories: with the user's own configuration, so that whatever gives git
// access elsewhere gives it here, without ever asking anything, and without
// showing a secret of a URL in an error.
//
// Reading files of a revision is the business of package source.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Error is a git command that failed.
type Error struct {
	// Command is the subcommand, such as "fetch".
	Command string
	// Message is what git said, on one line and without secrets.
	Message string
	err     error
}

func (e *Error) Error() string { return fmt.Sprintf("git %s: %s", e.Command, e.Message) }

func (e *Error) Unwrap() error { return e.err }

// Command is how git is run.
type Command struct {
	// Dir is the directory that it runs in.
	Dir string
	// Stdin is its standard input.
	Stdin string
	// Env is added to the environment, as NAME=VALUE.
	Env []string
}

// Run runs git in dir and answers its standard output. The first of args is
// the subcommand. Values of a user among the rest must not begin with "-";
// see [IsOption].
func Run(ctx context.Context, dir string, args ...string) (string, error) {
	return Command{Dir: dir}.Run(ctx, args...)
}

// Run is like the function Run.
func (c Command) Run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = c.Dir, append(environment(os.Environ()), c.Env...)
	cmd.Stdin = strings.NewReader(c.Stdin)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.WaitDelay = 2 * time.Second // for children that keep the pipes open
	err := cmd.Run()
	if err == nil {
		return stdout.String(), nil
	}
	message := err.Error()
	switch {
	case ctx.Err() != nil:
		err, message = ctx.Err(), ctx.Err().Error()
	case errors.Is(err, exec.ErrNotFound):
		message = "there is no git on the PATH"
	case strings.TrimSpace(stderr.String()) != "":
		message = oneLine(stderr.String())
	}
	return "", &Error{Command: args[0], Message: Redact(message), err: err}
}

// oneLine keeps what explains a failure: the lines of git's own complaint
// where there are some, without their marks.
func oneLine(stderr string) string {
	var complaints, all []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		all = append(all, line)
		for _, mark := range []string{"fatal: ", "error: "} {
			if rest, ok := strings.CutPrefix(line, mark); ok {
				complaints = append(complaints, rest)
			}
		}
	}
	if len(complaints) > 0 {
		all = complaints
	}
	const most = 4
	return strings.Join(all[:min(len(all), most)], "; ")
}

// repository are the variables by which git hooks tie git to a repository,
// which here is always the one of the directory. git rev-parse
// --local-env-vars lists them; those that carry configuration stay.
var repository = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
}

// environment is that of a git which asks nothing, speaks English, and takes
// no transport that runs programs: the URL may stand in a file of somebody
// else's branch.
func environment(host []string) []string {
	env := slices.DeleteFunc(slices.Clone(host), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return slices.Contains(repository, name)
	})
	env = append(env, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	if !slices.ContainsFunc(env, func(entry string) bool { return strings.HasPrefix(entry, "GIT_ALLOW_PROTOCOL=") }) {
		env = append(env, "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh")
	}
	return env
}

// IsOption says whether git would take a value for an option.
func IsOption(value string) bool { return strings.HasPrefix(value, "-") }

var userinfo = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^/\s'"]*)@`)

// Redact replaces who and what stands before the @ of the URLs in a text; the
// user git, by which hosts are reached with SSH, stays.
func Redact(text string) string {
	return userinfo.ReplaceAllStringFunc(text, func(match string) string {
		parts := userinfo.FindStringSubmatch(match)
		if parts[2] == "git" {
			return match
		}
		return parts[1] + "***@"
	})
}

// RedactInPlace is Redact for a line of a file: it keeps the length, so that
// columns still point at what they did.
func RedactInPlace(line string) string {
	return userinfo.ReplaceAllStringFunc(line, func(match string) string {
		parts := userinfo.FindStringSubmatch(match)
		if parts[2] == "git" {
			return match
		}
		return parts[1] + strings.Repeat("*", len(parts[2])) + "@"
	})
}

// HasPassword says whether a URL carries a password.
func HasPassword(url string) bool {
	parts := userinfo.FindStringSubmatch(url)
	return parts != nil && strings.Contains(parts[2], ":")
}
