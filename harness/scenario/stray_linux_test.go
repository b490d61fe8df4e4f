package scenario_test

import (
	"os"
	"path/filepath"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

var _ = Describe("a service that starts a daemon", func() {
	It("leaves none behind", func(ctx SpecContext) {
		withoutLeaks()
		result := ran(ctx, finding.Pass, written(`
services: [{name: shell, command: [sh, -c, "setsid sleep 300 & echo left $!; exec sleep 300"], ready: {log: "left [0-9]+"}}]
load: [{topic: bench, payload: {size: 10}, profile: [{hold: 100/s, for: 100ms}]}]
invariants: [no-loss]
`))
		log, err := os.ReadFile(filepath.Join(result.Dir, run.ServiceLog("shell")))
		Expect(err).NotTo(HaveOccurred())
		pid := regexp.MustCompile(`left ([0-9]+)`).FindSubmatch(log)
		Expect(pid).To(HaveLen(2))
		// What nobody has waited for yet has no command line any more.
		command, _ := os.ReadFile("/proc/" + string(pid[1]) + "/cmdline")
		Expect(command).To(BeEmpty())
	})
})
