package specs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/specs"
)

// envFault says what is wrong in a run of the specs below by TestOutcomes.
const envFault = "WEIR_SPECS_TEST_FAULT"

var _ = specs.DescribeContract(contract(), payments(os.Getenv(envFault)), harness.Contracts("testdata/orders.yaml"))

func contract() string {
	if os.Getenv(envFault) == "no contract" {
		return "testdata/nothing.yaml"
	}
	return "testdata/payments.yaml"
}

func TestSpecs(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "specs")
}

// payments is a service that keeps its contract, but for a fault.
func payments(fault string) harness.Service {
	return harness.Service{
		Env:   map[string]string{"BROKERS": "{{.Bootstrap}}"},
		Ready: &harness.Ready{Group: "payments"},
		Func: func(ctx context.Context, env func(string) string) error {
			return pay(ctx, env("BROKERS"), func(r *kgo.Record) (*kgo.Record, error) { return paid(r, fault), nil })
		},
	}
}

// pay produces the payment of each order, and commits it then.
func pay(ctx context.Context, brokers string, paid func(*kgo.Record) (*kgo.Record, error)) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(brokers, ",")...), kgo.ConsumerGroup("payments"),
		kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ProducerLinger(0))
	if err != nil {
		return err
	}
	defer client.Close()
	for ctx.Err() == nil {
		for _, r := range client.PollFetches(ctx).Records() {
			out, err := paid(r)
			if err != nil {
				return err
			}
			client.Produce(ctx, out, nil)
		}
		if err := client.Flush(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

func paid(r *kgo.Record, fault string) *kgo.Record {
	out := &kgo.Record{Topic: "payments", Key: r.Key, Value: fmt.Appendf(nil, `{"order": %q}`, r.Key)}
	if fault == "wrong key" {
		out.Key = []byte("4711")
	}
	for _, h := range r.Headers {
		switch h.Key {
		case "ce_id":
			out.Headers = append(out.Headers, kgo.RecordHeader{Key: "causation_id", Value: h.Value}, kgo.RecordHeader{Key: h.Key, Value: append([]byte("paid-"), h.Value...)})
		case "ce_type":
			out.Headers = append(out.Headers, kgo.RecordHeader{Key: h.Key, Value: []byte("shop.Paid")})
		case "ce_specversion", "ce_source", "content-type":
			out.Headers = append(out.Headers, h)
		}
	}
	return out
}

// outcome is one spec of a report, in a line.
func outcome(s types.SpecReport) string {
	return fmt.Sprintf("%s %s > %s", s.State, strings.Join(s.ContainerHierarchyTexts, " > "), s.LeafNodeText)
}

// runSpecs runs the specs of this package in a process of their own, and
// answers their report.
func runSpecs(t *testing.T, env map[string]string, flags ...string) []types.SpecReport {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestSpecs$", "-ginkgo.json-report=" + file}, flags...)...)
	cmd.Env = os.Environ()
	for name, value := range env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	said, _ := cmd.CombinedOutput() // that specs fail is in the report
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("no report: %v\n%s", err, said)
	}
	var reports []types.Report
	if err := json.Unmarshal(text, &reports); err != nil || len(reports) != 1 {
		t.Fatalf("%d reports: %v", len(reports), err)
	}
	return slices.DeleteFunc(reports[0].SpecReports, func(s types.SpecReport) bool { return s.LeafNodeType != types.NodeTypeIt })
}

func TestOutcomes(t *testing.T) {
	const produces, consumes = " payments keeps its contract > produces shop.Paid > ", " payments keeps its contract > consumes shop.Placed > "
	good := []string{
		"passed" + produces + "emitted: it follows its trigger",
		"passed" + produces + "once: one event follows one trigger",
		"passed" + produces + "envelope: its envelope is cloudevents-binary",
		"passed" + produces + "key: its key is $.order",
		"passed" + produces + "header:causation_id: it has the header causation_id",
		"passed" + produces + "causation: its causation id is that of its trigger",
		"skipped" + produces + "acks: it is sent with acks=all",
		"passed" + consumes + "effect: its effect follows it",
		"passed" + consumes + "commit: the group payments commits it",
		"passed" + consumes + "at-least-once: it is committed after its effect",
		"passed" + consumes + "boundary: it processes events at the bounds of their schema",
		"skipped" + consumes + "versions: it processes events of each version that may still be on the topic",
		"skipped" + consumes + "examples: it processes the producer's examples",
		"passed" + consumes + "late: it processes an event that comes late",
		"skipped" + consumes + "retry: it is tried 2 times, with its backoff",
	}
	changed := func(i int, state string) []string {
		out := slices.Clone(good)
		_, rest, _ := strings.Cut(out[i], " ")
		out[i] = state + " " + rest
		return out
	}
	alone := func(chosen ...int) []string {
		var out []string
		for i, line := range good {
			_, rest, _ := strings.Cut(line, " ")
			if !slices.Contains(chosen, i) {
				line = "skipped " + rest
			}
			out = append(out, line)
		}
		return out
	}
	for name, test := range map[string]struct {
		env   map[string]string
		flags []string
		want  []string
		// failure is in the message of what failed.
		failure string
	}{
		"a good service": {want: good},
		"a wrong key": {
			env: map[string]string{envFault: "wrong key"}, want: changed(3, "failed"),
			failure: `testdata/payments.yaml:7:10: error: the key is "4711", and its data says "`,
		},
		"what is not exercised must be": {
			env: map[string]string{"WEIR_REQUIRE_EXERCISED": "1"}, want: changed(14, "failed"),
			failure: `it is tried 2 times, with its backoff: vacuous: not exercised: nothing makes the service fail: pass harness.Failing("shop.Placed", overrides...)`,
		},
		"a filter by labels": {flags: []string{"-ginkgo.label-filter=produces && (key || causation)"}, want: alone(3, 5)},
		"a filter by event":  {flags: []string{"-ginkgo.label-filter=shop.Placed"}, want: alone(7, 8, 9, 10, 11, 12, 13, 14)},
		"a focus":            {flags: []string{"-ginkgo.focus=once: one event"}, want: alone(1)},
		"no contract, with a filter": {
			env: map[string]string{envFault: "no contract"}, want: []string{"failed testdata/nothing.yaml > can be used"},
			flags:   []string{"-ginkgo.label-filter=consumes && !retry"},
			failure: "the contract cannot be used:\n",
		},
		"no contract": {
			env: map[string]string{envFault: "no contract"}, want: []string{"failed testdata/nothing.yaml > can be used"},
			failure: "the contract cannot be used:\ntestdata/nothing.yaml: error: cannot read the file: no such file or directory [file/unreadable]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range runSpecs(t, test.env, test.flags...) {
				got = append(got, outcome(s))
				if s.State == types.SpecStateFailed && (test.failure == "" || !strings.Contains(s.Failure.Message, test.failure)) {
					t.Errorf("%s failed with\n%s\nwant\n%s", s.LeafNodeText, s.Failure.Message, test.failure)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(test.want))
			if !slices.Equal(got, want) {
				t.Errorf("specs\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestPlaces: a spec stands at its promise in the contract.
func TestPlaces(t *testing.T) {
	for _, s := range runSpecs(t, nil, "-ginkgo.label-filter=key") {
		if s.LeafNodeText != "key: its key is $.order" {
			continue
		}
		if got := s.LeafNodeLocation.String(); got != "testdata/payments.yaml:7" {
			t.Errorf("it stands at %s, want testdata/payments.yaml:7", got)
		}
		if got, want := fmt.Sprint(s.Labels()), "[contract produces shop.Paid key]"; got != want {
			t.Errorf("labels %s, want %s", got, want)
		}
		return
	}
	t.Error("no spec of the key")
}
