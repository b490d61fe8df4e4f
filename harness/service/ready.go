package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/secret"
)

// pollInterval is between two looks at a condition: short beside the time in
// which a service starts, long beside what a look costs it.
const pollInterval = 50 * time.Millisecond

// lookTimeout bounds one look.
const lookTimeout = 2 * time.Second

// condition is one thing to wait for: nil when it holds, else why not yet.
type condition struct {
	what string
	look func(ctx context.Context) error
}

// readiness are the conditions of one life of a service.
type readiness struct {
	timeout    time.Duration
	conditions []condition
}

// newReadiness is made before the service starts, so that no line of its log
// is missed.
func (p *Process) newReadiness() readiness {
	r := readiness{timeout: p.cfg.Ready.Timeout}
	add := func(what string, look func(context.Context) error) {
		r.conditions = append(r.conditions, condition{what, look})
	}
	ready := p.cfg.Ready
	if ready.TCP != "" {
		add("TCP "+ready.TCP, func(ctx context.Context) error { return lookTCP(ctx, ready.TCP) })
	}
	if ready.HTTP != "" {
		target := strings.TrimSuffix(p.cfg.URL, "/") + "/" + strings.TrimPrefix(ready.HTTP, "/")
		add("HTTP GET "+secret.Text(target), func(ctx context.Context) error { return lookHTTP(ctx, target) })
	}
	if ready.Group != "" {
		add("consumer group "+ready.Group, func(ctx context.Context) error { return lookGroup(ctx, p.deps.Group, ready.Group) })
	}
	if ready.Log != nil {
		matched := p.log.expect(ready.Log)
		add(fmt.Sprintf("a log line matching %q", ready.Log), func(context.Context) error {
			select {
			case <-matched:
				return nil
			default:
				return errors.New("no such line")
			}
		})
	}
	return r
}

// wait returns when all conditions held once, or an error when the service
// ended, ctx was done or the timeout passed before.
func (r readiness) wait(ctx context.Context, l *life) error {
	parent := ctx
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	for _, c := range r.conditions {
		var why error // of the last look that the end of the time did not cut short
		for {
			look, cancel := context.WithTimeout(ctx, lookTimeout)
			err := c.look(look)
			cancel()
			if err == nil {
				break
			}
			if why == nil || ctx.Err() == nil {
				why = err
			}
			select {
			case <-time.After(pollInterval):
			case <-l.over:
				return &EarlyEnd{Waiting: c.what}
			case <-ctx.Done():
				if parent.Err() != nil {
					return fmt.Errorf("not ready, waiting for %s: %w", c.what, parent.Err())
				}
				return fmt.Errorf("not ready after %s, waiting for %s: %w", r.timeout, c.what, why)
			}
		}
	}
	return nil
}

func lookTCP(ctx context.Context, addr string) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// readyClient keeps no connection that a crashed service would leave behind,
// and uses no proxy to a service on this host.
var readyClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func lookHTTP(ctx context.Context, target string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := readyClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %s", resp.Status)
	}
	return nil
}

func lookGroup(ctx context.Context, state GroupState, group string) error {
	members, s, err := state(ctx, group)
	switch {
	case err != nil:
		return err
	case members == 0:
		return errors.New("it has no member")
	case s != "Stable":
		return fmt.Errorf("it is %s with %d members", s, members)
	}
	return nil
}
