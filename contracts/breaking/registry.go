package breaking

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/proto"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// Strategy says under which subject the schema of an event is registered, as
// Confluent's serializers have it; "" is TopicName.
type Strategy string

// The strategies. The name of a record is what the contract's match: {name}
// says, else the full name of the Avro record or the Protobuf message, or the
// title of the JSON Schema.
const (
	TopicName       Strategy = "topic"
	RecordName      Strategy = "record"
	TopicRecordName Strategy = "topic-record"
)

// Registered compares the schemas of events with the versions in the registry
// that the Side's Loader has, under the mode that the contract declares and the
// one that the registry asks for, together: with the latest version, or with
// all that are there where one of the two modes is transitive. An event whose
// schema names its subject is compared with that one. What contracts promise
// beside schemas no registry knows.
//
// A subject that the registry does not have is a finding; that the registry
// itself cannot be asked is an error.
func Registered(latest Side, o Options) ([]rules.Found, error) {
	c := newComparison(Side{Name: "the registry"}, latest, o)
	var all []rules.Found
	for _, contract := range latest.Contracts {
		if !c.wanted(contract) {
			continue
		}
		p := &pass{comparison: c, latest: contract}
		for i := range contract.Produces {
			now := producer{contract, i}
			c := change{pass: p, was: now, now: now}
			if err := c.registered(registry.Value, part{c.event(), steps("schema"), steps("event")}, named{now.schema(), now.message()}); err != nil {
				return nil, err
			}
			if err := c.registered(registry.Key, part{"the key of " + c.event(), steps("key", "schema"), steps("key", "schema")}, named{of: now.keySchema()}); err != nil {
				return nil, err
			}
		}
		all = append(all, p.found...)
	}
	return all, nil
}

// registered compares the schema of an event, or of its key, with its subject.
func (c *change) registered(half registry.Part, p part, is named) error {
	if is.of == nil {
		return nil
	}
	subject, err := c.subject(half, is)
	if err != nil {
		c.tell(Unregistered, "", p.at, fmt.Sprintf("%s is not compared: %v", p.what, err), "give it one, or use another --subject-strategy")
		return nil
	}
	there := &contracts.Schema{Registry: &contracts.Registry{Subject: subject, Version: "latest"}, Formats: is.of.Formats, Encoding: is.of.Encoding}
	before, err := c.newSide.Loader.Current(c.now.contract, there, is.message)
	var invalid *schema.Error
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.tell(Unregistered, "", p.at, fmt.Sprintf("%s is not compared: the registry has no subject %s", p.what, subject), "is --subject-strategy right? with the first version it will be there")
		return nil
	case errors.As(err, &invalid):
		c.unread(p, "", "the latest version of "+subject, err)
		return nil
	case err != nil:
		return err
	}
	current, err := c.newSide.Loader.Current(c.now.contract, is.of, is.message)
	if err != nil {
		c.unread(p, "", "its schema", err)
		return nil
	}
	mode, err := c.registeredMode(p, there, subject)
	if err != nil {
		return err
	}
	olds := []versions.Version{{Name: "the latest version of " + subject, Schema: before}}
	if half == registry.Key {
		c.registeredKey(p, there, is.of, olds[0], current)
	}
	if mode.Transitive {
		earlier, err := c.earlier(p, there, is.message)
		if err != nil {
			return err
		}
		olds = append(earlier, olds...)
	}
	c.evolve(p.what, mode, olds, current)
	return nil
}

// registeredKey says whether the key's bytes are those of the latest version in
// the registry. How that one was framed, the registry does not know.
func (c *change) registeredKey(p part, there, is *contracts.Schema, before versions.Version, now *schema.Schema) {
	if is.Registry == nil {
		text, err := c.newSide.Loader.Text(there)
		same := err != nil || c.reads(is, text)
		if c.keyFraming(is, is, same) {
			return
		}
	}
	c.keyBytes(p, before, now)
}

// reads reports whether a schema in a file says the same as a text.
func (c *change) reads(is *contracts.Schema, text []byte) bool {
	now, err := fs.ReadFile(c.newSide.FS, c.now.contract.Resolve(is.File))
	return err != nil || saySame(is.File, text, is.File, now)
}

// earlier are the versions of a subject before its latest one, the oldest
// first. One that is no valid schema is told, and left out.
func (c *change) earlier(p part, there *contracts.Schema, message string) ([]versions.Version, error) {
	numbers, err := c.newSide.Loader.Numbers(there)
	if err != nil {
		return nil, err
	}
	var all []versions.Version
	for _, n := range numbers[:max(0, len(numbers)-1)] {
		one := *there
		one.Registry = &contracts.Registry{Subject: there.Registry.Subject, Version: strconv.Itoa(n)}
		name := fmt.Sprintf("version %d of %s", n, there.Registry.Subject)
		old, err := c.newSide.Loader.Current(c.now.contract, &one, message)
		var invalid *schema.Error
		switch {
		case errors.As(err, &invalid):
			c.unread(p, "", name, err)
		case err != nil:
			return nil, err
		default:
			all = append(all, versions.Version{Name: name, Schema: old})
		}
	}
	return all, nil
}

// registeredMode is what the contract and the registry ask for together; a
// contract that promises less is a finding.
func (c *change) registeredMode(p part, there *contracts.Schema, subject string) (compat.Mode, error) {
	declared, err := compat.ParseMode(c.now.promise().CompatibilityMode())
	if err != nil {
		return declared, nil // the loader has said so
	}
	registered, _, err := c.newSide.Loader.Mode(there)
	if err != nil || declared.Covers(registered) {
		return declared, err
	}
	union := declared.Union(registered)
	c.report(c.now.contract, finding.Finding{
		ID: matrix.ModeWeaker, Severity: finding.Warning, Position: c.now.at(p.promises...),
		Message: fmt.Sprintf("the contract promises %s compatibility for %s, and the registry holds %s to %s", declared, p.what, subject, registered),
		Hint:    fmt.Sprintf("write compatibility: %s; until then %s is applied", union, union),
	})
	return union, nil
}

// subject is the one that the schema names, or that of the strategy.
func (c *change) subject(half registry.Part, s named) (string, error) {
	if s.of.Registry != nil {
		return s.of.Registry.Subject, nil
	}
	topic := c.now.promise().TopicName()
	if topic == "" && c.options.Subject != RecordName {
		return "", errors.New("it is on no topic, by which its subject would be named")
	}
	if c.options.Subject == TopicName || c.options.Subject == "" {
		return registry.TopicName(topic, half), nil
	}
	record, err := c.record(s)
	switch {
	case err != nil:
		return "", fmt.Errorf("the name of its record cannot be read: %w", err)
	case record == "":
		return "", errors.New("its schema has no name, by which its subject would be named")
	case c.options.Subject == RecordName:
		return registry.RecordName(record), nil
	}
	return registry.TopicRecordName(topic, record), nil
}

// record is the name of the record that a schema is of.
func (c *change) record(is named) (string, error) {
	if is.message != "" {
		return is.message, nil
	}
	s := is.of
	file := c.now.contract.Resolve(s.File)
	if s.Format == contracts.FormatProtobuf {
		loaded, err := proto.Load(c.newSide.FS, file, proto.ImportPaths(schema.DeclaredBy(c.now.contract, s, "").Options().ImportPaths...))
		if err != nil {
			return "", err
		}
		return loaded.MessageName(), nil
	}
	src, err := fs.ReadFile(c.newSide.FS, file)
	if err != nil {
		return "", err
	}
	var named struct{ Title, Namespace, Name string }
	if err := json.Unmarshal(src, &named); err != nil {
		return "", err
	}
	switch {
	case s.Format == contracts.FormatJSONSchema:
		return named.Title, nil
	case named.Namespace != "" && !strings.Contains(named.Name, "."):
		return named.Namespace + "." + named.Name, nil
	}
	return named.Name, nil
}
