package payload

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/loadgen/ledger"
)

// expectKeys holds the keys of the first n records, all of which are normal, to
// their data: a key says what the contract makes it of, and has one hash. How a
// key is framed bare knows. It returns the different keys.
func expectKeys(t *testing.T, m *Maker, n uint64, bare func(*testing.T, *kgo.Record) []byte) map[string]uint64 {
	t.Helper()
	decode := jsonschema.Decode
	if m.cfg.Codec != nil {
		decode = m.cfg.Codec.Decode
	}
	hashes := map[string]uint64{}
	for seq := range n {
		var r kgo.Record
		if class := m.Make(seq, &r); class != ledger.Normal {
			t.Fatalf("%d is of class %d", seq, class)
		}
		_, value, err := envelope.Decode(envelope.Kind(m.cfg.Produces.EnvelopeName()), r.Value, headers(&r))
		if err != nil {
			t.Fatalf("%d: %q: %v", seq, r.Value, err)
		}
		data, err := decode(value)
		if err != nil {
			t.Fatalf("%d: %q: %v", seq, value, err)
		}
		want, err := KeyValue(m.cfg.Produces.Key, data)
		if err != nil {
			t.Fatalf("%d: %v", seq, err)
		}
		if got, err := m.keys.Decode(bare(t, &r)); err != nil || place.Text(got) != place.Text(want) {
			t.Fatalf("%d: the key %q says %v, the data %v, %v", seq, r.Key, got, want, err)
		}
		hash := m.KeyHash(seq)
		if known, ok := hashes[string(r.Key)]; ok && known != hash {
			t.Fatalf("%d: the key %q has another hash than before", seq, r.Key)
		}
		hashes[string(r.Key)] = hash
	}
	return hashes
}

// unframed is a key that has no framing.
func unframed(_ *testing.T, r *kgo.Record) []byte { return r.Key }
