package scenario

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts/document"
)

// The kinds of poison.
const (
	PoisonUndecodable   = "undecodable"
	PoisonWrongSchema   = "wrong-schema"
	PoisonMissingHeader = "missing-header"
	PoisonTooLarge      = "too-large"
)

// spoilt is a fault in the load: its field, and whose records it makes.
type spoilt struct {
	field string
	LoadTarget
}

// Noun is what it is in a sentence.
func (After) Noun() string { return "a number of records or a duration" }

// UnmarshalText reads "0", "10k", or "5m".
func (a *After) UnmarshalText(text []byte) error {
	if !strings.HasPrefix(string(text), "-") && (a.Records.UnmarshalText(text) == nil || a.Time.UnmarshalText(text) == nil) {
		return nil
	}
	return &document.HintError{Message: fmt.Sprintf("%q is neither a number of records nor a duration", text), Hint: "write 10k for records, or 5m for a time; 0 is the next record"}
}

// String is the distance as a file has it.
func (a After) String() string {
	if a.Time > 0 {
		return a.Time.String()
	}
	return a.Records.String()
}

// MarshalText writes String's form.
func (a After) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// inLoad is what a fault makes of the load; nil where it is none in the load.
func (f Fault) inLoad() *spoilt {
	switch {
	case f.Poison != nil:
		return &spoilt{"poison", f.Poison.LoadTarget}
	case f.Duplicate != nil:
		return &spoilt{"duplicate", f.Duplicate.LoadTarget}
	case f.Similar != nil:
		return &spoilt{"near-identical", *f.Similar}
	}
	return nil
}

// inLoad checks a fault in the load, if it is one.
func (v *validator) inLoad(path document.Path, f Fault) {
	if t := f.inLoad(); t != nil {
		v.loadTarget(path.Add(t.field), t.LoadTarget)
	}
	if f.Duplicate != nil {
		v.OneOf(path.Add("duplicate", "partition"), f.Duplicate.Partition, "other")
	}
	if f.Poison != nil {
		at := path.Add("poison")
		v.OneOf(at.Add("kind"), f.Poison.Kind, PoisonUndecodable, PoisonWrongSchema, PoisonMissingHeader, PoisonTooLarge)
		v.poisonFields(at, f.Poison)
	}
}

// poisonFields checks the fields that only one kind of poison has.
func (v *validator) poisonFields(at document.Path, p *Poison) {
	header, size := at.Add("header"), at.Add("size")
	switch {
	case !v.s.Doc.Has(header...):
	case p.Kind != PoisonMissingHeader:
		v.ErrorAtKey(document.Conflicting, header, "header says what is missing, and nothing without kind: missing-header", "add the kind, or remove it")
	case p.Header == "":
		v.Missing(at, "header", "a header that each record must have; without the field it is ce_id, or else the first that the contract requires")
	}
	switch has := v.s.Doc.Has(size...); {
	case has && p.Kind != PoisonTooLarge:
		v.ErrorAtKey(document.Conflicting, size, "size says how long the data is, and nothing without kind: too-large", "add the kind, or remove it")
	case !has && p.Kind == PoisonTooLarge:
		v.Missing(at, "size", "how long data is that no consumer takes, such as 900KiB")
	default:
		v.Positive(size, p.Size > 0)
	}
}

// shares checks that what faults make of an event's records is no more than
// all of them, and less with those that repeat an ordinary one before them.
func (v *validator) shares() {
	sums, repeats, told := map[string]float64{}, map[string]bool{}, map[string]bool{}
	for i, f := range v.s.Faults {
		t := f.inLoad()
		if t == nil || t.Share <= 0 || t.Share > 1 {
			continue // that is said of the share itself
		}
		event, before := t.Event, sums[t.Event]
		sums[event], repeats[event] = before+float64(t.Share), repeats[event] || f.Poison == nil
		const rounding = 1e-9
		over := sums[event] - 1
		if over < -rounding || over <= rounding && !repeats[event] || told[event] {
			continue
		}
		told[event] = true
		message, hint := fmt.Sprintf("with this, faults make %s of the records of %s", percent(sums[event]), event), "all shares of an event together are at most 100%"
		if over <= rounding {
			message, hint = message+": none is left that could come again", "duplicates and near-identical events repeat a record that no fault makes: leave some"
		}
		v.Error(document.OutOfRange, document.Path{"faults", i, t.field, "share"}, message, hint)
	}
}

func (v *validator) loadTarget(path document.Path, t LoadTarget) {
	if t.Event == "" {
		v.Missing(path, "event", "an event of the load")
	}
	if t.Share == 0 && !v.s.Doc.Has(path.Add("share")...) {
		v.Missing(path, "share", "such as 1%")
	}
	v.Positive(path.Add("share"), t.Share > 0)
}
