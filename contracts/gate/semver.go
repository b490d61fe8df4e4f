package gate

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/flowweir/weir/reports/finding"
)

// rollbacks reports candidates that go back behind a live version with a
// contract of which nobody said that it is the old one.
func (a *asking) rollbacks() {
	for i, c := range a.Candidates {
		newer := a.newer(a.news[i])
		if newer == "" || !c.Assumed {
			continue
		}
		a.findings = append(a.findings, finding.Finding{
			ID: Rollback, Severity: finding.Warning, Position: c.Contract.Doc.Position("service", "name"),
			Message: fmt.Sprintf("%s goes back behind %s, which is live in %s, and its contract is taken from the working tree", a.news[i], newer, a.Environment.Name),
			Hint:    "name the commit of the old version with --commit",
		})
	}
}

// newer is the newest live version of a candidate's service where that is
// newer than the candidate by semantic versioning; "" where it is not, or the
// versions have no such order.
func (a *asking) newer(n *party) string {
	s := a.Environment.Service(n.service)
	if s == nil {
		return ""
	}
	newest := n.version
	for _, v := range s.Live {
		if v.Version == n.version {
			return ""
		}
		if c, ok := compare(newest, v.Version); ok && c < 0 {
			newest = v.Version
		}
	}
	if newest == n.version {
		return ""
	}
	return newest
}

// version is a semantic version, 2.0.0 of the specification, also with a
// leading v and without what is behind the second number.
var version = regexp.MustCompile(`^v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$`)

// compare orders two versions by precedence (semver.org, section 11); false
// where one is no semantic version.
func compare(a, b string) (int, bool) {
	x, y := version.FindStringSubmatch(a), version.FindStringSubmatch(b)
	if x == nil || y == nil {
		return 0, false
	}
	for i := 1; i <= 3; i++ {
		if c := cmp.Compare(number(x[i]), number(y[i])); c != 0 {
			return c, true
		}
	}
	return prerelease(x[4], y[4]), true
}

// number is the number of digits; none are 0.
func number(digits string) int {
	n, _ := strconv.Atoi(digits) // the form allows nothing else
	return n
}

// prerelease orders what stands behind the hyphen: nothing comes last, numbers
// before words, fewer parts before more.
func prerelease(a, b string) int {
	if a == "" || b == "" {
		return cmp.Compare(len(b), len(a))
	}
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, mErr := strconv.ParseUint(x[i], 10, 63)
		n, nErr := strconv.ParseUint(y[i], 10, 63)
		c := cmp.Compare(x[i], y[i])
		switch {
		case mErr == nil && nErr == nil:
			c = cmp.Compare(m, n)
		case mErr == nil:
			c = -1
		case nErr == nil:
			c = 1
		}
		if c != 0 {
			return c
		}
	}
	return cmp.Compare(len(x), len(y))
}
