package docset_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/jsonschema/internal/docset"
)

// build makes sets in a test.
type build struct{ *docset.Space }

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

func (b build) object(sets ...docset.Set) docset.Set {
	return b.And(append(sets, b.Types(docset.Object))...)
}

func (b build) array(sets ...docset.Set) docset.Set {
	return b.And(append(sets, b.Types(docset.Array))...)
}

func (b build) number(sets ...docset.Set) docset.Set {
	return b.And(append(sets, b.Types(docset.Number))...)
}

func (b build) text(sets ...docset.Set) docset.Set {
	return b.And(append(sets, b.Types(docset.String))...)
}

func TestFind(t *testing.T) {
	const empty, unknown = "empty", "unknown"
	for _, tt := range []struct {
		name string
		set  func(b build) docset.Set
		want string
	}{
		{"everything", func(b build) docset.Set { return docset.All }, `null`},
		{"nothing", func(b build) docset.Set { return docset.None }, empty},
		{"a type and not", func(b build) docset.Set {
			return b.And(b.Types(docset.String|docset.Null), b.Types(docset.Null).Not())
		}, `""`},
		{"booleans are two", func(b build) docset.Set { return b.And(b.Types(docset.Boolean), b.Values(true, false).Not()) }, empty},

		{"between", func(b build) docset.Set {
			return b.number(b.ExclusiveMinimum(rat("1")), b.ExclusiveMaximum(rat("2")))
		}, `1.5`},
		{"no integer between", func(b build) docset.Set {
			return b.And(b.Types(docset.Whole), b.ExclusiveMinimum(rat("1")), b.ExclusiveMaximum(rat("2")))
		}, empty},
		{"a point", func(b build) docset.Set { return b.number(b.Minimum(rat("0.3")), b.Maximum(rat("0.3"))) }, `0.3`},
		{"an open point", func(b build) docset.Set { return b.number(b.Minimum(rat("0.3")), b.ExclusiveMaximum(rat("0.3"))) }, empty},
		{"a common multiple", func(b build) docset.Set {
			return b.number(b.MultipleOf(rat("0.4")), b.MultipleOf(rat("0.6")), b.ExclusiveMinimum(rat("0")))
		}, `6`},
		{"a multiple that is no other", func(b build) docset.Set {
			return b.number(b.MultipleOf(rat("2")), b.MultipleOf(rat("4")).Not(), b.Minimum(rat("100")))
		}, `102`},
		{"a multiple is one of its divisor", func(b build) docset.Set { return b.number(b.MultipleOf(rat("4")), b.MultipleOf(rat("2")).Not()) }, empty},
		{"far from zero", func(b build) docset.Set { return b.number(b.Maximum(rat("-1000000.5"))) }, `-1000001`},
		{"a large number", func(b build) docset.Set { return b.number(b.Minimum(rat("1e1000"))) }, `1e1000`},
		{"a number that is hard to write", func(b build) docset.Set { return b.number(b.Minimum(rat("1e10000"))) }, unknown},

		{"a length that must be made", func(b build) docset.Set { return b.text(b.MinLength(2), b.Values("aa").Not()) }, `"ab"`},
		{"a pattern within another", func(b build) docset.Set { return b.text(b.Pattern("^a+$"), b.Pattern("^[ab]+$").Not()) }, empty},
		{"a pattern too short", func(b build) docset.Set { return b.text(b.Pattern("^a{2}$"), b.MaxLength(2).Not()) }, empty},
		{"too long to be made", func(b build) docset.Set { return b.text(b.MinLength(1 << 30)) }, unknown},

		{"room for two", func(b build) docset.Set { return b.array(b.MinItems(2), b.MaxItems(1)) }, empty},
		{"an element outside", func(b build) docset.Set { return b.ItemsFrom(1, b.Types(docset.String)).Not() }, `[null,null]`},
		{"two kinds and room for both", func(b build) docset.Set {
			return b.array(b.Contains(1, b.Values("a")), b.Contains(1, b.Values("b")), b.MaxItems(2))
		}, `["a","b"]`},
		{"two kinds and room for one", func(b build) docset.Set {
			return b.array(b.Contains(1, b.Values("a")), b.Contains(1, b.Values("b")), b.MaxItems(1))
		}, empty},
		{"one element for both", func(b build) docset.Set {
			return b.array(b.Contains(1, b.Values("a", "b")), b.Contains(1, b.Values("b", "c")), b.MaxItems(1))
		}, `["b"]`},
		{"at most one", func(b build) docset.Set {
			return b.array(b.MinItems(2), b.ItemsFrom(0, b.Values("a", "b")), b.And(b.Types(docset.Array), b.Contains(2, b.Values("a")).Not()))
		}, `["b","b"]`},
		{"more different ones than there are", func(b build) docset.Set {
			return b.array(b.MinItems(3), b.ItemsFrom(0, b.Values("a", "b")), b.Unique())
		}, empty},
		{"equal ones", func(b build) docset.Set { return b.array(b.Unique().Not(), b.ItemAt(0, b.Values("a"))) }, `["a","a"]`},
		{"equal ones that cannot be", func(b build) docset.Set {
			return b.array(b.Unique().Not(), b.MaxItems(2), b.ItemAt(0, b.Values("a")), b.ItemAt(1, b.Values("b")))
		}, empty},
		{"another array", func(b build) docset.Set {
			return b.array(b.MinItems(1), b.MaxItems(1), b.ItemAt(0, b.Values("a", "b")), b.Values([]any{"a"}).Not())
		}, `["b"]`},
		{"no other array", func(b build) docset.Set {
			return b.array(b.MinItems(1), b.MaxItems(1), b.ItemAt(0, b.Values("a")), b.Values([]any{"a"}).Not())
		}, empty},
		{"very long", func(b build) docset.Set { return b.array(b.MinItems(2000)) }, "[" + strings.Repeat("null,", 1999) + "null]"},
		{"very long, of what is impossible", func(b build) docset.Set { return b.array(b.MinItems(2000), b.ItemAt(7, docset.None)) }, empty},
		{"longer than is tried", func(b build) docset.Set { return b.array(b.MinItems(3_000_000)) }, unknown},

		{"required and impossible", func(b build) docset.Set { return b.object(b.Has("a"), b.Property("a", docset.None)) }, empty},
		{"a name that nothing names", func(b build) docset.Set {
			return b.Properties(docset.Names{Except: []string{"a"}}, docset.None).Not()
		}, `{"other":null}`},
		{"a name of one pattern and not of another", func(b build) docset.Set {
			return b.And(b.Properties(docset.Names{Pattern: "^x"}, docset.None).Not(), b.Properties(docset.Names{Pattern: "y$"}, docset.None), b.PropertyNames(b.MinLength(2)))
		}, `{"xa":null}`},
		{"names run out", func(b build) docset.Set {
			return b.object(b.PropertyNames(b.Values("a", "b")), b.MinProperties(3))
		}, empty},
		{"names do not run out", func(b build) docset.Set {
			return b.object(b.PropertyNames(b.Values("a", "b")), b.MinProperties(2))
		}, `{"a":null,"b":null}`},
		{"one property for two demands", func(b build) docset.Set {
			return b.object(b.MaxProperties(1), b.Properties(docset.Names{Pattern: "^x"}, docset.None).Not(), b.Properties(docset.Names{Pattern: "y$"}, docset.None).Not())
		}, `{"xy":null}`},
		{"one name for two demands on names", func(b build) docset.Set {
			return b.object(b.MaxProperties(1), b.PropertyNames(b.Pattern("^x")).Not(), b.PropertyNames(b.Pattern("[^y]$")).Not())
		}, `{"y":null}`},
		{"another name", func(b build) docset.Set {
			return b.object(b.MinProperties(1), b.MaxProperties(1), b.Properties(docset.Names{}, b.Values(nil)), b.Values(map[string]any{"other": nil}).Not())
		}, `{"another":null}`},
		{"another object", func(b build) docset.Set {
			return b.object(b.Has("a"), b.MaxProperties(1), b.Property("a", b.Values("x", "y")), b.Values(map[string]any{"a": "x"}).Not())
		}, `{"a":"y"}`},
		{"no other object", func(b build) docset.Set {
			return b.object(b.Has("a"), b.MaxProperties(1), b.Property("a", b.Values("x")), b.Values(map[string]any{"a": "x"}).Not())
		}, empty},

		{"exactly one", func(b build) docset.Set {
			return b.And(b.OneOf(b.Types(docset.Number), b.Minimum(rat("5"))), b.Types(docset.Number))
		}, `0`},
		{"more than one", func(b build) docset.Set {
			return b.And(b.OneOf(b.Minimum(rat("3")), b.Minimum(rat("5"))).Not(), b.Types(docset.Number), b.Minimum(rat("3")))
		}, `5`},
		{"the same set twice is never one", func(b build) docset.Set { s := b.Minimum(rat("3")); return b.And(b.OneOf(s, s), s) }, empty},
		{"if", func(b build) docset.Set {
			return b.And(b.If(b.Has("a"), b.Has("b"), b.Has("c")), b.object(b.MinProperties(1)), b.Has("c").Not())
		}, `{"a":null,"b":null}`},
		{"what only a test tells", func(b build) docset.Set {
			return b.And(b.Types(docset.String), b.Opaque(docset.Opaque{Key: "long", Types: docset.String, Test: func(doc any) bool { return len(doc.(string)) > 3 }}))
		}, unknown},
		{"what a sample passes", func(b build) docset.Set {
			return b.And(b.Types(docset.String), b.Opaque(docset.Opaque{
				Key: "long", Types: docset.String, Test: func(doc any) bool { return len(doc.(string)) > 3 },
				Samples: func() []any { return []any{"x", "long"} },
			}))
		}, `"long"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := build{docset.NewSpace(nil)}
			set := tt.set(b)
			r := b.Find(set)
			got := map[docset.Answer]string{docset.Empty: empty, docset.Unknown: unknown}[r.Answer]
			if r.Answer == docset.Found {
				text, err := json.Marshal(r.Doc)
				if err != nil {
					t.Fatal(err)
				}
				if got = string(text); !b.Holds(set, r.Doc) || b.Holds(set.Not(), r.Doc) {
					t.Errorf("%s is no member", got)
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// A set that contains itself has the members that can be built: with a way
// out the smallest, without one none.
func TestFindRecursive(t *testing.T) {
	const chain, leaf, loop = 0, 1, 2
	var b build
	b = build{docset.NewSpace(func(name int) docset.Set {
		switch name {
		case chain: // an object whose "next" is a chain or a leaf
			return b.object(b.Has("next"), b.Property("next", b.Or(b.Named(chain), b.Named(leaf))))
		case leaf:
			return b.Values("end")
		}
		return b.object(b.Has("next"), b.Property("next", b.Named(loop)))
	})}
	if r := b.Find(b.Named(chain)); r.Answer != docset.Found || marshal(r.Doc) != `{"next":"end"}` {
		t.Errorf("a chain: %v", r)
	}
	if r := b.Find(b.Named(loop)); r.Answer != docset.Empty {
		t.Errorf("a loop: %v", r)
	}
	if r := b.Find(b.Named(chain), b.Property("next", b.Types(docset.Object))); r.Answer != docset.Found || marshal(r.Doc) != `{"next":{"next":"end"}}` {
		t.Errorf("a longer chain: %v", r)
	}
	// Every chain is one: asked for what is in one and not in the other.
	if r := b.Find(b.Named(chain), b.object(b.Has("next")).Not()); r.Answer != docset.Empty {
		t.Errorf("a chain that is no object: %v", r)
	}
}

// What was refuted with the help of a set that turns out to have members is
// asked again, however many sets stand between the two.
func TestFindHeld(t *testing.T) {
	// Fractions are tried last, when all that leads in circles was.
	const first, second, third = 0, 1, 2
	var b build
	holder := func(of docset.Set) docset.Set { return b.object(b.Has("p"), b.Property("p", of)) }
	b = build{docset.NewSpace(func(name int) docset.Set {
		switch name {
		case first:
			return holder(b.Or(b.Named(second), holder(b.Named(third)), b.Values(json.Number("0.5"))))
		case second:
			return holder(b.Or(b.Named(third), b.Named(first)))
		}
		return holder(b.Named(second))
	})}
	for _, tt := range []struct {
		name int
		want string
	}{
		{first, `{"p":0.5}`},
		{second, `{"p":{"p":0.5}}`},
		{third, `{"p":{"p":{"p":0.5}}}`},
	} {
		if r := b.Find(b.Named(tt.name)); r.Answer != docset.Found || marshal(r.Doc) != tt.want {
			t.Errorf("%d: %v, want %s", tt.name, r, tt.want)
		}
	}
}

// What is known is answered when no more work is done.
func TestFindKnown(t *testing.T) {
	b := build{docset.NewSpace(nil)}
	known := b.And(b.Types(docset.Whole), b.ExclusiveMinimum(rat("1")), b.ExclusiveMaximum(rat("2")))
	if r := b.Find(known); r.Answer != docset.Empty {
		t.Fatalf("at first: %v", r)
	}
	answer := docset.Found
	for n := int64(1); answer == docset.Found; n++ {
		answer = b.Find(b.Types(docset.Whole), b.Minimum(big.NewRat(n, 1))).Answer
	}
	if answer != docset.Unknown {
		t.Errorf("without work: %v", answer)
	}
	if r := b.Find(known); r.Answer != docset.Empty {
		t.Errorf("at last: %v", r)
	}
}

func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
