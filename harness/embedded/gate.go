package embedded

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// gate stands between the TCP port of one broker and kfake. It owns the real
// listener and every accepted connection, so that a broker can die, come back
// on its port, or fall silent, without kfake's knowledge.
type gate struct {
	addr *net.TCPAddr

	// frozen is non-nil while the broker is paused; it is closed when the
	// broker goes on. It is read on every Read and Write.
	frozen atomic.Pointer[chan struct{}]

	mu     sync.Mutex
	ln     net.Listener // nil while the broker is down
	served net.Listener // the ln that is being accepted from
	conns  map[*conn]struct{}
	target *listener // what kfake accepts from; replaced when a node rejoins

	accepting sync.WaitGroup
}

// newGate takes over ln, whose address it keeps for good. It accepts nothing
// before serve.
func newGate(ln net.Listener) *gate {
	return &gate{addr: ln.Addr().(*net.TCPAddr), ln: ln, conns: make(map[*conn]struct{})}
}

// open binds the gate's port again. It is no error if it is bound.
func (g *gate) open() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.ln != nil {
		return nil
	}
	ln, err := net.ListenTCP("tcp", g.addr)
	if err != nil {
		return fmt.Errorf("listen again on %s (another process may have taken the port while the broker was down): %w", g.addr, err)
	}
	g.ln = ln
	return nil
}

// serve accepts connections until shut. It is no error if it already does.
func (g *gate) serve() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ln := g.ln; ln != g.served {
		g.served = ln
		g.accepting.Go(func() { g.accept(ln) })
	}
}

func (g *gate) accept(ln net.Listener) {
	for {
		tcp, err := ln.Accept()
		if err != nil {
			return // closed: nothing else ends a listener of 127.0.0.1
		}
		c := &conn{Conn: tcp, gate: g, closed: make(chan struct{})}
		g.mu.Lock()
		if g.ln != ln {
			g.mu.Unlock()
			_ = tcp.Close()
			return
		}
		g.conns[c] = struct{}{}
		target := g.target
		g.mu.Unlock()
		// A paused broker that left the cluster has no listener of kfake's:
		// its connections are accepted, as a frozen process's are, and
		// never answered.
		target.give(c)
	}
}

// shut refuses new connections and drops those that are open, like the end of
// a process. It returns when the port is released.
func (g *gate) shut() {
	g.mu.Lock()
	ln := g.ln
	g.ln, g.served = nil, nil
	g.mu.Unlock()
	if ln != nil {
		_ = ln.Close()
	}
	g.drop()
	g.accepting.Wait()
	g.drop() // what was being accepted meanwhile
}

// drop closes all connections.
func (g *gate) drop() {
	g.mu.Lock()
	open := make([]*conn, 0, len(g.conns))
	for c := range g.conns {
		open = append(open, c)
	}
	g.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
}

func (g *gate) freeze() {
	ch := make(chan struct{})
	g.frozen.CompareAndSwap(nil, &ch)
}

func (g *gate) thaw() {
	if ch := g.frozen.Swap(nil); ch != nil {
		close(*ch)
	}
}

// listen makes the listener that kfake accepts this broker's connections
// from.
func (g *gate) listen() *listener {
	l := newListener(g.addr)
	g.mu.Lock()
	g.target = l
	g.mu.Unlock()
	return l
}

// conn is a client's connection that the gate can freeze and close.
type conn struct {
	net.Conn
	gate   *gate
	once   sync.Once
	closed chan struct{}
}

// Read gives kfake what the client sent, not while the broker is frozen.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.pass() {
		return 0, net.ErrClosed
	}
	return n, err
}

// Write answers the client, not while the broker is frozen.
func (c *conn) Write(p []byte) (int, error) {
	if !c.pass() {
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

// pass waits while the broker is frozen; it is false if the connection was
// closed meanwhile.
func (c *conn) pass() bool {
	frozen := c.gate.frozen.Load()
	if frozen == nil {
		return true
	}
	select {
	case <-*frozen:
		return true
	case <-c.closed:
		return false
	}
}

func (c *conn) Close() error {
	err := net.ErrClosed
	c.once.Do(func() {
		close(c.closed)
		err = c.Conn.Close()
		c.gate.mu.Lock()
		delete(c.gate.conns, c)
		c.gate.mu.Unlock()
	})
	return err
}

// listener hands connections to kfake.
type listener struct {
	addr   net.Addr
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func newListener(addr net.Addr) *listener {
	return &listener{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
}

// give passes c to kfake; it is false if kfake no longer accepts.
func (l *listener) give(c net.Conn) bool {
	select {
	case l.conns <- c:
		return true
	case <-l.closed:
		return false
	}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *listener) Addr() net.Addr { return l.addr }

// backdoor is the listener of the controller, which has no port. It ignores
// kfake's Close: kfake closes it when the controller is taken out of the list
// of brokers, and the controller must go on serving.
type backdoor struct{ *listener }

func (backdoor) Close() error { return nil }
