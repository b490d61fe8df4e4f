// Package match has Gomega matchers for what package harness returns: records,
// a cluster on which something is to happen, and the result of a scenario.
//
//	Expect(record).To(match.BeEvent("com.acme.payment.PaymentReceived", match.Fields{"$.amount": BeNumerically(">", 0)}))
//	Expect(c).To(match.HaveEvent("com.acme.payment.PaymentReceived", match.CausedBy(order)).Within(2 * time.Second))
//	Expect(c).To(match.HaveDeadLetter(poison, match.Reason(ContainSubstring("order_id"))))
//	Expect(c.Records("payment.events")).To(match.BeInKeyOrder("$.version"))
//	Expect(harness.Measure(t, s)).To(match.Pass())
//
// The matchers of a *harness.Cluster wait by themselves and need no
// Eventually: by default for the cluster's timeout.
//
// Their failure messages carry the evidence: the dead letter that an event
// became, with its reason; the record that comes nearest,
// compared field by field, and what else arrived, at most five records of it;
// what led back to the event; how far a group is; or the verdict's sentence
// with the story of the first offender. A matcher that could not look, because
// a topic was not read to its end or a service died, errs, and so does an
// actual value of another type, a cause that has no id, nil in place of a record,
// an event that no contract produces and a place that no event has which is valid
// under its schema: none is a mismatch that Not would turn green.
//
// Values may be matchers themselves. The package does not depend on Gomega for
// that: the types are its types.GomegaMatcher by their methods.
package match

import (
	"fmt"
	"strings"
)

// Matcher is Gomega's types.GomegaMatcher.
type Matcher interface {
	Match(actual any) (success bool, err error)
	FailureMessage(actual any) string
	NegatedFailureMessage(actual any) string
}

// wrongType is the error for an actual value that a matcher cannot judge.
func wrongType(matcher, want string, actual any) error {
	return fmt.Errorf("%s matcher expects %s, got %T", matcher, want, actual)
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}
