package key_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/flowweir/weir/loadgen/key"
)

func must(t testing.TB) func(Distribution, error) Distribution {
	return func(d Distribution, err error) Distribution {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
}

// chiSquare is the statistic of samples against the expected probabilities,
// in standard deviations from its mean (Wilson and Hilferty's approximation).
func chiSquare(seen []int, p func(k int) float64, samples int) float64 {
	sum := 0.
	for k, n := range seen {
		want := p(k) * float64(samples)
		sum += (float64(n) - want) * (float64(n) - want) / want
	}
	df := float64(len(seen) - 1)
	v := 2 / (9 * df)
	return (math.Cbrt(sum/df) - (1 - v)) / math.Sqrt(v)
}

// TestFit compares 300,000 samples with the law they are drawn from. The
// seed is fixed: nothing here is left to chance.
func TestFit(t *testing.T) {
	const samples = 300_000
	zipf := func(n int, s float64) func(int) float64 {
		sum := 0.
		for k := range n {
			sum += math.Pow(float64(k+1), -s)
		}
		return func(k int) float64 { return math.Pow(float64(k+1), -s) / sum }
	}
	hot := func(n, hot int, share float64) func(int) float64 {
		return func(k int) float64 {
			if k < hot {
				return share / float64(hot)
			}
			return (1 - share) / float64(n-hot)
		}
	}
	for _, tt := range []struct {
		d Distribution
		p func(k int) float64
	}{
		{must(t)(Uniform(1, 0, 1000)), func(int) float64 { return 1. / 1000 }},
		{must(t)(Uniform(2, 7, 7)), func(int) float64 { return 1. / 7 }},
		{must(t)(Sequential(1000)), func(int) float64 { return 1. / 1000 }},
		{must(t)(Zipf(1, 0, 1000, 1.1)), zipf(1000, 1.1)},
		{must(t)(Zipf(1, 1, 100, 1)), zipf(100, 1)},
		{must(t)(Zipf(3, 1, 100, 0.5)), zipf(100, 0.5)},
		{must(t)(Zipf(3, 1, 50, 2)), zipf(50, 2)},
		{must(t)(Zipf(3, 1, 2, 1.1)), zipf(2, 1.1)},
		{must(t)(HotSet(1, 0, 1000, 10, 0.8)), hot(1000, 10, 0.8)},
		{must(t)(HotSet(5, 2, 3, 1, 0.5)), hot(3, 1, 0.5)},
	} {
		t.Run(tt.d.String(), func(t *testing.T) {
			seen := make([]int, tt.d.Cardinality())
			for seq := range uint64(samples) {
				seen[tt.d.Index(seq)]++
			}
			z := chiSquare(seen, tt.p, samples)
			if z > 3.5 {
				t.Errorf("the samples are %.1f standard deviations from the distribution", z)
			}
		})
	}
}

// TestPairs: neighbouring sequences, and the same sequence of neighbouring
// senders and seeds, have nothing to do with each other.
func TestPairs(t *testing.T) {
	const n, samples = 16, 300_000
	a := must(t)(Uniform(1, 0, n))
	for name, next := range map[string]func(seq uint64) uint64{
		"sequence": func(seq uint64) uint64 { return a.Index(seq + 1) },
		"sender":   must(t)(Uniform(1, 1, n)).Index,
		"seed":     must(t)(Uniform(2, 0, n)).Index,
	} {
		seen := make([]int, n*n)
		for seq := range uint64(samples) {
			seen[a.Index(seq)*n+next(seq)]++
		}
		if z := chiSquare(seen, func(int) float64 { return 1. / (n * n) }, samples); math.Abs(z) > 3.5 {
			t.Errorf("%s: pairs are %.1f standard deviations from independent", name, z)
		}
	}
}

// TestGolden: an index must stay what it is, or the keys of an old run could
// not be computed again.
func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		d    Distribution
		want [6]uint64
	}{
		{must(t)(Uniform(42, 3, 100_000)), [6]uint64{43236, 8962, 71498, 40538, 86904, 59866}},
		{must(t)(Zipf(42, 3, 100_000, 1.1)), [6]uint64{89, 14755, 4, 122, 0, 14}},
		{must(t)(HotSet(42, 3, 100_000, 10, 0.5)), [6]uint64{1, 8, 10484, 6, 38822, 97413}},
		{must(t)(Sequential(4)), [6]uint64{0, 1, 2, 3, 0, 1}},
	} {
		var got [6]uint64
		for seq := range got {
			got[seq] = tt.d.Index(uint64(seq))
		}
		if got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.d, got, tt.want)
		}
	}
}

func TestZipfExtremes(t *testing.T) {
	for _, tt := range []struct {
		n uint64
		s float64
	}{{1, 1.1}, {1 << 53, 1.1}, {1 << 53, 1}, {1 << 53, 0.01}, {1 << 40, 30}, {3, 1e-9}} {
		d := must(t)(Zipf(9, 1, tt.n, tt.s))
		for seq := range uint64(10_000) {
			if i := d.Index(seq); i >= tt.n {
				t.Fatalf("%s: index %d of sequence %d", d, i, seq)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	for want, make := range map[string]func() (Distribution, error){
		"the cardinality is 0":      func() (Distribution, error) { return Uniform(1, 1, 0) },
		"cardinality is 0: give":    func() (Distribution, error) { return Sequential(0) },
		"is 0: give at least":       func() (Distribution, error) { return Zipf(1, 1, 0, 1.1) },
		"exponent 0 is not":         func() (Distribution, error) { return Zipf(1, 1, 5, 0) },
		"exponent NaN is not":       func() (Distribution, error) { return Zipf(1, 1, 5, math.NaN()) },
		"exponent +Inf is not":      func() (Distribution, error) { return Zipf(1, 1, 5, math.Inf(1)) },
		"0 keys of 5 cannot be hot": func() (Distribution, error) { return HotSet(1, 1, 5, 0, 0.5) },
		"5 keys of 5 cannot be hot": func() (Distribution, error) { return HotSet(1, 1, 5, 5, 0.5) },
		"give at least one key":     func() (Distribution, error) { return HotSet(1, 1, 0, 1, 0.5) },
		"the share NaN of the hot":  func() (Distribution, error) { return HotSet(1, 1, 5, 1, math.NaN()) },
		"the share 1.5 of the hot":  func() (Distribution, error) { return HotSet(1, 1, 5, 1, 1.5) },
		"is above 9007199254740992": func() (Distribution, error) { return Zipf(1, 1, 1<<53+1, 2) },
	} {
		if _, err := make(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// TestHotSetEdges: a share of 0 is none of the records, one of 1 all.
func TestHotSetEdges(t *testing.T) {
	none, all := must(t)(HotSet(1, 1, 10, 3, 0)), must(t)(HotSet(1, 1, 10, 3, 1))
	for seq := range uint64(10_000) {
		if i := none.Index(seq); i < 3 || i > 9 {
			t.Fatalf("%s: index %d of sequence %d", none, i, seq)
		}
		if i := all.Index(seq); i > 2 {
			t.Fatalf("%s: index %d of sequence %d", all, i, seq)
		}
	}
	if got := must(t)(HotSet(1, 1, 100, 1, 0.07)).String(); got != "7% on 1 key of 100" {
		t.Errorf("described as %q", got)
	}
}

func TestReadList(t *testing.T) {
	got, err := ReadList("k.txt", strings.NewReader("a\r\nb c\né"))
	if err != nil || !slices.Equal(got, []string{"a", "b c", "é"}) {
		t.Errorf("got %q, %v", got, err)
	}
	for content, want := range map[string]string{
		"":                        "k.txt: it has no keys",
		"a\n\nb":                  "k.txt:2: the key is empty",
		"a\nb\na\n":               "k.txt:3: the key \"a\" is that of line 1 again",
		"\xff\n":                  "k.txt:1: the key is not UTF-8",
		strings.Repeat("x", 5000): "k.txt:1: a key of more than 4096 bytes",
	} {
		if _, err := ReadList("k.txt", strings.NewReader(content)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %s", content, err, want)
		}
	}
}

func BenchmarkIndex(b *testing.B) {
	for name, d := range map[string]Distribution{
		"uniform":    must(b)(Uniform(1, 1, 100_000)),
		"zipf":       must(b)(Zipf(1, 1, 100_000, 1.1)),
		"sequential": must(b)(Sequential(100_000)),
		"hot":        must(b)(HotSet(1, 1, 100_000, 10, 0.8)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for seq := uint64(0); b.Loop(); seq++ {
				d.Index(seq)
			}
		})
	}
}
