package proxy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func TestConnectionsThatAreRefused(t *testing.T) {
	head := func(key kmsg.Key, version int16) []byte {
		b := binary.BigEndian.AppendUint16(nil, uint16(key))
		b = binary.BigEndian.AppendUint16(b, uint16(version))
		return append(b, 0, 0, 0, 1, 0xff, 0xff)
	}
	for name, test := range map[string]struct {
		sent []byte
		want string
	}{
		"TLS":              {[]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3}, "the client speaks TLS, inside which nothing can be seen: use PLAINTEXT or SASL_PLAINTEXT"},
		"HTTP":             {[]byte("\xffET / HTTP/1.1\r\n\r\n"), "the client does not speak Kafka's protocol"},
		"nothing in it":    {[]byte{0, 0, 0, 4, 0, 0, 0, 0}, "the client does not speak Kafka's protocol"},
		"cut short":        {sized([]byte{0, 3, 0, 0, 0, 0, 0, 1, 0, 9}, []byte("x")), "the head of a request cannot be read"},
		"SASL of before":   {sized(head(kmsg.SASLHandshake, 0), []byte("\x00\x05PLAIN")), "SASL handshake of version 0: the tokens that follow are no requests"},
		"newer Metadata":   {sized(head(kmsg.Metadata, 99), nil), "Metadata of version 99: replies are known up to version 13"},
		"newer Produce":    {sized(head(kmsg.Produce, 99), make([]byte, 20)), "Produce of version 99: replies are known up to version 13"},
		"address not read": {sized(head(kmsg.Metadata, 1), nil), "the reply to Metadata of version 1 cannot be read"},
	} {
		t.Run(name, func(t *testing.T) {
			p := front(t, newEcho(t))
			c := connect(t, p, "", 0, "")
			if _, err := c.conn.Write(test.sent); err != nil {
				t.Fatal(err)
			}
			if err := c.ends(); !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("the connection ended with %v", err)
			}
			if got, want := p.Stats().Refused, map[string]int64{test.want: 1}; !maps.Equal(got, want) {
				t.Errorf("refused: %v, want %v", got, want)
			}
		})
	}
}

func TestFramesThatAreTooLongToRead(t *testing.T) {
	p := frontWith(t, Config{MaxFrameBytes: 1000}, newEcho(t))
	p.apply(t, Rule{Error: kerr.NotCoordinator, Keys: []kmsg.Key{kmsg.EndTxn}})
	c := connect(t, p, "", 0, "")
	c.send(kmsg.ListGroups, 100_000) // passes unread
	c.ok(1)
	c.send(kmsg.EndTxn, 2000)
	if err := c.ends(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ended with %v", err)
	}
	if got, want := p.Stats().Refused, map[string]int64{"a request that a rule refuses is longer than 1000 bytes": 1}; !maps.Equal(got, want) {
		t.Errorf("refused: %v", got)
	}
}

// A client that is newer than the proxy asks again in an older form, as it
// does with an older broker.
func TestVersionsInAFormThatIsNotKnown(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	c := connect(t, p, "", 0, "new")
	frame := binary.BigEndian.AppendUint16(nil, uint16(kmsg.ApiVersions))
	frame = append(frame, 0, 99, 0, 0, 0, 1, 0xff, 0xff, 0)
	if _, err := c.conn.Write(sized(frame, []byte("whatever"))); err != nil {
		t.Fatal(err)
	}
	resp := kmsg.NewApiVersionsResponse()
	if err := resp.ReadFrom(c.receive(1)); err != nil || resp.ErrorCode != kerr.UnsupportedVersion.Code ||
		len(resp.ApiKeys) != 1 || resp.ApiKeys[0].ApiKey != int16(kmsg.ApiVersions) || resp.ApiKeys[0].MaxVersion != 5 {
		t.Errorf("%+v, %v", resp, err)
	}
	b.quiet()
}

func TestBrokerThatIsDown(t *testing.T) {
	b := newEcho(t)
	p := front(t, b)
	_ = b.ln.Close()
	c := connect(t, p, "", 0, "payments")
	c.send(kmsg.ListGroups, 10)
	if err := c.ends(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ended with %v", err)
	}
}

// A broker that comes back at another address keeps its place behind the door.
func TestBrokerThatMoves(t *testing.T) {
	old, moved := newEcho(t), newEcho(t)
	p := front(t, old)
	connect(t, p, "", 0, "payments").roundTrip(kmsg.ListGroups)
	old.next()
	host, port, err := splitAddress(moved.ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d, err := p.Door("")
	if err != nil {
		t.Fatal(err)
	}
	before := d.Bootstrap()
	if changed, err := d.redirect(0, &host, &port); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if after := d.Bootstrap(); !slices.Equal(before, after) {
		t.Errorf("the door moved from %v to %v", before, after)
	}
	connect(t, p, "", 0, "payments").roundTrip(kmsg.ListGroups)
	moved.next()
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{"", "kafka", "kafka:", ":9092", "kafka:0", "kafka:70000", "kafka:x"} {
		if _, err := New(Config{Bootstrap: []string{address}}); err == nil || !strings.Contains(err.Error(), "is no host:port") {
			t.Errorf("%q: %v", address, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a proxy before nothing")
	}
}

func TestClosedProxy(t *testing.T) {
	p := front(t, newEcho(t))
	c := connect(t, p, "", 0, "payments")
	c.roundTrip(kmsg.ListGroups)
	p.apply(t, Rule{Cut: Both})
	c.send(kmsg.ListGroups, 10)
	p.Close()
	p.Close()
	_ = c.ends()
	if _, err := p.Door("another"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a door of a closed proxy: %v", err)
	}
}

// Every request that CarriesError admits is answered, in every version, by a
// reply that can be read and says the error of everything that was asked for.
func TestErrorRepliesOfEveryRequest(t *testing.T) {
	const code = 14
	admitted := 0
	for key := range int16(kmsg.MaxKey + 1) {
		if kmsg.RequestForKey(key) == nil || CarriesError(kmsg.Key(key)) != nil {
			continue
		}
		admitted++
		for version := range kmsg.RequestForKey(key).MaxVersion() + 1 {
			req := kmsg.RequestForKey(key)
			fill(reflect.ValueOf(req).Elem(), rand.New(rand.NewPCG(uint64(key), uint64(version))))
			req.SetVersion(version)
			data := kmsg.NewRequestFormatter(kmsg.FormatterClientID("c")).AppendRequest(nil, req, 7)[4:]
			resp, err := refuse(data, request{key: key, version: version}, code)
			if err != nil {
				t.Errorf("%s of version %d: %v", kmsg.NameForKey(key), version, err)
				continue
			}
			back := kmsg.ResponseForKey(key)
			back.SetVersion(version)
			if err := back.ReadFrom(resp.AppendTo(nil)); err != nil {
				t.Errorf("reply to %s of version %d: %v", kmsg.NameForKey(key), version, err)
			}
		}
	}
	if admitted < 50 {
		t.Errorf("only %d kinds of requests can be answered with an error", admitted)
	}
}

func TestErrorReply(t *testing.T) {
	commit := kmsg.NewPtrOffsetCommitRequest()
	commit.Version, commit.Group = 8, "g"
	for _, topic := range []string{"a", "b"} {
		rt := kmsg.NewOffsetCommitRequestTopic()
		rt.Topic = topic
		for p := range int32(2) {
			rp := kmsg.NewOffsetCommitRequestTopicPartition()
			rp.Partition = p
			rt.Partitions = append(rt.Partitions, rp)
		}
		commit.Topics = append(commit.Topics, rt)
	}
	got := refused(t, commit).(*kmsg.OffsetCommitResponse)
	var lines []string
	for _, topic := range got.Topics {
		for _, p := range topic.Partitions {
			lines = append(lines, fmt.Sprintf("%s %d %d", topic.Topic, p.Partition, p.ErrorCode))
		}
	}
	want := []string{"a 0 16", "a 1 16", "b 0 16", "b 1 16"}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}

	find := kmsg.NewPtrFindCoordinatorRequest()
	find.Version, find.CoordinatorKeys = 6, []string{"g", "h"}
	for i, c := range refused(t, find).(*kmsg.FindCoordinatorResponse).Coordinators {
		if c.Key != find.CoordinatorKeys[i] || c.ErrorCode != kerr.NotCoordinator.Code || c.Host != "" {
			t.Errorf("%+v", c)
		}
	}
	groups := kmsg.NewPtrDescribeGroupsRequest()
	groups.Version, groups.Groups = 5, []string{"g"}
	if d := refused(t, groups).(*kmsg.DescribeGroupsResponse).Groups; len(d) != 1 || d[0].Group != "g" || d[0].ErrorCode != kerr.NotCoordinator.Code {
		t.Errorf("%+v", d)
	}
}

func refused(t *testing.T, req kmsg.Request) kmsg.Response {
	t.Helper()
	data := kmsg.NewRequestFormatter().AppendRequest(nil, req, 7)[4:]
	resp, err := refuse(data, request{key: req.Key(), version: req.GetVersion()}, kerr.NotCoordinator.Code)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// FuzzRewrite: no reply makes the proxy panic, and one without anything to
// replace is left alone.
func FuzzRewrite(f *testing.F) {
	m := maker{seed: 1, ports: map[int32]int32{}}
	for i := range 200 {
		rng := rand.New(rand.NewPCG(1, uint64(i)))
		if key, version := m.kind(rng); rewritten(key, version) {
			f.Add(key, version, append(make([]byte, 8), m.response(key, version, rng).AppendTo(nil)...))
		}
	}
	p, err := New(Config{Bootstrap: []string{"127.0.0.1:9"}})
	if err != nil {
		f.Fatal(err)
	}
	defer p.Close()
	d, err := p.Door("")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, key, version int16, data []byte) {
		if len(data) < 8 || version < 0 || !rewritten(key, version) || version > kmsg.RequestForKey(key).MaxVersion() {
			return
		}
		// Listeners are not what is tested: all brokers are at one.
		p.mu.Lock()
		p.byID, p.byAddress = map[int32]*broker{}, map[string]*broker{}
		for _, e := range d.endpoints {
			_ = e.listener.Close()
		}
		clear(d.endpoints)
		p.mu.Unlock()
		before := slices.Clone(data)
		out, err := d.rewrite(key, version, data)
		if !slices.Equal(before, data) {
			t.Error("the frame was changed in place")
		}
		if err == nil && int(binary.BigEndian.Uint32(out)) != len(out)-4 && !slices.Equal(out, before) {
			t.Error("the length is wrong")
		}
	})
}

// FuzzRefuse: no request makes the proxy panic.
func FuzzRefuse(f *testing.F) {
	for key := range int16(kmsg.MaxKey + 1) {
		if req := kmsg.RequestForKey(key); req != nil {
			fill(reflect.ValueOf(req).Elem(), rand.New(rand.NewPCG(1, uint64(key))))
			req.SetVersion(req.MaxVersion())
			f.Add(key, req.MaxVersion(), kmsg.NewRequestFormatter().AppendRequest(nil, req, 7)[4:])
		}
	}
	f.Fuzz(func(t *testing.T, key, version int16, data []byte) {
		r := request{key: key, version: version}
		if version < 0 {
			return
		}
		(&request{}).parse(data)
		if resp, err := refuse(data, r, 14); err == nil {
			frame(7, resp.IsFlexible(), resp)
		}
	})
}
