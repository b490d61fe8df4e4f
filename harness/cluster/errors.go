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

// Unavailable is an ErrUnavailable that says by itself what is missing, such as
// the image of a service, of which the cluster knows nothing.
func Unavailable(format string, args ...any) error { return &unavailable{fmt.Errorf(format, args...)} }

type unavailable struct{ error }

func (u *unavailable) Unwrap() []error { return []error{u.error, ErrUnavailable} }

// FieldError is an ErrRefused that has a place in the section "cluster" of a
// scenario: the fields that lead to what is refused, such as "config" and
// "num.partitions".
type FieldError struct {
	Path []string
	Err  error
	// Hint is the next step, if the error does not say it.
	Hint string
}

func (e *FieldError) Error() string { return e.Err.Error() }

// Unwrap gives both what is wrong and ErrRefused.
func (e *FieldError) Unwrap() []error { return []error{e.Err, ErrRefused} }

// Refuse is an ErrRefused about a field of the section "cluster" of a
// scenario.
func Refuse(field, format string, args ...any) error {
	return &FieldError{Path: []string{field}, Err: fmt.Errorf(format, args...)}
}
