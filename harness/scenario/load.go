package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// The ids of what LoadFile finds beside those of package document and, for
// topics, of package contracts.
const (
	BadVersion       = "scenario/version"
	BadTarget        = "scenario/target"
	BadTiming        = "scenario/timing"
	BadReady         = "scenario/ready"
	UnknownInvariant = "scenario/unknown-invariant"
	DuplicateName    = "scenario/duplicate"
)

// The ways in which load reaches the flow.
const (
	// ViaTopic: Weir stands in for the producer.
	ViaTopic = "topic"
	// ViaTrigger: the contract's trigger is driven at the rate.
	ViaTrigger = "trigger"
)

// Rules are the ids of this package, of LoadFile and of Resolve, each with one
// line on what it finds.
func Rules() []finding.Rule {
	return []finding.Rule{
		{ID: BadVersion, Summary: "The field weir is not scenario/v1."},
		{ID: BadTarget, Summary: "A fault's target is not topic/partition, or no broker."},
		{ID: BadTiming, Summary: "A fault happens before the load begins or after it ended, or says no time."},
		{ID: BadReady, Summary: "A service's readiness cannot be checked: a pattern that does not compile, an HTTP path without url."},
		{ID: UnknownInvariant, Summary: "An invariant that does not exist."},
		{ID: Inapplicable, Summary: "An invariant that nothing in the scenario could break, or show to be broken."},
		{ID: DuplicateName, Summary: "Two entries have the same name."},
		{ID: UnknownEvent, Summary: "An event that no contract of the scenario produces, or that the load does not have."},
		{ID: SameEffect, Summary: "Two consumers have effects that nothing tells apart, so neither can be judged."},
		{ID: UnknownTopic, Summary: "A topic, or a partition of one, that no contract of the scenario has."},
		{ID: UnknownService, Summary: "A service that the scenario does not start."},
		{ID: NoTrigger, Summary: "Load via trigger of an event whose contract gives none."},
		{ID: BadLoad, Summary: "A load that cannot be made as it is written."},
		{ID: NotBuilt, Summary: "Something that the file format has and this version of Weir cannot do."},
		{ID: BadBuild, Summary: "A service that does not compile."},
		{ID: BadCommand, Summary: "A program of a service that is not there or cannot be executed."},
		{ID: BadTemplate, Summary: "A template of a service that cannot be expanded."},
		{ID: BadCluster, Summary: "A cluster that its kind cannot be: a setting that brokers do not take, or too many of them."},
		{ID: BadBootstrap, Summary: "No addresses of an external cluster, or one that is no host:port."},
		{ID: BadClientConfig, Summary: "A client.properties that cannot be read, or that asks for what Weir cannot do."},
		{ID: BadTopic, Summary: "A topic that the brokers cannot have: more replicas than there are brokers, a setting that they refuse."},
		{ID: BadMetrics, Summary: "Metrics of the brokers that cannot be taken: an address that is none, labels or a series that cannot be read."},
		{ID: BadDatabase, Summary: "The address of a service's database is none, has a password in the file, or is of a kind without a driver."},
		{ID: Guarded, Summary: "A run that could harm a cluster that others use, or writes more than guard.max-bytes."},
		{ID: Failed, Summary: "Something ended that the run needs: a service died by itself, or a load could not go on."},
	}
}

// LoadFile reads one scenario file, by its path on this machine, and checks it by
// itself; what it says about contracts is checked when they are read. The
// scenario is never nil; it is complete only without findings.
func LoadFile(file string) (*Scenario, []finding.Finding) { return loadFile(file, document.Over{}) }

// LoadFileWithFaults is LoadFile with other faults: src is YAML with the fields
// faults and random, in place of both in the file. name is what findings show
// as the file of what is wrong in src.
func LoadFileWithFaults(file, name string, src []byte) (*Scenario, []finding.Finding) {
	return loadFile(file, document.Over{Name: name, Src: src, Instead: []string{"faults", "random"}})
}

func loadFile(file string, over document.Over) (*Scenario, []finding.Finding) {
	src, err := document.ReadFile(file)
	if err != nil {
		if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
			err = inner.Err
		}
		unreadable := []finding.Finding{{
			ID: document.Unreadable, Severity: finding.Error,
			Message:  fmt.Sprintf("cannot read the file: %v", err),
			Position: &finding.Position{File: filepath.ToSlash(file)},
		}}
		return &Scenario{wrong: unreadable}, unreadable
	}
	return parse(filepath.ToSlash(file), src, over)
}

// Parse is LoadFile without the file: file is the name that findings show, and
// paths in the scenario are relative to its directory.
func Parse(file string, src []byte) (*Scenario, []finding.Finding) {
	return parse(file, src, document.Over{})
}

func parse(file string, src []byte, over document.Over) (*Scenario, []finding.Finding) {
	s := &Scenario{}
	doc, findings := document.DecodeOver(file, src, over, s)
	s.Doc = doc
	if s.Weir != "" && s.Weir != Version {
		// Every field of another kind of file would be unknown.
		check := document.NewChecker(doc)
		hint := document.Suggest(s.Weir, []string{Version})
		if strings.HasPrefix(s.Weir, "contract/") {
			hint = "a scenario names contracts under contracts:; check one with: weir check " + file
		}
		check.Error(BadVersion, document.Path{"weir"}, fmt.Sprintf("%q is no version of a scenario; this one is %q", s.Weir, Version), hint)
		s.wrong = check.Findings()
		return s, s.wrong
	}
	findings = append(findings, s.validate()...)
	finding.Sort(findings)
	s.wrong = findings
	return s, findings
}

// validator checks a scenario by itself.
type validator struct {
	*document.Checker
	s *Scenario
}

func (s *Scenario) validate() []finding.Finding {
	v := &validator{document.NewChecker(s.Doc), s}
	if s.Weir == "" {
		v.Missing(nil, "weir", "the first line of a scenario is: weir: "+Version)
	}
	if s.Name == "" {
		v.Missing(nil, "name", "reports show it")
	}
	v.cluster(document.Path{"cluster"}, s.Cluster)
	v.contracts()
	for name, topic := range s.Topics {
		path := document.Path{"topics", name}
		if problem := contracts.TopicNameProblem(name); problem != "" {
			v.ErrorAtKey(contracts.BadName, path, fmt.Sprintf("the topic %q %s", name, problem), "Kafka takes 1 to 249 letters, digits, '.', '_' and '-'")
		}
		topic.Check(v.Checker, path)
	}
	for i := range s.Services {
		v.service(document.Path{"services", i}, s.Services[i])
		v.unique("services", i, func(i int) string { return s.Services[i].Name })
	}
	v.load()
	for i := range s.Consumers {
		v.consumers(document.Path{"consumers", i}, s.Consumers[i])
		v.unique("consumers", i, func(i int) string { return s.Consumers[i].Group })
	}
	v.background(document.Path{"background"}, s.Background)
	for i := range s.Faults {
		v.fault(document.Path{"faults", i}, s.Faults[i])
	}
	if s.Random != nil {
		v.random(document.Path{"random"}, *s.Random)
	}
	v.shares()
	v.invariants()
	v.objectives()
	if s.Warmup != nil && *s.Warmup < 0 {
		v.Error(document.OutOfRange, document.Path{"warmup"}, "warmup cannot be negative", "0s measures from the start")
	}
	v.Positive(document.Path{"drain", "timeout"}, s.Drain.Timeout > 0)
	v.guard()
	return v.Findings()
}

func (v *validator) contracts() {
	ofEvent := func(l Load) bool { return l.Event != "" }
	misspelt := v.s.Doc.Misspelt(nil, "load") || v.s.Doc.Misspelt(nil, "consumers")
	if len(v.s.Contracts) == 0 && !misspelt && (slices.ContainsFunc(v.s.Load, ofEvent) || len(v.s.Load)+len(v.s.Consumers) == 0) {
		v.Missing(nil, "contracts", "name the contract files, relative to this one")
	}
	for i, name := range v.s.Contracts {
		if name == "" {
			v.Error(document.Required, document.Path{"contracts", i}, "a contract is the name of a file or directory", "")
		}
	}
}

// unique reports an entry that has the name of an earlier one.
func (v *validator) unique(list string, i int, name func(i int) string) {
	for j := range i {
		if name(i) != "" && name(j) == name(i) {
			v.Error(DuplicateName, document.Path{list, i}, fmt.Sprintf("%s has %s twice", list, name(i)), "give each its own name")
			return
		}
	}
}

var clusterKinds = []string{"embedded", "docker", "external"}

func (v *validator) invariants() {
	for i, name := range v.s.Invariants {
		path := document.Path{"invariants", i}
		switch {
		case !slices.Contains(invariant.Names, name):
			v.Error(UnknownInvariant, path, fmt.Sprintf("there is no invariant %q", name), document.Suggest(name, invariant.Names))
		case slices.Index(v.s.Invariants, name) < i:
			v.Error(DuplicateName, path, fmt.Sprintf("%s is there twice", name), "keep one of them")
		}
	}
}

func (v *validator) guard() {
	path, guard := document.Path{"guard"}, v.s.Guard
	if guard.TopicPrefix != "" {
		if problem := contracts.TopicNameProblem(guard.TopicPrefix); problem != "" {
			v.Error(contracts.BadName, path.Add("topic-prefix"), fmt.Sprintf("the prefix %q %s", guard.TopicPrefix, problem), "use letters, digits, '.', '_' and '-'")
		} else {
			v.notBuilt(path.Add("topic-prefix"), "prefixes of topic names are", "")
		}
	}
	v.Positive(path.Add("max-bytes"), guard.MaxBytes > 0)
}
