package jsonschema

import js "github.com/santhosh-tekuri/jsonschema/v6"

// draft2019 is the version of draft 2019-09, as the compiler numbers drafts.
const draft2019 = 2019

// keepToDraft takes out of a compiled schema what the compiler and the
// validator make of keywords that its draft ignores.
func keepToDraft(s *js.Schema) {
	if s.DraftVersion < draft2019 && s.Ref != nil {
		// Beside $ref nothing counts. The compiler keeps what drafts added to 4.
		s.Const, s.Contains, s.PropertyNames, s.If, s.Then, s.Else = nil, nil, nil, nil, nil, nil
	}
}
