package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// grace is how long a verb that was interrupted may take to tidy up.
const grace = 2 * time.Second

// prompt makes the first signal end a verb that starts nothing which must be
// stopped: its context ends, nothing more is printed as a result, and after the
// grace it is left alone, wherever it stands (a file that does not end, a long
// comparison). What it writes to files appears as a whole or not at all. A second
// signal ends the process at once.
func (s *state) prompt(c *cobra.Command) *cobra.Command {
	for _, sub := range c.Commands() {
		s.prompt(sub)
	}
	run := c.RunE
	if run == nil || c.HasSubCommands() {
		return c
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		ctx, stop := s.cancellable(c.Context())
		defer stop()
		c.SetContext(ctx)
		s.stdout = uninterrupted{ctx, s.stdout}
		done := make(chan error, 1)
		go func() { done <- run(c, args) }()
		var err error
		select {
		case err = <-done:
		case <-ctx.Done():
			select {
			case err = <-done:
			case <-time.After(grace):
				err = ctx.Err()
			}
		}
		if err != nil && ctx.Err() != nil {
			return ctx.Err() // whatever failed because of it, and whichever came first
		}
		return err // nil where all of it was done
	}
	return c
}

// uninterrupted is standard output until a signal comes: half a result must not
// be taken for one, nor what was found because reading was interrupted.
type uninterrupted struct {
	ctx context.Context //nolint:containedctx // a Writer takes none
	io.Writer
}

func (u uninterrupted) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, fmt.Errorf("the result is not printed: %w", err)
	}
	return u.Writer.Write(p)
}
