package avro

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"

	"github.com/flowweir/weir/contracts/compat"
)

// witness makes a value of the writer that has v, in the codec's form, where
// the writer's type of the pair stands, and is as small as can be otherwise.
func (c *comparer) witness(at int, v any, outcome string) *compat.Witness {
	for _, p := range slices.Backward(c.trail(at)) {
		if p.parent < 0 {
			break
		}
		around := c.pairs[p.parent].w
		switch p.step {
		case toField:
			object := minimal(around.node).(map[string]any)
			object[around.fields[p.i].name] = v
			v = object
		case toElement:
			if around.kind == mapKind {
				v = map[string]any{"key": v}
			} else {
				v = []any{v}
			}
		case toWriterBranch:
			v = chosen(p.w.node, v)
		case toRoot, toReaderBranch:
		}
	}
	w := &compat.Witness{Outcome: outcome}
	if document, err := json.Marshal(tagged(c.writer.root.node, v)); err == nil {
		w.Document = string(document)
	}
	octets, err := c.writer.encode(v)
	if err != nil { // the codec's limit of nesting
		w.Outcome += fmt.Sprintf(" (its bytes are left out: %v)", err)
	}
	w.Bytes = octets
	return w
}

// telling is a value of the writer's type that the reader's type could not
// hold, where there is one that says more than the smallest.
func telling(w, r *node) any {
	switch {
	case w.kind == longKind && r.kind == intKind:
		return int64(math.MaxInt32) + 1
	case w.kind == floatKind && (r.kind == intKind || r.kind == longKind):
		return float32(0.5)
	case w.kind == doubleKind && (r.kind == intKind || r.kind == longKind):
		return 0.5
	case w.kind == doubleKind && r.kind == floatKind:
		return 1e300
	}
	return minimal(w)
}

// maxDigits bounds the decimals that are made to show that they are too long.
const maxDigits = 1000

// digits is a decimal that is longer than the reader's precision, or 1 where
// the writer's decimals are not.
func digits(w, r logical) *big.Int {
	length := 0
	if w.precision > r.precision && r.precision <= maxDigits {
		length = r.precision
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(length)), nil)
}
