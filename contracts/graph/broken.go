package graph

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// interaction is one entry of a contract, by the contract's index in the set,
// or a part of it that has an edge of its own: retry, dlq or effect.
type interaction struct {
	contract int
	list     string // produces or consumes
	i        int
	part     string
}

// locate finds the interactions that findings of severity error are about.
func locate(set []*contracts.Contract, findings []finding.Finding) map[interaction]bool {
	files := map[string][]boundary{}
	for i, c := range set {
		if c.Doc != nil {
			files[c.Doc.File()] = boundaries(i, c)
		}
	}
	broken := map[interaction]bool{}
	for _, f := range findings {
		if f.Severity != finding.Error {
			continue
		}
		var places []finding.Position
		if f.Position != nil {
			places = append(places, *f.Position)
		}
		for _, related := range f.Related {
			places = append(places, related.Position)
		}
		// The first place in an interaction is the one that must change; a
		// finding in a schema's file leads to it by a related place.
		for _, p := range places {
			if at, ok := find(files[p.File], p); ok {
				broken[at] = true
				break
			}
		}
	}
	return broken
}

// boundary is where something begins in a file: an interaction, or what is
// none (at is then nil).
type boundary struct {
	line, column int
	at           *interaction
}

func (b boundary) compare(line, column int) int {
	return cmp.Or(cmp.Compare(b.line, line), cmp.Compare(b.column, column))
}

// boundaries are those of a contract in the order of its file.
func boundaries(index int, c *contracts.Contract) []boundary {
	var all []boundary
	add := func(p *finding.Position, at *interaction) {
		if p != nil {
			all = append(all, boundary{p.Line, p.Column, at})
		}
	}
	for _, name := range fieldNames(reflect.TypeFor[contracts.Contract]()) {
		if c.Doc.Has(name) {
			add(c.Doc.KeyPosition(name), nil)
		}
	}
	entries := func(list string, n int, entry reflect.Type) {
		fields := fieldNames(entry)
		for i := range n {
			add(c.Doc.Position(list, i), &interaction{index, list, i, ""})
			for _, field := range fields {
				if !c.Doc.Has(list, i, field) {
					continue
				}
				part := ""
				if field == "retry" || field == "dlq" || field == "effect" {
					part = field
				}
				add(c.Doc.KeyPosition(list, i, field), &interaction{index, list, i, part})
			}
		}
	}
	entries("produces", len(c.Produces), reflect.TypeFor[contracts.Produces]())
	entries("consumes", len(c.Consumes), reflect.TypeFor[contracts.Consumes]())
	slices.SortStableFunc(all, func(a, b boundary) int { return a.compare(b.line, b.column) })
	return all
}

// find is the last boundary before a place.
func find(all []boundary, p finding.Position) (interaction, bool) {
	for _, b := range slices.Backward(all) {
		if b.compare(p.Line, p.Column) <= 0 {
			if b.at == nil {
				return interaction{}, false
			}
			return *b.at, true
		}
	}
	return interaction{}, false
}

// fieldNames are the names that a file has for the fields of a struct.
func fieldNames(typ reflect.Type) []string {
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case f.Anonymous:
			names = append(names, fieldNames(f.Type)...)
		case name != "" && name != "-":
			names = append(names, name)
		}
	}
	return names
}
