package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
)

// Noun is what it is in a sentence.
func (MoreThan) Noun() string { return "a bound such as '> 1000'" }

// UnmarshalText reads "> 1000", "> 10k".
func (m *MoreThan) UnmarshalText(text []byte) error {
	number, ok := strings.CutPrefix(strings.TrimSpace(string(text)), ">")
	number = strings.TrimSpace(number)
	err := m.Records.UnmarshalText([]byte(number))
	if ok && err == nil && m.Records >= 0 && !strings.HasPrefix(number, "-") {
		return nil
	}
	hint := "write '> 1000', in quotes"
	if !ok && err == nil && m.Records >= 0 {
		hint = fmt.Sprintf("did you mean '> %s'?", number)
	}
	return &document.HintError{Message: fmt.Sprintf("%q is nothing that lag can pass", text), Hint: hint}
}

// String is the bound as a file has it: "> 1000".
func (m MoreThan) String() string { return "> " + m.Records.String() }

// MarshalText writes String's form.
func (m MoreThan) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// condition checks when.
func (v *validator) condition(path document.Path, w When) {
	hasAcks, hasLag := v.s.Doc.Has(path.Add("acks")...), v.s.Doc.Has(path.Add("lag")...)
	if !v.ExactlyOne(path, document.Option{Field: "acks", Set: hasAcks}, document.Option{Field: "lag", Set: hasLag}) {
		return
	}
	v.Positive(path.Add("acks"), w.Acks > 0)
	if group := path.Add("group"); hasAcks && v.s.Doc.Has(group...) {
		v.Conflict(group, path.Add("acks"), "group says nothing with acks", "remove it")
	}
	until := path.Add("until")
	v.Positive(until, w.Until > 0)
	if length, known := v.s.length(); known && time.Duration(w.Until) > length {
		v.Error(BadTiming, until, fmt.Sprintf("the load ends at %s, before %s", document.Duration(length), w.Until), "no fault bites without load: wait less, or make the profile longer")
	}
}

// resolve is the engine's form of what a fault waits for; nil is nothing.
func (w *When) resolve() *fault.Condition {
	if w == nil {
		return nil
	}
	return &fault.Condition{Acks: int64(w.Acks), Group: w.Group, Lag: int64(w.Lag.Records), Until: time.Duration(w.Until)}
}

// checkCondition finds the group whose lag is meant, and refuses what cannot
// come true.
func (r *resolver) checkCondition(w *When, c *fault.Condition, path document.Path) {
	if w == nil || r.plan.blind || r.partial {
		return
	}
	if w.Acks > 0 {
		var due document.Count
		for _, f := range r.plan.Flows {
			due += document.Count(f.Schedule.Total())
		}
		if w.Acks > due {
			r.Error(BadTiming, path.Add("acks"), fmt.Sprintf("the load has only %s records", due), "")
		}
		return
	}
	switch groups := r.plan.groupNames(); {
	case len(groups) == 0:
		r.Error(BadTarget, path.Add("lag"), "no group reads what is sent, so that none has a lag", "start a service whose contract names its group, or list consumers")
	case w.Group == "" && len(groups) > 1:
		r.Error(BadTarget, path.Add("lag"), "several groups have a lag: "+strings.Join(groups, ", "), "say which: group: "+groups[0])
	case w.Group == "":
		c.Group = groups[0]
	default:
		for _, name := range groups {
			if name == w.Group {
				return
			}
		}
		r.Error(BadTarget, path.Add("group"), fmt.Sprintf("no group %s reads what is sent", w.Group), document.Suggest(w.Group, groups))
	}
}
