// Package port picks TCP ports of 127.0.0.1 that stay free while their owner
// is down: a killed broker or a crashed service must come back on the port
// that its clients know.
//
// A port that the system picks (bind to port 0) lies in the range from which
// the system also takes the source ports of outgoing connections, so any
// client on the host may occupy it the moment its owner is gone. This package
// picks below that range, and keeps what it picked from others that pick with
// it, in this process and in all of the machine: a client of a broker that is
// down must not find a broker of another run at its address. Programs that
// pick by other means are not kept from a port while nobody listens on it.
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

// Reservation is a port that nobody else picks until it is released or the
// process ends, however it ends.
type Reservation struct {
	number int
	// guard has the UDP port of the same number, which nothing else is about:
	// it needs no file, and the system takes it back from a process that ends.
	guard net.PacketConn
}

// Reserve picks a port on which nothing listens.
func Reserve() (*Reservation, error) {
	ln, r, err := Listen()
	if err != nil {
		return nil, err
	}
	if err := ln.Close(); err != nil {
		r.Release()
		return nil, fmt.Errorf("release port %d: %w", r.number, err)
	}
	return r, nil
}

// Number is the port.
func (r *Reservation) Number() int { return r.number }

// Release lets others pick the port. It is safe to call twice, and on nil.
func (r *Reservation) Release() {
	if r != nil {
		_ = r.guard.Close() // an error says that it is closed already
	}
}

// Listen picks a port and listens on it. Which one it is changes no result of
// a run, so it does not come from the run's seed: two runs with one seed must
// be able to go on at the same time.
func Listen() (net.Listener, *Reservation, error) {
	var last error
	for range attempts {
		ln, r, err := pick(low + rand.IntN(high-low+1))
		if err == nil {
			return ln, r, nil
		}
		last = err
	}
	return nil, nil, fmt.Errorf("no free port of 127.0.0.1 between %d and %d in %d attempts: %w", low, high, attempts, last)
}

// pick errs where somebody listens on the port or has reserved it.
func pick(number int) (net.Listener, *Reservation, error) {
	ctx, address := context.Background(), net.JoinHostPort("127.0.0.1", strconv.Itoa(number))
	var config net.ListenConfig
	guard, err := config.ListenPacket(ctx, "udp", address)
	if err != nil {
		return nil, nil, err
	}
	r := &Reservation{number, guard}
	ln, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		r.Release()
		return nil, nil, err
	}
	return ln, r, nil
}
