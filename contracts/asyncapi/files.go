package asyncapi

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// Files is a file system in which contracts may stand on AsyncAPI documents:
// its Load and LoadDir are those of package contracts, and complete each
// contract with its document. The schemas and examples that stand inside
// documents are files of it, named DOCUMENT#/pointer, and what is found in them is shown
// where it stands in the document; all other files are those of the file system
// below.
//
// A Files reads each document once, so it is for files that do not change. It
// may be used by several goroutines as far as the file system below may.
type Files struct {
	base      fs.FS
	mu        sync.Mutex
	documents map[string]*loaded
}

// loaded is a document with what Load found.
type loaded struct {
	*Document
	findings []finding.Finding
}

// NewFiles is fsys with the schemas of its documents; fsys itself if it is
// that already.
func NewFiles(fsys fs.FS) *Files {
	if f, ok := fsys.(*Files); ok {
		return f
	}
	return &Files{base: fsys, documents: map[string]*loaded{}}
}

// Load is contracts.Load; a contract that stands on a document is completed
// with it. It is complete only without errors among the findings.
func (f *Files) Load(file string) (*contracts.Contract, []finding.Finding) {
	c, findings := contracts.Load(f.base, file)
	if finding.Errors(findings) > 0 || c.AsyncAPI == "" {
		return c, findings
	}
	findings = append(findings, f.complete(c)...)
	finding.Sort(findings)
	return c, findings
}

// LoadDir is contracts.LoadDir; contracts that stand on documents are
// completed with them.
func (f *Files) LoadDir(dir string) ([]*contracts.Contract, []finding.Finding) {
	set, findings := contracts.LoadDir(f.base, dir)
	wrong := map[string]bool{}
	for _, found := range findings {
		if found.Severity == finding.Error && found.Position != nil {
			wrong[found.Position.File] = true
		}
	}
	known := map[string]bool{} // what two contracts have of one document is said once
	for _, c := range set {
		if c.AsyncAPI == "" || wrong[c.Doc.File()] {
			continue
		}
		for _, found := range f.complete(c) {
			if key := fmt.Sprint(found.Position, found.ID, found.Message); !known[key] {
				known[key] = true
				findings = append(findings, found)
			}
		}
	}
	return set, findings
}

// complete completes a contract with its document.
func (f *Files) complete(c *contracts.Contract) []finding.Finding {
	name, at := c.Resolve(c.AsyncAPI), c.Doc.Position("asyncapi")
	d := f.document(name)
	var findings []finding.Finding
	for _, found := range d.findings {
		if found.ID == document.Unreadable && found.Position.File == d.File {
			found.Message = strings.Replace(found.Message, "the file", c.AsyncAPI, 1)
			found.Position = at
		}
		findings = append(findings, found)
	}
	if finding.Errors(findings) > 0 {
		return findings
	}
	findings = append(findings, d.Complete(c)...)
	if finding.Errors(findings) == 0 {
		findings = append(findings, c.Check()...) // x-weir can say anything
	}
	if len(c.Produces)+len(c.Consumes) == 0 {
		findings = append(findings, finding.Finding{
			ID: NothingToImport, Severity: finding.Error, Position: at,
			Message: fmt.Sprintf("neither the contract nor %s has an interaction that a contract could state", c.AsyncAPI),
			Hint:    "add produces or consumes",
		})
	}
	return findings
}

// Document is a document by its slash-separated path, as [Load] reads it.
func (f *Files) Document(name string) (*Document, []finding.Finding) {
	d := f.document(name)
	return d.Document, d.findings
}

func (f *Files) document(name string) *loaded {
	name = path.Clean(name)
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.documents[name]
	if d == nil {
		d = &loaded{}
		d.Document, d.findings = Load(f.base, name)
		f.documents[name] = d
	}
	return d
}

// within is the document that a schema stands in; nil for a file of its own.
// The name is all that it takes, so that a Files can read schemas of contracts
// that another one has loaded.
func (f *Files) within(name string) *Document {
	for end := 0; ; end++ {
		next := strings.Index(name[end:], "#/")
		if next < 0 {
			return nil
		}
		end += next
		if file := name[:end]; f.isFile(file) {
			if d := f.document(file); d.virtual[name] != nil {
				return d.Document
			}
		}
	}
}

// isFile says whether a file is there: a directory may have a # in its name.
func (f *Files) isFile(name string) bool {
	info, err := fs.Stat(f.base, name)
	return name != "" && err == nil && info.Mode().IsRegular()
}

// Locate is where a position in the text of a schema stands in its document;
// other positions stay as they are.
func (f *Files) Locate(p finding.Position) finding.Position {
	if d := f.within(p.File); d != nil {
		return d.locate(p)
	}
	return p
}

// Examples implements [schema.Exemplifier]: those of the document that a
// contract stands on, payloads and headers.
func (f *Files) Examples(c *contracts.Contract) []schema.Exemplar {
	if c.AsyncAPI == "" {
		return nil
	}
	d := f.document(c.Resolve(c.AsyncAPI))
	var out []schema.Exemplar
	for _, channel := range d.Channels {
		for _, m := range channel.Messages {
			for _, e := range m.Examples {
				out = judged(out, e.Payload, m.Payload, "an example of "+eventName(m), m)
				out = judged(out, e.Headers, m.Headers, "an example of the headers of "+eventName(m), m)
			}
		}
	}
	return out
}

// Key implements [schema.Keyed]: the key in the Kafka binding of the event's
// message.
func (f *Files) Key(c *contracts.Contract, p *contracts.Produces) *finding.Position {
	if c.AsyncAPI == "" {
		return nil
	}
	d := f.document(c.Resolve(c.AsyncAPI))
	for _, o := range d.Operations {
		for _, m := range o.Messages {
			if o.ID == p.Operation && eventName(m) == p.Event && m.Kafka.Key != nil {
				return &m.Kafka.Key.Position
			}
		}
	}
	return nil
}

func judged(all []schema.Exemplar, file string, by *Schema, what string, m *Message) []schema.Exemplar {
	if file == "" || by == nil || by.Format == "" {
		return all
	}
	return append(all, schema.Exemplar{
		File: file, Schema: schema.Declared{File: by.File, Format: by.Format}, What: what, Position: m.Position,
	})
}

// JSONSchema is a JSON Schema that stands in a file, as a contract declares it;
// the positions of its error are located.
func (f *Files) JSONSchema(c *contracts.Contract, declared *contracts.Schema) (*jsonschema.Schema, error) {
	s, err := schema.DeclaredBy(c, declared, "").Load(f)
	if err != nil {
		return nil, err
	}
	return s.JSONSchema(), nil
}

// Below is the file system without the schemas that stand inside documents.
func (f *Files) Below() fs.FS { return f.base }

// Open implements [fs.FS].
func (f *Files) Open(name string) (fs.File, error) {
	if d := f.within(name); d != nil {
		return overlay{d}.Open(name)
	}
	return f.base.Open(name)
}

// ReadFile implements [fs.ReadFileFS].
func (f *Files) ReadFile(name string) ([]byte, error) {
	if d := f.within(name); d != nil {
		return overlay{d}.ReadFile(name)
	}
	return fs.ReadFile(f.base, name)
}

// Stat implements [fs.StatFS].
func (f *Files) Stat(name string) (fs.FileInfo, error) {
	if d := f.within(name); d != nil {
		return fs.Stat(overlay{d}, name)
	}
	return fs.Stat(f.base, name)
}

// ReadDir implements [fs.ReadDirFS]; the schemas inside documents are in no
// directory.
func (f *Files) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(f.base, name) }
