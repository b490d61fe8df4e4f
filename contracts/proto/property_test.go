package proto

import (
	"flag"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protojson"
	pb "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/flowweir/weir/contracts/compat"
)

// oracle says by itself whether what was read is what was written; it shares
// no code with the comparer.
type oracle struct {
	writer, reader *Schema
	json           bool
}

// read gives a message of the writer to the reader: the differences, or how
// it is refused.
func (o oracle) read(m protoreflect.Message) []string {
	r := dynamicpb.NewMessage(o.reader.message)
	if o.json {
		text, err := protojson.Marshal(m.Interface())
		if err != nil {
			return []string{"not written: " + err.Error()}
		}
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(text, r); err != nil {
			return []string{"refused: " + err.Error()}
		}
	} else {
		data, err := pb.MarshalOptions{Deterministic: true}.Marshal(m.Interface())
		if err != nil {
			return []string{"not written: " + err.Error()}
		}
		if err := pb.Unmarshal(data, r); err != nil {
			return []string{"refused: " + err.Error()}
		}
	}
	return o.differences("", m, r)
}

func (o oracle) differences(at string, w, r protoreflect.Message) []string {
	var all []string
	entries := w.Descriptor().IsMapEntry() || r.Descriptor().IsMapEntry()
	for i := range w.Descriptor().Fields().Len() {
		f := w.Descriptor().Fields().Get(i)
		place := at + "." + string(f.Name())
		number, name := r.Descriptor().Fields().ByNumber(f.Number()), r.Descriptor().Fields().ByName(f.Name())
		g := number
		if o.json && !entries {
			g = name
		}
		switch {
		case entries:
		case o.json && name == nil && number != nil && w.Has(f) && w.Descriptor().Fields().ByName(number.Name()) == nil:
			all = append(all, place+" has another name")
		case !o.json && name != nil && name != number && w.Has(f):
			all = append(all, place+" has another number")
		}
		if g == nil {
			continue
		}
		written, read := o.values(w, f), o.values(r, g)
		if many(g) && !many(f) && !w.Has(f) {
			written = nil
		}
		if isMessage(f) != isMessage(g) {
			if !w.Has(f) && !r.Has(g) {
				continue
			}
		}
		if !many(g) && g.HasPresence() && w.Has(f) && (!r.Has(g) || undeclared(g, r.Get(g))) {
			read = nil // a default that happens to be the same
		}
		if o.json && f.IsMap() != g.IsMap() && len(written)+len(read) > 0 {
			all = append(all, place+" has another form")
		}
		if written == nil && r.Descriptor().IsMapEntry() && isMessage(f) && isMessage(g) {
			written = append(written, protoreflect.ValueOfMessage(dynamicpb.NewMessage(f.Message()))) // an entry always has a value
		}
		if !o.equal(f, written, g, read) {
			all = append(all, fmt.Sprintf("%s is %v and reads %v", place, written, read))
		}
	}
	return all
}

// values are the elements of a field, or its one value; a message that is not
// there has none.
func (o oracle) values(m protoreflect.Message, f protoreflect.FieldDescriptor) []protoreflect.Value {
	var all []protoreflect.Value
	switch {
	case f.IsMap():
		m.Get(f).Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
			if !undeclared(f.MapValue(), v) {
				entry := dynamicpb.NewMessage(f.Message())
				entry.Set(f.MapKey(), k.Value())
				entry.Set(f.MapValue(), v)
				all = append(all, protoreflect.ValueOfMessage(entry))
			}
			return true
		})
	case f.IsList():
		for i := range m.Get(f).List().Len() {
			if v := m.Get(f).List().Get(i); !undeclared(f, v) {
				all = append(all, v)
			}
		}
	case isMessage(f) && !m.Has(f):
	case undeclared(f, m.Get(f)):
		all = append(all, f.Default())
	default:
		all = append(all, m.Get(f))
	}
	return all
}

// undeclared values of a closed enum are not read.
func undeclared(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
	return f.Enum() != nil && f.Enum().IsClosed() && f.Enum().Values().ByNumber(v.Enum()) == nil
}

func (o oracle) equal(f protoreflect.FieldDescriptor, written []protoreflect.Value, g protoreflect.FieldDescriptor, read []protoreflect.Value) bool {
	if len(written) != len(read) {
		return false
	}
	for i, v := range written {
		at := i
		if f.IsMap() || g.IsMap() { // in any order
			at = slices.IndexFunc(read, func(u protoreflect.Value) bool { return o.same(f, v, g, u) })
		}
		if at < 0 || !o.same(f, v, g, read[at]) {
			return false
		}
	}
	return true
}

func (o oracle) same(f protoreflect.FieldDescriptor, v protoreflect.Value, g protoreflect.FieldDescriptor, u protoreflect.Value) bool {
	switch {
	case isMessage(f) && isMessage(g):
		return len(o.differences("", v.Message(), u.Message())) == 0
	case isMessage(f) && g.Kind() == protoreflect.BytesKind:
		again := dynamicpb.NewMessage(f.Message())
		err := pb.UnmarshalOptions{AllowPartial: true}.Unmarshal(u.Bytes(), again)
		return err == nil && len(oracle{writer: o.writer, reader: o.writer}.differences("", v.Message(), again)) == 0
	case isMessage(f) || isMessage(g):
		return false
	case f.Enum() != nil && g.Enum() != nil:
		name := f.Enum().Values().ByNumber(v.Enum())
		if o.json && name != nil {
			there := g.Enum().Values().ByNumber(u.Enum())
			return there != nil && slices.Contains(namesAt(g.Enum(), u.Enum()), name.Name())
		}
		if name == nil {
			break
		}
		if there := g.Enum().Values().ByName(name.Name()); there != nil && there.Number() != v.Enum() {
			return false
		}
	case f.Kind() == protoreflect.FloatKind && (g.Kind() == protoreflect.FloatKind || g.Kind() == protoreflect.DoubleKind):
		return float32(v.Float()) == float32(u.Float())
	case f.Enum() != nil && o.json && g.Kind() == protoreflect.StringKind:
		return string(f.Enum().Values().ByNumber(v.Enum()).Name()) == u.String()
	}
	return plainText(f, v, o.json) == plainText(g, u, o.json)
}

// plainText writes a scalar so that equal values of different kinds are
// written alike.
func plainText(f protoreflect.FieldDescriptor, v protoreflect.Value, json bool) string {
	switch f.Kind() {
	case protoreflect.BoolKind:
		if v.Bool() {
			return "1"
		}
		return "0"
	case protoreflect.StringKind:
		if !utf8.ValidString(v.String()) {
			return "no text"
		}
		return "text " + v.String()
	case protoreflect.BytesKind:
		if json {
			return "bytes " + string(v.Bytes())
		}
		return "text " + string(v.Bytes())
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		n, _ := new(big.Float).SetFloat64(v.Float()).Int(nil)
		if f, _ := new(big.Float).SetInt(n).Float64(); f == v.Float() {
			return n.String()
		}
	}
	return fmt.Sprint(v.Interface())
}

// randomPair makes a writer and a reader; false where a change made no
// schema.
func randomPair(seed uint64) (writer, reader *Schema, ok bool) {
	rng := rand.New(rand.NewPCG(seed, 4))
	w := newRandomSchema(rng)
	r := w.clone()
	if rng.IntN(10) == 0 {
		r = newRandomSchema(rng)
	}
	for range 1 + rng.IntN(4) {
		r.mutate(rng)
	}
	fsys := fstest.MapFS{"w.proto": {Data: []byte(w.String())}, "r.proto": {Data: []byte(r.String())}}
	writer, err := Load(fsys, "w.proto", Message("M0"))
	if err != nil {
		return nil, nil, false
	}
	reader, err = Load(fsys, "r.proto", Message("M0"))
	return writer, reader, err == nil
}

var pairs = flag.Uint64("pairs", 400, "how many random pairs of schemas to compare")

// Where schemas are compatible, every message of the writer reads as what it
// is; where they are not, the witness of each break is refused or read as
// something else. At most one pair in a thousand stays open: a message that is
// lost in a map's entry, of which the reader knows no field anyway.
func TestRandomPairs(t *testing.T) {
	messages := 200
	for _, form := range []struct {
		name            string
		options         []CompareOption
		asBytes, asJSON bool
	}{
		{"bytes", nil, true, false},
		{"json", []CompareOption{JSON()}, false, true},
		{"both", []CompareOption{Both()}, true, true},
	} {
		t.Run(form.name, func(t *testing.T) {
			counts := map[string]int{}
			for seed := range *pairs {
				writer, reader, ok := randomPair(seed)
				if !ok {
					counts["no schema"]++
					continue
				}
				comparison := Compare(writer, reader, form.options...)
				counts[string(comparison.Result())]++
				for _, p := range comparison.Problems {
					counts[p.Rule]++
					if p.Verdict == compat.Breaks {
						checkWitness(t, writer, reader, p)
					}
				}
				if comparison.Result() == compat.Compatible {
					checkCompatible(t, seed, writer, reader, form.asBytes, form.asJSON, messages)
				}
				if t.Failed() {
					t.Fatalf("seed %d:\n%s\n%s", seed, writer.sources.order[0].data, reader.sources.order[0].data)
				}
			}
			t.Log(counts)
			if counts["undecided"]*1000 > int(*pairs) || counts["compatible"] < int(*pairs)/5 || counts["incompatible"] < int(*pairs)/5 || counts["no schema"] > int(*pairs)/5 {
				t.Errorf("the pairs are %v", counts)
			}
		})
	}
}

func checkCompatible(t *testing.T, seed uint64, writer, reader *Schema, asBytes, asJSON bool, messages int) {
	t.Helper()
	g, err := NewGenerator(writer)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 5))
	for range messages {
		m := g.message(rng)
		if d := (oracle{writer: writer, reader: reader}).read(m); asBytes && len(d) > 0 {
			t.Errorf("compatible, but %v reads differently: %v", m, d)
			return
		}
		if d := (oracle{writer: writer, reader: reader, json: true}).read(m); asJSON && len(d) > 0 {
			t.Errorf("compatible, but the JSON of %v reads differently: %v", m, d)
			return
		}
	}
}

func checkWitness(t *testing.T, writer, reader *Schema, p compat.Problem) {
	t.Helper()
	m := dynamicpb.NewMessage(writer.message)
	if err := protojson.Unmarshal([]byte(p.Witness.Document), m); err != nil {
		t.Errorf("%s: the document %s is not the writer's: %v", p.Rule, p.Witness.Document, err)
		return
	}
	isJSON := p.Witness.Bytes == nil
	if !isJSON {
		again := dynamicpb.NewMessage(writer.message)
		if err := pb.Unmarshal(p.Witness.Bytes, again); err != nil || !pb.Equal(m, again) {
			t.Errorf("%s: the bytes %x are not the document %s: %v", p.Rule, p.Witness.Bytes, p.Witness.Document, err)
		}
	}
	if d := (oracle{writer: writer, reader: reader, json: isJSON}).read(m); len(d) == 0 {
		t.Errorf("%s: %s; but the witness %s reads as it is", p.Rule, p.Message, p.Witness.Document)
	}
}
