package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/contracts/source/registry"
)

// readsRegistry completes the help of a verb that reads a schema registry with
// how it is reached.
func readsRegistry(cmd *cobra.Command) *cobra.Command {
	cmd.Long += fmt.Sprintf(`

The schema registry is the one that %s names, else the workspace's.
Weir registers nothing there. The environment has the credentials, and nothing
else has: %s with %s, or %s. For
TLS, %s names a file with the certificates to trust,
%s and %s the client's own; all in PEM.`,
		registry.EnvURL, registry.EnvUser, registry.EnvPassword, registry.EnvToken, registry.EnvCA, registry.EnvCert, registry.EnvKey)
	return cmd
}
