package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/document"
)

// fault checks one entry of faults: one action, a time at which it can bite,
// and a target.
func (v *validator) fault(path document.Path, f Fault) {
	if v.action(path, f) {
		v.timing(path, f, f.inLoad() != nil)
	}
}

// action checks what a fault does and to what, and says whether it is one.
func (v *validator) action(path document.Path, f Fault) bool {
	if !v.ExactlyOne(path,
		document.Option{Field: "kill", Set: f.Kill != nil},
		document.Option{Field: "stop", Set: f.Stop != nil},
		document.Option{Field: "pause", Set: f.Pause != nil},
		document.Option{Field: "wipe", Set: f.Wipe != nil},
		document.Option{Field: "isolate", Set: f.Isolate != nil},
		document.Option{Field: "fill-disk", Set: f.FillDisk != nil},
		document.Option{Field: "rolling-restart", Set: f.Rolling != nil},
		document.Option{Field: "elect", Set: f.Elect != nil},
		document.Option{Field: "crash", Set: f.Crash != nil},
		document.Option{Field: "restart", Set: f.Restart != nil},
		document.Option{Field: "cut", Set: f.Cut != nil},
		document.Option{Field: "reset", Set: f.Reset != nil},
		document.Option{Field: "latency", Set: f.Latency != nil},
		document.Option{Field: "bandwidth", Set: f.Bandwidth != nil},
		document.Option{Field: "reply", Set: f.Reply != nil},
		document.Option{Field: "delete-topic", Set: f.DeleteTopic != nil},
		document.Option{Field: "alter-topic", Set: f.AlterTopic != nil},
		document.Option{Field: "quota", Set: f.Quota != nil},
		document.Option{Field: "poison", Set: f.Poison != nil},
		document.Option{Field: "duplicate", Set: f.Duplicate != nil},
		document.Option{Field: "near-identical", Set: f.Similar != nil},
	) {
		return false
	}
	for _, action := range []struct {
		field  string
		target *Target
	}{{"kill", f.Kill}, {"stop", f.Stop}, {"wipe", f.Wipe}, {"fill-disk", f.FillDisk}, {"rolling-restart", f.Rolling}} {
		if action.target != nil {
			v.target(path.Add(action.field), *action.target)
		}
	}
	if f.Isolate != nil {
		at := path.Add("isolate")
		v.target(at, f.Isolate.Target)
		v.OneOf(at.Add("network"), f.Isolate.Network, "replication", "controller")
	}
	if f.Pause != nil {
		v.target(path.Add("pause"), f.Pause.Target, document.Option{Field: "service", Set: f.Pause.Service != ""})
	}
	if f.Elect != nil {
		at := path.Add("elect")
		if f.Elect.Unclean == "" {
			v.Missing(at, "unclean", "write elect: {unclean: order.events/0}")
		} else {
			v.topicPartition(at.Add("unclean"), f.Elect.Unclean)
		}
	}
	if f.Crash != nil && f.Crash.Service == "" {
		v.Missing(path.Add("crash"), "service", "")
	}
	if f.Restart != nil && f.Restart.Service == "" {
		v.Missing(path.Add("restart"), "service", "")
	}
	v.links(path, f)
	v.changes(path, f)
	v.inLoad(path, f)
	return true
}

// timing checks at, always and heal-after. Faults in the load are there all
// the time; the others happen once, while there is load.
func (v *validator) timing(path document.Path, f Fault, inLoad bool) {
	at, has := path.Add("at"), v.s.Doc.Has(path.Add("at")...)
	if v.s.Doc.Has(path.Add("every")...) {
		v.every(path, f)
		has = true
	}
	switch {
	case f.When != nil && (f.Always || has):
		field := "at"
		switch {
		case f.Always:
			field = "always"
		case f.Every != 0:
			field = "every"
		}
		v.Conflict(path.Add("when"), path.Add(field), "when excludes "+field, "keep one of them")
	case f.When != nil && inLoad:
		v.ErrorAtKey(NotBuilt, path.Add("when"), "faults in the load from a moment on are not built yet", "write always: true")
	case f.When != nil:
		v.condition(path.Add("when"), *f.When)
	case f.Every != 0 && (f.Always || inLoad):
		v.ErrorAtKey(document.Conflicting, path.Add("every"), "what is part of the load does not come again", "remove it")
	case f.Always && has:
		v.Conflict(at, path.Add("always"), "at excludes always", "keep one of them")
	case inLoad && has:
		v.ErrorAtKey(NotBuilt, at, "faults in the load from a moment on are not built yet", "write always: true")
	case inLoad && !f.Always:
		v.Missing(path, "always", "it is part of the load: write always: true")
	case !inLoad && f.Always:
		v.ErrorAtKey(BadTiming, path.Add("always"), "only poison, duplicate and near-identical can be there always", "say when: at: 20s")
	case !inLoad && !has && (v.s.Doc.Misspelt(path, "every") || v.s.Doc.Misspelt(path, "when")):
	case !inLoad && !has:
		v.Missing(path, "at", "the time since the load began, such as 20s, or when: something is true")
	case f.At < 0:
		v.Error(BadTiming, at, "at cannot be negative: it counts from the load's begin", "")
	case !inLoad:
		if length, known := v.s.length(); known && time.Duration(f.At) >= length {
			v.Error(BadTiming, at, fmt.Sprintf("the fault at %s comes after the load, which ends at %s", f.At, document.Duration(length)), "no fault bites without load: make the profile longer or the fault earlier")
		}
	}
	v.healing(path, f, inLoad)
}

// mostRepeats bounds how often a fault comes again.
const mostRepeats = 1000

// every checks a fault that comes again: it must be healed before it does.
func (v *validator) every(path document.Path, f Fault) {
	at := path.Add("every")
	v.Positive(at, f.Every > 0)
	resolved, err := f.resolve(0)
	if f.Every <= 0 || err != nil || v.s.Doc.Failed(path.Add("heal-after")...) {
		return
	}
	length, known := v.s.length()
	lasts, bounded := resolved.Lasts()
	switch {
	case known && time.Duration(f.Every) >= length:
		v.Error(BadTiming, at, fmt.Sprintf("the load ends at %s, before the fault comes again", document.Duration(length)), "make the profile longer, or say at when it begins")
	case known && length/time.Duration(f.Every) > mostRepeats:
		v.Error(document.OutOfRange, at, fmt.Sprintf("within the load of %s it comes more than %d times", document.Duration(length), mostRepeats), "")
	case bounded && lasts >= time.Duration(f.Every):
		v.Error(BadTiming, at, fmt.Sprintf("it comes again after %s, and is healed only after %s", f.Every, document.Duration(lasts)), "let it be healed before it comes again")
	case !bounded && f.HealAfter == 0 && f.Restart == nil && f.Rolling == nil && f.Crash == nil && f.inLoad() == nil:
		v.Missing(path, "heal-after", "a fault that comes again must be healed before it does")
	}
}

// healing checks heal-after, which an election and restarts cannot use.
func (v *validator) healing(path document.Path, f Fault, inLoad bool) {
	at := path.Add("heal-after")
	if !v.s.Doc.Has(at...) {
		return
	}
	switch {
	case f.HealAfter < 0:
		v.Error(document.OutOfRange, at, "heal-after cannot be negative", "")
	case inLoad:
		v.ErrorAtKey(document.Conflicting, at, "heal-after says nothing with faults in the load", "remove it")
	case f.Elect != nil:
		v.Conflict(at, path.Add("elect"), "an election cannot be healed", "remove heal-after")
	case f.Restart != nil:
		v.Conflict(at, path.Add("restart"), "a restart heals by itself", "remove heal-after")
	case f.Rolling != nil:
		v.Conflict(at, path.Add("rolling-restart"), "a rolling restart heals by itself", "remove heal-after")
	}
}

func (v *validator) topicPartition(path document.Path, text string) {
	if _, err := parseTopicPartition(text); err != nil {
		hint := ""
		if !strings.Contains(text, "/") {
			hint = fmt.Sprintf("name a partition: %s/0", text)
		}
		v.Error(BadTarget, path, err.Error(), hint)
	}
}
