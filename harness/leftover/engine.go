package leftover

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/harness/lease"
)

// Engine is a container engine that a run uses.
type Engine struct {
	Host string `json:"host"` // such as unix:///var/run/docker.sock
	// Namespace is that of the labels of what the run makes there.
	Namespace string `json:"namespace"`
}

const engineExt = ".engine"

// KeepEngine has it on record that a run of this process, whose lease it holds,
// is about to make something on an engine. Should the process be killed, Engines
// finds that.
func KeepEngine(run string, e Engine) error {
	dir, err := lease.Dir()
	if err != nil {
		return err
	}
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, run+engineExt), append(data, '\n'), 0o600)
}

// ForgetEngine ends the record of KeepEngine: nothing of the run is left on the
// engine. That there is none is no error.
func ForgetEngine(run string) error {
	dir, err := lease.Dir()
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(dir, run+engineExt)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Engines visits the engines that dead runs used, each with the lease of its run,
// and forgets those of which visit says so. Where no run was killed it asks
// nobody and costs the reading of a directory.
func Engines(visit func(run string, e Engine) (forget bool)) error {
	return ofDead(engineExt, func(run, file string) error {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var e Engine
		// A record that was not written to its end is older than what it is of.
		if json.Unmarshal(data, &e) == nil && !visit(run, e) {
			return nil
		}
		return os.Remove(file)
	})
}

// ofDead visits the files of dead runs with an ending, whose lease it holds
// meanwhile.
func ofDead(ext string, visit func(run, file string) error) error {
	dir, err := lease.Dir()
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"+ext))
	if err != nil {
		return err
	}
	var errs []error
	for _, file := range files {
		run := strings.TrimSuffix(filepath.Base(file), ext)
		held, err := lease.Acquire(run)
		if errors.Is(err, lease.ErrHeld) {
			continue
		}
		if err == nil {
			err = errors.Join(visit(run, file), held.Release())
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, fmt.Errorf("run %s: %w", run, err))
		}
	}
	return errors.Join(errs...)
}
