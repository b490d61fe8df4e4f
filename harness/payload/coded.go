package payload

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/identity"
)

// spliceSized cuts documents in a binary form at the key's place, once for
// each length that keys have: lengths stand before the key, and before what
// contains it. It is false where the key's place is no text.
func (m *Maker) spliceSized(docs []any, at place.Place) (bool, error) {
	if m.key.style == styleNumber {
		return false, nil
	}
	m.sized = map[int][]part{}
	for _, size := range m.key.sizes(m.cfg.Keys.Cardinality()) {
		for _, doc := range docs {
			p, ok, err := cut(size, func(text string) ([]byte, error) {
				if err := at.Set(doc, text); err != nil {
					return nil, err
				}
				return m.encode(doc)
			})
			switch {
			case err != nil:
				return false, fmt.Errorf("a key of %d bytes at %s: %w", size, at, err)
			case !ok:
				return false, fmt.Errorf("the key at %s does not stand as it is in the encoded document: load for it is not built", at)
			}
			m.sized[size] = append(m.sized[size], p)
		}
	}
	return true, nil
}

// sizeKeys cuts the encoded forms of keys that have a schema where their text
// stands, once for each length. It is false where they have none that is cut: a
// number in a binary form, or a value that is not any text.
func (m *Maker) sizeKeys() bool {
	if m.key.style == styleNumber {
		return false
	}
	m.key.sized = map[int]part{}
	for _, size := range m.key.sizes(m.cfg.Keys.Cardinality()) {
		p, ok, err := cut(size, func(text string) ([]byte, error) { return m.keys.Encode(text) })
		if err != nil || !ok {
			return false
		}
		m.key.sized[size] = p
	}
	return true
}

// cut finds a text in what is encoded of it: two encodings that differ in the
// text alone, which is as long in both, differ where it stands. It is false
// where it does not stand there as it is.
func cut(size int, encode func(text string) ([]byte, error)) (part, bool, error) {
	var forms [2][]byte
	for i, letter := range []string{"a", "b"} {
		var err error
		if forms[i], err = encode(strings.Repeat(letter, size)); err != nil {
			return part{}, false, err
		}
	}
	a, b := forms[0], forms[1]
	if len(a) != len(b) {
		return part{}, false, nil
	}
	begin := 0
	for begin < len(a) && a[begin] == b[begin] {
		begin++
	}
	end := begin + size
	if end > len(a) || !bytes.Equal(a[end:], b[end:]) || !bytes.Equal(a[begin:end], bytes.Repeat([]byte("a"), size)) {
		return part{}, false, nil
	}
	return part{a[:begin], a[end:]}, true, nil
}

// sizes are the lengths that the keys have, in bytes.
func (k keyMaker) sizes(cardinality uint64) []int {
	var sizes []int
	if k.list != nil {
		for _, text := range k.list {
			sizes = append(sizes, len(text))
		}
	} else {
		// Those that are made up grow with their number.
		for index := uint64(0); ; index = index*10 + 9 {
			last := index >= cardinality-1
			sizes = append(sizes, len(k.appendText(nil, min(index, cardinality-1))))
			if last {
				break
			}
		}
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

// undecodable is data that no reader can decode: JSON that breaks off, or numbers
// without an end, with which a binary form begins. It carries the event's id,
// so that a dead letter that lost its headers still leads back.
func (m *Maker) undecodable(id identity.EventID) []byte {
	b := append(make([]byte, 0, 128), m.prefix...)
	if m.cfg.Codec != nil {
		return id.AppendText(append(b, endless[:]...))
	}
	b = id.AppendText(append(b, `{"poison":"`...))
	return append(b, `","cut":`...)
}

// endless are the bytes of variable-length numbers that go on.
var endless = [64]byte(bytes.Repeat([]byte{0xff}, 64))

// readable refuses undecodable data for a schema that can read it.
func (m *Maker) readable() error {
	if m.cfg.Codec == nil {
		return nil
	}
	if _, err := m.cfg.Codec.Decode(m.undecodable(identity.EventID{Run: m.cfg.Run, Sender: m.cfg.Sender})[len(m.prefix):]); err == nil {
		return errors.New("the schema of " + m.cfg.Produces.Event + " reads any bytes as an event, so that nothing poisons it: leave out the fault")
	}
	return nil
}

// textual refuses envelopes that hold JSON around data in another form.
func textual(p *contracts.Produces, c Codec) error {
	switch kind := p.EnvelopeName(); {
	case c == nil:
	case kind == contracts.EnvelopeCloudEventsStructured, kind == contracts.EnvelopeStandard:
		return fmt.Errorf("%s: the envelope %s holds JSON, and the data is %s: use cloudevents-binary or none", p.Event, kind, c.MediaType())
	}
	return nil
}
