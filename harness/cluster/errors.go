package cluster

import (
	"errors"
	"fmt"
)

// The ways in which a cluster cannot be had. Providers wrap them; the
// command line's exit codes follow them.
var (
	// ErrUnavailable: the infrastructure is missing or failed (no container
	// engine, no image, no answer). Exit code 3.
	ErrUnavailable = errors.New("cluster unavailable")
	// ErrNoEngine is the ErrUnavailable of a machine without a container
	// engine, where a test that needs one may be skipped.
	ErrNoEngine = fmt.Errorf("%w: no container engine answers", ErrUnavailable)
	// ErrRefused: the Spec asks for something that this kind cannot do.
	// Exit code 2.
	ErrRefused = errors.New("refused")
)
