package avro

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/reports/finding"
)

// found adds a problem of a pair. wPart and rPart lead on from the pair's
// places to the places of the break.
func (c *comparer) found(at int, p compat.Problem, wPart, rPart string) {
	pair := &c.pairs[at]
	w, r, _ := c.paths(at)
	p.Writer = compat.Place{Path: w + wPart, Position: partPosition(pair.w, wPart)}
	p.Reader = compat.Place{Path: r + rPart, Position: partPosition(pair.r, rPart)}
	c.problems = append(c.problems, p)
}

// partPosition is where a part of a type stands in its definition; for the
// type as a whole it is the place that names or defines it.
func partPosition(u use, part string) finding.Position {
	if part == "" {
		return u.at.position("")
	}
	return u.site.position(part)
}

func breaks(rule, message, hint string, w *compat.Witness) compat.Problem {
	return compat.Problem{Rule: rule, Verdict: compat.Breaks, Message: message, Hint: hint, Witness: w}
}

func (c *comparer) typesDiffer(at int) {
	p := c.pairs[at]
	if p.step == toWriterBranch {
		c.noBranch(at)
		return
	}
	_, _, data := c.paths(at)
	c.found(at, breaks(ruleType,
		fmt.Sprintf("%s is written as %s, but the reader expects %s, and Avro does not read one as the other", data, p.w.node, p.r.node),
		promotionHint(p.r.node),
		c.witness(at, telling(p.w.node, p.r.node), fmt.Sprintf("the reader refuses it: at %s it finds %s where it needs %s", data, p.w.node, p.r.node)),
	), "", "")
}

func promotionHint(r *node) string {
	var from []string
	for _, k := range primitives {
		if promotes(k, r.kind) {
			from = append(from, string(k))
		}
	}
	if len(from) == 0 {
		return "add a new field of the new type, and keep this one until no reader needs it"
	}
	return fmt.Sprintf("Avro reads %s as %s; for another type add a new field", strings.Join(from, " and "), r)
}

// noBranch is about a writer's type that no branch of the reader's union, or
// not the reader's only type, can read.
func (c *comparer) noBranch(at int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	may, expects := "is", "expects "+p.r.String()
	if p.step == toWriterBranch {
		may = "may be"
	}
	if p.r.kind == unionKind {
		expects = "has only " + list(p.r.node)
	}
	hint := fmt.Sprintf("add %s to the reader's types first, and let the writer use it when all readers have it", p.w.node)
	outcome := fmt.Sprintf("the reader refuses it: at %s it finds %s, which it cannot read", data, describe(p.w.node))
	for _, b := range p.r.branches {
		if alias := nearAlias(p.w.node, b.node); alias != "" {
			hint = fmt.Sprintf("write the alias of the reader's %s with its namespace, %q; without one it means %s", b.node, p.w.name, alias)
			outcome = bySpecification(outcome, "a library that looks for aliases in every namespace reads it")
		}
	}
	c.found(at, breaks(ruleUnionBranch,
		fmt.Sprintf("%s %s written as %s, but the reader %s", data, may, describe(p.w.node), expects),
		hint, c.witness(at, telling(p.w.node, p.r.node), outcome),
	), "", "")
}

// list is what a reader's union can read, in a sentence.
func list(union *node) string {
	var names []string
	for _, b := range union.branches {
		names = append(names, describe(b.node))
	}
	if len(names) == 0 {
		return "an empty union"
	}
	return strings.ReplaceAll(oneOf(names), " or ", " and ")
}

// describe is a type with what else it is matched by.
func describe(n *node) string {
	if n.kind == fixedKind {
		return fmt.Sprintf("%s (%d bytes)", n, n.length)
	}
	return n.String()
}

func (c *comparer) namesDiffer(at int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	hint := fmt.Sprintf("give the reader's %s the alias %q, or keep the name", p.r.node, p.w.name)
	outcome := fmt.Sprintf("the reader refuses it: at %s it finds %s where it needs %s", data, p.w.node, p.r.node)
	if alias := nearAlias(p.w.node, p.r.node); alias != "" {
		hint = fmt.Sprintf("write the alias with its namespace, %q; without one it means %s", p.w.name, alias)
		outcome = bySpecification(outcome, "a library that looks for aliases in every namespace reads it")
	}
	c.found(at, breaks(ruleName,
		fmt.Sprintf("%s is written as %s, but the reader expects %s, and no alias says that they are the same", data, p.w.node, p.r.node),
		hint, c.witness(at, minimal(p.w.node), outcome),
	), "/name", "/name")
}

// nearAlias is an alias of the reader, in its own namespace, that would be the
// writer's name in another one; "" without. Some libraries take it for that.
func nearAlias(w, r *node) string {
	if w.kind != r.kind || !w.named() || w.length != r.length {
		return ""
	}
	for _, alias := range r.aliases {
		if unqualified(alias) == unqualified(w.name) && qualify(unqualified(alias), r.namespace()) == alias {
			return alias
		}
	}
	return ""
}

// bySpecification is an outcome that not all libraries have.
func bySpecification(outcome, otherwise string) string {
	return "by the specification " + outcome + "; " + otherwise
}

func (c *comparer) sizesDiffer(at int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	c.found(at, breaks(ruleFixedSize,
		fmt.Sprintf("%s is written as %d bytes of %s, but the reader expects %d", data, p.w.length, p.w.node, p.r.length),
		"a fixed cannot change its size; add a new field with a new type",
		c.witness(at, minimal(p.w.node), fmt.Sprintf("the reader refuses it: at %s it finds %d bytes where it needs %d", data, p.w.length, p.r.length)),
	), "/size", "/size")
}

func (c *comparer) symbolsMissing(at int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	var missing []string
	first := -1
	for i, symbol := range p.w.symbols {
		if p.r.lacks(symbol) {
			if first < 0 {
				first = i
			}
			missing = append(missing, symbol)
		}
	}
	c.found(at, breaks(ruleEnumSymbol,
		fmt.Sprintf("%s may be %s, which the reader's %s lacks, and it has no default symbol", data, oneOf(missing), p.r.node),
		`add the symbols to the reader's enum first, or give it a "default" symbol`,
		c.witness(at, p.w.symbols[first], fmt.Sprintf("the reader refuses it: at %s it finds the unknown symbol %s", data, missing[0])),
	), fmt.Sprintf("/symbols/%d", first), "/symbols")
}

func (c *comparer) missingField(at, j int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	f := p.r.fields[j]
	name := data + "." + f.name
	outcome := fmt.Sprintf("the reader refuses it: there is no %s in it, and no default to take", name)
	if f.typ.branch(func(b *node) bool { return b.kind == nullKind }) == 0 {
		outcome = bySpecification(outcome, "a library that takes null for the default of a field that can be null reads null")
	}
	c.found(at, breaks(ruleMissingField,
		fmt.Sprintf("%s is not written, but the reader needs it and has no default for it", name),
		"give the reader's field a default, or let the writer keep the field",
		c.witness(at, minimal(p.w.node), outcome),
	), "", fmt.Sprintf("/fields/%d", j))
}

func (c *comparer) ambiguousAlias(at, j, i, twice int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	first, second := p.w.fields[i].name, p.w.fields[twice].name
	c.found(at, breaks(ruleAmbiguousAlias,
		fmt.Sprintf("%s and %s are both written, and the reader's aliases make both of them its %s", data+"."+first, data+"."+second, p.r.fields[j].name),
		"remove the alias from the reader, or stop writing one of the two",
		c.witness(at, minimal(p.w.node), fmt.Sprintf("by the specification the reader renames %s, gets two fields %s and refuses the schema; a library that does not check reads %s and drops %s", second, p.r.fields[j].name, first, second)),
	), fmt.Sprintf("/fields/%d", twice), fmt.Sprintf("/fields/%d", j))
}

func (c *comparer) scalesDiffer(at int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	one := big.NewInt(1)
	c.found(at, breaks(ruleDecimalScale,
		fmt.Sprintf("%s is written as a decimal of scale %d, but the reader expects scale %d", data, p.w.logical.scale, p.r.logical.scale),
		"a decimal cannot change its scale; add a new field",
		c.witness(at, unscaled(p.w.node, one), fmt.Sprintf("by the specification the reader refuses it; a library that does not check reads %s at %s instead of %s",
			shift(one, p.r.logical.scale), data, shift(one, p.w.logical.scale))),
	), "", "")
}

func (c *comparer) precisionsDiffer(at int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	w, r := p.w.logical, p.r.logical
	value := digits(w, r)
	outcome := "by the specification the reader refuses it, since the types do not match; a library that does not check reads it as it was written"
	if value.Cmp(big.NewInt(1)) > 0 {
		outcome = fmt.Sprintf("by the specification the reader refuses it; a library that does not check gets %d digits at %s where it has room for %d", r.precision+1, data, r.precision)
	}
	c.found(at, breaks(ruleDecimalPrecision,
		fmt.Sprintf("%s is written as a decimal of precision %d, but the reader expects precision %d", data, w.precision, r.precision),
		"a decimal cannot change its precision by the specification; waive this rule if all readers only widen and their libraries do not check",
		c.witness(at, unscaled(p.w.node, value), outcome),
	), "", "")
}

func (c *comparer) meaningsDiffer(at int) {
	p := c.pairs[at]
	_, _, data := c.paths(at)
	w, r := p.w.logical, p.r.logical
	value := w.telling(p.w.node)
	problem := breaks(ruleLogicalType,
		fmt.Sprintf("%s is written as %s, but the reader takes it for %s, and Avro converts nothing between them", data, w.name, r.name),
		"a logical type cannot change; add a new field",
		c.witness(at, value, fmt.Sprintf("a reader that applies logical types reads %s at %s instead of %s", r.read(value), data, w.read(value))))
	if c.lenient || sameCount(w, r) {
		problem.Verdict = compat.Forgiven
	}
	c.found(at, problem, "", "")
}

func (c *comparer) tooDeep(at int) {
	_, _, data := c.paths(at)
	c.found(at, compat.Problem{
		Rule: ruleDepth, Verdict: compat.Open,
		Message: fmt.Sprintf("%s lies more than %d levels deep and was not compared", cut(data), compareDepth),
		Hint:    "simplify the recursion of the schemas",
	}, "", "")
}

// cut shortens a long place.
func cut(data string) string {
	const most = 60
	if len(data) <= most {
		return data
	}
	return data[:most] + "…"
}
