package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

// DefaultSettle is how long it is watched that nothing more comes; see Settle.
const DefaultSettle = 300 * time.Millisecond

// envExercised makes a promise that was not exercised a failure.
const envExercised = "WEIR_REQUIRE_EXERCISED"

// Settle sets how long the promises that nothing more comes (no second event
// of one trigger, no second effect of a duplicate) are watched, overriding
// DefaultSettle. What came by then counts; the topic is read to its end.
func Settle(d time.Duration) Option { return func(c *config) { c.settle = d } }

// Failing makes an event that its consumer fails to process at each attempt,
// and which is valid nevertheless: an order of a customer whom the payment
// gateway of the test refuses. Without overrides it is any event, for a service
// that was started so that it fails. The promises about retries are exercised
// with it, and without it are not.
func Failing(event string, overrides ...Override) Option {
	return func(c *config) { c.failing[event] = overrides }
}

// TestContract tests each promise of a contract file alone, as a subtest on a
// cluster and with a service of its own:
//
//	order-service/produces/com.acme.order.OrderPlaced/key
//	payment-service/consumes/com.acme.order.OrderPlaced/dead-letter
//
//	func TestContract(t *testing.T) {
//		harness.TestContract(t, "weir.yaml", harness.Service{Build: ".", Env: map[string]string{"BROKERS": "{{.Bootstrap}}"},
//			Ready: &harness.Ready{Group: "payment-service"}}, harness.Contracts("../order-service"))
//	}
//
// The service's Name is by default that of the contract. Options give what the
// promises need: the contracts of the producers (Contracts), Trigger, Given
// and Failing.
//
// A promise that was not exercised is skipped, with what to add; with
// WEIR_REQUIRE_EXERCISED=1 it fails, but for those to which nothing can be
// added that would exercise them (promise.Outcome.Moot). A test in which none
// was exercised fails in any case, and so does a promise of which nothing could
// be seen; and a test of which -run selects no promise, with the names that there
// are.
func TestContract(t *testing.T, file string, service Service, options ...Option) {
	t.Helper()
	promises := LoadPromises(t, file)
	options = append([]Option{OneRun()}, options...)
	if len(promises) > 0 {
		promised(t, file, promises[0], &service)
	}
	var all selection
	for _, p := range promises {
		all.judge(t, p, func(t *testing.T) bool {
			t.Helper()
			return JudgePromise(t, file, p, service, options...)
		})
	}
	switch {
	case len(promises) == 0:
		t.Errorf("%s promises nothing", file)
	case all.ran == 0:
		t.Error(all.none())
	case all.exercised == 0 && !t.Failed():
		t.Errorf("no promise of %s was exercised: run with -v to see what each lacks", file)
	}
}

// selection is what -run and -skip have left of the promises of a test.
type selection struct {
	names          []string // of the subtests that there are
	ran, exercised int
}

// judge judges a promise in a subtest of its own, if it is selected.
func (s *selection) judge(t *testing.T, p promise.Promise, judge func(*testing.T) (exercised bool)) {
	t.Helper()
	s.names = append(s.names, t.Name()+"/"+p.ID())
	t.Run(p.ID(), func(t *testing.T) {
		t.Helper() // what it says stands at the line of the user's call
		s.ran++
		if judge(t) {
			s.exercised++
		}
	})
}

// none says that nothing is left, and what there is.
func (s *selection) none() string {
	return fmt.Sprintf("-run and -skip select none of the %d promises, so that nothing was tested; their names are\n\t%s", len(s.names), strings.Join(s.names, "\n\t"))
}

// LoadPromises lists the promises of a contract file for JudgePromise; a file
// that cannot be used fails the test.
func LoadPromises(t testing.TB, file string) []promise.Promise {
	t.Helper()
	promises, findings := promise.Load(file)
	if finding.Errors(findings) > 0 {
		t.Fatalf("the contract cannot be used:\n%s%s", problems(findings), relative(findings))
	}
	return promises
}

// JudgePromise starts a cluster and the service, and judges one promise of the
// contract file as TestContract does. It answers whether the promise was
// exercised; where it was not, the test is skipped. Package harness/specs is
// made of it. Judging several promises of one service takes OneRun, for those
// about what it registers in a schema registry.
func JudgePromise(t testing.TB, file string, p promise.Promise, service Service, options ...Option) (exercised bool) {
	t.Helper()
	skipUnseen(t, p)
	promised(t, file, p, &service)
	c := Run(t, append(withFile(file, options), WithoutClosing())...)
	c.Start(service)
	return c.Judge(p)
}

// promised names the service that is to keep a promise, and fails where it has
// the name of another one.
func promised(t testing.TB, file string, p promise.Promise, service *Service) {
	t.Helper()
	if service.Name == "" {
		service.Name = p.Service
	}
	if service.Name != p.Service {
		t.Fatalf("the service %s is to keep the contract of %s in %s: leave out its name, or give the other contract", service.Name, p.Service, file)
	}
}

// withFile is the options with a contract file that they may name already, by
// itself or by its directory.
func withFile(file string, options []Option) []Option {
	named := newConfig(options).contracts
	if slices.ContainsFunc(named, func(path string) bool {
		path = filepath.Clean(path)
		return path == filepath.Clean(file) || path == filepath.Dir(file)
	}) {
		return slices.Clone(options)
	}
	return append(slices.Clone(options), Contracts(file))
}

// Judge judges one promise of a contract on the running cluster, whose service
// was started. A broken promise fails the test, and so does one of which
// nothing could be seen; one that was not exercised skips it, or with
// WEIR_REQUIRE_EXERCISED=1 fails it, if there is something to add
// (promise.Outcome.Moot).
func (c *Cluster) Judge(p promise.Promise) (exercised bool) {
	c.t.Helper()
	skipUnseen(c.t, p)
	o := p.Judge(c.t.Context(), promise.Subject{
		Flow: c.flow, Places: c.places(), Within: c.timeout, Settle: c.settle, Failing: c.failing,
	})
	switch o.Verdict {
	case finding.Pass:
		return true
	case finding.Vacuous:
		if os.Getenv(envExercised) == "1" && !o.Moot {
			c.t.Fatalf("%s: %s", p.Text, o)
		}
		if o.Moot {
			c.t.Skipf("%s: %s", p.Text, o)
		}
		c.t.Skipf("%s: %s (%s=1 makes this a failure)", p.Text, o, envExercised)
	case finding.Fail, finding.Inconclusive:
		c.t.Fatalf("%s: %s%s", p.Text, o, c.logs())
	}
	return false
}

func skipUnseen(t testing.TB, p promise.Promise) {
	t.Helper()
	if p.Unseen != "" {
		t.Skipf("%s: not exercised: %s", p.Text, p.Unseen)
	}
}
