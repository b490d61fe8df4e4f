package service_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness/service"
)

// startFunction starts a service that is f, ready at once.
func startFunction(t *testing.T, f service.Function) *service.Process {
	t.Helper()
	p, err := service.Start(t.Context(), service.Config{Name: "f", Function: f, Env: map[string]string{"NAME": "value"}}, service.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestAFunctionRunsUntilItIsAskedToEnd(t *testing.T) {
	lives := make(chan string, 2)
	p := startFunction(t, func(ctx context.Context, env func(string) string) error {
		lives <- env("NAME") + env("PATH")
		<-ctx.Done()
		return ctx.Err()
	})
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := <-lives; got != "value" {
			t.Errorf("its environment is %q, want what was given and no more", got)
		}
	}
	want := "service f: crash: a Go function runs its deferred calls and is no crash; start it as a program"
	if err := p.Crash(t.Context()); err == nil || err.Error() != want {
		t.Errorf("crash: %v, want %s", err, want)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, died := <-p.Died(); died {
		t.Errorf("an end that was asked for is a death: %s", d)
	}
	if got := p.Info().Kind; got != service.KindFunction {
		t.Errorf("kind %s, want function", got)
	}
}

func TestAFunctionDies(t *testing.T) {
	for name, test := range map[string]struct {
		f    service.Function
		want string
	}{
		"by returning": {func(context.Context, func(string) string) error { return nil }, "service f ended by itself: it returned"},
		"of an error":  {func(context.Context, func(string) string) error { return errors.New("no luck") }, "service f ended by itself: it returned: no luck"},
		"of a panic":   {func(context.Context, func(string) string) error { panic("no luck") }, "service f ended by itself: it returned: panic: no luck"},
	} {
		t.Run(name, func(t *testing.T) {
			p := startFunction(t, test.f)
			select {
			case d := <-p.Died():
				if got, _, _ := strings.Cut(d.String(), "\n"); got != test.want {
					t.Errorf("died: %s, want %s", got, test.want)
				}
			case <-time.After(time.Minute):
				t.Error("its death is not told")
			}
		})
	}
}

func TestAFunctionAndAProgramAreRefused(t *testing.T) {
	f := func(context.Context, func(string) string) error { return nil }
	_, err := service.Start(t.Context(), service.Config{Name: "f", Function: f, Command: []string{"x"}}, service.Deps{})
	if want := "service f: has a function and a command or an image; remove one"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestAFunctionThatDoesNotReturn(t *testing.T) {
	release := make(chan struct{})
	p, err := service.Start(t.Context(), service.Config{
		Name: "f", Grace: time.Millisecond,
		Function: func(context.Context, func(string) string) error { <-release; return nil },
	}, service.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	want := "service f: it has not returned, 1ms after its context ended; what cannot end in time is started as a program: context deadline exceeded"
	if err := p.Stop(t.Context()); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	close(release)
	if err := p.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
