package scenario

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/kafka/calibration"
	"github.com/flowweir/weir/loadgen/metrics"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// Option adjusts a run.
type Option func(*config)

type config struct {
	providers  []cluster.Provider
	cluster    cluster.Cluster
	containers service.Containers
	dir        string
	kind       string
	bootstrap  []string
	seed       *uint64
	log        io.Writer
	progress   func(Progress)
	abort      <-chan struct{}
	weir       run.Weir
	journalMax int64
	objectives bool
	curve      calibration.Curve
	exporter   *metrics.Exporter
	build      func(ctx context.Context, pkgDir, out string) (binary string, err error)
	sends      []string
	while      []Fault
	readers    []string
	registry   *registry.Registry
}

// With passes the cluster kinds that the run may use. A scenario that names a
// kind whose provider was not passed is an error that shows what to import.
func With(providers ...cluster.Provider) Option {
	return func(c *config) { c.providers = append(c.providers, providers...) }
}

// On runs on a cluster that is up already; it is not closed by the run.
func On(up cluster.Cluster) Option { return func(c *config) { c.cluster = up } }

// Containers runs the services that are images.
func Containers(containers service.Containers) Option {
	return func(c *config) { c.containers = containers }
}

// Registry is the schema registry that contracts speak of. Without one a load
// whose contract needs it is refused. The run registers nothing, and does not
// close it.
func Registry(r *registry.Registry) Option { return func(c *config) { c.registry = r } }

// Dir is the run directory; default runs/<time>-<name>-<id>.
func Dir(dir string) Option { return func(c *config) { c.dir = dir } }

// ClusterKind overrides the scenario's cluster kind. What the scenario's file
// says for its own kind alone is left aside then, and the run says so.
func ClusterKind(kind string) Option { return func(c *config) { c.kind = kind } }

// Bootstrap overrides the addresses of an external cluster; without ClusterKind
// they mean one. On another kind they are left aside.
func Bootstrap(addresses ...string) Option { return func(c *config) { c.bootstrap = addresses } }

// Seed overrides the scenario's seed; without both it is drawn at random and
// printed.
func Seed(seed uint64) Option { return func(c *config) { c.seed = &seed } }

// Log receives lines about what the run does: building, starting, faults.
func Log(w io.Writer) Option { return func(c *config) { c.log = w } }

// OnProgress is called about once a second while the run goes on.
func OnProgress(f func(Progress)) Option { return func(c *config) { c.progress = f } }

// Abort ends a run at once when the channel is closed: what was started is
// removed, nothing is drained or judged. Cancelling the context of Run, in
// contrast, ends the load early, heals, drains and reports.
func Abort(abort <-chan struct{}) Option { return func(c *config) { c.abort = abort } }

// By names the program in the report.
func By(weir run.Weir) Option { return func(c *config) { c.weir = weir } }

// Calibrated is what this machine can send; the report compares the run's rate
// with it. Without it nothing is said of that.
func Calibrated(curve calibration.Curve) Option { return func(c *config) { c.curve = curve } }

// Metrics has an exporter show the figures of the run while it goes on.
func Metrics(e *metrics.Exporter) Option { return func(c *config) { c.exporter = e } }

// JournalMax bounds the journal in bytes; default 2 GiB.
func JournalMax(bytes int64) Option { return func(c *config) { c.journalMax = bytes } }

// WithoutObjectives leaves objectives unjudged: a shared test machine is no
// place for them.
func WithoutObjectives() Option { return func(c *config) { c.objectives = false } }

// WithObjectives judges objectives, overriding an earlier WithoutObjectives.
// It is the default.
func WithObjectives() Option { return func(c *config) { c.objectives = true } }

// BuildWith builds the services that are Go packages, overriding
// service.Build: for a caller that runs many scenarios and keeps the programs.
// The program may lie outside out, which ends with the run.
func BuildWith(build func(ctx context.Context, pkgDir, out string) (binary string, err error)) Option {
	return func(c *config) { c.build = build }
}

// Sends says what the caller of Open is going to send: records into topics,
// which groups of its services read. It is guarded as load is: on an external
// cluster other groups that read these topics are a refusal, unless the
// scenario allows it, and the groups that do not exist yet are deleted at the
// end.
func Sends(topics, groups []string) Option {
	return func(c *config) { c.sends, c.readers = topics, groups }
}

// Progress is the state of a run that goes on.
type Progress struct {
	// Phase is setup, warmup, steady, fault, healed, drain or judge.
	Phase string
	// At is the time since the load began, Length the load's length.
	At, Length time.Duration
	// Due and Acked are records per second in the last second.
	Due, Acked float64
	// PublishP99 and EndToEndP99 are of the last second or, with SoFar, which
	// says that it had too few samples for one of them, of the whole run so
	// far; zero where there are too few of that, too.
	PublishP99, EndToEndP99 time.Duration
	SoFar                   bool
	// Lag is the sum of all groups', −1 while that of one is not known.
	Lag int64
	// Open names the faults that are open.
	Open []string
}

// PlanError says that a scenario cannot be run as it is written: an error of
// usage, exit code 2.
type PlanError struct {
	Findings []finding.Finding
}

func (e *PlanError) Error() string {
	if len(e.Findings) == 1 {
		return e.Findings[0].Message
	}
	return fmt.Sprintf("%d problems in the scenario", len(e.Findings))
}

// InfrastructureError says that what a run needs could not be started or
// broke before anything could be judged: exit code 3.
type InfrastructureError struct {
	What string
	Err  error
}

func (e *InfrastructureError) Error() string {
	return e.What + ": " + secret.Message(e.Err.Error())
}
func (e *InfrastructureError) Unwrap() error { return e.Err }

// Result is a run that ended, and where its directory is.
type Result struct {
	Dir     string
	Run     run.Run
	Results run.Results
}
