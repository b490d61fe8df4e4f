package cluster

import (
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
)

func TestTopicErrorRefused(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{kerr.InvalidConfig, true},
		{kerr.InvalidReplicationFactor, true},
		{kerr.PolicyViolation, true},
		{kerr.NotController, false},
		{errors.New("connection refused"), false},
	} {
		e := &TopicError{Topic: "a", Err: fmt.Errorf("create topic a: %w", tt.err)}
		if got := e.Refused(); got != tt.want {
			t.Errorf("%v: got %v, want %v", tt.err, got, tt.want)
		}
	}
}

// TestUnavailable: what is missing is said, and not that the cluster is.
func TestUnavailable(t *testing.T) {
	cause := errors.New("no route")
	err := fmt.Errorf("starting pay: %w", Unavailable("image pay:1 cannot be pulled: %w", cause))
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, cause) || errors.Is(err, ErrNoEngine) {
		t.Errorf("%v is not what it should be", err)
	}
	if got, want := err.Error(), "starting pay: image pay:1 cannot be pulled: no route"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
