// Package port picks TCP ports of 127.0.0.1 that stay free while their owner
// is down: a killed broker or a crashed service must come back on the port
// that its clients know.
//
// A port that the system picks (bind to port 0) lies in the range from which
// the system also takes the source ports of outgoing connections, so any
// client on the host may occupy it the moment its owner is gone. This package
// picks below that range. It reserves nothing: two processes may pick the
// same port between Free and listen, and then the second listen errs.
package port

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// The range of ports: above what services conventionally listen on, below
// the default ephemeral ranges of Linux (32768), macOS and Windows (49152).
const (
	low  = 20000
	high = 32767
)

// attempts bounds the search; with half of the range taken the chance that
// all of them fail is 2^-200.
const attempts = 200

// Listen listens on a port of 127.0.0.1 that it picks. Which port it is
// changes no result of a run, so it does not come from the run's seed: two
// runs with one seed must be able to go on at the same time.
func Listen() (net.Listener, error) {
	var last error
	var listener net.ListenConfig
	for range attempts {
		p := low + rand.IntN(high-low+1)
		ln, err := listener.Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err == nil {
			return ln, nil
		}
		last = err
	}
	return nil, fmt.Errorf("no free port of 127.0.0.1 between %d and %d in %d attempts: %w", low, high, attempts, last)
}

// Free returns a port of 127.0.0.1 on which nothing listened a moment ago.
func Free() (int, error) {
	ln, err := Listen()
	if err != nil {
		return 0, err
	}
	p := ln.Addr().(*net.TCPAddr).Port
	if err := ln.Close(); err != nil {
		return 0, fmt.Errorf("release port %d: %w", p, err)
	}
	return p, nil
}
