package docker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/harness/cluster"
)

const (
	// readyTimeout bounds the start of a cluster. It takes 6 to 10 s on two
	// idle cores, and many times that where others use them.
	readyTimeout = 4 * time.Minute
	readyPoll    = 100 * time.Millisecond
	// lastLines is how much of a dead node's output an error shows.
	lastLines = "20"
)

// waitReady returns when every node is registered with the controller,
// answers at its published address, and a topic could be created on all.
func (c *Cluster) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	for {
		missing := c.missing(ctx)
		if missing == nil {
			return nil
		}
		if err := c.checkAlive(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: brokers are not ready: %w: %w", cluster.ErrUnavailable, missing, ctx.Err())
		case <-ticker.C:
		}
	}
}

// missing says what the cluster still lacks. Each node is asked by itself:
// a cluster of which one node cannot be reached from here is not ready.
func (c *Cluster) missing(ctx context.Context) error {
	for _, n := range c.brokers() {
		if err := n.ready(ctx, c.spec.Brokers); err != nil {
			return fmt.Errorf("node %d at %s: %w", n.id, n.hostAddr, err)
		}
	}
	return nil
}

func (n *node) ready(ctx context.Context, brokers int) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	kafka, err := kgo.NewClient(kgo.SeedBrokers(n.hostAddr), kgo.DialTimeout(time.Second), kgo.RequestRetries(0))
	if err != nil {
		return err
	}
	defer kafka.Close()
	adm := kadm.NewClient(kafka)
	meta, err := adm.BrokerMetadata(ctx)
	if err != nil {
		return err
	}
	if len(meta.Brokers) < brokers {
		return fmt.Errorf("knows %d of %d brokers", len(meta.Brokers), brokers)
	}
	// Which node it is that answers, and whether it believes what we wrote.
	for _, b := range meta.Brokers {
		if b.NodeID == n.id && fmt.Sprintf("%s:%d", b.Host, b.Port) != n.hostAddr {
			return fmt.Errorf("advertises %s:%d", b.Host, b.Port)
		}
	}
	created, err := adm.ValidateCreateTopics(ctx, 1, int16(brokers), nil, "weir-ready")
	if err != nil {
		return err
	}
	return created.Error()
}

// checkAlive errs if a node ended by itself, and shows its last words.
func (c *Cluster) checkAlive(ctx context.Context) error {
	for _, n := range c.nodes {
		s, err := c.engine.state(ctx, n.container)
		if err != nil {
			return fmt.Errorf("%w: node %d: %w", cluster.ErrUnavailable, n.id, err)
		}
		if s.running {
			continue
		}
		why := fmt.Sprintf("ended with status %d", s.exitCode)
		if s.outOfMemory {
			why += ", out of memory: give the engine 1 GB for each broker"
		}
		return fmt.Errorf("%w: node %d %s; its last lines:\n%s", cluster.ErrUnavailable, n.id, why, c.engine.tail(ctx, n.container))
	}
	return nil
}

// tail is the end of a container's output.
func (e *engine) tail(ctx context.Context, id string) string {
	stream, err := e.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, ShowStderr: true, Tail: lastLines})
	if err != nil {
		return err.Error()
	}
	defer func() { _ = stream.Close() }()
	var out bytes.Buffer
	_, _ = stdcopy.StdCopy(&out, &out, stream)
	return strings.TrimRight(out.String(), "\n")
}

// inspectBrokers answers Kafka's version, and refuses settings that the
// brokers do not know: they themselves ignore a misspelled one.
func (c *Cluster) inspectBrokers(ctx context.Context) (version string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	kafka, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		return "", err
	}
	defer kafka.Close()
	known, err := c.knownSettings(ctx, kafka)
	if err != nil {
		return "", fmt.Errorf("%w: read the brokers' settings: %w", cluster.ErrUnavailable, err)
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(c.spec.Config)) {
		if !known[name] && !strings.HasPrefix(name, "listener.name.") {
			errs = append(errs, cluster.RefuseSetting(cluster.Docker, name, c.spec.Config[name], fmt.Errorf("%s knows no such setting", c.image)))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	return kafkaVersion(ctx, kadm.NewClient(kafka))
}

// knownSettings are the names of the brokers' settings. Brokers list those
// that they do not know too, as being of no type.
func (c *Cluster) knownSettings(ctx context.Context, kafka *kgo.Client) (map[string]bool, error) {
	request := kmsg.NewPtrDescribeConfigsRequest()
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = kmsg.ConfigResourceTypeBroker, strconv.Itoa(int(c.nodes[0].id))
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, kafka)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, r := range response.Resources {
		if err := kerr.ErrorForCode(r.ErrorCode); err != nil {
			return nil, err
		}
		for _, config := range r.Configs {
			known[config.Name] = config.ConfigType != 0
		}
	}
	return known, nil
}

// kafkaVersion is guessed from the protocol, as brokers do not tell: the
// newest release whose requests all brokers understand.
func kafkaVersion(ctx context.Context, adm *kadm.Client) (string, error) {
	versions, err := adm.ApiVersions(ctx)
	if err != nil {
		return "", fmt.Errorf("%w: read the brokers' versions: %w", cluster.ErrUnavailable, err)
	}
	for _, v := range versions.Sorted() {
		if v.Err == nil {
			return v.VersionGuess(), nil
		}
	}
	return "", nil
}
