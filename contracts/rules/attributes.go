package rules

import (
	"encoding/json"
	"fmt"
	"testing/fstest"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// attributeForms are what CloudEvents 1.0 says of values (sections 3.1.1 and
// 3.1.2), as patterns that all valid values match.
var attributeForms = map[string]struct{ pattern, says string }{
	"ce_id":         {`[^]`, "a text that is not empty"},
	"ce_type":       {`[^]`, "a text that is not empty"},
	"ce_subject":    {`[^]`, "a text that is not empty"},
	"ce_source":     {`^[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+$`, "a URI reference that is not empty"},
	"ce_dataschema": {`^[A-Za-z][A-Za-z0-9+.\-]*:[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*$`, "an absolute URI"},
	"ce_time":       {`^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+\-]\d{2}:\d{2})$`, "a time of RFC 3339"},
}

// attributeForm reports a pattern that no valid value of the attribute matches.
func (c *checker) attributeForm(p produced, header string) {
	form, known := attributeForms[header]
	pattern := p.promise().Headers[header].Pattern
	if !known || pattern == "" || !excludes(pattern, form.pattern) {
		return
	}
	c.report(p.contract, CloudEventsAttribute, p.contract.Doc.KeyPosition("produces", p.i, "headers", header),
		fmt.Sprintf("the pattern %s refuses every value that %s can have: it is %s", pattern, header, form.says), "correct the pattern, or remove it")
}

// excludes reports whether it is certain that no text matches both patterns:
// that all texts of the one are accepted where those of the other are not.
func excludes(pattern, form string) bool {
	quote := func(s string) string {
		text, _ := json.Marshal(s) // a string always can be
		return string(text)
	}
	files := fstest.MapFS{
		"promised.json": {Data: []byte(`{"type": "string", "pattern": ` + quote(pattern) + `}`)},
		"others.json":   {Data: []byte(`{"not": {"type": "string", "pattern": ` + quote(form) + `}}`)},
	}
	promised, err := jsonschema.Load(files, "promised.json")
	if err != nil {
		return false // a regular expression that JSON Schema does not have
	}
	others, err := jsonschema.Load(files, "others.json")
	return err == nil && jsonschema.Compare(promised, others).Result() == compat.Compatible
}
