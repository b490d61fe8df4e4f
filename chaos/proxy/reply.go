package proxy

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
)

// reply is one that is awaited.
type reply struct {
	request
	instead []byte // sent in place of the broker's, which gets no request
}

// pending are the replies that are awaited on a connection, in the order of
// their requests.
type pending struct {
	mu      sync.Mutex
	replies []reply
}

// mostPending bounds what one connection awaits. Kafka's brokers read the
// next request when they have answered the last; clients send 5 ahead.
const mostPending = 10_000

// readReplies passes replies to the client until the stream ends.
func (c *conn) readReplies(in *bufio.Reader) error {
	for {
		b, err := in.Peek(8)
		if err != nil {
			return err
		}
		size := int64(binary.BigEndian.Uint32(b)) + 4
		if size < 8 || size > 1<<31-1 {
			return refusal("the broker does not speak Kafka's protocol")
		}
		r, known := c.awaited(int32(binary.BigEndian.Uint32(b[4:])))
		if err := c.reply(in, r, known, int(size)); err != nil {
			return err
		}
		c.p.frames.Add(1)
		if err := c.answered(r, known); err != nil {
			return err
		}
	}
}

// awaited finds the request that is answered.
func (c *conn) awaited(correlation int32) (reply, bool) {
	p := &c.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.replies {
		if r.correlation == correlation && r.instead == nil {
			return r, true
		}
	}
	return reply{}, false
}

// answered forgets a request, and sends what comes after its reply and is not
// the broker's.
func (c *conn) answered(r reply, known bool) error {
	if !known {
		return nil
	}
	p := &c.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := slices.IndexFunc(p.replies, func(x reply) bool { return x.correlation == r.correlation && x.instead == nil }); i >= 0 {
		p.replies = slices.Delete(p.replies, i, i+1)
	}
	return c.sendInstead()
}

func (c *conn) reply(in *bufio.Reader, r reply, known bool, size int) error {
	if !known {
		return c.pass(in, size, c.replies, noKey)
	}
	if a := c.p.rules.Load().find(c, r.key, func(rule *Rule) bool { return rule.Drop || rule.Reset && len(rule.Keys) > 0 }); a != nil {
		if a.rule.Reset {
			c.reset(a)
			return net.ErrClosed
		}
		a.hit(0, 1)
		c.muted.Store(true)
	}
	if c.muted.Load() {
		_, err := io.CopyN(io.Discard, in, int64(size))
		return err
	}
	if !rewritten(r.key, r.version) {
		return c.pass(in, size, c.replies, r.key)
	}
	data, err := c.whole(in, size, "a reply that has addresses")
	if err != nil {
		return err
	}
	out, err := c.endpoint.door.rewrite(r.key, r.version, data)
	if err != nil {
		return err
	}
	if &out[0] != &data[0] {
		c.p.rewritten.Add(1)
	}
	if !c.replies.put(c.chunk(out, r.key)) {
		return net.ErrClosed
	}
	return nil
}
