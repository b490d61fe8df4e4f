package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/lease"
)

// Liveness says whether what carries a run's labels may be removed.
type Liveness string

// The states of a run.
const (
	// Live: a process of this namespace holds the run's lease.
	Live Liveness = "live"
	// Dead: the lease is free. The next start removes what is left.
	Dead Liveness = "dead"
	// Foreign: another machine, container or user started it. Nobody here
	// can tell whether it lives; "docker rm" removes it.
	Foreign Liveness = "foreign"
)

// Leftover is what the engine has of one run.
type Leftover struct {
	RunID      string
	Namespace  string
	State      Liveness
	Created    time.Time // of the oldest container or network
	Containers []string  // names
	Networks   []string
	Volumes    []string
}

// Sweep removes the containers, networks and volumes of dead runs of this
// namespace, and answers what it removed and which runs it cannot judge. It
// never touches the development cluster.
func Sweep(ctx context.Context) (removed, foreign []Leftover, err error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = e.Close() }()
	return e.sweep(ctx)
}

// List answers what the engine has of runs, live, dead and foreign, oldest
// first. It removes nothing.
func List(ctx context.Context) ([]Leftover, error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = e.Close() }()
	all, err := e.list(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].State == Foreign {
			continue
		}
		held, err := lease.Acquire(all[i].RunID)
		switch {
		case errors.Is(err, lease.ErrHeld):
			all[i].State = Live
		case err != nil:
			return nil, err
		default:
			all[i].State = Dead
			if err := held.Release(); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// sweepBeforeStart removes what dead runs left. That this fails is told, and
// no reason not to run.
func (e *engine) sweepBeforeStart(ctx context.Context, log io.Writer) {
	sweepRecords(ctx, log) // also of other engines
	removed, _, err := e.sweep(ctx)
	for _, l := range removed {
		_, _ = fmt.Fprintf(log, "docker: removed what run %s left behind: %s\n", l.RunID, l.counts())
	}
	if err != nil {
		_, _ = fmt.Fprintf(log, "docker: could not remove what dead runs left: %v\n", err)
	}
}

func (e *engine) sweep(ctx context.Context) (removed, foreign []Leftover, err error) {
	all, err := e.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	var errs []error
	for _, l := range all {
		if l.State == Foreign {
			foreign = append(foreign, l)
			continue
		}
		// With the lease no other sweep works on this run, and no process
		// can start it again.
		held, err := lease.Acquire(l.RunID)
		if errors.Is(err, lease.ErrHeld) {
			continue
		}
		if err == nil {
			err = errors.Join(e.removeAll(ctx, runOwner(l.RunID, l.Namespace)), held.Release())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("remove what run %s left: %w", l.RunID, err))
			continue
		}
		l.State = Dead
		removed = append(removed, l)
	}
	return removed, foreign, errors.Join(errs...)
}

// list groups by run what carries the label of a run. State is Foreign or
// empty.
func (e *engine) list(ctx context.Context) ([]Leftover, error) {
	namespace, err := lease.Namespace()
	if err != nil {
		return nil, err
	}
	type key struct{ run, namespace string }
	runs := map[key]*Leftover{}
	of := func(labels map[string]string, created time.Time) *Leftover {
		k := key{labels[labelRun], labels[labelNamespace]}
		l := runs[k]
		if l == nil {
			l = &Leftover{RunID: k.run, Namespace: k.namespace, Created: created}
			if k.namespace != namespace {
				l.State = Foreign
			}
			runs[k] = l
		}
		if created.Before(l.Created) {
			l.Created = created
		}
		return l
	}
	filters := make(client.Filters).Add("label", labelRun)
	containers, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("list containers of runs: %w", err)
	}
	for _, c := range containers.Items {
		l := of(c.Labels, time.Unix(c.Created, 0))
		name := c.ID[:12]
		if len(c.Names) > 0 {
			name = c.Names[0][1:] // the engine writes /name
		}
		l.Containers = append(l.Containers, name)
	}
	nets, err := e.NetworkList(ctx, client.NetworkListOptions{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("list networks of runs: %w", err)
	}
	for _, n := range nets.Items {
		l := of(n.Labels, n.Created)
		l.Networks = append(l.Networks, n.Name)
	}
	volumes, err := e.VolumeList(ctx, client.VolumeListOptions{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("list volumes of runs: %w", err)
	}
	for _, v := range volumes.Items {
		created, _ := time.Parse(time.RFC3339, v.CreatedAt)
		l := of(v.Labels, created)
		l.Volumes = append(l.Volumes, v.Name)
	}
	var out []Leftover
	for _, l := range runs {
		slices.Sort(l.Containers)
		slices.Sort(l.Networks)
		slices.Sort(l.Volumes)
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Leftover) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.RunID, b.RunID))
	})
	return out, nil
}
