package payload

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/identity"
)

// Large is data that the producer's schema allows, and of which one text is so
// long that the data has a size. It carries the event's id, so that a dead
// letter that lost its headers still leads back.
type Large struct {
	// At is the place of the text: a field of its own where the schema takes one,
	// or else one that it has.
	At place.Place

	size int
	text string
}

// padding is the field that is added to JSON.
const padding = "padding"

// NewLarge finds a text that can be so long. Of cfg it needs Generate,
// Validate, Codec and Produces. It errs where the schema has none.
func NewLarge(cfg Config, size int) (*Large, error) {
	const documents = 8
	docs, texts := make([]any, documents), map[string]bool{}
	rng := rand.New(rand.NewPCG(cfg.Seed, uint64(cfg.Sender)))
	for i := range docs {
		var err error
		if docs[i], err = cfg.Generate(rng); err != nil {
			return nil, fmt.Errorf("data for %s: %w", cfg.Produces.Event, err)
		}
		object, is := docs[i].(map[string]any)
		if !is {
			return nil, fmt.Errorf("an event of %s need be no object, so that no field of it can be so long", cfg.Produces.Event)
		}
		if bare, err := encode(cfg.Codec, object); err == nil && len(bare) >= size {
			return nil, fmt.Errorf("events of %s are that large by themselves: name a size that none has", cfg.Produces.Event)
		}
		for name, v := range object {
			if _, is := v.(string); is && !cfg.names(name) {
				texts[name] = true
			}
		}
	}
	names := slices.Sorted(maps.Keys(texts))
	if cfg.Codec == nil {
		names = slices.Concat([]string{padding}, names)
	}
	for _, name := range names {
		l := &Large{At: place.Field(place.Name(name)), size: size, text: letters(rng, size)}
		if !slices.ContainsFunc(docs, func(doc any) bool { return !l.allowed(cfg, doc) }) {
			return l, nil
		}
	}
	return nil, fmt.Errorf("the schema of %s allows no event with data of %d bytes: it takes no further field, and no text in it can be so long", cfg.Produces.Event, size)
}

// names says whether something else is made of a field: the key, or what the
// event is known by.
func (cfg *Config) names(field string) bool {
	at := place.Field(place.Name(field)).String()
	key, _, err := keyPlaces(cfg.Produces.Key)
	return err != nil || at == cfg.Produces.Recognition().Value || slices.ContainsFunc(key.places, func(p place.Place) bool { return p.String() == at })
}

// letters are texts that do not compress to little.
func letters(rng *rand.Rand, n int) string {
	const of = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	b := make([]byte, n)
	for i := range b {
		b[i] = of[rng.IntN(len(of))]
	}
	return string(b)
}

// allowed says whether a document is valid when it is so long. It stays as it is.
func (l *Large) allowed(cfg Config, doc any) bool {
	data, err := l.fill(cfg.Codec, maps.Clone(doc.(map[string]any)), identity.EventID{Run: cfg.Run, Sender: cfg.Sender}.String())
	return err == nil && refusal(cfg, data) == nil
}

// fill gives a document its size, at least: the lengths that a binary form has
// before a text grow with it.
func (l *Large) fill(codec Codec, doc any, id string) ([]byte, error) {
	with := func(text string) ([]byte, error) {
		if err := l.At.Set(doc, text); err != nil {
			return nil, err
		}
		return encode(codec, doc)
	}
	bare, err := with(id)
	if err != nil {
		return nil, err
	}
	if len(bare) >= l.size {
		return nil, fmt.Errorf("the data has %d bytes by itself", len(bare))
	}
	return with(id + l.text[:l.size-len(bare)])
}

// grow is the data of a record with its size. Data in which the text cannot be,
// unlike in all that was tried, breaks off instead: it is poison all the same.
func (m *Maker) grow(l *Large, id identity.EventID, data []byte) []byte {
	doc, err := m.decode(data[len(m.prefix):])
	if err == nil {
		data, err = l.fill(m.cfg.Codec, doc, id.String())
	}
	if err != nil {
		return m.undecodable(id)
	}
	return slices.Concat(m.prefix, data)
}

func encode(codec Codec, doc any) ([]byte, error) {
	if codec != nil {
		return codec.Encode(doc)
	}
	return jsonschema.Encode(doc)
}

func (m *Maker) decode(data []byte) (any, error) {
	if m.cfg.Codec != nil {
		return m.cfg.Codec.Decode(data)
	}
	return jsonschema.Decode(data)
}
