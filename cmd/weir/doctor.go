package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/harness/cluster"
)

func newDoctor(s *state) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Show what this machine can and cannot do, and what to do about it",
		Long: `Doctor looks at what runs need of this machine: ports, cores, memory, clock,
limits, a container engine and its Kafka image, and what earlier runs left
behind. It pulls nothing and removes nothing.

--calibrate measures as well what this machine can send to a broker that
discards it, and keeps that for later runs on this machine, whose reports then
say how near their rate was to it.

The exit code is 0 where the embedded cluster works, else 3.`,
		Example:           "  weir doctor\n  weir doctor --calibrate\n  weir doctor --format json",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	format := formatFlag(cmd)
	calibrate := cmd.Flags().Bool("calibrate", false, "measure what this machine can send, about 6 s, and keep it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return s.doctor(cmd.Context(), *calibrate, format.value) }
	return cmd
}

// status says how one check of weir doctor came out.
type status string

const (
	statusOK      status = "ok"
	statusWarn    status = "warn"
	statusMissing status = "missing"
)

// diagnosis is one line of weir doctor. Next is what to do; empty where
// nothing is to be done.
type diagnosis struct {
	Name    string `json:"name"`
	Status  status `json:"status"`
	Message string `json:"message"`
	Next    string `json:"next,omitempty"`
}

// health is what weir doctor found; it is the document of --format json.
type health struct {
	Format string      `json:"format"` // weir/doctor/v1
	Checks []diagnosis `json:"checks"`
	// Clusters are the kinds of cluster that work here.
	Clusters []string `json:"clusters"`
}

func (s *state) doctor(ctx context.Context, calibrate bool, format string) error {
	ctx, stop := s.cancellable(ctx)
	defer stop()
	h := s.examine(ctx, calibrate)
	var err error
	if format == formatJSON {
		err = writeJSON(s.stdout, h)
	} else {
		err = h.text(s.stdout)
	}
	if err := printed(err); err != nil {
		return err
	}
	for _, kind := range h.Clusters {
		if kind == cluster.Embedded {
			return nil
		}
	}
	return exit(exitInfrastructure)
}

func (h *health) text(w io.Writer) error {
	var b strings.Builder
	for _, d := range h.Checks {
		fmt.Fprintf(&b, "%-8s %-10s %s\n", d.Status, d.Name, d.Message)
		if d.Next != "" {
			fmt.Fprintf(&b, "%19s = next: %s\n", "", d.Next)
		}
	}
	fmt.Fprintf(&b, "\nclusters that work here: %s\n", strings.Join(h.Clusters, ", "))
	_, err := io.WriteString(w, b.String())
	return err
}
