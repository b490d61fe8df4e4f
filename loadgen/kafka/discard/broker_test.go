package discard_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/goleak"

	. "github.com/flowweir/weir/loadgen/kafka/discard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t testing.TB, partitions int, topics ...string) *Broker {
	t.Helper()
	b, err := Start(t.Context(), partitions, topics...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func client(t testing.TB, b *Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic("t")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

// TestEveryRecordIsCounted: each client gets the offsets that a log would have
// given, and all of them the right number of records.
func TestEveryRecordIsCounted(t *testing.T) {
	for name, opts := range map[string][]kgo.Opt{
		"idempotent":     nil,
		"not idempotent": {kgo.DisableIdempotentWrite()},
		"acks=1":         {kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.LeaderAck())},
		"zstd":           {kgo.ProducerBatchCompression(kgo.ZstdCompression())},
		"small batches":  {kgo.ProducerBatchMaxBytes(1 << 10)},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, 3, "t")
			cl := client(t, b, opts...)
			const n = 5000
			var records []*kgo.Record
			for i := range n {
				records = append(records, &kgo.Record{Key: fmt.Append(nil, i%100), Value: []byte(strings.Repeat("v", 50))})
			}
			got := map[int32]map[int64]bool{}
			for _, r := range cl.ProduceSync(t.Context(), records...) {
				if r.Err != nil {
					t.Fatal(r.Err)
				}
				if got[r.Record.Partition] == nil {
					got[r.Record.Partition] = map[int64]bool{}
				}
				got[r.Record.Partition][r.Record.Offset] = true
			}
			// Dense offsets: as many as the partition has records.
			sum := 0
			for p, offsets := range got {
				for i := range int64(len(offsets)) {
					if !offsets[i] {
						t.Fatalf("partition %d has %d records, and none at %d", p, len(offsets), i)
					}
				}
				sum += len(offsets)
			}
			if diff := cmp.Diff([]int{3, n, n}, []int{len(got), sum, int(b.Records())}); diff != "" {
				t.Error(diff)
			}
			if b.Bytes() == 0 {
				t.Error("no bytes were counted")
			}
		})
	}
}

func TestWithoutAcks(t *testing.T) {
	b := start(t, 1, "t")
	cl := client(t, b, kgo.DisableIdempotentWrite(), kgo.RequiredAcks(kgo.NoAck()))
	for range 100 {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Value: []byte("v")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); b.Records() < 100 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if b.Records() != 100 {
		t.Errorf("%d of 100 records", b.Records())
	}
}

func TestUnknownTopic(t *testing.T) {
	b := start(t, 1, "t")
	cl := client(t, b, kgo.UnknownTopicRetries(0))
	err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "other", Value: []byte("v")}).FirstErr()
	if !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Error(err)
	}
}

func TestStartRefuses(t *testing.T) {
	for _, tt := range []struct {
		partitions int
		topics     []string
		want       string
	}{
		{0, []string{"t"}, "discarding broker: 0 partitions of 1 topics: it needs one of each"},
		{1, nil, "discarding broker: 1 partitions of 0 topics: it needs one of each"},
	} {
		if _, err := Start(t.Context(), tt.partitions, tt.topics...); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

// TestCloseEndsConnections also while they are in use.
func TestCloseEndsConnections(t *testing.T) {
	b := start(t, 1, "t")
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte{0, 0}); err != nil { // half a size
		t.Fatal(err)
	}
	b.Close()
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
}

// ask sends bytes as they are and returns the reply, nil where the broker ends
// the connection.
func ask(t *testing.T, b *Broker, request []byte) []byte {
	t.Helper()
	c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(t.Context(), "tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(binary.BigEndian.AppendUint32(nil, uint32(len(request)))); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(request); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, 1<<16)
	n, _ := c.Read(reply)
	if n == 0 {
		return nil
	}
	return reply[4:n]
}

// TestNewerClients: a client that is too new for ApiVersions is told which
// versions there are, and asks again.
func TestNewerClients(t *testing.T) {
	b := start(t, 1, "t")
	reply := ask(t, b, []byte{0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0})
	if len(reply) < 6 {
		t.Fatalf("%v", reply)
	}
	r := kmsg.NewPtrApiVersionsResponse()
	if err := r.ReadFrom(reply[4:]); err != nil {
		t.Fatal(err)
	}
	var keys []int16
	for _, k := range r.ApiKeys {
		keys = append(keys, k.ApiKey)
	}
	if diff := cmp.Diff([]any{kerr.UnsupportedVersion.Code, []int16{0, 3, 18, 22}}, []any{r.ErrorCode, keys}); diff != "" {
		t.Error(diff)
	}
	if got := binary.BigEndian.Uint32(reply); got != 7 {
		t.Errorf("correlation %d", got)
	}
}

func TestUnknownRequestsEndTheConnection(t *testing.T) {
	b := start(t, 1, "t")
	for name, request := range map[string][]byte{
		"fetch":            {0, 1, 0, 4, 0, 0, 0, 7, 0xff, 0xff},
		"no such key":      {3, 1, 0, 4, 0, 0, 0, 7, 0xff, 0xff},
		"produce v13":      {0, 0, 0, 13, 0, 0, 0, 7, 0xff, 0xff, 0},
		"half a header":    {0, 0, 0},
		"a long client id": {0, 18, 0, 0, 0, 0, 0, 7, 0x7f, 0xff},
		"nothing":          {},
	} {
		if reply := ask(t, b, request); reply != nil {
			t.Errorf("%s: %v", name, reply)
		}
	}
}

// FuzzRequest: whatever comes, the next client is served.
func FuzzRequest(f *testing.F) {
	f.Add([]byte{0, 18, 0, 3, 0, 0, 0, 7, 0xff, 0xff, 0, 1, 1, 0})
	f.Add([]byte{0, 18, 0, 3, 0, 0, 0, 7, 0xff, 0xff, 2, 1, 0x7f})
	f.Add([]byte{0, 3, 0, 9, 0, 0, 0, 7, 0, 1, 'c', 0, 0, 0, 0, 0, 0})
	q := kmsg.NewPtrProduceRequest()
	q.Version, q.Acks = 9, -1
	q.Topics = []kmsg.ProduceRequestTopic{{Topic: "t", Partitions: []kmsg.ProduceRequestTopicPartition{{Partition: 0, Records: make([]byte, 61)}}}}
	f.Add(q.AppendTo([]byte{0, 0, 0, 9, 0, 0, 0, 7, 0xff, 0xff, 0}))
	b, err := Start(context.Background(), 2, "t")
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(b.Close)
	f.Fuzz(func(t *testing.T, request []byte) {
		ask(t, b, request)
		if reply := ask(t, b, []byte{0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff}); len(reply) != 4+2+4+4*6 {
			t.Errorf("%v", reply)
		}
	})
}
