package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Nearest is the valid name that name was probably meant to be: the same but
// for case and separators, or a few edits away, or one contained in the
// other. Of those that contain as much, one that begins or ends with the other
// by whole words is nearer (committed is meant to be read-committed, not
// read-uncommitted), then the one with fewer edits, then the first in the
// alphabet. It is "" where none is near.
func Nearest(name string, valid []string) string {
	plain := simplify(name)
	limit := max(2, len(plain)/3+1)
	best, nearest := "", nearness{edits: limit}
	for _, candidate := range sorted(valid) {
		if n := nearnessOf(name, candidate, limit); n.edits < limit && (best == "" || n.less(nearest)) {
			best, nearest = candidate, n
		}
		if best != "" && nearest.edits == 0 {
			break
		}
	}
	return best
}

// nearness is how near a name is to a valid one, the lower the nearer: edits
// count first.
type nearness struct{ edits, kind, distance int }

// The kinds of nearness between which equal edits leave a choice.
const (
	byWords = iota
	byEdits
	byPart
)

// nearnessOf holds one name against another. To contain the other counts as the
// most edits that are still near, however many there are.
func nearnessOf(name, candidate string, limit int) nearness {
	plain, other := simplify(name), simplify(candidate)
	distance := EditDistance(plain, other)
	n := nearness{distance, byEdits, distance}
	if !contains(plain, other) {
		return n
	}
	n.edits = min(distance, limit-1)
	switch {
	case containsWords(name, candidate) || containsWords(candidate, name):
		n.kind = byWords
	case distance >= limit:
		n.kind = byPart
	}
	return n
}

func (n nearness) less(m nearness) bool {
	return cmp.Or(cmp.Compare(n.edits, m.edits), cmp.Compare(n.kind, m.kind), cmp.Compare(n.distance, m.distance)) < 0
}

// containsWords reports whether the words of a begin or end with those of b.
func containsWords(a, b string) bool {
	long, short := words(a), words(b)
	if len(short) > len(long) {
		return false
	}
	return slices.Equal(long[:len(short)], short) || slices.Equal(long[len(long)-len(short):], short)
}

// words are those of maxAttempts, max_attempts and max-attempts: max, attempts.
func words(name string) []string {
	if len(name) > longest {
		name = name[:longest]
	}
	var apart strings.Builder
	lower := false
	for _, r := range name {
		if lower && unicode.IsUpper(r) {
			apart.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		apart.WriteRune(unicode.ToLower(r))
	}
	return strings.FieldsFunc(apart.String(), func(r rune) bool { return strings.ContainsRune(" -_.", r) })
}

// longest is how much of a name is looked at.
const longest = 64

// Suggest is the hint for a name that is none of the valid ones: the nearest,
// or all of them.
func Suggest(name string, valid []string) string {
	if nearest := Nearest(name, valid); nearest != "" {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	const most = 24
	names := sorted(valid)
	switch {
	case len(names) == 0:
		return ""
	case len(names) > most:
		return "valid are " + strings.Join(names[:most], ", ") + ", …"
	}
	return "valid are " + strings.Join(names, ", ")
}

func sorted(names []string) []string {
	return slices.Sorted(slices.Values(names))
}

// simplify drops what people vary: case, hyphens, underscores, dots.
func simplify(name string) string {
	if len(name) > longest {
		name = name[:longest]
	}
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
}

// contains says whether one name contains the other, short words aside:
// maxAttempts is meant to be attempts, but "by" is not meant to be "bytes".
func contains(a, b string) bool {
	const shortest = 4
	return len(a) >= shortest && len(b) >= shortest && (strings.Contains(a, b) || strings.Contains(b, a))
}

// EditDistance is the optimal string alignment distance: insertions,
// deletions, substitutions and swaps of neighbours, in bytes.
func EditDistance(a, b string) int {
	previous := make([]int, len(b)+1)
	current := make([]int, len(b)+1)
	before := make([]int, len(b)+1)
	for j := range current {
		current[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, previous, current = previous, current, before
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
	}
	return current[len(b)]
}
