package service

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
)

// Function is a service that is a Go function of this process. It runs until
// ctx ends, and returns then; env is its environment. What it prints goes
// where this process prints; the service's log tells how it ended.
type Function func(ctx context.Context, env func(name string) string) error

// function is the Runner of a Function. Nothing but the function itself can
// end it: Kill asks once more.
type function struct {
	cancel context.CancelFunc
	done   chan struct{}
	exit   Exit
}

func startFunction(c *Config, log io.Writer) Runner {
	ctx, cancel := context.WithCancel(context.Background())
	f := &function{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(f.done)
		defer cancel()
		err := call(ctx, c)
		f.exit = Exit{Reason: "it returned"}
		if err != nil {
			f.exit = Exit{Code: 1, Reason: fmt.Sprintf("it returned: %v", err)}
		}
		fmt.Fprintln(log, f.exit.Reason)
	}()
	return f
}

// call turns a panic into an error: it must not end the test binary, in which
// other tests run.
func call(ctx context.Context, c *Config) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return c.Function(ctx, func(name string) string { return c.Env[name] })
}

func (f *function) Terminate(context.Context) error { f.cancel(); return nil }
func (f *function) Kill(context.Context) error      { f.cancel(); return nil }
func (f *function) Done() <-chan struct{}           { return f.done }
func (f *function) Exit() Exit                      { return f.exit }
