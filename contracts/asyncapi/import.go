package asyncapi

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/reports/finding"
)

// Imported is a first contract, made of a document.
type Imported struct {
	// Contract is the content of a weir.yaml that lies beside the document.
	Contract []byte
	// Files are the schemas and examples that stood inside the document, by
	// their paths relative to the contract. None of them exists already.
	Files map[string][]byte
}

// Import writes a contract of what a document says: one interaction for each
// operation and message. The findings list, as information, what a contract
// has no place for; it is an error where nothing is left.
func Import(d *Document) (*Imported, []finding.Finding) {
	i := importer{Document: d, files: map[string][]byte{}, extracted: map[string]string{}}
	findings := d.collect(i.run)
	return &Imported{Contract: i.text, Files: i.files}, findings
}

// collect runs do and takes the findings that it reports.
func (d *Document) collect(do func()) []finding.Finding {
	before := d.reader.findings
	d.reader.findings = nil
	do()
	found := d.reader.sorted()
	d.reader.findings = before
	return found
}

type importer struct {
	*Document
	files     map[string][]byte
	extracted map[string]string // files by the virtual ones
	text      []byte
}

func (i *importer) run() {
	c := i.importable()
	if c == nil {
		return
	}
	for j := range c.Produces {
		p := &c.Produces[j]
		p.Schema = i.extract(p.Schema, p.Event)
		for k, name := range p.Examples {
			p.Examples[k] = i.extractExample(name, p.Event)
		}
	}
	for j := range c.Consumes {
		if s := c.Consumes[j].Schema; s != nil {
			ref := i.extract(*s, c.Consumes[j].Event)
			c.Consumes[j].Schema = &ref
		}
	}
	i.unread()
	i.text = toYAML(encodeContract(c))
}

// importable is the contract of the document; nil, with a finding, where there
// is nothing to make one of.
func (d *Document) importable() *contracts.Contract {
	if d.root == nil {
		d.reader.report(finding.Error, NothingToImport, &finding.Position{File: d.File}, "the document could not be read", "")
		return nil
	}
	c := d.contract(path.Dir(d.File))
	if len(c.Produces)+len(c.Consumes) == 0 && !d.IsExport() {
		d.reader.report(finding.Error, NothingToImport, d.reader.at(d.root), "the document has no operation that a contract could state",
			"a contract needs operations on Kafka, RabbitMQ or Redis")
		return nil
	}
	return c
}

// encodeContract is a contract as the map of its file.
func encodeContract(c *contracts.Contract) object {
	return encodeStruct(reflect.ValueOf(*c))
}

// contract is what the document says of the service, for a contract in dir.
// What it cannot state is reported.
func (d *Document) contract(dir string) *contracts.Contract {
	c := &contracts.Contract{Weir: contracts.Version, Service: d.service(), Topics: d.topics()}
	seen := map[string]*Operation{}
	for _, s := range d.stated(dir) {
		if !d.statable(s, c.Service.Name, seen) {
			continue
		}
		if s.produces != nil {
			c.Produces = append(c.Produces, *s.produces)
		} else {
			c.Consumes = append(c.Consumes, *s.consumes)
		}
	}
	for _, s := range d.unattached() {
		if s.produces != nil {
			c.Produces = append(c.Produces, *s.produces)
		} else {
			c.Consumes = append(c.Consumes, *s.consumes)
		}
	}
	d.contractWords(c)
	return c
}

// service is what the document's info says of the service.
func (d *Document) service() contracts.Service {
	contact := d.reader.resolveAny(get(get(d.root, "info"), "contact"))
	return contracts.Service{Name: slug(d.Title), Version: d.APIVersion, Owner: text(contact, "name")}
}

// statable says whether a contract can state an interaction beside those
// seen, and gives a consumer without a group the service's name for one.
func (d *Document) statable(s stated, service string, seen map[string]*Operation) bool {
	if d.IsExport() {
		return true
	}
	if s.problem != "" {
		d.unaddressed(s, finding.Info)
		return false
	}
	key := "produces"
	var channel contracts.Channel
	if s.produces != nil {
		channel = s.produces.Channel()
	} else {
		if s.consumes.Group == "" && s.consumes.RabbitMQ == nil {
			s.consumes.Group = service
			d.reader.report(finding.Info, NoGroup, &s.operation.Position,
				fmt.Sprintf("the operation %s names no consumer group; the service's name stands for it", s.operation.ID),
				"name it in the operation's binding: {kafka: {groupId: {type: string, enum: [...]}}}")
		}
		channel, key = s.consumes.Channel(), "consumes "+s.consumes.Group
	}
	key = fmt.Sprint(key, " ", s.event(), " ", channel)
	if first, twice := seen[key]; twice {
		d.reader.report(finding.Info, NotCarried, &s.operation.Position,
			fmt.Sprintf("the operation %s says again that %s travels on %s", s.operation.ID, s.event(), channel), "",
			finding.Related{Position: first.Position, Message: "first here"})
		return false
	}
	seen[key] = s.operation
	return true
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name for files and services of any text.
func slug(s string) string {
	var words strings.Builder
	var last rune
	for _, r := range s {
		if r >= 'A' && r <= 'Z' && last >= 'a' && last <= 'z' {
			words.WriteByte('-')
		}
		words.WriteRune(r)
		last = r
	}
	out := strings.Trim(unfit.ReplaceAllString(strings.ToLower(words.String()), "-"), "-")
	if out == "" {
		return "unnamed"
	}
	return out
}

var endings = map[string]string{
	contracts.FormatJSONSchema: ".json", contracts.FormatAvro: ".avsc", contracts.FormatProtobuf: ".proto",
}

// extract gives a schema that stands inside the document a file of its own.
func (i *importer) extract(ref contracts.SchemaRef, event string) contracts.SchemaRef {
	if ref.Inline == nil {
		return ref
	}
	name := path.Join(path.Dir(i.File), ref.Inline.File)
	v := i.virtual[name]
	if v == nil || v.schema == nil {
		return ref
	}
	file := i.own(name, "schemas", event, endings[v.schema.Format])
	own := *ref.Inline
	own.File, own.Format = file, ""
	if reflect.DeepEqual(own, contracts.Schema{File: file}) {
		return contracts.SchemaRef{Ref: file}
	}
	return contracts.SchemaRef{Inline: &own}
}

// extractExample gives an example that stands inside the document a file of
// its own.
func (i *importer) extractExample(name, event string) string {
	inside := path.Join(path.Dir(i.File), name)
	if i.virtual[inside] == nil {
		return name
	}
	return i.own(inside, "examples", event, ".json")
}

// own is the own file of what stands inside the document, written on first use.
func (i *importer) own(inside, folder, event, ending string) string {
	file, known := i.extracted[inside]
	if !known {
		v := i.virtual[inside]
		i.render(v)
		short := event[strings.LastIndexByte(event, '.')+1:]
		file = i.unused(path.Join(folder, slug(short)), ending)
		if v.was != "" && i.files[v.was] == nil {
			file = v.was
		}
		i.files[file], i.extracted[inside] = v.text, file
	}
	return file
}

// unused is the name of a file that exists neither beside the document nor
// among those that were extracted.
func (i *importer) unused(name, ending string) string {
	for n := 1; ; n++ {
		file := name + ending
		if n > 1 {
			file = fmt.Sprintf("%s-%d%s", name, n, ending)
		}
		_, taken := i.files[file]
		if _, err := fs.Stat(i.reader.fsys, path.Join(path.Dir(i.File), file)); err != nil && !taken {
			return file
		}
	}
}
