// Package leftover keeps a record of what a run starts beside its own process
// and must remove at its end: process groups, directories, topics and groups on
// a cluster that goes on. The record lies beside the run's lease, so that the
// next start finds what a run left that was killed.
//
// It removes what it can prove to be a dead run's: processes of this user that
// carry the run's mark in their environment and began after the first that the
// run started (elsewhere than on Linux: those alone that it started itself);
// directories with the name of those that Weir makes, in the temporary
// directory. Topics and groups it only tells of: what others did with them
// since nobody knows. What a run changed of a cluster, to break it, it keeps
// with what undoes that.
//
// Of containers it knows the engine alone on which a run makes them: what they
// are that engine's labels tell, and package docker removes it. It does not find
// processes that took the mark out of their environment.
package leftover

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/flowweir/weir/harness/lease"
)

// Mark is the variable in the environment of a run's processes that holds the
// run's id.
const Mark = "WEIR_RUN"

// What the names of directories begin with that Weir makes in the temporary one
// for the time of a run: those in which services are built, for a run or for all
// probes of weir plan, and those for what weir verify does not keep.
const (
	BuildPrefix  = "weir-build-"
	PlanPrefix   = "weir-plan-"
	VerifyPrefix = "weir-verify-"
)

// prefixes are all of them.
var prefixes = []string{BuildPrefix, PlanPrefix, VerifyPrefix}

const ext = ".left"

// entry is a line of a record. One field is set.
type entry struct {
	Group  *group `json:"group,omitempty"`
	Dir    string `json:"dir,omitempty"`
	Topics *named `json:"topics,omitempty"`
	Groups *named `json:"groups,omitempty"`
	Undo   *undo  `json:"undo,omitempty"`
}

// named are topics or groups.
type named struct {
	Cluster string   `json:"cluster"` // Kafka's cluster id
	Names   []string `json:"names"`
}

// undo is what undoes a change of a cluster.
type undo struct {
	Cluster string          `json:"cluster"` // Kafka's cluster id
	Change  json.RawMessage `json:"change"`
}

// Record is that of a run that lives. Its methods may be called at the same
// time, and on nil, where they do nothing.
type Record struct {
	mu    sync.Mutex
	lease *lease.Lease
	file  *os.File
}

// Keep begins the record of a run of this process, and holds its lease.
func Keep(id string) (*Record, error) {
	dir, err := lease.Dir()
	if err != nil {
		return nil, err
	}
	held, err := lease.Hold(id)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, id+ext), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, errors.Join(err, held.Release())
	}
	return &Record{lease: held, file: file}, nil
}

// Process adds the group that a process leads. Call it as soon as the process
// runs.
func (r *Record) Process(pid int) error {
	g, err := groupOf(pid)
	if err != nil {
		return err
	}
	return r.add(entry{Group: g})
}

// Dir adds a directory of one of the prefixes, in the temporary directory.
func (r *Record) Dir(path string) error { return r.add(entry{Dir: path}) }

// Temporary makes a directory of one of the prefixes, with a record of its own:
// should this process be killed before it calls remove, the next start does.
func Temporary(prefix string) (dir string, remove func(), err error) {
	if dir, err = os.MkdirTemp("", prefix); err != nil {
		return "", nil, err
	}
	// A machine without a place for records is no reason not to go on: runs, which
	// have records of their own, say so.
	record, _ := Keep(filepath.Base(dir))
	_ = record.Dir(dir)
	return dir, func() {
		_ = os.RemoveAll(dir)
		_ = record.Close(false, false, false)
	}, nil
}

// Topics adds topics that the run is about to create.
func (r *Record) Topics(cluster string, names []string) error {
	return r.add(entry{Topics: &named{cluster, names}})
}

// Groups adds groups that the run is about to create.
func (r *Record) Groups(cluster string, names []string) error {
	return r.add(entry{Groups: &named{cluster, names}})
}

// Undo adds what undoes a change of a cluster that the run is about to make.
func (r *Record) Undo(cluster string, change json.RawMessage) error {
	return r.add(entry{Undo: &undo{cluster, change}})
}

func (r *Record) add(e entry) error {
	if r == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	_, err = r.file.Write(append(line, '\n'))
	return err
}

// Close ends the record: everything was removed and undone, except, where they
// are left, topics, groups and changes.
func (r *Record) Close(topicsLeft, groupsLeft, changesLeft bool) error {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	errs := []error{r.file.Close(), reduce(r.file.Name(), func(e *entry) bool {
		return topicsLeft && e.Topics != nil || groupsLeft && e.Groups != nil || changesLeft && e.Undo != nil
	})}
	return errors.Join(append(errs, r.lease.Release())...)
}

// Sweep removes what dead runs left on this machine, and says to log what.
// That something cannot be removed is told, and no reason not to go on.
func Sweep(log io.Writer) {
	err := each(func(id, file string, entries []entry) error {
		removed := 0
		var groups []*group
		for _, e := range entries {
			if e.Group != nil {
				groups = append(groups, e.Group)
			}
		}
		killed, err := kill(groups, id)
		errs := []error{err}
		for _, e := range entries {
			if !temporary(e.Dir) {
				continue
			}
			if _, err := os.Lstat(e.Dir); err == nil {
				removed++
			}
			errs = append(errs, os.RemoveAll(e.Dir))
		}
		if killed+removed > 0 {
			_, _ = fmt.Fprintf(log, "removed what run %s left behind: processes %d, directories %d\n", id, killed, removed)
		}
		if err := errors.Join(errs...); err != nil {
			return err // the next start tries again
		}
		return reduce(file, func(e *entry) bool { return e.Topics != nil || e.Groups != nil || e.Undo != nil })
	})
	if err != nil {
		_, _ = fmt.Fprintf(log, "could not remove what dead runs left: %v\n", err)
	}
}

// temporary says whether a directory has a name of those that Weir makes, where
// it makes them.
func temporary(dir string) bool {
	name := filepath.Base(dir)
	return filepath.Dir(dir) == filepath.Clean(os.TempDir()) &&
		slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// Topics answers which topics of a cluster dead runs created, each with its
// run. gone are topics that are not there: what the records say of them is
// forgotten.
func Topics(cluster string, gone []string) (map[string]string, error) {
	return left(cluster, gone, func(e *entry) *named { return e.Topics })
}

// Groups is Topics for groups.
func Groups(cluster string, gone []string) (map[string]string, error) {
	return left(cluster, gone, func(e *entry) *named { return e.Groups })
}

func left(cluster string, gone []string, of func(*entry) *named) (map[string]string, error) {
	left := map[string]string{}
	isGone := func(name string) bool { return slices.Contains(gone, name) }
	err := each(func(id, file string, entries []entry) error {
		for _, e := range entries {
			if n := of(&e); n != nil && n.Cluster == cluster {
				for _, name := range slices.DeleteFunc(n.Names, isGone) {
					left[name] = id
				}
			}
		}
		return reduce(file, func(e *entry) bool {
			n := of(e)
			if n == nil || n.Cluster != cluster {
				return true
			}
			n.Names = slices.DeleteFunc(n.Names, isGone)
			return len(n.Names) > 0
		})
	})
	return left, err
}

// Changes undoes what dead runs changed of a cluster and could not undo, the
// last change first. What cannot be undone stays in their records.
func Changes(cluster string, undo func(run string, change json.RawMessage) error) error {
	return each(func(id, file string, entries []entry) error {
		var errs []error
		undone := map[string]bool{}
		for _, e := range slices.Backward(entries) {
			if e.Undo == nil || e.Undo.Cluster != cluster {
				continue
			}
			if err := undo(id, e.Undo.Change); err != nil {
				errs = append(errs, err)
				continue
			}
			undone[string(e.Undo.Change)] = true
		}
		errs = append(errs, reduce(file, func(e *entry) bool {
			return e.Undo == nil || e.Undo.Cluster != cluster || !undone[string(e.Undo.Change)]
		}))
		return errors.Join(errs...)
	})
}

// each visits the records of dead runs, whose lease it holds meanwhile.
func each(visit func(id, file string, entries []entry) error) error {
	return ofDead(ext, func(id, file string) error {
		entries, err := read(file)
		if err != nil {
			return err
		}
		return visit(id, file, entries)
	})
}

// read leaves out a last line that was not written to its end.
func read(file string) ([]entry, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		var e entry
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// reduce leaves in a record what keep says, which may change it, and removes
// the record where nothing is left.
func reduce(file string, keep func(*entry) bool) error {
	entries, err := read(file)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, e := range entries {
		if !keep(&e) {
			continue
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
	}
	if out.Len() == 0 {
		return os.Remove(file)
	}
	return os.WriteFile(file, out.Bytes(), 0o600)
}
