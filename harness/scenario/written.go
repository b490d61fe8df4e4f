package scenario

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// watchFiles says at once when the record of the run can no longer be written:
// a full disk is found while there is time to act.
func (x *execution) watchFiles(ctx context.Context) {
	for pause(ctx, time.Second) {
		if err := x.unwritten(); err != nil {
			x.logf("warning: %v: the run goes on, and its verdict will be at best inconclusive", err)
			return
		}
	}
}

// unwritten says what of the run's record could not be written.
func (x *execution) unwritten() error {
	if err := errors.Join(x.journal.Err(), x.meter.Err(), x.dir.Err()); err != nil {
		return fmt.Errorf("the record of the run is not complete: %w", firstOf(err))
	}
	return nil
}

// firstOf is the first of several errors: they have one cause.
func firstOf(err error) error {
	if joined, several := err.(interface{ Unwrap() []error }); several {
		return joined.Unwrap()[0]
	}
	return err
}
