package deployment

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/reports/finding"
)

// CheckVersion refuses a text that cannot be a version, with an *InputError. It
// can be anything that people tell apart and pipelines pass on: one word of at
// most 200 bytes, slashes included, because no file is named by it.
func CheckVersion(version string) error {
	if problem := versionProblem(version); problem != "" {
		return refuse("versions are like 1.4.0, v1.4.0 or the id of a commit", "the version %q %s", version, problem)
	}
	return nil
}

// CheckEnvironment refuses a text that cannot name an environment, with an
// *InputError: it is the name of a directory, or a part of a tag's.
func CheckEnvironment(name string) error {
	if !nameForm.MatchString(name) {
		return refuse("use letters, digits, '.', '_' and '-'", "%q is no name of an environment", name)
	}
	return nil
}

// versionProblem says why a text cannot be a version; "" if it can.
func versionProblem(version string) string {
	const longest = 200
	switch {
	case strings.TrimSpace(version) == "":
		return "is empty"
	case len(version) > longest:
		return fmt.Sprintf("has more than %d bytes", longest)
	case strings.ContainsFunc(version, unicode.IsSpace):
		return "has white space"
	case !utf8.ValidString(version) || strings.ContainsFunc(version, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "has characters that cannot be shown"
	case git.IsOption(version):
		return "begins with a hyphen, as options do"
	}
	return ""
}

// Doubt is a warning that nothing bears a version's name: no record of the
// service in any environment, and no tag, branch or commit in the git repository
// of dir. It is nil where something does, and where nothing can be said: without
// a repository, and where that has no tag of any version and the version does
// not look like the id of a commit, because pipelines may count by themselves.
func (s *Store) Doubt(ctx context.Context, dir, service, version string) (*finding.Finding, error) {
	recorded, err := s.recorded(ctx, service)
	if err != nil || slices.ContainsFunc(recorded, func(r recordedVersion) bool { return r.Version == version }) {
		return nil, err
	}
	tags, err := s.tags(ctx, dir)
	tags = slices.DeleteFunc(tags, func(tag string) bool { return !digits.MatchString(tag) })
	var failed *git.Error
	switch {
	case errors.As(err, &failed) && ctx.Err() == nil, errors.Is(err, exec.ErrNotFound):
		return nil, nil // no repository, or no git
	case err != nil:
		return nil, err
	case slices.ContainsFunc(tags, func(tag string) bool { return names(tag, version) }):
		return nil, nil
	}
	f := &finding.Finding{ID: VersionUnknown, Severity: finding.Warning}
	switch isCommit := commitLike(version); {
	case !isCommit && len(tags) == 0:
		return nil, nil
	case isCommit:
		f.Message = fmt.Sprintf("git knows no commit %s here, and nothing was recorded of such a version of %s", version, service)
		f.Hint = "is it misspelt? a clone without it gets it by git fetch"
	default:
		f.Message = fmt.Sprintf("git knows no tag, branch or commit %s here, and nothing was recorded of such a version of %s", version, service)
		f.Hint = "is it misspelt? tag the commit that is deployed, or name it with --commit"
	}
	if commitOf(ctx, dir, version) != "" || ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return f, nil
}

// recordedVersion is a live version with where it is live.
type recordedVersion struct {
	Live
	environment string
}

// recorded are the versions of a service that are live somewhere.
func (s *Store) recorded(ctx context.Context, service string) ([]recordedVersion, error) {
	environments, err := s.environments(ctx)
	if err != nil {
		return nil, err
	}
	var all []recordedVersion
	for _, environment := range environments {
		r, _, err := s.one(ctx, environment, service)
		if err != nil {
			return nil, err
		}
		if r != nil {
			for _, l := range r.Live {
				all = append(all, recordedVersion{l, environment})
			}
		}
	}
	return all, nil
}

// digits is what tags of versions have.
var digits = regexp.MustCompile(`[0-9]`)

// tags are the tags in the repository of dir, without those that are records.
func (s *Store) tags(ctx context.Context, dir string) ([]string, error) {
	out, err := git.Run(ctx, dir, "for-each-ref", "--format=%(refname:lstrip=2)", "refs/tags")
	if err != nil {
		return nil, err
	}
	var all []string
	for tag := range strings.FieldsSeq(out) {
		if !s.owns(tag) {
			all = append(all, tag)
		}
	}
	return all, nil
}

// names reports whether a tag is one of a version: 1.4.0 has tags like v1.4.0,
// order-service/1.4.0, order-service-v1.4.0 and order-service@1.4.0.
func names(tag, version string) bool {
	rest, is := strings.CutSuffix(tag, version)
	rest = strings.TrimSuffix(rest, "v")
	return is && (rest == "" || strings.HasSuffix(rest, "/") || strings.HasSuffix(rest, "-") || strings.HasSuffix(rest, "_") || strings.HasSuffix(rest, "@"))
}

// commitLike reports whether a version looks like the id of a commit, and not
// like a number.
func commitLike(version string) bool {
	const shortest, longest = 7, 64
	return len(version) >= shortest && len(version) <= longest && strings.Trim(version, "0123456789abcdef") == "" && strings.ContainsAny(version, "abcdef")
}
