package deployment

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/internal/git"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

// captured is a contract as it is deployed.
type captured struct {
	path   string // in its repository
	commit string // empty outside of git
	files  bundle.Bundle
}

// capture reads the contract of a deployment, from the commit that is named,
// or from the files that lie there and, unless they are copied, from HEAD
// too, which must have the same.
func capture(ctx context.Context, d Deployment, records string) (captured, error) {
	dir := filepath.Dir(filepath.FromSlash(d.Contract))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return captured{}, refuse("name the contract's file with --contract", "there is no directory %s", path.Dir(d.Contract))
	}
	at, err := locate(ctx, dir)
	inGit := err == nil
	switch {
	case err != nil && (!d.Embed || d.Commit != ""):
		return captured{}, refuse("keep a copy of the contract beside the record with --embed", "%s is in no git repository", d.Contract)
	case err != nil:
		if at, err = below(dir); err != nil {
			return captured{}, err
		}
	case !d.Embed:
		if home, err := locate(ctx, records); err != nil || home.objects != at.objects {
			return captured{}, refuse("keep a copy of the contract beside the record with --embed",
				"%s is in another repository than the records, so that its commits are not found from there", d.Contract)
		}
	}
	c := captured{path: at.prefix + path.Base(d.Contract)}
	if d.Commit != "" {
		return c, c.read(ctx, at.root, d.Commit, d.Service)
	}
	head := c
	if inGit {
		if headErr := head.read(ctx, at.root, "HEAD", d.Service); headErr != nil && !d.Embed {
			return c, headErr
		}
	}
	if c.files, err = at.lying(c.path, d.Service); err != nil {
		return c, err
	}
	if name := difference(c.files, head.files); name == "" {
		c.commit = head.commit
	} else if !d.Embed {
		return c, refuse("commit it, or name the deployed commit with --commit, or keep a copy with --embed",
			"%s is not as commit %s has it", name, head.commit[:12])
	}
	return c, nil
}

// location is a directory in what its files are taken from.
type location struct {
	// root is the root of the working tree; prefix the directory's path there,
	// with a slash at its end, "" for the root.
	root, prefix string
	// objects is what has the commits, which several working trees can share;
	// empty outside of git.
	objects string
}

// lying reads a contract from the files as they lie there.
func (l location) lying(file, service string) (bundle.Bundle, error) {
	root, err := os.OpenRoot(l.root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return collect(root.FS(), file, service)
}

// below locates a directory outside of git: in the working directory, or in
// itself where it is not below that.
func below(dir string) (location, error) {
	here, err := os.Getwd()
	if err != nil {
		return location{}, err
	}
	there, err := filepath.Abs(dir)
	if err != nil {
		return location{}, err
	}
	relative, err := filepath.Rel(here, there)
	switch {
	case err != nil || !filepath.IsLocal(relative):
		return location{root: there}, nil
	case relative == ".":
		return location{root: here}, nil
	}
	return location{root: here, prefix: filepath.ToSlash(relative) + "/"}, nil
}

// locate locates a directory in its git repository. One that is not there yet
// is in that of the nearest above.
func locate(ctx context.Context, dir string) (location, error) {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			break
		}
		above := filepath.Dir(dir)
		if above == dir {
			break
		}
		dir = above
	}
	out, err := git.Run(ctx, dir, "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-common-dir", "--show-prefix")
	if err != nil {
		return location{}, err
	}
	lines := strings.SplitN(strings.TrimSuffix(out, "\n"), "\n", 3)
	if len(lines) < 3 {
		return location{}, fmt.Errorf("git rev-parse printed %q", out)
	}
	return location{root: filepath.FromSlash(lines[0]), objects: lines[1], prefix: lines[2]}, nil
}

// read reads the contract at a revision.
func (c *captured) read(ctx context.Context, root, rev, service string) error {
	tree, err := source.Git(ctx, root, rev)
	if err != nil {
		return &InputError{Message: git.Redact(err.Error())}
	}
	c.commit = tree.Commit()
	c.files, err = collect(tree, c.path, service)
	if invalid := (*InputError)(nil); errors.As(err, &invalid) {
		invalid.Message += " at commit " + c.commit[:12]
	}
	return errors.Join(err, tree.Close())
}

// collect reads a contract with the files that it uses, and refuses one that
// is not sound or speaks for another service.
func collect(fsys fs.FS, file, service string) (bundle.Bundle, error) {
	files := asyncapi.NewFiles(fsys)
	c, findings := files.Load(file)
	if finding.Errors(findings) > 0 {
		return nil, &InputError{Message: fmt.Sprintf("the contract %s cannot be read", file), Findings: findings}
	}
	if c.Service.Name != service {
		return nil, &InputError{
			Message: fmt.Sprintf("%s is the contract of %s, not of %s", file, c.Service.Name, service),
			Hint:    "name the contract's file with --contract",
		}
	}
	set := []*contracts.Contract{c}
	// What is missing now would be missing whenever the record is read.
	missing := slices.DeleteFunc(rules.Check(set, files, time.Time{}), func(f finding.Finding) bool { return f.ID != rules.SchemaMissing })
	if len(missing) > 0 {
		return nil, &InputError{Message: fmt.Sprintf("the contract %s names schemas that cannot be read", file), Findings: missing}
	}
	return bundle.Collect(set, files)
}

// difference is the first file that two bundles do not share; "" if they are
// the same.
func difference(a, b bundle.Bundle) string {
	names := map[string]bool{}
	for _, files := range []bundle.Bundle{a, b} {
		for name := range files {
			names[name] = true
		}
	}
	var different []string
	for name := range names {
		x, inA := a[name]
		y, inB := b[name]
		if inA != inB || string(x) != string(y) {
			different = append(different, name)
		}
	}
	if len(different) == 0 {
		return ""
	}
	return slices.Min(different)
}
