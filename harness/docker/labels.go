package docker

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/cluster"
)

// The labels of everything that is started.
const (
	labelRun       = cluster.RunLabel // id of the run
	labelNamespace = "weir.namespace" // lease.Namespace of the process
	labelRole      = "weir.role"      // broker, controller, service, helper, network, volume
	labelNode      = "weir.node"      // its id
	labelAddress   = "weir.address"   // a broker's host:port for clients on the host
	labelSpec      = "weir.spec"      // what a broker was made from, as JSON
	labelCluster   = "weir.cluster"   // dev: the cluster of "weir cluster up"
)

const (
	roleBroker     = "broker"
	roleController = "controller"
	roleService    = "service"
	roleHelper     = "helper"
	roleNetwork    = "network"
	roleVolume     = "volume"
)

// devCluster is the value of labelCluster. There is one development cluster
// per engine.
const devCluster = "dev"

// owner is what the labels and names of a cluster's resources come from.
type owner struct {
	id     string            // in names: weir-<id>-svc
	labels map[string]string // on every resource
	match  []string          // label=value filters that find every resource
}

func runOwner(runID, namespace string) owner {
	return owner{
		id:     nameOf(runID),
		labels: map[string]string{labelRun: runID, labelNamespace: namespace},
		match:  []string{labelRun + "=" + runID, labelNamespace + "=" + namespace},
	}
}

func devOwner() owner {
	return owner{
		id:     devCluster,
		labels: map[string]string{labelCluster: devCluster},
		match:  []string{labelCluster + "=" + devCluster},
	}
}

// with returns the labels for one resource.
func (o owner) with(role string, more ...string) map[string]string {
	labels := maps.Clone(o.labels)
	labels[labelRole] = role
	for i := 0; i+1 < len(more); i += 2 {
		labels[more[i]] = more[i+1]
	}
	return labels
}

func (o owner) filters() client.Filters {
	return make(client.Filters).Add("label", o.match...)
}

func (o owner) name(part string) string { return "weir-" + o.id + "-" + part }

// nameOf makes a run's id usable in names of containers and networks.
func nameOf(runID string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, runID)
}

// randomID names a run that was given no name, and anything that needs a
// name of its own within a run.
func randomID() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return hex.EncodeToString(b[:])
}
