package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// facet is a part of what a run says of itself, by the paths of its values:
// "brokers", "config.min.insync.replicas".
type facet struct {
	id       string
	severity finding.Severity
	// file is where the run says it, hint what to do.
	file, hint string
	values     func(*run.Record) map[string]string
}

const (
	scenarioFile = "scenario.json"

	sameWork = "compare runs of one workload: what is offered must be the same on both sides"
	mayBeIt  = "if that is what you compare, all is well; if not, the difference is also its doing"
)

// facets are compared in this order. The parts of the scenario are compared
// only where one version of Weir wrote them: their shape is its own.
func facets(sameWriter bool) []facet {
	all := []facet{
		{idWorkload, finding.Error, "run.json", sameWork, func(r *run.Record) map[string]string {
			loads := slices.Clone(r.Run.Loads)
			for i := range loads {
				loads[i].Producer, loads[i].Sender = nil, ""
			}
			return flatten("load", loads)
		}},
		{idWorkload, finding.Error, "results.json", sameWork, func(r *run.Record) map[string]string {
			if r.Results == nil {
				return nil
			}
			var faults []string
			for _, f := range r.Results.Faults {
				faults = append(faults, strings.TrimSpace(f.Kind+" "+f.Target))
			}
			return flatten("fault", faults)
		}},
		{idClusterKind, finding.Error, "run.json", "compare runs on one kind of cluster", func(r *run.Record) map[string]string {
			return flatten("cluster kind", r.Run.Cluster.Kind)
		}},
		{idCluster, finding.Warning, "run.json", mayBeIt, func(r *run.Record) map[string]string {
			c := r.Run.Cluster
			c.Kind, c.Bootstrap, c.Notes = "", nil, nil
			return flatten("cluster", c)
		}},
		{idTopics, finding.Warning, "run.json", mayBeIt, func(r *run.Record) map[string]string {
			topics := slices.Clone(r.Run.Topics)
			for i := range topics {
				topics[i].Created = false
			}
			return flatten("topic", topics)
		}},
		{idProducer, finding.Warning, "run.json", mayBeIt, func(r *run.Record) map[string]string {
			var settings []map[string]string
			for _, l := range r.Run.Loads {
				settings = append(settings, l.Producer)
			}
			return flatten("producer", settings)
		}},
		{idServices, finding.Warning, "run.json", mayBeIt, func(r *run.Record) map[string]string {
			var services []run.Service
			for _, s := range r.Run.Services {
				services = append(services, run.Service{Name: s.Name, Kind: s.Kind, Command: s.Command})
			}
			return flatten("service", services)
		}},
		{idScenario, finding.Warning, "run.json", mayBeIt, func(r *run.Record) map[string]string { return flatten("scenario", r.Run.Name) }},
		{idHost, finding.Warning, "run.json", "compare runs of one machine: no statistics takes back what another one does", func(r *run.Record) map[string]string {
			return flatten("host", r.Run.Host)
		}},
		{idWeir, finding.Warning, "run.json", "make both sides with one version", func(r *run.Record) map[string]string { return flatten("weir", r.Run.Weir) }},
	}
	if sameWriter {
		all = append(all, facet{idWorkload, finding.Error, scenarioFile, sameWork, work})
	}
	return all
}

// work are the parts of a scenario that say what is offered to the flow.
func work(r *run.Record) map[string]string {
	var scenario map[string]any
	if err := decode(r.Scenario, &scenario); err != nil {
		return nil // not an object: there is nothing to compare
	}
	all := map[string]string{}
	for name, part := range scenario {
		name = strings.ToLower(name)
		switch name {
		case "load":
			loads, _ := part.([]any)
			for _, l := range loads {
				if fields, ok := l.(map[string]any); ok {
					maps.DeleteFunc(fields, func(k string, _ any) bool { return strings.EqualFold(k, "producer") })
				}
			}
		case "faults", "consumers", "warmup":
		default:
			continue
		}
		walk(name, part, all)
	}
	return all
}

// differences finds the facets in which the runs are not alike.
func differences(base, candidate []*run.Record) []finding.Finding {
	runs := slices.Concat(base, candidate)
	sameWriter := !slices.ContainsFunc(runs, func(r *run.Record) bool { return r.Run.Weir != runs[0].Run.Weir })
	var all []finding.Finding
	for _, f := range facets(sameWriter) {
		if f.file == scenarioFile && slices.ContainsFunc(all, func(x finding.Finding) bool { return x.ID == f.id }) {
			continue // run.json has said it already
		}
		values := make([]map[string]string, len(runs))
		paths := map[string]bool{}
		for i, rec := range runs {
			values[i] = f.values(rec)
			for p := range values[i] {
				paths[p] = true
			}
		}
		all = append(all, f.compare(runs, len(base), values, slices.Sorted(maps.Keys(paths)))...)
	}
	return all
}

// compare makes one finding of all paths whose values are not the same in all
// runs, of which the first nBase are those of the base.
func (f facet) compare(runs []*run.Record, nBase int, values []map[string]string, paths []string) []finding.Finding {
	const most = 3
	var said []string
	where := 0
	for _, p := range paths {
		differs := func(from, to int) int { // the first run that differs from run from
			for i := from + 1; i < to; i++ {
				if values[i][p] != values[from][p] {
					return i
				}
			}
			return -1
		}
		other := differs(0, len(runs))
		if other < 0 {
			continue
		}
		if len(said) == 0 {
			where = other
		}
		one, two := "the base", "the candidate"
		if other != nBase || differs(nBase, len(runs)) >= 0 {
			one, two = runs[0].Run.ID, runs[other].Run.ID
		}
		said = append(said, fmt.Sprintf("%s is %s in %s and %s in %s", p, shown(values[0][p]), one, shown(values[other][p]), two))
	}
	if len(said) == 0 {
		return nil
	}
	if more := len(said) - most; more > 0 {
		said = append(said[:most], fmt.Sprintf("and %d more", more))
	}
	return []finding.Finding{{ID: f.id, Severity: f.severity, Position: at(runs[where], f.file), Message: strings.Join(said, "; "), Hint: f.hint}}
}

// flatten are the values of v, as JSON has them, by their paths.
func flatten(name string, v any) map[string]string {
	all := map[string]string{}
	var tree any
	b, err := json.Marshal(v)
	if err == nil {
		err = decode(b, &tree)
	}
	if err == nil { // what was read from JSON can be written as it
		walk(name, tree, all)
	}
	return all
}

func decode(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(into)
}

// walk leaves out what is empty: absent, null, "" and false are one.
func walk(name string, v any, into map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			walk(name+" "+k, x, into)
		}
	case []any:
		for i, x := range v {
			walk(fmt.Sprintf("%s %d", name, i+1), x, into)
		}
	case nil, bool, string, json.Number:
		if v != nil && v != "" && v != false {
			into[name] = fmt.Sprint(v)
		}
	}
}
