// Package lease tells live runs from dead ones, on this machine, without a
// server and without trusting process ids (which are used again).
//
// Each run holds a lock on a file of its own for as long as its process
// lives. The operating system frees the lock when the process ends, however
// it ends, so whoever can take the lock knows that the run is dead and may
// remove what it left behind. A sweeper takes the dead run's lease while it
// does so: two sweepers never work on the same run.
//
// Locks mean something only to processes that see the same files: Namespace
// identifies those, and what carries another namespace must be left alone.
//
// The package is not for mutual exclusion between runs, and not for network
// file systems without working flock(2): the namespace there differs per host.
package lease

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// ErrHeld says that a live process holds the lease.
var ErrHeld = errors.New("lease is held by a live process")

// errLocked is what tryLock answers when another open file has the lock.
var errLocked = errors.New("locked")

// Dir is where leases lie: $XDG_STATE_HOME/weir/runs, by default
// ~/.local/state/weir/runs.
func Dir() (string, error) {
	state := os.Getenv("XDG_STATE_HOME")
	// The specification says to ignore relative paths.
	if !filepath.IsAbs(state) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("no directory for leases of runs: set XDG_STATE_HOME or HOME: %w", err)
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "weir", "runs"), nil
}

// Lease is a held lease. It lasts until Release or the end of the process.
type Lease struct {
	id     string
	path   string
	file   *os.File
	shared *sharedLease // of Hold; nil for Acquire
	once   sync.Once
}

// sharedLease is one lease that several parts of this process hold.
type sharedLease struct {
	*Lease
	holders int
}

var (
	sharedMu sync.Mutex
	shared   = map[string]*sharedLease{}
)

// Hold takes the lease of a run of this process. Several parts of it may hold
// one run at once, and it is free when the last of them releases it. It
// returns an error that wraps ErrHeld where another process, or Acquire in
// this one, has it.
func Hold(id string) (*Lease, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	return holdIn(dir, id)
}

func holdIn(dir, id string) (*Lease, error) {
	sharedMu.Lock()
	defer sharedMu.Unlock()
	path := filepath.Join(dir, id+".lock")
	s := shared[path]
	if s == nil {
		l, err := acquireIn(dir, id)
		if err != nil {
			return nil, err
		}
		s = &sharedLease{Lease: l}
		shared[path] = s
	}
	s.holders++
	return &Lease{id: id, path: path, shared: s}, nil
}

// Acquire takes the lease of a run for itself alone: for removing what a run
// left that may be dead. It returns an error that wraps ErrHeld where a live
// process, this one included, has it.
func Acquire(id string) (*Lease, error) {
	dir, err := Dir()
	if err != nil {
		return nil, err
	}
	return acquireIn(dir, id)
}

func acquireIn(dir, id string) (*Lease, error) {
	if id == "" || id != filepath.Base(id) || strings.HasPrefix(id, ".") {
		return nil, fmt.Errorf("lease: %q is no name of a run", id)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("lease of run %s: %w", id, err)
	}
	path := filepath.Join(dir, id+".lock")
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, fmt.Errorf("lease of run %s: %w", id, err)
		}
		if err := tryLock(file); err != nil {
			_ = file.Close()
			if errors.Is(err, errLocked) {
				return nil, fmt.Errorf("run %s: %w (%s)", id, ErrHeld, path)
			}
			return nil, fmt.Errorf("lease of run %s: lock %s: %w", id, path, err)
		}
		// Between open and lock another holder may have released and
		// removed the file: then this lock is on a file that nobody else
		// can find, and guards nothing.
		if sameFile(file, path) {
			return &Lease{id: id, path: path, file: file}, nil
		}
		_ = file.Close()
	}
}

// ID is the run that the lease is for.
func (l *Lease) ID() string { return l.id }

// Release gives the lease back. It is safe to call twice, and on nil.
func (l *Lease) Release() (err error) {
	if l == nil {
		return nil
	}
	l.once.Do(func() { err = l.release() })
	return err
}

func (l *Lease) release() error {
	if l.shared == nil {
		return releaseFile(l.file, l.path)
	}
	sharedMu.Lock()
	defer sharedMu.Unlock()
	l.shared.holders--
	if l.shared.holders > 0 {
		return nil
	}
	delete(shared, l.path)
	return l.shared.Release()
}

func sameFile(file *os.File, path string) bool {
	held, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(held, there)
}

// Namespace identifies the processes whose leases this process can judge:
// those of the same state directory, host name and process namespace. It is
// 16 hexadecimal digits, and the same after a reboot.
func Namespace() (string, error) {
	dir, err := Dir()
	if err != nil {
		return "", err
	}
	return namespaceOf(dir)
}

func namespaceOf(dir string) (string, error) {
	id, err := directoryID(dir)
	if err != nil {
		return "", fmt.Errorf("identify the leases' directory: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("identify the host: %w", err)
	}
	sum := sha256.Sum256([]byte(id + "\n" + host + "\n" + processNamespace()))
	return hex.EncodeToString(sum[:8]), nil
}

// directoryID is a random number that was written to the directory when it
// was first used. Users, and containers of one image, whose host names and
// machine ids may be equal, are told apart by it.
func directoryID(dir string) (string, error) {
	path := filepath.Join(dir, ".id")
	if data, err := os.ReadFile(path); err == nil && len(data) == 32 {
		return string(data), nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, by its documentation
	// The link makes creation atomic: of several first users one wins, and
	// none reads half an id.
	draft, err := os.CreateTemp(dir, ".id-*")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = draft.WriteString(hex.EncodeToString(random[:]))
	if err = errors.Join(err, draft.Close()); err != nil {
		return "", err
	}
	if err := os.Link(draft.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if len(data) != 32 {
		return "", fmt.Errorf("%s is damaged: remove it", path)
	}
	return string(data), nil
}

// processNamespace tells containers on one machine apart. Systems without
// the notion have one.
func processNamespace() string {
	link, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return ""
	}
	return link
}
