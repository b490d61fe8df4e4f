package registry_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/source/registry"
)

// reference and schema are as in the registry's answers.
type reference struct {
	Name    string `json:"name"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
}

type answered struct {
	Type       string      `json:"schemaType,omitempty"`
	Text       string      `json:"schema"`
	References []reference `json:"references,omitempty"`
}

// serve answers with the schemas, whatever they refer to: registries refuse
// circles, but what they answer is not up to us.
func serve(t *testing.T, schemas map[string]answered) *registry.FS {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		subject, version, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/subjects/"), "/versions/")
		s, ok := schemas[subject]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error_code":40401,"message":"Subject not found."}`)
			return
		}
		number, err := strconv.Atoi(version)
		if err != nil {
			number = 1
		}
		_ = json.NewEncoder(w).Encode(struct {
			Subject string `json:"subject"`
			Version int    `json:"version"`
			ID      int    `json:"id"`
			answered
		}{subject, number, 1, s})
	}))
	t.Cleanup(server.Close)
	return client(t, registry.Config{URL: server.URL}).FS(t.Context())
}

func refs(pairs ...string) []reference {
	var out []reference
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, reference{pairs[i], pairs[i+1], 1})
	}
	return out
}

func TestReferences(t *testing.T) {
	for _, tt := range []struct {
		name    string
		schemas map[string]answered
		want    []string // the files, without SUBJECT/VERSION
	}{
		{"types of Avro", map[string]answered{
			"a":     {Text: "a", References: refs("com.acme.Money", "money", "com.acme.Address", "address")},
			"money": {Text: "m"}, "address": {Text: "d", References: refs("com.acme.Money", "money")},
		}, []string{"schema.avsc", "com.acme.Money.avsc", "com.acme.Address.avsc"}},
		{"a circle", map[string]answered{
			"a": {Type: "PROTOBUF", Text: "a", References: refs("b.proto", "b")},
			"b": {Type: "PROTOBUF", Text: "b", References: refs("c.proto", "c")},
			"c": {Type: "PROTOBUF", Text: "c", References: refs("b.proto", "b", "a.proto", "a")},
		}, []string{"schema.proto", "b.proto", "c.proto", "a.proto"}},
		{"relative references of JSON Schema", map[string]answered{
			"a": {Type: "JSON", Text: "{}", References: refs("common/b.json#/$defs/x", "b")},
			"b": {Type: "JSON", Text: "{}", References: refs("./c.json", "c")},
			"c": {Type: "JSON", Text: "{}"},
		}, []string{"schema.json", "common/b.json", "c.json", "common/c.json"}},
		{"URLs below the folder of $id", map[string]answered{
			"a": {Type: "JSON", Text: `{"$id": "https://acme.com/schemas/a.json"}`, References: refs(
				"https://acme.com/schemas/common/b.json", "b", "https://acme.com/other/b.json", "b", "https://example.com/b.json", "b")},
			"b": {Type: "JSON", Text: "{}"},
		}, []string{"schema.json", "common/b.json", "acme.com/other/b.json", "example.com/b.json"}},
		{"URLs without $id", map[string]answered{
			"a": {Type: "JSON", Text: `true`, References: refs("https://acme.com/schemas/b.json", "b")},
			"b": {Type: "JSON", Text: "{}"},
		}, []string{"schema.json", "acme.com/schemas/b.json"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files, err := serve(t, tt.schemas).Files("a", 1)
			if err != nil {
				t.Fatal(err)
			}
			for i := range files {
				files[i] = strings.TrimPrefix(files[i], "a/1/")
			}
			if diff := cmp.Diff(tt.want, files); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReferenceErrors(t *testing.T) {
	many := map[string]answered{}
	for i := range 600 {
		next := strconv.Itoa(i + 1)
		many[strconv.Itoa(i)] = answered{Type: "PROTOBUF", Text: "x", References: refs(next+".proto", next)}
	}
	many["a"] = many["0"]
	proto := func(pairs ...string) answered {
		return answered{Type: "PROTOBUF", Text: "x", References: refs(pairs...)}
	}
	for _, tt := range []struct {
		name    string
		schemas map[string]answered
		want    string
	}{
		{"too many", many, "version 1 of a: it has more than 500 references"},
		{"up and away", map[string]answered{"a": proto("../../etc/passwd", "b"), "b": proto()}, `version 1 of a: its reference "../../etc/passwd" is no path within one folder, so that no file can stand for it`},
		{"absolute", map[string]answered{"a": proto("/etc/passwd", "b"), "b": proto()}, `version 1 of a: its reference "/etc/passwd" is no path within one folder, so that no file can stand for it`},
		{"backslash", map[string]answered{"a": proto(`..\x`, "b"), "b": proto()}, `version 1 of a: its reference "..\\x" is no path within one folder, so that no file can stand for it`},
		{"the schema's own file", map[string]answered{"a": proto("schema.proto", "b"), "b": proto()}, `version 1 of a: its reference "schema.proto" would be the file schema.proto, which is another one's`},
		{"a file as a folder", map[string]answered{"a": proto("b", "b", "b/c", "b"), "b": proto()}, `version 1 of a: its reference "b/c" would be the file b/c, which is another one's`},
		{"two meanings", map[string]answered{"a": proto("x", "b", "x", "c"), "b": proto(), "c": proto()}, `version 1 of a: its references have two meanings for "x": version 1 of b and version 1 of c`},
		{"another format", map[string]answered{"a": proto("x", "b"), "b": {Text: "{}"}}, `version 1 of a: its reference "x": version 1 of b is avro, not protobuf`},
		{"missing", map[string]answered{"a": proto("x", "gone")}, `has no subject gone`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files, err := serve(t, tt.schemas).Files("a", 1)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v, %v\nwant %s", files, err, tt.want)
			}
		})
	}
}
