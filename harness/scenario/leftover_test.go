package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"testing"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/service"
)

// sweeping is a kind that leaves something where it is killed.
type sweeping struct{ anyBrokers }

func (s sweeping) Sweep(_ context.Context, log io.Writer) {
	_, _ = fmt.Fprintf(log, "swept %s\n", s.Kind())
}

// sweepingContainers are the same beside a cluster that is none of theirs.
type sweepingContainers struct{ service.Containers }

func (sweepingContainers) Sweep(_ context.Context, log io.Writer) {
	_, _ = fmt.Fprintln(log, "swept containers")
}

// TestRunSweeps: a run has all kinds that it was given sweep, its own or not,
// when it begins its record.
func TestRunSweeps(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	for _, tt := range []struct {
		containers service.Containers
		want       string
	}{
		{nil, "swept docker\n"},
		{sweepingContainers{}, "swept docker\nswept containers\n"},
	} {
		var log bytes.Buffer
		x := &execution{config: config{
			kind: cluster.Embedded, log: &log, containers: tt.containers,
			providers: []cluster.Provider{anyBrokers(cluster.Embedded), sweeping{anyBrokers(cluster.Docker)}},
		}}
		x.info.ID = "a-run"
		x.keepRecord()
		if err := x.record.Close(false, false, false); err != nil {
			t.Fatal(err)
		}
		if log.String() != tt.want {
			t.Errorf("got %q, want %q", log.String(), tt.want)
		}
	}
}

// noContainers keeps what it is asked to run, and refuses.
type noContainers struct{ asked service.Container }

func (c *noContainers) Run(_ context.Context, asked service.Container) (service.Runner, error) {
	c.asked = asked
	return nil, errors.New("none today")
}

// TestContainerBearsItsRun, so that what removes it can say whose it was.
func TestContainerBearsItsRun(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	s, findings := Parse("s.yaml", []byte("weir: scenario/v1\nname: n\nload: [{topic: t, payload: {size: 9}, profile: [{hold: 9/s, for: 1s}]}]\nservices: [{name: s, image: i}]\n"))
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	containers := &noContainers{}
	result, err := Run(t.Context(), s, With(embedded.Provider()), Containers(containers), Dir(filepath.Join(t.TempDir(), "run")))
	if result == nil {
		t.Fatal(err)
	}
	if want := map[string]string{"weir.run": result.Run.ID}; !maps.Equal(containers.asked.Labels, want) {
		t.Errorf("the labels are %v, want %v (%v)", containers.asked.Labels, want, err)
	}
}
