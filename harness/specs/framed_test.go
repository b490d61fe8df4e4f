package specs_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	. "github.com/onsi/ginkgo/v2"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/specs"
)

// envFramed makes a process have the specs and the subtests of services whose
// events carry the ids of their schemas, faulty ones included.
const envFramed = "WEIR_SPECS_TEST_FRAMED"

// What is in the registry, of ids from 1: the schema of orders, and two of
// payments.
const (
	placed  = `{"type": "object", "required": ["order"], "properties": {"order": {"type": "string", "minLength": 2}}}`
	paidOld = `{"type": "object", "required": ["order"], "properties": {"order": {"type": "string", "minLength": 1}}}`
	paidNew = `{"type": "object", "required": ["order"], "properties": {"order": {"type": "string"}}}`
	// breaking may not follow them: a reader of it needs a remark.
	breaking = `{"type": "object", "required": ["order", "remark"], "properties": {"order": {"type": "string"}, "remark": {"type": "string"}}}`
)

// The faults of the service.
const (
	right        = "right"
	wrongID      = "wrong id"
	noSubject    = "no subject"
	registersOne = "registers a version that breaks readers"
)

// framedCases are services, by their framing and their fault.
var framedCases = []struct {
	kind  wire.Kind
	fault string
}{{wire.Confluent, right}, {wire.ConfluentHeader, right}, {wire.Confluent, wrongID}, {wire.ConfluentHeader, noSubject}, {wire.Confluent, registersOne}}

// registered is a registry of a test's own, which WEIR_REGISTRY_URL names.
func registered(t testing.TB, fault string) {
	t.Helper()
	f := srfake.New()
	t.Cleanup(f.Close)
	t.Setenv("WEIR_REGISTRY_URL", f.URL())
	schemas := [][2]string{{"orders-value", placed}, {"payments-value", paidOld}, {"payments-value", paidNew}}
	if fault == noSubject {
		schemas = [][2]string{{"orders-value", placed}, {"other-value", paidOld}, {"other-value", paidNew}}
	}
	for _, s := range schemas {
		if _, _, err := f.RegisterSchema(s[0], sr.Schema{Schema: s[1], Type: sr.TypeJSON}); err != nil {
			t.Fatal(err)
		}
	}
}

// framed is a service that pays orders, and frames what it says of them.
func framed(kind wire.Kind, fault string) harness.Service {
	service := payments("")
	service.Func = func(ctx context.Context, env func(string) string) error {
		id := wire.ID{Number: 3}
		switch fault {
		case wrongID:
			id.Number = 1
		case registersOne:
			registry, err := sr.NewClient(sr.URLs(os.Getenv("WEIR_REGISTRY_URL")))
			if err != nil {
				return err
			}
			n, err := registry.RegisterSchema(ctx, "payments-value", sr.Schema{Schema: breaking, Type: sr.TypeJSON}, -1, -1)
			if err != nil {
				return err
			}
			id.Number = int32(n)
		}
		return pay(ctx, env("BROKERS"), func(r *kgo.Record) (*kgo.Record, error) {
			_, _, err := wire.Framing{Kind: wire.Confluent}.Decode(nil, r.Value)
			if err != nil {
				return nil, err
			}
			out := paid(r, "")
			value, headers, err := wire.Framing{Kind: kind}.Encode(id, fmt.Appendf(nil, `{"order": %q, "remark": ""}`, r.Key))
			out.Value = value
			for _, h := range headers {
				out.Headers = append(out.Headers, kgo.RecordHeader(h))
			}
			return out, err
		})
	}
	return service
}

func framedOptions() []harness.Option {
	return []harness.Option{harness.Contracts("testdata/framed/orders.yaml"), harness.Brokers(1), harness.Settle(time.Millisecond)}
}

func framedContract(kind wire.Kind) string { return fmt.Sprintf("testdata/framed/%s.yaml", kind) }

var _ = os.Getenv(envFramed) != "" && Describe("framed", Label("framed"), func() {
	for _, c := range framedCases {
		Describe(fmt.Sprintf("%s/%s", c.kind, c.fault), func() {
			BeforeEach(func() { registered(GinkgoTB(), c.fault) })
			specs.DescribeContract(framedContract(c.kind), framed(c.kind, c.fault), framedOptions()...)
		})
	}
})

// TestFramedContract is the same in plain subtests.
func TestFramedContract(t *testing.T) {
	for _, c := range framedCases {
		if os.Getenv(envFramed) == "" && (c.fault != right || c.kind != wire.ConfluentHeader) {
			continue // TestFramedOutcomes has the others in a process of their own
		}
		t.Run(fmt.Sprintf("%s/%s", c.kind, c.fault), func(t *testing.T) {
			registered(t, c.fault)
			harness.TestContract(t, framedContract(c.kind), framed(c.kind, c.fault), framedOptions()...)
		})
	}
}

// framedOutcomes are those of the promises of aboutIDs that a fault changes.
var framedOutcomes = map[string]map[string]string{
	wrongID:      {"schema-id": "failed", "auto-register": "skipped", "compatibility": "skipped"},
	noSubject:    {"subject": "failed", "known-id": "skipped", "schema-id": "skipped", "auto-register": "skipped", "compatibility": "skipped", "schema": "skipped"},
	registersOne: {"auto-register": "failed", "compatibility": "failed"},
}

// framedMessages are what those say that failed.
var framedMessages = map[string][]string{
	wrongID:      {"it carries schema 1, which is none of the subject payments-value: 2 (version 1), 3 (version 2)"},
	noSubject:    {"it carries schema 3, and "},
	registersOne: {"it carries schema 4, version 3 of payments-value, which was registered since the service was started, and the contract refuses auto-register", "version 3 of payments-value, whose schema 4 it carries, may not follow version 2 under compatibility backward: "},
}

// aboutIDs are the promises about the id that an event carries, and about what
// it says.
var aboutIDs = []string{"schema", "framing", "subject", "known-id", "schema-id", "auto-register", "compatibility"}

// TestFramedOutcomes: in specs and in subtests alike a service keeps the
// promises about the ids of its events, and each fault breaks the promise that
// it is named after, which says what is wrong.
func TestFramedOutcomes(t *testing.T) {
	want := map[string]string{}
	for _, c := range framedCases {
		for _, name := range aboutIDs {
			want[fmt.Sprintf("%s/%s/%s", c.kind, underscored(c.fault), name)] = cmp.Or(framedOutcomes[c.fault][name], "passed")
		}
	}
	for name, run := range map[string]func(*testing.T) (outcomes map[string]string, said string){"specs": framedSpecs, "subtests": framedSubtests} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, said := run(t)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("%s\n%s", diff, said)
			}
			for fault, messages := range framedMessages {
				for _, message := range messages {
					if !strings.Contains(said, message) {
						t.Errorf("%s is not said: %s", fault, message)
					}
				}
			}
		})
	}
}

// underscored is a name as that of a subtest.
func underscored(name string) string { return strings.ReplaceAll(name, " ", "_") }

func framedSpecs(t *testing.T) (map[string]string, string) {
	got, said := map[string]string{}, ""
	filter := fmt.Sprintf("framed && produces && (%s)", strings.Join(aboutIDs, " || "))
	for _, s := range runSpecs(t, map[string]string{envFramed: "1"}, "-ginkgo.label-filter="+filter) {
		texts := s.ContainerHierarchyTexts
		name, _, _ := strings.Cut(s.LeafNodeText, ":")
		if texts[0] != "framed" || texts[3] != "produces shop.Paid" || !slices.Contains(aboutIDs, name) {
			continue
		}
		got[underscored(texts[1])+"/"+name] = s.State.String()
		said += s.Failure.Message + "\n"
	}
	return got, said
}

func framedSubtests(t *testing.T) (map[string]string, string) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", fmt.Sprintf("-test.run=^TestFramedContract$/./././produces/./^(%s)$", strings.Join(aboutIDs, "|")))
	cmd.Env = append(os.Environ(), envFramed+"=1", "WEIR_RUN_DIR="+t.TempDir())
	said, _ := cmd.CombinedOutput() // that subtests fail is in what it says
	got := map[string]string{}
	states := map[string]string{"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}
	for _, m := range subtest.FindAllStringSubmatch(string(said), -1) {
		got[m[2]+"/"+m[3]] = states[m[1]]
	}
	return got, string(said)
}

// subtest is a line about a subtest of a promise.
var subtest = regexp.MustCompile(`--- (\w+): TestFramedContract/([^/]+/[^/]+)/payments/produces/shop\.Paid/(\S+)`)
