package infer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/internal/atomicfile"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// ExistsError says that files are there already, none of which was changed.
type ExistsError struct{ Files []string }

// Error names the files.
func (e *ExistsError) Error() string {
	if len(e.Files) == 1 {
		return e.Files[0] + " exists"
	}
	return strings.Join(e.Files, ", ") + " exist"
}

// Write writes the files below a directory and answers their names there, the
// contract last: who sees it finds all that it names. Where one of them
// exists nothing is written, and the error is an *ExistsError, unless force
// is set; each file is replaced as a whole then.
func (d *Draft) Write(dir string, force bool) ([]string, error) {
	files := d.Files()
	files = append(files[1:], files[0])
	var names, exist []string
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		names = append(names, name)
		_, err := os.Lstat(name)
		switch {
		case err == nil:
			exist = append(exist, name)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	if len(exist) > 0 && !force {
		return nil, &ExistsError{exist}
	}
	for i, f := range files {
		if err := atomicfile.Write(names[i], f.Content); err != nil {
			return nil, fmt.Errorf("cannot write %s: %w", names[i], err)
		}
	}
	return names, nil
}

// verify holds the draft to what weir check says of it.
func (d *Draft) verify() error {
	memory, err := d.files.FS()
	if err != nil {
		return err
	}
	fsys := given{memory, d.given}
	c, findings := contracts.Load(fsys, ContractFile)
	if len(findings) == 0 {
		findings = rules.Check([]*contracts.Contract{c}, fsys, time.Time{})
	}
	for _, f := range findings {
		if f.Severity == finding.Error {
			return inputError("choose another event with --event, or write the contract by hand",
				"no contract can be written that passes weir check: %s: %s", f.Position, f.Message)
		}
	}
	return nil
}

// given is a file system with files that may lie anywhere.
type given struct {
	fs.FS
	files bundle.Bundle
}

func (g given) ReadFile(name string) ([]byte, error) {
	if content, ok := g.files[name]; ok {
		return content, nil
	}
	return fs.ReadFile(g.FS, name)
}
