package docker

import (
	"context"
	"io"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// followAll copies all output of a container that lives once.
func (e *engine) followAll(id string, w io.Writer) *logFollower {
	return e.followLogs(id, time.Time{}, w)
}

// logFollower copies what a container writes, from one start to its end.
type logFollower struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// followLogs copies the container's output since the given time to w until
// the container ends. It keeps what an earlier life wrote out of it.
func (e *engine) followLogs(id string, since time.Time, w io.Writer) *logFollower {
	ctx, cancel := context.WithCancel(context.Background())
	f := &logFollower{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		options := client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Follow: true}
		if !since.IsZero() {
			options.Since = since.Format(time.RFC3339Nano)
		}
		stream, err := e.ContainerLogs(ctx, id, options)
		if err != nil {
			return // the container is gone, and with it its log
		}
		defer func() { _ = stream.Close() }()
		_, _ = stdcopy.StdCopy(w, w, stream) // ends with the container or with ctx
	}()
	return f
}

// drain waits until the output of a container that ended is copied; it gives
// up after a while on one that did not end.
func (f *logFollower) drain() {
	if f == nil {
		return
	}
	select {
	case <-f.done:
	case <-time.After(2 * time.Second):
	}
	f.cancel()
	<-f.done
}
