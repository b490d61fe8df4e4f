package coverage_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/coverage"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "write golden files")

// judged is a contract of which one promise is broken, one could not be
// exercised and one was not.
func judged() coverage.Contract {
	return coverage.Contract{
		Service: "payment-service", File: "payment-service/weir.yaml", Verdict: finding.Fail,
		Sentence: "payment-service, on embedded, seed 1: 1 of 3 promises kept, 1 broken, 1 not exercised",
		Facts:    []coverage.Fact{{"kept", "1 of 3"}, {"cluster", "embedded"}},
		Warnings: []string{"2 records in the topics of its events are no event of a contract"},
		Events: []coverage.Event{
			{"produces", "com.acme.PaymentReceived", []coverage.Promise{
				{Name: "key", Text: "its key is $.order_id", Place: "payment-service/weir.yaml:12:10", Verdict: finding.Fail, Word: "FAIL",
					Why: "the key is o-2", Evidence: "payments/0@2", Problems: []string{"weir.yaml:12:10: error: the key is o-2\n   12 | key: $.order_id\n"}, Records: []string{"payments/0@2\nkey  o-2"}},
				{Name: "schema", Text: "its data is valid", Verdict: finding.Pass, Word: "pass", Evidence: "payments/0@0 and 3 more"},
				{Name: "acks", Text: "it is sent with acks=all", Word: "moot", Why: "what a producer waits for is not seen in its records"},
			}},
			{"consumes", "com.acme.OrderPlaced", []coverage.Promise{
				{Name: "retry", Text: "it is tried 3 times", Verdict: finding.Vacuous, Word: "vacuous", Why: "nothing fails:\n--failing"},
			}},
		},
	}
}

func page(t *testing.T, c coverage.Contract) string {
	t.Helper()
	var b bytes.Buffer
	if err := coverage.HTML(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestHTML(t *testing.T) {
	// The style is a file of its own.
	got := regexp.MustCompile(`(?s)<style>.*</style>|sha256-.*?&#39;`).ReplaceAllString(page(t, judged()), "…")
	const golden = "testdata/judged.html"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestHTMLIsInert: whatever records and logs say is text.
func TestHTMLIsInert(t *testing.T) {
	const evil = `</style></pre><script>alert(1)</script><img src=x onerror=alert(1)>"'` + "\x1b[31m\u202e"
	c := judged()
	c.Service, c.File, c.Sentence, c.Logs, c.Warnings = evil, evil, evil, []string{evil}, []string{evil}
	c.Facts[0].Value = evil
	c.Events[0].Side, c.Events[0].Name = evil, evil
	p := &c.Events[0].Promises[0]
	p.Name, p.Text, p.Place, p.Why, p.Evidence = evil, evil, evil, evil, evil
	p.Problems, p.Records, p.Logs = []string{evil}, []string{evil}, []string{evil}
	hostile := page(t, c)
	if n := strings.Count(hostile, "&lt;script&gt;alert(1)"); n < 14 {
		t.Errorf("%d of the hostile texts are shown", n)
	}
	for _, link := range regexp.MustCompile(`href="(.)`).FindAllStringSubmatch(hostile, -1) {
		if link[1] != "#" {
			t.Errorf("a link leads out of the page, to %s", link[1])
		}
	}
	for _, asks := range []string{"\x1b", "\u202e", "url(", "@import", "<script", "<link", "<img", "src=x onerror=alert(1)>\""} {
		if strings.Contains(hostile, asks) {
			t.Errorf("the page has %q", asks)
		}
	}
}
