package scenario

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/external"
)

// commands are those of the nodes by their ids, which validate has checked.
func (c Cluster) commands() map[int32]cluster.Commands {
	out := map[int32]cluster.Commands{}
	for name, n := range c.Nodes {
		id, _ := strconv.ParseInt(name, 10, 32)
		out[int32(id)] = cluster.Commands{Kill: n.Kill, Stop: n.Stop, Start: n.Start.Command, Pause: n.Pause, Unpause: n.Unpause, Operator: n.Start.Operator}
	}
	return out
}

// nodes checks the commands of an external cluster.
func (v *validator) nodes(path document.Path, nodes map[string]Node) {
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		at := path.Add(name)
		if id, err := strconv.ParseInt(name, 10, 32); err != nil || id < 0 || strconv.FormatInt(id, 10) != name {
			v.ErrorAtKey(BadTarget, at, fmt.Sprintf("%q is no id of a broker", name), "write its number, such as 1")
		}
		for field, command := range nodes[name].byName() {
			if len(command) > 0 && command[0] == "" {
				v.Error(document.Required, at.Add(field, 0), "a command begins with a program", "")
			}
		}
	}
}

// byName are the commands of a node by their fields.
func (n Node) byName() map[string][]string {
	return map[string][]string{"kill": n.Kill, "stop": n.Stop, "start": n.Start.Command, "pause": n.Pause, "unpause": n.Unpause}
}

// has says whether something does what a field says.
func (n Node) has(field string) bool {
	return len(n.byName()[field]) > 0 || field == "start" && n.Start.Operator
}

// neededCommands are the fields of a node that a fault on it needs.
var neededCommands = map[fault.Kind][]string{
	fault.Kill: {"kill", "start"}, fault.Stop: {"stop", "start"}, fault.Pause: {"pause", "unpause"}, fault.RollingRestart: {"stop", "start"},
}

// commands refuses faults on nodes of an external cluster for which there are
// no commands. Any of the brokers may suffer from a fault that finds its own
// when it begins.
func (p *preflight) commands(brokers []int32) {
	nodes := p.x.plan.Scenario.Cluster.Nodes
	if len(nodes) == 0 {
		return
	}
	for _, f := range p.x.plan.Faults {
		victims := f.Target.Brokers
		if len(victims) == 0 {
			victims = brokers
		}
		for _, field := range neededCommands[f.Kind] {
			for _, id := range victims {
				if name := strconv.Itoa(int(id)); !nodes[name].has(field) {
					p.Error(BadTarget, p.x.plan.place(f).Add(string(f.Kind)), fmt.Sprintf("cluster.nodes has no command %s of broker %d, which may be hit", field, id), "")
				}
			}
		}
	}
}

// keepHealing has what brings nodes back that commands take away kept in the
// run's record, for the next start.
func (x *execution) keepHealing() {
	operated, ok := x.up.(*external.Operated)
	if !ok {
		return
	}
	operated.Keep(func(heal []string) error {
		data, err := json.Marshal(cluster.Change{Run: heal})
		if err != nil {
			return err
		}
		x.left(x.record.Undo(x.clusterID, data))
		return nil
	})
}

// changesLeft says whether something of a cluster that outlives the run is not
// as it was before its faults.
func (x *execution) changesLeft() bool {
	operated, ok := x.up.(*external.Operated)
	return x.openChanges.Load() > 0 || ok && len(operated.Away()) > 0
}
