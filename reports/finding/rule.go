package finding

// Rule is a stable id of findings with one line on what it finds, for tables
// and for weir explain. A package that makes findings lists its own.
type Rule struct {
	ID string `json:"id"`
	// Summary is one sentence.
	Summary string `json:"summary"`
}
