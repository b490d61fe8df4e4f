package harness

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/run"
)

// Shared is a cluster that the tests of a package share, at the same time if
// they are parallel. It starts when the first of them needs it:
//
//	var brokers = harness.Share(harness.With(docker.Provider()))
//
//	func TestMain(m *testing.M) { os.Exit(brokers.Main(m)) }
//
//	func TestPayment(t *testing.T) {
//		t.Parallel()
//		c := harness.Run(t, harness.On(brokers), harness.Contracts("."))
//
// Each Run has topics and groups of its own: on the cluster they bear a
// prefix, which a service takes from its environment as
// {{.Topic "order.events"}} and {{.Group "payment-service"}}. In the test
// itself everything has the contracts' names. What a Run created is deleted
// when its test ends.
//
// It is for brokers that take seconds to start. An embedded cluster takes less
// than a millisecond and keeps the real names: there a fresh one for each test
// is the better choice.
type Shared struct {
	options []Option

	mu sync.Mutex
	up cluster.Cluster
	// err is why it did not start: no test tries again.
	err error
}

// Share declares a shared cluster by the options that say what it is: With,
// Kind, Brokers, BrokerConfig.
func Share(options ...Option) *Shared { return &Shared{options: options} }

// On runs a test on a shared cluster. Options that say what the cluster is
// have no meaning beside it; they belong to Share.
func On(shared *Shared) Option { return func(c *config) { c.shared = shared } }

// Main runs a package's tests, and then closes the cluster. It returns the
// exit code for os.Exit.
func (s *Shared) Main(m *testing.M) int {
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "weir: closing the shared cluster: %v\n", err)
		code = max(code, 1)
	}
	return code
}

// Close closes the cluster, for those that have no TestMain: Ginkgo's
// AfterSuite. A cluster that never started, or was closed, is no error.
func (s *Shared) Close(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up == nil {
		return nil
	}
	err := s.up.Close(ctx)
	s.up, s.err = nil, errors.New("it was closed")
	return err
}

// start is the cluster, started by the first test that asks.
func (s *Shared) start(t testing.TB) (cluster.Cluster, error) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.up != nil || s.err != nil {
		return s.up, s.err
	}
	spec, provider := newConfig(s.options).provider(t)
	spec.RunID = run.DirName(time.Now(), "shared", fmt.Sprintf("%012x", rand.Uint64()>>16))
	// It outlives the test whose log this would be.
	spec.Log = os.Stderr
	if dir := os.Getenv(envRunDir); dir != "" {
		spec.LogDir = filepath.Join(dir, "shared", "brokers")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), StartTimeout)
	defer cancel()
	cluster.Sweep(ctx, spec.Log, provider)
	s.up, s.err = provider.Start(ctx, spec)
	return s.up, s.err
}
