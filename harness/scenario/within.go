package scenario

import "context"

// within asks the cluster and waits no longer for its answer than ctx lasts.
// The client looks at no context while it connects, so that a broker that is
// frozen would hold up whoever asks it for the client's own timeout; the
// request that is left alone ends with that, or when the client is closed.
func within[T any](ctx context.Context, ask func(context.Context) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answered := make(chan answer, 1)
	go func() {
		value, err := ask(ctx)
		answered <- answer{value, err}
	}()
	select {
	case a := <-answered:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
