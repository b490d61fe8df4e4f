package workspace

import "github.com/flowweir/weir/reports/finding"

// The ids of what this package finds beside those of package document.
const (
	BadVersion      = "workspace/version"
	BadName         = "workspace/name"
	Duplicate       = "workspace/duplicate"
	Secret          = "workspace/secret"
	NotFetched      = "workspace/not-fetched"
	LockSyntax      = "workspace/lock-syntax"
	LockOutdated    = "workspace/lock-outdated"
	PinMismatch     = "workspace/pin-mismatch"
	KnownContracted = "workspace/known-contracted"
)

// Rules are those ids, each with one line on what it finds.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: BadVersion, Summary: "The field weir is not workspace/v1."},
		{ID: BadName, Summary: "A name, URL, ref or path of the workspace cannot exist, or leads out of its repository."},
		{ID: Duplicate, Summary: "Two entries of the workspace have one name."},
		{ID: Secret, Summary: "A URL in the workspace file carries a secret."},
		{ID: NotFetched, Summary: "The contracts of another repository are not here yet; weir fetch brings them."},
		{ID: LockSyntax, Summary: "A line of weir.lock is not as weir fetch writes it."},
		{ID: LockOutdated, Summary: "weir.lock pins something else than the workspace names."},
		{ID: PinMismatch, Summary: "A fetched file is not the one that weir.lock pins."},
		{ID: KnownContracted, Summary: "A service that the workspace lists as uncontracted has a contract."},
	}
}
