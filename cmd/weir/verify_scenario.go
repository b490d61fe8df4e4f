package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// scenario is what is started: a scenario without load and faults, made of
// flags or of the file that --services names.
func (f *verifyFlags) scenario(file string) (*scenario.Scenario, error) {
	if f.services != "" {
		return f.staged(file)
	}
	in, err := gather(append([]string{file}, f.with...))
	if err != nil {
		return nil, err
	}
	f.workspace = in.workspace
	contract := in.contractOf(file)
	if contract == nil || finding.Errors(in.findings) > 0 {
		return nil, &scenario.PlanError{Findings: in.findings}
	}
	sc := &scenario.Scenario{
		Name: "verify", AllowDestructive: f.destructive, Contracts: in.around(contract, f.with),
		Cluster: scenario.Cluster{Brokers: f.brokers, ClientConfig: f.clientConfig},
	}
	if f.build+f.command+f.image == "" {
		if f.place.cluster.value != cluster.External {
			return nil, usageError("give it by --build, --command, --image or --services; or give --bootstrap, where it runs already", "weir verify needs the service of %s", contract.Service.Name)
		}
		return sc, nil
	}
	service, err := f.service(contract)
	sc.Services = []scenario.Service{service}
	return sc, err
}

// contractIn is a contract's file, or the one that is in a directory.
func contractIn(name string) (string, error) {
	if !isDir(name) {
		return name, nil
	}
	in, err := gather([]string{name})
	if err != nil {
		return "", err
	}
	var files []string
	for _, c := range in.contracts {
		if inside(c.Doc.File(), name) {
			files = append(files, c.Doc.File())
		}
	}
	switch {
	case len(files) == 1:
		return files[0], nil
	case len(files) > 1:
		return "", usageError("name one of them: "+strings.Join(files, ", "), "there are %d contracts in %s", len(files), name)
	case finding.Errors(in.findings) > 0:
		return "", &scenario.PlanError{Findings: in.findings}
	}
	return "", usageError("name a contract's file, such as weir.yaml", "there is no contract in %s", name)
}

// staged is the scenario of --services, without what verify does not do.
func (f *verifyFlags) staged(file string) (*scenario.Scenario, error) {
	from, findings := scenario.LoadFile(f.services)
	if finding.Errors(findings) > 0 {
		return nil, &scenario.PlanError{Findings: findings}
	}
	sc := &scenario.Scenario{
		Doc: from.Doc, Name: from.Name, Cluster: from.Cluster, Contracts: from.Contracts, Topics: from.Topics, Services: from.Services, Guard: from.Guard,
		AllowDestructive: from.AllowDestructive || f.destructive,
	}
	if f.clientConfig != "" {
		sc.Cluster.ClientConfig = f.clientConfig
	}
	if f.brokers != 0 {
		sc.Cluster.Brokers = f.brokers
	}
	// Paths in the scenario are relative to its file.
	for _, name := range append([]string{file}, f.with...) {
		full, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		named := slices.ContainsFunc(sc.Contracts, func(c string) bool {
			return absolute(filepath.Join(filepath.Dir(f.services), filepath.FromSlash(c))) == filepath.ToSlash(full)
		})
		if !named {
			sc.Contracts = append(slices.Clone(sc.Contracts), full)
		}
	}
	return sc, nil
}

// contractOf is the contract that was read from a file.
func (in *inputs) contractOf(file string) *contracts.Contract {
	for _, c := range in.contracts {
		if absolute(c.Doc.File()) == absolute(file) {
			return c
		}
	}
	return nil
}

// around are the files of a contract, of those that say what its events are
// like, and of those that were given.
func (in *inputs) around(contract *contracts.Contract, given []string) []string {
	events := map[string]bool{}
	for _, c := range contract.Consumes {
		events[c.Event] = true
		if c.Effect != nil {
			events[c.Effect.Event] = true
		}
	}
	for _, p := range contract.Produces {
		if p.Trigger != nil {
			events[p.Trigger.Event] = true
		}
	}
	files := []string{contract.Doc.File()}
	for _, c := range in.contracts {
		says := slices.ContainsFunc(c.Produces, func(p contracts.Produces) bool { return events[p.Event] }) ||
			slices.ContainsFunc(given, func(name string) bool { return inside(c.Doc.File(), name) })
		if says && c != contract {
			files = append(files, c.Doc.File())
		}
	}
	return files
}

// service is the one that flags name.
func (f *verifyFlags) service(contract *contracts.Contract) (scenario.Service, error) {
	s := scenario.Service{Name: contract.Service.Name, Build: f.build, Image: f.image, Args: f.args, URL: f.url, Env: map[string]string{}}
	if f.command != "" {
		command, err := words(f.command)
		if err != nil || len(command) == 0 {
			return s, usageError("write a program and its arguments, such as './orders --port 8080'", "--command: %q is no command", f.command)
		}
		s.Command = command
	}
	for _, text := range f.env {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return s, usageError("write NAME=VALUE", "--env: %q gives no value to a name", text)
		}
		s.Env[name] = value
	}
	ready, err := f.readiness(contract)
	s.Ready = ready
	return s, err
}

// readyForms are the forms of --ready.
var readyForms = []string{"group", "http", "tcp", "log", "timeout"}

// readiness is when the service can be used: by default when the group of the
// first event that it consumes is.
func (f *verifyFlags) readiness(contract *contracts.Contract) (*scenario.Ready, error) {
	r := &scenario.Ready{}
	for _, text := range f.ready {
		kind, value, found := strings.Cut(text, "=")
		if !found || value == "" {
			return nil, usageError("write group=NAME, http=/PATH, tcp=HOST:PORT, log=REGEXP or timeout=60s", "--ready: %q is no condition", text)
		}
		switch kind {
		case "group":
			r.Group = value
		case "http":
			r.HTTP = value
		case "tcp":
			r.TCP = value
		case "log":
			r.Log = value
		case "timeout":
			if err := r.Timeout.UnmarshalText([]byte(value)); err != nil || r.Timeout <= 0 {
				return nil, usageError("write a duration such as 60s", "--ready: %q is no time", value)
			}
		default:
			return nil, usageError(document.Suggest(kind, readyForms), "--ready: there is no condition %q", kind)
		}
	}
	if r.Group+r.HTTP+r.TCP+r.Log != "" {
		return r, nil
	}
	for _, c := range contract.Consumes {
		if c.Group != "" {
			r.Group = c.Group
			break
		}
	}
	return r, nil
}

// words splits a text at spaces. Single and double quotes keep spaces; nothing
// else has a meaning.
func words(text string) ([]string, error) {
	var out []string
	var word strings.Builder
	var quote rune
	within := false
	for _, r := range text {
		switch {
		case r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, within = r, true
		case unicode.IsSpace(r):
			if within {
				out = append(out, word.String())
			}
			word.Reset()
			within = false
		default:
			word.WriteRune(r)
			within = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote is not closed: %s", text)
	}
	if within {
		out = append(out, word.String())
	}
	return out, nil
}

// valueAt is a value for a place: JSON in the data, where it is that, and else
// the text itself.
func valueAt(at, text string) any {
	if !strings.HasPrefix(at, "$") {
		return text
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil || decoder.More() {
		return text
	}
	return v
}
