package proxy

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"
)

// Frames of every kind go through a proxy, to a broker that answers each with
// another frame. Client, broker and the expectation of both are computed from
// (seed, number): what arrives must be that, byte for byte, and what has
// addresses or versions must have the door's instead.

// frames is how many requests, and about as many replies, go through.
func frames() int {
	switch {
	case os.Getenv("WEIR_PROOF") != "":
		return 1_000_000
	case testing.Short():
		return 5_000
	}
	return 40_000
}

// exchange is a request and its reply.
type exchange struct {
	request         []byte
	reply, expected []byte // what the broker sends, and the client gets; nil for acks=0
}

// nodes are the brokers that replies name.
const nodes = 7

func nodeAddress(id int32) (string, int32) { return fmt.Sprintf("broker-%d.example", id), 9000 + id }

// maker makes exchanges.
type maker struct {
	seed  uint64
	ports map[int32]int32 // of the door, by node
}

func (m maker) exchange(number int) exchange {
	rng := rand.New(rand.NewPCG(m.seed, uint64(number)))
	key, version := m.kind(rng)
	correlation := uint32(number) ^ 0x5a5a5a5a
	var x exchange
	head := binary.BigEndian.AppendUint16(nil, uint16(key))
	head = binary.BigEndian.AppendUint16(head, uint16(version))
	head = binary.BigEndian.AppendUint32(head, correlation)
	if key == int16(kmsg.ControlledShutdown) && version == 0 {
		x.request = sized(head, noise(rng))
	} else {
		head = clientID(head, rng)
		silent := false
		if key == int16(kmsg.Produce) {
			silent = rng.IntN(4) == 0
			head = produceHead(head, version, silent, rng)
		}
		x.request = sized(head, noise(rng))
		if silent {
			return x
		}
	}
	start := binary.BigEndian.AppendUint32(nil, correlation)
	if !rewritten(key, version) {
		x.reply = sized(start, noise(rng))
		x.expected = x.reply
		return x
	}
	sent := m.response(key, version, rng)
	if sent.IsFlexible() && key != int16(kmsg.ApiVersions) {
		start = append(start, tags(rng)...)
	}
	x.reply = sized(start, sent.AppendTo(nil))
	m.translate(sent)
	x.expected = sized(start, sent.AppendTo(nil))
	return x
}

// kind draws an API key and a version, half of them of those that have
// something to replace, a few that nobody knows.
func (m maker) kind(rng *rand.Rand) (key, version int16) {
	switch rng.IntN(10) {
	case 0:
		return int16(kmsg.MaxKey + 1 + rng.IntN(1000)), int16(rng.IntN(20))
	case 1, 2, 3, 4:
		some := []kmsg.Key{kmsg.Metadata, kmsg.FindCoordinator, kmsg.DescribeCluster, kmsg.ApiVersions, kmsg.Produce, kmsg.Fetch, kmsg.ShareFetch, kmsg.ShareAcknowledge}
		key = int16(some[rng.IntN(len(some))])
		return key, int16(rng.IntN(int(kmsg.RequestForKey(key).MaxVersion()) + 1))
	}
	for {
		key = int16(rng.IntN(kmsg.MaxKey + 1))
		req := kmsg.RequestForKey(key)
		if req == nil || key == int16(kmsg.SASLHandshake) {
			continue
		}
		version = int16(rng.IntN(int(req.MaxVersion()) + 1))
		if !rewritten(key, version) && key != int16(kmsg.Produce) {
			version += int16(rng.IntN(3)) // from the future
		}
		return key, version
	}
}

func clientID(head []byte, rng *rand.Rand) []byte {
	if rng.IntN(10) == 0 {
		return binary.BigEndian.AppendUint16(head, 0xffff) // null
	}
	id := make([]byte, rng.IntN(40))
	for i := range id {
		id[i] = 'a' + byte(rng.IntN(26))
	}
	return append(binary.BigEndian.AppendUint16(head, uint16(len(id))), id...)
}

func produceHead(head []byte, version int16, silent bool, rng *rand.Rand) []byte {
	acks := []byte{0xff, 0xff}
	if silent {
		acks = []byte{0, 0}
	}
	switch {
	case version >= 9:
		head = append(append(head, tags(rng)...), 3, 'i', 'd')
	case version >= 3:
		head = append(head, 0xff, 0xff)
	}
	return append(head, acks...)
}

// tags are those of a flexible header: mostly none.
func tags(rng *rand.Rand) []byte {
	if rng.IntN(5) > 0 {
		return []byte{0}
	}
	return []byte{1, 7, 2, 'x', 'y'}
}

// noise is the rest of a frame: mostly short, now and then longer than any
// buffer on the way.
func noise(rng *rand.Rand) []byte {
	size := rng.IntN(200)
	switch rng.IntN(500) {
	case 0:
		size = rng.IntN(600 << 10)
	case 1, 2, 3:
		size = rng.IntN(70 << 10)
	}
	b := make([]byte, size)
	copy(b, pattern)
	if size > 8 {
		binary.BigEndian.PutUint64(b, rng.Uint64())
	}
	return b
}

var pattern = func() []byte {
	b := make([]byte, 600<<10)
	for i := range b {
		b[i] = byte(i * 31)
	}
	return b
}()

func sized(head, rest []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(head)+len(rest)))
	return append(append(b, head...), rest...)
}

// response fills a reply at random.
func (m maker) response(key, version int16, rng *rand.Rand) kmsg.Response {
	resp := kmsg.ResponseForKey(key)
	fill(reflect.ValueOf(resp).Elem(), rng)
	resp.SetVersion(version)
	if r, ok := resp.(*kmsg.ApiVersionsResponse); ok {
		r.ErrorCode = 0
		if rng.IntN(4) == 0 {
			r.ErrorCode, r.Version = 35, 0
		}
	}
	if r, ok := resp.(*kmsg.DescribeClusterResponse); ok && rng.IntN(2) == 0 {
		r.EndpointType = int8(1 + rng.IntN(2))
	}
	return resp
}

// fill sets every field that a reply has. A structure that looks like a broker
// gets the address of a node, or none.
func fill(v reflect.Value, rng *rand.Rand) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch name := v.Type().Field(i).Name; {
		case name == "Version" || !f.CanSet():
		case name == "UnknownTags":
			if rng.IntN(20) == 0 {
				f.Addr().Interface().(*kmsg.Tags).Set(100, []byte("tag"))
			}
		default:
			set(f, rng)
		}
	}
	id, host, port := v.FieldByName("NodeID"), v.FieldByName("Host"), v.FieldByName("Port")
	if !id.IsValid() || !host.IsValid() {
		return
	}
	node := int32(rng.IntN(nodes+1)) - 1
	address, number := "", int32(-1)
	if node >= 0 {
		address, number = nodeAddress(node)
	}
	id.SetInt(int64(node))
	host.SetString(address)
	port.SetInt(int64(number))
}

func set(f reflect.Value, rng *rand.Rand) {
	switch f.Kind() {
	case reflect.Bool:
		f.SetBool(rng.IntN(2) == 0)
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.SetInt(int64(rng.IntN(100)))
	case reflect.Float64:
		f.SetFloat(rng.Float64())
	case reflect.String:
		f.SetString(fmt.Sprint("s", rng.IntN(1000)))
	case reflect.Pointer:
		if rng.IntN(2) == 0 {
			f.Set(reflect.New(f.Type().Elem()))
			if f.Elem().Kind() == reflect.Struct {
				fill(f.Elem(), rng)
			} else {
				set(f.Elem(), rng)
			}
		}
	case reflect.Struct:
		fill(f, rng)
	case reflect.Array:
		for i := range f.Len() {
			f.Index(i).SetUint(uint64(rng.IntN(256)))
		}
	case reflect.Slice:
		if f.Type().Elem().Kind() == reflect.Uint8 {
			f.SetBytes(noise(rng))
			return
		}
		for range rng.IntN(3) {
			e := reflect.New(f.Type().Elem()).Elem()
			if e.Kind() == reflect.Struct {
				fill(e, rng)
			} else {
				set(e, rng)
			}
			f.Set(reflect.Append(f, e))
		}
	}
}

// translate says, apart from the code that it is a test of, what of a reply
// the client must get.
func (m maker) translate(resp kmsg.Response) {
	if r, ok := resp.(*kmsg.ApiVersionsResponse); ok {
		var kept []kmsg.ApiVersionsResponseApiKey
		for _, k := range r.ApiKeys {
			known := kmsg.RequestForKey(k.ApiKey)
			if known == nil || k.MinVersion > known.MaxVersion() {
				continue
			}
			k.MaxVersion = min(k.MaxVersion, known.MaxVersion())
			if k.ApiKey == int16(kmsg.SASLHandshake) && k.MinVersion == 0 && k.MaxVersion > 0 {
				k.MinVersion = 1
			}
			kept = append(kept, k)
		}
		r.ApiKeys = kept
		return
	}
	if r, ok := resp.(*kmsg.DescribeClusterResponse); ok && r.Version >= 1 && r.EndpointType == 2 {
		return
	}
	m.readdress(reflect.ValueOf(resp).Elem())
}

func (m maker) readdress(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		id, host, port := v.FieldByName("NodeID"), v.FieldByName("Host"), v.FieldByName("Port")
		if id.IsValid() && host.IsValid() && host.String() != "" {
			host.SetString("127.0.0.1")
			port.SetInt(int64(m.ports[int32(id.Int())]))
		}
		for i := range v.NumField() {
			m.readdress(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			m.readdress(v.Index(i))
		}
	}
}

func TestFrames(t *testing.T) {
	defer goleak.VerifyNone(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	known := map[int32]string{}
	for id := range int32(nodes) {
		name, port := nodeAddress(id)
		known[id] = fmt.Sprintf("%s:%d", name, port)
	}
	p, err := New(Config{Bootstrap: []string{ln.Addr().String()}, Nodes: known})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	d, err := p.Door("")
	if err != nil {
		t.Fatal(err)
	}
	m := maker{seed: 20_260_101, ports: map[int32]int32{}}
	for id := range int32(nodes) {
		e, err := d.endpoint(p.byID[id])
		if err != nil {
			t.Fatal(err)
		}
		m.ports[id] = e.port
	}

	client, err := net.Dial("tcp", d.Bootstrap()[0])
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	n := frames()
	ahead := make(chan struct{}, 1000)
	var g errgroup.Group
	g.Go(func() error { return m.serve(ln, n) })
	g.Go(func() error { return m.send(client, n, ahead) })
	g.Go(func() error { return m.receive(client, n, ahead) })
	if err := g.Wait(); err != nil {
		t.Fatalf("%v; refused: %v", err, p.Stats().Refused)
	}
	if s := p.Stats(); len(s.Refused) > 0 || s.Rewritten == 0 {
		t.Errorf("stats: %+v", s)
	} else {
		t.Logf("%d frames passed, %d of them rewritten", s.Frames, s.Rewritten)
	}
}

// serve is the broker.
func (m maker) serve(ln net.Listener, n int) error {
	conn, err := ln.Accept()
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	in, out := bufio.NewReaderSize(conn, 1<<20), bufio.NewWriterSize(conn, 1<<20)
	for i := range n {
		x := m.exchange(i)
		if err := same(in, x.request, "request", i); err != nil {
			return err
		}
		if _, err := out.Write(x.reply); err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = in.ReadByte() // the client closes first
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("after the last request: %w", err)
	}
	return nil
}

func (m maker) send(client net.Conn, n int, ahead chan struct{}) error {
	out := bufio.NewWriterSize(client, 1<<20)
	for i := range n {
		select {
		case ahead <- struct{}{}:
		default:
			if err := out.Flush(); err != nil {
				return err
			}
			ahead <- struct{}{}
		}
		if _, err := out.Write(m.exchange(i).request); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (m maker) receive(client net.Conn, n int, ahead chan struct{}) error {
	defer func() { _ = client.Close() }()
	in := bufio.NewReaderSize(client, 1<<20)
	for i := range n {
		x := m.exchange(i)
		if err := same(in, x.expected, "reply", i); err != nil {
			for { // let the sender end
				select {
				case <-ahead:
				default:
					return err
				}
			}
		}
		<-ahead
	}
	return nil
}

// same reads what must come next.
func same(in io.Reader, want []byte, what string, number int) error {
	got := make([]byte, len(want))
	if _, err := io.ReadFull(in, got); err != nil {
		return fmt.Errorf("%s %d: %w", what, number, err)
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s %d differs:\n got %.200x\nwant %.200x", what, number, got, want)
	}
	return nil
}
