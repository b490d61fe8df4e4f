package breaking_test

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/versions"
)

// subjects is a registry in files, the latest versions SUBJECT.avsc,
// SUBJECT.json or SUBJECT.proto, those before it SUBJECT@1.avsc and so on. It
// asks for backward compatibility, or for what its modes say of a subject.
type subjects struct {
	fsys  fs.FS
	modes map[string]string
	err   error
}

func (s subjects) FS() fs.FS { return s.fsys }

func (s subjects) Versions(subject string) ([]int, error) {
	numbers := []int{1}
	for {
		n := len(numbers)
		if _, err := s.Files(subject, n); err != nil {
			return numbers, nil
		}
		numbers = append(numbers, n+1)
	}
}

func (s subjects) Files(subject string, version int) ([]string, error) {
	name := subject
	if version > 0 {
		name = fmt.Sprintf("%s@%d", subject, version)
	}
	for _, ending := range []string{"avsc", "json", "proto"} {
		if _, err := fs.Stat(s.fsys, name+"."+ending); err == nil {
			return []string{name + "." + ending}, nil
		}
	}
	return nil, fmt.Errorf("no subject %s: %w", subject, fs.ErrNotExist)
}

func (s subjects) Format(subject string, version int) (string, error) {
	if s.err != nil {
		return "", s.err
	}
	files, err := s.Files(subject, version)
	if err != nil {
		return "", err
	}
	return map[string]string{".avsc": contracts.FormatAvro, ".json": contracts.FormatJSONSchema, ".proto": contracts.FormatProtobuf}[path.Ext(files[0])], nil
}

func (s subjects) Mode(subject string) (compat.Mode, error) {
	return compat.ParseMode(cmp.Or(s.modes[subject], compat.Backward))
}

const contract = `weir: contract/v1
service: {name: orders}
schemas:
  Named: {registry: {subject: named}}
produces:
  - {event: com.acme.Placed, topic: orders, schema: placed.avsc}
  - {event: com.acme.Paid, topic: payments, schema: paid.json}
  - {event: com.acme.Shipped, topic: shipments, schema: shipped.proto}
  - {event: com.acme.Named, topic: names, schema: Named}
  - {event: com.acme.Bare, topic: bare}
`

const (
	placed   = `{"type": "record", "namespace": "com.acme", "name": "Placed", "fields": [{"name": "id", "type": "string"}%s]}`
	shipped  = "syntax = \"proto3\";\npackage acme;\nmessage Shipped { %s id = 1; }\n"
	required = `, {"name": "total", "type": "long"}`
)

// TestRegisteredKeys: keys that are documents have subjects of their own.
func TestRegisteredKeys(t *testing.T) {
	const keyed = `weir: contract/v1
service: {name: orders}
schemas:
  Key: {file: key.avsc, wire: confluent}
  Named: {registry: {subject: named}}
produces:
  - {event: com.acme.Placed, topic: orders, key: {place: $.id, schema: Key}}
  - {event: com.acme.Paid, topic: payments, key: {place: $.id, schema: Key}}
  - {event: com.acme.Shipped, topic: shipments, key: {place: $.id, schema: Named}}
`
	id := `{"type": "record", "namespace": "com.acme", "name": "OrderID", "fields": [{"name": "id", "type": "%s"}]}`
	files := map[string]string{"weir.yaml": keyed, "key.avsc": fmt.Sprintf(id, "string")}
	for _, tt := range []struct {
		strategy breaking.Strategy
		has      string
		want     []string
	}{
		{breaking.TopicName, "orders-key.avsc", []string{
			"warning breaking/key-format-changed the key of com.acme.Placed has another schema, *",
			"error compat/avro-type the key of com.acme.Placed is not backward compatible with the latest version of orders-key: *",
			"info breaking/unregistered the key of com.acme.Paid is not compared: the registry has no subject payments-key",
		}},
		{breaking.RecordName, "com.acme.OrderID.avsc", []string{
			"warning breaking/key-format-changed the key of com.acme.Placed has another schema, *",
			"error compat/avro-type the key of com.acme.Placed is not backward compatible with the latest version of com.acme.OrderID: *",
			"warning breaking/key-format-changed the key of com.acme.Paid has another schema, *",
			"error compat/avro-type the key of com.acme.Paid is not backward compatible with the latest version of com.acme.OrderID: *",
		}},
		{breaking.TopicRecordName, "payments-com.acme.OrderID.avsc", []string{
			"info breaking/unregistered the key of com.acme.Placed is not compared: the registry has no subject orders-com.acme.OrderID",
			"warning breaking/key-format-changed the key of com.acme.Paid has another schema, *",
			"error compat/avro-type the key of com.acme.Paid is not backward compatible with the latest version of payments-com.acme.OrderID: *",
		}},
	} {
		t.Run(string(tt.strategy), func(t *testing.T) {
			registered := map[string]string{tt.has: fmt.Sprintf(id, "long"), "named.avsc": fmt.Sprintf(id, "long")}
			found, err := breaking.Registered(latest(t, files, subjects{fsys: folder(t, registered)}), breaking.Options{Subject: tt.strategy})
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, told(found, tt.want)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// told are findings as lines; one that begins as the wanted one does, up to its
// star, is taken for it.
func told(found []rules.Found, want []string) []string {
	var got []string
	for i, f := range found {
		line := fmt.Sprintf("%s %s %s", f.Severity, f.ID, f.Message)
		if i < len(want) && strings.HasSuffix(want[i], "*") && strings.HasPrefix(line, strings.TrimSuffix(want[i], "*")) {
			line = want[i]
		}
		got = append(got, line)
	}
	return got
}

func TestRegistered(t *testing.T) {
	files := map[string]string{
		"weir.yaml": contract, "placed.avsc": fmt.Sprintf(placed, required),
		"paid.json": `{"title": "Paid", "type": "object", "required": ["id"]}`, "shipped.proto": fmt.Sprintf(shipped, "string"),
	}
	for _, tt := range []struct {
		name       string
		strategy   breaking.Strategy
		full       string
		registered map[string]string
		want       []string
	}{
		{"by topic", "", "", map[string]string{
			"orders-value.avsc": fmt.Sprintf(placed, ""), "payments-value.json": `{"type": "object"}`, "shipments-value.proto": fmt.Sprintf(shipped, "int32"), "named.avsc": fmt.Sprintf(placed, ""),
		}, []string{
			"error compat/avro-missing-field com.acme.Placed is not backward compatible with the latest version of orders-value: $.total is not written, but the reader needs it and has no default for it",
			"error compat/json-required com.acme.Paid is not backward compatible with the latest version of payments-value: $.id can be missing, the reader requires it",
			"error compat/proto-field-type com.acme.Shipped is not backward compatible with the latest version of shipments-value: *",
		}},
		{"not there", breaking.TopicName, "", map[string]string{}, []string{
			"info breaking/unregistered com.acme.Placed is not compared: the registry has no subject orders-value",
			"info breaking/unregistered com.acme.Paid is not compared: the registry has no subject payments-value",
			"info breaking/unregistered com.acme.Shipped is not compared: the registry has no subject shipments-value",
			"info breaking/unregistered com.acme.Named is not compared: the registry has no subject named",
		}},
		{"by record", breaking.RecordName, "", map[string]string{
			"com.acme.Placed.avsc": files["placed.avsc"], "Paid.json": files["paid.json"], "acme.Shipped.proto": files["shipped.proto"], "named.avsc": fmt.Sprintf(placed, ""),
		}, nil},
		{"by topic and record, stricter", breaking.TopicRecordName, "payments-Paid", map[string]string{
			"orders-com.acme.Placed.avsc": files["placed.avsc"], "payments-Paid.json": `{"type": "object", "required": ["id", "total"]}`, "shipments-acme.Shipped.proto": files["shipped.proto"], "named.avsc": fmt.Sprintf(placed, ""),
		}, []string{
			"warning check/mode-weaker the contract promises backward compatibility for com.acme.Paid, and the registry holds payments-Paid to full",
			"error compat/json-required com.acme.Paid is not full compatible with the latest version of payments-Paid: $.total can be missing, the reader requires it",
		}},
		{"broken", "", "", map[string]string{
			"orders-value.avsc": `{"type": "recrd"}`, "payments-value.json": files["paid.json"], "shipments-value.proto": files["shipped.proto"], "named.avsc": fmt.Sprintf(placed, ""),
		}, []string{
			"undecided breaking/unread com.acme.Placed is not compared: the latest version of orders-value cannot be read: it is no valid schema",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			found, err := breaking.Registered(latest(t, files, subjects{fsys: folder(t, tt.registered), modes: map[string]string{tt.full: compat.Full}}), breaking.Options{Subject: tt.strategy})
			if err != nil {
				t.Fatal(err)
			}
			got := told(found, tt.want)
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRegisteredKeyBytes: a key keeps the bytes that it has by the latest
// version, whatever readers understand.
func TestRegisteredKeyBytes(t *testing.T) {
	const (
		id    = `{"type": "record", "name": "ID", "fields": [{"name": "id", "type": "string"}]}`
		wider = `{"type": "record", "name": "ID", "fields": [{"name": "id", "type": "string"}, {"name": "shop", "type": "string", "default": ""}]}`
		alias = `{"type": "record", "name": "ID", "fields": [{"name": "key", "aliases": ["id"], "type": "string"}]}`
		lost  = "one entity has other bytes then, so records of it are on two partitions and their order is lost"
	)
	for _, tt := range []struct {
		name, wire, registered, now string
		want                        []string
	}{
		{"the same", "confluent", id, strings.ReplaceAll(id, " ", "\n"), nil},
		{"a field more", "none", id, wider, []string{
			"warning breaking/key-format-changed the key of com.acme.Placed is written in other bytes than by the latest version of orders-key: $.shop is written, which was not: " + lost,
		}},
		{"the same bytes without an id", "none", id, alias, nil},
		{"another id", "confluent", id, alias, []string{
			"warning breaking/key-format-changed the key of com.acme.Placed has another schema, whose id is in the key's own bytes with the framing confluent: " + lost,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"key.avsc": tt.now, "weir.yaml": `weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.Placed, topic: orders, key: {place: $.id, schema: {file: key.avsc, wire: ` + tt.wire + `}}}]
`}
			reg := subjects{fsys: folder(t, map[string]string{"orders-key.avsc": tt.registered})}
			found, err := breaking.Registered(latest(t, files, reg), breaking.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, told(found, nil)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestRegisteredTransitive: a mode that is transitive, of the registry or of
// the contract, is held against every version that the subject has.
func TestRegisteredTransitive(t *testing.T) {
	versions := map[string]string{
		// The first version has no total, the second gave it to all.
		"orders-value@1.avsc": fmt.Sprintf(placed, ""), "orders-value.avsc": fmt.Sprintf(placed, required),
	}
	broken := maps.Clone(versions)
	broken["orders-value@2.avsc"] = `{"type": "recrd"}`
	const (
		weaker = "warning check/mode-weaker the contract promises backward compatibility for com.acme.Placed, and the registry holds orders-value to backward-transitive"
		first  = "error compat/avro-missing-field com.acme.Placed is not backward-transitive compatible with version 1 of orders-value: $.total is not written, but the reader needs it and has no default for it"
	)
	for _, tt := range []struct {
		name, declared, registry string
		registered               map[string]string
		want                     []string
	}{
		{"neither", "backward", "backward", versions, nil},
		{"the registry's", "backward", "backward-transitive", versions, []string{weaker, first}},
		{"the contract's", "backward-transitive", "none", versions, []string{first}},
		{"one version", "backward-transitive", "none", map[string]string{"orders-value.avsc": fmt.Sprintf(placed, required)}, nil},
		{"an unreadable version hides no other", "backward-transitive", "none", broken, []string{
			"undecided breaking/unread com.acme.Placed is not compared: version 2 of orders-value cannot be read: it is no valid schema", first,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"placed.avsc": fmt.Sprintf(placed, required), "weir.yaml": `weir: contract/v1
service: {name: orders}
produces: [{event: com.acme.Placed, topic: orders, schema: placed.avsc, compatibility: ` + tt.declared + `}]
`}
			reg := subjects{fsys: folder(t, tt.registered), modes: map[string]string{"orders-value": tt.registry}}
			found, err := breaking.Registered(latest(t, files, reg), breaking.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, told(found, nil)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRegistryAway(t *testing.T) {
	files := map[string]string{"weir.yaml": contract, "placed.avsc": fmt.Sprintf(placed, "")}
	away := errors.New("nobody answers")
	if _, err := breaking.Registered(latest(t, files, subjects{fsys: folder(t, nil), err: away}), breaking.Options{}); !errors.Is(err, away) {
		t.Errorf("got %v", err)
	}
	if found, err := breaking.Registered(latest(t, files, subjects{fsys: folder(t, nil), err: away}), breaking.Options{Only: []string{"billing"}}); err != nil || len(found) > 0 {
		t.Errorf("another service: %v, %v", found, err)
	}
}

func folder(t *testing.T, files map[string]string) fs.FS {
	t.Helper()
	archive := &txtar.Archive{}
	for name, content := range files {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(content)})
	}
	slices.SortFunc(archive.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	fsys, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	return fsys
}

func latest(t *testing.T, files map[string]string, registry versions.Registry) breaking.Side {
	t.Helper()
	fsys := folder(t, files)
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return breaking.Side{Name: "the files", Contracts: set, FS: fsys, Loader: versions.New(fsys, registry)}
}
