package fault

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/proxy"
)

// spoiled is a rule in force at a proxy that is not there.
type spoiled struct {
	w       *world
	what    string
	effects proxy.Effects
}

func (s *spoiled) Remove()                { s.w.note("remove %s", s.what) }
func (s *spoiled) Effects() proxy.Effects { return s.effects }

// spoiling lets the injector apply rules, which then have the effects.
func (w *world) spoiling(in *Injector, effects proxy.Effects) *Injector {
	in.cfg.Spoil = func(r proxy.Rule) (Spoiled, error) {
		what := "to all"
		if len(r.Brokers) > 0 {
			what = "to " + nodeList("broker", r.Brokers)
		}
		w.mu.Lock()
		err := w.fail["apply"]
		w.mu.Unlock()
		if err != nil {
			return nil, err
		}
		w.note("apply %s", what)
		return &spoiled{w, what, effects}, nil
	}
	return in
}

func TestLinkNames(t *testing.T) {
	all := Target{All: true}
	for want, f := range map[string]Fault{
		"cut all clients off from all brokers":                                      {Kind: Cut, Target: all, Rule: &proxy.Rule{Cut: proxy.Both}},
		"cut payments off from broker 2 (requests only)":                            {Kind: Cut, Target: Target{Brokers: []int32{2}, Service: "payments"}, Rule: &proxy.Rule{Door: "payments", Cut: proxy.Requests}},
		"reset connections of clients weir-* to leader of orders/0":                 {Kind: Reset, Target: leaderOf("orders", 0), Rule: &proxy.Rule{Client: "weir-*", Reset: true}},
		"delay all clients at all brokers by 50ms ± 5ms (replies only)":             {Kind: Latency, Target: all, Rule: &proxy.Rule{Latency: &proxy.Latency{Delay: 50 * time.Millisecond, Jitter: 5 * time.Millisecond, Way: proxy.Replies}}},
		"delay OffsetCommit, Heartbeat of all clients at all brokers by 1s":         {Kind: Latency, Target: all, Rule: &proxy.Rule{Keys: []kmsg.Key{kmsg.OffsetCommit, kmsg.Heartbeat}, Latency: &proxy.Latency{Delay: time.Second}}},
		"limit all clients at all brokers to 1000 bytes/s":                          {Kind: Bandwidth, Target: all, Rule: &proxy.Rule{Bandwidth: &proxy.Bandwidth{BytesPerSecond: 1000}}},
		"drop the replies to Produce of all clients at all brokers":                 {Kind: Reply, Target: all, Rule: &proxy.Rule{Keys: []kmsg.Key{kmsg.Produce}, Drop: true}},
		"answer 2.5% of Produce of all clients at all brokers with NOT_COORDINATOR": {Kind: Reply, Target: all, Rule: &proxy.Rule{Keys: []kmsg.Key{kmsg.Produce}, Error: kerr.NotCoordinator, Share: 0.025}},
	} {
		if got := f.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestScheduleOfLinks(t *testing.T) {
	cut := func(target Target, heal time.Duration) Fault {
		return Fault{Kind: Cut, Target: target, At: time.Second, HealAfter: heal, Rule: &proxy.Rule{Cut: proxy.Both}}
	}
	for _, test := range []struct {
		name  string
		fault Fault
		want  []string
	}{
		{
			"healed after its time", cut(Target{All: true}, 2*time.Second),
			[]string{
				"1s open since 1s", "1s fault 0: cut all clients off from all brokers", "1s apply to all",
				"3s remove to all", "3s closed since 3s", "3s heal 0: healed: cut all clients off from all brokers",
			},
		},
		{
			"healed when the load ends", cut(Target{Brokers: []int32{2}}, 0),
			[]string{
				"1s open since 1s", "1s fault 0: cut all clients off from broker 2", "1s apply to broker 2",
				"5s remove to broker 2", "5s closed since 5s", "5s heal 0: healed: cut all clients off from broker 2",
			},
		},
		{
			"who leads is looked up", cut(followersOf("orders", 0), time.Second),
			[]string{
				"1s open since 1s", "1s fault 0: cut all clients off from followers of orders/0 (brokers 2, 3)", "1s apply to brokers 2, 3",
				"2s remove to brokers 2, 3", "2s closed since 2s", "2s heal 0: healed: cut all clients off from followers of orders/0 (brokers 2, 3)",
			},
		},
		{
			"a reset is done once", Fault{Kind: Reset, Target: Target{All: true}, At: time.Second, Rule: &proxy.Rule{Reset: true}},
			[]string{
				"1s open since 1s", "1s fault 0: reset connections of all clients to all brokers", "1s apply to all", "1s remove to all",
				"2s remove to all", "2s closed since 2s",
			},
		},
		{
			"a reset for a while", Fault{Kind: Reset, Target: Target{All: true}, At: time.Second, HealAfter: time.Second, Rule: &proxy.Rule{Reset: true}},
			[]string{
				"1s open since 1s", "1s fault 0: reset connections of all clients to all brokers", "1s apply to all",
				"2s remove to all", "2s closed since 2s", "2s heal 0: healed: reset connections of all clients to all brokers",
			},
		},
		{
			"a broker that is not there", cut(Target{Brokers: []int32{9}}, time.Second),
			[]string{"1s fault 0: cut all clients off from broker 9 failed: there is no broker 9; the cluster has [1 2 3]"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.play(w.spoiling(w.injector(test.fault), proxy.Effects{}), 5*time.Second)
				if !slices.Equal(w.log, test.want) {
					t.Errorf("got:\n%s\nwant:\n%s", strings.Join(w.log, "\n"), strings.Join(test.want, "\n"))
				}
			})
		})
	}
}

// A fault on connections bit if the proxy did something noticeable to them
// while there was load.
func TestLinksThatBite(t *testing.T) {
	held := proxy.Effects{Held: 3, Total: 90 * time.Millisecond, Longest: 40 * time.Millisecond}
	hardly := proxy.Effects{Held: 3, Total: 3 * time.Millisecond, Longest: 2 * time.Millisecond}
	kinds := map[Kind]proxy.Rule{
		Cut: {Cut: proxy.Both}, Reset: {Reset: true}, Latency: {Latency: &proxy.Latency{Delay: time.Millisecond}},
		Bandwidth: {Bandwidth: &proxy.Bandwidth{BytesPerSecond: 1}}, Reply: {Drop: true, Keys: []kmsg.Key{kmsg.Produce}},
	}
	for _, test := range []struct {
		kind    Kind
		effects proxy.Effects
		bit     bool
		fact    string
	}{
		{Cut, held, true, "3 streams of requests or replies were held, the longest for 40ms"},
		{Cut, hardly, false, "3 streams of requests or replies were held, the longest for 2ms"},
		{Cut, proxy.Effects{}, false, "0 streams of requests or replies were held"},
		{Latency, hardly, true, "3 requests and replies were late, by 1ms on average and at most 2ms"},
		{Latency, proxy.Effects{}, false, "0 requests and replies were late"},
		{Bandwidth, held, true, "3 requests and replies passed, of which the slowest took 40ms"},
		{Bandwidth, hardly, false, "3 requests and replies passed, of which the slowest took 2ms"},
		{Reset, proxy.Effects{Resets: 2}, true, "2 connections were reset"},
		{Reset, held, false, "0 connections were reset"},
		{Reply, proxy.Effects{Hits: 2}, true, "2 replies were dropped"},
		{Reply, held, false, "0 replies were dropped"},
	} {
		for _, load := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				rule := kinds[test.kind]
				in := w.spoiling(w.injector(Fault{Kind: test.kind, Target: Target{All: true}, HealAfter: time.Second, Rule: &rule}), test.effects)
				if !load {
					in.cfg.Activity = func() Activity { return Activity{} }
				}
				w.play(in, 2*time.Second)
				got := results(in)[0]
				if got.Evidence[0] != test.fact || got.Bit != (test.bit && load) {
					t.Errorf("%s, load %t: bit %t, %q", test.kind, load, got.Bit, got.Evidence)
				}
			})
		}
	}
}

func TestRuleThatCannotBeApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.fail["apply"] = errors.New("no")
		in := w.spoiling(w.injector(Fault{Kind: Cut, Target: Target{All: true}, HealAfter: time.Second, Rule: &proxy.Rule{Cut: proxy.Both}}), proxy.Effects{})
		w.play(in, 2*time.Second)
		if got := results(in)[0]; got.Error != "no" || got.Bit {
			t.Errorf("%+v", got)
		}
	})
}

// A crash before a commit waits until one is held, and lets go of it when its
// connection is gone.
func TestCrashBeforeACommit(t *testing.T) {
	fault := Fault{Kind: Crash, Target: Target{Service: "pay"}, At: time.Second, BeforeCommit: true}
	for _, test := range []struct {
		name    string
		effects proxy.Effects
		log     []string
		facts   []string
		bit     bool
	}{
		{
			"one comes", proxy.Effects{Held: 1},
			[]string{
				"1s apply to all", "1s open since 1s", "1s fault 0: crash pay before a commit", "1s crash pay",
				"1s apply to all", "1s remove to all", "1s remove to all",
				"2s start pay", "2.25s closed since 2.25s", "2.25s heal 0: healed: crash pay before a commit",
			},
			[]string{
				"pay had been up for 1s", "pay had sent a commit, which never reached the broker",
				"ended by the run at 1s, up again at 2.25s", "100 records were due while it was open, 100 acked, 0 effects",
			},
			true,
		},
		{
			"none comes", proxy.Effects{},
			[]string{"1s apply to all", "5s remove to all"},
			[]string{
				"pay had been up for 1s", "pay sent no commit from 1s until the load ended",
				"never injected: the load ended before its time",
			},
			false,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				w.service("pay")
				in := w.spoiling(w.injector(fault), test.effects)
				w.play(in, 5*time.Second)
				if !slices.Equal(w.log, test.log) {
					t.Errorf("got:\n%s\nwant:\n%s", strings.Join(w.log, "\n"), strings.Join(test.log, "\n"))
				}
				if got := results(in)[0]; got.Bit != test.bit || !slices.Equal(got.Evidence, test.facts) {
					t.Errorf("bit %t, %q", got.Bit, got.Evidence)
				}
			})
		})
	}
}
