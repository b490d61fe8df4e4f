package deployment

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/reports/finding"
)

// Committed is the contract of a service as a commit has it.
type Committed struct {
	*contracts.Contract
	// Commit is the commit's full id.
	Commit string

	mount string
	files fs.FS
}

// FS has the files of the contract, under names that begin with SERVICE and
// the commit, as the contract's positions do; any other name is opened in base.
func (c *Committed) FS(base fs.FS) fs.FS {
	return asyncapi.NewFiles(union{base: base, mounts: map[string]fs.FS{c.mount: c.files}})
}

// AtCommit reads the contract of a service at a revision of the git repository
// that its file is in, or would be in: neither it nor its directory need be
// there now. The error is an *InputError where something that was given has to
// change.
func AtCommit(ctx context.Context, service, file, revision string) (*Committed, error) {
	dir, name := path.Dir(file), path.Base(file)
	for !isDir(dir) && dir != path.Dir(dir) {
		dir, name = path.Dir(dir), path.Join(path.Base(dir), name)
	}
	at, err := locate(ctx, filepath.FromSlash(dir))
	if err != nil {
		return nil, refuse("leave out --commit", "%s is in no git repository", file)
	}
	read := captured{path: at.prefix + name}
	if err := read.read(ctx, at.root, revision, service); err != nil {
		return nil, err
	}
	c := &Committed{Commit: read.commit, mount: service + "@" + read.commit[:12]}
	if c.files, err = read.files.FS(); err != nil {
		return nil, err
	}
	contract, findings := asyncapi.NewFiles(c.FS(c.files)).Load(path.Join(c.mount, read.path))
	if finding.Errors(findings) > 0 { // collecting has read the same
		return nil, &InputError{Message: fmt.Sprintf("the contract %s cannot be read at commit %s", file, read.commit[:12]), Findings: findings}
	}
	c.Contract = contract
	return c, nil
}

func isDir(name string) bool {
	info, err := os.Stat(filepath.FromSlash(name))
	return err == nil && info.IsDir()
}
