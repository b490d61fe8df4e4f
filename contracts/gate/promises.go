package gate

import (
	"fmt"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/breaking"
	"github.com/flowweir/weir/reports/finding"
)

// compared are promises that are compared with those who rely on them, version
// by version.
var compared = set(
	breaking.EventRemoved, breaking.AddressChanged, breaking.SchemaRemoved,
	breaking.KeyRemoved, breaking.KeyChanged, breaking.KeyFormatChanged,
)

// promises reports what a version promises less than the one that it replaces.
// Schemas are compared with those who read by them, and not under the declared
// mode, which is for readers that are not known. A version that goes back
// promises what it did.
func (a *asking) promises(n, old *party) {
	if a.newer(n) != "" {
		return
	}
	was, is := *old.contract, *n.contract
	was.Service.Name, is.Service.Name = n.service, n.service // by which they are matched
	latest := []*contracts.Contract{&is}
	for _, p := range a.others {
		latest = append(latest, p.contract)
	}
	before := breaking.Side{Name: old.version, Contracts: []*contracts.Contract{&was}, FS: a.FS, Loader: a.loader}
	now := breaking.Side{Contracts: latest, FS: a.FS, Loader: a.loader}
	for _, found := range breaking.Compare(before, now, breaking.Options{Dialect: a.Dialect, Now: a.Now, Only: []string{n.service}}) {
		f := found.Finding
		switch {
		case compared[f.ID] || breaks[f.ID] || f.ID == breaking.NeedWithdrawn: // said of each pair
		case serious(f) && a.waived(f, found.Owner):
		case f.Severity == finding.Undecided:
			a.unknown(f, fmt.Sprintf("whether %s promises as much as %s is undecided", n, old))
		case f.Severity == finding.Error:
			a.no(f, breach{n, old, promises})
		}
	}
}
