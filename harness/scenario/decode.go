package scenario

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
)

// rateForm is a rate: a number, an optional factor, and the unit.
var rateForm = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([kM]?)/s$`)

// UnmarshalText reads events per second: "5000/s", "5k/s", "0.5/s", "1M/s".
func (r *Rate) UnmarshalText(text []byte) error {
	match := rateForm.FindStringSubmatch(string(text))
	if match == nil {
		return rateError(string(text))
	}
	// The form rules out everything but a number too large.
	value, err := strconv.ParseFloat(match[1], 64)
	if err != nil {
		return &document.HintError{Message: fmt.Sprintf("the rate %s is out of range", text)}
	}
	*r = Rate(value * map[string]float64{"": 1, "k": 1e3, "M": 1e6}[match[2]])
	return nil
}

func rateError(text string) error {
	hint := "write events per second: 5000/s or 5k/s"
	number := strings.TrimSuffix(text, "/s")
	if regexp.MustCompile(`^[0-9]+(\.[0-9]+)?[kM]?$`).MatchString(number) {
		hint = fmt.Sprintf("did you mean %s/s?", number)
	}
	if inMinutes, ok := strings.CutSuffix(text, "/m"); ok {
		if n, err := strconv.ParseFloat(strings.TrimSuffix(inMinutes, "/"), 64); err == nil {
			hint = fmt.Sprintf("rates are per second: %s/s", strconv.FormatFloat(n/60, 'f', -1, 64))
		}
	}
	return &document.HintError{Message: fmt.Sprintf("%q is no rate", text), Hint: hint}
}

// String is the rate as a file has it: "5000/s".
func (r Rate) String() string { return strconv.FormatFloat(float64(r), 'f', -1, 64) + "/s" }

// MarshalText writes String's form.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a change of rate: "0..5000/s", "1k..5k/s". The unit of
// the first rate may be left out.
func (r *Ramp) UnmarshalText(text []byte) error {
	from, to, ok := strings.Cut(string(text), "..")
	if !ok {
		return &document.HintError{Message: fmt.Sprintf("%q is no ramp", text), Hint: "write the two rates: 0..5000/s; a steady rate is hold: 5000/s"}
	}
	if !strings.HasSuffix(from, "/s") {
		from += "/s"
	}
	for _, end := range []struct {
		text string
		rate *Rate
	}{{from, &r.From}, {to, &r.To}} {
		if err := end.rate.UnmarshalText([]byte(end.text)); err != nil {
			return &document.HintError{Message: fmt.Sprintf("%q is no ramp: %v", text, err), Hint: "write 0..5000/s"}
		}
	}
	return nil
}

// String is the ramp as a file has it: "0/s..5000/s" is written "0..5000/s".
func (r Ramp) String() string {
	return strings.TrimSuffix(r.From.String(), "/s") + ".." + r.To.String()
}

// MarshalText writes String's form.
func (r Ramp) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
