package proxy

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
)

// echo is a broker that says ok to every request, when it may.
type echo struct {
	t    *testing.T
	ln   net.Listener
	hold sync.Mutex // held: it reads, and does not answer
	// got are the API keys of the requests that reached it.
	got chan int16

	mu   sync.Mutex
	open []net.Conn
}

func newEcho(t *testing.T) *echo {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &echo{t: t, ln: ln, got: make(chan int16, 100_000)}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			e.mu.Lock()
			e.open = append(e.open, conn)
			e.mu.Unlock()
			serving.Go(func() { e.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		e.mu.Lock()
		for _, c := range e.open {
			_ = c.Close()
		}
		e.mu.Unlock()
		serving.Wait()
	})
	return e
}

func (e *echo) serve(conn net.Conn) {
	for {
		frame, err := readFrame(conn)
		if err != nil {
			return
		}
		key := int16(binary.BigEndian.Uint16(frame))
		e.got <- key
		if key == int16(kmsg.Produce) {
			continue // of acks=0
		}
		e.hold.Lock()
		_, _ = conn.Write(sized(frame[4:8], []byte("ok")))
		e.hold.Unlock()
	}
}

// next is the key of the next request that reaches the broker.
func (e *echo) next() int16 {
	e.t.Helper()
	select {
	case key := <-e.got:
		return key
	case <-time.After(patience):
		e.t.Fatal("no request reached the broker")
		return 0
	}
}

// quiet fails if a request reaches the broker within a while.
func (e *echo) quiet() {
	e.t.Helper()
	select {
	case key := <-e.got:
		e.t.Fatalf("a request of key %d reached the broker", key)
	case <-time.After(while):
	}
}

// patience is how long a test waits for what must come, while for what must
// not.
const (
	patience = 30 * time.Second
	while    = 60 * time.Millisecond
)

func readFrame(conn io.Reader) ([]byte, error) {
	size := make([]byte, 4)
	if _, err := io.ReadFull(conn, size); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(size))
	_, err := io.ReadFull(conn, frame)
	return frame, err
}

// front makes a proxy before brokers with the ids 0, 1, …; nothing of it may
// be left when the test is over.
func front(t *testing.T, brokers ...*echo) *Proxy {
	t.Helper()
	return frontWith(t, Config{}, brokers...)
}

func frontWith(t *testing.T, cfg Config, brokers ...*echo) *Proxy {
	t.Helper()
	before := goleak.IgnoreCurrent()
	cfg.Nodes = map[int32]string{}
	for id, b := range brokers {
		cfg.Bootstrap = append(cfg.Bootstrap, b.ln.Addr().String())
		cfg.Nodes[int32(id)] = b.ln.Addr().String()
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Close()
		for _, b := range brokers { // the broker's ends of the connections
			b.mu.Lock()
			for _, c := range b.open {
				_ = c.Close()
			}
			b.mu.Unlock()
		}
		if err := goleak.Find(before); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *Proxy) apply(t *testing.T, r Rule) *Applied {
	t.Helper()
	a, err := p.Apply(r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// peer is a client on the wire.
type peer struct {
	t    *testing.T
	id   string
	conn *net.TCPConn
	sent int32
}

// connect connects a client to the nth broker of a door.
func connect(t *testing.T, p *Proxy, door string, broker int, id string) *peer {
	t.Helper()
	d, err := p.Door(door)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", d.Bootstrap()[broker])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t: t, id: id, conn: conn.(*net.TCPConn)}
}

// send sends a request with a body of some bytes.
func (c *peer) send(key kmsg.Key, bytes int) {
	c.t.Helper()
	if err := c.trySend(key, bytes); err != nil {
		c.t.Fatal(err)
	}
}

func (c *peer) trySend(key kmsg.Key, bytes int) error {
	c.sent++
	head := binary.BigEndian.AppendUint16(nil, uint16(key))
	head = binary.BigEndian.AppendUint16(head, 0)
	head = binary.BigEndian.AppendUint32(head, uint32(c.sent))
	head = append(binary.BigEndian.AppendUint16(head, uint16(len(c.id))), c.id...)
	_, err := c.conn.Write(sized(head, make([]byte, bytes)))
	return err
}

// receive returns the next reply without its correlation id, which must be
// that of the nth request.
func (c *peer) receive(n int32) []byte {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	frame, err := readFrame(c.conn)
	if err != nil {
		c.t.Fatalf("reply %d: %v", n, err)
	}
	if got := int32(binary.BigEndian.Uint32(frame)); got != n {
		c.t.Fatalf("reply %d came, want %d", got, n)
	}
	return frame[4:]
}

func (c *peer) ok(n int32) {
	c.t.Helper()
	if got := c.receive(n); string(got) != "ok" {
		c.t.Fatalf("reply %d is %q", n, got)
	}
}

// roundTrip sends a request and waits for its reply.
func (c *peer) roundTrip(key kmsg.Key) time.Duration {
	c.t.Helper()
	begin := time.Now()
	c.send(key, 10)
	c.ok(c.sent)
	return time.Since(begin)
}

// silence fails if anything comes within a while.
func (c *peer) silence() {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(while))
	n, err := c.conn.Read(make([]byte, 1))
	if timeout, ok := err.(net.Error); n > 0 || !ok || !timeout.Timeout() { //nolint:errorlint // net's own, not wrapped
		c.t.Fatalf("%d bytes came, or the connection ended: %v", n, err)
	}
}

// ends waits for the end of the connection, and returns how it came.
func (c *peer) ends() error {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		if _, err := c.conn.Read(make([]byte, 1000)); err != nil {
			return err
		}
	}
}
