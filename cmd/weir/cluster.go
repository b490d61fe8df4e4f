package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/docker"
)

func newCluster(s *state) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "cluster",
		Short: "Start, stop and show a Kafka cluster to develop against",
		Long: `Cluster keeps one Kafka cluster in containers, found again from any process
until it is taken down. It belongs to no run, and no run removes it.`,
		Example: `  weir cluster up --brokers 3
  weir cluster status
  weir cluster down`,
	})
	cmd.AddCommand(newClusterUp(s), newClusterDown(s), newClusterStatus(s))
	return cmd
}

func newClusterUp(s *state) *cobra.Command {
	var (
		spec   cluster.Spec
		config []string
	)
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Start the cluster, or what is down of it, and print its addresses",
		Example: `  weir cluster up
  weir cluster up --brokers 1 --config auto.create.topics.enable=true`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if spec.Brokers < 1 {
				return usageError("name 1 or more", "--brokers: %d is no number of brokers", spec.Brokers)
			}
			spec.Config = map[string]string{}
			for _, entry := range config {
				name, value, ok := strings.Cut(entry, "=")
				if !ok || name == "" {
					return usageError("write name=value", "--config: %q is no setting", entry)
				}
				spec.Config[name] = value
			}
			return s.clusterUp(cmd.Context(), spec)
		},
	}
	cmd.Flags().IntVar(&spec.Brokers, "brokers", docker.DefaultBrokers, "number of nodes, each broker and controller")
	cmd.Flags().StringVar(&spec.Image, "image", "", "container image (default $"+docker.ImageEnv+", else "+docker.DefaultImage+")")
	cmd.Flags().StringArrayVar(&config, "config", nil, "a broker setting by Kafka's name, name=value; may be repeated")
	return cmd
}

func (s *state) clusterUp(ctx context.Context, spec cluster.Spec) error {
	spec.Kind, spec.Log = cluster.Docker, s.stderr
	ctx, stop := s.cancellable(ctx)
	defer stop()
	up, err := docker.Up(ctx, spec)
	if err != nil {
		return err
	}
	return s.describe(up)
}

func newClusterDown(s *state) *cobra.Command {
	return &cobra.Command{
		Use:               "down",
		Short:             "Remove the cluster with its data, and what killed runs left",
		Example:           "  weir cluster down",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := docker.Down(cmd.Context()); err != nil {
				return err
			}
			removed, _, err := docker.Sweep(cmd.Context())
			if err != nil {
				return err
			}
			for _, l := range removed {
				if _, err := fmt.Fprintf(s.stdout, "removed what run %s left behind\n", l.RunID); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(s.stdout, "there is no development cluster now")
			return err
		},
	}
}

func newClusterStatus(s *state) *cobra.Command {
	return &cobra.Command{
		Use:               "status",
		Short:             "Show the cluster's nodes and addresses",
		Example:           "  weir cluster status",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := docker.Status(cmd.Context())
			if err != nil {
				return err
			}
			if found == nil {
				_, err := fmt.Fprintln(s.stdout, "there is no development cluster; weir cluster up starts one")
				return err
			}
			return s.describe(found)
		},
	}
}

// describe prints a cluster; its last line can be given to a shell.
func (s *state) describe(c *docker.DevCluster) error {
	var b strings.Builder
	fmt.Fprintf(&b, "image      %s\n", c.Image)
	for _, name := range slices.Sorted(maps.Keys(c.Config)) {
		fmt.Fprintf(&b, "config     %s=%s\n", name, c.Config[name])
	}
	for _, n := range c.Nodes {
		fmt.Fprintf(&b, "broker %-3d %-21s %s\n", n.ID, n.Address, nodeState(n))
	}
	fmt.Fprintf(&b, "%s=%s\n", bootstrapEnv, strings.Join(c.Bootstrap, ","))
	_, err := fmt.Fprint(s.stdout, b.String())
	return err
}

func nodeState(n docker.DevNode) string {
	switch {
	case n.Paused:
		return "paused"
	case n.Running:
		return "running"
	}
	return "down"
}

// cancellable returns a context that a signal ends; a second signal ends the
// process, as if none were listened to.
func (s *state) cancellable(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	signals, stop := s.interrupts()
	stop = sync.OnceFunc(stop)
	go func() {
		select {
		case <-signals:
			stop()
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { stop(); cancel() }
}
