package main

import (
	"regexp"
	"slices"

	"github.com/flowweir/weir/contracts/document"
)

// objectiveForm is a measure, a direction and a bound; before the measure may
// stand over what it is judged.
var objectiveForm = regexp.MustCompile(`^\s*(?:(steady|run|fault|healed|partitions)\.)?([a-z-]+)(?:\.([a-z0-9.]+))?\s*([<>])=?\s*(\S+)\s*$`)

// measures are those of a phase; the first four are latencies, which have
// quantiles.
var measures = []string{"publish", "send", "end-to-end", "effect", "lag", "errors", "achieved"}

// own are measures of a phase of its own.
var own = map[string]string{"unavailable": "fault", "within": "healed"}

// objectivesMap are the objectives by phase and measure, with the quantiles of
// each.
func objectivesMap(objectives []string) (string, error) {
	var phases []pair
	fields := map[string][]pair{}
	quantiles := map[string][]pair{}
	for _, text := range objectives {
		m := objectiveForm.FindStringSubmatch(text)
		if m == nil {
			return "", usageError("write a measure, < or > and a bound: 'publish.p99 < 50ms'", "--objective: %q is no objective", text)
		}
		phase, measure, quantile, direction, bound := m[1], m[2], m[3], m[4], m[5]
		if phase == "" {
			phase = "steady"
		}
		if err := checkObjective(text, phase, measure, quantile, direction); err != nil {
			return "", err
		}
		if fields[phase] == nil {
			phases = append(phases, pair{name: phase})
		}
		at := phase + "." + measure
		switch {
		case quantile != "":
			if quantiles[at] == nil {
				fields[phase] = append(fields[phase], pair{name: measure})
			}
			quantiles[at] = append(quantiles[at], pair{quantile, scalar(bound)})
		case measure == "lag":
			fields[phase] = append(fields[phase], pair{measure, flow([]pair{{"records", scalar(bound)}})})
		default:
			fields[phase] = append(fields[phase], pair{measure, scalar(bound)})
		}
	}
	for i, p := range phases {
		for j, field := range fields[p.name] {
			if q := quantiles[p.name+"."+field.name]; q != nil {
				fields[p.name][j].value = flow(q)
			}
		}
		phases[i].value = flow(fields[p.name])
	}
	return flow(phases), nil
}

// checkObjective says what an objective is not.
func checkObjective(text, phase, measure, quantile, direction string) error {
	want := "<"
	if measure == "achieved" {
		want = ">"
	}
	at := slices.Index(measures, measure)
	switch {
	case own[measure] != "" && own[measure] != phase:
		return usageError("write "+own[measure]+"."+measure, "--objective: %s is no measure of the phase %s", measure, phase)
	case own[measure] == "" && at < 0:
		return usageError(document.Suggest(measure, measures), "--objective: nothing measures %q", measure)
	case (own[measure] == "" && at < 4) != (quantile != ""):
		return usageError("latencies have a quantile, such as publish.p99; lag, errors and achieved have none", "--objective: %q is no objective", text)
	case direction != want:
		return usageError("write "+want, "--objective: %s is bounded from the other side", measure)
	}
	return nil
}
