package main

import (
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/external"
)

// providers are the cluster kinds that this program can start or use.
func providers() []cluster.Provider {
	return []cluster.Provider{embedded.Provider(), docker.Provider(), external.Provider()}
}

// clusterKinds are their names, as flags and the environment take them.
var clusterKinds = []string{cluster.Embedded, cluster.Docker, cluster.External}
