package scenario

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"testing"
)

// stuck is a driver whose triggers get no answer.
type stuck struct{ driver }

func (stuck) Flush(ctx context.Context) (int64, error) {
	<-ctx.Done()
	return 3, errors.New("open")
}

// TestFlushSaysHowLongItWaited, and not how long it would have.
func TestFlushSaysHowLongItWaited(t *testing.T) {
	var log bytes.Buffer
	x := &execution{config: config{log: &log}}
	aborted, abort := context.WithCancel(t.Context())
	abort()
	x.flush(aborted, &liveFlow{driver: stuck{}, plan: &Flow{Load: &Load{Event: "Paid"}}})
	want := regexp.MustCompile(`^3 triggers of Paid were still open after [0-9.]+m?s, when the run was aborted: their outcome is unknown$`)
	if len(x.info.Warnings) != 1 || !want.MatchString(x.info.Warnings[0]) {
		t.Errorf("got %q", x.info.Warnings)
	}
}
