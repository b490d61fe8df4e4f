// Package harness tests event flows from go test: a cluster, the services
// under test and their contracts, in a few lines and with any testing.TB,
// Ginkgo's GinkgoTB() included.
//
//	func TestPayment(t *testing.T) {
//		c := harness.Run(t, harness.Contracts("."))
//		c.Start(harness.Service{Name: "payment-service", Build: "./payment-service",
//			Env: map[string]string{"BROKERS": "{{.Bootstrap}}"}, Ready: &harness.Ready{Group: "payment-service"}})
//		order := c.Produce("com.acme.order.OrderPlaced", harness.Set("$.total", 13800))
//		c.Await("com.acme.payment.PaymentReceived", harness.CausedBy(order), harness.Where("$.amount", 13800))
//	}
//
// [TestContract] tests each promise of a contract alone, [Cluster.Interactions]
// all of them on one cluster, and [Scenario] runs a scenario file and fails the
// test unless its verdict is pass: inconclusive and vacuous are not green.
// Package harness/match has Gomega matchers for what these return.
//
// What it guarantees: a fresh cluster for each Run that is not On a shared one,
// with the topics that the contracts name; everything that a test starts is
// ended when the test does; a service that dies by itself fails the test and
// shows its last log lines; what it did wrong after the last assertion fails it,
// too ([Closing]); a wait that ends in vain says how long it was, what was there
// instead and where to set it; every random choice comes from a seed that is
// printed.
//
// The cluster is embedded: no broker to install, no durability to test.
// WEIR_CLUSTER=docker, or the addresses of a cluster in WEIR_BOOTSTRAP, run the
// same tests elsewhere. Docker needs its provider, so that the package itself
// depends on no container engine:
//
//	c := harness.Run(t, harness.With(docker.Provider()))
//
// Where no engine answers such a test is skipped, and with
// WEIR_REQUIRE_DOCKER=1 fails. Run directories and service logs stay, in the
// temporary directory, where the test failed; go test -artifacts and
// WEIR_RUN_DIR=DIR keep them always, and elsewhere.
//
// What it is not for: load. Produce sends one event at a time; a Scenario
// drives rates and measures. Objectives are judged there only if asked for
// with scenario.WithObjectives, because a shared test machine is no place for
// them.
//
// Tests may be parallel: each has its own cluster, or, where a package shares
// one that is slow to start ([Shared]), its own topics and groups there.
//
// The package holds no state between tests but the programs that Start has
// built, by their directory, each once per test binary, and which versions the
// subjects of a schema registry had when the first test asked: a service that
// registers one does so once, and each test has it to answer for.
package harness

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// The bounds of everything that waits.
const (
	// DefaultTimeout is how long Produce, Await and their like wait; see
	// Timeout and Cluster.Within.
	DefaultTimeout = 30 * time.Second
	// StartTimeout bounds the start of a cluster.
	StartTimeout = 3 * time.Minute
	// cleanupTimeout bounds the end of each thing that a test started.
	cleanupTimeout = 30 * time.Second
)

// Cluster is a running cluster and what a test has started on it. Its methods
// fail the test of Run, or of For, instead of returning errors, and so must be
// called from that test's goroutine; several tests may use one at a time, each
// through its own For.
type Cluster struct {
	t       testing.TB
	timeout time.Duration
	*state
}

// state is what all tests of a cluster share.
type state struct {
	up         cluster.Cluster
	flow       *live.Flow
	contracts  []*contracts.Contract
	containers service.Containers
	dir        string
	stays      bool // the cluster outlives the test
	settle     time.Duration
	failing    map[string][]Override
	databases  map[string]*sql.DB

	mu       sync.Mutex
	closing  closing
	services map[string]*service.Process
	deaths   []string
	told     told
}

// Run starts a cluster for a test and creates the topics of its contracts. It
// is closed when the test ends.
func Run(t testing.TB, options ...Option) *Cluster {
	t.Helper()
	cfg := newConfig(options)
	plan := cfg.plan(t)
	look, err := cfg.closingLook()
	if err == nil {
		err = cfg.times()
	}
	if err != nil {
		t.Fatalf("%v: write a duration such as 500ms", err)
	}
	s := &state{
		contracts: plan.Contracts, containers: cfg.containers, dir: artifacts(t), settle: cfg.settle, failing: cfg.failing, databases: cfg.databases,
		services: map[string]*service.Process{}, closing: look, told: told{ends: map[string]string{}},
	}
	c := &Cluster{t: t, timeout: cfg.timeout, state: s}
	c.start(cfg, plan)
	t.Logf("weir: %s cluster at %s, seed %d, timeout %s", s.up.Info().Kind, strings.Join(s.up.Bootstrap(), ","), cfg.seed, cfg.timeout)
	return c
}

// start brings up the cluster, its clients and its topics.
func (c *Cluster) start(cfg *config, plan *scenario.Plan) {
	c.t.Helper()
	identity := rand.Uint64() >> 16
	opening := live.Config{
		Contracts: plan.Contracts, Files: plan.Files, Seed: cfg.seed, Run: identity, Alive: c.alive, Triggers: cfg.triggers,
	}
	opening.Triggers.URL = c.url
	if opening.Registry = schemaRegistry(c.t); opening.Registry != nil {
		opening.Baseline = cfg.baselines.take(c.t.Context(), opening.Registry, plan.Contracts)
	}
	var err error
	what := cfg.spec.Kind
	if cfg.shared != nil {
		what = "shared"
		opening.Prefix = fmt.Sprintf("%s-%06x.", slug(c.t.Name()), identity&0xffffff)
		c.up, err = cfg.shared.start(c.t)
	} else {
		c.up, err = c.fresh(cfg, plan.Scenario.Name, identity)
	}
	if err != nil {
		skipWithoutEngine(c.t, err)
		c.t.Fatalf("the %s cluster did not start: %v", what, err)
	}
	opening.Cluster = c.up
	c.open(opening)
	c.CreateTopics(plan.Topics...)
	c.t.Cleanup(c.close)
}

// schemaRegistry is the one that WEIR_REGISTRY_URL names, with the other
// variables of weir check; nil without.
func schemaRegistry(t testing.TB) *registry.Registry {
	t.Helper()
	config := registry.FromEnvironment(os.Getenv)
	if config.URL == "" {
		return nil
	}
	r, err := registry.New(config)
	if err != nil {
		t.Fatalf("the schema registry: %v", err)
	}
	t.Cleanup(r.Close)
	return r
}

// baselines are which versions subjects had when the first test of a run asked,
// by the address of the registry.
type baselines struct {
	mu sync.Mutex
	of map[string]*live.Baseline
}

func newBaselines() *baselines { return &baselines{of: map[string]*live.Baseline{}} }

// take is the registry as it was before the first service of the run was
// started.
func (b *baselines) take(ctx context.Context, r *registry.Registry, all []*contracts.Contract) *live.Baseline {
	now := live.TakeBaseline(ctx, r, all)
	b.mu.Lock()
	defer b.mu.Unlock()
	if first := b.of[r.String()]; first != nil {
		now = first.With(now)
	}
	b.of[r.String()] = now
	return now
}

// fresh is a cluster of the test's own.
func (c *Cluster) fresh(cfg *config, name string, identity uint64) (cluster.Cluster, error) {
	c.t.Helper()
	spec, provider := cfg.provider(c.t)
	spec.RunID = run.DirName(time.Now(), name, fmt.Sprintf("%012x", identity))
	spec.Log, spec.LogDir = c.t.Output(), filepath.Join(c.dir, "brokers")
	ctx, cancel := context.WithTimeout(c.t.Context(), StartTimeout)
	defer cancel()
	cluster.Sweep(ctx, spec.Log, cfg.providers...)
	cluster.Sweep(ctx, spec.Log, cfg.containers)
	up, err := provider.Start(ctx, spec)
	if err == nil {
		c.cleanup("the cluster", up.Close)
	}
	return up, err
}

// open opens the flow on the cluster. What it leaves on one that stays is
// deleted.
func (c *Cluster) open(cfg live.Config) {
	c.t.Helper()
	var err error
	// The closing look asks when the test's own context has ended.
	if c.flow, err = live.Open(context.WithoutCancel(c.t.Context()), cfg); err != nil {
		c.t.Fatalf("the %s cluster: %v", c.up.Info().Kind, err)
	}
	c.stays = cfg.Prefix != "" || c.up.Info().Kind == cluster.External
	c.t.Cleanup(c.flow.Close)
	c.cleanup("the groups", c.flow.DeleteGroups)
}

// skipWithoutEngine skips a test whose only trouble is that the machine has
// no container engine, unless WEIR_REQUIRE_DOCKER is 1.
func skipWithoutEngine(t testing.TB, err error) {
	t.Helper()
	if errors.Is(err, cluster.ErrNoEngine) && os.Getenv("WEIR_REQUIRE_DOCKER") != "1" {
		t.Skipf("%v (WEIR_REQUIRE_DOCKER=1 makes this a failure)", err)
	}
}

// cleanup ends something when the test does. The test's own context has ended
// by then.
func (c *Cluster) cleanup(what string, end func(context.Context) error) {
	t := c.t
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
		defer cancel()
		if err := end(ctx); err != nil {
			t.Errorf("ending %s: %v", what, err)
		}
	})
}

// For is the same cluster in a subtest: what fails, fails t; what is started
// through it ends with t.
func (c *Cluster) For(t testing.TB) *Cluster {
	return &Cluster{t: t, timeout: c.timeout, state: c.state}
}

// Within is the same cluster with another timeout.
func (c *Cluster) Within(timeout time.Duration) *Cluster {
	return &Cluster{t: c.t, timeout: timeout, state: c.state}
}

// Bootstrap are the brokers' addresses, separated by commas.
func (c *Cluster) Bootstrap() string { return strings.Join(c.up.Bootstrap(), ",") }

// Brokers is the cluster itself. It also implements those interfaces of
// package chaos/fault that its kind can: kill, start, pause.
func (c *Cluster) Brokers() cluster.Cluster { return c.up }

// Flow is what the cluster is made of below a testing.TB: it answers with
// errors instead of failing the test. Package harness/match stands on it.
func (c *Cluster) Flow() *live.Flow { return c.flow }

// Timeout is how long this cluster's methods wait: see Within.
func (c *Cluster) Timeout() time.Duration { return c.timeout }

// Context ends with the test.
func (c *Cluster) Context() context.Context { return c.t.Context() }

// Contracts are the contracts that were given to Run.
func (c *Cluster) Contracts() []*contracts.Contract { return slices.Clone(c.contracts) }

// Client is a client of the cluster, which is closed when the test ends.
func (c *Cluster) Client(options ...kgo.Opt) *kgo.Client {
	c.t.Helper()
	client, err := kgo.NewClient(append(slices.Clone(c.up.ClientOptions()), options...)...)
	if err != nil {
		c.t.Fatalf("a client of the cluster: %v", err)
	}
	c.t.Cleanup(client.Close)
	return client
}

// CreateTopics creates topics that no contract names. One that exists already
// stays as it is; those that were created are deleted again where the cluster
// outlives the test. The role of a topic means nothing here.
func (c *Cluster) CreateTopics(topics ...run.Topic) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), c.timeout)
	defer cancel()
	created, err := c.flow.CreateTopics(ctx, topics)
	c.deleteLater(created)
	if err != nil {
		c.t.Fatalf("creating topics: %v", err)
	}
}

// deleteLater removes what was created on a cluster that stays.
func (c *Cluster) deleteLater(created []string) {
	if c.stays {
		c.cleanup("the topics", func(ctx context.Context) error { return c.flow.DeleteTopics(ctx, created...) })
	}
}

// problems shows findings as text, for a test's log.
func problems(findings []finding.Finding) string {
	var b strings.Builder
	if err := finding.Text(&b, findings); err != nil {
		return err.Error()
	}
	return strings.TrimRight(b.String(), "\n")
}
