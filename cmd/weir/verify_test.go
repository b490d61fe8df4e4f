package main

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestWords(t *testing.T) {
	for text, want := range map[string][]string{
		"":                           nil,
		"  ./orders   --port 80 ":    {"./orders", "--port", "80"},
		`sh -c 'echo "a b"; exit'`:   {"sh", "-c", `echo "a b"; exit`},
		`a"b c"d ""`:                 {"ab cd", ""},
		"shop.Placed $.note=\"x y\"": {"shop.Placed", "$.note=x y"},
	} {
		if got, err := words(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	if got, err := words("a 'b"); err == nil {
		t.Errorf("got %q of a quote that is not closed", got)
	}
}

func TestValueAt(t *testing.T) {
	for _, test := range []struct {
		at, text string
		want     any
	}{
		{"$.total", "12345678901234567890", json.Number("12345678901234567890")},
		{"$.note", "no luck", "no luck"},
		{"$.note", `"12"`, "12"},
		{"$.note", "1 2", "1 2"},
		{"$.flag", "true", true},
		{"header:tenant", "12", "12"},
	} {
		if got := valueAt(test.at, test.text); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s=%s: %#v, want %#v", test.at, test.text, got, test.want)
		}
	}
}
