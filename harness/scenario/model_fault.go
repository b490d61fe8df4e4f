package scenario

import "github.com/flowweir/weir/contracts/document"

// Pick names brokers: by their ids, or by what they are when the fault begins.
type Pick struct {
	Broker                 *int   `yaml:"broker"`
	Brokers                []int  `yaml:"brokers"`
	LeaderOf               string `yaml:"leader-of"`               // topic/partition
	FollowersOf            string `yaml:"followers-of"`            // topic/partition
	GroupCoordinator       string `yaml:"group-coordinator"`       // a group.id
	TransactionCoordinator string `yaml:"transaction-coordinator"` // a transactional.id
	Rack                   string `yaml:"rack"`
	Controller             bool   `yaml:"controller"` // the active controller
	Count                  int    `yaml:"count"`      // so many of them, drawn from the seed
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
