package compare

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/flowweir/weir/reports/run"
)

// Open opens the runs that the directories hold: each is a run directory, or
// holds several of them. It does not look deeper.
func Open(dirs ...string) ([]*run.Record, error) {
	var all []*run.Record
	for _, dir := range dirs {
		found, err := find(dir)
		if err != nil {
			return nil, err
		}
		for _, d := range found {
			rec, err := run.Open(d)
			if err != nil {
				return nil, err
			}
			all = append(all, rec)
		}
	}
	return all, nil
}

// find are the run directories that dir is or holds, in order of their names.
func find(dir string) ([]string, error) {
	switch is, err := holdsRun(dir); {
	case err != nil:
		return nil, err
	case is:
		return []string{dir}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, e := range entries {
		below := filepath.Join(dir, e.Name())
		if !e.IsDir() {
			continue
		}
		switch is, err := holdsRun(below); {
		case err != nil:
			return nil, err
		case is:
			all = append(all, below)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s is no run directory and holds none", dir)
	}
	return all, nil
}

func holdsRun(dir string) (bool, error) {
	_, err := os.Lstat(filepath.Join(dir, "run.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// File is the comparison of a run with its baseline, in the run directory.
const File = "comparison.json"

// Read reads the comparison of a run directory as JSON wrote it. It has no
// curves.
func Read(dir string) (*Comparison, error) {
	path := filepath.Join(dir, File)
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &Comparison{}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if c.Format != Format || len(c.Base) == 0 || len(c.Candidate) == 0 {
		return nil, fmt.Errorf("%s: no comparison of the format %s", path, Format)
	}
	for i, m := range c.Metrics {
		if !m.ours() {
			return nil, fmt.Errorf("%s: metric %d is not as weir writes it", path, i+1)
		}
	}
	return c, nil
}

// withheldForm is what Metric.Withheld is written with.
var withheldForm = regexp.MustCompile(`^[a-zA-Z0-9 ,:.()<]*$`)

// ours says whether a metric that was read is complete, and has no text that
// this package does not write: views show these texts as they are.
func (m Metric) ours() bool {
	switch {
	case !slices.Contains(MetricNames(), m.Name) || !withheldForm.MatchString(m.Withheld):
		return false
	case m.Withheld == "" && (m.Base == nil || m.Candidate == nil || m.Difference == nil):
		return false
	}
	switch m.Outcome {
	case "", Slower, More, Faster, Fewer, Same, CannotTell:
		return true
	}
	return false
}
