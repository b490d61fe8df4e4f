package asyncapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/reports/finding"
)

// json makes nodes of a JSON file.
func (r *reader) json(name string, src []byte) *document.Node {
	start := &finding.Position{File: name, Line: 1, Column: 1}
	if len(src) > maxBytes {
		r.report(finding.Error, document.TooLarge, start, fmt.Sprintf("the file has %d bytes; at most %d are read", len(src), maxBytes), "split it")
		return nil
	}
	if _, err := jsonschema.ParseDocument(name, src); err != nil {
		var invalid *jsonschema.Error
		if !errors.As(err, &invalid) {
			r.report(finding.Error, document.Syntax, start, err.Error(), "")
			return nil
		}
		for _, p := range invalid.Problems {
			r.report(finding.Error, document.Syntax, &p.Position, p.Message, p.Hint)
		}
		return nil
	}
	w := jsonWalker{src: src, decoder: json.NewDecoder(bytes.NewReader(src)), line: 1}
	w.decoder.UseNumber()
	root := w.value(0)
	if root == nil {
		r.report(finding.Error, document.TooLarge, start, fmt.Sprintf("values nest deeper than %d levels", maxDepth), "")
	}
	return root
}

// jsonWalker makes nodes of JSON that is known to be well formed. It moves
// forward only, so that counting lines costs one pass.
type jsonWalker struct {
	src             []byte
	decoder         *json.Decoder
	at, line, start int // offset, its line, and the offset where that begins
}

// next is an empty node where the next token begins.
func (w *jsonWalker) next() *document.Node {
	offset := int(w.decoder.InputOffset())
	for offset < len(w.src) && strings.IndexByte(" \t\r\n:,", w.src[offset]) >= 0 {
		offset++
	}
	for ; w.at < offset; w.at++ {
		if w.src[w.at] == '\n' || w.src[w.at] == '\r' && (w.at+1 == len(w.src) || w.src[w.at+1] != '\n') {
			w.line, w.start = w.line+1, w.at+1
		}
	}
	return &document.Node{Line: w.line, Column: offset - w.start + 1}
}

// value reads a value, nil if it nests too deep.
func (w *jsonWalker) value(depth int) *document.Node {
	if depth > maxDepth {
		return nil
	}
	n := w.next()
	token, err := w.decoder.Token()
	if err != nil {
		return nil
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			n.Kind = document.Sequence
			return w.items(n, depth)
		}
		n.Kind = document.Mapping
		return w.entries(n, depth)
	case string:
		n.Kind, n.Text, n.Quoted = document.Scalar, token, true
	case json.Number:
		n.Kind, n.Text = document.Scalar, token.String()
	case bool:
		n.Kind, n.Text = document.Scalar, strconv.FormatBool(token)
	}
	return n
}

func (w *jsonWalker) items(n *document.Node, depth int) *document.Node {
	for w.decoder.More() {
		item := w.value(depth + 1)
		if item == nil {
			return nil
		}
		n.Items = append(n.Items, item)
	}
	_, _ = w.decoder.Token()
	return n
}

func (w *jsonWalker) entries(n *document.Node, depth int) *document.Node {
	for w.decoder.More() {
		key := w.next()
		name, _ := w.decoder.Token()
		key.Kind, key.Quoted = document.Scalar, true
		key.Text, _ = name.(string)
		value := w.value(depth + 1)
		if value == nil {
			return nil
		}
		n.Entries = append(n.Entries, document.Entry{Key: key, Value: value})
	}
	_, _ = w.decoder.Token()
	return n
}
