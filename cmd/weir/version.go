package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/reports/run"
)

// Set by the linker for a release (-X main.version=… -X main.commit=…);
// otherwise the build information of the Go tool is used.
var version, commit string

func newVersion(s *state) *cobra.Command {
	return &cobra.Command{
		Use:               "version",
		Short:             "Show the version of this program",
		Example:           "  weir version",
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(s.stdout, versionText())
			return err
		},
	}
}

// versionText is what weir version and weir --version print.
func versionText() string {
	w := program()
	return fmt.Sprintf("weir %s\ncommit %s\n%s %s/%s\n", w.Version, cmp.Or(w.Commit, "unknown"), w.Go, runtime.GOOS, runtime.GOARCH)
}

// program names this program, for reports.
func program() run.Weir {
	w := run.Weir{Version: version, Commit: commit, Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		w.Version = cmp.Or(w.Version, "(devel)")
		return w
	}
	w.Version = cmp.Or(w.Version, info.Main.Version, "(devel)")
	if w.Commit != "" {
		return w
	}
	modified := ""
	for _, setting := range info.Settings {
		switch {
		case setting.Key == "vcs.revision":
			w.Commit = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			modified = " (modified)"
		}
	}
	if w.Commit != "" {
		w.Commit += modified
	}
	return w
}
