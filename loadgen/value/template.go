package value

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/internal/random"
)

// Record is what a template can say of a record.
type Record struct {
	Sequence uint64
	// Key is the record's key; nil where it has none.
	Key []byte
	// Due is when the record is due.
	Due time.Time
	// Run and Sender make the event id, with Sequence.
	Run    uint64
	Sender uint16

	random random.Stream // of the template that is being filled in
}

// Template is a text with places that each record fills in:
//
//	{{seq}}           the sequence: 0, 1, 2 and so on
//	{{key}}           the record's key, as it is
//	{{id}}            the event's id, a UUID
//	{{time}}          when the record is due: RFC 3339 with microseconds, UTC
//	{{unix_ms}}       the same in milliseconds since 1970
//	{{uuid}}          a random UUID of version 4
//	{{int 1 100}}     a random whole number from 1 to 100
//	{{text 20}}       20 random letters a to z
//	{{hex 16}}        16 random hexadecimal digits
//	{{pick red blue}} one of the words, each as likely; quoted ones may have spaces
//
// Two opening braces always begin a place; two closing ones without them are
// text, as nested JSON needs it.
type Template struct {
	counter random.Counter
	parts   []part
	// constant says that there are no places.
	constant   bool
	mean, most int
}

// part appends a piece of a template.
type part func(b []byte, r *Record) []byte

// TemplateError is a mistake in a template, Offset bytes from its start.
type TemplateError struct {
	Offset  int
	Message string
}

func (e *TemplateError) Error() string { return e.Message }

// Values is a template of values.
func Values(seed uint64, sender uint16, text string) (*Template, error) {
	return compile(random.New(seed, sender).For(purposeTemplate), text)
}

// Header is a template of the header with a number: each has random numbers
// of its own.
func Header(seed uint64, sender uint16, number int, text string) (*Template, error) {
	return compile(random.New(seed, sender).For(purposeHeader+uint64(number)), text)
}

// compile makes a template; its errors are a *TemplateError.
func compile(counter random.Counter, text string) (*Template, error) {
	t := &Template{counter: counter, constant: true}
	for at := 0; ; {
		open := strings.Index(text[at:], "{{")
		if open < 0 {
			t.literal(text[at:])
			break
		}
		t.literal(text[at : at+open])
		at += open
		// A third brace belongs to the text before the place: {{{seq}}}.
		if strings.HasPrefix(text[at:], "{{{") {
			t.literal("{")
			at++
		}
		end := strings.Index(text[at:], "}}")
		if end < 0 {
			return nil, &TemplateError{at, "a {{ without its }}"}
		}
		p, err := place(text[at+2 : at+end])
		if err != nil {
			return nil, &TemplateError{at, err.Error()}
		}
		t.parts, t.constant = append(t.parts, p), false
		at += end + 2
	}
	t.measure()
	return t, nil
}

func (t *Template) literal(text string) {
	if text != "" {
		t.parts = append(t.parts, func(b []byte, _ *Record) []byte { return append(b, text...) })
	}
}

// measure learns the sizes from examples.
func (t *Template) measure() {
	const samples = 64
	var b []byte
	sum := 0
	for seq := range uint64(samples) {
		b = t.Append(b[:0], &Record{Sequence: seq, Key: []byte("key-000000"), Due: time.Unix(1<<31, 0)})
		sum += len(b)
		t.most = max(t.most, len(b))
	}
	t.mean = sum / samples
}

// Append appends the text of a record.
func (t *Template) Append(b []byte, r *Record) []byte {
	r.random = t.counter.At(r.Sequence)
	for _, p := range t.parts {
		b = p(b, r)
	}
	return b
}

// Constant says whether the text is the same for every record.
func (t *Template) Constant() bool { return t.constant }

// Mean is about the mean length.
func (t *Template) Mean() float64 { return float64(t.mean) }

// Max is about the largest length.
func (t *Template) Max() int { return t.most }

// String names the kind for a report.
func (t *Template) String() string { return fmt.Sprintf("template of about %s", size(t.mean)) }

// places are the names of what a template can fill in, each with the form of
// its arguments.
var places = map[string]struct {
	form string
	make func(args []string) (part, bool)
}{
	"seq": {"{{seq}}", plain(func(b []byte, r *Record) []byte { return strconv.AppendUint(b, r.Sequence, 10) })},
	"key": {"{{key}}", plain(func(b []byte, r *Record) []byte { return append(b, r.Key...) })},
	"id": {"{{id}}", plain(func(b []byte, r *Record) []byte {
		return identity.EventID{Run: r.Run, Sender: r.Sender, Sequence: r.Sequence}.AppendText(b)
	})},
	"time":    {"{{time}}", plain(func(b []byte, r *Record) []byte { return r.Due.UTC().AppendFormat(b, instant) })},
	"unix_ms": {"{{unix_ms}}", plain(func(b []byte, r *Record) []byte { return strconv.AppendInt(b, r.Due.UnixMilli(), 10) })},
	"uuid":    {"{{uuid}}", plain(appendUUID)},
	"int":     {"{{int 1 100}}", whole},
	"text":    {"{{text 20}}", letters("abcdefghijklmnopqrstuvwxyz")},
	"hex":     {"{{hex 16}}", letters("0123456789abcdef")},
	"pick":    {"{{pick red blue}}", pick},
}

// instant is the layout of times: RFC 3339 with microseconds, UTC.
const instant = "2006-01-02T15:04:05.000000Z"

// place makes a part of what stands between the braces.
func place(text string) (part, error) {
	words, err := split(text)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return nil, fmt.Errorf("nothing stands between {{ and }}")
	}
	known, ok := places[words[0]]
	if !ok {
		return nil, fmt.Errorf("a template has no {{%s}}: it has seq, key, id, time, unix_ms, uuid, int, text, hex and pick", words[0])
	}
	p, ok := known.make(words[1:])
	if !ok {
		return nil, fmt.Errorf("{{%s}} is not of the form of %s", strings.TrimSpace(text), known.form)
	}
	return p, nil
}

// split cuts words, of which quoted ones are Go's string literals.
func split(text string) ([]string, error) {
	var words []string
	for {
		text = strings.TrimLeft(text, " \t\n")
		if text == "" {
			return words, nil
		}
		if text[0] != '"' {
			end := strings.IndexAny(text, " \t\n\"")
			if end < 0 {
				end = len(text)
			}
			words, text = append(words, text[:end]), text[end:]
			continue
		}
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil, fmt.Errorf("%s is not closed by a quote, or is none that can be read", text)
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", quoted, err)
		}
		words, text = append(words, word), text[len(quoted):]
	}
}

func plain(p part) func([]string) (part, bool) {
	return func(args []string) (part, bool) { return p, len(args) == 0 }
}

func appendUUID(b []byte, r *Record) []byte {
	var u [16]byte
	binary.LittleEndian.PutUint64(u[:8], r.random.Next())
	binary.LittleEndian.PutUint64(u[8:], r.random.Next())
	u[6], u[8] = u[6]&0x0f|0x40, u[8]&0x3f|0x80
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		begin := [...]int{0, 4, 6, 8, 10}[i]
		if begin > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, u[begin:end])
	}
	return b
}

// whole is {{int LOW HIGH}}.
func whole(args []string) (part, bool) {
	if len(args) != 2 {
		return nil, false
	}
	low, err := strconv.ParseInt(args[0], 10, 64)
	high, err2 := strconv.ParseInt(args[1], 10, 64)
	// The number of numbers must be one, too.
	if span := uint64(high) - uint64(low) + 1; err == nil && err2 == nil && low <= high && span != 0 {
		return func(b []byte, r *Record) []byte {
			return strconv.AppendInt(b, int64(uint64(low)+r.random.Below(span)), 10)
		}, true
	}
	return nil, false
}

// letters is {{text N}} and {{hex N}}: N letters of an alphabet.
func letters(alphabet string) func([]string) (part, bool) {
	return func(args []string) (part, bool) {
		if len(args) != 1 {
			return nil, false
		}
		n, err := strconv.ParseUint(args[0], 10, 32)
		if err != nil || n > MaxSize {
			return nil, false
		}
		return func(b []byte, r *Record) []byte {
			at := len(b)
			b = append(b, make([]byte, n)...)
			r.random.Letters(b[at:], alphabet)
			return b
		}, true
	}
}

func pick(args []string) (part, bool) {
	return func(b []byte, r *Record) []byte {
		return append(b, args[r.random.Below(uint64(len(args)))]...)
	}, len(args) > 0
}
