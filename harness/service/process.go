package service

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/reports/run"
)

// Process is a started service, a process or a container. Its methods may be
// called at the same time; those that start or end it wait for each other.
type Process struct {
	cfg  Config
	deps Deps
	log  *log
	died chan Death

	// quit is canceled by Stop, so that it does not wait for a start.
	quit     context.Context
	quitting context.CancelFunc

	ops sync.Mutex // held while the service is being started or ended

	mu       sync.Mutex // guards what follows
	life     *life      // the last one; nil before the first
	since    time.Time
	starts   int
	deaths   int
	lastDead Death
	stopped  bool
}

// life is one start of the service.
type life struct {
	runner Runner
	asked  string        // who asked for its end: "crash", "restart", "stop"; empty: nobody
	over   chan struct{} // closed when the end was recorded
}

var _ fault.Service = (*Process)(nil)

// Start starts a service and waits until it is ready. ctx bounds the start
// alone; the service goes on until Stop. If Start errs, nothing runs; of a
// service that ended by itself before it was ready it tells with an *EarlyEnd.
func Start(ctx context.Context, cfg Config, deps Deps) (*Process, error) {
	if err := cfg.check(deps); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	l, err := openLog(cfg.LogFile, cfg.Started)
	if err != nil {
		return nil, fmt.Errorf("service %s: %w", cfg.Name, err)
	}
	p := &Process{cfg: cfg, deps: deps, log: l, died: make(chan Death, 16)}
	p.quit, p.quitting = context.WithCancel(context.Background())
	if err := p.Start(ctx); err != nil {
		return nil, errors.Join(err, p.Stop(context.WithoutCancel(ctx)))
	}
	return p, nil
}

// Name is the service's name.
func (p *Process) Name() string { return p.cfg.Name }

// URL is where the service listens; empty if it was not declared.
func (p *Process) URL() string { return p.cfg.URL }

// Running says whether the service is up, ready or not, and since when.
func (p *Process) Running() (up bool, since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current() != nil, p.since
}

// current is the life that goes on, or nil; p.mu is held.
func (p *Process) current() *life {
	if p.life == nil {
		return nil
	}
	select {
	case <-p.life.over:
		return nil
	default:
		return p.life
	}
}

// Start starts the service if it is down, and waits until it is ready. If it
// does not become ready it is killed again.
func (p *Process) Start(ctx context.Context) error {
	p.ops.Lock()
	defer p.ops.Unlock()
	return p.start(ctx)
}

func (p *Process) start(ctx context.Context) error {
	p.mu.Lock()
	running, stopped, n := p.current() != nil, p.stopped, p.starts+1
	p.mu.Unlock()
	if running {
		return nil
	}
	if stopped {
		return fmt.Errorf("service %s: was stopped for good", p.cfg.Name)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.quit, cancel)()

	ready := p.newReadiness()
	p.log.mark("start %d", n)
	r, err := p.launch(ctx)
	if err != nil {
		p.log.mark("start %d failed", n)
		return fmt.Errorf("service %s: %w", p.cfg.Name, err)
	}
	l := &life{runner: r, over: make(chan struct{})}
	p.mu.Lock()
	p.life, p.starts, p.since = l, n, time.Now()
	p.mu.Unlock()
	go p.watch(l)
	if err := ready.wait(ctx, l); err != nil {
		tail := indented(p.log.tail(lastLines))
		if p.ask("not ready") != nil {
			err = errors.Join(err, p.kill(context.WithoutCancel(ctx), l))
		}
		if early := (*EarlyEnd)(nil); errors.As(err, &early) {
			early.Info = p.Info()
			p.mu.Lock()
			early.Death = p.lastDead
			p.mu.Unlock()
		}
		return fmt.Errorf("service %s: %w%s", p.cfg.Name, err, tail)
	}
	return nil
}

// launch is where processes and containers differ.
func (p *Process) launch(ctx context.Context) (Runner, error) {
	c := &p.cfg
	switch {
	case c.Function != nil:
		return startFunction(c, p.log), nil
	case c.Image == "":
		started, err := startProcess(c, p.log)
		if err != nil {
			return nil, err
		}
		if p.deps.Started != nil {
			p.deps.Started(started.cmd.Process.Pid)
		}
		return started, nil
	}
	return p.deps.Containers.Run(ctx, Container{
		Name: c.Name, Image: c.Image, Args: c.Args, Env: c.Env,
		Network: c.Network, Port: c.Port, Labels: c.Labels, Log: p.log,
	})
}

// watch records the end of a life.
func (p *Process) watch(l *life) {
	<-l.runner.Done()
	exit := l.runner.Exit()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since = time.Now()
	if l.asked != "" {
		p.log.mark("%s: %s", l.asked, exit.Reason)
	} else {
		d := Death{Service: p.cfg.Name, At: p.since, Exit: exit, LastLines: p.log.tail(lastLines)}
		p.log.mark("ended by itself: %s", exit.Reason)
		p.deaths++
		p.lastDead = d
		select {
		case p.died <- d:
		default: // nobody reads; Info still tells of the last one
		}
	}
	close(l.over)
}

// Crash ends the service with SIGKILL and returns when it is gone, with
// everything in its process group. A service that is down cannot crash, nor can
// a Function: that is an error, as the fault would not bite.
func (p *Process) Crash(ctx context.Context) error {
	if p.cfg.Function != nil {
		return fmt.Errorf("service %s: crash: a Go function runs its deferred calls and is no crash; start it as a program", p.cfg.Name)
	}
	p.ops.Lock()
	defer p.ops.Unlock()
	l := p.ask("crash")
	if l == nil {
		return fmt.Errorf("service %s: crash: it is not running", p.cfg.Name)
	}
	return p.kill(ctx, l)
}

// Restart ends the service with SIGTERM, after Config.Grace with SIGKILL, and
// starts it again. A service that is down is started.
func (p *Process) Restart(ctx context.Context) error {
	p.ops.Lock()
	defer p.ops.Unlock()
	if l := p.ask("restart"); l != nil {
		if err := p.end(ctx, l); err != nil {
			return err
		}
	}
	return p.start(ctx)
}

// Stop ends the service for good, in an orderly way; when ctx ends, with
// SIGKILL, and with that alone if ctx has ended before. It closes the log and the channel of Died, and is safe to call
// twice.
func (p *Process) Stop(ctx context.Context) error {
	p.quitting()
	p.ops.Lock()
	defer p.ops.Unlock()
	var err error
	if l := p.ask("stop"); l != nil {
		err = p.end(ctx, l)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped || err != nil {
		return err
	}
	p.stopped = true
	close(p.died)
	if err := p.log.close(); err != nil {
		return fmt.Errorf("service %s: close its log: %w", p.cfg.Name, err)
	}
	return nil
}

// ask notes who asks for the end of the life that goes on, and returns it;
// nil if there is none.
func (p *Process) ask(who string) *life {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.current()
	if l != nil {
		l.asked = who
	}
	return l
}

// end ends a life in an orderly way, or after the grace period at once.
func (p *Process) end(ctx context.Context, l *life) error {
	grace := time.NewTimer(p.cfg.Grace)
	defer grace.Stop()
	if ctx.Err() == nil && l.runner.Terminate(ctx) == nil {
		select {
		case <-l.over:
			return nil
		case <-grace.C:
		case <-ctx.Done():
		}
	}
	if started, is := l.runner.(*process); is && ctx.Err() != nil {
		started.hurried.Store(true)
	}
	return p.kill(context.WithoutCancel(ctx), l)
}

// killTimeout bounds the wait for something that got SIGKILL: it is exceeded
// where the kernel or an engine hangs.
const killTimeout = 30 * time.Second

func (p *Process) kill(ctx context.Context, l *life) error {
	timeout, still := killTimeout, "still there after SIGKILL"
	if p.cfg.Function != nil { // which nothing can kill
		timeout = time.Second
		still = fmt.Sprintf("it has not returned, %s after its context ended; what cannot end in time is started as a program", p.cfg.Grace)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := l.runner.Kill(ctx); err != nil {
		return fmt.Errorf("service %s: kill: %w", p.cfg.Name, err)
	}
	select {
	case <-l.over:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("service %s: %s: %w", p.cfg.Name, still, ctx.Err())
	}
}

// Died delivers each end that nobody asked for. It is closed by Stop. Up to
// 16 deaths wait for a reader.
func (p *Process) Died() <-chan Death { return p.died }

// Restarts counts the starts after the first.
func (p *Process) Restarts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, p.starts-1)
}

// Tail returns the last n lines of the service's log, at most 200 and without
// the marks that separate its lives.
func (p *Process) Tail(n int) []string { return p.log.tail(n) }

// Info describes the service for the report.
func (p *Process) Info() run.Service {
	info := p.cfg.info()
	p.mu.Lock()
	defer p.mu.Unlock()
	info.Restarts = max(0, p.starts-1)
	if p.deaths > 0 {
		info.Died = fmt.Sprintf("%s: %s", p.lastDead.At.UTC().Format(time.RFC3339Nano), p.lastDead.Exit.Reason)
		info.LastLines = p.lastDead.LastLines
	}
	return info
}

// indented renders log lines below an error.
func indented(lines []string) string {
	if len(lines) == 0 {
		return "; it wrote nothing"
	}
	return "; its last lines:\n\t" + strings.Join(lines, "\n\t")
}
