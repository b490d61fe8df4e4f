package external

import (
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/harness/cluster"
)

// advertising are brokers of which those from the given id on advertise an
// address that nobody can reach: a name without an address, or a port on which
// nobody listens.
func advertising(t *testing.T, from int32, host string, port int32) []string {
	t.Helper()
	k, err := kfake.NewCluster(kfake.NumBrokers(2), kfake.SeedTopics(4, "t"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	addresses := k.ListenAddrs()
	k.ControlKey(kmsg.Metadata.Int16(), func(request kmsg.Request) (kmsg.Response, error, bool) {
		k.KeepControl()
		reply := request.ResponseKind().(*kmsg.MetadataResponse)
		for id := range int32(2) {
			broker := kmsg.NewMetadataResponseBroker()
			at, err := net.ResolveTCPAddr("tcp", addresses[id])
			if err != nil {
				return nil, err, true
			}
			broker.NodeID, broker.Host, broker.Port = id, at.IP.String(), int32(at.Port)
			if id >= from {
				broker.Host, broker.Port = host, port
			}
			reply.Brokers = append(reply.Brokers, broker)
		}
		return reply, nil, true
	})
	return addresses[:1]
}

// closed is a port on which nobody listens.
func closed(t *testing.T) int32 {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return int32(listener.Addr().(*net.TCPAddr).Port)
}

// TestAdvertisedAddresses: the commonest mistake with Kafka is told as what it
// is, whatever request meets it.
func TestAdvertisedAddresses(t *testing.T) {
	t.Run("of all brokers", func(t *testing.T) {
		seeds := advertising(t, 0, "kafka-1.invalid", 9092)
		_, err := Provider().Start(t.Context(), cluster.Spec{Bootstrap: seeds})
		want := "external: cluster unavailable: connect to " + seeds[0] + " with PLAINTEXT: broker 0 advertises the address kafka-1.invalid:9092, which cannot be reached from here: its advertised.listeners must name one that can be, for the listener that " + seeds[0] + " belongs to (dial tcp: lookup kafka-1.invalid"
		if err == nil || !errors.Is(err, cluster.ErrUnavailable) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	})
	t.Run("of one", func(t *testing.T) {
		seeds := advertising(t, 1, "127.0.0.1", closed(t))
		cl, err := Provider().Start(t.Context(), cluster.Spec{Bootstrap: seeds})
		if err != nil {
			t.Fatal(err)
		}
		kafka, err := kgo.NewClient(append(cl.ClientOptions(), kgo.RequestRetries(0))...)
		if err != nil {
			t.Fatal(err)
		}
		defer kafka.Close()
		adm := kadm.NewClient(kafka)
		for name, request := range map[string]func() error{
			"ListGroups":   func() error { _, err := adm.ListGroups(t.Context()); return err },
			"BrokerConfig": func() error { _, err := adm.DescribeBrokerConfigs(t.Context(), 1); return err },
		} {
			err := request()
			const want = "broker 1 advertises the address 127.0.0.1:"
			const next = "which cannot be reached from here: it is down, or its advertised.listeners must name one that can be"
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), next) {
				t.Errorf("%s: got %v, want %s…, %s", name, err, want, next)
			}
		}
	})
}

// TestReachedAddress: of a broker that went down its address is right.
func TestReachedAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	c, err := configure(cluster.Spec{Bootstrap: []string{"127.0.0.1:1"}})
	if err != nil {
		t.Fatal(err)
	}
	c.addresses.advertised[address] = 1
	conn, err := c.dial(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	_ = listener.Close()
	var known *dialError
	if _, err := c.dial(t.Context(), "tcp", address); err == nil || errors.As(err, &known) {
		t.Errorf("got %v, want the dialer's own error", err)
	}
}
