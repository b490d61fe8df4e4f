package fault

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowweir/weir/reports/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is everything that an injector acts on and reads: a fake cluster of
// three brokers, services, facts, counters and a log of what was done. It
// keeps the time of the bubble that the test runs in.
type world struct {
	start time.Time

	mu       sync.Mutex
	log      []string
	state    State
	stateErr error
	holders  map[Role]Holder
	voters   Voters        // nil: nobody tells
	slow     time.Duration // how long State takes
	activity Activity
	fail     map[string]error // by what is done: "start 1"
	services map[string]*fakeService
	// moved is called after each act, to let the cluster notice.
	acted func(what string)
}

func tp(topic string, partition int32) TopicPartition { return TopicPartition{topic, partition} }

func newWorld() *world {
	return &world{
		start: time.Now(), fail: map[string]error{}, services: map[string]*fakeService{}, holders: map[Role]Holder{},
		state: State{
			tp("orders", 0): {Leader: 1, Epoch: 3, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 2, 3}},
			tp("orders", 1): {Leader: 2, Epoch: 5, Replicas: []int32{2, 3}, ISR: []int32{2, 3}},
			tp("single", 0): {Leader: 3, Epoch: 1, Replicas: []int32{3}, ISR: []int32{3}},
			tp("dark", 0):   {Leader: -1, Epoch: 7, Replicas: []int32{3}},
		},
	}
}

func (w *world) now() time.Duration { return time.Since(w.start) }

// note logs with the time, in which everything that tests wait for happens
// at whole milliseconds.
func (w *world) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.log = append(w.log, fmt.Sprintf("%v ", w.now())+fmt.Sprintf(format, args...))
}

func (w *world) act(what string) error {
	w.note("%s", what)
	w.mu.Lock()
	err, acted := w.fail[what], w.acted
	w.mu.Unlock()
	if acted != nil {
		acted(what)
	}
	return err
}

func (w *world) Kill(_ context.Context, n int32) error    { return w.act(fmt.Sprint("kill ", n)) }
func (w *world) Stop(_ context.Context, n int32) error    { return w.act(fmt.Sprint("stop ", n)) }
func (w *world) Start(_ context.Context, n int32) error   { return w.act(fmt.Sprint("start ", n)) }
func (w *world) Pause(_ context.Context, n int32) error   { return w.act(fmt.Sprint("pause ", n)) }
func (w *world) Unpause(_ context.Context, n int32) error { return w.act(fmt.Sprint("unpause ", n)) }
func (w *world) Wipe(_ context.Context, n int32) error    { return w.act(fmt.Sprint("wipe ", n)) }

func (w *world) Isolate(_ context.Context, n int32, from Network) error {
	return w.act(fmt.Sprintf("isolate %d from %s", n, from))
}

func (w *world) Rejoin(_ context.Context, n int32, to Network) error {
	return w.act(fmt.Sprintf("rejoin %d to %s", n, to))
}

func (w *world) DiskBytes() int64                          { return 1 << 20 }
func (w *world) FillDisk(_ context.Context, n int32) error { return w.act(fmt.Sprint("fill ", n)) }
func (w *world) FreeDisk(_ context.Context, n int32) error { return w.act(fmt.Sprint("free ", n)) }

func (w *world) change(_ context.Context, f Fault) (Changed, error) {
	done := Changed{Before: "a", After: "b", Undo: func(context.Context) error { return w.act("undo") }}
	if f.Change.Config["a"] == "a" {
		done.After = "a"
	}
	return done, w.act("change")
}

func (w *world) State(ctx context.Context) (State, error) {
	time.Sleep(w.slow)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stateErr != nil {
		return nil, w.stateErr
	}
	copied := State{}
	for k, v := range w.state {
		copied[k] = v
	}
	return copied, ctx.Err()
}

func (w *world) Holder(_ context.Context, role Role, _ []int32) (Holder, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	holder, ok := w.holders[role]
	if !ok {
		return Holder{}, errors.New("nobody answers")
	}
	return holder, nil
}

func (w *world) Voters(context.Context, []int32) (Voters, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.voters == nil {
		return nil, errors.New("nobody answers")
	}
	return maps.Clone(w.voters), nil
}

// hear says for how long controllers have fetched nothing.
func (w *world) hear(voters Voters) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.voters = voters
}

// hold gives a role to a node.
func (w *world) hold(role Role, node int32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.holders[role] = Holder{Node: node}
}

func (w *world) ElectUnclean(_ context.Context, p TopicPartition, _ PartitionState) error {
	return w.act("elect " + p.String())
}

// set changes a partition, as a cluster would that noticed something.
func (w *world) set(p TopicPartition, change func(*PartitionState)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state[p]
	change(&s)
	w.state[p] = s
}

func (w *world) count(change func(*Activity)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.activity)
}

// meetErrors has clients meet so many errors at a broker.
func meetErrors(broker int32, n int64) func(*Activity) {
	return func(a *Activity) {
		met := map[int32]int64{broker: n}
		for b, before := range a.ClientErrors {
			met[b] += before
		}
		a.ClientErrors = met // those that were told before stay as they were
	}
}

func (w *world) service(name string) *fakeService {
	s := &fakeService{w: w, name: name, up: true, since: time.Now(), startTakes: 250 * time.Millisecond}
	w.services[name] = s
	return s
}

type fakeService struct {
	w          *world
	name       string
	startTakes time.Duration

	mu    sync.Mutex
	up    bool
	since time.Time
}

func (s *fakeService) Name() string { return s.name }

func (s *fakeService) set(up bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up, s.since = up, time.Now()
}

func (s *fakeService) Running() (bool, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.up, s.since
}

func (s *fakeService) Crash(context.Context) error {
	if err := s.w.act("crash " + s.name); err != nil {
		return err
	}
	s.set(false)
	return nil
}

func (s *fakeService) Pause(context.Context) error   { return s.w.act("pause " + s.name) }
func (s *fakeService) Unpause(context.Context) error { return s.w.act("unpause " + s.name) }

func (s *fakeService) Start(ctx context.Context) error {
	if up, _ := s.Running(); up {
		return nil
	}
	if err := s.w.act("start " + s.name); err != nil {
		return err
	}
	select {
	case <-time.After(s.startTakes):
		s.set(true)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *fakeService) Restart(ctx context.Context) error {
	if err := s.w.act("restart " + s.name); err != nil {
		return err
	}
	s.set(false)
	return s.Start(ctx)
}

// injector is an injector on the world whose load has 100 records a second
// due, all of which are acked.
func (w *world) injector(faults ...Fault) *Injector {
	services := map[string]Service{}
	for name, s := range w.services {
		services[name] = s
	}
	for i := range faults {
		faults[i].Index = i
	}
	return New(faults, Config{
		Cluster: w, Facts: w, Nodes: []int32{1, 2, 3}, Racks: map[int32]string{1: "a", 2: "b", 3: "a"}, Seed: 1, Change: w.change, Services: services, Now: w.now,
		Activity: func() Activity {
			w.mu.Lock()
			defer w.mu.Unlock()
			a := w.activity
			a.Due += int64(w.now() / (10 * time.Millisecond))
			a.Acked += a.Due
			return a
		},
		Event:  func(e run.Event) { w.note("%s %d: %s", e.Kind, e.Fault, e.What) },
		Open:   func(at time.Duration) { w.note("open since %v", at) },
		Closed: func(at time.Duration) { w.note("closed since %v", at) },
	})
}

// play runs the injector for the length of a load and heals.
func (w *world) play(in *Injector, length time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), length)
	defer cancel()
	in.Run(ctx)
	if wait := length - w.now(); wait > 0 {
		time.Sleep(wait)
	}
	in.Heal(context.Background())
}

// results judges without any stand-still and without faults in the load.
func results(in *Injector) []run.Fault {
	return in.Results(func(_, _ time.Duration) Stand { return Stand{} }, func(Fault) LoadFacts { return LoadFacts{} })
}

func leaderOf(topic string, partition int32) Target {
	p := tp(topic, partition)
	return Target{LeaderOf: &p}
}

func followersOf(topic string, partition int32) Target {
	p := tp(topic, partition)
	return Target{FollowersOf: &p}
}

var errBroken = errors.New("the engine is gone")
