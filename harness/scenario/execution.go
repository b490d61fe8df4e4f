package scenario

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/external"
	"github.com/flowweir/weir/harness/internal/port"
	"github.com/flowweir/weir/harness/leftover"
	"github.com/flowweir/weir/harness/observe"
	"github.com/flowweir/weir/harness/prometheus"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/series"
	"github.com/flowweir/weir/reports/run"
)

// execution is one run of a plan, from its cluster to its verdict.
type execution struct {
	config
	plan     *Plan
	identity uint64
	serdes   *serde.Resolver
	dir      *run.Dir
	info     run.Run
	results  run.Results

	// up is the cluster; owned says that the run started it.
	up      cluster.Cluster
	owned   bool
	client  *kgo.Client
	admin   *kadm.Client
	facts   facts
	created external.Created
	// proxy stands between the clients of the flow and the brokers where a
	// fault needs it, and door is where the run's own clients go in.
	proxy *proxy.Proxy
	door  *proxy.Door
	// racks are those of the brokers that are in one.
	racks map[int32]string
	// aside is what the file says that means nothing on the run's cluster.
	aside string
	// record is what the next start removes if this run is killed.
	record *leftover.Record
	// missing are topics, ownGroups groups, that the run is to create.
	missing, ownGroups []string
	// deadTopics and deadGroups are those on the cluster that runs left which
	// were killed, each with its run.
	deadTopics, deadGroups map[string]string
	// clusterID is Kafka's, of a cluster that outlives the run; openChanges
	// counts the changes of it that are not undone.
	clusterID   string
	openChanges atomic.Int64
	// throttled is for how long brokers held the run's own clients back.
	throttled throttled

	// bin is a directory with the services that were built.
	bin      string
	services map[string]*service.Process
	order    []string            // services in the order of their start
	ports    []*port.Reservation // of services
	// databases are those of services that are asked, sources the questions,
	// and asking whose effects are counted after the load.
	databases map[string]*sql.DB
	sources   map[*Reaction]*effect.Source
	asking    []*asking

	// started is when the run did; t0 when the load begins, from which every time
	// of the run counts.
	started  time.Time
	t0       time.Time
	ledger   *ledger.Ledger
	meter    *histogram.Meter
	phases   *histogram.Phases
	journal  *journal.Writer
	counters *series.Counters
	acks     *series.Stalls
	shares   *series.Partitions
	seen     []*series.Stalls // what shows that consumers go on, one stream each
	flows    map[uint16]*liveFlow
	observer *observe.Observer
	reader   *kafka.Reader
	starts   offsets // of the logs, and begin where they ended, before the load
	begin    offsets
	groups   []*kafka.Group
	members  [][]kafka.MemberFacts // of the groups, at the end of the drain
	injector *fault.Injector
	hold     []fault.Fault // those of While, and what holds them
	held     *fault.Held
	released bool
	lag      *lagWatch
	brokers  *prometheus.Collector // nil where the scenario does not ask
	commits  *commitWatch          // nil where no invariant asks for it
	owners   *ownerWatch           // the same
	drained  run.Drain
	reached  offsets // see drainer
	ends     offsets

	// shown is what the exporter shows; nil without one.
	shown *figures

	intervals []run.Interval
	offered   time.Duration // how long the load really went on
	cpu       usage
	// leaderless are the partitions without a leader 30 s after healing.
	leaderless []string
	// disagreed are partitions of which brokers did not know the leader 30 s
	// after the last acknowledgement.
	disagreed []string

	// watchers are the goroutines that go on until stopWatching.
	watchers     sync.WaitGroup
	stopWatching func()
	// endLoad ends the load before its schedule does; loadOver says that it
	// ended.
	endLoad  func()
	loadOver atomic.Bool
	// permitted is what the run does to others, as allow-destructive lets it.
	permitted []string

	// mu guards what watchers add: findings, deaths, intervals; and what could
	// not be removed at the end, with why.
	mu      sync.Mutex
	deaths  []service.Death
	remains map[string]error
}

// liveFlow is a flow of the plan while it runs.
type liveFlow struct {
	plan    *Flow
	sender  *ledger.Sender
	maker   maker
	subject *observe.Subject
	// unclaimed are the dead letters of the flow in topics that several of
	// its consumers share, by topic.
	unclaimed map[string]*ledger.Reaction
	hops      []*liveHop // as in the plan
	producer  *kafka.Producer
	driver    driver
}

// driver is a load through a service's trigger.
type driver interface {
	Run(ctx context.Context) error
	Flush(ctx context.Context) (open int64, err error)
	Reasons() map[string]int64
	Close()
}

// now is the time since the load began.
func (x *execution) now() time.Duration { return time.Since(x.t0) }

// event adds a line to the timeline.
func (x *execution) event(e run.Event) {
	x.logf("%8s  %s", e.At.Round(100*time.Millisecond), e.What)
	if err := x.dir.AppendEvent(e); err != nil {
		x.logf("timeline.jsonl: %v", err)
	}
}

func (x *execution) note(kind, what string) {
	x.event(run.Event{At: x.now(), Kind: kind, What: what, Fault: -1})
}

func (x *execution) warn(what string) {
	x.info.Warnings = append(x.info.Warnings, what)
	x.logf("warning: %s", what)
}
