package docker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

// removeAll removes every container, network and volume that carries the
// owner's labels, whoever made it.
func (e *engine) removeAll(ctx context.Context, own owner) error {
	containers, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: own.filters()})
	if err != nil {
		return fmt.Errorf("list containers to remove: %w", err)
	}
	var group errgroup.Group
	for _, c := range containers.Items {
		group.Go(func() error { return e.removeContainer(ctx, c.ID) })
	}
	errs := []error{group.Wait()}

	nets, err := e.NetworkList(ctx, client.NetworkListOptions{Filters: own.filters()})
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("list networks to remove: %w", err))...)
	}
	ids := make([]string, len(nets.Items))
	for i, n := range nets.Items {
		ids[i] = n.ID
	}
	errs = append(errs, e.removeNetworks(ctx, ids))

	volumes, err := e.VolumeList(ctx, client.VolumeListOptions{Filters: own.filters()})
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("list volumes to remove: %w", err))...)
	}
	for _, v := range volumes.Items {
		if _, err := e.VolumeRemove(ctx, v.Name, client.VolumeRemoveOptions{Force: true}); ignoreGone(err) != nil {
			errs = append(errs, fmt.Errorf("remove volume %s: %w", v.Name, err))
		}
	}
	return errors.Join(errs...)
}

// removeContainer kills and removes a container and its anonymous volumes.
func (e *engine) removeContainer(ctx context.Context, id string) error {
	_, err := e.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if ignoreGone(err) == nil {
		return nil
	}
	// Somebody else removes it: wait for that, so that its networks and
	// volumes can follow.
	if errdefs.IsConflict(err) && strings.Contains(err.Error(), "already in progress") {
		return e.waitRemoved(ctx, id)
	}
	return fmt.Errorf("remove container %s: %w", id, err)
}

func (e *engine) waitRemoved(ctx context.Context, id string) error {
	wait := e.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: "removed"})
	select {
	case <-wait.Result:
		return nil
	case err := <-wait.Error:
		return ignoreGone(err)
	}
}

// ignoreGone drops the error that says that the thing does not exist.
func ignoreGone(err error) error {
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}
