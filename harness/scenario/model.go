package scenario

import (
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// Version is the value of the field "weir" of a scenario file.
const Version = "scenario/v1"

// Scenario is one scenario file: a cluster, the contracts and services under
// test, load, faults, and what must hold.
type Scenario struct {
	Weir       string                     `yaml:"weir"`
	Name       string                     `yaml:"name"`
	Seed       *uint64                    `yaml:"seed"`
	Cluster    Cluster                    `yaml:"cluster"`
	Contracts  []string                   `yaml:"contracts"` // files or directories, relative to the scenario's file
	Topics     map[string]contracts.Topic `yaml:"topics"`    // override what contracts say
	Services   []Service                  `yaml:"services"`
	Load       []Load                     `yaml:"load"`
	For        document.Duration          `yaml:"for"` // without load: how long groups consume
	Consumers  []Consumers                `yaml:"consumers"`
	Background Background                 `yaml:"background"` // topics without records
	Faults     []Fault                    `yaml:"faults"`
	Random     *Random                    `yaml:"random"` // faults that are drawn
	Invariants []string                   `yaml:"invariants"`
	Objectives Objectives                 `yaml:"objectives"`
	Warmup     *document.Duration         `yaml:"warmup"` // default: 10% of the load's length, at most 10s
	Drain      Drain                      `yaml:"drain"`
	Guard      Guard                      `yaml:"guard"`
	// AllowDestructive permits load and what services make of it into topics
	// that other groups read, and broker faults, on an external cluster.
	AllowDestructive bool `yaml:"allow-destructive"`

	Doc *document.Document `yaml:"-"`

	// wrong is what was found when the file was read. A run is refused for it,
	// and for all else that is wrong.
	wrong []finding.Finding
}

// Cluster says what brokers the run uses.
type Cluster struct {
	Kind         string            `yaml:"kind"`    // embedded (default) | docker | external
	Brokers      int               `yaml:"brokers"` // default 3
	Config       map[string]string `yaml:"config"`
	Image        string            `yaml:"image"`
	Disk         document.Bytes    `yaml:"disk"`
	Controllers  string            `yaml:"controllers"` // combined (default) | separate
	Racks        []string          `yaml:"racks"`       // given to the brokers in turn
	Bootstrap    []string          `yaml:"bootstrap"`
	ClientConfig string            `yaml:"client-config"`
	Nodes        map[string]Node   `yaml:"nodes"`
	Metrics      ClusterMetrics    `yaml:"metrics"`
}

// ClusterMetrics say who tells how the brokers themselves do.
type ClusterMetrics struct {
	Prometheus *Prometheus `yaml:"prometheus"`
}

// Prometheus is where series of the brokers are taken from while a run goes on.
// Exactly one of Server and Exporters is set.
type Prometheus struct {
	Server    string            `yaml:"server"`    // a Prometheus server, such as http://prometheus:9090
	Match     string            `yaml:"match"`     // with server: labels of the brokers' targets, such as job="kafka"
	Exporters []string          `yaml:"exporters"` // pages of metrics, one for each broker
	Every     document.Duration `yaml:"every"`     // default 5s
	Series    map[string]string `yaml:"series"`    // by name, a metric with labels: beside the default series, or in their place
}

// Node are the commands that act on a node of an external cluster.
type Node struct {
	Kill    []string  `yaml:"kill"`
	Start   StartNode `yaml:"start"` // a command, or operator: somebody else starts it
	Stop    []string  `yaml:"stop"`
	Pause   []string  `yaml:"pause"`
	Unpause []string  `yaml:"unpause"`
}

// service is the index of a service by the name in its contract; -1 where the
// scenario starts none of it.
func (s *Scenario) service(name string) int {
	return slices.IndexFunc(s.Services, func(of Service) bool { return of.Name == name })
}

// Service is a service under test. Exactly one of Build, Command and Image
// is set. Env values and Command arguments are templates: {{.Bootstrap}},
// {{.Port}}, {{.Topic "order.events"}}, {{.Group "payment-service"}}.
type Service struct {
	Name    string            `yaml:"name"`
	Build   string            `yaml:"build"` // a Go main package, relative to the scenario's file
	Command []string          `yaml:"command"`
	Image   string            `yaml:"image"`
	Args    []string          `yaml:"args"` // for build and image
	Dir     string            `yaml:"dir"`
	Env     map[string]string `yaml:"env"`
	URL     string            `yaml:"url"` // where it listens: http://127.0.0.1:{{.Port}}
	// Database is where effects are counted that its contract shows by sql: a
	// URL without a password, or {{.Env "NAME"}} for a variable that has it.
	Database string `yaml:"database"`
	Ready    *Ready `yaml:"ready"`
}

// Ready says when a service can be used. Each condition that is set must
// hold.
type Ready struct {
	TCP     string            `yaml:"tcp"`  // host:port, a template
	HTTP    string            `yaml:"http"` // a path of URL, answered with 2xx
	Group   string            `yaml:"group"`
	Log     string            `yaml:"log"` // a regular expression
	Timeout document.Duration `yaml:"timeout"`
}

// Load drives one event, or records of which no contract says anything into a
// topic.
type Load struct {
	Event      string            `yaml:"event"`
	Topic      string            `yaml:"topic"`   // instead of event
	Via        string            `yaml:"via"`     // topic (default) | trigger
	Service    string            `yaml:"service"` // via trigger: the service whose url is driven; default: the producer's name
	Profile    []Segment         `yaml:"profile"`
	Keys       Keys              `yaml:"keys"` // of a topic: none without it
	Producer   Producer          `yaml:"producer"`
	Examples   bool              `yaml:"examples"`   // payloads from the contract's examples instead of its schema
	Payload    Payload           `yaml:"payload"`    // of a topic; of an event, instead of its schema
	Tombstones document.Share    `yaml:"tombstones"` // of a topic: the share of records without a value
	Headers    map[string]string `yaml:"headers"`    // templates, see package value
	// Transactions send the records in transactions.
	Transactions *Transactions `yaml:"transactions"`
	Observe      *bool         `yaml:"observe"` // of a topic: whether Weir reads back what it sent; default true
}

// Transactions are transactions of so many records each, of which a share is
// aborted on purpose.
type Transactions struct {
	Records document.Count `yaml:"records"` // in each transaction
	Abort   document.Share `yaml:"abort"`   // the share of transactions that are aborted on purpose
}

// Payload says what values are made of. Exactly one of Size, Corpus and
// Template is set.
type Payload struct {
	Size     *Size           `yaml:"size"`     // with topic
	Random   *document.Share `yaml:"random"`   // with size: the share of random bytes; default 100%
	Corpus   string          `yaml:"corpus"`   // a file, one value a line, or a folder of files, relative to the scenario's file
	Template string          `yaml:"template"` // see package value
}

// Size is how long values are: Bytes, or lognormal from Median and P99, or
// drawn from File.
type Size struct {
	Bytes  document.Bytes `yaml:"bytes"`  // written alone: size: 1KiB
	Median document.Bytes `yaml:"median"` // of lognormal sizes
	P99    document.Bytes `yaml:"p99"`    // the 99th percentile of lognormal sizes
	Max    document.Bytes `yaml:"max"`    // with Median: sizes above it are cut to it; default 10 × P99
	File   string         `yaml:"file"`   // numbers of bytes, one a line, relative to the scenario's file
}

// UnmarshalNode reads a size, or a map.
func (s *Size) UnmarshalNode(d *document.Decoder, n *document.Node) {
	switch n.Kind {
	case document.Scalar:
		d.DecodeAs("size", n, &s.Bytes)
	case document.Mapping:
		if len(n.Entries) > 0 {
			type plain Size
			d.Decode(n, (*plain)(s))
			return
		}
		fallthrough
	default:
		d.Wrong(n, "a size such as 1KiB, or a map with median and p99, or with file")
	}
}

// Segment is a part of a load profile. Exactly one of Hold, Ramp, Step, Spike,
// Sine and Replay is set, each with its own of the other fields.
type Segment struct {
	Hold      *Rate             `yaml:"hold"`      // with For
	Ramp      *Ramp             `yaml:"ramp"`      // with Over
	Step      *Ramp             `yaml:"step"`      // with By and Every
	Spike     *Ramp             `yaml:"spike"`     // base..peak; with For, the peak's, and Over, the whole segment's
	Sine      *Rate             `yaml:"sine"`      // the mean; with Amplitude, Period and For
	Replay    string            `yaml:"replay"`    // a run directory, or a CSV or JSONL file of times, relative to the scenario's file
	By        Rate              `yaml:"by"`        // the change of a step
	Every     document.Duration `yaml:"every"`     // how long each step is held
	Amplitude Rate              `yaml:"amplitude"` // by how much a sine swings; at most the mean
	Period    document.Duration `yaml:"period"`    // from 1ms
	Over      document.Duration `yaml:"over"`
	For       document.Duration `yaml:"for"`
}

// Rate is a number of events per second, written "5000/s" or "5k/s".
type Rate float64

// Ramp is a linear change of rate, written "0..5000/s".
type Ramp struct{ From, To Rate }

// Keys is the distribution of record keys. At most one of Zipf, Hot and
// Sequential is set; none is uniform.
type Keys struct {
	Cardinality document.Count `yaml:"cardinality"` // default 10k; not with file
	File        string         `yaml:"file"`        // one key a line, relative to the scenario's file
	Zipf        float64        `yaml:"zipf"`        // exponent > 1
	Hot         *Hot           `yaml:"hot"`
	Sequential  bool           `yaml:"sequential"`
}

// Hot is a set of keys that gets more of the load than the others.
type Hot struct {
	Keys  document.Count `yaml:"keys"`  // fewer than there are
	Share document.Share `yaml:"share"` // of the records
}

// Producer are the settings of Weir's producer; defaults follow the
// contract's delivery.
type Producer struct {
	Acks            string             `yaml:"acks"` // all | leader | none
	Idempotent      *bool              `yaml:"idempotent"`
	Linger          *document.Duration `yaml:"linger"`           // linger.ms; default 5ms
	Compression     string             `yaml:"compression"`      // none | gzip | snappy | lz4 | zstd; default none
	BatchBytes      document.Bytes     `yaml:"batch"`            // batch.size; default 1MiB
	DeliveryTimeout document.Duration  `yaml:"delivery-timeout"` // delivery.timeout.ms; default 30s
	RequestTimeout  document.Duration  `yaml:"request-timeout"`  // request.timeout.ms; default 10s
	Clients         int                `yaml:"clients"`          // that share the records; default 1
	MaxInFlight     int                `yaml:"max-in-flight"`    // max.in.flight.requests.per.connection, of a producer that is not idempotent; default 5
	MaxBuffered     document.Count     `yaml:"max-buffered"`     // records; default 2 × peak rate × delivery timeout, at least 10k
}

// Background are topics that get no records: partitions that a cluster has
// beside those of the load.
type Background struct {
	Topics      int `yaml:"topics"`      // default 1
	Partitions  int `yaml:"partitions"`  // of each
	Replication int `yaml:"replication"` // default 3, at most the brokers
}

// Consumers are groups of Weir's own consumers.
type Consumers struct {
	Group             string            `yaml:"group"`
	Topics            []string          `yaml:"topics"`
	Members           int               `yaml:"members"`             // default 1
	Process           *Process          `yaml:"process"`             // how long a member takes for a record; default: no time
	From              string            `yaml:"from"`                // load (default) | earliest: where a group without commits begins
	Protocol          string            `yaml:"protocol"`            // group.protocol: classic (default) | consumer
	Static            bool              `yaml:"static"`              // group.instance.id GROUP-0, GROUP-1, …
	Isolation         string            `yaml:"isolation"`           // read-committed | read-uncommitted (default)
	SessionTimeout    document.Duration `yaml:"session-timeout"`     // session.timeout.ms; default 45s; classic
	FetchMin          document.Bytes    `yaml:"fetch-min"`           // fetch.min.bytes; default 1
	FetchMax          document.Bytes    `yaml:"fetch-max"`           // fetch.max.bytes; default 50MiB
	FetchMaxPartition document.Bytes    `yaml:"fetch-max-partition"` // max.partition.fetch.bytes; default 1MiB
	FetchWait         document.Duration `yaml:"fetch-wait"`          // fetch.max.wait.ms; default 500ms
	MaxPollRecords    document.Count    `yaml:"max-poll-records"`    // max.poll.records; default 500
}

// Process is how long a member takes for a record: Time, or lognormal from
// Median and P99.
type Process struct {
	Time   document.Duration `yaml:"time"`   // written alone: process: 5ms
	Median document.Duration `yaml:"median"` // of lognormal times
	P99    document.Duration `yaml:"p99"`    // the 99th percentile of lognormal times
	Max    document.Duration `yaml:"max"`    // times above it are cut to it; default 10 × P99
}

// UnmarshalNode reads a duration, or a map.
func (p *Process) UnmarshalNode(d *document.Decoder, n *document.Node) {
	switch n.Kind {
	case document.Scalar:
		d.DecodeAs("process", n, &p.Time)
	case document.Mapping:
		if len(n.Entries) > 0 {
			type plain Process
			d.Decode(n, (*plain)(p))
			return
		}
		fallthrough
	default:
		d.Wrong(n, "a duration such as 5ms, or a map with median and p99")
	}
}

// Objectives are what the scenario itself asks for; those of the steady phase
// override the contracts'.
type Objectives struct {
	Steady     *contracts.Objectives `yaml:"steady"`
	Run        *contracts.Objectives `yaml:"run"` // the whole run without its warm-up
	Fault      *FaultObjective       `yaml:"fault"`
	Healed     *HealedObjective      `yaml:"healed"`
	Partitions *PartitionObjective   `yaml:"partitions"` // each that the load goes to
}

// FaultObjective bounds what may happen while a fault is open.
type FaultObjective struct {
	Unavailable          document.Duration `yaml:"unavailable"` // longest publish stall
	contracts.Objectives `yaml:",inline"`
}

// HealedObjective bounds the recovery, and what may happen after healing.
type HealedObjective struct {
	Within               document.Duration `yaml:"within"`
	contracts.Objectives `yaml:",inline"`
}

// PartitionObjective holds for each partition that the load goes to.
type PartitionObjective struct {
	Publish map[string]document.Duration `yaml:"publish"` // p50 and p99
}

// Drain bounds the end of the run.
type Drain struct {
	Timeout document.Duration `yaml:"timeout"` // default 60s
}

// Guard limits what a run may do to a cluster.
type Guard struct {
	TopicPrefix string         `yaml:"topic-prefix"`
	MaxBytes    document.Bytes `yaml:"max-bytes"` // default 10GiB
}
