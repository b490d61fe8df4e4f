// Package interaction says which interaction of a contract a place in a file
// belongs to, for whoever shows findings by interaction instead of by line.
//
// It knows places as the contract's document gives them, also those that stand
// in an AsyncAPI document. It judges nothing.
package interaction

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// The lists of a contract that have interactions.
const (
	Produces = "produces"
	Consumes = "consumes"
)

// Interaction is one entry of a contract.
type Interaction struct {
	// List is Produces or Consumes, and Index counts its entries from 0.
	List  string
	Index int
	// Part is the field in which the place stands, if it is one that leads
	// elsewhere: retry, dlq or effect; else "".
	Part string
}

// Outline has the places of a contract's interactions.
type Outline struct {
	files map[string][]boundary
}

// boundary is where something begins in a file: an interaction, or what is
// none (at is then nil).
type boundary struct {
	line, column int
	at           *Interaction
}

func (b boundary) compare(line, column int) int {
	return cmp.Or(cmp.Compare(b.line, line), cmp.Compare(b.column, column))
}

// Of outlines a contract. One that was built in Go has no place.
func Of(c *contracts.Contract) *Outline {
	o := &Outline{files: map[string][]boundary{}}
	if c.Doc == nil {
		return o
	}
	for _, name := range fieldNames(reflect.TypeFor[contracts.Contract]()) {
		if c.Doc.Has(name) {
			o.add(c.Doc.KeyPosition(name), nil)
		}
	}
	o.entries(c, Produces, len(c.Produces), reflect.TypeFor[contracts.Produces]())
	o.entries(c, Consumes, len(c.Consumes), reflect.TypeFor[contracts.Consumes]())
	for _, all := range o.files {
		slices.SortStableFunc(all, func(a, b boundary) int { return a.compare(b.line, b.column) })
	}
	return o
}

func (o *Outline) add(p *finding.Position, at *Interaction) {
	if p != nil {
		o.files[p.File] = append(o.files[p.File], boundary{p.Line, p.Column, at})
	}
}

func (o *Outline) entries(c *contracts.Contract, list string, n int, entry reflect.Type) {
	fields := fieldNames(entry)
	for i := range n {
		o.add(c.Doc.Position(list, i), &Interaction{List: list, Index: i})
		for _, field := range fields {
			if !c.Doc.Has(list, i, field) {
				continue
			}
			part := ""
			if field == "retry" || field == "dlq" || field == "effect" {
				part = field
			}
			o.add(c.Doc.KeyPosition(list, i, field), &Interaction{list, i, part})
		}
	}
}

// At is the interaction that a place belongs to, false for a place in none.
func (o *Outline) At(p finding.Position) (Interaction, bool) {
	for _, b := range slices.Backward(o.files[p.File]) {
		if b.compare(p.Line, p.Column) <= 0 {
			if b.at == nil {
				return Interaction{}, false
			}
			return *b.at, true
		}
	}
	return Interaction{}, false
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
