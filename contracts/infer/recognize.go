package infer

import "regexp"

// Kind is what a file that is given to learn from is.
type Kind uint8

// The kinds.
const (
	// Example is a JSON document: an event, or an envelope with one.
	Example Kind = iota
	// AsyncAPI is an AsyncAPI document, in YAML or JSON.
	AsyncAPI
)

var yamlField = regexp.MustCompile(`(?m)^["']?(asyncapi|weir)["']?[ \t]*:`)

// Recognize says what a file is by its content. The error is an *InputError
// for one that there is nothing to learn from, such as a schema.
func Recognize(name string, content []byte) (Kind, error) {
	v, isJSON := decodeJSON(content)
	if !isJSON {
		switch m := yamlField.FindSubmatch(content); {
		case m == nil:
			return 0, inputError("give examples as one JSON document each, or an AsyncAPI document", "%s is neither JSON nor an AsyncAPI document", name)
		case string(m[1]) == "asyncapi":
			return AsyncAPI, nil
		}
		return 0, inputError("weir check "+name, "%s is a file of Weir already", name)
	}
	o, _ := v.(map[string]any)
	text := func(name string) string { s, _ := o[name].(string); return s }
	_, fields := o["fields"].([]any)
	_, properties := o["properties"].(map[string]any)
	switch {
	case text("asyncapi") != "":
		return AsyncAPI, nil
	case text("$schema") != "", text("type") == "object" && properties, text("type") == "record" && fields:
		return 0, inputError("name it under schema: in the contract, and give example documents here", "%s is a schema, not an example", name)
	}
	return Example, nil
}
