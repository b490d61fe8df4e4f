package harness

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness/live"
)

// TestContractOnADocument: events are made from the payload of an AsyncAPI
// document and judged by it; what is wrong is shown there.
func TestContractOnADocument(t *testing.T) {
	c := Run(t, Contracts("testdata/catalogue"), Brokers(1))
	sent := c.Produce("library.Lent")
	if read := c.AwaitIn("library.loans", LeadsBackTo(sent)); len(read.Problems()) > 0 {
		t.Errorf("%s", problems(read.Problems()))
	}
	wrong := *sent.Record
	wrong.Value = []byte(`{"isbn": "1", "days": 99}`)
	found := c.flow.Read(&kgo.Record{Topic: wrong.Topic, Key: []byte("1"), Value: wrong.Value, Headers: wrong.Headers}).Problems()
	if len(found) != 1 || found[0].ID != live.BrokenSchema || found[0].Position.String() != "testdata/catalogue/asyncapi.yaml:14:47" {
		t.Errorf("%s", problems(found))
	}
	r := failing(t, func(t testing.TB) {
		Run(t, Contracts("testdata/catalogue"), Brokers(1)).Produce("library.Lent", Set("$.days", 0))
	})
	if !strings.Contains(strings.Join(r.log, "\n"), "/days is 0, must be at least 1 (testdata/catalogue/asyncapi.yaml:14:35)") {
		t.Errorf("%q", r.log)
	}
}
