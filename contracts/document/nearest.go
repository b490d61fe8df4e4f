package document

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest is the valid name that name was probably meant to be: the same but
// for case and separators, or a few edits away, or one contained in the
// other. It is "" where none is near.
func Nearest(name string, valid []string) string {
	plain := simplify(name)
	best, bestDistance := "", max(2, len(plain)/3+1)
	for _, candidate := range sorted(valid) {
		other := simplify(candidate)
		distance := EditDistance(plain, other)
		if distance > 0 && distance >= bestDistance && contains(plain, other) {
			distance = bestDistance - 1
		}
		if distance < bestDistance || distance == 0 {
			best, bestDistance = candidate, distance
		}
		if bestDistance == 0 {
			break
		}
	}
	return best
}

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
	const limit = 64
	if len(name) > limit {
		name = name[:limit]
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
