package payload

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/loadgen/identity"
)

// Wrong is data that is well-formed and that the producer's schema refuses. Where
// there is room it carries an event's id, so that a dead letter that lost its
// headers still leads back.
type Wrong struct {
	// What it is, in words that follow "an event", and Why what the schema says
	// against it.
	What, Why string
	// Whole is what the data was before one field of it was spoilt; nil where
	// nothing in it is right.
	Whole any

	before, after []byte // around the id
	bare          bool   // before is all: there is no room for an id
}

// Wrongs are the forms of data that Validate refuses or, in a form other than
// JSON, that Codec cannot read; and that is refused by each of Readers that has
// a schema of its own. Of cfg they need these, Generate, Produces and LeadsBack.
// There are none where all takes all that was tried.
//
// In JSON that is, in this order: an object in which nothing stands that the
// schema asks for; a document whose every member is of another type; an array;
// and data that is whole but for one field, for each field and what can be wrong
// with it (MaxWrongFields at most). In Avro and Protobuf it is what another
// schema wrote, whose only field is a text.
func Wrongs(cfg Config) ([]*Wrong, error) {
	tried, err := candidates(cfg)
	if err != nil {
		return nil, err
	}
	for _, w := range tried {
		w.Why = w.refused(cfg)
	}
	all := slices.DeleteFunc(tried, func(w *Wrong) bool { return w.Why == "" })
	if cfg.Codec != nil {
		return all, nil
	}
	single, err := cfg.wrongFields(rand.New(rand.NewPCG(cfg.Seed, uint64(cfg.Sender))))
	return append(all, single...), err
}

// LoadWrongs are Wrongs of a load, which must have one.
func LoadWrongs(cfg Config) ([]*Wrong, error) {
	all, err := Wrongs(cfg)
	if err == nil && len(all) == 0 {
		err = errors.New("the schema of " + cfg.Produces.Event + ", or that of a consumer, takes all that was tried as an event, so that none is wrong: use kind: undecodable")
	}
	return all, err
}

// refused is what the producer's schema says against the data, if it and those
// of the consumers refuse it with whatever id: in a binary form what is read
// of it may depend on that.
func (w *Wrong) refused(cfg Config) (why string) {
	const ids = 64
	for i := range uint64(ids) {
		id := identity.EventID{Run: cfg.Run, Sender: cfg.Sender, Sequence: mix(i) >> (i % 64)}
		data := w.Data(id)
		err := refusal(cfg, data)
		if err == nil || slices.ContainsFunc(cfg.Readers, func(r Reader) bool { return r.Refuses != nil && !r.Refuses(data) }) {
			return ""
		}
		if i == 0 {
			why = strings.ReplaceAll(err.Error(), id.String(), "ID")
		}
	}
	return why
}

// refusal is what the producer's schema says against data.
func refusal(cfg Config, data []byte) error {
	if cfg.Codec == nil {
		return cfg.Validate(data)
	}
	_, err := cfg.Codec.Decode(data)
	return err
}

// candidates are well-formed data around an id.
func candidates(cfg Config) ([]*Wrong, error) {
	const another = "that another schema wrote"
	switch {
	case cfg.Codec == nil:
	case cfg.Codec.MediaType() == "application/protobuf":
		// The highest field, which nobody declares: what is required is missing.
		tag := protowire.AppendTag(nil, protowire.MaxValidNumber, protowire.BytesType)
		return []*Wrong{{What: another, before: protowire.AppendVarint(tag, identity.EventIDSize)}}, nil
	default:
		return []*Wrong{{What: another, before: binary.AppendVarint(nil, identity.EventIDSize)}}, nil // Avro's text
	}
	doc, err := cfg.Generate(rand.New(rand.NewPCG(cfg.Seed, uint64(cfg.Sender))))
	if err != nil {
		return nil, fmt.Errorf("data for %s: %w", cfg.Produces.Event, err)
	}
	all := []*Wrong{{What: "without what its schema requires", before: []byte(`{"` + member + `":"`), after: []byte(`"}`)}}
	if object, ok := doc.(map[string]any); ok && len(object) > 0 {
		text, err := jsonschema.Encode(otherTypes(object))
		if err != nil {
			return nil, err
		}
		all = append(all, &Wrong{What: "with a value of another type for each member", before: []byte(`{"` + member + `":"`), after: append([]byte(`",`), text[1:]...)})
	}
	return append(all, &Wrong{What: "that is an array", before: []byte(`["`), after: []byte(`"]`)}), nil
}

// otherTypes is an object with another type for each value.
func otherTypes(object map[string]any) map[string]any {
	other := map[string]any{}
	for name, v := range object {
		if other[name] = []any{}; isArray(v) {
			other[name] = false
		}
	}
	delete(other, member)
	return other
}

func isArray(v any) bool { _, is := v.([]any); return is }

// Data is the data with an event's id, where it has room for it.
func (w *Wrong) Data(id identity.EventID) []byte {
	if w.bare {
		return slices.Clone(w.before)
	}
	b := append(make([]byte, 0, len(w.before)+identity.EventIDSize+len(w.after)), w.before...)
	return append(id.AppendText(b), w.after...)
}
