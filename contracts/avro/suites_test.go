package avro_test

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	codec "github.com/twmb/avro"

	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/compat"
)

func read[T any](t *testing.T, file string) T {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var v T
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func parse(t testing.TB, name, text string) *avro.Schema {
	t.Helper()
	s, err := avro.Parse(avro.Source{Name: name, Text: []byte(text)})
	if err != nil {
		t.Fatalf("%v\nin %s", err, text)
	}
	return s
}

// apachePair is one of Apache Avro's own pairs of schemas.
type apachePair struct {
	ID             string
	Reader, Writer json.RawMessage
	Compatible     bool
	// Locations are where the Python library sees the break: "/" is the root
	// where it stands alone, and says nothing beside an exact location.
	Locations []string
}

// TestApacheAvro holds Compare to all pairs of Apache Avro's tests: the
// verdict, and that each location of a break is a place of one of our
// problems. Python names a place by the reader's path, and by the writer's
// below a union.
func TestApacheAvro(t *testing.T) {
	pairs := read[[]apachePair](t, "testdata/avro-reader-writer-pairs.json")
	agreed := 0
	for _, p := range pairs {
		problems := compare(t, string(p.Writer), string(p.Reader))
		if got := len(problems) == 0; got != p.Compatible {
			t.Errorf("%s: compatible = %v, want %v: %v", p.ID, got, p.Compatible, problems)
			continue
		}
		own := avro.Compare(parse(t, "writer.avsc", string(p.Writer)), parse(t, "reader.avsc", string(p.Reader)), avro.Lenient())
		if diff := cmp.Diff(problems, own.Problems); diff != "" {
			t.Errorf("%s: the lenient dialect differs (-strict +lenient):\n%s", p.ID, diff)
		}
		agreed++
		if p.Compatible {
			continue
		}
		refused(t, p.Writer, p.Reader, problems)
		var paths []string
		for _, problem := range problems {
			paths = append(paths, problem.Writer.Path, problem.Reader.Path)
		}
		for _, location := range p.Locations {
			if location == "/" {
				location = ""
				if len(p.Locations) > 1 {
					continue
				}
			}
			if !slices.Contains(paths, location) {
				t.Errorf("%s: no problem at %q; they are at %q", p.ID, location, paths)
			}
		}
	}
	if agreed != 131 {
		t.Errorf("%d of %d pairs agree, want 131", agreed, len(pairs))
	}
}

// refused holds the witnesses of breaks to another library: each is a value of
// the writer, and the library's reader refuses the pair.
func refused(t *testing.T, writer, reader json.RawMessage, problems []compat.Problem) {
	t.Helper()
	w, r := codec.MustParse(string(writer)), codec.MustParse(string(reader))
	if _, err := codec.Resolve(w, r); err == nil {
		t.Errorf("twmb reads %s as %s", writer, reader)
	}
	for _, p := range problems {
		var v any
		if rest, err := w.Decode(p.Witness.Bytes, &v); err != nil || len(rest) > 0 {
			t.Errorf("%x is no value of %s: %v, %d bytes left", p.Witness.Bytes, writer, err, len(rest))
		}
		var fromJSON any
		if err := w.DecodeJSON([]byte(p.Witness.Document), &fromJSON); err != nil || !reflect.DeepEqual(v, fromJSON) {
			t.Errorf("%s is %v, its bytes are %v: %v", p.Witness.Document, fromJSON, v, err)
		}
	}
}

func compare(t testing.TB, writer, reader string) []compat.Problem {
	t.Helper()
	return avro.Compare(parse(t, "writer.avsc", writer), parse(t, "reader.avsc", reader)).Problems
}

// TestApicurio holds Compare to Apicurio Registry's cases of evolution, in
// both directions.
func TestApicurio(t *testing.T) {
	type evolution struct {
		ID, Compatibility string
		Original, Updated json.RawMessage
	}
	suite := read[struct{ Tests []evolution }](t, "testdata/apicurio-avro-evolution.json")
	if len(suite.Tests) != 4 {
		t.Fatalf("%d cases, want 4", len(suite.Tests))
	}
	for _, e := range suite.Tests {
		reads := func(writer, reader json.RawMessage) bool {
			problems := compare(t, string(writer), string(reader))
			if len(problems) > 0 {
				refused(t, writer, reader, problems)
			}
			return len(problems) == 0
		}
		backward, forward := reads(e.Original, e.Updated), reads(e.Updated, e.Original)
		got := "none"
		switch {
		case backward && forward:
			got = "both"
		case backward:
			got = "backward"
		case forward:
			got = "forward"
		}
		if got != e.Compatibility {
			t.Errorf("%s: %s, want %s", e.ID, got, e.Compatibility)
		}
	}
}
