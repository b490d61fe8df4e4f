package deployment

import "github.com/flowweir/weir/reports/finding"

// The ids of what this package finds beside those of package document.
const (
	BadVersion     = "deployment/version"
	BadRecord      = "deployment/record"
	NoEnvironment  = "deployment/no-environment"
	NoContract     = "deployment/no-contract"
	BadContract    = "deployment/contract"
	CopyMismatch   = "deployment/copy-mismatch"
	UnknownCommit  = "deployment/unknown-commit"
	NotRecorded    = "deployment/not-a-record"
	ServiceMistake = "deployment/other-service"
	VersionUnknown = "deployment/version-unknown"
	VersionDiffers = "deployment/version-differs"
	ForeignTag     = "deployment/foreign-tag"
)

// Rules are those ids, each with one line on what it finds.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: BadVersion, Summary: "The field weir of a record is not deployment/v1."},
		{ID: BadRecord, Summary: "A record says what cannot be: a version twice, a short commit id, a path that leads out of the repository."},
		{ID: NotRecorded, Summary: "A file in an environment's directory is no record, or a tag has no version."},
		{ID: NoEnvironment, Summary: "Nothing is recorded of the environment."},
		{ID: NoContract, Summary: "The deployed commit has no contract where the record says."},
		{ID: BadContract, Summary: "The contract of a deployed version cannot be read as it is."},
		{ID: ServiceMistake, Summary: "A record, its file and the contract do not name the same service."},
		{ID: ForeignTag, Summary: "A tag is named like a record and is none, and its commit has no contract of the service: it is passed over."},
		{ID: UnknownCommit, Summary: "The commit of a deployed version is not in this clone."},
		{ID: VersionUnknown, Summary: "No tag, branch or commit and no record bears the name of a version that is recorded or asked about."},
		{ID: VersionDiffers, Summary: "A tag, a commit's id or a record says which commit a version is, and the contract does not lie here as that commit has it."},
		{ID: CopyMismatch, Summary: "The copy of a contract is not the one that the record names."},
	}
}
