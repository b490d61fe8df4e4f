package embedded

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/harness/internal/port"
)

// state is what a broker's process would be.
type state uint8

const (
	up state = iota
	paused
	down
)

// node is one broker.
type node struct {
	id    int32
	gate  *gate
	port  *port.Reservation // while the node is down, too
	state state
	// fenced says that the node left the cluster: its session expired, or
	// it shut down in an orderly way.
	fenced bool
	// session ends the node's membership; nil while the node is up, or
	// while no broker is up to take over.
	session *time.Timer
	// epoch distinguishes one absence from the next, for a timer that
	// fired while the node came back.
	epoch uint64
}

func (n *node) disarm() {
	n.epoch++
	if n.session != nil {
		n.session.Stop()
		n.session = nil
	}
}

type partition struct {
	topic string
	id    int32
}

// Kill ends a broker at once: its connections close and its port refuses new
// ones. Its leaderships and coordinators move when its session has expired,
// broker.session.timeout.ms later, if a broker is up to take them. Killing a
// broker that is down is no error.
func (c *Cluster) Kill(ctx context.Context, id int32) error {
	return c.act(ctx, id, func(n *node) error {
		if n.state == down {
			return nil
		}
		n.state = down
		n.gate.shut()
		n.gate.thaw()
		c.arm(n)
		c.publish()
		c.logf("broker %d killed", id)
		return nil
	})
}

// Stop is a controlled shutdown: leaderships and coordinators move first, if
// a broker is up to take them, then connections close. Stopping a broker that
// is down is no error.
func (c *Cluster) Stop(ctx context.Context, id int32) error {
	return c.act(ctx, id, func(n *node) error {
		if n.state == down {
			return nil
		}
		was := n.state
		n.state = down // it takes over nothing
		if !n.fenced && c.anyUp() {
			if err := c.fence(n); err != nil {
				n.state = was
				return err
			}
		}
		n.disarm()
		n.gate.shut()
		n.gate.thaw()
		c.publish()
		c.logf("broker %d stopped", id)
		return nil
	})
}

// Pause freezes a broker: connections stay and new ones are accepted, nothing
// answers. When its session has expired its leaderships and coordinators move
// as after Kill. With all brokers paused nothing moves, because nothing could
// take over: clients see a plain stall. Pausing a paused broker is no error,
// pausing one that is down is.
func (c *Cluster) Pause(ctx context.Context, id int32) error {
	return c.act(ctx, id, func(n *node) error {
		switch n.state {
		case paused:
			return nil
		case down:
			return fmt.Errorf("embedded: pause broker %d: it is down; start it first", id)
		}
		n.state = paused
		n.gate.freeze()
		c.arm(n)
		c.publish()
		c.logf("broker %d paused", id)
		return nil
	})
}

// Unpause lets a paused broker go on. If its session has expired meanwhile it
// rejoins: its connections close, as clients must learn who leads now.
// Unpausing a broker that is not paused is no error.
func (c *Cluster) Unpause(ctx context.Context, id int32) error {
	return c.act(ctx, id, func(n *node) error {
		if n.state != paused {
			return nil
		}
		return c.comeBack(n)
	})
}

// Start brings a killed or stopped broker back on its port. Leaderships that
// moved stay where they are, except those of replication factor 1. Starting a
// broker that runs is no error; a paused one runs and stays paused.
func (c *Cluster) Start(ctx context.Context, id int32) error {
	return c.act(ctx, id, func(n *node) error {
		if n.state != down {
			return nil
		}
		return c.comeBack(n)
	})
}

// act calls fn with the node, one act at a time.
func (c *Cluster) act(ctx context.Context, id int32, fn func(*node) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	if id < 0 || int(id) >= len(c.nodes) {
		return fmt.Errorf("embedded: there is no broker %d; the brokers are 0 to %d", id, len(c.nodes)-1)
	}
	return fn(c.nodes[id])
}

// comeBack makes a node that is down or paused serve again.
func (c *Cluster) comeBack(n *node) error {
	if err := n.gate.open(); err != nil {
		return fmt.Errorf("embedded: start broker %d: %w", n.id, err)
	}
	n.disarm()
	if n.fenced {
		n.gate.drop()
		if err := c.rejoin(n); err != nil {
			return err
		}
	}
	n.state = up
	n.gate.thaw()
	n.gate.serve()
	// Those whose session ended while nobody was up to notice have theirs
	// watched again.
	for _, other := range c.nodes {
		if other.state != up && !other.fenced && other.session == nil {
			c.arm(other)
		}
	}
	c.publish()
	c.logf("broker %d is back", n.id)
	return nil
}

// arm starts the session timeout of a node that went silent.
func (c *Cluster) arm(n *node) {
	if n.fenced || n.session != nil {
		return
	}
	n.epoch++
	epoch := n.epoch
	n.session = time.AfterFunc(c.settings.sessionTimeout, func() { c.expire(n, epoch) })
}

// expire is the end of a node's session.
func (c *Cluster) expire(n *node, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || n.epoch != epoch {
		return
	}
	n.session = nil
	if !c.anyUp() {
		return // comeBack of the first node arms it again
	}
	if err := c.fence(n); err != nil {
		c.logf("broker %d: failover failed: %v", n.id, err)
		return
	}
	c.publish()
}

func (c *Cluster) anyUp() bool {
	return slices.ContainsFunc(c.nodes, func(n *node) bool { return n.state == up })
}

// fence takes a node out of the cluster and moves what it led to nodes that
// are up.
func (c *Cluster) fence(n *node) error {
	var heirs []int32 // in the order of ids, beginning after n's
	for i := range c.nodes {
		if h := c.nodes[(int(n.id)+1+i)%len(c.nodes)]; h.state == up && h != n {
			heirs = append(heirs, h.id)
		}
	}
	moved := 0
	err := c.change(
		func() error { return c.kfake.RemoveNode(n.id) },
		func(p partition, leader int32) int32 {
			if leader != n.id {
				return leader
			}
			moved++
			if info := c.kfake.TopicInfo(p.topic); info != nil && info.NumReplicas == 1 {
				c.stranded[p] = n.id
			}
			return heirs[int(p.id)%len(heirs)]
		},
	)
	if err != nil {
		return fmt.Errorf("embedded: move leaderships from broker %d: %w", n.id, err)
	}
	n.fenced = true
	c.withholdStranded()
	c.logf("broker %d left the cluster; %d partitions moved", n.id, moved)
	return nil
}

// rejoin brings a fenced node back into the cluster, without leaderships but
// those that only it could have.
func (c *Cluster) rejoin(n *node) error {
	err := c.change(
		func() error {
			_, _, err := c.kfake.AddNode(n.id, n.gate.addr.Port)
			return err
		},
		func(p partition, leader int32) int32 {
			if home, ok := c.stranded[p]; ok && home == n.id {
				return n.id
			}
			return leader
		},
	)
	if err != nil {
		return fmt.Errorf("embedded: bring broker %d back: %w", n.id, err)
	}
	n.fenced = false
	maps.DeleteFunc(c.stranded, func(_ partition, home int32) bool { return home == n.id })
	c.withholdStranded()
	return nil
}

// change changes the list of kfake's brokers and then gives every partition
// the leader that place says, from the one that it had: kfake deals all
// leaderships out at random when its list of brokers changes. Clients see
// only the outcome.
func (c *Cluster) change(brokers func() error, place func(p partition, leader int32) int32) error {
	topics, err := c.control.topics()
	if err != nil {
		return err
	}
	return c.control.exclusively(func() error {
		leaders := make(map[partition]int32)
		for _, t := range topics {
			for _, info := range c.kfake.PartitionInfos(t) {
				leaders[partition{t, info.Partition}] = info.Leader
			}
		}
		if err := brokers(); err != nil {
			return err
		}
		for p, leader := range leaders {
			want := place(p, leader)
			if c.kfake.LeaderFor(p.topic, p.id) == want {
				continue
			}
			if err := c.kfake.MoveTopicPartition(p.topic, p.id, want); err != nil {
				return fmt.Errorf("move %s/%d to broker %d: %w", p.topic, p.id, want, err)
			}
		}
		c.recordEpochs(topics)
		return nil
	})
}

// recordEpochs notes where the leader epochs that a change began start.
func (c *Cluster) recordEpochs(topics []string) {
	was, now := *c.epochs.Load(), make(epochs)
	for _, name := range topics {
		topic := c.kfake.TopicInfo(name)
		if topic == nil {
			continue // deleted since it was listed
		}
		for _, info := range c.kfake.PartitionInfos(name) {
			id := partitionID{topic.TopicID, info.Partition}
			now[id] = append(slices.Clone(was[id]), epochStart{info.Epoch, info.HighWatermark})
		}
	}
	c.epochs.Store(&now)
}

// withholdStranded makes kfake answer for partitions without a leader as
// Kafka does. kfake itself always has one.
func (c *Cluster) withholdStranded() {
	if c.withhold != nil {
		c.withhold.Remove()
		c.withhold = nil
	}
	if len(c.stranded) == 0 {
		return
	}
	byTopic := make(map[string][]int32)
	for p := range c.stranded {
		byTopic[p.topic] = append(byTopic[p.topic], p.id)
	}
	var faults []kfake.Fault
	for topic, partitions := range byTopic {
		faults = append(faults,
			kfake.Fault{
				Keys:  []kmsg.Key{kmsg.Metadata, kmsg.DescribeTopicPartitions},
				Topic: topic, Partitions: partitions, Err: kerr.LeaderNotAvailable, Count: -1,
			},
			kfake.Fault{
				Keys:  []kmsg.Key{kmsg.Produce, kmsg.Fetch, kmsg.ListOffsets},
				Topic: topic, Partitions: partitions, Err: kerr.NotLeaderForPartition, Count: -1,
			})
	}
	c.withhold = c.kfake.Fault(faults...)
}

// view is what answers to clients show of the cluster's state.
type view struct {
	controller int32
	stranded   map[partition]int32
}

// publish makes the state visible to requests in flight; c.mu is held.
func (c *Cluster) publish() {
	v := &view{controller: -1, stranded: maps.Clone(c.stranded)}
	for _, n := range c.nodes {
		if n.state == up {
			v.controller = n.id
			break
		}
	}
	c.seen.Store(v)
}

// amend makes an answer of the controller's one of a KRaft broker's: the
// controller that it names is a broker that is up, and partitions without a
// leader say so.
func (v *view) amend(resp kmsg.Response) {
	switch resp := resp.(type) {
	case *kmsg.DescribeClusterResponse:
		resp.ControllerID = v.controller
	case *kmsg.MetadataResponse:
		resp.ControllerID = v.controller
		for i := range resp.Topics {
			for j := range resp.Topics[i].Partitions {
				if p := &resp.Topics[i].Partitions[j]; p.ErrorCode == kerr.LeaderNotAvailable.Code {
					p.Leader, p.LeaderEpoch = -1, -1
				}
			}
		}
	}
}
