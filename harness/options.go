package harness

import (
	"cmp"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
)

// The variables that move tests to another cluster, and keep what they leave.
const (
	envCluster   = "WEIR_CLUSTER"
	envBootstrap = "WEIR_BOOTSTRAP"
	envRunDir    = "WEIR_RUN_DIR"
)

// Option adjusts Run.
type Option func(*config)

type config struct {
	providers  []cluster.Provider
	containers service.Containers
	spec       cluster.Spec
	contracts  []string
	timeout    time.Duration
	closing    *time.Duration
	unclosed   bool
	seed       uint64
	settle     time.Duration
	shared     *Shared
	triggers   live.Triggers
	failing    map[string][]Override
	databases  map[string]*sql.DB
	baselines  *baselines
}

// With passes cluster kinds beside embedded and external, which a test always
// has: With(docker.Provider()).
func With(providers ...cluster.Provider) Option {
	return func(c *config) { c.providers = append(c.providers, providers...) }
}

// Kind sets the kind of cluster, overriding WEIR_CLUSTER and the default
// embedded: for a test that means nothing elsewhere.
func Kind(kind string) Option { return func(c *config) { c.spec.Kind = kind } }

// Brokers sets the number of brokers, overriding the default 3. An external
// cluster has those that it has.
func Brokers(n int) Option { return func(c *config) { c.spec.Brokers = n } }

// BrokerConfig sets broker settings by Kafka's names.
func BrokerConfig(settings map[string]string) Option {
	return func(c *config) { c.spec.Config = settings }
}

// Contracts passes contract files, or directories that are searched for them,
// relative to the test's directory. Their topics are created.
func Contracts(paths ...string) Option {
	return func(c *config) { c.contracts = append(c.contracts, paths...) }
}

// Containers runs the services that are images: Containers(docker.Containers()).
func Containers(containers service.Containers) Option {
	return func(c *config) { c.containers = containers }
}

// Call is one call of a Go function that triggers an event.
type Call = live.Call

// Trigger gives a Go function that makes a service emit an event, for
// Cluster.Trigger, Cluster.Interactions and TestContract. name is the event's,
// or the one that its contract gives as trigger: {go: NAME}. It comes before
// the contract's own trigger. The event that is taken for its result is the
// next one that is published.
//
//	harness.Trigger("com.acme.invoice.InvoiceDue", func(ctx context.Context, call harness.Call) error {
//		return bill(ctx, call.URL)
//	})
func Trigger(name string, do func(context.Context, Call) error) Option {
	return func(c *config) { c.triggers.Events[name] = do }
}

// Given gives a precondition of an event: a Go function that is called before
// the event is triggered, however that is done. Several are called in their
// order; given steps of the contract's trigger come after them.
//
//	harness.Given("com.acme.order.OrderPlaced", func(ctx context.Context, call harness.Call) error {
//		_, err := call.Flow.Produce(ctx, "com.acme.customer.CustomerAdded")
//		return err
//	})
func Given(event string, do func(context.Context, Call) error) Option {
	return func(c *config) { c.triggers.Given[event] = append(c.triggers.Given[event], do) }
}

// Timeout sets how long Produce, Await and their like wait, overriding
// DefaultTimeout. It does not bound the start of the cluster, nor that of a
// service, which is Ready.Timeout.
func Timeout(d time.Duration) Option { return func(c *config) { c.timeout = d } }

// Database gives the database of a service, by the name in its contract, for
// effects that the contract shows by sql. Any driver of database/sql will do; a
// query with {id} has its parameter as $1, as PostgreSQL takes it. The test
// closes it.
func Database(service string, db *sql.DB) Option {
	return func(c *config) { c.databases[service] = db }
}

// Seed sets the number that all generated data comes from, overriding the
// default, a random one that the test logs.
func Seed(seed uint64) Option { return func(c *config) { c.seed = seed } }

// OneRun joins the tests that it is given to: a version that a service registers
// in the schema registry in one of them counts as registered in the others, too,
// where by default each Run asks what there is when it begins. TestContract and
// package specs join the promises of their contract so; who judges them with
// Run, Start and Judge shares one:
//
//	var run = harness.OneRun()
func OneRun() Option {
	joined := newBaselines()
	return func(c *config) { c.baselines = joined }
}

func newConfig(options []Option) *config {
	c := &config{
		timeout: DefaultTimeout, settle: DefaultSettle, failing: map[string][]Override{}, databases: map[string]*sql.DB{}, seed: rand.Uint64() >> 11, providers: ownProviders(),
		baselines: newBaselines(),
		triggers:  live.Triggers{Events: map[string]live.Trigger{}, Given: map[string][]live.Trigger{}},
	}
	for _, o := range options {
		o(c)
	}
	if c.shared != nil {
		c.spec = newConfig(c.shared.options).spec
	}
	c.spec.Bootstrap = bootstrap()
	c.spec.Kind = cmp.Or(c.spec.Kind, os.Getenv(envCluster))
	if c.spec.Kind == "" && len(c.spec.Bootstrap) > 0 {
		c.spec.Kind = cluster.External
	}
	c.spec.Kind = cmp.Or(c.spec.Kind, cluster.Embedded)
	return c
}

// ownProviders are the kinds that need no option.
func ownProviders() []cluster.Provider {
	return []cluster.Provider{embedded.Provider(), external.Provider()}
}

// bootstrap are the addresses of WEIR_BOOTSTRAP.
func bootstrap() []string {
	return strings.FieldsFunc(os.Getenv(envBootstrap), func(r rune) bool { return r == ',' || r == ' ' })
}

// provider is the one that starts the kind that was asked for.
func (c *config) provider(t testing.TB) (cluster.Spec, cluster.Provider) {
	t.Helper()
	if c.spec.Kind != cluster.External {
		c.spec.Bootstrap = nil
	} else {
		if len(c.spec.Config) > 0 {
			t.Logf("left aside on external: harness.BrokerConfig is of brokers that Weir starts")
		}
		c.spec.Brokers, c.spec.Config = 0, nil
	}
	for _, p := range c.providers {
		if p.Kind() == c.spec.Kind {
			return c.spec, p
		}
	}
	switch c.spec.Kind {
	case cluster.Docker:
		t.Fatalf("the test asks for a docker cluster and was given no provider of one: import \"github.com/flowweir/weir/harness/docker\" and pass harness.With(docker.Provider())")
	default:
		t.Fatalf("%q is no kind of cluster: harness.Kind and %s take embedded, docker and external; %s", c.spec.Kind, envCluster,
			document.Suggest(c.spec.Kind, []string{cluster.Embedded, cluster.Docker, cluster.External}))
	}
	return cluster.Spec{}, nil
}

// plan reads the contracts and lists their topics, as a scenario does.
func (c *config) plan(t testing.TB) *scenario.Plan {
	t.Helper()
	plan, findings := scenario.Resolve(&scenario.Scenario{
		Name: slug(t.Name()), Contracts: c.contracts, Cluster: scenario.Cluster{Brokers: c.spec.Brokers},
	})
	if plan == nil || finding.Errors(findings) > 0 {
		t.Fatalf("the contracts cannot be used:\n%s%s", problems(findings), relative(findings))
	}
	if err := c.known(plan.Contracts); err != nil {
		t.Fatal(err)
	}
	return plan
}

// known refuses options that name what no contract of the test has: they would
// do nothing.
func (c *config) known(all []*contracts.Contract) error {
	var produced, events, functions []string
	for _, contract := range all {
		for _, p := range contract.Produces {
			produced = append(produced, p.Event)
			if p.Trigger == nil {
				continue
			}
			functions = append(functions, p.Trigger.Go)
			for _, step := range p.Trigger.Given {
				functions = append(functions, step.Go)
			}
		}
		for _, e := range contract.Consumes {
			events = append(events, e.Event)
		}
	}
	functions = slices.DeleteFunc(functions, func(name string) bool { return name == "" })
	for _, option := range []struct {
		name         string
		given, known []string
	}{
		{"Trigger", sortedKeys(c.triggers.Events), slices.Concat(produced, functions)},
		{"Given", sortedKeys(c.triggers.Given), produced},
		{"Failing", sortedKeys(c.failing), events},
	} {
		for _, name := range option.given {
			if !slices.Contains(option.known, name) {
				return fmt.Errorf("harness.%s(%q): no contract of this test has that: %s", option.name, name, document.Suggest(name, option.known))
			}
		}
	}
	return nil
}

// relative says where a file is looked for, if one could not be read.
func relative(findings []finding.Finding) string {
	if !slices.ContainsFunc(findings, func(f finding.Finding) bool { return f.ID == document.Unreadable }) {
		return ""
	}
	here, err := os.Getwd()
	if err != nil {
		return ""
	}
	return "\npaths are relative to the directory of the test, " + here
}

// artifacts is a directory of the test's own: below WEIR_RUN_DIR, a test
// artifact under go test -artifacts, else one of the temporary directory, which
// stays where the test failed: what its message names must be there to read.
func artifacts(t testing.TB) string {
	t.Helper()
	parent, passing := os.Getenv(envRunDir), false
	switch f := flag.Lookup("test.artifacts"); {
	case parent != "":
	case f != nil && f.Value.String() == "true":
		parent = t.ArtifactDir()
	default:
		parent, passing = os.TempDir(), true
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		t.Fatalf("the directory for runs: %v", err)
	}
	dir, err := os.MkdirTemp(parent, slug(t.Name())+"-")
	if err == nil {
		dir, err = filepath.Abs(dir)
	}
	if err != nil {
		t.Fatalf("the directory for runs: %v", err)
	}
	t.Cleanup(func() {
		switch {
		case !t.Failed() && passing:
			_ = os.RemoveAll(dir)
		case t.Failed() && os.Remove(dir) != nil: // it holds something
			t.Logf("weir: logs of services and brokers are kept in %s", dir)
		}
	})
	return dir
}

var notInNames = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// slug is a test's name as part of a file name and of a container's.
func slug(name string) string {
	name = strings.Trim(notInNames.ReplaceAllString(name, "-"), "-")
	return strings.ToLower(name[max(0, len(name)-60):])
}
