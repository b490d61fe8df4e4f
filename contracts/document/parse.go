package document

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The limits of a file. They are far above what people write, and low enough
// that the YAML parser, which is recursive and in places quadratic, ends
// within about a second.
const (
	maxBytes  = 256 << 10
	maxTokens = 50_000
	maxDepth  = 64
	// maxNodes bounds what aliases may expand to.
	maxNodes = 100_000
	// maxFindings is where listing problems stops to help.
	maxFindings = 100
)

// parse makes nodes of src, or findings.
func (d *Decoder) parse(src []byte) *Node {
	text, ok := d.text(src)
	if !ok {
		return nil
	}
	file, ok := d.yaml(text)
	if !ok {
		return nil
	}
	var body ast.Node
	for _, doc := range file.Docs {
		if _, directive := doc.Body.(*ast.DirectiveNode); doc.Body == nil || directive {
			continue
		}
		if body != nil {
			line, column := d.position(doc.Start)
			d.reportAt(line, column, SeveralDocuments, "a second document begins here", "keep one document per file and remove the line ---")
			return nil
		}
		body = doc.Body
	}
	if body == nil {
		d.reportAt(1, 1, Empty, "the file is empty", "")
		return nil
	}
	c := converter{Decoder: d, anchors: map[string]*Node{}}
	return c.node(body, nil)
}

// text checks the encoding and makes every line end with \n, which keeps line
// and column of everything else.
func (d *Decoder) text(src []byte) (string, bool) {
	if len(src) > maxBytes {
		d.reportAt(1, 1, TooLarge, fmt.Sprintf("the file has more than %d bytes, the most that are read", maxBytes), "split it")
		return "", false
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	text := strings.ReplaceAll(string(src), "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	d.doc.setSource(text)
	line, column := 1, 1
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			d.doc.setSource(strings.ToValidUTF8(text, "\ufffd"))
			d.reportAt(line, column, Encoding, fmt.Sprintf("byte %#x is not UTF-8", text[i]), "save the file as UTF-8")
			return "", false
		case r == '\n':
			line, column = line+1, 1
			continue
		case r != '\t' && unicode.IsControl(r) || r == '\ufeff':
			d.reportAt(line, column, Encoding, fmt.Sprintf("control character %U", r), `remove it, or write it as an escape in double quotes, such as "\x1b"`)
			return "", false
		}
		column += utf8.RuneLen(r)
	}
	return text, true
}

// yaml runs the YAML parser under the limits. Its panics become findings: a
// file must never end the process.
func (d *Decoder) yaml(text string) (file *ast.File, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			d.reportAt(1, 1, Syntax, fmt.Sprintf("the YAML parser gave up on this file: %v", r), "reduce the file to find the line, or quote its unusual values")
			file, ok = nil, false
		}
	}()
	tokens := lexer.Tokenize(text)
	if invalid := tokens.InvalidToken(); invalid != nil {
		if !d.misread(tokens) && !d.misreadAt(invalid) {
			d.syntax(invalid, invalid.Error)
		}
		return nil, false
	}
	if d.misread(tokens) {
		return nil, false
	}
	if tk, problem := limits(tokens); tk != nil {
		line, column := d.position(tk)
		d.reportAt(line, column, TooLarge, problem, "")
		return nil, false
	}
	file, err := parser.Parse(d.joined(tokens), 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var positioned yaml.Error
		if errors.As(err, &positioned) {
			d.syntax(positioned.GetToken(), positioned.GetMessage())
		} else {
			d.reportAt(1, 1, Syntax, err.Error(), "")
		}
		return nil, false
	}
	return file, true
}

// limits finds the first token that exceeds a limit. It runs before the
// parser because that is recursive, and a stack overflow cannot be recovered.
func limits(tokens token.Tokens) (*token.Token, string) {
	var (
		flow    int   // open brackets and braces
		columns []int // of the open blocks
		line    int
		inLine  int // entries "- " and "? " of one line, and properties, nest too
	)
	for i, tk := range tokens {
		if i >= maxTokens {
			return tk, fmt.Sprintf("the file has more than %d tokens", maxTokens)
		}
		switch tk.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
		case token.SequenceEndType, token.MappingEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType, token.AnchorType, token.TagType:
			inLine++
		}
		if tk.Position.Line != line {
			line, inLine = tk.Position.Line, 0
			for len(columns) > 0 && columns[len(columns)-1] >= tk.Position.Column {
				columns = columns[:len(columns)-1]
			}
			columns = append(columns, tk.Position.Column)
		}
		if max(flow, inLine, len(columns)) > maxDepth {
			return tk, fmt.Sprintf("values nest deeper than %d levels", maxDepth)
		}
	}
	return nil, ""
}

// syntax reports what the YAML parser says, with the advice that it lacks.
func (d *Decoder) syntax(tk *token.Token, message string) {
	line, column := 1, 1
	if tk != nil {
		line, column = d.position(tk)
	}
	source := d.doc.at(line, column).Source
	hint := ""
	switch {
	case strings.Contains(source, "{{") && !strings.Contains(source, `"{{`):
		hint = `put a value with {{ }} in quotes: "{{.Port}}"`
	case strings.HasPrefix(strings.TrimLeft(source, " "), "\t"):
		hint = "indent with spaces; YAML does not allow tabs"
	case strings.Contains(message, "reserved character"):
		hint = "put the value in quotes"
	case strings.Contains(message, "mapping value is not allowed"):
		hint = `put a value that contains ": " in quotes`
	case strings.Contains(message, "end token"), strings.Contains(message, "could not find end"):
		hint = "close what is opened here"
	case strings.Contains(message, "not allowed in this context"), strings.Contains(message, "non-map value"), strings.Contains(message, "unexpected key"):
		hint = "check the indentation and the colon of this line and the one above"
	}
	d.reportAt(line, column, Syntax, "invalid YAML: "+message, hint)
}

// position is the place of a token, its column in bytes.
func (d *Decoder) position(tk *token.Token) (line, column int) {
	if tk == nil || tk.Position == nil {
		return 1, 1
	}
	return tk.Position.Line, d.doc.byteColumn(tk.Position.Line, tk.Position.Column)
}
