package avro

import "github.com/flowweir/weir/reports/finding"

// The rules of Compare. Each follows "Schema Resolution", "Aliases" or
// "Logical Types" of the Avro specification.
const (
	ruleType             = "compat/avro-type"
	ruleName             = "compat/avro-name"
	ruleFixedSize        = "compat/avro-fixed-size"
	ruleEnumSymbol       = "compat/avro-enum-symbol"
	ruleMissingField     = "compat/avro-missing-field"
	ruleAmbiguousAlias   = "compat/avro-ambiguous-alias"
	ruleUnionBranch      = "compat/avro-union-branch"
	ruleDecimalScale     = "compat/avro-decimal-scale"
	ruleDecimalPrecision = "compat/avro-decimal-precision"
	ruleLogicalType      = "compat/avro-logical-type"
	ruleDepth            = "compat/avro-depth"
)

// Rules lists what Compare finds, for weir explain.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: ruleType, Summary: "The writer's type is neither the reader's nor one that Avro promotes to it."},
		{ID: ruleName, Summary: "A record, enum or fixed has another name at the reader, and no alias connects them."},
		{ID: ruleFixedSize, Summary: "A fixed has another size at the reader."},
		{ID: ruleEnumSymbol, Summary: "The writer's enum has symbols that the reader's lacks, and the reader's enum has no default."},
		{ID: ruleMissingField, Summary: "The reader needs a field that the writer does not write, and has no default for it."},
		{ID: ruleAmbiguousAlias, Summary: "Two fields of the writer are the same field to the reader, because of an alias."},
		{ID: ruleUnionBranch, Summary: "The writer may write a branch of a union that the reader does not have."},
		{ID: ruleDecimalScale, Summary: "A decimal has another scale at the reader: its value would be off by powers of ten."},
		{ID: ruleDecimalPrecision, Summary: "A decimal has another precision at the reader, which the specification does not match."},
		{ID: ruleLogicalType, Summary: "Writer and reader give the same bytes another meaning, such as milliseconds and microseconds; Avro's own rules pass over it, and so does the lenient dialect."},
		{ID: ruleDepth, Summary: "The schemas differ in recursion that is too deep to be compared."},
	}
}
