package document

import "testing"

func TestRefusals(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"empty", "# only a comment\n", "1:1 file/empty: the file is empty"},
		{"two documents", "name: a\n---\nname: b\n", "2:1 file/several-documents: a second document begins here | keep one document per file and remove the line ---"},
		{"tag", "name: !!str a\n", "1:7 file/unsupported-yaml: the tag !!str is not supported | remove it; the type follows from the field"},
		{"key of a map", "labels:\n  ? a\n  : b\n", "2:3 file/unsupported-yaml: a key must be plain text"},
		{"null key", "labels: {~: b}\n", "1:10 file/unsupported-yaml: a key must be plain text"},
		{"alias", "name: *nam\nlabels: &name {a: b}\n", "1:7 file/unknown-alias: no anchor &nam before this alias"},
		{"misspelt alias", "labels: &labels {a: b}\nname: *lables\n", `2:7 file/unknown-alias: no anchor &lables before this alias | did you mean "labels"?`},
		{"alias of itself", "labels: &l {a: *l}\n", "1:16 file/unknown-alias: no anchor &l before this alias"},
		{"merge of text", "best: {<<: a}\n", `1:12 file/wrong-type: a merge key << takes a map, not the text "a" | write <<: *anchor`},
		{"merge of a list", "best: {<<: [[1]]}\n", "1:13 file/wrong-type: a merge key << takes maps, not a list"},
		{"duplicate", "name: a\nsize: 1\nname: b\n", `3:1 file/duplicate-key: the key "name" is there twice | keep one of them`},
		{"not UTF-8", "name: é\xff\n", "1:9 file/encoding: byte 0xff is not UTF-8 | save the file as UTF-8"},
		{"control", "name: a\n# \x1b[31m\n", `2:3 file/encoding: control character U+001B | remove it, or write it as an escape in double quotes, such as "\x1b"`},
		{"second half of a character", `name: "é\\\udc00b"` + "\n", `1:12 file/syntax: the escape \udc00 is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"first half of a character", `name: "a\uD800\u0041"` + "\n", `1:9 file/syntax: the escape \uD800 is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"first half at the end", `name: "a\ud800"` + "\n", `1:9 file/syntax: the escape \ud800 is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"half of a character in a key", `"\udfff": a` + "\n", `1:2 file/syntax: the escape \udfff is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"half of a character further down", "# \"\\udc00\nname: \"a\n  b\\udc00\"\n", `3:4 file/syntax: the escape \udc00 is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"half of a character in eight digits", `name: "\U0000d800"` + "\n", `1:8 file/syntax: the escape \U0000d800 is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"halves in eight digits each", `name: "\U0000d83d\U0000de00"` + "\n", `1:8 file/syntax: the escape \U0000d83d is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"halves of two kinds", `name: "\ud83d\U0000de00"` + "\n", `1:8 file/syntax: the escape \ud83d is half of a character, and no text has it | write the character itself, or both of its halves`},
		{"beyond all characters", `name: "\U00110000"` + "\n", `1:8 file/syntax: the escape \U00110000 is no character | write the character itself`},
		{"digits that are none", `name: "\u00zz"` + "\n", `1:8 file/syntax: the escape \u00 needs 4 hexadecimal digits | write them out, or the character itself`},
		{"too few digits", `name: "\x4"` + "\n", `1:8 file/syntax: the escape \x4 needs 2 hexadecimal digits | write them out, or the character itself`},
		{"too few digits at the end", `name: "\u004"` + "\n", `1:8 file/syntax: the escape \u004 needs 4 hexadecimal digits | write them out, or the character itself`},
		{"tab", "best:\n\tid: a\n", "2:1 file/syntax: invalid YAML: found character '\t' that cannot start any token | indent with spaces; YAML does not allow tabs"},
		{"template", "name: {{.Port}}\n", `1:8 file/syntax: invalid YAML: could not find flow map content | put a value with {{ }} in quotes: "{{.Port}}"`},
		{"reserved", "name: @a\n", "1:7 file/syntax: invalid YAML: '@' is a reserved character | put the value in quotes"},
		{"colon", "name: a: b\n", `1:7 file/syntax: invalid YAML: mapping value is not allowed in this context | put a value that contains ": " in quotes`},
		{"open list", "parts: [a\n", "1:8 file/syntax: invalid YAML: sequence end token ']' not found | close what is opened here"},
		{"no colon", "name: a\nsize\n", "2:1 file/syntax: invalid YAML: non-map value is specified | check the indentation and the colon of this line and the one above"},
		{"not a map", "text\n", `1:1 file/wrong-type: the file must be a map, not the text "text"`},
		{"map for a list", "parts: {a: b}\n", "1:8 file/wrong-type: parts must be a list, not a map"},
		{"list for a map", "labels: [a]\n", "1:9 file/wrong-type: labels must be a map, not a list"},
		{"list for a duration", "wait: [5s]\n", "1:7 file/wrong-type: wait must be a duration, not a list"},
		{"list for a number", "size: [5]\n", "1:7 file/wrong-type: size must be a whole number, not a list"},
		{"list for a truth value", "\"on\": [true]\n", "1:7 file/wrong-type: on must be true or false, not a list"},
		{"word for a truth value", "on: maybe\n", `1:5 file/wrong-type: on must be true or false, not the text "maybe"`},
		{"truth value for a number", "size: true\n", "1:7 file/wrong-type: size must be a whole number, not true"},
		{"quoted truth value", "on: 'true'\n", `1:5 file/wrong-type: on must be true or false, not the text "true" | remove the quotes`},
		{"yes", "on: Yes\n", `1:5 file/wrong-type: on must be true or false, not the text "Yes" | write true`},
		{"quoted number", "size: '5'\n", `1:7 file/wrong-type: size must be a whole number, not the text "5" | remove the quotes`},
		{"octal", "size: 010\n", "1:7 file/bad-value: size: 010 is ambiguous: some YAML readers take a leading zero for octal | write 10, or 8 if octal was meant"},
		{"no octal", "size: 09\n", "1:7 file/bad-value: size: 09 is ambiguous: some YAML readers take a leading zero for octal | write 9"},
		{"long octal", "size: 099999999999999999999\n", "1:7 file/bad-value: size: 099999999999999999999 is ambiguous: some YAML readers take a leading zero for octal | write it without leading zeros"},
		{"new octal", "size: 0o17\n", `1:7 file/wrong-type: size must be a whole number, not the text "0o17" | write 15`},
		{"large float", "ratio: 1e999\n", "1:8 file/bad-value: ratio: 1e999 is out of range"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, findings := decode(t, tt.src)
			want(t, findings, []string{tt.want})
		})
	}
}

// TestEscapes: what names a character is that character.
func TestEscapes(t *testing.T) {
	m, _, findings := decode(t, `name: "\ud83d\ude00\U0001F600\u00e9\x41\\ud800\" \e"`+"\nseed: 1 # \"\\ud800\"\n")
	want(t, findings, nil)
	if name := "😀😀éA\\ud800\" \x1b"; m.Name != name {
		t.Errorf("%q, want %q", m.Name, name)
	}
}
