package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// missing are the directories that are yet to be made for one, itself first.
func missing(dir string) []string {
	var all []string
	for {
		if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
			return all
		}
		all = append(all, dir)
		dir = filepath.Dir(dir)
	}
}

// leave ends a search without a probe as a run ends: its error says where that
// is which explains why, and without it nothing is left.
func (r *planner) leave() error {
	if r.left != "" {
		return fmt.Errorf("what was recorded until then is in %s", r.left)
	}
	for _, name := range []string{"plan.json", "report.html"} {
		if err := os.Remove(filepath.Join(r.dir, name)); err != nil {
			return err
		}
	}
	for _, dir := range r.made {
		if os.Remove(dir) != nil {
			break // others have put something into it
		}
	}
	return nil
}
