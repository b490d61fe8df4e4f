package docker

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/cluster"
)

// shared is the cluster of three brokers that the specs use one after the
// other. Each leaves it whole.
var (
	shared      *Cluster
	sharedReady time.Duration
)

// sharedRun is a name of this process alone: a suite that was killed leaves
// networks behind, whose names must not be those of the next one.
var sharedRun = fmt.Sprintf("docker-specs-%d", os.Getpid())

// failover are the settings with which a lost leader costs seconds, not ten,
// and a lost follower too.
var failover = map[string]string{"broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500", "replica.lag.time.max.ms": "2000"}

// TestMain makes the test binary a program of its own where childEnv is set.
func TestMain(m *testing.M) {
	if mode := os.Getenv(childEnv); mode != "" {
		os.Exit(child(mode))
	}
	os.Exit(m.Run())
}

func TestDocker(t *testing.T) {
	RegisterFailHandler(Fail)
	e, err := connect(t.Context())
	if err != nil {
		if os.Getenv("WEIR_REQUIRE_DOCKER") == "1" {
			t.Fatalf("WEIR_REQUIRE_DOCKER=1: %v", err)
		}
		t.Skipf("no container engine: %v", err)
	}
	defer func() { _ = e.Close() }()
	// The specs' leases are not those of the user who runs them.
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	RunSpecs(t, "docker", Label("docker"))
}

var _ = BeforeSuite(func(ctx context.Context) {
	began := time.Now()
	c, err := Provider().Start(ctx, cluster.Spec{RunID: sharedRun, Config: failover, DiskBytes: 256 << 20, Racks: []string{"a", "b", "c"}, Log: GinkgoWriter, LogDir: GinkgoT().TempDir()})
	Expect(err).NotTo(HaveOccurred())
	sharedReady = time.Since(began)
	AddReportEntry("cluster of 3 ready", sharedReady.String(), ReportEntryVisibilityAlways)
	shared = c.(*Cluster)
}, NodeTimeout(5*time.Minute))

var _ = AfterSuite(func(ctx context.Context) {
	if shared == nil {
		return
	}
	Expect(shared.Close(ctx)).To(Succeed())
	Expect(shared.Close(ctx)).To(Succeed(), "second Close")
	Expect(leftOf(ctx, sharedRun)).To(BeEmpty(), "what Close left behind")
}, NodeTimeout(time.Minute))

// leftOf names everything that carries a run's labels.
func leftOf(ctx context.Context, runID string) ([]string, error) {
	e, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = e.Close() }()
	all, err := e.list(ctx)
	var left []string
	for _, l := range all {
		if l.RunID == runID {
			left = append(append(append(left, l.Containers...), l.Networks...), l.Volumes...)
		}
	}
	return left, err
}
