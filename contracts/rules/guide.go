package rules

import "strings"

// Guide explains a rule of another package, as a Page does those of this one.
type Guide struct {
	// Why is what goes wrong where the rule is broken; Fix how to repair it, or
	// to make the change without that; Waive when to accept it.
	Why, Fix, Waive string
	// Example is a bad and a good example, in Markdown.
	Example string
}

// ReadGuide finds the section of a rule, headed by its id, in a text of several:
// paragraphs on why, one that begins with "Fix: " and one with "Waive: ". A rule
// that files alone cannot break has its example there too, as paragraphs that
// begin with "Bad:" and "Good:", a line by itself, before a fenced block.
func ReadGuide(text, id string) (Guide, bool) {
	_, section, ok := strings.Cut(text, "\n## "+id+"\n")
	if !ok {
		return Guide{}, false
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var g Guide
	for paragraph := range strings.SplitSeq(strings.TrimSpace(section), "\n\n") {
		if fix, ok := strings.CutPrefix(paragraph, "Fix: "); ok {
			g.Fix = fix
		} else if waive, ok := strings.CutPrefix(paragraph, "Waive: "); ok {
			g.Waive = waive
		} else if bad, ok := strings.CutPrefix(paragraph, "Bad:\n"); ok {
			g.Example = "## Bad\n\n" + bad
		} else if good, ok := strings.CutPrefix(paragraph, "Good:\n"); ok {
			g.Example += "\n\n## Good\n\n" + good
		} else {
			g.Why = strings.TrimPrefix(g.Why+"\n\n"+paragraph, "\n\n")
		}
	}
	return g, true
}
