package docker

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/network"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/service"
)

// A dead engine that was named is not silently another one.
func TestEngineIsTheNamedOne(t *testing.T) {
	for _, tt := range []struct {
		named, answered string
		ok              bool
	}{
		{"", "unix:///var/run/docker.sock", true},
		{"unix:///var/run/docker.sock", "unix:///var/run/docker.sock", true},
		{"tcp://10.0.0.1:2375/", "tcp://10.0.0.1:2375", true},
		{"tcp://10.0.0.1:2375", "unix:///var/run/docker.sock", false},
	} {
		if err := isNamed(tt.named, tt.answered); (err == nil) != tt.ok {
			t.Errorf("DOCKER_HOST=%s, %s answered: %v", tt.named, tt.answered, err)
		}
	}
}

// Kafka's own choice stays where each broker has two cores.
func TestJVMOptions(t *testing.T) {
	few := jvmFor(5, 3)
	if got, want := few.environment(), []string{"KAFKA_JVM_PERFORMANCE_OPTS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}; !slices.Equal(got, want) {
		t.Errorf("5 cores for 3 brokers: got %q, want %q", got, want)
	}
	if !strings.Contains(few.note, "3 brokers share 5 cores") {
		t.Errorf("the report says %q", few.note)
	}
	if got := jvmFor(6, 3); got != (jvm{}) {
		t.Errorf("6 cores for 3 brokers: got %+v, want the image's own options", got)
	}
	if got := namedJVM("default"); got != (jvm{}) {
		t.Errorf("default: got %+v, want the image's own options", got)
	}
	if got := namedJVM("-XX:+UseZGC"); got.options != "-XX:+UseZGC" || got.note == "" {
		t.Errorf("named: got %+v", got)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		spec cluster.Spec
		want string
	}{
		"too many brokers":      {cluster.Spec{Brokers: 31}, "31 brokers: there can be 1 to 30"},
		"negative brokers":      {cluster.Spec{Brokers: -1}, "-1 brokers"},
		"too many nodes":        {cluster.Spec{Brokers: 28, Controllers: "separate"}, "28 brokers: there can be 1 to 27"},
		"unknown controllers":   {cluster.Spec{Controllers: "zookeeper"}, `"zookeeper"`},
		"a tiny disk":           {cluster.Spec{DiskBytes: 1 << 20}, "a disk of 1048576 bytes: a broker needs 64 MiB to start"},
		"racks twice":           {cluster.Spec{Racks: []string{"a"}, Config: map[string]string{"broker.rack": "b"}}, "cluster.racks gives the brokers theirs"},
		"external bootstrap":    {cluster.Spec{Bootstrap: []string{"a:1"}}, "belong to the kind external"},
		"external properties":   {cluster.Spec{ClientConfig: "c.properties"}, "belong to the kind external"},
		"a setting Weir owns":   {cluster.Spec{Config: map[string]string{"advertised.listeners": "x"}}, `broker setting advertised.listeners = "x": Weir sets it`},
		"a setting of two":      {cluster.Spec{Config: map[string]string{"a\nlisteners": "x"}}, "that is no name of a setting"},
		"a setting with equals": {cluster.Spec{Config: map[string]string{"a=b": "x"}}, "that is no name of a setting"},
		"a word for a number":   {cluster.Spec{Config: map[string]string{"num.partitions": "x"}}, "want a whole number from 1"},
		"below Kafka's least":   {cluster.Spec{Config: map[string]string{"group.consumer.session.timeout.ms": "44999"}}, "brokers start only if group.consumer.min.session.timeout.ms, now 45000, is as low: set it too"},
		"below the least set":   {cluster.Spec{Config: map[string]string{"group.share.heartbeat.interval.ms": "999", "group.share.min.heartbeat.interval.ms": "1000"}}, "only if group.share.min.heartbeat.interval.ms, now 1000, is as low"},
		"a nameless setting":    {cluster.Spec{Config: map[string]string{"": "x"}}, "that is no name of a setting"},
	} {
		err := check(&c.spec)
		if !errors.Is(err, cluster.ErrRefused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want ErrRefused with %q", name, err, c.want)
		}
	}
	spec := cluster.Spec{Controllers: "combined", Config: map[string]string{
		"group.consumer.session.timeout.ms": "6000", "group.consumer.min.session.timeout.ms": "6000", "group.share.session.timeout.ms": "45000",
	}}
	if err := check(&spec); err != nil || spec.Brokers != 3 || spec.RunID == "" || spec.Log == nil {
		t.Errorf("defaults: %+v, %v", spec, err)
	}
}

func TestServerProperties(t *testing.T) {
	adv := addresses{host: "127.0.0.1:20001", services: "broker-1:9093", replication: "10.0.1.3:9094"}
	got := serverProperties(1, roles{broker: true, controller: true}, "0@10.0.2.2:9095,1@10.0.2.3:9095", adv, map[string]string{
		"min.insync.replicas": "1", "broker.rack": ` a\b` + "\tü\n😀",
	}, 2)
	want := `advertised.listeners=HOST://127.0.0.1:20001,SERVICES://broker-1:9093,REPLICATION://10.0.1.3:9094
broker.rack=\ a\\b\t\u00fc\n\ud83d\ude00
controller.listener.names=CONTROLLER
controller.quorum.voters=0@10.0.2.2:9095,1@10.0.2.3:9095
default.replication.factor=2
group.initial.rebalance.delay.ms=0
inter.broker.listener.name=REPLICATION
listener.security.protocol.map=HOST:PLAINTEXT,SERVICES:PLAINTEXT,REPLICATION:PLAINTEXT,CONTROLLER:PLAINTEXT
listeners=HOST://:9092,SERVICES://:9093,REPLICATION://:9094,CONTROLLER://:9095
log.dirs=/var/lib/kafka/data/log
min.insync.replicas=1
node.id=1
offsets.topic.replication.factor=2
process.roles=broker,controller
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.replication.factor=2
transaction.state.log.min.isr=1
transaction.state.log.replication.factor=2
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestServerPropertiesOfNodesOfOneRole(t *testing.T) {
	adv := addresses{host: "127.0.0.1:20001", services: "broker-1:9093", replication: "10.0.1.3:9094"}
	for _, tt := range []struct {
		is         roles
		has, lacks []string
	}{
		{
			roles{broker: true},
			[]string{"process.roles=broker\n", "listeners=HOST://:9092,SERVICES://:9093,REPLICATION://:9094\n", "advertised.listeners=HOST://127.0.0.1:20001,SERVICES://broker-1:9093,REPLICATION://10.0.1.3:9094\n", "inter.broker.listener.name=REPLICATION\n"},
			[]string{"CONTROLLER://"},
		},
		{
			roles{controller: true},
			[]string{"process.roles=controller\n", "\nlisteners=CONTROLLER://:9095\n"},
			[]string{"advertised.listeners=", "inter.broker.listener.name=", "HOST://"},
		},
	} {
		got := serverProperties(1, tt.is, "3@10.0.2.5:9095", adv, nil, 3)
		for _, line := range append(tt.has, "controller.quorum.voters=3@10.0.2.5:9095\n", "controller.listener.names=CONTROLLER\n") {
			if !strings.Contains(got, line) {
				t.Errorf("%+v: no %q in\n%s", tt.is, line, got)
			}
		}
		for _, text := range tt.lacks {
			if strings.Contains(got, text) {
				t.Errorf("%+v: %q in\n%s", tt.is, text, got)
			}
		}
	}
}

func TestDefaultsAreCappedByTheBrokers(t *testing.T) {
	for brokers, want := range map[int][2]string{1: {"1", "1"}, 2: {"2", "1"}, 3: {"3", "2"}, 5: {"3", "2"}} {
		d := defaults(brokers)
		got := [2]string{d["default.replication.factor"], d["min.insync.replicas"]}
		if got != want {
			t.Errorf("%d brokers: replication and min.insync.replicas are %v, want %v", brokers, got, want)
		}
	}
}

func TestQuartersOfAPool(t *testing.T) {
	for pool, want := range map[string]string{
		"172.18.0.0/16":   "172.18.0.0/24 172.18.1.0/24 172.18.2.0/24",
		"192.168.16.0/20": "192.168.16.0/24 192.168.17.0/24 192.168.18.0/24",
		"10.1.2.0/24":     "10.1.2.0/26 10.1.2.64/26 10.1.2.128/26",
	} {
		subnets, err := quarters(netip.MustParsePrefix(pool))
		if err != nil {
			t.Errorf("%s: %v", pool, err)
			continue
		}
		var got []string
		for _, s := range subnets {
			got = append(got, s.String())
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: got %s, want %s", pool, s, want)
		}
		// The last pinned address and the engine's range do not meet.
		n := networks{subnets: subnets}
		for i := range subnets {
			last := n.node(i, maxNodes-1)
			if !subnets[i].Contains(last) || upperHalf(subnets[i]).Contains(last) {
				t.Errorf("%s: node %d has %s, the engine %s", subnets[i], maxNodes-1, last, upperHalf(subnets[i]))
			}
		}
	}
	if _, err := quarters(netip.MustParsePrefix("10.1.2.0/25")); err == nil || !strings.Contains(err.Error(), "too small") {
		t.Errorf("a pool of 128 addresses: %v", err)
	}
}

func TestGatewayOf(t *testing.T) {
	subnet := netip.MustParsePrefix("172.17.0.0/16")
	for want, ipam := range map[string]network.IPAM{
		"172.17.0.1":   {Config: []network.IPAMConfig{{Subnet: subnet}}},
		"172.17.9.9":   {Config: []network.IPAMConfig{{Subnet: netip.MustParsePrefix("fd00::/64")}, {Subnet: subnet, Gateway: netip.MustParseAddr("172.17.9.9")}}},
		"invalid IP":   {},
		"10.0.0.1":     {Config: []network.IPAMConfig{{Subnet: netip.MustParsePrefix("10.0.0.7/8")}}},
		"192.168.64.1": {Config: []network.IPAMConfig{{Subnet: netip.MustParsePrefix("192.168.64.0/20")}}},
	} {
		if got := gatewayOf(ipam).String(); got != want {
			t.Errorf("gatewayOf(%v) = %s, want %s", ipam, got, want)
		}
	}
}

func TestExitOf(t *testing.T) {
	for _, c := range []struct {
		in   state
		want service.Exit
	}{
		{state{exitCode: 0}, service.Exit{Code: 0, Reason: "exit status 0"}},
		{state{exitCode: 128}, service.Exit{Code: 128, Reason: "exit status 128"}},
		{state{exitCode: 137}, service.Exit{Code: -1, Reason: "signal: killed"}},
		{state{exitCode: 137, outOfMemory: true}, service.Exit{Code: -1, Reason: "signal: killed (out of memory)"}},
		{state{exitCode: 255}, service.Exit{Code: 255, Reason: "exit status 255"}},
	} {
		if got := exitOf(c.in); got != c.want {
			t.Errorf("exitOf(%+v) = %+v, want %+v", c.in, got, c.want)
		}
	}
}

func TestNameOf(t *testing.T) {
	if got := nameOf("2026 orders/§kill_1.a"); got != "2026-orders--kill_1.a" {
		t.Errorf("nameOf = %q", got)
	}
}

func TestPortTaken(t *testing.T) {
	for text, want := range map[string]bool{
		"driver failed programming external connectivity: Bind for 127.0.0.1:20000 failed: port is already allocated":       true,
		"Error starting userland proxy: listen tcp4 127.0.0.1:20000: bind: address already in use":                          true,
		"listen tcp 127.0.0.1:1: bind: Only one usage of each socket address (protocol/network address/port) is normally …": true,
		"no such image": false,
	} {
		if got := isPortTaken(errors.New(text)); got != want {
			t.Errorf("isPortTaken(%q) = %v", text, got)
		}
	}
}

// The engine's absence is one of infrastructure, with a next step.
func TestNoEngine(t *testing.T) {
	err := unreachable(errors.New("connection refused"))
	if !errors.Is(err, cluster.ErrUnavailable) || !strings.Contains(err.Error(), "start Docker, set DOCKER_HOST, or use --cluster embedded") {
		t.Error(err)
	}
}
