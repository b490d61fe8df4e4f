package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/metrics"
)

// metricsFlags say where the figures of a run are shown while it goes on.
type metricsFlags struct {
	listen string
	linger time.Duration
}

func (f *metricsFlags) bind(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "metrics-listen", "", "serve the run's figures to Prometheus at `[HOST:]PORT`/metrics while it goes on (default HOST 127.0.0.1; PORT 0 is a free one)")
	flags.DurationVar(&f.linger, "metrics-linger", 0, "with --metrics-listen: serve for at most so long after the verdict, until it was scraped")
	for _, name := range []string{"metrics-listen", "metrics-linger"} {
		// It errs only for a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

func (f *metricsFlags) check(flags *pflag.FlagSet) error {
	switch {
	case flags.Changed("metrics-linger") && f.listen == "":
		return usageError("add --metrics-listen 9464, or leave it out", "--metrics-linger is for --metrics-listen")
	case f.linger < 0:
		return usageError("write a duration such as 30s", "--metrics-linger: %s is below 0", f.linger)
	}
	return nil
}

// shownMetrics are the figures of a run while they are served; nil where that
// was not asked for.
type shownMetrics struct {
	exporter metrics.Exporter
	server   *metrics.Server
	linger   time.Duration
}

// serve begins to serve and says where.
func (f *metricsFlags) serve(ctx context.Context, log io.Writer) (*shownMetrics, error) {
	if f.listen == "" {
		return nil, nil
	}
	m := &shownMetrics{linger: f.linger}
	var err error
	if m.server, err = metrics.Listen(ctx, f.listen, &m.exporter); err != nil {
		return nil, usageError("write [HOST:]PORT, such as 9464, of a port that nothing listens at", "--metrics-listen: %w", err)
	}
	_, _ = fmt.Fprintf(log, "figures at %s\n", m.server.URL)
	if m.server.Open {
		_, _ = fmt.Fprintln(log, "warning: whoever reaches this machine can read them: they are not of 127.0.0.1 alone")
	}
	return m, nil
}

// options has a run shown.
func (m *shownMetrics) options() []scenario.Option {
	if m == nil {
		return nil
	}
	return []scenario.Option{scenario.Metrics(&m.exporter)}
}

// close ends the serving, once the verdict was scraped or it is not waited for
// any longer.
func (m *shownMetrics) close(ctx context.Context, log io.Writer) {
	if m == nil {
		return
	}
	if m.linger > 0 {
		_, _ = fmt.Fprintf(log, "the verdict stays at %s until it was scraped, at most for %s\n", m.server.URL, m.linger)
	}
	m.exporter.Linger(ctx, m.linger)
	if err := m.server.Close(); err != nil { // no part of the run failed
		_, _ = fmt.Fprintf(log, "warning: the figures at %s: %v\n", m.server.URL, err)
	}
}
