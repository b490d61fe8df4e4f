package git

import (
	"archive/zip"
	"context"
	"io/fs"
	"strings"
)

// Revision is the files of a commit, of the repository in dir.
func Revision(ctx context.Context, dir, commit string) (fs.FS, error) {
	archive, err := Run(ctx, dir, "archive", "--format=zip", "-0", commit)
	if err != nil {
		return nil, err
	}
	return zip.NewReader(strings.NewReader(archive), int64(len(archive)))
}
