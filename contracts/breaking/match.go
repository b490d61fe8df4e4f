package breaking

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// pair is an interaction before and now, by their indexes; latest is -1 where
// there is none.
type pair struct{ old, latest int }

// pairs matches the interactions of a service, those that are most alike
// first: by each of the given likenesses in turn.
func pairs[T any](old, latest []T, alike ...func(a, b *T) bool) []pair {
	all := make([]pair, len(old))
	for i := range all {
		all[i] = pair{i, -1}
	}
	taken := make([]bool, len(latest))
	for _, same := range alike {
		for i := range old {
			if all[i].latest >= 0 {
				continue
			}
			for j := range latest {
				if !taken[j] && same(&old[i], &latest[j]) {
					all[i].latest, taken[j] = j, true
					break
				}
			}
		}
	}
	return all
}

func sameEvent(a, b *contracts.Produces) bool { return a.Event == b.Event }

func sameProduct(a, b *contracts.Produces) bool {
	return a.Event == b.Event && a.Channel() == b.Channel()
}

func sameConsumed(a, b *contracts.Consumes) bool { return a.Event == b.Event }

func sameChannel(a, b *contracts.Consumes) bool {
	return a.Event == b.Event && a.Channel() == b.Channel()
}

func sameGroup(a, b *contracts.Consumes) bool { return a.Event == b.Event && a.Group == b.Group }

func sameReading(a, b *contracts.Consumes) bool { return sameChannel(a, b) && sameGroup(a, b) }

// readers are the consumers in the new set that read an event at one of some
// addresses, or that do not say where they read it.
func (c *comparison) readers(event string, at ...contracts.Channel) []consumer {
	var all []consumer
	for _, in := range c.consumers[event] {
		if here := in.promise().Channel(); here == (contracts.Channel{}) || slices.Contains(at, here) {
			all = append(all, in)
		}
	}
	return all
}

// severity is that of a promise that is broken: an error where somebody
// relies on it.
func severity(rely []consumer) finding.Severity {
	if len(rely) > 0 {
		return finding.Error
	}
	return finding.Warning
}

// places are the old place of a promise and those who rely on it.
func (c *comparison) places(old *finding.Position, rely []consumer) []finding.Related {
	all := related(old, "before, in %s", c.oldSide.Name)
	for _, in := range rely {
		all = append(all, related(in.at("event"), "%s consumes it", in.service())...)
	}
	return all
}

// related is a further place; a model that was built in Go has none.
func related(at *finding.Position, format string, args ...any) []finding.Related {
	if at == nil {
		return nil
	}
	return []finding.Related{{Position: *at, Message: fmt.Sprintf(format, args...)}}
}

// whom completes a sentence about an event with those who consume it:
// ", which billing and shipping consume".
func whom(rely []consumer) string {
	names := services(rely)
	switch len(names) {
	case 0:
		return ", which no contract here consumes"
	case 1:
		return ", which " + names[0] + " consumes"
	}
	return ", which " + finding.List(names) + " consume"
}

func services(rely []consumer) []string {
	var names []string
	for _, in := range rely {
		names = append(names, in.service())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
