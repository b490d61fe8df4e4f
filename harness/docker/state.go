package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// state is what the engine says of a container. The engine is always asked:
// containers die by themselves, and a paused one that was killed is not
// paused any more.
type state struct {
	running, paused bool
	exitCode        int
	outOfMemory     bool
	started, ended  time.Time
}

func (e *engine) state(ctx context.Context, id string) (state, error) {
	inspected, err := e.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return state{}, err
	}
	return stateOf(inspected.Container.State)
}

func stateOf(s *container.State) (state, error) {
	if s == nil {
		return state{}, fmt.Errorf("the engine tells no state")
	}
	out := state{running: s.Running, paused: s.Paused, exitCode: s.ExitCode, outOfMemory: s.OOMKilled}
	// Engines write the zero time for what has not happened.
	out.started, _ = time.Parse(time.RFC3339Nano, s.StartedAt)
	out.ended, _ = time.Parse(time.RFC3339Nano, s.FinishedAt)
	return out, nil
}

// kill sends SIGKILL and returns when the container has ended.
func (e *engine) kill(ctx context.Context, id string) error {
	if _, err := e.ContainerKill(ctx, id, client.ContainerKillOptions{Signal: "SIGKILL"}); err != nil {
		return err
	}
	return e.waitEnded(ctx, id)
}

func (e *engine) waitEnded(ctx context.Context, id string) error {
	wait := e.ContainerWait(ctx, id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case r := <-wait.Result:
		if r.Error != nil && r.Error.Message != "" {
			return fmt.Errorf("wait for the end of container %s: %s", id, r.Error.Message)
		}
		return nil
	case err := <-wait.Error:
		return err
	}
}

// stop sends SIGTERM and, after the grace, SIGKILL. A frozen process cannot
// stop in order, so it is thawed first.
func (e *engine) stop(ctx context.Context, id string, grace time.Duration) error {
	if err := e.unpause(ctx, id); err != nil {
		return err
	}
	seconds := int(grace.Seconds())
	_, err := e.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &seconds})
	return err
}

// freezeTries is how often a container is asked to freeze: under load the
// kernel can refuse it once with "unable to freeze" (cgroup v1).
const freezeTries = 3

// pause freezes a container.
func (e *engine) pause(ctx context.Context, id string) error {
	for try := 1; ; try++ {
		_, err := e.ContainerPause(ctx, id, client.ContainerPauseOptions{})
		if err == nil || try == freezeTries || ctx.Err() != nil {
			return err
		}
		// The engine may have frozen it all the same.
		if now, stateErr := e.state(ctx, id); stateErr != nil || now.paused || !now.running {
			if stateErr == nil && now.paused {
				return nil
			}
			return err
		}
	}
}

// unpause thaws a container if it is frozen.
func (e *engine) unpause(ctx context.Context, id string) error {
	s, err := e.state(ctx, id)
	if err != nil || !s.paused {
		return err
	}
	if _, err := e.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{}); err != nil {
		// It may have ended in between.
		if now, stateErr := e.state(ctx, id); stateErr == nil && !now.paused {
			return nil
		}
		return err
	}
	return nil
}
