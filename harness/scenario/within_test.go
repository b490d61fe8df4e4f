package scenario

import (
	"context"
	"errors"
	"testing"
)

// TestWithin: what never answers holds nobody up beyond the context, and an
// answer is passed on as it is.
func TestWithin(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	frozen := make(chan struct{})
	left := make(chan struct{})
	asked := make(chan struct{})
	go func() {
		<-asked
		cancel()
	}()
	got, err := within(ctx, func(context.Context) (int, error) {
		defer close(left)
		close(asked)
		<-frozen
		return 7, nil
	})
	if got != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", got, err)
	}
	close(frozen)
	<-left

	refused := errors.New("refused")
	got, err = within(context.Background(), func(context.Context) (int, error) { return 3, refused })
	if got != 3 || !errors.Is(err, refused) {
		t.Errorf("%d, %v", got, err)
	}
}
