package harness

import (
	"context"
	"io"
	"testing"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/external"
)

// TestKindInForce: the environment chooses the cluster where the test does not,
// and addresses alone mean one that is there.
func TestKindInForce(t *testing.T) {
	for _, tt := range []struct {
		cluster, bootstrap string
		options            []Option
		want               string
	}{
		{"", "", nil, "embedded"},
		{"docker", "", nil, "docker"},
		{"", "a:9092", nil, "external"},
		{"docker", "a:9092", nil, "docker"},
		{"docker", "a:9092", []Option{Kind("embedded")}, "embedded"},
	} {
		t.Setenv(envCluster, tt.cluster)
		t.Setenv(envBootstrap, tt.bootstrap)
		if got := newConfig(tt.options).spec.Kind; got != tt.want {
			t.Errorf("%s=%s %s=%s: %s, want %s", envCluster, tt.cluster, envBootstrap, tt.bootstrap, got, tt.want)
		}
	}
	t.Setenv(envCluster, "external")
	c := newConfig([]Option{Brokers(5), BrokerConfig(map[string]string{"min.insync.replicas": "2"})})
	if spec, _ := c.provider(t); spec.Brokers != 0 || spec.Config != nil {
		t.Errorf("on external: %+v", spec)
	}
}

// sweeping is a kind of cluster that leaves something where it is killed.
type sweeping struct {
	cluster.Provider
	swept *int
}

func (s sweeping) Sweep(context.Context, io.Writer) { *s.swept++ }

// TestRunSweeps: a test on embedded brokers has other kinds sweep that it was
// given.
func TestRunSweeps(t *testing.T) {
	t.Setenv(envCluster, "")
	t.Setenv(envBootstrap, "")
	swept := 0
	Run(t, With(sweeping{external.Provider(), &swept}))
	if swept != 1 {
		t.Errorf("swept %d times, want once", swept)
	}
}
