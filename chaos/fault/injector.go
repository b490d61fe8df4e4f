package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/reports/run"
)

// Facts tells the injector what the cluster says of the run's partitions, and
// of its brokers.
type Facts interface {
	State(ctx context.Context) (State, error)
	// Holder is the node that has a role, as those brokers say that are not past.
	Holder(ctx context.Context, role Role, past []int32) (Holder, error)
	// Voters are the controllers, as the active one tells those brokers.
	Voters(ctx context.Context, past []int32) (Voters, error)
	// ElectUnclean asks for an election in which any live replica may win.
	// before is what the partition was.
	ElectUnclean(ctx context.Context, tp TopicPartition, before PartitionState) error
}

// Config is what an Injector works with.
type Config struct {
	// Cluster has those of the node interfaces that its kind can do.
	Cluster any
	Facts   Facts
	Nodes   []int32
	// Racks are those of the nodes that are in one.
	Racks map[int32]string
	// Seed is what the drawing of brokers comes from.
	Seed     uint64
	Services map[string]Service
	// Spoil puts a rule in force at the proxy. It is needed for faults on
	// connections only.
	Spoil func(proxy.Rule) (Spoiled, error)
	// Change makes the change of a fault on topics or quotas. What was
	// touched can be undone also where it errs.
	Change func(context.Context, Fault) (Changed, error)
	// Now is the time since the load began.
	Now func() time.Duration
	// Lag is that of a group, in records; known is false where nobody can
	// tell. It is needed for conditions on it only.
	Lag func(group string) (records int64, known bool)
	// Activity reads the run's counters.
	Activity func() Activity
	// Event receives what happens, for the timeline. It may be called from
	// several goroutines.
	Event func(run.Event)
	// Open and Closed are told when the number of open faults leaves and
	// reaches zero, so that the phases of a run follow what really happened.
	// They are called one at a time and in order of time, and must not call
	// the injector.
	Open, Closed func(at time.Duration)
}

// Injector runs a schedule of faults. Faults may overlap; each is healed by
// its own schedule, and Heal ends what is still open.
type Injector struct {
	cfg    Config
	mu     sync.Mutex
	open   int
	states []*injection
}

// injection is one fault of a run, from its start to its healing.
type injection struct {
	fault Fault
	// due is when it is to begin: its time, or when its condition came true.
	due    time.Duration
	result run.Fault
	nodes  []int32
	// stopped is the node whose turn it is in a rolling restart.
	stopped []int32
	before  Activity
	// during is the activity just before the fault was healed.
	during   Activity
	evidence *brokerEvidence
	roles    []*held
	// rule is that of a fault on connections, spoiled what became of it.
	rule    *proxy.Rule
	spoiled Spoiled
	// changed is what a fault on topics or quotas did.
	changed Changed
	// started: the target was about to suffer; injected: it did, as the
	// engine says; released: the fault holds its target no more; done: it
	// was healed, at ended, or healing it failed.
	started, injected, released, done bool
	ended                             time.Duration
	healing                           sync.Once
}

// New returns an injector of the faults, which must have passed Check.
func New(faults []Fault, cfg Config) *Injector {
	in := &Injector{cfg: cfg}
	for _, f := range faults {
		_, simulated := cfg.Cluster.(Simulator)
		s := &injection{fault: f, due: f.At, result: run.Fault{
			Index: f.Index, What: f.String(), Kind: string(f.Kind), Target: f.target(),
			Always: f.Always, Start: f.At, Simulated: simulated && f.Kind.OnBrokers(),
		}}
		if f.When != nil {
			s.result.When = f.When.String()
		}
		in.states = append(in.states, s)
	}
	return in
}

// Run injects each fault at its time and heals it after its time; it returns
// when all are done or ctx ends. Faults without an end stay open until Heal.
func (in *Injector) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range in.states {
		if s.fault.Kind.InLoad() {
			continue
		}
		wg.Go(func() { in.play(ctx, s) })
	}
	wg.Wait()
}

func (in *Injector) play(ctx context.Context, s *injection) {
	if !in.await(ctx, s) {
		return
	}
	if err := in.begin(ctx, s); err != nil {
		if !s.started && ctx.Err() != nil {
			return // the load ended while the target was looked up
		}
		in.fail(s, err)
		return
	}
	end, heals := s.fault.heals()
	until := s.result.Start + end
	switch {
	case s.fault.Kind == Restart || s.fault.Kind == RollingRestart:
		until = 0 // it is over as soon as all is up again
	case s.fault.Kind == ElectUnclean:
		until = in.cfg.Now() + settle
	case s.fault.momentary():
		until = in.cfg.Now() + resetSettle
	case !heals:
		until = time.Duration(1<<63 - 1)
	}
	in.watch(ctx, s, until)
	if ctx.Err() == nil || s.fault.momentary() {
		in.finish(context.WithoutCancel(ctx), s)
		in.lookBack(ctx, s)
	}
}

// await returns true when the fault is to begin, and false when it is not to.
func (in *Injector) await(ctx context.Context, s *injection) bool {
	if s.fault.When != nil {
		return in.awaitCondition(ctx, s)
	}
	return in.sleepUntil(ctx, s.fault.At)
}

// OpenFaults names the faults that are open.
func (in *Injector) OpenFaults() []string {
	in.mu.Lock()
	defer in.mu.Unlock()
	var open []string
	for _, s := range in.states {
		if s.started && !s.done {
			open = append(open, s.result.What)
		}
	}
	return open
}

// Open says of each fault, in the order of the run's faults, whether it is open.
func (in *Injector) Open() []bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	open := make([]bool, len(in.states))
	for i, s := range in.states {
		open[i] = s.started && !s.done
	}
	return open
}

// settle is how long the injector looks for the traces of an election, which
// is over as soon as it has begun.
const settle = 5 * time.Second

// watchEvery is how often the injector asks the cluster for its state, and
// lookTimeout how long one answer may take.
const (
	watchEvery  = 200 * time.Millisecond
	lookTimeout = time.Second
)

func (in *Injector) sleepUntil(ctx context.Context, at time.Duration) bool {
	timer := time.NewTimer(at - in.cfg.Now())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// watch collects evidence until a time or until ctx ends.
func (in *Injector) watch(ctx context.Context, s *injection, until time.Duration) {
	for in.cfg.Now() < until {
		if s.evidence != nil {
			in.observe(ctx, s, until-in.cfg.Now())
		}
		if !in.sleepUntil(ctx, min(in.cfg.Now()+watchEvery, until)) {
			return
		}
	}
}

// observe looks at the cluster once, and says whether it answered. A cluster
// that does not must not hold up the healing, so a look takes no longer than
// what is left until then; one that was cut short says nothing.
func (in *Injector) observe(ctx context.Context, s *injection, left time.Duration) (State, bool) {
	look, cancel := context.WithTimeout(ctx, min(lookTimeout, left))
	defer cancel()
	state, err := in.cfg.Facts.State(look)
	in.lookForRoles(look, s)
	in.lookAtVoters(look, s)
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case err == nil:
		s.evidence.observe(state)
	case ctx.Err() == nil && (look.Err() == nil || left >= lookTimeout):
		s.evidence.unreach = true
	}
	return state, err == nil
}

// begin resolves the target, notes the facts before, and injects.
func (in *Injector) begin(ctx context.Context, s *injection) error {
	if err := in.aim(ctx, s); err != nil {
		return err
	}
	in.mu.Lock()
	s.before = in.cfg.Activity()
	s.result.Start = in.cfg.Now()
	s.started = true
	if in.open++; in.open == 1 && in.cfg.Open != nil {
		in.cfg.Open(s.result.Start)
	}
	in.mu.Unlock()
	in.event(s, "fault", s.result.What)
	// What has begun is not broken off half-way when the load ends.
	act := func() error { return in.inject(context.WithoutCancel(ctx), s) }
	if s.fault.Kind == RollingRestart {
		act = func() error { return in.roll(ctx, s) } // which can end between two nodes
	}
	if err := act(); err != nil {
		return err
	}
	outvoted := in.outvoted(s.fault)
	in.mu.Lock()
	defer in.mu.Unlock()
	s.injected = true
	s.result.Evidence = append(s.result.Evidence, outvoted...)
	return nil
}

// aim finds the target and notes what it was like before. An error means that
// nothing was touched, and that there is nothing to heal.
func (in *Injector) aim(ctx context.Context, s *injection) error {
	if s.fault.Kind.OnLinks() {
		return in.aimLink(ctx, s)
	}
	if s.fault.Kind.Changes() {
		return in.aimChange(ctx, s)
	}
	if !s.fault.Kind.OnBrokers() {
		service := in.cfg.Services[s.fault.Target.Service]
		up, since := service.Running()
		if !up {
			return fmt.Errorf("%s was already down", service.Name())
		}
		s.result.Evidence = append(s.result.Evidence, fmt.Sprintf("%s had been up for %s", service.Name(), time.Since(since).Round(time.Millisecond)))
		if s.fault.BeforeCommit {
			return in.awaitCommit(ctx, s)
		}
		return nil
	}
	before, err := in.cfg.Facts.State(ctx)
	if err != nil {
		return fmt.Errorf("the cluster's state before the fault: %w", err)
	}
	if err := in.find(ctx, s, before); err != nil {
		return err
	}
	s.evidence = newBrokerEvidence(s.nodes, before, s.roles)
	s.evidence.apart = s.fault.Kind == Isolate
	if s.fault.Kind == Isolate && s.fault.Network == ControllerLink || len(s.fault.Target.Controllers) > 0 {
		in.watchController(ctx, s)
	}
	if _, separate := in.controllers(); separate && s.fault.Target.OnControllers() {
		if err := in.watchVoters(ctx, s); err != nil {
			return err
		}
	}
	if s.fault.Kind == ElectUnclean {
		// An election is of one partition, whatever else its leader led.
		tp := *s.fault.Target.Partition
		s.evidence.before = State{tp: before[tp]}
	}
	return nil
}

// find finds the brokers that suffer, and says which they are.
func (in *Injector) find(ctx context.Context, s *injection, state State) error {
	target, holder := s.fault.Target, Holder{Node: -1}
	if target.Role != nil {
		var err error
		if holder, err = in.cfg.Facts.Holder(ctx, *target.Role, nil); err != nil {
			return fmt.Errorf("who is %s: %w", target.Role, err)
		}
		s.roles = append(s.roles, &held{role: *target.Role, before: holder})
	}
	var err error
	if s.nodes, err = in.brokers(target, s.fault.Index, state, holder); err != nil {
		return err
	}
	if !target.told() && s.fault.Kind != ElectUnclean {
		s.result.What = fmt.Sprintf("%s (%s)", s.fault, in.named(s.nodes))
	}
	return nil
}

func (in *Injector) inject(ctx context.Context, s *injection) error {
	c := in.cfg.Cluster
	switch s.fault.Kind {
	case Kill:
		return each(s.nodes, func(n int32) error { return c.(Killer).Kill(ctx, n) })
	case Stop:
		return each(s.nodes, func(n int32) error { return c.(Stopper).Stop(ctx, n) })
	case Pause:
		return each(s.nodes, func(n int32) error { return c.(Pauser).Pause(ctx, n) })
	case Wipe:
		return each(s.nodes, func(n int32) error {
			if err := c.(Killer).Kill(ctx, n); err != nil {
				return err
			}
			return c.(Wiper).Wipe(ctx, n)
		})
	case FillDisk:
		return each(s.nodes, func(n int32) error { return c.(DiskFiller).FillDisk(ctx, n) })
	case Isolate:
		return each(s.nodes, func(n int32) error { return c.(Isolator).Isolate(ctx, n, s.fault.Network) })
	case ElectUnclean:
		tp := *s.fault.Target.Partition
		return in.cfg.Facts.ElectUnclean(ctx, tp, s.evidence.before[tp])
	case Crash:
		err := in.cfg.Services[s.fault.Target.Service].Crash(ctx)
		return errors.Join(err, in.loseCommit(s))
	case Restart:
		return in.cfg.Services[s.fault.Target.Service].Restart(ctx)
	case PauseService:
		return in.cfg.Services[s.fault.Target.Service].(ServicePauser).Pause(ctx)
	case Cut, Reset, Latency, Bandwidth, Reply:
		return in.spoil(s)
	case DeleteTopic, AlterTopic, SetQuota:
		return in.change(ctx, s)
	}
	return fmt.Errorf("%s is no fault that is injected", s.fault.Kind)
}

// each acts on all nodes at once: a pause of all brokers must not be a slow
// wave over them.
func each(nodes []int32, act func(int32) error) error {
	errs := make([]error, len(nodes))
	var wg sync.WaitGroup
	for i, n := range nodes {
		wg.Go(func() { errs[i] = act(n) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (in *Injector) event(s *injection, kind, what string) {
	if in.cfg.Event != nil {
		in.cfg.Event(run.Event{At: in.cfg.Now(), Kind: kind, What: what, Fault: s.fault.Index})
	}
}

func (in *Injector) fail(s *injection, err error) {
	// What several brokers answered is one line of a report.
	what := strings.ReplaceAll(err.Error(), "\n", "; ")
	in.mu.Lock()
	s.result.Error = what
	started := s.started
	in.mu.Unlock()
	in.event(s, "fault", fmt.Sprintf("%s failed: %s", s.fault, what))
	if started {
		in.finish(context.Background(), s)
	}
}
