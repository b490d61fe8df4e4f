package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/lease"
	"github.com/flowweir/weir/harness/leftover"
)

var (
	_ cluster.Sweeper = provider{}
	_ cluster.Sweeper = (*containers)(nil)
)

// answerTimeout bounds the first answer of an engine that a dead run used: it
// may be gone for good, and no start waits for that.
const answerTimeout = 5 * time.Second

// unanswered are the hosts of engines that did not answer: a process waits for
// each, and tells of it, once.
var unanswered sync.Map

// hold keeps a run alive for the sweeps of other processes, and on record that
// it uses an engine, from before it makes something there until nothing of it
// is left.
type hold struct {
	lease *lease.Lease
	run   string
	once  sync.Once
}

// users are the holds of each run of this process; unclean are runs of which
// something may remain.
var (
	usersMu sync.Mutex
	users   = map[string]int{}
	unclean = map[string]bool{}
)

func (e *engine) hold(run, namespace string) (*hold, error) {
	usersMu.Lock()
	defer usersMu.Unlock()
	held, err := lease.Hold(run)
	if err != nil {
		return nil, err
	}
	if err := leftover.KeepEngine(run, leftover.Engine{Host: e.DaemonHost(), Namespace: namespace}); err != nil {
		return nil, errors.Join(fmt.Errorf("keep a record of the container engine: %w", err), held.Release())
	}
	users[run]++
	return &hold{lease: held, run: run}, nil
}

// end gives the hold back; clean says that nothing is left of what it was for.
// It is safe to call twice, and on nil.
func (h *hold) end(clean bool) (err error) {
	if h == nil {
		return nil
	}
	h.once.Do(func() {
		usersMu.Lock()
		defer usersMu.Unlock()
		users[h.run]--
		unclean[h.run] = unclean[h.run] || !clean
		if users[h.run] == 0 {
			if !unclean[h.run] {
				err = leftover.ForgetEngine(h.run)
			}
			delete(users, h.run)
			delete(unclean, h.run)
		}
		err = errors.Join(err, h.lease.Release())
	})
	return err
}

// sweepRecords removes what dead runs of this namespace left on the engines that
// are on record, and says to log what. An engine that does not answer is told and
// stays on record; that is no reason not to go on.
func sweepRecords(ctx context.Context, log io.Writer) {
	said := func(format string, args ...any) { _, _ = fmt.Fprintf(log, "docker: "+format+"\n", args...) }
	namespace, err := lease.Namespace()
	if err != nil {
		said("what dead runs left is unknown: %v", err)
		return
	}
	err = leftover.Engines(func(run string, at leftover.Engine) (forget bool) {
		if _, silent := unanswered.Load(at.Host); silent || at.Namespace != namespace {
			return false
		}
		left, err := sweepRun(ctx, at, run)
		var none *noAnswer
		switch {
		case errors.As(err, &none):
			unanswered.Store(at.Host, true)
			said("what run %s left on the engine at %s stays until the next start: it does not answer: %v", run, at.Host, none.error)
			return false
		case err != nil:
			said("could not remove what run %s left on the engine at %s: %v", run, at.Host, err)
			return false
		case left != nil:
			said("removed what run %s left behind: %s", run, left.counts())
		}
		return true
	})
	if err != nil {
		said("could not read what dead runs left: %v", err)
	}
}

// noAnswer is an engine that does not answer.
type noAnswer struct{ error }

// sweepRun removes everything that carries the labels of a run, whose lease the
// caller holds, and answers what that was; nil where there was nothing.
func sweepRun(ctx context.Context, at leftover.Engine, run string) (*Leftover, error) {
	e, err := engineAt(at.Host)
	if err != nil {
		return nil, &noAnswer{err}
	}
	defer func() { _ = e.Close() }()
	first, cancel := context.WithTimeout(ctx, answerTimeout)
	_, err = e.Ping(first, client.PingOptions{NegotiateAPIVersion: true})
	cancel()
	if err != nil {
		return nil, &noAnswer{err}
	}
	ctx, cancel = context.WithTimeout(ctx, cleanupTimeout)
	defer cancel()
	all, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	for _, l := range all {
		if l.RunID == run && l.State != Foreign {
			return &l, e.removeAll(ctx, runOwner(l.RunID, l.Namespace))
		}
	}
	return nil, nil
}

// engineAt is the engine at an address, whatever testcontainers would choose. TLS,
// where it asks for that, is that of the environment.
func engineAt(host string) (*engine, error) {
	c, err := client.New(client.FromEnv, client.WithHost(host))
	if err != nil {
		return nil, err
	}
	return &engine{Client: c}, nil
}

// counts says how much there is of a run.
func (l *Leftover) counts() string {
	var parts []string
	for _, of := range []struct {
		names []string
		what  string
	}{{l.Containers, "containers"}, {l.Networks, "networks"}, {l.Volumes, "volumes"}} {
		parts = append(parts, fmt.Sprintf("%s %d", of.what, len(of.names)))
	}
	return strings.Join(parts, ", ")
}
