// Package match has Gomega matchers for what package harness returns: the
// result of a scenario and the records of a topic.
//
//	Expect(harness.Measure(t, s)).To(match.Pass())
//	Expect(record).To(match.BeEvent("com.acme.payment.PaymentReceived", match.Fields{"$.amount": 13800}))
//
// Their failure messages carry the evidence: the verdict's sentence, which
// invariants failed, the story of the first offender and where the report is;
// or the record with what it breaks. An actual value of another type is an
// error, never a mismatch that Not would turn green.
//
// The package does not depend on Gomega itself: the types are its
// types.GomegaMatcher by their methods. It is not for waiting; that is
// harness.Cluster.Await.
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
