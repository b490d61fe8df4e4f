package finding

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text writes findings for people, in the order given: a line that editors
// and terminals can jump to, the source line with a caret under the place, the
// path of a place in a schema or in events, further places, the record's story and the next step.
//
//	weir.yaml:7:5: error: produces[0] has no field "topc" [file/unknown-field]
//	    7 |     topc: order.events
//	      |     ^
//	      = hint: did you mean "topic"?
//
// What came from files and records is shown with its invisible characters
// escaped, so that it cannot drive the terminal.
func Text(w io.Writer, findings []Finding) error {
	var out strings.Builder
	for i, f := range Shown(findings) {
		if i > 0 {
			out.WriteByte('\n')
		}
		f.text(&out)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (f Finding) text(w *strings.Builder) {
	if f.Position != nil {
		fmt.Fprintf(w, "%s: ", printable(f.Position.String()))
	}
	// A compiler's errors have lines. Further ones stand where none of Weir's
	// own begins.
	first, more, _ := strings.Cut(f.Message, "\n")
	fmt.Fprintf(w, "%s: %s [%s]\n", f.Severity, printable(strings.TrimRight(first, "\r")), f.ID)
	for line := range strings.Lines(more) {
		if line = strings.TrimSpace(line); line != "" {
			fmt.Fprintf(w, "%s  %s\n", margin, printable(line))
		}
	}
	f.places(w)
	if f.Counterexample != nil {
		f.Counterexample.text(w)
	}
	if f.Record != nil {
		f.Record.text(w)
	}
	if f.Hint != "" {
		fmt.Fprintf(w, "%s= hint: %s\n", margin, printable(f.Hint))
	}
}

// places shows the source line and the further places.
func (f Finding) places(w *strings.Builder) {
	if f.Position != nil {
		f.Position.snippet(w)
	}
	if f.Position != nil && f.Position.Path != "" {
		fmt.Fprintf(w, "%s= at %s %s\n", margin, printable(f.Position.Path), f.Position.within())
	}
	for _, related := range f.Related {
		fmt.Fprintf(w, "%s= %s: %s\n", margin, printable(related.Position.String()), printable(related.Message))
		related.Position.snippet(w)
	}
}

// within says what the path is a place in. A path within a schema never looks
// like one within events.
func (p Position) within() string {
	if strings.HasPrefix(p.Path, "$") || strings.HasPrefix(p.Path, "header:") || p.Path == "key" {
		return "in events"
	}
	return "in the schema"
}

// margin is as wide as the numbers of lines.
const margin = "      "

// snippet shows the line, cut around the column where it is long, and a caret
// under the column.
func (p Position) snippet(w *strings.Builder) {
	if p.Line == 0 || p.Source == "" && p.Column <= 1 {
		return
	}
	before, after := p.split()
	fmt.Fprintf(w, "%5d | %s%s\n", p.Line, before, after)
	if p.Column == 0 {
		return
	}
	// A tab stays a tab, so that the caret stands right at any tab width.
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, before)
	fmt.Fprintf(w, "%s| %s^\n", margin, pad)
}

// split cuts the source line at the column and shortens both sides to what a
// terminal shows.
func (p Position) split() (before, after string) {
	const mostBefore, mostAfter = 60, 60
	at := min(max(p.Column-1, 0), len(p.Source))
	for at > 0 && at < len(p.Source) && !utf8.RuneStart(p.Source[at]) {
		at--
	}
	left, right := []rune(p.Source[:at]), []rune(p.Source[at:])
	if len(left) > mostBefore {
		left = append([]rune("…"), left[len(left)-mostBefore:]...)
	}
	if len(right) > mostAfter {
		right = append(right[:mostAfter:mostAfter], '…')
	}
	return Visible(string(left)), strings.TrimRight(Visible(string(right)), " \t")
}

// longestDocument is how much of a document is shown, in bytes.
const longestDocument = 2000

func (c *Counterexample) text(w *strings.Builder) {
	fmt.Fprintf(w, "%s= counter-example, written with %s and read with %s:\n", margin, printable(c.Writer), printable(c.Reader))
	document := c.Document
	if json.Valid([]byte(document)) {
		document = Escaped(document)
	}
	if len(document) > longestDocument {
		document = strings.ToValidUTF8(document[:longestDocument], "") + " …"
	}
	for line := range strings.Lines(document) {
		fmt.Fprintf(w, "%s  %s\n", margin, printable(strings.TrimSuffix(line, "\n")))
	}
	if len(c.Bytes) > 0 {
		fmt.Fprintf(w, "%s  bytes %s\n", margin, shortened(c.Bytes))
	}
	fmt.Fprintf(w, "%s  %s\n", margin, printable(c.Outcome))
}

// shortened writes bytes as hexadecimal digits, the first hundred at most.
func shortened(b []byte) string {
	if len(b) <= 100 {
		return hex.EncodeToString(b)
	}
	return fmt.Sprintf("%s… (%d in all)", hex.EncodeToString(b[:100]), len(b))
}

func (r *Record) text(w *strings.Builder) {
	fmt.Fprintf(w, "%s= record: %s/%d", margin, printable(r.Topic), r.Partition)
	if r.Offset >= 0 {
		fmt.Fprintf(w, "@%d", r.Offset)
	}
	if r.Key != "" {
		fmt.Fprintf(w, ", key %s", printable(r.Key))
	}
	if r.Sender != "" {
		fmt.Fprintf(w, ", %s #%d", printable(r.Sender), r.Sequence)
	}
	if r.EventID != "" {
		fmt.Fprintf(w, ", event %s", printable(r.EventID))
	}
	w.WriteByte('\n')
	for _, step := range r.Story {
		fmt.Fprintf(w, "%s  %12s  %s\n", margin, step.At, printable(step.What))
	}
}

// Escaped writes the characters of a JSON text that are no visible ones as
// the escapes that mean the same, so that what is shown is the document.
func Escaped(text string) string { return escaped(text, invisible) }

func escaped(text string, hides func(rune) bool) string {
	text = strings.ToValidUTF8(text, "\ufffd")
	if !strings.ContainsFunc(text, hides) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hides(r) {
			escape(&b, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func escape(b *strings.Builder, r rune) {
	if r > 0xFFFF {
		high, low := utf16.EncodeRune(r)
		fmt.Fprintf(b, `\u%04x\u%04x`, high, low)
		return
	}
	fmt.Fprintf(b, `\u%04x`, r)
}

// invisible: the white space of JSON is not, it stands between its parts.
func invisible(r rune) bool { return !unicode.IsPrint(r) && !strings.ContainsRune("\t\n\r", r) }

// printable is Visible on one line.
func printable(s string) string { return Visible(strings.ReplaceAll(s, "\t", " ")) }

// Visible writes the characters of a text that are no visible ones, such as
// controls, marks of direction and those without a width, as the escapes that
// JSON has for them: what is shown can neither drive a terminal nor look like
// something else. Bytes that are no UTF-8 are "�". Tabs stay.
func Visible(s string) string { return escaped(s, hidden) }

func hidden(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }
