package scenario

import (
	"fmt"
	"time"

	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// neverReady ends a run whose service ended before it was ready: that fails
// the run, as it does later.
func (x *execution) neverReady(early *service.EarlyEnd) error {
	message := fmt.Sprintf("service %s ended by itself before it was ready: %s", early.Death.Service, early.Death.Exit.Reason)
	x.fail(message, "it was waited for "+early.Waiting+"; see "+run.ServiceLog(early.Death.Service))
	x.logf("%s", message) // the summary shows its last lines
	x.results.Drain.Open = []string{"no load was sent"}
	for _, name := range x.plan.Invariants {
		x.results.Invariants = append(x.results.Invariants, run.Outcome{
			Invariant: name, Verdict: finding.Inconclusive, Sentence: "not judged: no load was sent",
		})
	}
	for _, name := range x.order {
		x.info.Services = append(x.info.Services, x.service(name))
	}
	early.Info.Died = early.Death.Exit.Reason
	x.info.Services = append(x.info.Services, early.Info)
	x.info.Ended = time.Now().UTC().Truncate(time.Millisecond)
	x.info.Status, x.info.Verdict, x.info.Reason = run.Complete, finding.Fail, message
	if err := x.dir.WriteResults(x.results); err != nil {
		return &InfrastructureError{"writing results.json", err}
	}
	return x.writeInfo()
}

// died records the end of a service that nobody asked for. It fails the run
// and ends the load: nothing more can be learnt.
func (x *execution) died(d service.Death) {
	x.fail(d.String(), "see "+run.ServiceLog(d.Service))
	x.note("service", d.String())
	x.mu.Lock()
	x.deaths = append(x.deaths, d)
	x.mu.Unlock()
	x.endLoad()
}

// deadDrain is how long a run drains at most in which a service died: what
// the service had to read stays unread.
const deadDrain = 5 * time.Second

// anyDied says whether a service ended by itself.
func (x *execution) anyDied() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.deaths) > 0
}
