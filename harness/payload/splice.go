package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

// hole is what stands at the key's place while a document is cut in two.
const hole = "\ufdd0weir-key\ufdd0"

// splice cuts documents at the key's place. It is false where keys
// of their style would not be valid in each of them.
func (m *Maker) splice(rng *rand.Rand, places keyTemplate) (bool, error) {
	at := places.places[0]
	docs := make([]any, documents)
	for i := range docs {
		var err error
		if docs[i], err = m.document(rng, places.places); err != nil {
			return false, err
		}
	}
	if !m.chooseStyle(docs, at) {
		return false, nil
	}
	if err := m.checkList(docs[0], at); err != nil {
		return false, err
	}
	if m.cfg.Codec != nil {
		return m.spliceSized(docs, at)
	}
	for _, doc := range docs {
		if err := at.Set(doc, hole); err != nil {
			return false, err
		}
		text, err := jsonschema.Encode(doc)
		if err != nil {
			return false, err
		}
		before, after, found := bytes.Cut(text, []byte(`"`+hole+`"`))
		if !found {
			return false, errors.New("the key's place is not in the document that was made for it")
		}
		m.parts = append(m.parts, part{slices.Concat(m.prefix, before), after})
	}
	return true, nil
}

// chooseStyle takes the style of key that the first document has, if all
// documents are valid with the first key of that style and with the last.
func (m *Maker) chooseStyle(docs []any, at place.Place) bool {
	old, _ := at.In(docs[0])
	m.key = keyMaker{seed: m.cfg.Seed, list: m.cfg.KeyList, form: m.keyForm(), prefix: m.cfg.KeyFrame.prefix}
	switch v := old.(type) {
	case string:
		m.key.style = styleText
		if looksLikeUUID(v) {
			m.key.style = styleUUID
		}
	case json.Number, float64, int64, int:
		m.key.style = styleNumber
	default:
		return false
	}
	switch {
	case m.key.form == KeyLong && m.key.style != styleNumber:
		return false // that the values are no numbers is said of a document
	case m.key.form == contracts.KeyOfSchema && !m.sizeKeys():
		return false
	}
	if m.key.list != nil {
		return true // checkList says which key does not fit
	}
	return !slices.ContainsFunc(docs, func(doc any) bool { return !m.fits(doc, at) })
}

// checkList tries every key of a list on a document.
func (m *Maker) checkList(doc any, at place.Place) error {
	for i, text := range m.key.list {
		quoted, err := jsonschema.Encode(text)
		if err != nil {
			return err
		}
		m.key.quoted = append(m.key.quoted, quoted)
		err = at.Set(doc, m.key.value(uint64(i)))
		var b []byte
		if err == nil {
			b, err = jsonschema.Encode(doc)
		}
		if err == nil {
			err = m.cfg.Validate(b)
		}
		if err == nil {
			err = m.keys.Check(m.key.value(uint64(i)))
		}
		if err == nil {
			_, err = m.keys.Encode(m.key.value(uint64(i)))
		}
		if err != nil {
			return fmt.Errorf("the key %q, number %d of the file, is not valid at %s: %w", text, i+1, at, err)
		}
	}
	return nil
}

// fits says whether a document is valid with the first key and with the last.
func (m *Maker) fits(doc any, at place.Place) bool {
	for _, index := range []uint64{0, m.cfg.Keys.Cardinality() - 1} {
		value := m.key.value(index)
		if m.keys.Check(value) != nil || at.Set(doc, value) != nil {
			return false
		}
		text, err := jsonschema.Encode(doc)
		if err != nil || m.cfg.Validate(text) != nil {
			return false
		}
	}
	return true
}

// keyForm is how keys are written: those of a JSON Schema are JSON.
func (m *Maker) keyForm() string {
	switch s := m.cfg.KeySchema; {
	case s != nil && s.JSONSchema() != nil:
		return KeyJSON
	case s != nil:
		return contracts.KeyOfSchema
	}
	return m.cfg.Produces.Key.SerializedAs()
}

func looksLikeUUID(s string) bool {
	return len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-'
}

// spliced puts the event's key into one of the documents, and into the record.
func (m *Maker) spliced(r *kgo.Record, event uint64) []byte {
	index, number := m.cfg.Keys.Index(event), m.random(event)
	room := 2 * 48
	p := &part{}
	if m.sized == nil {
		p = &m.parts[number%uint64(len(m.parts))]
		room += len(p.before) + len(p.after)
	}
	buf := m.key.appendKey(make([]byte, 0, room), index)
	r.Key = buf[:len(buf):len(buf)]
	if m.sized != nil {
		text := r.Key
		if m.key.form != KeyString {
			text = m.key.appendText(buf, index)[len(buf):]
		}
		parts := m.sized[len(text)]
		p = &parts[number%uint64(len(parts))]
		return slices.Concat(p.before, text, p.after)
	}
	at := len(buf)
	buf = append(buf, p.before...)
	buf = m.key.appendJSON(buf, index)
	return append(buf, p.after...)[at:]
}
