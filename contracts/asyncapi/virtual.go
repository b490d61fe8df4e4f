package asyncapi

import (
	"bytes"
	"io/fs"
	"path"
	"sort"
	"sync"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// virtualFile is a schema or an example inside a document as a file: for JSON
// Schema a bundle of it and all that it refers to, for Avro its JSON, for
// Protobuf its text, and for an example its JSON.
type virtualFile struct {
	node   *document.Node
	schema *Schema // nil for an example
	was    string  // the file that an export showed; "" for none
	once   sync.Once
	text   []byte
	marks  []mark
}

// mark says which node is written at a place of a virtual file.
type mark struct {
	line, column int
	node         *document.Node
}

func (d *Document) render(v *virtualFile) {
	v.once.Do(func() {
		d.reader.mu.Lock()
		defer d.reader.mu.Unlock()
		w := &writer{reader: d.reader, schema: v.schema, line: 1, column: 1}
		switch {
		case v.schema != nil && v.schema.Format == contracts.FormatJSONSchema:
			w.bundle(v.node)
		case v.schema != nil && v.node.Kind == document.Scalar:
			w.source(v.node)
		default:
			w.json(v.node, 0)
			w.put("\n")
		}
		v.text, v.marks = w.out.Bytes(), w.marks
	})
}

// Locate moves findings that stand in a schema or an example of FS to the
// document that it is written in. Others stay as they are.
func (d *Document) Locate(findings []finding.Finding) {
	for i := range findings {
		if p := findings[i].Position; p != nil {
			moved := d.locate(*p)
			findings[i].Position = &moved
		}
		for j := range findings[i].Related {
			findings[i].Related[j].Position = d.locate(findings[i].Related[j].Position)
		}
	}
}

func (d *Document) locate(p finding.Position) finding.Position {
	v := d.virtual[p.File]
	if v == nil {
		return p
	}
	d.render(v)
	after := sort.Search(len(v.marks), func(i int) bool {
		m := v.marks[i]
		return m.line > p.Line || m.line == p.Line && m.column > p.Column
	})
	m := v.marks[max(after-1, 0)]
	d.reader.mu.Lock()
	defer d.reader.mu.Unlock()
	at := d.reader.at(m.node)
	if v.schema != nil && v.node.Kind == document.Scalar && m.line == p.Line {
		at.Column += p.Column - m.column
	}
	return *at
}

// overlay is the file system of a document: what it was loaded from, and the
// schemas inside it.
type overlay struct{ *Document }

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	v := o.virtual[name]
	if v == nil {
		return o.reader.fsys.Open(name)
	}
	o.render(v)
	return &openFile{Reader: bytes.NewReader(v.text), name: path.Base(name), size: int64(len(v.text))}, nil
}

// ReadFile implements fs.ReadFileFS.
func (o overlay) ReadFile(name string) ([]byte, error) {
	v := o.virtual[name]
	if v == nil {
		return fs.ReadFile(o.reader.fsys, name)
	}
	o.render(v)
	return bytes.Clone(v.text), nil
}

// ReadDir implements fs.ReadDirFS; the schemas inside the document are in no
// directory.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(o.reader.fsys, name) }

// openFile is an open virtual file and its own fs.FileInfo.
type openFile struct {
	*bytes.Reader
	name string
	size int64
}

func (f *openFile) Stat() (fs.FileInfo, error) { return fileInfo{f}, nil }
func (f *openFile) Close() error               { return nil }

type fileInfo struct{ file *openFile }

func (i fileInfo) Name() string       { return i.file.name }
func (i fileInfo) Size() int64        { return i.file.size }
func (i fileInfo) Mode() fs.FileMode  { return 0o444 }
func (i fileInfo) ModTime() time.Time { return time.Time{} }
func (i fileInfo) IsDir() bool        { return false }
func (i fileInfo) Sys() any           { return nil }
