package field_test

import (
	"testing"

	"github.com/flowweir/weir/contracts/field"
)

func TestUnexpected(t *testing.T) {
	for _, tt := range []struct {
		types []string
		need  string
		want  string
	}{
		{[]string{"string"}, "string", ""},
		{[]string{"null", "string"}, "string", "null"},
		{[]string{"null", "object", "string"}, "string", "null or object"},
		{[]string{"integer"}, "number", ""},
		{[]string{"number"}, "integer", "number"},
		{[]string{"null"}, "", ""},
		{nil, "", ""},
		{nil, "string", "any type"},
		{[]string{}, "string", ""},
	} {
		if got := (field.Field{Types: tt.types}).Unexpected(tt.need); got != tt.want {
			t.Errorf("%q where %q is needed: got %q, want %q", tt.types, tt.need, got, tt.want)
		}
	}
}

func TestPresenceString(t *testing.T) {
	for p, want := range map[field.Presence]string{
		field.Unstated: "unstated", field.Never: "never", field.Sometimes: "sometimes", field.Always: "always", 9: "Presence(9)",
	} {
		if got := p.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
