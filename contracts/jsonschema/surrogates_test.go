package jsonschema_test

import "testing"

// TestHalvesOfCharacters: an escape that is half of a character is an error,
// for decoding would make another text of it.
func TestHalvesOfCharacters(t *testing.T) {
	said := func(place, escape string) string {
		return place + ": the escape " + escape + " is half of a character, and no text has it (write the character itself, or both of its halves)"
	}
	for _, tt := range []struct{ schema, want string }{
		{`{"const": "\ud800"}`, said("s.json:1:12", `\ud800`)},
		{`{"const": "a\\\uDC00b"}`, said("s.json:1:15", `\uDC00`)},
		{`{"enum": ["\ud83d\ude00", "\ude00\ud83d"]}`, said("s.json:1:28", `\ude00`)},
		{`{"const": "\ud800\u0041"}`, said("s.json:1:12", `\ud800`)},
		{"{\"properties\": {\n \"\\udfff\": {}}}", said("s.json:2:3", `\udfff`)},
		{`{"const": "\ud83d\ude00 \\ud800 \ufffd", "pattern": "\\ud800"}`, ""},
	} {
		if got := loadError("s.json", tt.schema); got != tt.want {
			t.Errorf("%s: %s\nwant %s", tt.schema, got, tt.want)
		}
	}
	const yaml = "const: \"\\ud83d\\ude00\"\nenum: ['\\udc00', \"\\udc00\"]\n"
	if got, want := loadError("s.yaml", yaml), said("s.yaml:2:19", `\udc00`); got != want {
		t.Errorf("%s: %s\nwant %s", yaml, got, want)
	}
}
