package scenario_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

var _ = Describe("metrics of the brokers", func() {
	It("are taken while the run goes on, and what is missing is told", func(ctx SpecContext) {
		withoutLeaks()
		var asked atomic.Int64
		exporter := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			n := asked.Add(1)
			_, _ = fmt.Fprintf(w, "kafka_server_replicamanager_underreplicatedpartitions %d\nprocess_cpu_seconds_total %d\nown{a=\"b\"} 7\n", n, 10*n)
		}))
		DeferCleanup(exporter.Close)
		gone := httptest.NewServer(http.NotFoundHandler())
		gone.Close()

		s := produceOnly()
		s.Cluster.Metrics.Prometheus = &scenario.Prometheus{
			Exporters: []string{exporter.URL, gone.URL}, Every: document.Duration(time.Minute), Series: map[string]string{"own": `own{a="b"}`},
		}
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		result, err := scenario.Run(ctx, s, started(dir)...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Pass), "what brokers say of themselves decides nothing")

		r := open(dir)
		m := r.Results.Brokers
		Expect(m).NotTo(BeNil())
		broker := strings.TrimPrefix(exporter.URL, "http://")
		Expect(m.Source).To(Equal("exporters at " + exporter.URL + ", " + gone.URL))
		// At the load's beginning and at the end of the drain.
		Expect([]int64{m.Scrapes, asked.Load()}).To(HaveEach(BeEquivalentTo(2)))
		Expect(m.Failed).To(BeZero(), "one exporter is an answer")
		Expect(m.Errors).To(ConsistOf(HavePrefix(gone.URL + ": ")))
		Expect(r.Run.Warnings).To(ContainElement("metrics of the brokers: " + m.Errors[0]))
		Expect(m.Absent).To(Equal([]string{"request-handler-idle", "network-processor-idle", "disk-busy"}))

		// Every figure can be computed again from brokers.jsonl.
		values := map[string][]float64{}
		for _, b := range r.Brokers {
			Expect(b.Broker).To(Equal(broker))
			if b.At >= 0 {
				values[b.Series] = append(values[b.Series], b.Value)
			}
		}
		Expect(values["own"]).To(HaveEach(7.0))
		Expect(m.Series).To(HaveLen(3))
		for _, series := range m.Series {
			of := values[series.Series]
			Expect(series.Samples).To(BeEquivalentTo(len(of)), series.Series)
			Expect(series.Last).To(Equal(of[len(of)-1]))
			Expect([]float64{series.Min, series.Max}).To(And(ContainElement(series.Min), HaveEach(BeElementOf(of))))
		}
	})
})
