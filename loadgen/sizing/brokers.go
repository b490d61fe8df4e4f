package sizing

import (
	"fmt"

	"github.com/flowweir/weir/reports/run"
)

// brokers is the largest of what ingress, egress and disk need, and one more.
func (s *sheet) brokers() {
	in := &s.in
	if !in.EventBytes.known() || !in.Replication.known() {
		return
	}
	bytes := in.Target.Is * in.EventBytes.Is
	need, why := 0.0, ""
	add := func(name string, total float64, unit, formula string, limit Value, limited string) {
		f := run.Figure{Name: name, Value: total, Unit: unit, Formula: formula}
		if limit.known() {
			n := up(total / (limit.Is * (1 - in.Headroom.Is)))
			f.Note = fmt.Sprintf("%.0f brokers hold it, with headroom", n)
			if n == 1 {
				f.Note = "1 broker holds it, with headroom"
			}
			if n > need {
				need, why = n, name
			}
		} else {
			f.Note = limited + " is not known, and not counted"
		}
		s.result(f)
	}
	add(ingressTotal, bytes*in.Replication.Is, run.UnitByteRate, "target × event × replication", in.Ingress, ingress)
	add(egressTotal, bytes*(in.Groups.Is+in.Replication.Is-1), run.UnitByteRate, "target × event × (groups + replication − 1)", in.Egress, egress)
	if in.Retention.known() {
		add(diskTotal, bytes*in.Replication.Is*in.Retention.Is, run.UnitBytes, "target × event × replication × retention", in.Disk, disk)
	}
	if need == 0 {
		return
	}
	f := run.Figure{Name: "brokers", Value: max(need+1, in.Replication.Is), Formula: "1 + ⌈" + why + " ÷ (per broker × (1 − headroom))⌉",
		Note: "one of them may be down"}
	if need+1 < in.Replication.Is {
		f.Formula, f.Note = replication, "one for each replica; the load needs fewer"
	}
	s.result(f)
}

// The names of what all brokers take together.
const (
	ingressTotal = "ingress"
	egressTotal  = "egress"
	diskTotal    = "disk"
)
