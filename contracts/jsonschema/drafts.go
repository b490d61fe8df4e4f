package jsonschema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	js "github.com/santhosh-tekuri/jsonschema/v6"
)

// The versions of drafts, as the compiler numbers them.
const (
	draft3    = 3 // which is not read
	draft4    = 4
	draft6    = 6
	draft7    = 7
	draft2019 = 2019
	draft2020 = 2020
)

// draftName is how a draft is called.
func draftName(version int) string {
	switch version {
	case draft2019:
		return "2019-09"
	case draft2020:
		return "2020-12"
	}
	return strconv.Itoa(version)
}

// era is the drafts, from first to last, in which a keyword is one.
type era struct {
	keyword     string
	first, last int
	instead     string // what says the same in drafts that do not have it
}

// eras are the keywords that say what is valid and are not in all drafts. Of
// if, then and else the first says enough.
var eras = []era{
	{"divisibleBy", draft3, draft3, "multipleOf"},
	{"disallow", draft3, draft3, "not"},
	{"const", draft6, draft2020, "enum with one value"},
	{"contains", draft6, draft2020, ""},
	{"propertyNames", draft6, draft2020, ""},
	{"if", draft7, draft2020, "anyOf and not"},
	{"dependencies", draft4, draft7, "dependentRequired or dependentSchemas"},
	{"dependentRequired", draft2019, draft2020, "dependencies"},
	{"dependentSchemas", draft2019, draft2020, "dependencies"},
	{"minContains", draft2019, draft2020, ""},
	{"maxContains", draft2019, draft2020, ""},
	{"unevaluatedProperties", draft2019, draft2020, ""},
	{"unevaluatedItems", draft2019, draft2020, ""},
	{"$recursiveRef", draft2019, draft2019, "$dynamicRef"},
	{"additionalItems", draft4, draft2019, "items beside prefixItems"},
	{"prefixItems", draft2020, draft2020, "items with a list"},
	{"$dynamicRef", draft2020, draft2020, ""},
}

// otherDraft says of a keyword, in a schema of a draft, that it is one of other
// drafts only, and the next step; "" if it is not.
func otherDraft(keyword string, version int) (message, hint string) {
	i := slices.IndexFunc(eras, func(e era) bool { return e.keyword == keyword })
	if i < 0 || eras[i].first <= version && version <= eras[i].last {
		return "", ""
	}
	e := eras[i]
	var steps []string
	if version < e.first {
		steps = append(steps, fmt.Sprintf("it is one from draft %s on, which $schema can name", draftName(e.first)))
	}
	if e.instead != "" {
		steps = append(steps, "here it is "+e.instead)
	}
	return fmt.Sprintf("%q is no keyword of draft %s, and asks for nothing", keyword, draftName(version)), strings.Join(steps, "; ")
}

// keepToDraft takes out of a compiled schema what the compiler and the
// validator make of keywords that its draft ignores.
func keepToDraft(s *js.Schema) {
	if s.DraftVersion < draft2019 && s.Ref != nil {
		// Beside $ref nothing counts. The compiler keeps what drafts added to 4.
		s.Const, s.Contains, s.PropertyNames, s.If, s.Then, s.Else = nil, nil, nil, nil, nil, nil
	}
	if s.DraftVersion >= draft2019 {
		s.Dependencies = nil // dependentRequired and dependentSchemas take its place
	}
	if s.DraftVersion >= draft2020 {
		s.RecursiveRef, s.RecursiveAnchor = nil, false // as do $dynamicRef and $dynamicAnchor
	}
}
