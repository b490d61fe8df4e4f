package main

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/interaction"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/junit"
)

// suites are the test suites of what a verb found: one for each contract that
// was judged, with a test case for each interaction and one for the rest of its
// file; one for each further file in which something was found, with a case for
// each rule; and one for what has no place.
func (j judged) suites() []junit.Suite {
	s := sorter{verb: "weir " + j.verb, cases: map[[2]string]*junit.Case{}}
	outlines := make([]*interaction.Outline, len(j.contracts))
	for i, c := range j.contracts {
		outlines[i] = interaction.Of(c)
		s.contract(c)
	}
	for _, f := range j.Findings {
		if at, c := locate(f, j.contracts, outlines); c != nil {
			s.at(c.Service.Name, c.Doc.File(), caseName(c, at), nil, f)
			continue
		}
		name := s.verb
		if f.Position != nil && f.Position.File != "" {
			name = f.Position.File
		}
		s.at(name, name, f.ID, f.Position, f)
	}
	if len(s.suites) == 0 {
		s.at(s.verb, s.verb, s.verb, nil)
	}
	return s.done()
}

// locate is the contract in whose file a finding stands, and the interaction
// that it is about, nil for the rest of the file.
func locate(f finding.Finding, set []*contracts.Contract, outlines []*interaction.Outline) (*interaction.Interaction, *contracts.Contract) {
	if f.Position == nil {
		return nil, nil
	}
	for i, o := range outlines {
		if at, ok := o.At(*f.Position); ok {
			return &at, set[i]
		}
	}
	i := slices.IndexFunc(set, func(c *contracts.Contract) bool { return c.Doc.File() == f.Position.File })
	if i < 0 {
		return nil, nil
	}
	return nil, set[i]
}

// caseName is what an interaction is called; those of one contract differ in it.
func caseName(c *contracts.Contract, at *interaction.Interaction) string {
	switch {
	case at == nil:
		return "contract"
	case at.List == interaction.Produces:
		p := &c.Produces[at.Index]
		return fmt.Sprintf("produces %s by %s", p.Event, p.Channel())
	}
	in := &c.Consumes[at.Index]
	name := fmt.Sprintf("consumes %s by %s", in.Event, in.Channel())
	if in.Group != "" {
		name += ", group " + in.Group
	}
	return name
}

// sorter collects the suites in the order in which they are first named.
type sorter struct {
	verb   string
	suites []string
	keys   map[string][][2]string // of the cases of a suite: class and name
	cases  map[[2]string]*junit.Case
}

// contract makes the cases of a contract, found or not.
func (s *sorter) contract(c *contracts.Contract) {
	name, file := c.Service.Name, c.Doc.File()
	if name == "" {
		name = file
	}
	s.at(name, file, caseName(c, nil), c.Doc.Position())
	for i := range c.Produces {
		s.at(name, file, caseName(c, &interaction.Interaction{List: interaction.Produces, Index: i}), c.Doc.Position(interaction.Produces, i))
	}
	for i := range c.Consumes {
		s.at(name, file, caseName(c, &interaction.Interaction{List: interaction.Consumes, Index: i}), c.Doc.Position(interaction.Consumes, i))
	}
}

// at adds findings to a case, which it makes where it is new.
func (s *sorter) at(suite, class, name string, place *finding.Position, found ...finding.Finding) {
	key := [2]string{class, name}
	c := s.cases[key]
	if c == nil {
		if s.keys == nil {
			s.keys = map[string][][2]string{}
		}
		if s.keys[suite] == nil {
			s.suites = append(s.suites, suite)
		}
		s.keys[suite] = append(s.keys[suite], key)
		c = &junit.Case{Class: class, Name: name}
		if place != nil {
			c.File, c.Line = place.File, place.Line
		}
		s.cases[key] = c
	}
	c.Findings = append(c.Findings, found...)
}

func (s *sorter) done() []junit.Suite {
	all := make([]junit.Suite, 0, len(s.suites))
	for _, name := range s.suites {
		suite := junit.Suite{Name: name}
		for _, key := range s.keys[name] {
			suite.Cases = append(suite.Cases, *s.cases[key])
		}
		all = append(all, suite)
	}
	return all
}
