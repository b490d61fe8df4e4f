package infer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/google/uuid"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/proto"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
)

const (
	// maxSchemas is how many schemas the records of one topic may name, and
	// maxVersions how many versions of a subject are compared with one.
	maxSchemas  = 64
	maxVersions = 50
)

// SubjectRequest is what FromSubject writes a contract of.
type SubjectRequest struct {
	Service string
	Subject string
	// Event is the event's name; by default that of the schema's type.
	Event string
	// Topic is by default the subject without -value.
	Topic string
	// Download writes the schema and what it refers to as files, in the place
	// of a reference to the registry.
	Download bool
	Registry *registry.Registry
}

// FromSubject writes a contract that produces the event whose schema is the
// latest version of a subject. It is an *InputError where the registry has no
// such subject, or where something is to be named.
func FromSubject(ctx context.Context, r SubjectRequest) (*Draft, error) {
	s, err := r.Registry.Schema(ctx, r.Subject, registry.Latest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, inputError("", "%w", err)
	}
	if err != nil {
		return nil, err
	}
	d := newDraft()
	if err := r.complete(ctx, d, s); err != nil {
		return nil, err
	}
	mode, err := r.Registry.Mode(ctx, r.Subject)
	if err != nil {
		return nil, err
	}
	var l lines
	l.head(fmt.Sprintf("version %d of the subject %s", s.Version, r.Subject), r.Service)
	l.facts(r.Topic, nil, false)
	l.line(0, "produces:", "")
	l.line(1, "- event: "+scalar(r.Event), "")
	l.kind()
	l.field(2, "topic", r.Topic, "")
	l.line(2, "schema:", "")
	const guessed = "a guess: how Confluent's serializers write; none if records carry no id"
	if r.Download {
		files, err := r.download(ctx, d, s)
		if err != nil {
			return nil, err
		}
		l.field(3, "file", files[0], "")
		if s.Format == contracts.FormatAvro && len(files) > 1 { // the others find theirs by path
			l.line(3, "references:", "")
			for _, file := range files[1:] {
				l.line(4, "- "+scalar(file), "")
			}
		}
		l.field(3, "wire", string(wire.Confluent), guessed)
	} else {
		l.subject(3, r.Subject, string(wire.Confluent), guessed)
	}
	d.guess("wire confluent: how Confluent's serializers write")
	l.comment(2, "envelope: cloudevents-binary, cloudevents-structured or standard")
	l.comment(2, "key: the field that record keys are made of, such as $.order_id")
	l.comment(2, "headers: {traceparent: required}")
	l.rest(modeName(mode))
	d.files[ContractFile] = []byte(l.b.String())
	return d, d.verify()
}

// modeName leaves out a mode that promises nothing.
func modeName(m compat.Mode) string {
	if m == (compat.Mode{}) {
		return ""
	}
	return m.String()
}

// complete fills in topic and event.
func (r *SubjectRequest) complete(ctx context.Context, d *Draft, s registry.Schema) error {
	name, err := typeName(ctx, r.Registry, s)
	if err != nil {
		return err
	}
	if topic, ok := strings.CutSuffix(r.Subject, "-"+string(registry.Value)); ok && r.Topic == "" {
		r.Topic = topic
		d.guess("topic %s: the subject's name without -value", topic)
	}
	if r.Event == "" && name != "" {
		r.Event = name
		d.guess("event %s: the name of the schema's type", name)
	}
	switch {
	case r.Topic == "":
		return inputError("name it with --topic", "the subject %s does not say which topic it is of", r.Subject)
	case contracts.TopicNameProblem(r.Topic) != "":
		return inputError("name it with --topic", "the topic %q %s", r.Topic, contracts.TopicNameProblem(r.Topic))
	case r.Event == "":
		return inputError("name it with --event", "the schema of %s does not say which event it is", r.Subject)
	}
	return errors.Join(checkService(r.Service), checkEvent(r.Event))
}

const avroEnding = ".avsc"

// download puts the schema and what it refers to into the draft, and answers
// the names, that of the schema first.
func (r *SubjectRequest) download(ctx context.Context, d *Draft, s registry.Schema) ([]string, error) {
	fsys := r.Registry.FS(ctx)
	files, err := fsys.Files(r.Subject, registry.Latest)
	if err != nil {
		return nil, err
	}
	base := "schemas/" + slug(shortName(r.Event))
	var names []string
	for _, file := range files {
		content, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		// A path is SUBJECT/VERSION/name.
		name := base + "/" + strings.SplitN(file, "/", 3)[2]
		if len(files) == 1 {
			name = base + path.Ext(file)
		}
		if s.Format == contracts.FormatAvro && path.Ext(name) != avroEnding { // of Avro, references have names of types
			name += avroEnding
		}
		names = append(names, name)
		d.files[name] = content
	}
	return names, nil
}

// typeName is the name of the type that a schema describes, "" where it has
// none that could be an event's.
func typeName(ctx context.Context, r *registry.Registry, s registry.Schema) (string, error) {
	if s.Format == contracts.FormatProtobuf {
		if s.Subject == "" {
			return "", nil
		}
		loaded, err := proto.Load(r.FS(ctx), s.File())
		if err != nil {
			return "", fmt.Errorf("the schema of %s: %w", s.Subject, err)
		}
		return loaded.MessageName(), nil
	}
	var named struct{ Namespace, Name, Title string }
	if json.Unmarshal([]byte(s.Text), &named) != nil {
		return "", nil
	}
	name := named.Title
	if s.Format == contracts.FormatAvro {
		name = named.Name
		if named.Namespace != "" && !strings.Contains(name, ".") {
			name = named.Namespace + "." + name
		}
	}
	if !isName(name) || strings.Contains(name, " ") {
		return "", nil
	}
	return name, nil
}

// registered finds the subjects of the schemas that records name. Records
// whose event nothing else names have the name of the schema's type.
func (d *drafting) registered(all []*seen) error {
	type found struct{ subject, name string }
	known := map[wire.ID]found{}
	for _, r := range all {
		if r.framing == wire.None {
			continue
		}
		f, ok := known[r.schema]
		if !ok {
			if len(known) == maxSchemas {
				return inputError("choose fewer records with --records", "the records name more than %d schemas", maxSchemas)
			}
			s, err := d.find(r.schema)
			switch {
			case errors.Is(err, fs.ErrNotExist):
				d.note("%s, which records name, is not found under the subjects of %s", r.schema, d.Topic)
			case err != nil:
				return err
			default:
				f.subject = s.Subject
				if f.name, err = typeName(d.context, d.Registry, s); err != nil {
					return err
				}
			}
			known[r.schema] = f
		}
		r.subject = f.subject
		if r.name == "" {
			r.name = f.name
		}
	}
	return nil
}

// find is the version that a record's id means. The id does not say its
// subject, but the strategies by which subjects are named do.
func (d *drafting) find(id wire.ID) (registry.Schema, error) {
	var s registry.Schema
	var err error
	if id.GUID != (uuid.UUID{}) {
		s, err = d.Registry.SchemaByGUID(d.context, id.GUID)
	} else {
		s, err = d.Registry.SchemaByID(d.context, id.Number)
	}
	if err != nil {
		return s, err
	}
	subjects := []string{registry.TopicName(d.Topic, registry.Value)}
	if name, _ := typeName(d.context, d.Registry, s); name != "" {
		subjects = append(subjects, registry.TopicRecordName(d.Topic, name), registry.RecordName(name))
	}
	for _, subject := range subjects {
		v, err := d.version(subject, s)
		if !errors.Is(err, fs.ErrNotExist) {
			return v, err
		}
	}
	return s, fs.ErrNotExist
}

// version is that of a subject which has the same text, the newest first.
func (d *drafting) version(subject string, s registry.Schema) (registry.Schema, error) {
	versions, err := d.Registry.Versions(d.context, subject)
	if err != nil {
		return s, err
	}
	for i := len(versions) - 1; i >= max(0, len(versions)-maxVersions); i-- {
		v, err := d.Registry.Schema(d.context, subject, versions[i])
		if err != nil || v.Text == s.Text && v.Format == s.Format {
			return v, err
		}
	}
	return s, fs.ErrNotExist
}
