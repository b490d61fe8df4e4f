package run_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "rewrite schema/*.json from the Go types and their comments")

// described are the types that have a schema of their own.
var described = map[string]reflect.Type{
	"run.json":      reflect.TypeFor[run.Run](),
	"results.json":  reflect.TypeFor[run.Results](),
	"interval.json": reflect.TypeFor[run.Interval](),
	"event.json":    reflect.TypeFor[run.Event](),
	"broker.json":   reflect.TypeFor[run.BrokerSample](),
	"commit.json":   reflect.TypeFor[run.Commit](),
	"log-mark.json": reflect.TypeFor[run.LogMark](),
	"plan.json":     reflect.TypeFor[run.Plan](),
}

// titles say which file of a run directory a schema describes.
var titles = map[string]string{
	"run.json":      "run.json of a run directory of weir",
	"results.json":  "results.json of a run directory of weir",
	"interval.json": "A line of series.jsonl of a run directory of weir",
	"event.json":    "A line of timeline.jsonl of a run directory of weir",
	"broker.json":   "A line of brokers.jsonl of a run directory of weir",
	"commit.json":   "A line of commits.jsonl of a run directory of weir",
	"log-mark.json": "A line of services/NAME.times.jsonl of a run directory of weir",
	"plan.json":     "plan.json of a capacity search of weir",
}

// TestSchemas holds the published schemas against the Go types, field by
// field and comment by comment. If it fails, run it with -update and look at
// the difference: a field that went away or changed its type needs a new
// format version.
func TestSchemas(t *testing.T) {
	comments := readComments(t, ".", "../finding")
	for name, typ := range described {
		g := generator{comments: comments, defs: map[string]any{}}
		root := g.object(typ)
		root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
		root["title"] = titles[name]
		root["$defs"] = g.defs
		want, err := marshal(root)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("schema", name)
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s does not describe %v: run go test ./reports/run -update and look at the difference", path, typ)
		}
	}
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}

// TestSamplesMatchSchemas validates what is really on disk.
func TestSamplesMatchSchemas(t *testing.T) {
	compile := compiler(t)
	files := map[string]string{
		"run.json": "run.json", "results.json": "results.json",
		"series.jsonl": "interval.json", "timeline.jsonl": "event.json",
		run.LogTimes(run.ServiceLog("payment-service")): "log-mark.json",
	}
	for variant, s := range map[string]sample.Sample{
		"held": sample.Held(), "broken": sample.Broken(), "killed": sample.Killed(), "hostile": sample.Hostile(),
		"empty": {Run: run.Run{Status: run.Complete}, Results: &run.Results{}},
	} {
		dir := filepath.Join(t.TempDir(), variant)
		if err := s.Write(dir); err != nil {
			t.Fatal(err)
		}
		for file, schema := range files {
			b, err := os.ReadFile(filepath.Join(dir, file))
			if os.IsNotExist(err) && (variant == "killed" && file == "results.json" || variant == "empty" && schema == "log-mark.json") {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			values := [][]byte{b}
			if strings.HasSuffix(file, ".jsonl") {
				values = bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
			}
			for i, v := range values {
				if len(v) == 0 {
					continue
				}
				doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(v))
				if err != nil {
					t.Fatal(err)
				}
				if err := compile(schema).Validate(doc); err != nil {
					t.Errorf("%s: %s, value %d: %v", variant, file, i+1, err)
				}
			}
		}
	}
}

// TestSchemasReject is the other half: a schema that accepts everything would
// pass the tests above.
func TestSchemasReject(t *testing.T) {
	compile := compiler(t)
	for _, c := range []struct{ schema, doc string }{
		{"run.json", `{}`},
		{"run.json", `{"format":"weir/run/v1","id":7}`},
		{"results.json", `{"format":"weir/run/v2"}`},
		{"interval.json", `{"start_ns":"1s"}`},
		{"event.json", `{"at_ns":1,"kind":"note","what":"x"}`},     // no fault
		{"broker.json", `{"at_ns":1,"series":"cpu","broker":"a"}`}, // no value
		{"log-mark.json", `{"after_ns":1.5,"offset":0}`},
		{"log-mark.json", `{"after_ns":1}`}, // no offset
		{"plan.json", `{"format":"weir/plan/v1","probes":{}}`},
	} {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(c.doc))
		if err != nil {
			t.Fatal(err)
		}
		if compile(c.schema).Validate(doc) == nil {
			t.Errorf("schema %s accepts %s", c.schema, c.doc)
		}
	}
}

func compiler(t *testing.T) func(name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	names, err := fs.Glob(run.Schemas, "schema/*.json")
	if err != nil || len(names) != len(described) {
		t.Fatalf("embedded schemas: %v, %v", names, err)
	}
	for _, name := range names {
		b, err := run.Schemas.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.AddResource(filepath.Base(name), doc); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) *jsonschema.Schema {
		s, err := c.Compile(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// generator makes a schema from a Go type and the comments in its source.
type generator struct {
	comments map[string]string // "Run", "Run.Seed"
	defs     map[string]any
}

// enums are the types that are strings with few values.
var enums = map[reflect.Type][]string{
	reflect.TypeFor[run.Status]():       {"running", "complete", "interrupted", "broken"},
	reflect.TypeFor[finding.Verdict]():  {"pass", "fail", "inconclusive", "vacuous"},
	reflect.TypeFor[finding.Severity](): {"error", "warning", "info"},
}

func (g *generator) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		tag := f.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		p := g.schema(f.Type)
		if name == "format" {
			format := run.Format
			if t == described["plan.json"] {
				format = run.PlanFormat
			}
			p = map[string]any{"const": format}
		}
		if text := g.comments[t.Name()+"."+f.Name]; text != "" {
			p["description"] = text
		}
		properties[name] = p
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	o := map[string]any{"type": "object", "properties": properties, "required": required}
	if text := g.comments[t.Name()]; text != "" {
		o["description"] = text
	}
	return o
}

func (g *generator) schema(t reflect.Type) map[string]any {
	if values, ok := enums[t]; ok {
		return map[string]any{"enum": values}
	}
	switch t {
	case reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	case reflect.TypeFor[time.Duration]():
		return map[string]any{"type": "integer"}
	case reflect.TypeFor[[]byte]():
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.schema(t.Elem())
	case reflect.Struct:
		if _, ok := g.defs[t.Name()]; !ok {
			g.defs[t.Name()] = nil // against recursion
			g.defs[t.Name()] = g.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.Slice:
		return map[string]any{"type": "array", "items": g.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.schema(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Int, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	}
	panic("no JSON Schema for " + t.String())
}

// readComments collects the comments of types and of their fields. A comment
// belongs to the field that it stands above.
func readComments(t *testing.T, dirs ...string) map[string]string {
	t.Helper()
	comments := map[string]string{}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				decl, ok := n.(*ast.GenDecl)
				if !ok || decl.Tok != token.TYPE {
					return true
				}
				for _, spec := range decl.Specs {
					collect(comments, decl, spec.(*ast.TypeSpec))
				}
				return false
			})
		}
	}
	return comments
}

func collect(comments map[string]string, decl *ast.GenDecl, spec *ast.TypeSpec) {
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	if decl.Doc != nil {
		comments[spec.Name.Name] = oneLine(decl.Doc.Text())
	}
	for _, f := range fields.Fields.List {
		if f.Doc == nil {
			continue
		}
		for _, name := range f.Names {
			comments[spec.Name.Name+"."+name.Name] = oneLine(f.Doc.Text())
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
