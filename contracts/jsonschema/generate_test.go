package jsonschema_test

import (
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/jsonschema"
)

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func load(t testing.TB, fsys fs.FS, file string, options ...jsonschema.Option) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Load(fsys, file, options...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestGenerateValidates: documents of every schema in testdata/generate are
// valid, formats included, and the same seed makes the same documents.
func TestGenerateValidates(t *testing.T) {
	fsys := os.DirFS("testdata/generate")
	files, err := fs.Glob(fsys, "*.json")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d schemas, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(file, func(t *testing.T) {
			s := load(t, fsys, file, jsonschema.AssertFormat())
			distinct := map[string]bool{}
			for seed := range uint64(100) {
				g := jsonschema.NewGenerator(s, jsonschema.OptionalFields(float64(seed%5)/4))
				v, err := g.Generate(rng(seed))
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				if violations := s.Validate(text); violations != nil {
					t.Fatalf("seed %d: %s: %v", seed, text, violations)
				}
				again, err := g.Generate(rng(seed))
				if err != nil || !cmp.Equal(v, again) {
					t.Fatalf("seed %d made %s first and %v then (%v)", seed, text, again, err)
				}
				distinct[string(text)] = true
			}
			if len(distinct) < 2 {
				t.Errorf("100 seeds made one document only")
			}
		})
	}
}
