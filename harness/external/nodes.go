package external

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/harness/cluster"
)

const (
	// commandTimeout bounds one command, such as an orderly stop by ssh.
	commandTimeout = 2 * time.Minute
	// operatorPatience is how long a node may take that somebody else starts.
	operatorPatience = 5 * time.Minute
	operatorPoll     = 500 * time.Millisecond
)

// Operated is a cluster on whose nodes commands act. What a fault on brokers
// shows of it the cluster itself tells: that a command ended well proves
// nothing.
type Operated struct {
	*Cluster
	commands map[int32]cluster.Commands

	mu   sync.Mutex
	away map[int32]bool // nodes that are down or frozen, or may be
	keep func(heal []string) error
}

var (
	_ cluster.Cluster = (*Operated)(nil)
	_ fault.Killer    = (*Operated)(nil)
	_ fault.Stopper   = (*Operated)(nil)
	_ fault.Starter   = (*Operated)(nil)
	_ fault.Pauser    = (*Operated)(nil)
)

// FaultNote says what commands cannot do.
func (c *Operated) FaultNote() string {
	return "commands of cluster.nodes kill, stop, start and pause brokers; for the rest run the scenario with --cluster docker"
}

// Keep has a function called before a node is taken away, with the command
// that brings it back, if there is one: for who would do so in place of this
// process.
func (c *Operated) Keep(keep func(heal []string) error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep = keep
}

// Away are the nodes that were taken away and not brought back.
func (c *Operated) Away() []int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	var nodes []int32
	for n := range c.away {
		nodes = append(nodes, n)
	}
	slices.Sort(nodes)
	return nodes
}

// Kill runs the node's command for it.
func (c *Operated) Kill(ctx context.Context, node int32) error {
	return c.take(ctx, node, "kill", c.commands[node].Kill, c.commands[node].Start)
}

// Stop runs the node's command for it.
func (c *Operated) Stop(ctx context.Context, node int32) error {
	return c.take(ctx, node, "stop", c.commands[node].Stop, c.commands[node].Start)
}

// Pause runs the node's command for it.
func (c *Operated) Pause(ctx context.Context, node int32) error {
	return c.take(ctx, node, "pause", c.commands[node].Pause, c.commands[node].Unpause)
}

// Start runs the node's command for it or, where an operator starts nodes,
// waits until it answers again. The command must leave a node alone that runs.
func (c *Operated) Start(ctx context.Context, node int32) error {
	if c.commands[node].Operator {
		return c.back(node, c.await(ctx, node))
	}
	return c.back(node, c.run(ctx, node, "start", c.commands[node].Start))
}

// Unpause runs the node's command for it, which must leave a node alone that
// is not paused.
func (c *Operated) Unpause(ctx context.Context, node int32) error {
	return c.back(node, c.run(ctx, node, "unpause", c.commands[node].Unpause))
}

// take takes a node away. It may be away also where the command fails.
func (c *Operated) take(ctx context.Context, node int32, what string, command, heal []string) error {
	c.mu.Lock()
	keep := c.keep
	c.away[node] = true
	c.mu.Unlock()
	if keep != nil && len(heal) > 0 {
		if err := keep(heal); err != nil {
			return fmt.Errorf("%s broker %d: keep how to bring it back: %w", what, node, err)
		}
	}
	return c.run(ctx, node, what, command)
}

func (c *Operated) back(node int32, err error) error {
	if err == nil {
		c.mu.Lock()
		delete(c.away, node)
		c.mu.Unlock()
	}
	return err
}

func (c *Operated) run(ctx context.Context, node int32, what string, command []string) error {
	if err := Run(ctx, command); err != nil {
		return fmt.Errorf("%s broker %d: %w", what, node, err)
	}
	return nil
}

// Run runs a command of cluster.nodes, a program and its arguments, and
// returns when it has ended well. What it said last is in the error.
func Run(ctx context.Context, command []string) error {
	if len(command) == 0 {
		return errors.New("there is no command for it")
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.WaitDelay = time.Second // for what holds its output after it has ended
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	said := strings.TrimSpace(string(out))
	const most = 400
	if len(said) > most {
		said = "… " + strings.ToValidUTF8(said[len(said)-most:], "")
	}
	return fmt.Errorf("%s: %w: %s", command[0], err, said)
}

// await returns when a node answers for itself.
func (c *Operated) await(ctx context.Context, node int32) error {
	ctx, cancel := context.WithTimeout(ctx, operatorPatience)
	defer cancel()
	kafka, err := kgo.NewClient(append(c.ClientOptions(), kgo.MetadataMinAge(operatorPoll/2))...)
	if err != nil {
		return err
	}
	defer kafka.Close()
	for {
		look, done := context.WithTimeout(ctx, 2*time.Second)
		_, err = kmsg.NewPtrMetadataRequest().RequestWith(look, kafka.Broker(int(node)))
		done()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("broker %d was not started by anybody within %s: %w", node, operatorPatience, err)
		case <-time.After(operatorPoll):
		}
	}
}
