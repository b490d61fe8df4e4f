package asyncapi_test

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/reports/finding"
)

// stand makes a contract that stands on a document, and loads it; nil where no
// contract can be made.
func stand(t failer, fsys fstest.MapFS, name string) (*contracts.Contract, *asyncapi.Files) {
	t.Helper()
	d, findings := asyncapi.Load(fsys, name)
	noErrors(t, "load", fsys, findings)
	src, findings := asyncapi.Stand(d)
	if finding.Errors(findings) > 0 {
		return nil, nil
	}
	fsys["weir.yaml"] = &fstest.MapFile{Data: src}
	return standing(t, fsys)
}

// standing loads weir.yaml, which stands on a document.
func standing(t failer, fsys fstest.MapFS) (*contracts.Contract, *asyncapi.Files) {
	t.Helper()
	files := asyncapi.NewFiles(fsys)
	c, findings := files.Load("weir.yaml")
	noErrors(t, "contract", fsys, findings)
	return c, files
}

// exportOver exports a contract that stands on a document.
func exportOver(t failer, c *contracts.Contract, files *asyncapi.Files) []byte {
	t.Helper()
	out, err := asyncapi.Export(c, files, "")
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	return out
}

// sameContract compares contracts but for the order of interactions, which a
// contract that names some of a document's need not keep.
var sameContract = cmp.Options{
	withoutDoc,
	cmpopts.SortSlices(func(a, b contracts.Produces) bool { return a.Operation+a.Event < b.Operation+b.Event }),
	cmpopts.SortSlices(func(a, b contracts.Consumes) bool { return a.Operation+a.Event < b.Operation+b.Event }),
}

// TestExportOverKeepsTheDocument: for each document, a contract that stands on
// it is exported over it. Without x-weir the export is the document, and who
// stands on the export has the same contract and exports it again.
func TestExportOverKeepsTheDocument(t *testing.T) {
	stood := 0
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			fsys := copyOf(t, "testdata/documents")
			c, files := stand(t, fsys, name)
			if c == nil {
				return // the golden files of the import say why
			}
			stood++
			before := string(fsys[name].Data)
			golden(t, "stood/"+name+".txt", string(fsys["weir.yaml"].Data))
			after := exportOver(t, c, files)
			if diff := cmp.Diff(asyncapi.Tree(fsys, name, "x-weir"), asyncapi.Tree(over(fsys, name, after), name, "x-weir")); diff != "" {
				t.Errorf("the document changed (-before +after):\n%s", diff)
			}
			if !strings.HasPrefix(string(after), strings.TrimRight(before, "\n}")) {
				t.Errorf("the text of the document changed:\n%s", after)
			}
			exported := over(fsys, name, after)
			again, files := stand(t, exported, name)
			if diff := cmp.Diff(c, again, sameContract); diff != "" {
				t.Errorf("the contract changed (-first +second):\n%s\n%s", diff, after)
			}
			if diff := cmp.Diff(string(after), string(exportOver(t, again, files))); diff != "" {
				t.Errorf("the export changed (-first +second):\n%s", diff)
			}
		})
	}
	if stood < 12 {
		t.Errorf("contracts stood on %d documents", stood)
	}
}

// TestExportOverAddsPromises: over each document, also one that no contract
// can be made of, a contract's own interactions and promises are written, and
// come back.
func TestExportOverAddsPromises(t *testing.T) {
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) {
			fsys := copyOf(t, "testdata/documents")
			fsys["own.json"] = &fstest.MapFile{Data: []byte("{}")}
			const head = "weir: contract/v1\nservice: {name: own}\nasyncapi: "
			fsys["weir.yaml"] = &fstest.MapFile{Data: []byte(head + name + `
topics: {own.events: {partitions: 3, config: {min.insync.replicas: "2"}}}
schemas: {Own: {file: own.json, history: history/}}
produces:
  - {event: com.acme.Owned, topic: own.events, schema: Own, key: $.id, ordering: per-key, examples: [own.json]}
consumes:
  - event: com.acme.Disowned
    topic: other.events
    group: own
    needs: {$.id: string}
    retry: {attempts: 3, backoff: {initial: 1s}, topics: [other.retry]}
    dlq: {topic: other.dlq}
objectives: {end-to-end: {p99: 200ms}}
waive: [{rule: check/effect-missing, reason: "No: not yet.", until: 2027-01-01}]
`)}
			c, files := standing(t, fsys)
			after := exportOver(t, c, files)
			exported := over(fsys, name, after)
			if diff := cmp.Diff(asyncapi.Tree(fsys, name, "x-weir"), asyncapi.Tree(exported, name, "x-weir")); diff != "" {
				t.Errorf("the document changed (-before +after):\n%s", diff)
			}
			exported["weir.yaml"] = &fstest.MapFile{Data: []byte(head + name + "\n")}
			again, files := standing(t, exported)
			if diff := cmp.Diff(c, again, sameContract); diff != "" {
				t.Errorf("the contract changed (-first +second):\n%s\n%s", diff, after)
			}
			if diff := cmp.Diff(string(after), string(exportOver(t, again, files))); diff != "" {
				t.Errorf("the export changed (-first +second):\n%s", diff)
			}
		})
	}
}

// TestExportOverSaysProposals: what open proposals have a name for stands where
// they have it, in either style of YAML; the rest is in x-weir.
func TestExportOverSaysProposals(t *testing.T) {
	const document = `# Orders, and what becomes of them.
asyncapi: 3.1.0
info: {title: Orders, version: 1.0.0}
channels:
  orders:
    address: orders
    messages:
      Placed:
        name: OrderPlaced # not Ordered
        payload: {type: object}
        bindings: {kafka: {schemaIdLocation: header}}
      Packed: {$ref: "#/components/messages/Packed"}
  retries: {address: orders.retry}
  dead/letters: {address: orders.dlq}
operations:
  # A block.
  onOrders:
    action: receive
    channel: {$ref: "#/channels/orders"}
    bindings:
      kafka:
        groupId: {type: string, enum: [orders]}
  publish: {action: send, channel: {$ref: "#/channels/orders"}, bindings: {kafka: {clientId: {type: string}}}}
  audit: # its messages differ
    action: receive
    channel: {$ref: "#/channels/orders"}
components:
  messages:
    Packed:
      payload: {type: object}
      bindings:
        kafka: {schemaIdLocation: header}
`
	const promises = `weir: contract/v1
service: {name: orders}
asyncapi: asyncapi.yaml
produces:
  - {operation: publish, event: OrderPlaced, compatibility: full, delivery: {transactional: true}, key: $.id}
  - {operation: publish, event: Packed, compatibility: backward-transitive, delivery: {transactional: true}}
consumes:
  - operation: onOrders
    isolation: read-committed
    retry: {attempts: 3, backoff: {initial: 200ms, kind: exponential, factor: 3}, topics: [orders.retry]}
    dlq: {topic: orders.dlq}
  - {operation: audit, event: OrderPlaced, group: audit, retry: {attempts: 2}, dlq: {topic: elsewhere}}
  - {operation: audit, event: Packed, group: audit, retry: {attempts: 3}}
`
	fsys := fstest.MapFS{"asyncapi.yaml": {Data: []byte(document)}, "weir.yaml": {Data: []byte(promises)}}
	c, files := standing(t, fsys)
	after := exportOver(t, c, files)
	golden(t, "stood/proposals.txt", string(after))
	exported := over(fsys, "asyncapi.yaml", after)
	if diff := cmp.Diff(asyncapi.TreeWithoutExtensions(fsys, "asyncapi.yaml"), asyncapi.TreeWithoutExtensions(exported, "asyncapi.yaml")); diff != "" {
		t.Errorf("the document changed (-before +after):\n%s", diff)
	}
	exported["weir.yaml"] = &fstest.MapFile{Data: []byte("weir: contract/v1\nservice: {name: orders}\nasyncapi: asyncapi.yaml\n")}
	again, files := standing(t, exported)
	if diff := cmp.Diff(c, again, sameContract); diff != "" {
		t.Errorf("the contract changed (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(string(after), string(exportOver(t, again, files))); diff != "" {
		t.Errorf("the export changed (-first +second):\n%s", diff)
	}
}

// TestExportOverReplacesWords: words that are there already, by hand or by an
// export, give way to what the contract says now.
func TestExportOverReplacesWords(t *testing.T) {
	const (
		rest = `asyncapi: 3.1.0
info: {title: A, version: 1.0.0}
channels: {a: {address: a, messages: {M: {name: M, payload: {type: object}}}}}
operations: {send: {action: send, channel: {$ref: "#/channels/a"}}}
`
		words  = "x-weir:\n  produces:\n    - {operation: send, event: M, key: $.id}\n"
		after  = "x-weir:\n  produces:\n    - operation: send\n      event: M\n      key: $.id\n      ordering: per-key\n"
		tree   = `{"asyncapi":"3.1.0","info":{"title":"A","version":"1.0.0"},`
		inJSON = `"channels":{"a":{"address":"a","messages":{"M":{"name":"M","payload":{"type":"object"}}}}},` +
			`"operations":{"send":{"action":"send","channel":{"$ref":"#/channels/a"}}}}`
		own = `"x-weir":{"produces":[{"operation":"send","event":"M","key":"$.id","ordering":"per-key"}]}`
	)
	for name, test := range map[string]struct{ file, before, after string }{
		"at the end": {"a.yaml", rest + words, rest + after},
		"none yet":   {"a.yaml", strings.TrimSuffix(rest, "\n"), rest + strings.Replace(after, "      key: $.id\n", "", 1)},
		"before the rest": {"a.yaml", words + rest, after + `asyncapi: "3.1.0"
info:
  title: A
  version: "1.0.0"
channels:
  a:
    address: a
    messages:
      M:
        name: M
        payload:
          type: object
operations:
  send:
    action: send
    channel:
      $ref: "#/channels/a"
`},
		"in JSON": {"a.json", tree + `"x-weir":{"produces":[{"operation":"send","event":"M","key":"$.id"}]},` + inJSON, tree + own + "," + inJSON},
	} {
		t.Run(name, func(t *testing.T) {
			fsys := fstest.MapFS{test.file: {Data: []byte(test.before)}, "weir.yaml": {Data: []byte(
				"weir: contract/v1\nservice: {name: a}\nasyncapi: " + test.file + "\nproduces: [{operation: send, ordering: per-key}]\n")}}
			c, files := standing(t, fsys)
			got := string(exportOver(t, c, files))
			if path.Ext(test.file) == ".json" {
				var compact bytes.Buffer
				if err := json.Compact(&compact, []byte(got)); err != nil {
					t.Fatal(err)
				}
				got = compact.String()
			}
			if diff := cmp.Diff(test.after, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestExportOverRefuses: a file that is found from beside the contract alone is
// not written into a document elsewhere, and a version stays.
func TestExportOverRefuses(t *testing.T) {
	fsys := fstest.MapFS{
		"catalogue/a.yaml": {Data: []byte("asyncapi: 3.0.0\ninfo: {title: A, version: 1.0.0}\n")},
		"b.json":           {Data: []byte("{}")},
		"weir.yaml": {Data: []byte("weir: contract/v1\nservice: {name: a}\nasyncapi: catalogue/a.yaml\n" +
			"schemas: {B: {file: b.json}}\nproduces: [{event: E, topic: t, schema: B}]\n")},
	}
	c, files := standing(t, fsys)
	for version, want := range map[string]string{
		"":      "the contract names b.json beside itself, where catalogue/a.yaml does not lie: move the contract to its document",
		"3.1.0": "catalogue/a.yaml, on which the contract stands, is of AsyncAPI 3.0.0 and stays so",
	} {
		if _, err := asyncapi.Export(c, files, version); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// over is the file system with another text of a file.
func over(fsys fstest.MapFS, name string, text []byte) fstest.MapFS {
	out := fstest.MapFS{}
	for file, content := range fsys {
		out[file] = content
	}
	out[path.Clean(name)] = &fstest.MapFile{Data: text}
	return out
}
