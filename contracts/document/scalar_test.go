package document

import (
	"encoding"
	"errors"
	"math"
	"testing"
	"time"
)

const day = 24 * time.Hour

func TestDuration(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
		out  string
	}{
		{"0", 0, "0s"},
		{"0s", 0, "0s"},
		{"250ms", 250 * time.Millisecond, "250ms"},
		{"1h30m", 90 * time.Minute, "1h30m"},
		{"7d", 7 * day, "7d"},
		{"1.5d", 36 * time.Hour, "1d12h"},
		{"90s", 90 * time.Second, "1m30s"},
		{"5us", 5 * time.Microsecond, "5us"},
		{"5µs", 5 * time.Microsecond, "5us"},
		{"5μs", 5 * time.Microsecond, "5us"},
		{"1d2h3m4s5ms6us7ns", day + 2*time.Hour + 3*time.Minute + 4*time.Second + 5006007, "1d2h3m4s5ms6us7ns"},
		{"-5s", -5 * time.Second, "-5s"},
		{"+5s", 5 * time.Second, "5s"},
		{"0.1s", 100 * time.Millisecond, "100ms"},
		{"9223372036854775807ns", math.MaxInt64, "106751d23h47m16s854ms775us807ns"},
		{"-9223372036854775808ns", math.MinInt64, "-106751d23h47m16s854ms775us808ns"},
	}
	for _, tt := range tests {
		var got Duration
		if err := got.UnmarshalText([]byte(tt.text)); err != nil || time.Duration(got) != tt.want {
			t.Errorf("%q: got %d, %v; want %d", tt.text, got, err, tt.want)
		}
		if got.String() != tt.out {
			t.Errorf("%q: String() = %q, want %q", tt.text, got, tt.out)
		}
	}
	if got := Duration(1500 * time.Millisecond).Milliseconds(); got != 1500 {
		t.Errorf("Milliseconds() = %d", got)
	}
}

func TestShare(t *testing.T) {
	tests := []struct {
		text string
		want Share
		out  string
	}{
		{"1%", 0.01, "1%"},
		{"0.01", 0.01, "1%"},
		{"0", 0, "0%"},
		{"1", 1, "100%"},
		{"100%", 1, "100%"},
		{"0.1 %", 0.001, "0.1%"},
		{"7%", 0.07, "7%"},
		{"99.99%", 0.9999, "99.99%"},
		{"1e-3", 0.001, "0.1%"},
	}
	for _, tt := range tests {
		var got Share
		if err := got.UnmarshalText([]byte(tt.text)); err != nil || got != tt.want || got.String() != tt.out {
			t.Errorf("%q: got %v (%s), %v; want %v (%s)", tt.text, float64(got), got, err, float64(tt.want), tt.out)
		}
	}
}

func TestBytesAndCount(t *testing.T) {
	bytes := []struct {
		text string
		want Bytes
		out  string
	}{
		{"0", 0, "0"},
		{"1", 1, "1"},
		{"64KiB", 65536, "64KiB"},
		{"10GiB", 10 << 30, "10GiB"},
		{"5MB", 5e6, "5MB"},
		{"1.5 MiB", 3 << 19, "1536KiB"},
		{"512B", 512, "512"},
		{"2kB", 2000, "2kB"},
		{"1TiB", 1 << 40, "1TiB"},
		{"1TB", 1e12, "1TB"},
		{"1024", 1024, "1KiB"},
		{"9223372036854775807", math.MaxInt64, "9223372036854775807"},
	}
	for _, tt := range bytes {
		var got Bytes
		if err := got.UnmarshalText([]byte(tt.text)); err != nil || got != tt.want || got.String() != tt.out {
			t.Errorf("%q: got %d (%s), %v; want %d (%s)", tt.text, int64(got), got, err, int64(tt.want), tt.out)
		}
	}
	counts := []struct {
		text string
		want Count
		out  string
	}{
		{"0", 0, "0"},
		{"100000", 100000, "100k"},
		{"100k", 100000, "100k"},
		{"5M", 5e6, "5M"},
		{"1.5k", 1500, "1500"},
		{"1G", 1e9, "1G"},
		{"7", 7, "7"},
	}
	for _, tt := range counts {
		var got Count
		if err := got.UnmarshalText([]byte(tt.text)); err != nil || got != tt.want || got.String() != tt.out {
			t.Errorf("%q: got %d (%s), %v; want %d (%s)", tt.text, int64(got), got, err, int64(tt.want), tt.out)
		}
	}
}

func TestScalarsRefuse(t *testing.T) {
	tests := []struct {
		out  encoding.TextUnmarshaler
		text string
		want HintError
	}{
		{new(Duration), "30", HintError{"the duration 30 has no unit", "add one: 30ms, 30s, 30h"}},
		{new(Duration), "010", HintError{"the duration 010 has no unit", "add one: 010ms, 010s, 010h"}},
		{new(Duration), "", HintError{`"" is no duration`, "write 250ms, 5s, 1h30m or 7d"}},
		{new(Duration), "1w", HintError{`"1w" is no duration`, "write 250ms, 5s, 1h30m or 7d"}},
		{new(Duration), "1m1h", HintError{`"1m1h" is no duration: units go from large to small, each once`, "write 1h30m"}},
		{new(Duration), "1s1s", HintError{`"1s1s" is no duration: units go from large to small, each once`, "write 1h30m"}},
		{new(Duration), "9223372036854775808ns", HintError{`the duration "9223372036854775808ns" is out of range or finer than a nanosecond`, ""}},
		{new(Duration), "0.1ns", HintError{`the duration "0.1ns" is out of range or finer than a nanosecond`, ""}},
		{new(Share), "2", HintError{"the share 2 is out of range", "write 2% if percent was meant"}},
		{new(Share), "101%", HintError{"the share 101% is out of range", "a share lies between 0 and 1, or 0% and 100%"}},
		{new(Share), "-0.1", HintError{"the share -0.1 is out of range", "a share lies between 0 and 1, or 0% and 100%"}},
		{new(Share), "1e999", HintError{"the share 1e999 is out of range", "a share lies between 0 and 1, or 0% and 100%"}},
		{new(Share), "NaN", HintError{`"NaN" is no share`, "write 1% or 0.01"}},
		{new(Bytes), "10 gb", HintError{`the size "10 gb" has the unknown unit "gb"; units are TiB, TB, GiB, GB, MiB, MB, KiB, kB, B`, `did you mean "10 GB"?`}},
		{new(Bytes), "0.5", HintError{"the size 0.5 is out of range or no whole number", "write 10GiB, 64KiB, 5MB or a number of bytes"}},
		{new(Bytes), "-1KiB", HintError{"the size -1KiB is negative", "write 10GiB, 64KiB, 5MB or a number of bytes"}},
		{new(Bytes), "010", HintError{"the size 010 is ambiguous: some YAML readers take a leading zero for octal", "write 10, or 8 if octal was meant"}},
		{new(Bytes), "08KiB", HintError{"the size 08KiB is ambiguous: some YAML readers take a leading zero for octal", "write 8"}},
		{new(Bytes), "99999999TiB", HintError{"the size 99999999TiB is out of range or no whole number", "write 10GiB, 64KiB, 5MB or a number of bytes"}},
		{new(Count), "1_000", HintError{`"1_000" is no count`, "write 100000, 100k or 5M"}},
		{new(Count), "5m", HintError{`the count "5m" has the unknown unit "m"; units are G, M, k`, `did you mean "5M"?`}},
	}
	for _, tt := range tests {
		err := tt.out.UnmarshalText([]byte(tt.text))
		var got *HintError
		if !errors.As(err, &got) || *got != tt.want {
			t.Errorf("%T %q: got %+v, want %+v", tt.out, tt.text, got, tt.want)
		}
	}
}

// FuzzScalars checks that whatever is read is written in a form that reads as
// the same value.
func FuzzScalars(f *testing.F) {
	for _, seed := range []string{"0", "1h30m", "-7d", "1%", "0.07", "10GiB", "100k", "1.5MB", "010", "5µs", "1e-300", "0.0001%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var (
			duration, duration2 Duration
			share, share2       Share
			bytes, bytes2       Bytes
			count, count2       Count
		)
		again := func(v, w interface {
			encoding.TextUnmarshaler
			encoding.TextMarshaler
		}) bool {
			if v.UnmarshalText([]byte(text)) != nil {
				return false
			}
			written, err := v.MarshalText()
			if err != nil {
				t.Fatal(err)
			}
			if err := w.UnmarshalText(written); err != nil {
				t.Errorf("%q is written as %q: %v", text, written, err)
			}
			return true
		}
		if again(&duration, &duration2) && duration != duration2 {
			t.Errorf("%q: %d is read again as %d", text, duration, duration2)
		}
		if again(&share, &share2) && math.Abs(float64(share-share2)) > 1e-12 {
			t.Errorf("%q: %v is read again as %v", text, float64(share), float64(share2))
		}
		if again(&bytes, &bytes2) && bytes != bytes2 {
			t.Errorf("%q: %d is read again as %d", text, bytes, bytes2)
		}
		if again(&count, &count2) && count != count2 {
			t.Errorf("%q: %d is read again as %d", text, count, count2)
		}
	})
}
