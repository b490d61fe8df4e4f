package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
)

// tellApart reports events that share an address and cannot be told from the
// others there, each pair once: at the later of the two.
func (c *checker) tellApart(channel contracts.Channel, senders []produced) {
	c.sameMark(channel, senders)
	unknown := slices.DeleteFunc(slices.Clone(senders), recognized)
	if len(unknown) == 0 {
		return
	}
	first, told := unknown[0], false
	for _, p := range unknown[1:] {
		if p.promise().Event != first.promise().Event {
			told = true
			c.ambiguous(channel, p, first)
		}
	}
	other := slices.IndexFunc(senders, func(p produced) bool { return p.promise().Event != first.promise().Event })
	if other < 0 {
		return
	}
	for i, p := range unknown {
		if p.promise().Event == first.promise().Event && (i > 0 || !told) {
			c.ambiguous(channel, p, senders[other])
		}
	}
}

// sameMark reports events whose records say of themselves the same.
func (c *checker) sameMark(channel contracts.Channel, senders []produced) {
	first := map[mark]produced{}
	for _, p := range senders {
		m := markOf(p)
		switch before, taken := first[m]; {
		case m == mark{}:
		case !taken:
			first[m] = p
		case before.promise().Event != p.promise().Event:
			c.ambiguous(channel, p, before)
		}
	}
}

// mark is what records say of themselves where it is not the event's name: the
// name of their type, or the id of their schema.
type mark struct {
	name    string
	subject [2]string
	file    schema.Declared
}

func markOf(p produced) mark {
	promise := p.promise()
	s := p.contract.SchemaOf(promise.Schema)
	switch {
	case promise.Match != nil:
		return mark{name: promise.Match.Name}
	case !recognized(p) || promise.EnvelopeName() != contracts.EnvelopeNone:
		return mark{}
	case s.Registry != nil:
		return mark{subject: subjectOf(s.Registry)}
	}
	return mark{file: schema.DeclaredBy(p.contract, s, "")}
}

func (c *checker) ambiguous(channel contracts.Channel, p, beside produced) {
	c.report(p.contract, EventAmbiguous, p.at("event"),
		fmt.Sprintf("nothing tells records of %s from those of %s, which also travel by %s", p.promise().Event, beside.promise().Event, channel),
		"say how: an envelope, match: {header: event_type}, or a topic of its own", related(beside.at("event"), "the other event")...)
}

// recognized says whether a record says which event it is: by match, by its
// envelope's type, or by the id of its schema before the value.
func recognized(p produced) bool {
	promise := p.promise()
	if promise.Match != nil || promise.EnvelopeName() != contracts.EnvelopeNone {
		return true
	}
	s := p.contract.SchemaOf(promise.Schema)
	return s != nil && s.Wire != contracts.WireNone
}

// match checks that records have what tells them apart, with the event's
// name as its value.
func (c *checker) match(p produced) {
	m := p.promise().Recognition()
	switch {
	case m.Header != "":
		c.matchHeader(p, m.Header)
	case m.Value != "":
		c.matchValue(p, m.Value)
	case m.Name != "":
		c.matchName(p, m.Name)
	}
}

// matchName checks that records are of the type whose name tells them apart.
func (c *checker) matchName(p produced, name string) {
	if s := p.contract.SchemaOf(p.promise().Schema); s != nil && s.Format == contracts.FormatJSONSchema {
		c.report(p.contract, MatchImpossible, p.at("match"),
			fmt.Sprintf("%s is known by the name %s, but its records are JSON, which carries no name", p.promise().Event, name),
			"use match: {header: event_type} or match: {value: $.type}", related(p.at("schema"), "the schema")...)
		return
	}
	s, _ := c.schemaOf(p)
	if s == nil || slices.Contains(s.schema.Names(), name) {
		return
	}
	names, hint := s.schema.Names(), "give the type of the schema this name"
	has := "whose type has no name"
	if len(names) > 0 {
		has, hint = "whose type is "+strings.Join(names, " or "), document.Suggest(name, names)
	}
	at := s.schema.Position()
	c.report(p.contract, MatchImpossible, p.at("match", "name"),
		fmt.Sprintf("%s is known by the name %s, but it has a schema %s", p.promise().Event, name, has), hint, related(&at, "the schema")...)
}

func (c *checker) matchHeader(p produced, name string) {
	promise := p.promise()
	h, listed := promise.Headers[name]
	at := p.contract.Doc.KeyPosition("produces", p.i, "headers", name)
	if re, err := regexp.Compile(h.Pattern); err == nil && h.Pattern != "" && !re.MatchString(promise.Event) {
		c.report(p.contract, MatchImpossible, at,
			fmt.Sprintf("%s is known by the header %s, but the pattern %s refuses this value", promise.Event, name, h.Pattern),
			"let the pattern accept the event's name")
		return
	}
	if isCloudEvents(promise) && slices.Contains(envelope.RequiredHeaders, name) || h.Required {
		return
	}
	problem := "does not promise"
	if listed {
		problem = "does not require"
	} else {
		at = p.at("match")
	}
	c.report(p.contract, MatchUnpromised, at,
		fmt.Sprintf("%s is known by the header %s, which its contract %s", promise.Event, name, problem),
		fmt.Sprintf("add headers: {%s: required}", name))
}

func (c *checker) matchValue(p produced, text string) {
	at, err := place.Parse(text)
	if err != nil {
		return // the loader has said so
	}
	f, _, known := c.promised(p, at)
	if !known {
		return
	}
	there := relatedField(f, "the schema")
	if f.Presence == field.Never || f.Types != nil && !slices.Contains(f.Types, "string") {
		c.report(p.contract, MatchImpossible, p.at("match", "value").Naming(at.String()),
			fmt.Sprintf("%s is known by its name in %s, but the schema allows no text there", p.promise().Event, text),
			"give the schema a field for the event's name, and require it", there...)
		return
	}
	if s, _ := c.schemaOf(p); at.Kind() == place.Data && s.empty == nil && s.schema.Excludes(at, p.promise().Event) {
		c.report(p.contract, MatchImpossible, p.at("match", "value").Naming(at.String()),
			fmt.Sprintf("%s is known by its name in %s, but the schema does not allow this text there", p.promise().Event, text),
			"let the schema allow the event's name there, or know it by match: {header: event_type}", there...)
		return
	}
	if f.Presence != field.Always {
		c.reportAs(unpromised(f, MatchUnpromised), p.contract, MatchUnpromised, p.at("match", "value").Naming(at.String()),
			fmt.Sprintf("%s is known by its name in %s, but %s", p.promise().Event, text, presenceText(f, p.service(), at)),
			"require the field in the schema", there...)
		c.missing(p, at, f, "the match of "+p.promise().Event)
	}
}
