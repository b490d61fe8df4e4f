package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
)

// needs compares what a consumer reads with what a producer promises.
func (c *checker) needs(in consumed, p produced) {
	promise := in.promise()
	if promise.Schema != nil {
		if c.others.ReadersCompared {
			return
		}
		c.report(in.contract, NeedUnchecked, in.at("schema"),
			fmt.Sprintf("the reader's schema of %s is not compared with that of %s", promise.Event, p.service()),
			"list the fields that are read under needs to have them checked")
		return
	}
	unchecked := ""
	for i, need := range promise.Needs {
		at, err := place.Parse(need.Place)
		if err != nil {
			continue // the loader has said so
		}
		f, why, known := c.promised(p, at)
		if !known {
			unchecked = why
			continue
		}
		c.need(in, i, p, at, f)
	}
	if unchecked != "" {
		c.report(in.contract, NeedUnchecked, in.at("needs"),
			fmt.Sprintf("what is needed of %s is not compared with %s: %s", promise.Event, p.service(), unchecked),
			"needs are compared with schemas in files", related(p.at("event"), "%s produces it here", p.service())...)
	}
}

func (c *checker) need(in consumed, i int, p produced, at place.Place, f field.Field) {
	need := in.promise().Needs[i]
	position := in.contract.Doc.KeyPosition("consumes", in.i, "needs", i).Naming(at.String())
	promisedHere := relatedField(f, "what %s promises", p.service())
	says := fmt.Sprintf("%s needs %s of %s, but ", in.contract.Service.Name, at, in.promise().Event)
	switch f.Presence {
	case field.Never, field.Unstated:
		c.report(in.contract, NeedMissing, position, says+presenceText(f.Presence, p.service(), at), c.meant(p, at, requireHint(p, at)), promisedHere...)
		return
	case field.Sometimes:
		c.report(in.contract, NeedOptional, position, says+presenceText(f.Presence, p.service(), at), requireHint(p, at), promisedHere...)
	}
	if wrong := unexpected(f.Types, need.Type); wrong != "" {
		c.report(in.contract, NeedType, position,
			fmt.Sprintf("%s needs %s of %s as %s, but %s may send %s", in.contract.Service.Name, at, in.promise().Event, need.Type, p.service(), wrong),
			"", promisedHere...)
	}
}

// unexpected names the types that a field can have beside the one that is
// needed; "" if there is none. An integer is a number.
func unexpected(types []string, need string) string {
	if need == "" {
		return ""
	}
	if types == nil {
		return "any type"
	}
	rest := slices.DeleteFunc(slices.Clone(types), func(t string) bool {
		return t == need || need == "number" && t == "integer"
	})
	return strings.Join(rest, " or ")
}
