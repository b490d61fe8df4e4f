package main

import (
	"regexp"
	"strconv"

	"github.com/flowweir/weir/harness/scenario"
)

// weighted is an event or a topic and its share of the profile's rate.
type weighted struct {
	name  string
	topic bool
	share float64
}

// weightForm is a name and its weight. A name may have = itself.
var weightForm = regexp.MustCompile(`^(.*)=(-?[0-9]+(?:\.[0-9]+)?)$`)

// loads are the events and topics, in the order of their flags, events first.
func (f *loadFlags) loads() ([]weighted, error) {
	var all []weighted
	sum := 0.0
	for i, text := range append(append([]string{}, f.events...), f.topics...) {
		l := weighted{name: text, topic: i >= len(f.events), share: 1}
		if m := weightForm.FindStringSubmatch(text); m != nil {
			weight, err := strconv.ParseFloat(m[2], 64)
			if err != nil || weight <= 0 {
				return nil, usageError("leave out what is not to be sent", "%q: the weight is not above 0", text)
			}
			l.name, l.share = m[1], weight
		}
		if l.name == "" {
			return nil, usageError("write --event EVENT or --topic TOPIC", "%q names nothing to send", text)
		}
		sum += l.share
		all = append(all, l)
	}
	for i := range all {
		all[i].share /= sum
	}
	return all, nil
}

// scaled is a field of a profile's part with a share of its rate. What is no
// rate, or none that can be read, stays: the scenario says what is wrong with it.
func scaled(field, text string, share float64) (string, error) {
	if share == 1 {
		return text, nil
	}
	var rate scenario.Rate
	var ramp scenario.Ramp
	switch field {
	case "replay":
		return "", usageError("send one event, or give the others a run of their own", "a replay has no rate that events and topics could share")
	case "hold", "sine", "by", "amplitude":
		if rate.UnmarshalText([]byte(text)) == nil {
			return scenario.Rate(float64(rate) * share).String(), nil
		}
	case "ramp", "step", "spike":
		if ramp.UnmarshalText([]byte(text)) == nil {
			return scenario.Ramp{From: scenario.Rate(float64(ramp.From) * share), To: scenario.Rate(float64(ramp.To) * share)}.String(), nil
		}
	}
	return text, nil
}
