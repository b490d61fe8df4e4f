package service

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"testing"
)

// engine is a container engine without containers.
type engine struct{ runs []*container }

type container struct {
	Container
	done chan struct{}
	exit Exit
}

func (e *engine) Run(_ context.Context, c Container) (Runner, error) {
	r := &container{Container: c, done: make(chan struct{})}
	e.runs = append(e.runs, r)
	_, _ = fmt.Fprintln(c.Log, "life", len(e.runs))
	return r, nil
}

func (c *container) end(exit Exit) error {
	select {
	case <-c.done:
	default:
		c.exit = exit
		close(c.done)
	}
	return nil
}

func (c *container) Terminate(context.Context) error { return c.end(Exit{143, "exit status 143"}) }
func (c *container) Kill(context.Context) error      { return c.end(Exit{137, "exit status 137"}) }
func (c *container) Done() <-chan struct{}           { return c.done }
func (c *container) Exit() Exit                      { return c.exit }

func TestContainerIsAServiceLikeAnyOther(t *testing.T) {
	cfg := config(t, "")
	cfg.Command = nil
	cfg.Image, cfg.Args, cfg.Network, cfg.Port = "acme/orders:1", []string{"-v"}, "weir-1-svc", 24680
	cfg.Labels = map[string]string{"weir.run": "1"}
	cfg.Ready.Log = regexp.MustCompile(`^life \d$`)
	e := &engine{}
	p := mustStart(t, cfg, Deps{Containers: e})

	want := Container{Name: "orders", Image: cfg.Image, Args: cfg.Args, Env: cfg.Env, Network: cfg.Network, Port: cfg.Port, Labels: cfg.Labels, Log: p.log}
	if got := e.runs[0].Container; !reflect.DeepEqual(got, want) {
		t.Errorf("ran %+v\nwant %+v", got, want)
	}
	if err := p.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = e.runs[2].end(Exit{1, "exit status 1"})
	if d := <-p.Died(); d.Exit.Code != 1 {
		t.Errorf("died %+v", d)
	}
	equal(t, p.Tail(3), []string{"life 1", "life 2", "life 3"})
	equal(t, marks(t, cfg.LogFile), []string{
		"start 1", "crash: exit status 137", "start 2", "restart: exit status 143", "start 3", "ended by itself: exit status 1",
	})
	if info := p.Info(); info.Kind != "image" || info.Command != "acme/orders:1 -v" || info.Restarts != 2 {
		t.Errorf("Info() = %+v", info)
	}
}
