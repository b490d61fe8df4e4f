package main

import (
	"slices"
	"strings"
)

// The fields of a fault that are not its action. "for" is heal-after in words.
var faultTimes = map[string]string{"at": "at", "every": "every", "for": "heal-after", "heal-after": "heal-after", "weight": "weight"}

// The fields of an action that are not a name with a text: those that stand
// for true, lists, and maps.
var (
	faultSwitches = []string{"all", "controller", "before-commit", "drop"}
	faultLists    = []string{"brokers", "controllers", "api"}
	faultMaps     = []string{"config"}
)

// faultSubjects are the fields whose name may be left out after an action.
var faultSubjects = map[string]string{"crash": "service", "restart": "service", "delete-topic": "topic", "elect": "unclean"}

// conditionFields are those of when.
var conditionFields = []string{"acks", "lag", "group", "until"}

// faultWords are the words of a fault, as they become the fields of an entry of
// a scenario's faults.
type faultWords struct {
	flag, text   string
	rest         []string
	entry        []pair // all but the action and the condition
	action       string
	target, when []pair
	waits        bool
	// always is whether the fault is part of the load, timed whether words say
	// when it is.
	always, timed bool
}

// parseFault reads a fault in words, such as
// 'at 5s kill leader-of orders/0 for 4s'. It knows how an entry of faults is
// built, and not what is right in it: that is for the scenario's own decoder.
func parseFault(flag, text string) (*faultWords, error) {
	w := &faultWords{flag: flag, text: text, rest: strings.Fields(text)}
	if len(w.rest) == 0 {
		return nil, usageError("write 'at 5s kill broker 1 for 4s'", "--%s is empty", flag)
	}
	for len(w.rest) > 0 {
		if err := w.read(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// read reads a field, with its value if it has one.
func (w *faultWords) read() (err error) {
	word := w.next()
	field, isTime := faultTimes[word]
	switch {
	case isTime:
		w.timed = true
		return w.value(&w.entry, field, word)
	case word == "always":
		w.always, w.timed = true, true
		w.entry = append(w.entry, pair{word, "true"})
		return nil
	case word == "when":
		w.waits, w.timed = true, true
		if len(w.rest) == 0 {
			return nil // the scenario says what is missing
		}
		name := w.next()
		return w.value(&w.when, name, name)
	case w.waits && w.action == "" && slices.Contains(conditionFields, word):
		return w.value(&w.when, word, word)
	case w.action == "":
		w.action = word
		return w.subject()
	case slices.Contains(faultSwitches, word):
		w.target = append(w.target, pair{word, "true"})
		return nil
	case w.waits && slices.Contains(conditionFields, word):
		return w.value(&w.when, word, word)
	}
	return w.value(&w.target, word, word)
}

func (w *faultWords) next() string {
	word := w.rest[0]
	w.rest = w.rest[1:]
	return word
}

// subject reads what an action is on, where its field is left out.
func (w *faultWords) subject() error {
	field, has := faultSubjects[w.action]
	if !has || len(w.rest) == 0 || w.rest[0] == field {
		return nil
	}
	_, isTime := faultTimes[w.rest[0]]
	if isTime || w.rest[0] == "when" {
		return nil
	}
	return w.value(&w.target, field, w.action)
}

// value reads the value of a field; word is what the field is called here.
func (w *faultWords) value(into *[]pair, field, word string) error {
	if len(w.rest) == 0 {
		return usageError("write names and values in turn, such as 'at 5s kill leader-of orders/0 for 4s'", "--%s: %q gives no value to %s", w.flag, w.text, word)
	}
	text := w.next()
	if text == ">" && len(w.rest) > 0 { // lag > 1000
		text += " " + w.next()
	}
	value := scalar(text)
	switch {
	case slices.Contains(faultLists, field):
		value = scalars(strings.Split(text, ","))
	case slices.Contains(faultMaps, field):
		var err error
		if value, err = assignments(w.flag, strings.Split(text, ",")); err != nil {
			return err
		}
	}
	*into = append(*into, pair{field, value})
	return nil
}

// yaml is the entry of faults that the words are equal to.
func (w *faultWords) yaml() string {
	fields := w.entry
	if w.waits {
		fields = append([]pair{{"when", flow(w.when)}}, fields...)
	}
	if w.action != "" {
		fields = append(slices.Clip(fields), pair{w.action, flow(w.target)})
	}
	return flow(fields)
}
