// Package specs makes Ginkgo specs of a contract file: one It for each
// promise, on a cluster and with a service of its own.
//
//	var _ = specs.DescribeContract("weir.yaml", harness.Service{
//		Build: ".", Env: map[string]string{"BROKERS": "{{.Bootstrap}}"}, Ready: &harness.Ready{Group: "payment-service"},
//	}, harness.Contracts("../order-service"))
//
// Without Ginkgo the same is harness.TestContract, with a subtest for each
// promise; who does not import this package inherits no Ginkgo.
//
// What it guarantees: the specs are those of the list that package promise
// makes, read when the tree of specs is built. A spec is green only on
// evidence: a promise that was not exercised is skipped with what to add, or,
// with WEIR_REQUIRE_EXERCISED=1, fails. Specs share nothing, and so may run in
// any order, in parallel processes and alone. Reports, JUnit included, are
// Ginkgo's own.
//
// What it is not for: several services that work together. Start them in a
// spec of your own, with harness.Run and the matchers of harness/match.
package specs

import (
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

// DescribeContract adds specs for each promise of a contract file that a
// service is to keep. Paths are relative to the directory of the test; options
// are those of harness.TestContract.
//
// They are called
//
//	payment-service keeps its contract
//	  produces com.acme.payment.PaymentReceived
//	    key: its key is $.order_id
//
// and stand at the promise's line of the file. Their labels are contract, the
// side (produces or consumes), the event and the promise's short name, so that
// a filter chooses any of these:
//
//	ginkgo --label-filter='consumes && !retry'
//
// Further labels, Focus, Pending, Serial and the like come from a container
// around it: Describe("payments", Label("slow"), func() { specs.DescribeContract(...) }).
//
// A file that cannot be used is a spec that fails with the reasons. The answer
// is always true; it serves var _ =.
func DescribeContract(file string, service harness.Service, options ...harness.Option) bool {
	promises, findings := promise.Load(file)
	if finding.Errors(findings) > 0 || len(promises) == 0 {
		return unusable(file, findings)
	}
	options = append([]harness.Option{harness.OneRun()}, options...)
	return ginkgo.Describe(promises[0].Service+" keeps its contract", ginkgo.Label("contract"), func() {
		for _, of := range interactions(promises) {
			ginkgo.Describe(of[0].Side+" "+of[0].Event, ginkgo.Label(of[0].Side, of[0].Event), func() {
				for _, p := range of {
					ginkgo.It(p.Name+": "+p.Text, ginkgo.Label(p.Name), location(p), func() {
						harness.JudgePromise(ginkgo.GinkgoTB(), file, p, service, options...)
					})
				}
			})
		}
	})
}

// interactions are the promises by their interaction, in the file's order.
func interactions(promises []promise.Promise) [][]promise.Promise {
	var out [][]promise.Promise
	for i, p := range promises {
		if i == 0 || p.Side != promises[i-1].Side || p.Event != promises[i-1].Event {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

// location is the promise's line of the contract.
func location(p promise.Promise) types.CodeLocation {
	if p.Position == nil {
		return types.NewCustomCodeLocation(p.ID())
	}
	return types.CodeLocation{FileName: p.Position.File, LineNumber: p.Position.Line}
}

// unusable is a spec that says why there are no others.
func unusable(file string, findings []finding.Finding) bool {
	// With both sides as labels a filter for one does not leave the failure out.
	return ginkgo.Describe(file, ginkgo.Label("contract", promise.Produces, promise.Consumes), func() {
		ginkgo.It("can be used", func() {
			var b strings.Builder
			b.WriteString("it promises nothing")
			if len(findings) > 0 {
				b.Reset()
				if err := finding.Text(&b, findings); err != nil {
					b.WriteString(err.Error())
				}
			}
			ginkgo.Fail("the contract cannot be used:\n" + strings.TrimRight(b.String(), "\n"))
		})
	})
}
