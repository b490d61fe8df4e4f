package scenario

import "github.com/flowweir/weir/contracts/document"

// Fault is one entry of faults. Exactly one action is set.
type Fault struct {
	At          document.Duration `yaml:"at"`    // since the load began
	Every       document.Duration `yaml:"every"` // again and again, within the load; at is then when for the first time
	When        *When             `yaml:"when"`  // instead of at
	Always      bool              `yaml:"always"`
	Kill        *Target           `yaml:"kill"`
	Stop        *Target           `yaml:"stop"`
	Pause       *Pause            `yaml:"pause"`
	Wipe        *Target           `yaml:"wipe"` // kill and empty the disk; heal starts it empty
	Isolate     *Isolate          `yaml:"isolate"`
	FillDisk    *Target           `yaml:"fill-disk"`
	Rolling     *Target           `yaml:"rolling-restart"` // one after the other, each when the one before is in sync again
	Elect       *Elect            `yaml:"elect"`
	Crash       *Crash            `yaml:"crash"`
	Restart     *ServiceTarget    `yaml:"restart"`
	Cut         *Cut              `yaml:"cut"`       // connections are silent
	Reset       *Link             `yaml:"reset"`     // connections are reset: once, or with heal-after new ones too
	Latency     *Latency          `yaml:"latency"`   // what clients and brokers send each other comes late
	Bandwidth   *Bandwidth        `yaml:"bandwidth"` // what passes between clients and brokers is bounded
	Reply       *Reply            `yaml:"reply"`     // replies to single kinds of requests are errors, or lost
	DeleteTopic *DeleteTopic      `yaml:"delete-topic"`
	AlterTopic  *AlterTopic       `yaml:"alter-topic"`
	Quota       *Quota            `yaml:"quota"`
	Poison      *Poison           `yaml:"poison"`
	Duplicate   *Duplicate        `yaml:"duplicate"`
	Similar     *LoadTarget       `yaml:"near-identical"` // events of their own, equal to the one before in all but the id
	HealAfter   document.Duration `yaml:"heal-after"`
}

// MarshalNode says at: 0s where a fault has no other time.
func (f Fault) MarshalNode() any {
	type fields Fault
	if f.At > 0 || f.Every > 0 || f.When != nil || f.Always || f.inLoad() != nil {
		return fields(f)
	}
	return struct {
		At     *document.Duration `yaml:"at"`
		fields `yaml:",inline"`
	}{&f.At, fields(f)}
}

// Random is a list of faults of which a seed draws a schedule: one after the
// other, with pauses, and none in a third of the load.
type Random struct {
	Seed   *uint64           `yaml:"seed"`   // default: that of the run
	Quiet  string            `yaml:"quiet"`  // the third without faults: first | middle | last; default: drawn
	Pause  document.Duration `yaml:"pause"`  // the least time without a fault; default: a thirtieth of the load, at least 100ms
	Faults []RandomFault     `yaml:"faults"` // what is drawn from
}

// RandomFault is a fault without its time, and how often it is drawn.
type RandomFault struct {
	Fault  `yaml:",inline"`
	Weight int `yaml:"weight"` // 1 to 1000, beside the others; default 1
}

// MarshalNode leaves out when it begins, which is drawn.
func (f RandomFault) MarshalNode() any {
	type fields Fault
	return struct {
		fields `yaml:",inline"`
		Weight int `yaml:"weight"`
	}{fields(f.Fault), f.Weight}
}

// When is what a fault waits for. Exactly one of Acks and Lag is set.
type When struct {
	Acks  document.Count    `yaml:"acks"`  // so many records of the load are acknowledged
	Lag   MoreThan          `yaml:"lag"`   // the lag of a group, such as '> 1000'
	Group string            `yaml:"group"` // with lag; default: the only group of the run
	Until document.Duration `yaml:"until"` // since the load began; default: until it ends
}

// MoreThan is a number of records that is passed: "> 1000".
type MoreThan struct{ Records document.Count }

// Target names brokers. Exactly one field is set; count stands alone or with
// brokers or followers-of.
type Target struct {
	Pick `yaml:",inline"`
	All  bool `yaml:"all"`
}

// Pause names brokers, or a service. Exactly one field is set.
type Pause struct {
	Target  `yaml:",inline"`
	Service string `yaml:"service"` // a service that the scenario starts, as a process
}

// Elect forces an election.
type Elect struct {
	Unclean string `yaml:"unclean"` // topic/partition
}

// ServiceTarget names a service.
type ServiceTarget struct {
	Service string `yaml:"service"`
}

// Link names connections between clients and brokers: those of all clients, or
// of one service or client.id, to all brokers, or to those that one of the
// other fields names.
type Link struct {
	Client  string `yaml:"client"`  // client.id; a * at its end stands for any ending
	Service string `yaml:"service"` // a service that the scenario starts
	Pick    `yaml:",inline"`
}

// Cut freezes connections: they stay open and nothing passes.
type Cut struct {
	Link `yaml:",inline"`
	Way  string `yaml:"way"` // both (default) | requests | replies
}

// Latency delays what passes.
type Latency struct {
	Link   `yaml:",inline"`
	Delay  document.Duration `yaml:"delay"`
	Jitter document.Duration `yaml:"jitter"` // each is late by delay ± jitter, in order; default 0
	Way    string            `yaml:"way"`    // both (default: a round trip is late twice) | requests | replies
	API    []string          `yaml:"api"`    // requests and their replies by Kafka's names, such as OffsetCommit; default all
}

// Bandwidth bounds what passes between the clients and each broker, in each
// direction.
type Bandwidth struct {
	Link      `yaml:",inline"`
	PerSecond document.Bytes `yaml:"per-second"`
	Way       string         `yaml:"way"` // both (default) | requests | replies
}

// Reply spoils the replies to single kinds of requests. Exactly one of Error
// and Drop is set.
type Reply struct {
	Link  `yaml:",inline"`
	API   []string       `yaml:"api"`   // requests by Kafka's names, such as OffsetCommit
	Error string         `yaml:"error"` // Kafka's name of the error that is answered in place of the broker
	Drop  bool           `yaml:"drop"`  // the broker does what was asked, and the connection is silent from then on
	Share document.Share `yaml:"share"` // of the requests; default 100%
}

// Crash ends a service without warning.
type Crash struct {
	Service      string `yaml:"service"`
	BeforeCommit bool   `yaml:"before-commit"` // between the effects of a batch and the commit of its offsets, which is lost
}

// LoadTarget names a share of an event's load.
type LoadTarget struct {
	Event string         `yaml:"event"`
	Share document.Share `yaml:"share"`
}

// Poison makes a share of an event's load such that no consumer can process it.
type Poison struct {
	LoadTarget `yaml:",inline"`
	Kind       string         `yaml:"kind"`   // undecodable (default) | wrong-schema | missing-header | too-large
	Header     string         `yaml:"header"` // of missing-header: what is missing; default ce_id, or else the first that the contract requires
	Size       document.Bytes `yaml:"size"`   // of too-large: how long the data is, which no consumer takes
}

// Duplicate sends a share of an event's load that has been sent before, with the
// same event id.
type Duplicate struct {
	LoadTarget `yaml:",inline"`
	After      *After `yaml:"after"`     // how far behind the first it comes; default: 1 to 64 records
	Partition  string `yaml:"partition"` // other: than that of its key, where the first is
}

// After is a distance in a load: a number of records, or a time. 0 is the next
// record.
type After struct {
	Records document.Count
	Time    document.Duration
}

// Pick names brokers: by their ids, or by what they are when the fault begins.
type Pick struct {
	Broker                 *int   `yaml:"broker"`
	Brokers                []int  `yaml:"brokers"`
	LeaderOf               string `yaml:"leader-of"`               // topic/partition
	FollowersOf            string `yaml:"followers-of"`            // topic/partition
	GroupCoordinator       string `yaml:"group-coordinator"`       // a group.id
	TransactionCoordinator string `yaml:"transaction-coordinator"` // a transactional.id
	Rack                   string `yaml:"rack"`
	Controller             bool   `yaml:"controller"`  // the active controller
	Controllers            []int  `yaml:"controllers"` // by their ids, whether they are brokers too or not
	Count                  int    `yaml:"count"`       // so many of them, drawn from the seed
}

// Isolate cuts brokers off from each other, and from the other brokers, or
// from the controllers; clients reach them all the same.
type Isolate struct {
	Target  `yaml:",inline"`
	Network string `yaml:"network"` // replication (default) | controller
}

// DeleteTopic deletes a topic with its records. Healing makes it again, empty,
// with the partitions, replication and settings that it had.
type DeleteTopic struct {
	Topic string `yaml:"topic"`
}

// AlterTopic changes settings of a topic. Healing sets them back.
type AlterTopic struct {
	Topic  string            `yaml:"topic"`
	Config map[string]string `yaml:"config"` // by Kafka's names
}

// Quota bounds what a client may produce and consume at each broker, in bytes
// per second. Healing sets back what there was.
type Quota struct {
	Client  string         `yaml:"client"`  // client.id; default: all that have no quota of their own
	Produce document.Bytes `yaml:"produce"` // Kafka's producer_byte_rate
	Consume document.Bytes `yaml:"consume"` // Kafka's consumer_byte_rate
}

// StartNode is the command that starts a node of an external cluster, or
// operator: somebody else starts it when it is down.
type StartNode struct {
	Command  []string
	Operator bool
}

// UnmarshalNode reads a list, or the word operator.
func (s *StartNode) UnmarshalNode(d *document.Decoder, n *document.Node) {
	switch {
	case n.Kind == document.Sequence:
		d.DecodeAs("start", n, &s.Command)
	case n.Kind == document.Scalar && n.Text == "operator":
		s.Operator = true
	default:
		d.Wrong(n, "a command as a list, or operator")
	}
}

// MarshalNode writes what UnmarshalNode reads.
func (s StartNode) MarshalNode() any {
	if s.Operator {
		return "operator"
	}
	return s.Command
}
