package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is one client's connection and the one to the broker that belongs to
// it. The latter is made when the client has said who it is, with its first
// request.
type conn struct {
	p        *Proxy
	endpoint *endpoint
	broker   *broker
	client   atomic.Pointer[string] // client.id; nil until it is known
	near     *net.TCPConn           // to the client
	requests *line
	replies  *line
	pending  pending
	muted    atomic.Bool // a reply was dropped: the client hears nothing more

	mu     sync.Mutex
	far    *net.TCPConn // to the broker
	closed bool
	done   chan struct{}

	chance sync.Mutex
	rng    *rand.Rand
}

func newConn(e *endpoint, near *net.TCPConn) *conn {
	p := e.door.p
	return &conn{
		p: p, endpoint: e, broker: e.broker, near: near, done: make(chan struct{}),
		rng: rand.New(rand.NewPCG(p.seed, uint64(p.accepted.Load()))),
	}
}

// Sizes of what is read at once: pieceBytes is the longest piece of a frame
// that passes unread, headBytes the longest head of a request.
const (
	pieceBytes = 128 << 10
	headBytes  = 64 << 10
)

// dialTimeout is how long a broker may take to accept a connection.
const dialTimeout = 10 * time.Second

// serve passes frames until either side, a rule or the proxy ends it.
func (c *conn) serve() {
	defer c.p.leave(c)
	defer c.close(false)
	in := bufio.NewReaderSize(c.near, headBytes)
	first, err := peekRequest(in)
	if err != nil {
		c.ended(nil, err)
		return
	}
	c.client.Store(&first.client)
	if !c.connect() {
		return
	}
	if a := c.p.rules.Load().find(c, first.key, func(r *Rule) bool { return r.Reset && len(r.Keys) == 0 }); a != nil {
		c.reset(a)
		return
	}
	var side sync.WaitGroup
	side.Go(c.requests.run)
	side.Go(c.replies.run)
	side.Go(func() { c.ended(c.replies, c.readReplies(bufio.NewReaderSize(c.far, headBytes))) })
	err = c.readRequests(in)
	gone := time.AfterFunc(c.p.gonePatience, func() { c.close(false) })
	defer gone.Stop()
	c.ended(c.requests, err)
	side.Wait()
}

// gonePatience is how long a connection stays open for the broker whose client
// has gone, where a rule holds the news: clients that try again and again
// would leave ever more of them.
const gonePatience = 30 * time.Second

// connect opens the connection to the broker. Where that fails the client
// sees a reset, which it retries as it does a refused connection.
func (c *conn) connect() bool {
	dialer := net.Dialer{Timeout: dialTimeout}
	far, err := dialer.DialContext(c.p.ctx, "tcp", *c.broker.address.Load())
	if err != nil {
		c.close(true)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		_ = far.Close()
		return false
	}
	c.far = far.(*net.TCPConn)
	c.requests, c.replies = newLine(c, Requests, c.far), newLine(c, Replies, c.near)
	return true
}

// refusal is a reason for which the proxy itself ends a connection.
type refusal string

func (r refusal) Error() string { return "proxy: " + string(r) }

// ended handles the end of one side's stream: it follows what was read of it,
// in order, so that rules hold for it too.
func (c *conn) ended(l *line, err error) {
	var r refusal
	switch {
	case errors.As(err, &r):
		c.p.refuse(string(r))
		c.close(true)
	case l == nil:
		c.close(false)
	default:
		abrupt := errors.Is(err, syscall.ECONNRESET)
		l.put(chunk{at: time.Now(), key: noKey, end: true, abrupt: abrupt})
	}
}

// noKey is the key of what belongs to no request.
const noKey = int16(-1)

// reset closes both connections with a TCP reset, because of a rule.
func (c *conn) reset(a *Applied) { c.end(true, func() { a.hit(1, 0) }) }

// close closes both connections, once; abrupt is a TCP reset.
func (c *conn) close(abrupt bool) { c.end(abrupt, func() {}) }

// end is close with something to note before either side can see it.
func (c *conn) end(abrupt bool, note func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.closed = true
	note()
	close(c.done)
	for _, tcp := range []*net.TCPConn{c.near, c.far} {
		if tcp == nil {
			continue
		}
		if abrupt {
			_ = tcp.SetLinger(0)
		}
		_ = tcp.Close()
	}
}

// draw is true with a probability; 0 stands for 1.
func (c *conn) draw(share float64) bool {
	if share == 0 || share == 1 {
		return true
	}
	c.chance.Lock()
	defer c.chance.Unlock()
	return c.rng.Float64() < share
}

// chunk is data on its way, as of now.
func (c *conn) chunk(data []byte, key int16) chunk {
	ch := chunk{data: data, at: time.Now(), key: key}
	if len(c.p.rules.Load().rules) > 0 {
		c.chance.Lock()
		ch.jitter = 2*c.rng.Float64() - 1
		c.chance.Unlock()
	}
	return ch
}

// pass passes the next bytes of a stream, which belong to one frame, unread.
func (c *conn) pass(in *bufio.Reader, bytes int, l *line, key int16) error {
	for bytes > 0 {
		data := piece(min(bytes, pieceBytes))
		if _, err := io.ReadFull(in, data); err != nil {
			return err
		}
		bytes -= len(data)
		if !l.put(c.chunk(data, key)) {
			return net.ErrClosed
		}
	}
	return nil
}

// whole reads the next bytes of a stream as one piece.
func (c *conn) whole(in *bufio.Reader, bytes int, what string) ([]byte, error) {
	if bytes > c.p.maxFrame {
		return nil, refusal(fmt.Sprintf("%s is longer than %d bytes", what, c.p.maxFrame))
	}
	data := make([]byte, bytes)
	_, err := io.ReadFull(in, data)
	return data, err
}

// pieces are kept for reuse; small ones are not worth it.
var pieces = sync.Pool{New: func() any { return new([pieceBytes]byte) }}

const smallPiece = 16 << 10

func piece(bytes int) []byte {
	if bytes <= smallPiece {
		return make([]byte, bytes)
	}
	return pieces.Get().(*[pieceBytes]byte)[:bytes]
}

func recycle(data []byte) {
	if cap(data) == pieceBytes {
		pieces.Put((*[pieceBytes]byte)(data[:pieceBytes]))
	}
}
