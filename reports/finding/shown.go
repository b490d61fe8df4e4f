package finding

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/flowweir/weir/reports/secret"
)

// Shown are findings as they are printed and written: without secrets, which
// source lines and the sentences that quote them have. Every view shows these.
func Shown(findings []Finding) []Finding {
	out := slices.Clone(findings)
	for i := range out {
		out[i] = out[i].shown()
	}
	return out
}

func (f Finding) shown() Finding {
	f.Message, f.Hint = secret.Message(f.Message), secret.Message(f.Hint)
	if f.Position != nil {
		at := f.Position.shown()
		f.Position = &at
	}
	f.Related = slices.Clone(f.Related)
	for i, r := range f.Related {
		f.Related[i] = Related{Position: r.Position.shown(), Message: secret.Message(r.Message)}
	}
	return f
}

func (p Position) shown() Position {
	p.Source = secret.Line(p.Source)
	return p
}

// MarshalJSON writes a finding as it is shown, into whatever document, which
// decides what is escaped for HTML.
func (f Finding) MarshalJSON() ([]byte, error) {
	type plain Finding
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(plain(f.shown()))
	return out.Bytes(), err
}

// Lines are the lines of a file as positions show them: values that stand on
// the lines after their names are hidden too, which no position can see.
func Lines(lines []string) []string { return secret.Lines(lines) }
