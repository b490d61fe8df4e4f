package orderflow_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/run"
)

func TestOrderFlow(t *testing.T) {
	// The reaper of who starts Kafka by hand is one more image, which may not be
	// there; what is started is removed by the spec. It is asked for once in a
	// process, by whatever starts the first container.
	t.Setenv("TESTCONTAINERS_RYUK_DISABLED", "true")
	RegisterFailHandler(Fail)
	RunSpecs(t, "order flow")
}

// load reads a scenario of the example, with another load: what the specs
// look for shows within seconds.
func load(file string, rate scenario.Rate, span time.Duration) *scenario.Scenario {
	GinkgoHelper()
	s := harness.LoadScenario(GinkgoTB(), file)
	s.Warmup = nil // its default follows the load's length
	s.Load[0].Profile = []scenario.Segment{{Hold: &rate, For: document.Duration(span)}}
	return s
}

// measure runs a scenario on the embedded cluster, or on another that
// WEIR_CLUSTER or an option names.
func measure(s *scenario.Scenario, options ...scenario.Option) *scenario.Result {
	GinkgoHelper()
	return harness.Measure(GinkgoTB(), s, append(options, scenario.With(docker.Provider()))...)
}

// expectEqualCounts compares the ledger's counts with the series that the
// report draws: both are of the same records.
func expectEqualCounts(result *scenario.Result) {
	GinkgoHelper()
	record, err := run.Open(result.Dir)
	Expect(err).NotTo(HaveOccurred())
	Expect(record.Problems).To(BeEmpty())

	var ledger, series run.Interval
	for _, s := range record.Results.Senders {
		ledger.Due += int64(s.Due)
		ledger.Sent += int64(s.Sent)
		ledger.Acked += int64(s.Acked)
		ledger.Failed += int64(s.Failed)
		ledger.Received += int64(s.Received)
		ledger.Effects += int64(s.Effects)
		ledger.Dead += int64(s.DeadLettered)
	}
	for _, i := range record.Intervals {
		series.Due += i.Due
		series.Sent += i.Sent
		series.Acked += i.Acked
		series.Failed += i.Failed
		series.Received += i.Received
		series.Effects += i.Effects
		series.Dead += i.Dead
	}
	Expect(series).To(Equal(ledger))
}
