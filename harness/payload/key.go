package payload

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
)

// keyMaker turns a key's index into the JSON value that stands at the key's
// place, and that value into the record key.
type keyMaker struct {
	seed uint64
	// style is how an index becomes a value: found by trying on a document.
	style keyStyle
	// list are the keys by their index, quoted the same as JSON text; nil
	// makes them up.
	list   []string
	quoted [][]byte
	// form is how keys are written in records, and prefix stands before each.
	form   string
	prefix []byte
	// sized is what stands around a key in the form of a schema, by the length of
	// its text.
	sized map[int]part
}

type keyStyle int

const (
	styleUUID keyStyle = iota
	styleText
	styleNumber
)

// value is the JSON value of a key's index.
func (k keyMaker) value(index uint64) any {
	if k.list != nil {
		if k.style == styleNumber {
			return json.Number(k.list[index])
		}
		return k.list[index]
	}
	switch k.style {
	case styleUUID:
		return k.uuid(index).String()
	case styleNumber:
		return json.Number(fmt.Sprint(index + 1))
	}
	return fmt.Sprintf("key-%06d", index)
}

// appendJSON appends the value as it stands in a document.
func (k keyMaker) appendJSON(b []byte, index uint64) []byte {
	switch {
	case k.style == styleNumber:
		return k.appendText(b, index)
	case k.list != nil:
		return append(b, k.quoted[index]...)
	}
	b = append(b, '"')
	b = k.appendText(b, index)
	return append(b, '"')
}

// appendKey appends the value as a record key. That each can be was found when
// the style was chosen.
func (k keyMaker) appendKey(b []byte, index uint64) []byte {
	b = append(b, k.prefix...)
	switch k.form {
	case contracts.KeyOfSchema:
		at := len(b)
		b = k.appendText(b, index)
		around := k.sized[len(b)-at]
		b = slices.Insert(b, at, around.before...)
		return append(b, around.after...)
	case KeyJSON:
		return k.appendJSON(b, index)
	case KeyLong:
		n := index + 1
		if k.list != nil {
			signed, _ := strconv.ParseInt(k.list[index], 10, 64)
			n = uint64(signed)
		}
		return binary.BigEndian.AppendUint64(b, n)
	}
	return k.appendText(b, index)
}

// appendText appends the value as text.
func (k keyMaker) appendText(b []byte, index uint64) []byte {
	if k.list != nil {
		return append(b, k.list[index]...)
	}
	switch k.style {
	case styleUUID:
		var text [36]byte
		u := k.uuid(index)
		encodeUUID(&text, u)
		return append(b, text[:]...)
	case styleNumber:
		return strconv.AppendUint(b, index+1, 10)
	}
	b = append(b, "key-"...)
	for least := uint64(100_000); least > max(index, 1); least /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, index, 10)
}

func encodeUUID(text *[36]byte, u uuid.UUID) {
	t, _ := u.MarshalText() // never errs
	copy(text[:], t)
}

// uuid is a UUID of version 4 made from the seed and the index.
func (k keyMaker) uuid(index uint64) (u uuid.UUID) {
	a, b := mix(k.seed^mix(index)), mix(k.seed+mix(^index))
	for i := range 8 {
		u[i], u[8+i] = byte(a>>(8*i)), byte(b>>(8*i))
	}
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// mix is the finalizer of splitmix64 (Steele, Lea and Flood, 2014).
func mix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// keyTemplate is the contract's {template: "{$.tenant}:{$.order_id}"}.
type keyTemplate struct {
	texts  []string // one more than places
	places []place.Place
}

func parseKeyTemplate(t string) (keyTemplate, error) {
	var k keyTemplate
	for {
		text, rest, found := strings.Cut(t, "{")
		k.texts = append(k.texts, text)
		if !found {
			return k, nil
		}
		at, rest, found := strings.Cut(rest, "}")
		if !found {
			return k, fmt.Errorf("key template %q: a { without its }", t)
		}
		p, err := place.Parse(at)
		if err != nil {
			return k, err
		}
		if p.Kind() != place.Data {
			return k, fmt.Errorf("key template: %s is not a place in the data", p)
		}
		k.places, t = append(k.places, p), rest
	}
}

// text is what a document makes the key of, as text.
func (k keyTemplate) text(doc any) ([]byte, error) {
	key := []byte(k.texts[0])
	for i, p := range k.places {
		v, ok := p.In(doc)
		if !ok {
			return nil, fmt.Errorf("the document has nothing at %s, which its key is made of", p)
		}
		key = append(key, place.Text(v)...)
		key = append(key, k.texts[i+1]...)
	}
	return key, nil
}

// keyPlaces is the contract's key as a template; ok is false where records
// have no key.
func keyPlaces(key *contracts.Key) (t keyTemplate, ok bool, err error) {
	if key == nil {
		return t, false, nil
	}
	if key.Template != "" {
		t, err = parseKeyTemplate(key.Template)
		return t, true, err
	}
	p, err := place.Parse(key.Place)
	if err != nil {
		return t, false, err
	}
	if p.Kind() != place.Data {
		return t, false, fmt.Errorf("load for a key at %s is not built: give the key as a place in the data, $.a.b", p)
	}
	return keyTemplate{texts: []string{"", ""}, places: []place.Place{p}}, true, nil
}
