package jsonschema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/flowweir/weir/reports/finding"
)

// Document is a JSON document that knows where in its file each value
// stands. Values are named by JSON Pointers (RFC 6901).
type Document struct {
	file  string
	src   []byte
	value any
	// values and keys are the byte offsets of values and of the member names
	// that lead to them.
	values, keys map[string]int
}

// byteOrderMark is what some editors put at the start of a file.
var byteOrderMark = []byte("\xef\xbb\xbf")

// ParseDocument reads one JSON document. Unlike encoding/json it refuses an
// object that has a name twice, because the two readers of such a file may
// not see the same value, and passes over a byte order mark. It also refuses
// what takes more to work with than to write: more than 500 levels of objects
// and arrays, and numbers of more than 10,000 characters or with an exponent
// beyond 1,000. Its error is always an *Error with the position.
func ParseDocument(file string, src []byte) (*Document, error) {
	src = bytes.TrimPrefix(src, byteOrderMark)
	d := &Document{file: file, src: src, values: map[string]int{}, keys: map[string]int{}}
	value, err := Decode(src)
	if err != nil {
		return nil, d.syntaxError(err)
	}
	d.value = value
	if err := d.index(); err != nil {
		return nil, err
	}
	return d, nil
}

// File is the name that the document was parsed under.
func (d *Document) File() string { return d.file }

// Value is the decoded document; numbers are json.Number. The caller must
// not change it.
func (d *Document) Value() any { return d.value }

// Position is where the value at pointer begins. For a pointer that leads
// nowhere it is the position of the nearest enclosing value.
func (d *Document) Position(pointer string) finding.Position {
	for {
		if offset, ok := d.values[pointer]; ok {
			return d.at(offset)
		}
		pointer = pointer[:max(0, strings.LastIndexByte(pointer, '/'))]
	}
}

// KeyPosition is where the name of the member at pointer begins, or Position
// if the value is no member of an object.
func (d *Document) KeyPosition(pointer string) finding.Position {
	if offset, ok := d.keys[pointer]; ok {
		return d.at(offset)
	}
	return d.Position(pointer)
}

func (d *Document) at(offset int) finding.Position {
	offset = min(offset, len(d.src))
	start := bytes.LastIndexByte(d.src[:offset], '\n') + 1
	line := d.src[start:]
	if end := bytes.IndexByte(line, '\n'); end >= 0 {
		line = line[:end]
	}
	return finding.Position{
		File:   d.file,
		Line:   bytes.Count(d.src[:start], []byte("\n")) + 1,
		Column: offset - start + 1,
		Source: string(bytes.TrimSuffix(line, []byte("\r"))),
	}
}

func (d *Document) fail(offset int, hint, format string, args ...any) *Error {
	return &Error{[]Problem{{d.at(offset), fmt.Sprintf(format, args...), hint}}}
}

func (d *Document) syntaxError(err error) *Error {
	var syntax *json.SyntaxError
	// The offset that a Decoder gives depends on what it had buffered;
	// Unmarshal's counts the bytes up to and with the offending one.
	var whole json.RawMessage
	switch {
	case len(bytes.TrimSpace(d.src)) == 0:
		return d.fail(0, "", "not JSON: the file is empty")
	case errors.As(json.Unmarshal(d.src, &whole), &syntax):
		offset := int(syntax.Offset) - 1
		if strings.HasPrefix(syntax.Error(), "unexpected end") {
			offset = len(d.src)
		}
		return d.fail(offset, "", "not JSON: %v", syntax)
	}
	return d.fail(0, "", "not JSON: %v", err)
}

// Decode reads exactly one JSON value, with numbers as they are written
// (json.Number).
func Decode(src []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(src))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the value")
	}
	return v, nil
}

// Encode writes a value as JSON on one line, in which <, > and & stand as they
// are.
func Encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// index walks the tokens of a document that is known to be well formed.
func (d *Document) index() error {
	w := &indexer{doc: d, decoder: json.NewDecoder(bytes.NewReader(d.src))}
	w.decoder.UseNumber()
	return w.value("")
}

// maxNesting bounds how deep objects and arrays stand in each other. What
// people write has a few dozen levels; what is far beyond takes time and memory
// that grow with the square of the depth.
const maxNesting = 500

type indexer struct {
	doc     *Document
	decoder *json.Decoder
	depth   int
}

// next is the offset of the token that the decoder reads next.
func (w *indexer) next() int {
	offset := int(w.decoder.InputOffset())
	for offset < len(w.doc.src) && strings.IndexByte(" \t\r\n:,", w.doc.src[offset]) >= 0 {
		offset++
	}
	return offset
}

func (w *indexer) value(pointer string) error {
	w.doc.values[pointer] = w.next()
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case json.Delim:
	case string:
		return w.whole(w.doc.values[pointer])
	case json.Number:
		if why := unread(token.String()); why != "" {
			return w.doc.fail(w.doc.values[pointer], "", "the number %s", why)
		}
		return nil
	default:
		return nil
	}
	if w.depth++; w.depth > maxNesting {
		return w.doc.fail(w.doc.values[pointer], "", "objects and arrays are nested deeper than %d levels", maxNesting)
	}
	defer func() { w.depth-- }()
	if token == json.Delim('{') {
		return w.members(pointer)
	}
	return w.elements(pointer)
}

func (w *indexer) members(pointer string) error {
	for w.decoder.More() {
		offset := w.next()
		name, err := w.decoder.Token()
		if err != nil {
			return err
		}
		if err := w.whole(offset); err != nil {
			return err
		}
		member := pointer + "/" + escapeToken(name.(string))
		if _, twice := w.doc.keys[member]; twice {
			return w.doc.fail(offset, "remove one of the two", "the name %q is there twice", name)
		}
		w.doc.keys[member] = offset
		if err := w.value(member); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

// whole refuses a text, whose token begins at an offset, in which an escape is
// half of a character: decoding puts U+FFFD in its place.
func (w *indexer) whole(offset int) error {
	token := w.doc.src[offset:w.decoder.InputOffset()]
	for i := 0; i < len(token); i++ {
		if token[i] != '\\' {
			continue
		}
		half, isEscape := codeUnit(token[i:])
		switch second, _ := codeUnit(token[min(i+unitLength, len(token)):]); {
		case !isEscape:
			i++
		case !utf16.IsSurrogate(half):
		case utf16.DecodeRune(half, second) != unicode.ReplacementChar:
			i += 2*unitLength - 1
		default:
			return w.doc.fail(offset+i, "write the character itself, or both of its halves", "the escape %s is half of a character, and no text has it", token[i:i+unitLength])
		}
	}
	return nil
}

const unitLength = len(`\u0000`)

// codeUnit is what an escape \uhhhh at the start of a text names.
func codeUnit(text []byte) (rune, bool) {
	if len(text) < unitLength || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:unitLength]), 16, 16)
	return rune(n), err == nil
}

func (w *indexer) elements(pointer string) error {
	for i := 0; w.decoder.More(); i++ {
		if err := w.value(pointer + "/" + strconv.Itoa(i)); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

var tokenEscaper = strings.NewReplacer("~", "~0", "/", "~1")

// escapeToken writes a name as a reference token of a JSON Pointer.
func escapeToken(name string) string { return tokenEscaper.Replace(name) }
