package fault

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write golden files")

// every is one fault of each kind and target.
func every() []Fault {
	return []Fault{
		{Kind: Kill, Target: leaderOf("orders", 0), At: 20 * time.Second, HealAfter: 10 * time.Second},
		{Kind: Stop, Target: Target{Brokers: []int32{2}}, At: 90 * time.Second},
		{Kind: Pause, Target: Target{All: true}, At: 1500 * time.Millisecond, HealAfter: 2 * time.Second},
		{Kind: Wipe, Target: followersOf("orders", 11), At: 20 * time.Second, HealAfter: time.Minute},
		{Kind: Kill, Target: Target{Role: &Role{GroupCoordinator, "payments"}}, At: 3 * time.Minute},
		{Kind: Stop, Target: Target{Role: &Role{TransactionCoordinator, "tx-1"}}, At: 3 * time.Minute},
		{Kind: Pause, Target: Target{Role: &Role{Kind: Controller}}, At: 3 * time.Minute},
		{Kind: Kill, Target: Target{Brokers: []int32{0, 2}}, At: 4 * time.Minute},
		{Kind: Kill, Target: Target{Rack: "a"}, At: 4 * time.Minute},
		{Kind: Kill, Target: Target{Count: 2}, At: 4 * time.Minute},
		{Kind: Pause, Target: Target{FollowersOf: ptr(tp("orders", 0)), Count: 1}, At: 4 * time.Minute},
		{Kind: Isolate, Target: leaderOf("orders", 0), Network: Replication, At: 5 * time.Minute, HealAfter: time.Second},
		{Kind: Isolate, Target: Target{Brokers: []int32{1}}, Network: ControllerLink, At: 5 * time.Minute},
		{Kind: FillDisk, Target: Target{Brokers: []int32{1}}, At: 6 * time.Minute, HealAfter: time.Second},
		{Kind: RollingRestart, Target: Target{All: true}, At: 7 * time.Minute},
		{Kind: DeleteTopic, Change: &Change{Topic: "orders"}, At: 8 * time.Minute, HealAfter: time.Second},
		{Kind: AlterTopic, Change: &Change{Topic: "orders", Config: map[string]string{"retention.ms": "1", "min.insync.replicas": "3"}}, At: 8 * time.Minute},
		{Kind: SetQuota, Change: &Change{Client: "pay", Produce: 1000, Consume: 2000}, At: 9 * time.Minute},
		{Kind: SetQuota, Change: &Change{Consume: 2000}, At: 9 * time.Minute},
		{Kind: ElectUnclean, Target: Target{Partition: ptr(tp("orders", 1))}, At: 2 * time.Minute},
		{Kind: Crash, Target: Target{Service: "payment-service"}, At: 40 * time.Second},
		{Kind: Crash, Target: Target{Service: "order-service"}, At: 41 * time.Second, HealAfter: 5 * time.Second},
		{Kind: Restart, Target: Target{Service: "payment-service"}, At: 50 * time.Second},
		{Kind: PauseService, Target: Target{Service: "payment-service"}, At: 55 * time.Second, HealAfter: 2 * time.Second},
		{Kind: Poison, Target: Target{Event: "OrderPlaced", Share: 0.01}, Always: true},
		{Kind: Duplicate, Target: Target{Event: "OrderPlaced", Share: 0.0025}, Always: true},
		{Kind: Duplicate, Target: Target{Event: "OrderPlaced", Share: 0.0025}, How: "5m later", Always: true},
		{Kind: NearIdentical, Target: Target{Event: "OrderPlaced", Share: 0.0025}, Always: true},
	}
}

func TestTimeline(t *testing.T) {
	faults := every()
	got := strings.Join(Timeline(faults), "\n") + "\n"
	if faults[0].Kind != Kill {
		t.Error("the faults were sorted in place")
	}
	const golden = "testdata/timeline.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// simulator is a cluster that can do everything but a real election.
type simulator struct{ *world }

func (simulator) SimulatedNote() string { return "" }

// killer can be killed, and not started again.
type killer struct{}

func (killer) Kill(context.Context, int32) error { return nil }

func TestCheck(t *testing.T) {
	services := map[string]Service{"payment-service": &fakeService{}}
	refused := func(cluster any, kind string) []string {
		var texts []string
		for _, r := range Check(every(), cluster, kind, services) {
			texts = append(texts, r.Error())
		}
		return texts
	}
	const unknown = `cannot crash order-service: the scenario starts no service "order-service"`
	tests := []struct {
		cluster any
		kind    string
		want    []string
	}{
		{newWorld(), "docker", []string{unknown}},
		{simulator{newWorld()}, "embedded", []string{
			"cannot pause the controller: a cluster of kind embedded has no controller that can fail",
			"cannot have client pay produce 1000 bytes/s and consume 2000 bytes/s at each broker at most: brokers of a cluster of kind embedded hold no client back",
			"cannot have clients without a quota of their own consume 2000 bytes/s at each broker at most: brokers of a cluster of kind embedded hold no client back",
			"cannot elect an unclean leader of orders/1: a cluster of kind embedded cannot do it", unknown,
		}},
		{killer{}, "external", []string{
			"cannot kill leader of orders/0: a cluster of kind external cannot do it",
			"cannot stop broker 2: a cluster of kind external cannot do it",
			"cannot pause all brokers: a cluster of kind external cannot do it",
			"cannot wipe followers of orders/11: a cluster of kind external cannot do it",
			"cannot kill coordinator of group payments: a cluster of kind external cannot do it",
			"cannot stop coordinator of transactional id tx-1: a cluster of kind external cannot do it",
			"cannot pause the controller: a cluster of kind external cannot do it",
			"cannot kill brokers 0, 2: a cluster of kind external cannot do it",
			"cannot kill rack a: a cluster of kind external cannot do it",
			"cannot kill 2 of all brokers: a cluster of kind external cannot do it",
			"cannot pause 1 of followers of orders/0: a cluster of kind external cannot do it",
			"cannot cut leader of orders/0 off from the replication network: a cluster of kind external cannot do it",
			"cannot cut broker 1 off from the controller network: a cluster of kind external cannot do it",
			"cannot fill the disk of broker 1: a cluster of kind external cannot do it",
			"cannot restart all brokers one after the other: a cluster of kind external cannot do it",
			unknown,
		}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, refused(tt.cluster, tt.kind)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.kind, diff)
		}
	}
	frozen := []Fault{{Kind: PauseService, Target: Target{Service: "boxed"}}}
	boxed := map[string]Service{"boxed": struct{ Service }{}} // which nobody can freeze
	const want = "cannot pause boxed: only services that are processes (build, command), on systems with signals, can be frozen"
	if r := Check(frozen, newWorld(), "docker", boxed); len(r) != 1 || r[0].Error() != want {
		t.Errorf("%v, want %s", r, want)
	}
	if r := Check(every(), killer{}, "external", nil)[0]; r.Fault.Kind != Kill || r.Reason != "a cluster of kind external cannot do it" {
		t.Errorf("%+v", r)
	}
}

// TestSimulatedFaultsAreMarked: those on brokers of a cluster that only
// imitates failover, and no others.
func TestSimulatedFaultsAreMarked(t *testing.T) {
	for _, tt := range []struct {
		cluster   any
		simulated bool
	}{{simulator{newWorld()}, true}, {newWorld(), false}} {
		for i, s := range New(every(), Config{Cluster: tt.cluster}).states {
			if want := tt.simulated && s.fault.Kind.OnBrokers(); s.result.Simulated != want {
				t.Errorf("%d %s on %T: simulated is %v", i, s.result.What, tt.cluster, s.result.Simulated)
			}
		}
	}
}

func TestKinds(t *testing.T) {
	for _, f := range every() {
		onBroker := len(f.Target.Brokers) > 0 || f.Target.Role != nil || f.Target.Rack != "" || f.Target.Count > 0 || f.Target.All || f.Target.LeaderOf != nil || f.Target.FollowersOf != nil || f.Target.Partition != nil
		if f.Kind.OnBrokers() != onBroker || f.Kind.InLoad() != (f.Target.Event != "") {
			t.Errorf("%s: on brokers %v, in the load %v", f, f.Kind.OnBrokers(), f.Kind.InLoad())
		}
	}
}
