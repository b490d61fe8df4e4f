package page_test

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/flowweir/weir/reports/internal/page"
)

func TestPolicy(t *testing.T) {
	const none = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" // of the empty text
	for want, got := range map[string]string{
		"default-src 'none'; style-src 'sha256-" + none + "'; base-uri 'none'; form-action 'none'":                                                                        page.Policy(""),
		"default-src 'none'; script-src 'sha256-" + none + "' 'sha256-" + none + "'; img-src data:; style-src 'sha256-" + none + "'; base-uri 'none'; form-action 'none'": page.Policy("", "", ""),
	} {
		if got != want {
			t.Errorf("policy %q, want %q", got, want)
		}
	}
}

// TestContrast computes WCAG's contrast of every text color on every ground
// that it stands on, in both themes: 4.5 is the bound for body text.
func TestContrast(t *testing.T) {
	blocks := regexp.MustCompile(`(?s):root[^{]*\{\s*(--bg:.*?)\n\}`).FindAllStringSubmatch(page.Style, -1)
	if len(blocks) != 4 { // light, dark by preference, dark by choice, print
		t.Fatalf("%d palettes", len(blocks))
	}
	for i, block := range blocks {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--([\w-]+): (#[0-9a-f]{3,6})`).FindAllStringSubmatch(block[1], -1) {
			colors[m[1]] = m[2]
		}
		for _, pair := range [][2]string{
			{"text", "bg"}, {"text", "card"}, {"text", "soft"}, {"dim", "bg"}, {"dim", "card"}, {"dim", "soft"},
			{"pass", "pass-bg"}, {"fail", "fail-bg"}, {"inconclusive", "inconclusive-bg"}, {"vacuous", "vacuous-bg"},
			{"pass", "card"}, {"fail", "card"}, {"inconclusive", "card"}, {"vacuous", "card"},
			{"dim", "pass-bg"}, {"dim", "fail-bg"}, {"dim", "inconclusive-bg"}, {"dim", "vacuous-bg"},
		} {
			if c := contrast(t, colors[pair[0]], colors[pair[1]]); c < 4.5 {
				t.Errorf("palette %d: %s on %s has a contrast of %.2f", i, pair[0], pair[1], c)
			}
		}
		for _, line := range []string{"s0", "s1", "s2", "s3", "s4"} { // graphics need 3
			if c := contrast(t, colors[line], colors["card"]); c < 3 && line != "s0" || c < 2.5 {
				t.Errorf("palette %d: %s on card has a contrast of %.2f", i, line, c)
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 4 {
		hex = "#" + strings.Repeat(hex[1:2], 2) + strings.Repeat(hex[2:3], 2) + strings.Repeat(hex[3:4], 2)
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}
