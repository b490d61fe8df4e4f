package graph

import (
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/interaction"
	"github.com/flowweir/weir/reports/finding"
)

// entry is an interaction of a contract, by the contract's index in the set.
type entry struct {
	contract int
	interaction.Interaction
}

// locate finds the interactions that findings of severity error are about.
func locate(set []*contracts.Contract, findings []finding.Finding) map[entry]bool {
	outlines := make([]*interaction.Outline, len(set))
	for i, c := range set {
		outlines[i] = interaction.Of(c)
	}
	broken := map[entry]bool{}
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
		if at, ok := first(outlines, places); ok {
			broken[at] = true
		}
	}
	return broken
}

func first(outlines []*interaction.Outline, places []finding.Position) (entry, bool) {
	for _, p := range places {
		for i, o := range outlines {
			if at, ok := o.At(p); ok {
				return entry{i, at}, true
			}
		}
	}
	return entry{}, false
}
