package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
)

// yamlWriter writes the few forms of YAML that a scenario made of flags has.
type yamlWriter struct{ bytes.Buffer }

// plain is text that means itself in YAML, also within a flow map.
var plain = regexp.MustCompile(`^[A-Za-z0-9./][A-Za-z0-9_./%+-]*$`)

// scalar is a text, quoted where it needs it.
func scalar(text string) string {
	if plain.MatchString(text) {
		return text
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b) // JSON text is YAML text too
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // never errs
	return strings.TrimSuffix(b.String(), "\n")
}

func scalars(texts []string) string {
	quoted := make([]string, len(texts))
	for i, t := range texts {
		quoted[i] = scalar(t)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// pair is a field and its value, which is YAML already.
type pair struct{ name, value string }

func flow(pairs []pair) string {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		parts[i] = scalar(p.name) + ": " + p.value
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// field writes a field unless it is empty.
func (w *yamlWriter) field(indent, name, value string) {
	if value != "" && value != "{}" && value != "[]" {
		fmt.Fprintf(w, "%s%s: %s\n", indent, name, value)
	}
}

func (w *yamlWriter) list(name string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(w, "%s:\n", name)
	for _, item := range items {
		fmt.Fprintf(w, "  - %s\n", item)
	}
}

// scenario is the scenario file that the flags are equal to. It errs where a
// flag has not its form; the scenario's own checks say the rest.
func (f *loadFlags) scenario() ([]byte, error) {
	loads, err := f.loads()
	if err != nil {
		return nil, err
	}
	if err := f.complete(len(loads) > 0); err != nil {
		return nil, err
	}
	w := &yamlWriter{}
	w.field("", "weir", scenario.Version)
	w.field("", "name", scalar(f.name))
	if f.seed != nil {
		w.field("", "seed", fmt.Sprint(*f.seed))
	}
	w.field("", "cluster", f.clusterMap())
	w.field("", "contracts", scalars(f.contracts))
	if len(loads) == 0 {
		w.field("", "for", scalar(f.length))
	} else {
		w.WriteString("load:\n")
	}
	for _, l := range loads {
		if err := f.entry(w, l); err != nil {
			return nil, err
		}
	}
	groups, err := f.groups()
	if err != nil {
		return nil, err
	}
	w.list("consumers", groups)
	background, err := f.backgroundMap()
	if err != nil {
		return nil, err
	}
	w.field("", "background", background)
	w.field("", "invariants", scalars(f.held(len(loads) > 0)))
	objectives, err := objectivesMap(f.objectives)
	if err != nil {
		return nil, err
	}
	w.field("", "objectives", objectives)
	if f.warmup != "" {
		w.field("", "warmup", scalar(f.warmup))
	}
	return w.Bytes(), nil
}

// complete says which flags are missing.
func (f *loadFlags) complete(load bool) error {
	switch {
	case !load && len(f.consumers) == 0:
		return usageError("weir load --contract weir.yaml --event EVENT --rate 100/s --for 10s, or weir load --topic TOPIC --size 1KiB --rate 100/s --for 10s", "weir load needs --event or --topic")
	case len(f.events) > 0 && len(f.contracts) == 0:
		return usageError("weir load --contract weir.yaml --event EVENT --rate 100/s --for 10s", "weir load needs --contract")
	case !load && f.rate+strings.Join(f.profile, "") != "":
		return usageError("name what is sent: --event EVENT or --topic TOPIC", "--rate and --profile need something to send")
	case !load && f.length == "":
		return usageError("write --for 60s", "weir load that only reads needs --for")
	case load && (f.rate == "") != (f.length == ""):
		return usageError("write --rate 1000/s --for 30s", "--rate and --for belong together")
	case load && f.rate == "" && len(f.profile) == 0:
		return usageError("write --rate 1000/s --for 30s", "weir load needs --rate or --profile")
	case len(f.consumers) == 0 && len(f.consumer) > 0:
		return usageError("name the groups: --consumers GROUP:TOPIC:N", "--consumer needs --consumers")
	case len(f.topics) == 0 && f.produceOnly:
		return usageError("events are observed, as their consumers are: leave it out", "--produce-only needs --topic")
	case len(f.topics) == 0 && f.payload.size+f.payload.random+f.payload.tombstones != "":
		return usageError("an event's values are made from its schema", "--size, --random and --tombstones need --topic")
	case len(f.events) == 0 && f.payload.examples:
		return usageError("take the values of a topic from files: --corpus PATH", "--examples needs --event")
	}
	return nil
}

// held are the invariants: no-loss where none is asked for and what was sent is
// read back.
func (f *loadFlags) held(load bool) []string {
	if f.invariants == nil && load && !f.produceOnly {
		return []string{"no-loss"}
	}
	return f.invariants
}

// entry writes an entry of load.
func (f *loadFlags) entry(w *yamlWriter, l weighted) error {
	field, values := "event", &f.payload
	if l.topic {
		field = "topic"
	}
	w.WriteString("  - " + field + ": " + scalar(l.name) + "\n")
	for _, part := range []struct {
		name string
		make func() (string, error)
	}{
		{"profile", func() (string, error) { return f.profileList(l.share) }}, {"keys", f.keysMap},
		{"payload", func() (string, error) { return values.payload(l.topic) }},
		{"headers", func() (string, error) { return assignments("header", f.headers) }},
		{"producer", func() (string, error) { return assignments("producer", f.producer) }},
		{"transactions", f.transactionsMap},
	} {
		value, err := part.make()
		if err != nil {
			return err
		}
		w.field("    ", part.name, value)
	}
	if l.topic && values.tombstones != "" {
		w.field("    ", "tombstones", scalar(values.tombstones))
	}
	if l.topic && f.produceOnly {
		w.field("    ", "observe", "false")
	}
	if !l.topic && values.examples {
		w.field("    ", "examples", "true")
	}
	return nil
}

func (f *loadFlags) clusterMap() string {
	var pairs []pair
	if f.cluster.value != "" {
		pairs = append(pairs, pair{"kind", f.cluster.value})
	}
	if f.brokers != nil {
		pairs = append(pairs, pair{"brokers", fmt.Sprint(*f.brokers)})
	}
	if len(f.bootstrap) > 0 {
		pairs = append(pairs, pair{"bootstrap", scalars(f.bootstrap)})
	}
	if f.clientConfig != "" {
		pairs = append(pairs, pair{"client-config", scalar(f.clientConfig)})
	}
	return flow(pairs)
}

func (f *loadFlags) transactionsMap() (string, error) {
	if f.transactions == "" {
		return "", nil
	}
	records, share, some := strings.Cut(f.transactions, ":")
	pairs := []pair{{"records", scalar(records)}}
	if some {
		pairs = append(pairs, pair{"abort", scalar(share)})
	}
	return flow(pairs), nil
}

func (f *loadFlags) backgroundMap() (string, error) {
	if f.background == "" {
		return "", nil
	}
	topics, partitions, found := strings.Cut(f.background, "x")
	if !found || topics == "" || partitions == "" {
		return "", usageError("write 10x100 for 10 topics of 100 partitions", "--background: %q is no number of topics and of partitions", f.background)
	}
	return flow([]pair{{"topics", scalar(topics)}, {"partitions", scalar(partitions)}}), nil
}

// profileList are the parts of the profile: a kind with its value, then
// fields with theirs, as a scenario has them.
func (f *loadFlags) profileList(share float64) (string, error) {
	var parts []string
	for _, text := range f.profile {
		words := strings.Fields(text)
		if len(words) > 2 && words[0] == "replay" { // a path may have spaces
			_, path, _ := strings.Cut(strings.TrimSpace(text), "replay")
			words = []string{"replay", strings.TrimSpace(path)}
		}
		if len(words) == 0 || len(words)%2 != 0 {
			return "", usageError("write names and values in turn, such as 'ramp 0..5000/s over 10s'", "--profile: %q is no part of a profile", text)
		}
		var pairs []pair
		for i := 0; i < len(words); i += 2 {
			value, err := scaled(words[i], words[i+1], share)
			if err != nil {
				return "", err
			}
			pairs = append(pairs, pair{words[i], scalar(value)})
		}
		parts = append(parts, flow(pairs))
	}
	if f.rate != "" {
		rate, err := scaled("hold", f.rate, share)
		if err != nil {
			return "", err
		}
		parts = append(parts, flow([]pair{{"hold", scalar(rate)}, {"for", scalar(f.length)}}))
	}
	return "[" + strings.Join(parts, ", ") + "]", nil
}

// keyForms are the forms of --keys.
var keyForms = []string{"uniform", "zipf", "hot", "sequential", "file"}

func (f *loadFlags) keysMap() (string, error) {
	if f.keys == "" {
		return "", nil
	}
	kind, rest, _ := strings.Cut(f.keys, ":")
	if !slices.Contains(keyForms, kind) {
		return "", usageError(document.Suggest(kind, keyForms), "--keys: there is no distribution %q", kind)
	}
	if kind == "file" {
		return flow([]pair{{"file", scalar(rest)}}), nil
	}
	parts := strings.Split(rest, ":")
	forms := map[string]struct {
		text    string
		at, max int // where the cardinality stands, and how many parts there are
	}{"uniform": {"uniform:10k", 0, 1}, "sequential": {"sequential:1k", 0, 1}, "zipf": {"zipf:1.1:100k", 1, 2}, "hot": {"hot:10:80%:100k", 2, 3}}
	form := forms[kind]
	if rest == "" || slices.Contains(parts, "") || len(parts) < max(form.at, 1) || len(parts) > form.max {
		return "", usageError("write "+form.text, "--keys: %q is not of the form of %s keys", f.keys, kind)
	}
	var pairs []pair
	switch kind {
	case "zipf":
		pairs = append(pairs, pair{"zipf", scalar(parts[0])})
	case "hot":
		pairs = append(pairs, pair{"hot", flow([]pair{{"keys", scalar(parts[0])}, {"share", scalar(parts[1])}})})
	case "sequential":
		pairs = append(pairs, pair{"sequential", "true"})
	}
	if len(parts) > form.at {
		pairs = append(pairs, pair{"cardinality", scalar(parts[form.at])})
	}
	return flow(pairs), nil
}

// assignments are NAME=VALUE as a map, in their order.
func assignments(flag string, texts []string) (string, error) {
	var pairs []pair
	for _, text := range texts {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return "", usageError("write NAME=VALUE", "--%s: %q gives no value to a name", flag, text)
		}
		pairs = append(pairs, pair{name, scalar(value)})
	}
	return flow(pairs), nil
}

// groupSettings are the fields of --consumer.
func (f *loadFlags) groupSettings() ([]pair, error) {
	var pairs []pair
	for _, text := range f.consumer {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return nil, usageError("write NAME=VALUE", "--consumer: %q gives no value to a name", text)
		}
		if name != "process" {
			pairs = append(pairs, pair{name, scalar(value)})
			continue
		}
		process, err := sizeOf("consumer", value, "process=5ms")
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{name, process})
	}
	return pairs, nil
}

func (f *loadFlags) groups() ([]string, error) {
	settings, err := f.groupSettings()
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, text := range f.consumers {
		parts := strings.Split(text, ":")
		if len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, "") {
			return nil, usageError("write GROUP:TOPIC or GROUP:TOPIC:N", "--consumers: %q names no group and topic", text)
		}
		pairs := []pair{{"group", scalar(parts[0])}, {"topics", scalars(parts[1:2])}}
		if len(parts) == 3 {
			pairs = append(pairs, pair{"members", scalar(parts[2])})
		}
		groups = append(groups, flow(append(pairs, settings...)))
	}
	return groups, nil
}
