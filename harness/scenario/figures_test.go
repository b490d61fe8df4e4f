package scenario_test

import (
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/loadgen/metrics"
)

// figures are the samples of a page by name and labels.
func figures(e *metrics.Exporter) map[string]float64 {
	GinkgoHelper()
	w := httptest.NewRecorder()
	e.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	all := map[string]float64{}
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndexByte(line, ' ')
		v, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		Expect(err).NotTo(HaveOccurred())
		all[line[:at]] = v
	}
	return all
}

var _ = Describe("the figures of a run", func() {
	It("grow while it goes on, and end as its results", func(ctx SpecContext) {
		withoutLeaks()
		e := &metrics.Exporter{}
		var mu sync.Mutex
		phases := map[string]bool{}
		last := map[string]float64{}
		looked := func(p scenario.Progress) {
			mu.Lock()
			defer mu.Unlock()
			defer GinkgoRecover()
			now := figures(e)
			for name, v := range now {
				if strings.Contains(name, "_total") || strings.Contains(name, "_bucket") {
					Expect(v).To(BeNumerically(">=", last[name]), name)
				}
				if phase, ok := strings.CutPrefix(name, `weir_run_phase{phase="`); ok && v == 1 {
					phases[strings.TrimSuffix(phase, `"}`)] = true
				}
			}
			last = now
		}
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		result, err := scenario.Run(ctx, produceOnly(), started(dir, scenario.Metrics(e), scenario.OnProgress(looked))...)
		Expect(err).NotTo(HaveOccurred())
		// Which others are met depends on when one looks.
		Expect(phases).To(And(HaveKey("setup"), HaveKey("judge")))

		got := figures(e)
		const topic = `{topic="order.events"`
		for name, want := range map[string]float64{
			"weir_offered_records_total" + topic + "}": 600, "weir_sent_records_total" + topic + "}": 600,
			"weir_failed_records_total" + topic + "}": 0, "weir_unresolved_records" + topic + "}": 0,
			`weir_run_phase{phase="ended"}`: 1, `weir_run_verdict{verdict="pass"}`: 1,
			`weir_group_lag_records{group="probe"}`: 0,
		} {
			Expect(got).To(HaveKeyWithValue(name, want))
		}
		for _, p := range result.Results.Partitions {
			labels := topic + `,partition="` + strconv.Itoa(int(p.Partition)) + `"}`
			// The run has no warm-up, which results leave out.
			Expect(got).To(HaveKeyWithValue("weir_acked_records_total"+labels, float64(p.Acked)))
			Expect(got).To(HaveKeyWithValue("weir_received_records_total"+labels, float64(p.Received)))
		}
		for _, l := range result.Results.Latencies {
			if l.Kind == "publish" && l.Phase != "" {
				Expect(got).To(HaveKeyWithValue(`weir_publish_seconds_count{phase="`+l.Phase+`"}`, float64(l.Count)))
			}
		}
	})
})
