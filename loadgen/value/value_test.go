package value

import (
	"bytes"
	"compress/flate"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/identity"
)

var update = flag.Bool("update", false, "write golden files")

// must is for what cannot err in a test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestSizesHaveTheirDistribution(t *testing.T) {
	const n = 200_000
	for _, tt := range []struct {
		sizes             Sizes
		median, p99, most int
		description       string
	}{
		{must(Fixed(100)), 100, 100, 100, "100 bytes"},
		{must(Lognormal(1, 2, 1024, 16<<10, 1<<20)), 1024, 16 << 10, 1 << 20, "lognormal, median 1 KiB, p99 16 KiB, at most 1 MiB"},
		{must(Lognormal(1, 2, 100, 1000, 1000)), 100, 1000, 1000, "lognormal, median 100 bytes, p99 1000 bytes, at most 1000 bytes"},
		{must(Listed(1, 2, []int{5, 5, 5, 9})), 5, 9, 9, "4 sizes of a file"},
	} {
		all := make([]int, n)
		sum := 0.0
		for seq := range all {
			all[seq] = tt.sizes.Size(uint64(seq))
			sum += float64(all[seq]) / n
		}
		slices.Sort(all)
		within := func(what string, got, want, share float64) {
			if math.Abs(got-want) > share*want {
				t.Errorf("%s: the %s is %v, want %v within %v", tt.sizes, what, got, want, share)
			}
		}
		within("median", float64(all[n/2]), float64(tt.median), 0.02)
		within("p99", float64(all[n/100*99]), float64(tt.p99), 0.05)
		within("mean", tt.sizes.Mean(), sum, 0.02)
		if all[n-1] > tt.most || tt.sizes.Max() != tt.most || tt.sizes.String() != tt.description {
			t.Errorf("%s: the largest is %d, Max %d", tt.sizes, all[n-1], tt.sizes.Max())
		}
	}
}

func TestTimes(t *testing.T) {
	l := must(LognormalTimes(1, 2, 5*time.Millisecond, 50*time.Millisecond, 60*time.Millisecond))
	again, other := must(LognormalTimes(1, 2, 5*time.Millisecond, 50*time.Millisecond, 60*time.Millisecond)), must(LognormalTimes(1, 3, 5*time.Millisecond, 50*time.Millisecond, 60*time.Millisecond))
	const n = 100_000
	all, same := make([]time.Duration, n), 0
	for i := range all {
		all[i] = l.At(uint64(i))
		if all[i] != again.At(uint64(i)) {
			t.Fatal("not the same twice")
		}
		if all[i] == other.At(uint64(i)) {
			same++
		}
	}
	slices.Sort(all)
	if m := all[n/2]; m < 4900*time.Microsecond || m > 5100*time.Microsecond {
		t.Errorf("the median is %s", m)
	}
	if p := all[n*99/100]; p < 47*time.Millisecond || p > 53*time.Millisecond || all[n-1] > 60*time.Millisecond {
		t.Errorf("p99 is %s, the largest %s", p, all[n-1])
	}
	if same > n/50 || l.String() != "lognormal, median 5ms, p99 50ms, at most 60ms" {
		t.Errorf("%s: %d times are those of another number", l, same)
	}
	if f := FixedTime(time.Second); f.At(7) != time.Second || f.String() != "1s" {
		t.Error(f)
	}
	if _, err := LognormalTimes(1, 1, 2, 1, 3); err == nil {
		t.Error("a p99 below the median")
	}
}

func TestSizesThatCannotBe(t *testing.T) {
	for want, err := range map[string]error{
		"the size -1 is not from 0 to 67108864 bytes":                                    second(Fixed(-1)),
		"the 99th percentile, 9 bytes, is not above the median, 10, which is at least 1": second(Lognormal(1, 1, 10, 9, 100)),
		"the largest size, 99, is not from the 99th percentile, 100, to 67108864 bytes":  second(Lognormal(1, 1, 10, 100, 99)),
		"the list of sizes is empty":                                                     second(Listed(1, 1, nil)),
		"the size 67108865 is not from 0 to 67108864 bytes":                              second(Listed(1, 1, []int{1, MaxSize + 1})),
		"the share 1.5 of random bytes is not from 0 to 1":                               second(Filling(1, 1, fixed(1), 1.5)),
		`s.txt:2: "x" is no number of bytes from 0 to 67108864`:                          second(ReadSizes("s.txt", strings.NewReader("1\nx\n"))),
		`s.txt:1: "-5" is no number of bytes from 0 to 67108864`:                         second(ReadSizes("s.txt", strings.NewReader("-5"))),
		"s.txt: it has no sizes":                                                         second(ReadSizes("s.txt", strings.NewReader(""))),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	got, err := ReadSizes("s", strings.NewReader("100\r\n 20 \n0"))
	if diff := cmp.Diff([]int{100, 20, 0}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func second[T any](_ T, err error) error { return err }

// TestFillingWords: of values without a byte none is random.
func TestFillingWords(t *testing.T) {
	for want, f := range map[string]Source{
		"1 KiB, 25% random": must(Filling(1, 1, fixed(1024), 0.25)), "0 bytes": must(Filling(1, 1, fixed(0), 1)),
	} {
		if got := f.String(); got != want {
			t.Errorf("%s; want %s", got, want)
		}
	}
}

// TestEntropy measures what the share of random bytes says: the entropy of a
// byte, in bits, and what a compressor leaves.
func TestEntropy(t *testing.T) {
	for _, share := range []float64{0, 0.1, 0.25, 0.5, 0.9, 1} {
		f := must(Filling(7, 1, fixed(1000), share))
		var all []byte
		for seq := range uint64(1000) {
			all = f.Append(all, &Record{Sequence: seq})
		}
		if len(all) != 1_000_000 {
			t.Fatalf("%v: %d bytes", share, len(all))
		}
		// A random byte is the constant one in 1 of 256.
		p := share * 255 / 256
		want := 0.0
		if p > 0 {
			want = -255 * (share / 256) * math.Log2(share/256)
			want -= (1 - p) * math.Log2(1-p)
		}
		if got := entropy(all); math.Abs(got-want) > 0.01 {
			t.Errorf("%v random: %.4f bits a byte, want %.4f", share, got, want)
		}
		left := float64(deflated(all)) / float64(len(all))
		if math.Abs(left-share) > 0.02 {
			t.Errorf("%v random: %.4f is left after compression", share, left)
		}
	}
}

// entropy is Shannon's, of single bytes.
func entropy(b []byte) (bits float64) {
	var counts [256]float64
	for _, x := range b {
		counts[x]++
	}
	for _, n := range counts {
		if p := n / float64(len(b)); p > 0 {
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

func deflated(b []byte) int {
	var out bytes.Buffer
	w := must(flate.NewWriter(&out, flate.BestCompression))
	_ = must(w.Write(b))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Len()
}

func TestTemplates(t *testing.T) {
	r := &Record{Sequence: 42, Key: []byte("k-1"), Due: time.Date(2026, 3, 4, 5, 6, 7, 890_123_456, time.FixedZone("CET", 3600)), Run: 0x5f3a9c01d2e4, Sender: 3}
	id := identity.EventID{Run: r.Run, Sender: 3, Sequence: 42}.String()
	for text, want := range map[string]string{
		"":                              "^$",
		"plain }} text {":               `^plain \}\} text \{$`,
		`{"n":{{seq}},"k":"{{ key }}"}`: `^\{"n":42,"k":"k-1"\}$`,
		`{"a":{"b":{{seq}}}}`:           `^\{"a":\{"b":42\}\}$`,
		"{{{seq}}}":                     `^\{42\}$`,
		"{{id}}":                        "^" + id + "$",
		"{{time}} {{unix_ms}}":          `^2026-03-04T04:06:07\.890123Z 1772597167890$`,
		"{{uuid}}":                      `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"{{int 5 5}},{{int -3 -1}}":     `^5,-[123]$`,
		"{{int -9223372036854775808 9223372036854775806}}": `^-?\d+$`,
		"{{text 20}}/{{hex 4}}/{{text 0}}":                 `^[a-z]{20}/[0-9a-f]{4}/$`,
		`{{pick red "light blue"}}`:                        `^(red|light blue)$`,
	} {
		tpl, err := Values(1, 3, text)
		if err != nil {
			t.Fatal(text, err)
		}
		if got := string(tpl.Append(nil, r)); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
		if tpl.Constant() != (text == "" || strings.HasPrefix(text, "plain")) {
			t.Errorf("%s: constant is %v", text, tpl.Constant())
		}
	}
	for text, want := range map[string]TemplateError{
		"a {{seq":     {2, "a {{ without its }}"},
		"{{}}":        {0, "nothing stands between {{ and }}"},
		"é{{sq}}":     {2, "a template has no {{sq}}: it has seq, key, id, time, unix_ms, uuid, int, text, hex and pick"},
		"{{seq 1}}":   {0, "{{seq 1}} is not of the form of {{seq}}"},
		"{{int 2 1}}": {0, "{{int 2 1}} is not of the form of {{int 1 100}}"},
		"{{int 1}}":   {0, "{{int 1}} is not of the form of {{int 1 100}}"},
		"{{int -9223372036854775808 9223372036854775807}}": {0, "{{int -9223372036854775808 9223372036854775807}} is not of the form of {{int 1 100}}"},
		"{{text -1}}":       {0, "{{text -1}} is not of the form of {{text 20}}"},
		"{{hex 999999999}}": {0, "{{hex 999999999}} is not of the form of {{hex 16}}"},
		"{{pick}}":          {0, "{{pick}} is not of the form of {{pick red blue}}"},
		`{{pick "a}}`:       {0, `"a is not closed by a quote, or is none that can be read`},
	} {
		_, err := Values(1, 3, text)
		if e := (*TemplateError)(nil); !errors.As(err, &e) || *e != want {
			t.Errorf("%s: %v, want %+v", text, err, want)
		}
	}
}

func TestCorpus(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("b.ndjson", "{\"n\":1}\r\n2\n")
	write("a.txt", "not json\n")
	write(".hidden", "x")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"b.ndjson": {`{"n":1}`, "2"},
		"a.txt":    {"not json"},
		"":         {"not json\n", "{\"n\":1}\r\n2\n"},
	} {
		values, err := ReadCorpus(filepath.Join(dir, name))
		var got []string
		for _, v := range values {
			got = append(got, string(v))
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(name, err, diff)
		}
	}
	if _, err := ReadCorpus(filepath.Join(dir, "folder")); err == nil || !strings.HasSuffix(err.Error(), "folder: it has no files") {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"":        "c.ndjson: it has no lines",
		"1\n\n2":  "c.ndjson:2: the line is empty",
		"1\n{\n2": "c.ndjson:2: the line is no JSON value",
	} {
		if _, err := ReadLines("c.ndjson", strings.NewReader(text), true); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	c := Corpus(1, 1, [][]byte{[]byte("a"), []byte("bbb")})
	counts := map[string]int{}
	for seq := range uint64(10_000) {
		counts[string(c.Append(nil, &Record{Sequence: seq}))]++
	}
	if len(counts) != 2 || counts["a"] < 4800 || counts["a"] > 5200 || c.Mean() != 2 || c.Max() != 3 || c.String() != "corpus of 2 values" {
		t.Errorf("%v %v %d %s", counts, c.Mean(), c.Max(), c)
	}
}

// TestSameSeedSameBytes compares values with those that this seed has always
// made: a run can be computed again by a later version.
func TestSameSeedSameBytes(t *testing.T) {
	var out strings.Builder
	for _, source := range []func(seed uint64) Source{
		func(seed uint64) Source { return must(Filling(seed, 2, must(Fixed(20)), 0.5)) },
		func(seed uint64) Source { return must(Filling(seed, 2, must(Lognormal(seed, 2, 10, 40, 64)), 1)) },
		func(seed uint64) Source { return must(Filling(seed, 2, must(Listed(seed, 2, []int{3, 5, 8})), 0.2)) },
		func(seed uint64) Source {
			return Corpus(seed, 2, [][]byte{[]byte("one"), []byte("two"), []byte("three")})
		},
		func(seed uint64) Source {
			return must(Values(seed, 2, `{{seq}} {{key}} {{id}} {{time}} {{uuid}} {{int 1 1000}} {{text 5}} {{hex 5}} {{pick a b c}}`))
		},
		func(seed uint64) Source { return must(Header(seed, 2, 0, "{{text 9}}")) },
		func(seed uint64) Source { return must(Header(seed, 2, 1, "{{text 9}}")) },
	} {
		var mine, again, other strings.Builder
		for seq := range uint64(6) {
			r := &Record{Sequence: seq, Key: []byte("k"), Due: time.Unix(1_700_000_000, int64(seq)), Run: 5, Sender: 2}
			fmt.Fprintf(&mine, "%q\n", source(11).Append(nil, r))
			fmt.Fprintf(&again, "%q\n", source(11).Append(nil, r))
			fmt.Fprintf(&other, "%q\n", source(12).Append(nil, r))
		}
		if mine.String() != again.String() || mine.String() == other.String() {
			t.Errorf("%s\n%s\nother seed:\n%s", mine.String(), again.String(), other.String())
		}
		fmt.Fprintf(&out, "# %s\n%s", source(11), mine.String())
	}
	const golden = "testdata/values.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(must(os.ReadFile(golden))), out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestTombstones(t *testing.T) {
	const n = 20_000
	for _, share := range []float64{0, 0.3, 1} {
		dead := 0
		for seq := range uint64(n) {
			if Tombstones(1, 2, share).Has(seq) {
				dead++
			}
		}
		if math.Abs(float64(dead)/n-share) > 0.015 || share == 0 && dead > 0 || share == 1 && dead < n {
			t.Errorf("%d of %d are tombstones, want %v", dead, n, share)
		}
	}
}

// TestAppendAllocatesNothing: what a record costs is lateness.
func TestAppendAllocatesNothing(t *testing.T) {
	for _, source := range sources() {
		value, r := make([]byte, 0, 64<<10), &Record{}
		if n := testing.AllocsPerRun(1000, func() { source.Append(value, r); r.Sequence++ }); n != 0 {
			t.Errorf("%s: %v allocations a record", source, n)
		}
	}
}

func sources() []Source {
	return []Source{
		must(Filling(1, 1, must(Fixed(100)), 1)),
		must(Filling(1, 1, must(Fixed(1024)), 0.5)),
		must(Filling(1, 1, must(Lognormal(1, 1, 100, 1000, 10_000)), 1)),
		Corpus(1, 1, [][]byte{bytes.Repeat([]byte("x"), 100)}),
		must(Values(1, 1, `{"id":"{{id}}","n":{{seq}},"at":"{{time}}","who":"{{pick a b c}}","amount":{{int 1 1000}}}`)),
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, source := range sources() {
		b.Run(source.String(), func(b *testing.B) {
			value, r := make([]byte, 0, 64<<10), &Record{}
			b.ReportAllocs()
			for seq := range uint64(b.N) {
				r.Sequence = seq
				source.Append(value, r)
			}
		})
	}
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"", "{{seq}}", `{"a":{"b":{{int 1 9}}}}`, `{{pick "a b" c}}`, "{{{key}}}", "{{text 3}}{{hex 4}}", "{{", "}}", `{{pick "`, "{{uuid}} {{id}} {{time}} {{unix_ms}}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if regexp.MustCompile(`(text|hex)\s+[0-9]{5,}`).MatchString(text) {
			return // long on purpose
		}
		tpl, err := Values(1, 1, text)
		if err != nil {
			if e := (*TemplateError)(nil); !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("%v: %+v", err, e)
			}
			return
		}
		r := &Record{Sequence: 7, Key: []byte("k")}
		if got := tpl.Append(nil, r); !bytes.Equal(got, tpl.Append(nil, r)) {
			t.Fatalf("%q is not the same twice", got)
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add([]byte("1\n{}\n"), true)
	f.Add([]byte("100\r\n200"), false)
	f.Fuzz(func(t *testing.T, text []byte, asJSON bool) {
		values, err := ReadLines("f", bytes.NewReader(text), asJSON)
		if (err == nil) != (len(values) > 0) {
			t.Fatalf("%d values, %v", len(values), err)
		}
		if sizes, err := ReadSizes("f", bytes.NewReader(text)); (err == nil) != (len(sizes) > 0) {
			t.Fatalf("%d sizes, %v", len(sizes), err)
		}
	})
}
