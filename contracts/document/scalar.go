package document

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a span of time, written with units: "250ms", "1h30m", "7d". The
// units are ns, us (µs), ms, s, m, h and d (24 hours), each at most once. A
// number without a unit is refused, except 0.
type Duration time.Duration

// Share is a fraction from 0 to 1, written "1%" or 0.01.
type Share float64

// Bytes is a size of at least 0, written as a number of bytes or with a unit:
// B, KiB, MiB, GiB, TiB (powers of 1024), or kB, MB, GB, TB (powers of 1000).
type Bytes int64

// Count is a number of things, at least 0, written 100000 or with a suffix:
// "100k", "5M", "1G" (powers of 1000).
type Count int64

var (
	durationForm = regexp.MustCompile(`^([+-]?)((?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|μs|ms|s|m|h|d))+)$`)
	durationPart = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?)(ns|us|µs|μs|ms|s|m|h|d)`)
	quantityForm = regexp.MustCompile(`^(-?[0-9]+(?:\.[0-9]+)?) ?([a-zA-Zµ]*)$`)
)

// durationUnits are the units, longest first, as String writes them.
var durationUnits = []struct {
	name string
	size time.Duration
}{
	{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second},
	{"ms", time.Millisecond}, {"us", time.Microsecond}, {"ns", time.Nanosecond},
}

// UnmarshalText reads the form that is described at Duration.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if s == "0" {
		*d = 0
		return nil
	}
	match := durationForm.FindStringSubmatch(s)
	if match == nil {
		return durationError(s)
	}
	total := new(big.Rat)
	last := -1
	for _, part := range durationPart.FindAllStringSubmatch(match[2], -1) {
		unit := durationUnit(part[2])
		if unit <= last {
			return &HintError{Message: fmt.Sprintf("%q is no duration: units go from large to small, each once", s), Hint: "write 1h30m"}
		}
		last = unit
		value, _ := new(big.Rat).SetString(part[1])
		total.Add(total, value.Mul(value, new(big.Rat).SetInt64(int64(durationUnits[unit].size))))
	}
	if match[1] == "-" {
		total.Neg(total)
	}
	nanoseconds, ok := whole(total)
	if !ok {
		return &HintError{Message: fmt.Sprintf("the duration %q is out of range or finer than a nanosecond", s)}
	}
	*d = Duration(nanoseconds)
	return nil
}

func durationUnit(name string) int {
	if name == "µs" || name == "μs" {
		name = "us"
	}
	for i, unit := range durationUnits {
		if unit.name == name {
			return i
		}
	}
	return -1
}

func durationError(s string) error {
	if decimal.MatchString(s) || zeros.MatchString(s) {
		return &HintError{
			Message: fmt.Sprintf("the duration %s has no unit", s),
			Hint:    fmt.Sprintf("add one: %sms, %ss, %sh", s, s, s),
		}
	}
	return &HintError{Message: fmt.Sprintf("%q is no duration", s), Hint: "write 250ms, 5s, 1h30m or 7d"}
}

// String is the shortest form in the units of Duration: "1h30m", "1500ms"
// becomes "1s500ms".
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	// The smallest value has no positive counterpart; unsigned it has.
	rest := uint64(d)
	if d < 0 {
		b.WriteByte('-')
		rest = -rest
	}
	for _, unit := range durationUnits {
		if n := rest / uint64(unit.size); n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			rest %= uint64(unit.size)
		}
	}
	return b.String()
}

// MarshalText writes String's form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Milliseconds is the duration in whole milliseconds, the unit of most of
// Kafka's settings.
func (d Duration) Milliseconds() int64 { return time.Duration(d).Milliseconds() }

// UnmarshalText reads the form that is described at Share.
func (s *Share) UnmarshalText(text []byte) error {
	number, percent := strings.CutSuffix(string(text), "%")
	number = strings.TrimSuffix(number, " ")
	if !decimal.MatchString(number) {
		return &HintError{Message: fmt.Sprintf("%q is no share", text), Hint: "write 1% or 0.01"}
	}
	digits := number
	if percent && !strings.ContainsAny(number, "eE") {
		// Unlike a division this rounds once: 99.99% is 0.9999.
		digits, percent = number+"e-2", false
	}
	f, err := strconv.ParseFloat(digits, 64)
	if percent {
		f /= 100
	}
	if err != nil || f < 0 || f > 1 {
		hint := "a share lies between 0 and 1, or 0% and 100%"
		if !strings.HasSuffix(string(text), "%") && f > 1 && f <= 100 {
			hint = fmt.Sprintf("write %s%% if percent was meant", number)
		}
		return &HintError{Message: fmt.Sprintf("the share %s is out of range", text), Hint: hint}
	}
	*s = Share(f)
	return nil
}

// String is the share in percent: "1%".
func (s Share) String() string {
	// 12 digits hide that 0.07 × 100 is not 7, and no one writes more.
	return strconv.FormatFloat(roundTo(float64(s)*100, 12), 'f', -1, 64) + "%"
}

func roundTo(f float64, digits int) float64 {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'g', digits, 64), 64)
	return rounded
}

// MarshalText writes String's form.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

var byteUnits = []unit{
	{"TiB", 1 << 40}, {"TB", 1e12}, {"GiB", 1 << 30}, {"GB", 1e9}, {"MiB", 1 << 20}, {"MB", 1e6}, {"KiB", 1 << 10}, {"kB", 1e3}, {"B", 1},
}

var countUnits = []unit{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}}

type unit struct {
	name string
	size int64
}

// UnmarshalText reads the form that is described at Bytes.
func (b *Bytes) UnmarshalText(text []byte) error {
	n, err := quantity(string(text), "size", "write 10GiB, 64KiB, 5MB or a number of bytes", byteUnits)
	*b = Bytes(n)
	return err
}

// Noun is what a size is in a sentence.
func (Bytes) Noun() string { return "a size" }

// String is the size in the largest unit that divides it: "10GiB".
func (b Bytes) String() string { return format(int64(b), byteUnits) }

// MarshalText writes String's form.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads the form that is described at Count.
func (c *Count) UnmarshalText(text []byte) error {
	n, err := quantity(string(text), "count", "write 100000, 100k or 5M", countUnits)
	*c = Count(n)
	return err
}

// String is the count with the largest suffix that divides it: "100k".
func (c Count) String() string { return format(int64(c), countUnits) }

// MarshalText writes String's form.
func (c Count) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// quantity reads a number with an optional unit into a whole, exactly.
func quantity(s, what, hint string, units []unit) (int64, error) {
	match := quantityForm.FindStringSubmatch(s)
	if match == nil {
		return 0, &HintError{Message: fmt.Sprintf("%q is no %s", s, what), Hint: hint}
	}
	number, suffix := match[1], match[2]
	if digits := strings.TrimPrefix(number, "-"); len(digits) > 1 && digits[0] == '0' && digits[1] != '.' {
		return 0, &HintError{
			Message: fmt.Sprintf("the %s %s is ambiguous: some YAML readers take a leading zero for octal", what, s),
			Hint:    octalHint(number),
		}
	}
	size, err := unitSize(suffix, s, what, hint, units)
	if err != nil {
		return 0, err
	}
	value, _ := new(big.Rat).SetString(number)
	n, ok := whole(value.Mul(value, new(big.Rat).SetInt64(size)))
	switch {
	case !ok:
		return 0, &HintError{Message: fmt.Sprintf("the %s %s is out of range or no whole number", what, s), Hint: hint}
	case n < 0:
		return 0, &HintError{Message: fmt.Sprintf("the %s %s is negative", what, s), Hint: hint}
	}
	return n, nil
}

func unitSize(suffix, s, what, hint string, units []unit) (int64, error) {
	if suffix == "" {
		return 1, nil
	}
	names := make([]string, len(units))
	for i, unit := range units {
		if unit.name == suffix {
			return unit.size, nil
		}
		names[i] = unit.name
	}
	for _, unit := range units {
		if strings.EqualFold(unit.name, suffix) {
			hint = fmt.Sprintf("did you mean %q?", strings.TrimSuffix(s, suffix)+unit.name)
		}
	}
	return 0, &HintError{Message: fmt.Sprintf("the %s %q has the unknown unit %q; units are %s", what, s, suffix, strings.Join(names, ", ")), Hint: hint}
}

// whole is the integer that r is.
func whole(r *big.Rat) (int64, bool) {
	if !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

func format(n int64, units []unit) string {
	best := unit{size: 1}
	for _, unit := range units {
		if n != 0 && n%unit.size == 0 && unit.size > best.size && n != math.MinInt64 {
			best = unit
		}
	}
	return strconv.FormatInt(n/best.size, 10) + best.name
}
