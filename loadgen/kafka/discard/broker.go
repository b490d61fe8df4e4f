package discard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Broker listens until Close.
type Broker struct {
	listener net.Listener
	host     string
	port     int32
	topics   map[string]*topic // never changes: read without a lock

	producers atomic.Int64 // ids given out
	records   atomic.Uint64
	bytes     atomic.Uint64

	mu          sync.Mutex
	closed      bool
	connections map[net.Conn]struct{}
	serving     sync.WaitGroup
}

// topic counts the records of each partition, which is all that is kept.
type topic struct{ next []atomic.Int64 }

// Start listens on a free port of 127.0.0.1, with topics of so many
// partitions.
func Start(ctx context.Context, partitions int, topics ...string) (*Broker, error) {
	if partitions < 1 || len(topics) == 0 {
		return nil, fmt.Errorf("discarding broker: %d partitions of %d topics: it needs one of each", partitions, len(topics))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("discarding broker: %w", err)
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return nil, errors.Join(fmt.Errorf("discarding broker: listens on %s", l.Addr()), l.Close())
	}
	b := &Broker{
		listener: l, host: addr.IP.String(), port: int32(addr.Port),
		topics: map[string]*topic{}, connections: map[net.Conn]struct{}{},
	}
	for _, name := range topics {
		b.topics[name] = &topic{make([]atomic.Int64, partitions)}
	}
	b.serving.Go(b.accept)
	return b, nil
}

// Addr is the address to bootstrap from.
func (b *Broker) Addr() string { return b.listener.Addr().String() }

// Records is how many records were taken.
func (b *Broker) Records() uint64 { return b.records.Load() }

// Bytes is how many bytes their batches had, as they came: compressed.
func (b *Broker) Bytes() uint64 { return b.bytes.Load() }

// Close ends every connection and waits until that is done.
func (b *Broker) Close() {
	b.mu.Lock()
	b.closed = true
	_ = b.listener.Close()
	for c := range b.connections {
		_ = c.Close()
	}
	b.mu.Unlock()
	b.serving.Wait()
}

func (b *Broker) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return // closed
		}
		b.mu.Lock()
		if b.closed {
			b.mu.Unlock()
			_ = c.Close()
			return
		}
		b.connections[c] = struct{}{}
		b.serving.Go(func() { b.serve(c) })
		b.mu.Unlock()
	}
}

// serve answers the requests of a connection in their order, as Kafka does.
func (b *Broker) serve(c net.Conn) {
	defer func() {
		b.mu.Lock()
		delete(b.connections, c)
		b.mu.Unlock()
		_ = c.Close()
	}()
	s := session{broker: b}
	for {
		request, err := s.read(c)
		if err != nil {
			return
		}
		reply, err := s.answer(request)
		if err != nil {
			return
		}
		if _, err := c.Write(reply); err != nil {
			return
		}
	}
}

// maxRequest bounds a request, in bytes: Kafka's socket.request.max.bytes.
const maxRequest = 100 << 20

// read returns the next request, in a buffer that the next call reuses.
func (s *session) read(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := int(order.Uint32(size[:]))
	if n < 0 || n > maxRequest {
		return nil, fmt.Errorf("a request of %d bytes: %w", n, kerr.InvalidRequest)
	}
	if cap(s.in) < n {
		s.in = make([]byte, n+n/4)
	}
	_, err := io.ReadFull(r, s.in[:n])
	return s.in[:n], err
}
