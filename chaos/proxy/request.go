package proxy

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// request is what the proxy reads of a request's head.
type request struct {
	size         int // of the frame, with its length
	key, version int16
	correlation  int32
	client       string
	// silent: no reply will come (a produce request with acks=0).
	silent bool
}

// peekRequest reads the head of the next request without taking it.
func peekRequest(in *bufio.Reader) (request, error) {
	b, err := in.Peek(4)
	if err != nil {
		return request{}, err
	}
	if b[0] == 0x16 && b[1] == 3 { // a TLS record with a handshake
		return request{}, refusal("the client speaks TLS, inside which nothing can be seen: use PLAINTEXT or SASL_PLAINTEXT")
	}
	size := int64(binary.BigEndian.Uint32(b)) + 4
	const shortest, longest = 4 + 8, 1<<31 - 1
	if size < shortest || size > longest {
		return request{}, refusal("the client does not speak Kafka's protocol")
	}
	head := min(int(size), headBytes)
	if b, err = in.Peek(head); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return request{}, err
	}
	r := request{size: int(size)}
	if !r.parse(b[4:]) {
		return request{}, refusal("the head of a request cannot be read")
	}
	return r, nil
}

// parse reads a head; it is false where it is cut short.
func (r *request) parse(head []byte) bool {
	b := kbin.Reader{Src: head}
	r.key, r.version, r.correlation = b.Int16(), b.Int16(), b.Int32()
	if r.key == int16(kmsg.ControlledShutdown) && r.version == 0 {
		return b.Ok() // the one without a client id
	}
	if id := b.NullableString(); id != nil {
		r.client = *id
	}
	if r.key != int16(kmsg.Produce) || !b.Ok() {
		return b.Ok()
	}
	flexible := r.version >= 9
	if flexible {
		kmsg.SkipTags(&b)
	}
	switch {
	case flexible:
		b.CompactNullableString() // transactional.id
	case r.version >= 3:
		b.NullableString()
	}
	r.silent = b.Int16() == 0
	return b.Ok()
}

// readRequests passes requests to the broker until the stream ends.
func (c *conn) readRequests(in *bufio.Reader) error {
	for {
		r, err := peekRequest(in)
		if err != nil {
			return err
		}
		if err := c.request(in, r); err != nil {
			return err
		}
		c.p.frames.Add(1)
	}
}

func (c *conn) request(in *bufio.Reader, r request) error {
	if err := r.known(); err != nil {
		return err
	}
	answer, err := c.answer(in, r)
	if err != nil {
		return err
	}
	if answer != nil {
		return c.queue(reply{request: r, instead: answer})
	}
	// It is awaited before the broker can answer.
	if !r.silent {
		if err := c.queue(reply{request: r}); err != nil {
			return err
		}
	}
	return c.pass(in, r.size, c.requests, r.key)
}

// known refuses requests after which a client could get past the proxy.
func (r request) known() error {
	switch {
	case r.key == int16(kmsg.SASLHandshake) && r.version == 0:
		return refusal("SASL handshake of version 0: the tokens that follow are no requests")
	case r.key == int16(kmsg.Produce) || rewritten(r.key, r.version):
		known := kmsg.RequestForKey(r.key)
		if r.key != int16(kmsg.ApiVersions) && r.version > known.MaxVersion() {
			return refusal(fmt.Sprintf("%s of version %d: replies are known up to version %d", kmsg.NameForKey(r.key), r.version, known.MaxVersion()))
		}
	}
	return nil
}

// answer takes a request that the proxy answers itself; nil passes it on.
func (c *conn) answer(in *bufio.Reader, r request) ([]byte, error) {
	if r.key == int16(kmsg.ApiVersions) {
		if r.version <= kmsg.NewPtrApiVersionsRequest().MaxVersion() {
			return nil, nil
		}
		// As brokers do that are older than the client (KIP-511).
		_, err := in.Discard(r.size)
		return frame(r.correlation, false, unsupportedVersion()), err
	}
	a := c.p.rules.Load().find(c, r.key, func(rule *Rule) bool { return rule.Error != nil })
	if a == nil || r.silent {
		return nil, nil
	}
	data, err := c.whole(in, r.size, "a request that a rule refuses")
	if err != nil {
		return nil, err
	}
	a.hit(0, 1)
	resp, err := refuse(data[4:], r, a.rule.Error.Code)
	if err != nil {
		return nil, refusal(err.Error())
	}
	return frame(r.correlation, resp.IsFlexible(), resp), nil
}

// frame is a reply as it is sent.
func frame(correlation int32, flexible bool, resp kmsg.Response) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 4, 256), uint32(correlation))
	if flexible {
		b = append(b, 0) // no tags
	}
	b = resp.AppendTo(b)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// queue notes a reply that will come, or sends what stands in its place when
// it is its turn.
func (c *conn) queue(r reply) error {
	p := &c.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.replies) >= mostPending {
		return refusal(fmt.Sprintf("more than %d requests without a reply on one connection", mostPending))
	}
	p.replies = append(p.replies, r)
	return c.sendInstead()
}

// sendInstead sends the replies at the head that are not the broker's. The
// caller holds the lock of what is pending.
func (c *conn) sendInstead() error {
	p := &c.pending
	for len(p.replies) > 0 && p.replies[0].instead != nil {
		first := p.replies[0]
		p.replies = p.replies[1:]
		if c.muted.Load() {
			continue
		}
		if !c.replies.put(c.chunk(first.instead, first.key)) {
			return net.ErrClosed
		}
		c.p.frames.Add(1)
	}
	return nil
}
