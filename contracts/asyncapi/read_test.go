package asyncapi_test

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, diff)
	}
}

var documents = os.DirFS("testdata/documents")

// names are the documents of testdata.
func names(t testing.TB) []string {
	t.Helper()
	var out []string
	for _, pattern := range []string{"*.yaml", "*.json"} {
		found, err := fs.Glob(documents, pattern)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}

func TestDocumentsAreReadExactly(t *testing.T) {
	all := names(t)
	if len(all) < 20 {
		t.Fatalf("%d documents, want at least 20", len(all))
	}
	for _, name := range all {
		t.Run(name, func(t *testing.T) {
			d, findings := asyncapi.Load(documents, name)
			var out strings.Builder
			if err := finding.Text(&out, findings); err != nil {
				t.Fatal(err)
			}
			summarize(&out, d)
			golden(t, "summaries/"+name+".txt", out.String())
			if finding.Errors(findings) > 0 {
				t.Error("errors in a document that has none")
			}
		})
	}
}

// summarize writes all that a Document says, one thing a line.
func summarize(w *strings.Builder, d *asyncapi.Document) {
	fmt.Fprintf(w, "asyncapi %s: %s %s\n", d.Version, d.Title, d.APIVersion)
	for _, s := range d.Servers {
		fmt.Fprintf(w, "server %s %s %s at %s\n", s.ID, s.Protocol, s.Host, s.Position)
	}
	for _, c := range d.Channels {
		fmt.Fprintf(w, "channel %s address=%q parameters=%v protocols=%v at %s\n", c.ID, c.Address, c.Parameters, c.Protocols, c.Position)
		if c.Kafka != nil {
			fmt.Fprintf(w, "  kafka %+v\n", *c.Kafka)
		}
		if c.AMQP != nil {
			fmt.Fprintf(w, "  amqp %+v\n", *c.AMQP)
		}
		for _, m := range c.Messages {
			fmt.Fprintf(w, "  message %s name=%q title=%q content=%q correlation=%q at %s\n", m.ID, m.Name, m.Title, m.ContentType, m.CorrelationID, m.Position)
			writeSchema(w, "payload", m.Payload)
			writeSchema(w, "headers", m.Headers)
			for _, h := range m.Fields {
				fmt.Fprintf(w, "      %s required=%v pattern=%q\n", h.Name, h.Required, h.Pattern)
			}
			writeSchema(w, "key", m.Kafka.Key)
			if k := m.Kafka; k.SchemaIDLocation+k.SchemaIDEncoding+k.SchemaLookupStrategy+k.Compatibility != "" {
				fmt.Fprintf(w, "    id=%s encoding=%s lookup=%s compatibility=%s\n", k.SchemaIDLocation, k.SchemaIDEncoding, k.SchemaLookupStrategy, k.Compatibility)
			}
		}
	}
	for _, o := range d.Operations {
		fmt.Fprintf(w, "operation %s %s %s messages=%v kafka=%+v at %s\n", o.ID, o.Action, o.Channel.ID, ids(o.Messages), o.Kafka, o.Position)
		if r := o.Reply; r != nil {
			channel := "(unknown)"
			if r.Channel != nil {
				channel = r.Channel.ID
			}
			fmt.Fprintf(w, "  reply %s address=%q messages=%v\n", channel, r.Address, ids(r.Messages))
		}
		if r := o.Retry; r != nil {
			fmt.Fprintf(w, "  retry attempts=%d %s delay=%s increment=%s max=%s multiplier=%v channels=%v\n",
				r.MaxAttempts, r.Strategy, r.Delay, r.Increment, r.Max, r.Multiplier, channels(r.Channels...))
		}
		if o.DeadLetter != nil {
			fmt.Fprintf(w, "  dead letter %v\n", channels(o.DeadLetter))
		}
	}
}

func writeSchema(w *strings.Builder, what string, s *asyncapi.Schema) {
	if s != nil {
		fmt.Fprintf(w, "    %s %s %q %s at %s\n", what, s.Format, s.MediaType, s.File, s.Position)
	}
}

func ids(messages []*asyncapi.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.ID)
	}
	return out
}

func channels(list ...*asyncapi.Channel) []string {
	var out []string
	for _, c := range list {
		out = append(out, c.Address)
	}
	slices.Sort(out)
	return out
}
