package rules_test

import (
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/rules"
)

// TestDocs: docs/rules.md lists the rules as they are.
func TestDocs(t *testing.T) {
	const file = "../../docs/rules.md"
	var b strings.Builder
	b.WriteString(`# The rules of weir check

Every rule looks at contracts and schemas alone; no broker is asked. What is linked of each rule says why it is there, how to repair what it finds and when to waive it; ` + "`weir explain RULE`" + ` prints that too, with an example that breaks the rule and one that does not.

A contract accepts what a rule finds about it until a date, and only that contract can:

` + "```yaml" + `
waive:
  - {rule: check/dlq-missing, reason: dead letters come with the new library, until: 2027-03-31}
` + "```" + `

## Severity
| severity | is for what | so |
|---|---|---|
| error | contradicts itself, another contract or a file: records are lost, refused, misread or cannot be told apart, or what was written checks nothing | exit code 1 |
| undecided | could not be decided: schemas on which the comparison gives up, or a state of before or a registry that cannot be read | exit code 4 where nothing is an error |
| warning | works, until something fails: a crash, a lost broker, a second delivery | green |
| info | is worth having and not there, could not be looked at, or was accepted by a waiver or a baseline | green |

A first contract is green. The six lines of the README, checked alone, have two warnings and four infos:

- ` + "`check/event-unproduced`" + ` is a warning where one contract is read alone, because nothing says that the producer has a contract. It is an error once something does: an event with nearly that name, a contract that sends to the topic, or a workspace without ` + "`uncontracted: warn`" + `.
- ` + "`check/idempotency-missing`" + ` is a warning and no error: the service may well bear an event twice, it only does not say how. It is no info, because at-least-once delivery does deliver twice, and that is what costs money.
- An owner, examples, a traceparent and an effect are infos: a contract holds without them, and each opens one thing more.
- What a name looks like is never an error.

Two rules are errors for a first contract, on purpose. ` + "`check/event-ambiguous`" + `: two events on one topic without anything that tells their records apart cannot be consumed, and one word (` + "`envelope`" + ` or ` + "`match`" + `) repairs it. ` + "`check/need-optional`" + `: a field that a consumer needs and the schema does not require will be missing one day; a schema without ` + "`required`" + ` promises nothing.

## In CI
The exit code decides; what is printed is for whoever has to look.

| where | run |
|---|---|
| GitHub, annotations on the lines of a pull request | ` + "`weir check --against main --format github`" + ` |
| GitHub, alerts that are followed over commits | ` + "`weir check --format sarif > weir.sarif`" + `, uploaded to code scanning |
| GitLab, Jenkins, Azure | ` + "`weir check --format junit > weir.xml`" + `, as a JUnit report |
| a comment | ` + "`weir check --format markdown`" + ` |
| a program | ` + "`weir check --format json`" + ` |

In JUnit each contract is a test suite, and each of its interactions a test case, with one more for the rest of the file; what was found in a schema is a case for its rule, in a suite for its file. A case fails by an error, is an error where it is undecided, and else passes, with warnings and infos as its output. Names stay the same from commit to commit, so that what is new can be told.

In JSON each finding has its id, severity and message, and, where there is one, its position, related places, hint and counterexample: the document, whose schema wrote it and which refuses it, and of Avro and Protobuf its bytes in base64 (RFC 4648).

## Facts about topics
They (partitions, replication, settings) are those that some contract states under ` + "`topics`" + `. Where none does, a default of Kafka is taken only where the page says so.

This page is written by ` + "`go test ./contracts/rules -run TestDocs -update`" + `.
`)
	group := ""
	for _, r := range rules.Rules() {
		if r.Group != group {
			group = r.Group
			fmt.Fprintf(&b, "\n## %s\n| rule | severity | finds |\n|---|---|---|\n", group)
		}
		fmt.Fprintf(&b, "| [`%s`](../contracts/rules/pages/%s.md) | %s | %s |\n", r.ID, path.Base(r.ID), r.Severity, r.Summary)
	}
	b.WriteString("\n## Consumers and the versions of schemas\nEach consumer is held against every version of the producer's schema whose records the topic may still hold, and each schema against the versions that were published, under its mode. What is wrong between two schemas has an id `compat/…`, which `weir explain` knows.\n\n| rule | severity | finds |\n|---|---|---|\n")
	for _, r := range matrix.Rules() {
		fmt.Fprintf(&b, "| [`%s`](../contracts/matrix/pages.md#check%s) | %s | %s |\n", r.ID, path.Base(r.ID), r.Severity, r.Summary)
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("docs/rules.md (-file +rules), write it with -update:\n%s", diff)
	}
}
