package run

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// Of many that take one directory at the same moment one gets it.
func TestCreateIsAtomic(t *testing.T) {
	root := filepath.Join(t.TempDir(), "a", "b")
	var all sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		all.Go(func() {
			d, err := Create(root, Run{})
			if errs[i] = err; err == nil {
				errs[i] = d.Close()
			}
		})
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, ErrTaken):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d got the directory, want 1", won, len(errs))
	}
}

func TestDiscard(t *testing.T) {
	top := t.TempDir()
	discard := func(root string) {
		t.Helper()
		d, err := Create(root, Run{})
		if err == nil {
			err = errors.Join(d.AppendEvent(Event{}), d.Discard())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	discard(filepath.Join(top, "new", "er"))
	kept := filepath.Join(top, "kept")
	if err := os.Mkdir(kept, 0o700); err != nil {
		t.Fatal(err)
	}
	discard(kept)
	if err := os.WriteFile(filepath.Join(kept, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	discard(kept)
	var left []string
	_ = filepath.WalkDir(top, func(path string, _ os.DirEntry, _ error) error {
		name, err := filepath.Rel(top, path)
		left = append(left, name)
		return err
	})
	if want := []string{".", "kept", filepath.Join("kept", "mine")}; !slices.Equal(left, want) {
		t.Errorf("got %q, want %q", left, want)
	}
}
