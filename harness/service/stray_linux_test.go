package service

import (
	"context"
	"regexp"
	"testing"
)

// TestStopWaitsForNoStray: once ctx has ended the output of what left the
// process group is not waited for.
func TestStopWaitsForNoStray(t *testing.T) {
	for name, want := range map[string][]string{"in time": {"up", "late"}, "at once": {"up"}} {
		t.Run(name, func(t *testing.T) {
			p := mustStart(t, Config{
				Name:    "stray",
				Command: []string{"sh", "-c", "setsid sh -c 'sleep 1; echo late' & echo up; exec sleep 600"},
				Ready:   Ready{Log: regexp.MustCompile("^up$")},
			}, Deps{})
			ctx, cancel := context.WithCancel(t.Context())
			if name == "at once" {
				cancel()
			}
			defer cancel()
			if err := p.Stop(ctx); err != nil {
				t.Fatal(err)
			}
			equal(t, p.Tail(10), want)
		})
	}
}
