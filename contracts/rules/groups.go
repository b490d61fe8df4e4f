package rules

import (
	"fmt"

	"github.com/flowweir/weir/contracts"
)

// sharedGroups reports services that read one address in one group, each pair
// once: at what the later one reads there first.
func (c *checker) sharedGroups() {
	type member struct {
		address contracts.Channel
		group   string
	}
	type pair struct {
		member
		service string
	}
	first, told := map[member]consumed{}, map[pair]bool{}
	for _, contract := range c.set {
		for i := range contract.Consumes {
			in := consumed{contract, i}
			m := member{in.promise().Channel(), in.promise().Group}
			if m.group == "" || m.address == (contracts.Channel{}) {
				continue
			}
			before, taken := first[m]
			switch {
			case !taken:
				first[m] = in
			case before.service() != in.service() && !told[pair{m, in.service()}]:
				told[pair{m, in.service()}] = true
				c.report(contract, GroupShared, in.at("group"),
					fmt.Sprintf("%s and %s read %s in one group, %s: each record comes to one of the two, and the other never sees it", before.service(), in.service(), m.address, m.group),
					"give each service a group of its own", related(before.at("group"), "the group of %s", before.service())...)
			}
		}
	}
}
