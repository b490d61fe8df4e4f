// Package explain has the pages of the rules about files: contracts, AsyncAPI
// documents, workspaces, records of deployments, retained versions, baselines,
// and what all files have in common. Each says why the rule is there, shows a
// file that breaks it, with what is found, and one that does not, and how to
// get from one to the other.
//
// The examples are true: the package's tests read them and find what the page
// says. Only where it takes a repository's history to break a rule is the
// example a session at a terminal.
//
// The rules between contracts, between versions and of deployments have their
// pages in their own packages.
package explain

import (
	"embed"
	"strings"

	"github.com/flowweir/weir/contracts/rules"
)

// pages has a file for each family of rules, the part of the id before the
// slash, with a section for each rule:
//
//	## file/empty
//
//	Why the rule is there.
//
//	### Bad      files that break the rule, and what is found
//	### Good     files that do not
//	### Fix      how to get from one to the other
//	### Waive    when it is right to waive the rule
//
// A file is a fenced block whose info string is a language and the file's name.
//
//go:embed pages/*.md
var pages embed.FS

// Rule is the page of a rule; false for an id that has none here.
func Rule(id string) (rules.Guide, bool) {
	family, _, _ := strings.Cut(id, "/")
	src, err := pages.ReadFile("pages/" + family + ".md")
	if err != nil {
		return rules.Guide{}, false
	}
	_, section, ok := strings.Cut(string(src), "\n## "+id+"\n")
	if !ok {
		return rules.Guide{}, false
	}
	section, _, _ = strings.Cut(section, "\n## ")
	parts := map[string]string{}
	why, rest, _ := strings.Cut(section, "\n### ")
	for part := range strings.SplitSeq(rest, "\n### ") {
		title, text, _ := strings.Cut(part, "\n")
		parts[title] = strings.TrimSpace(text)
	}
	return rules.Guide{
		Why: strings.TrimSpace(why), Fix: parts["Fix"], Waive: parts["Waive"],
		Example: "## Bad\n\n" + parts["Bad"] + "\n\n## Good\n\n" + parts["Good"],
	}, true
}
