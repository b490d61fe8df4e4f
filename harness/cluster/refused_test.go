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
