package contracts

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/place"
)

func (v *validator) produces(path document.Path, p Produces) {
	v.operation(path, p.Operation)
	v.event(path, p.Event)
	v.OneOf(path.Add("kind"), p.Kind, kinds...)
	v.address(path, p.Topic, p.Address)
	if p.Match != nil {
		v.match(path.Add("match"), *p.Match)
	}
	v.schemaRef(path.Add("schema"), p.Schema)
	v.OneOf(path.Add("envelope"), p.Envelope, envelopes...)
	if p.Key != nil {
		v.key(path.Add("key"), *p.Key)
	}
	v.OneOf(path.Add("ordering"), p.Ordering, OrderingNone, OrderingPerKey)
	v.delivery(path.Add("delivery"), p.Delivery)
	v.OneOf(path.Add("compatibility"), compatibilityMode(p.Compatibility), compatibility...)
	for name, header := range p.Headers {
		v.header(path.Add("headers", name), name, header)
	}
	if p.Trigger != nil {
		v.trigger(path.Add("trigger"), *p.Trigger)
	}
	for i, example := range p.Examples {
		if example == "" {
			v.Error(document.Required, path.Add("examples", i), "an example is the name of a file", "")
		}
	}
}

func (v *validator) match(path document.Path, m Match) {
	if !v.ExactlyOne(path,
		document.Option{Field: "header", Set: m.Header != ""},
		document.Option{Field: "value", Set: m.Value != ""},
		document.Option{Field: "name", Set: m.Name != ""},
	) {
		return
	}
	if m.Value != "" {
		v.place(path.Add("value"), m.Value, place.Data)
	}
}

// schemaRef checks that a reference is an entry of schemas, or looks like a
// file: names of schemas that are not defined have neither a dot nor a slash.
func (v *validator) schemaRef(path document.Path, ref SchemaRef) {
	if ref.Inline != nil {
		v.schema(path, *ref.Inline)
		return
	}
	if ref.Ref == "" {
		if v.c.Doc.Has(path...) {
			v.Error(document.Required, path, "the schema has no name", "")
		}
		return
	}
	if _, ok := v.c.Schemas[ref.Ref]; ok {
		return
	}
	if strings.ContainsAny(ref.Ref, "./") {
		v.format(path, Schema{File: ref.Ref})
		return
	}
	names := make([]string, 0, len(v.c.Schemas))
	for name := range v.c.Schemas {
		names = append(names, name)
	}
	hint := document.Suggest(ref.Ref, names)
	if hint == "" {
		hint = "define it under schemas, or write the name of its file"
	}
	v.Error(UnknownSchema, path, fmt.Sprintf("there is no schema %q in this contract", ref.Ref), hint)
}

func (v *validator) schema(path document.Path, s Schema) {
	if !v.ExactlyOne(path,
		document.Option{Field: "file", Set: s.File != ""},
		document.Option{Field: "registry", Set: s.Registry != nil},
	) {
		return
	}
	v.OneOf(path.Add("wire"), s.Wire, WireNone, WireConfluent, WireConfluentHeader)
	if v.OneOf(path.Add("format"), s.Format, FormatJSONSchema, FormatAvro, FormatProtobuf) {
		v.format(path, s)
		v.language(path, s)
	}
	if s.Registry == nil {
		return
	}
	at := path.Add("registry")
	if s.History != "" {
		v.Conflict(path.Add("history"), at, "history excludes registry", "a registry has the published versions")
	}
	if s.Registry.Subject == "" {
		v.Missing(at, "subject", "")
	}
	if version := s.Registry.Version; version != "" && version != "latest" {
		if n, err := strconv.ParseInt(version, 10, 32); err != nil || n < 1 {
			v.Error(document.UnknownValue, at.Add("version"), fmt.Sprintf("version cannot be %q", version), "write latest or a number from 1")
		}
	}
}

// format checks that a file's format is known.
func (v *validator) format(path document.Path, s Schema) {
	if s.File != "" && s.format() == "" {
		at := path
		if v.c.Doc.Has(path.Add("file")...) {
			at = path.Add("file")
		}
		v.Error(document.Required, at, fmt.Sprintf("the ending of %s does not tell its format", s.File),
			"add format: jsonschema, avro or protobuf; known endings are .json, .yaml, .avsc and .proto")
	}
}

// language checks the fields that a schema has for its language alone.
func (v *validator) language(path document.Path, s Schema) {
	v.OneOf(path.Add("formats"), s.Formats, FormatsAnnotate, FormatsAssert)
	v.OneOf(path.Add("encoding"), s.Encoding, EncodingBinary, EncodingJSON)
	for _, field := range []struct {
		name      string
		set       bool
		languages []string
		hint      string
	}{
		{"formats", s.Formats != "", []string{FormatJSONSchema}, "only JSON Schema has the keyword format"},
		{"encoding", s.Encoding != "", []string{FormatProtobuf}, "only Protobuf has two encodings"},
		{"references", len(s.References) > 0, []string{FormatAvro, FormatJSONSchema}, "Protobuf's imports are found by import-paths"},
		{"import-paths", len(s.ImportPaths) > 0, []string{FormatProtobuf}, "only Protobuf has imports"},
	} {
		language := s.format()
		switch {
		case !field.set || language != "" && slices.Contains(field.languages, language):
		case language != "":
			v.ErrorAtKey(document.Conflicting, path.Add(field.name), fmt.Sprintf("%s says nothing to %s", field.name, language), field.hint)
		case s.Registry != nil && field.name != "formats" && field.name != "encoding":
			v.Conflict(path.Add(field.name), path.Add("registry"), field.name+" excludes registry", "a registry has what its schemas refer to")
		}
	}
	for name, files := range map[string][]string{"references": s.References, "import-paths": s.ImportPaths} {
		for i, file := range files {
			if file == "" {
				v.Error(document.Required, path.Add(name, i), name+" has no name here", "")
			}
		}
	}
}

func (v *validator) key(path document.Path, k Key) {
	if !v.ExactlyOne(path,
		document.Option{Field: "place", Set: k.Place != ""},
		document.Option{Field: "template", Set: k.Template != ""},
	) {
		return
	}
	v.OneOf(path.Add("format"), k.Format, keyFormats...)
	if k.Schema != nil {
		v.schemaRef(path.Add("schema"), *k.Schema)
		if k.Format != "" {
			v.Conflict(path.Add("format"), path.Add("schema"), "the key has a format and a schema", "the schema says how the key is written: leave out format")
		}
	}
	if k.Template != "" {
		v.template(path.Add("template"), k.Template)
		return
	}
	at := path
	if v.c.Doc.Has(path.Add("place")...) {
		at = path.Add("place")
	}
	v.place(at, k.Place, place.Data, place.Header)
}

// template checks text with places in braces: {$.tenant}:{$.order_id}.
func (v *validator) template(path document.Path, template string) {
	rest, places := template, 0
	for {
		open := strings.IndexAny(rest, "{}")
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '}')
		if rest[open] == '}' || end < 0 {
			v.Error(BadPlace, path, fmt.Sprintf("the braces of the template %q do not match", template), "places stand in braces: {$.tenant}:{$.order_id}")
			return
		}
		v.place(path, rest[open+1:open+end], place.Data, place.Header)
		places++
		rest = rest[open+end+1:]
	}
	if places == 0 {
		v.Error(BadPlace, path, fmt.Sprintf("the template %q has no place: every record would have the same key", template), "places stand in braces: {$.tenant}:{$.order_id}")
	}
}

func (v *validator) delivery(path document.Path, d Delivery) {
	acks := canonical(d.Acks, acksNames)
	if !v.OneOf(path.Add("acks"), acks, AcksAll, AcksLeader, AcksNone) {
		return
	}
	weak := acks == AcksLeader || acks == AcksNone
	if d.Idempotent != nil && *d.Idempotent && weak {
		v.Conflict(path.Add("idempotent"), path.Add("acks"), "idempotent: true needs acks: all; Kafka refuses it with less", "set acks: all, or idempotent: false")
	}
	switch {
	case d.Transactional && weak:
		v.Conflict(path.Add("transactional"), path.Add("acks"), "transactional: true needs acks: all", "set acks: all, or transactional: false")
	case d.Transactional && d.Idempotent != nil && !*d.Idempotent:
		v.Conflict(path.Add("transactional"), path.Add("idempotent"), "transactional: true needs idempotent: true", "remove idempotent: false")
	}
}

func (v *validator) header(path document.Path, name string, h Header) {
	if name == "" {
		v.ErrorAtKey(BadName, path, "a header has no name", "")
	}
	if _, err := regexp.Compile(h.Pattern); err != nil {
		v.Error(BadPattern, path.Add("pattern"), fmt.Sprintf("the pattern is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: ")), "")
	}
}

func (v *validator) consumes(path document.Path, c Consumes) {
	v.operation(path, c.Operation)
	v.event(path, c.Event)
	v.address(path, c.Topic, c.Address)
	if c.Group == "" && c.Operation == "" && (c.Topic != "" || c.Kafka != nil || c.Redis != nil) {
		v.Missing(path, "group", "the consumer group, Kafka's group.id")
	}
	v.OneOf(path.Add("ordering"), c.Ordering, OrderingNone, OrderingPerKey)
	if c.Schema != nil {
		v.schemaRef(path.Add("schema"), *c.Schema)
		if len(c.Needs) > 0 {
			v.Conflict(path.Add("needs"), path.Add("schema"), "needs excludes schema: both say what the consumer reads", "keep one of them")
		}
	}
	v.needs(path.Add("needs"), c.Needs)
	if c.Idempotency != nil {
		at := path.Add("idempotency")
		if c.Idempotency.Key != "" {
			v.place(at.Add("key"), c.Idempotency.Key)
		}
		v.Positive(at.Add("window"), c.Idempotency.Window > 0)
	}
	if c.Retry != nil {
		v.retry(path.Add("retry"), *c.Retry)
	}
	if c.DLQ != nil {
		v.dlq(path.Add("dlq"), *c.DLQ)
	}
	v.OneOf(path.Add("isolation"), c.Isolation, IsolationReadUncommitted, IsolationReadCommitted)
	if c.Effect != nil {
		v.effect(path.Add("effect"), *c.Effect)
	}
	v.Positive(path.Add("members"), c.Members > 0)
	v.Positive(path.Add("max-poll-interval"), c.MaxPollInterval > 0)
	v.Positive(path.Add("session-timeout"), c.SessionTimeout > 0)
}

func (v *validator) needs(path document.Path, needs Needs) {
	seen := map[string]bool{}
	for i, need := range needs {
		at := path.Add(i)
		switch _, err := place.Parse(need.Place); {
		case err == nil:
		case v.c.Doc.Has(path.Add(need.Place)...):
			_, message := placeProblem(err)
			v.ErrorAtKey(BadPlace, at, fmt.Sprintf("%q is no place: %s", need.Place, message), "")
		default:
			v.place(at, need.Place)
		}
		if seen[need.Place] {
			v.Error(Duplicate, at, fmt.Sprintf("%s is needed twice", need.Place), "keep one of them")
		}
		seen[need.Place] = true
		if need.Type != "" && !slices.Contains(needTypes, need.Type) {
			v.Error(document.UnknownValue, at, fmt.Sprintf("%q is no type of a field", need.Type), document.Suggest(need.Type, needTypes))
		}
	}
}

func (v *validator) retry(path document.Path, r Retry) {
	const most = 1000
	switch {
	case r.Attempts == 0 && !v.c.Doc.Has(path.Add("attempts")...):
		v.Missing(path, "attempts", "the first attempt counts")
	case r.Attempts < 1:
		v.Error(document.OutOfRange, path.Add("attempts"), "attempts must be at least 1", "the first attempt counts: 1 is no retry")
	case r.Attempts > most:
		v.Error(document.OutOfRange, path.Add("attempts"), fmt.Sprintf("attempts must be at most %d", most), "")
	}
	v.backoff(path.Add("backoff"), r.Backoff)
	if r.Attempts == 1 {
		for _, field := range []string{"backoff", "topics"} {
			if v.c.Doc.Has(path.Add(field)...) {
				v.Conflict(path.Add(field), path.Add("attempts"), fmt.Sprintf("%s says nothing with attempts: 1", field), "the first attempt counts: two attempts are one retry")
			}
		}
	}
	for i, topic := range r.Topics {
		v.topicName(path.Add("topics", i), topic, false)
		if slices.Index(r.Topics, topic) < i {
			v.Error(Duplicate, path.Add("topics", i), fmt.Sprintf("the retry topic %s is there twice", topic), "")
		}
	}
}

func (v *validator) backoff(path document.Path, b Backoff) {
	if !v.c.Doc.Has(path...) {
		return
	}
	v.OneOf(path.Add("kind"), b.Kind, BackoffFixed, BackoffLinear, BackoffExponential)
	if b.Initial == 0 && !v.c.Doc.Has(path.Add("initial")...) {
		v.Missing(path, "initial", "the wait before the second attempt")
	}
	if b.Initial < 0 {
		v.Error(document.OutOfRange, path.Add("initial"), "initial cannot be negative", "")
	}
	switch {
	case b.Max < 0:
		v.Error(document.OutOfRange, path.Add("max"), "max cannot be negative", "")
	case b.Max < b.Initial && v.c.Doc.Has(path.Add("max")...):
		v.Conflict(path.Add("max"), path.Add("initial"), fmt.Sprintf("max %s is below initial %s", b.Max, b.Initial), "")
	case b.Max > 0 && b.Kind == BackoffFixed:
		v.Conflict(path.Add("max"), path.Add("kind"), "max says nothing with kind: fixed", "remove it")
	}
	if !v.c.Doc.Has(path.Add("factor")...) {
		return
	}
	if b.Factor < 1 {
		v.Error(document.OutOfRange, path.Add("factor"), "factor must be at least 1", "")
	}
	if b.Kind == BackoffFixed || b.Kind == BackoffLinear {
		v.Conflict(path.Add("factor"), path.Add("kind"), fmt.Sprintf("factor says nothing with kind: %s", b.Kind), "use kind: exponential")
	}
}

func (v *validator) dlq(path document.Path, d DLQ) {
	if d.Topic == "" {
		v.Missing(path, "topic", "")
	} else {
		v.topicName(path.Add("topic"), d.Topic, false)
	}
	for i, part := range d.Preserve {
		at := path.Add("preserve", i)
		if v.OneOf(at, part, preserved...) && slices.Index(d.Preserve, part) < i {
			v.Error(Duplicate, at, part+" is there twice", "")
		}
	}
	v.OneOf(path.Add("delivery"), d.Delivery, DeliveryAtLeastOnce, DeliveryExactlyOnce)
}
