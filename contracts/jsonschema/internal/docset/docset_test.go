package docset_test

import (
	"math/big"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

func TestSmoke(t *testing.T) {
	s := docset.NewSpace(nil)
	r := s.Find(s.Types(docset.Object), s.Has("a"), s.Property("a", s.And(s.Types(docset.Number), s.Minimum(big.NewRat(3, 1)))), s.Properties(docset.Names{Except: []string{"a"}}, docset.None).Not())
	t.Log(r)
}
