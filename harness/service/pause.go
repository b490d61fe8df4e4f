package service

import (
	"context"
	"fmt"
	"runtime"

	"github.com/flowweir/weir/chaos/fault"
)

var _ fault.ServicePauser = (*Process)(nil)

// Pausable says whether services of a kind can be paused here: processes, on
// systems that have signals.
func Pausable(kind string) bool {
	return (kind == KindBuild || kind == KindCommand) && runtime.GOOS != "windows"
}

// Pause freezes the service with its process group (SIGSTOP). It counts as up
// meanwhile. A service that is down cannot be paused.
func (p *Process) Pause(context.Context) error {
	p.ops.Lock()
	defer p.ops.Unlock()
	r, err := p.frozen()
	if err != nil {
		return fmt.Errorf("service %s: pause: %w", p.cfg.Name, err)
	}
	if r == nil {
		return fmt.Errorf("service %s: pause: it is not running", p.cfg.Name)
	}
	p.log.mark("paused")
	return pauseGroup(r.cmd.Process)
}

// Unpause lets a paused service go on (SIGCONT).
func (p *Process) Unpause(context.Context) error {
	p.ops.Lock()
	defer p.ops.Unlock()
	r, err := p.frozen()
	if err != nil || r == nil {
		return err
	}
	p.log.mark("goes on")
	return unpauseGroup(r.cmd.Process)
}

// frozen is the process that goes on, nil where there is none.
func (p *Process) frozen() (*process, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.current()
	if l == nil {
		return nil, nil
	}
	r, ok := l.runner.(*process)
	if !ok {
		return nil, fmt.Errorf("it is no process of this machine")
	}
	return r, nil
}
