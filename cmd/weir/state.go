package main

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/moby/term"
)

// state is everything of the process that the verbs touch, so that a test can
// replace it.
type state struct {
	args           []string // without the program's name
	env            func(string) string
	stdout, stderr io.Writer
	now            func() time.Time
	// out and err say what standard output and standard error are.
	out, err terminal
	// interrupts delivers the signals that ask the process to end, until
	// stop is called.
	interrupts func() (signals <-chan os.Signal, stop func())
}

// terminal describes where a stream goes.
type terminal struct {
	// is says whether it is a terminal at all.
	is bool
	// width is its number of columns at this moment; 0 where unknown.
	width func() int
}

func systemState() *state {
	// A reader that went away (weir journal DIR | head) is an error of the
	// write, not the end of the process. The signal is caught and dropped: were
	// it ignored, so it would be in every service.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	return &state{
		args:       os.Args[1:],
		env:        os.Getenv,
		stdout:     results{os.Stdout},
		stderr:     os.Stderr,
		now:        time.Now,
		out:        terminalOf(os.Stdout),
		err:        terminalOf(os.Stderr),
		interrupts: interrupts,
	}
}

func terminalOf(f *os.File) terminal {
	return terminal{
		is: term.IsTerminal(f.Fd()) && os.Getenv("TERM") != "dumb",
		width: func() int {
			size, err := term.GetWinsize(f.Fd())
			if err != nil {
				return 0
			}
			return int(size.Width)
		},
	}
}

func interrupts() (<-chan os.Signal, func()) {
	// Two signals matter; room for them means that none is missed.
	c := make(chan os.Signal, 2)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as it is below nohup
		signal.Notify(c, syscall.SIGHUP)
	}
	return c, func() { signal.Stop(c) }
}

// color says whether results may be marked with ANSI colors.
func (s *state) color() bool { return s.out.is && s.env("NO_COLOR") == "" }
