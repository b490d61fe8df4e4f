package deployment

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/reports/finding"
)

// Pinned is the full id of the commit that a version of a service is, in the
// repository of the service's contract file: by a tag of that name (2.0.0 also
// has v2.0.0, order-service/2.0.0 and the like), because it is the id of a
// commit, or by the record of it that was written last. It is empty where
// nothing says so, without a repository, and where the commit is not in it.
//
// The finding says that the contract, or a file that it uses, does not lie
// there as the commit has it: then what lies there is not that version.
func (s *Store) Pinned(ctx context.Context, service, version, file string) (string, *finding.Finding, error) {
	at, err := locate(ctx, filepath.FromSlash(path.Dir(file)))
	if err != nil {
		return "", nil, ctx.Err() // no repository, or no git
	}
	p, err := s.pin(ctx, at.root, service, version)
	if err != nil || p.commit == "" {
		return "", nil, err
	}
	there := captured{path: at.prefix + path.Base(file)}
	var input *InputError
	here, err := at.lying(there.path, service)
	if errors.As(err, &input) {
		return "", nil, nil // whoever reads it next says what is wrong
	}
	if err != nil {
		return "", nil, err
	}
	what, take := "", "--commit "+p.revision
	err = there.read(ctx, at.root, p.commit, service)
	switch {
	case errors.As(err, &input): // it is sound here, and not there
		what, take = there.path+" cannot be read there", "--contract with the file's path there and "+take
	case err != nil:
		return "", nil, err
	default:
		name := difference(here, there.files)
		if name == "" {
			return p.commit, nil, nil
		}
		what = name + " does not lie here as it is there"
	}
	f := &finding.Finding{
		ID: VersionDiffers, Severity: finding.Error,
		Message: fmt.Sprintf("%s %s is commit %s%s, and %s", service, version, p.commit[:12], p.by, what),
		Hint:    take + " takes that commit, --commit HEAD the one that is checked out; what is in neither needs another version",
	}
	if commitOf(ctx, at.root, "HEAD") == p.commit {
		f.Hint = take + " takes that commit, as it is checked out; the change needs another version"
	}
	return p.commit, f, ctx.Err()
}

// pin is the commit of a version, and by what it is that.
type pin struct {
	commit   string // empty where nothing says
	revision string // names the commit for people
	by       string // such as "by the tag v2.0.0"; empty for the id of a commit
}

func (s *Store) pin(ctx context.Context, dir, service, version string) (pin, error) {
	tags, err := s.tags(ctx, dir)
	if err != nil {
		return pin{}, err
	}
	if tag := tagOf(tags, service, version); tag != "" {
		if commit := commitOf(ctx, dir, "refs/tags/"+tag); commit != "" {
			return pin{commit, tag, ", by the tag " + tag}, nil
		}
	}
	if commitLike(version) || commitForm.MatchString(version) {
		if commit := commitOf(ctx, dir, version); commit != "" {
			return pin{commit, version, ""}, nil
		}
	}
	recorded, err := s.recorded(ctx, service)
	if err != nil {
		return pin{}, err
	}
	var last recordedVersion
	for _, r := range recorded {
		if r.Version == version && commitForm.MatchString(r.Commit) && !r.At.Before(last.At) {
			last = r
		}
	}
	if last.Commit == "" || commitOf(ctx, dir, last.Commit) == "" {
		return pin{}, ctx.Err()
	}
	return pin{last.Commit, last.Commit[:12], ", by its record in " + last.environment}, nil
}

// tagOf is the tag of a version of one service: the one that is named so, else
// one that names the service too, else the version with a v; "" without one.
// A tag with the name of anything else can be that of another service.
func tagOf(tags []string, service, version string) string {
	var own, prefixed string
	for _, tag := range tags {
		switch {
		case tag == version:
			return tag
		case !names(tag, version):
		case tag == "v"+version:
			prefixed = tag
		default:
			owner := strings.TrimSuffix(strings.TrimSuffix(tag, version), "v")
			if owner = owner[:len(owner)-1]; owner == service || strings.HasSuffix(owner, "/"+service) {
				own = tag
			}
		}
	}
	if own != "" {
		return own
	}
	return prefixed
}

// commitOf is the id of the commit of a revision; "" if there is none.
func commitOf(ctx context.Context, dir, revision string) string {
	out, err := git.Run(ctx, dir, "rev-parse", "--verify", "--quiet", "--end-of-options", revision+"^{commit}")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(out)
}
