//go:build unix

package scenario_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// shells is produceOnly beside services, each a line of shell that is ready
// when it has written "up".
func shells(lines map[string]string) *scenario.Scenario {
	s := produceOnly()
	for name, line := range lines {
		s.Services = append(s.Services, scenario.Service{Name: name, Command: []string{"sh", "-c", line}, Ready: &scenario.Ready{Log: "^up$"}})
	}
	return s
}

// served is what a service wrote, and how its life ended.
func served(dir, name string) (lines []string, end string) {
	GinkgoHelper()
	log, err := os.ReadFile(filepath.Join(dir, run.ServiceLog(name)))
	Expect(err).NotTo(HaveOccurred())
	mark := regexp.MustCompile(`^--- weir \S+: (.*) ---$`)
	for line := range strings.Lines(string(log)) {
		line = strings.TrimSuffix(line, "\n")
		if m := mark.FindStringSubmatch(line); m != nil {
			end = m[1]
		} else if line != "" {
			lines = append(lines, line)
		}
	}
	return lines, end
}

// stubborn tells of SIGTERM and goes on; while it waits it counts.
const stubborn = `trap 'echo asked; asked=1' TERM; echo up; while :; do sleep 0.1; [ -z "$asked" ] || echo waiting; done`

var _ = Describe("The end of services", func() {
	It("comes side by side", func(ctx SpecContext) {
		withoutLeaks()
		dir, met := filepath.Join(GinkgoT().TempDir(), "run"), GinkgoT().TempDir()
		// Each ends once the other has been asked to.
		meet := func(mine, other string) string {
			return `cd ` + met + `; trap 'touch ` + mine + `; while [ ! -e ` + other + ` ]; do sleep 0.1; done; exit 0' TERM; echo up; while :; do sleep 0.1; done`
		}
		_, err := scenario.Run(ctx, shells(map[string]string{"a": meet("a", "b"), "b": meet("b", "a")}), started(dir)...)
		Expect(err).NotTo(HaveOccurred())
		for _, name := range []string{"a", "b"} {
			_, end := served(dir, name)
			Expect(end).To(Equal("stop: exit status 0"))
		}
	})

	It("comes at once when a run is aborted, and nobody is asked", func(ctx SpecContext) {
		withoutLeaks()
		dir, abort := filepath.Join(GinkgoT().TempDir(), "run"), make(chan struct{})
		s := shells(map[string]string{"a": stubborn, "b": stubborn})
		s.Load[0].Profile[0].For = document.Duration(time.Minute)
		_, err := scenario.Run(ctx, s, started(dir, scenario.Abort(abort), scenario.OnProgress(atLoad(func() { close(abort) })))...)
		Expect(err).To(MatchError(scenario.ErrInterrupted))
		Expect(err.Error()).To(MatchRegexp("^aborted: removed service [ab], service [ab], the embedded cluster; nothing was judged$"))
		for _, name := range []string{"a", "b"} {
			lines, end := served(dir, name)
			Expect(end).To(Equal("stop: signal: killed"))
			Expect(lines).To(Equal([]string{"up"}))
		}
	})

	It("is not waited for any more when a run that was judged is aborted", func(ctx SpecContext) {
		withoutLeaks()
		dir, abort := filepath.Join(GinkgoT().TempDir(), "run"), make(chan struct{})
		go func() {
			defer close(abort)
			for {
				log, _ := os.ReadFile(filepath.Join(dir, run.ServiceLog("a")))
				if strings.Contains(string(log), "asked\n") || ctx.Err() != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		_, err := scenario.Run(ctx, shells(map[string]string{"a": stubborn}), started(dir, scenario.Abort(abort))...)
		Expect(err).To(MatchError("aborted: removed service a, the embedded cluster; the run had been judged before"))
		lines, end := served(dir, "a")
		Expect(end).To(Equal("stop: signal: killed"))
		Expect(len(lines)).To(BeNumerically("<", 50), "of the hundred lines of a whole grace period")
		r := open(dir)
		Expect(r.Run.Status).To(Equal(run.Complete))
		Expect(r.Run.Verdict).To(Equal(finding.Pass), r.Run.Reason)
	})
})

// atLoad calls act once the load goes on.
func atLoad(act func()) func(scenario.Progress) {
	var once sync.Once
	return func(p scenario.Progress) {
		if p.At > 0 {
			once.Do(act)
		}
	}
}
