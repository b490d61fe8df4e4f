package payload

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

func TestKeyFormats(t *testing.T) {
	object := map[string]any{"shop": "north", "n": json.Number("7")}
	for _, tt := range []struct {
		format string
		value  any
		key    string
		wrong  string // what is said of a value that cannot be written
	}{
		{KeyString, "o-1", "o-1", ""},
		{KeyString, json.Number("12"), "12", ""},
		{KeyJSON, "o-1", `"o-1"`, ""},
		{KeyJSON, json.Number("12"), "12", ""},
		{KeyJSON, object, `{"n":7,"shop":"north"}`, ""},
		{KeyLong, json.Number("258"), "\x00\x00\x00\x00\x00\x00\x01\x02", ""},
		{KeyLong, json.Number("-1"), "\xff\xff\xff\xff\xff\xff\xff\xff", ""},
		{KeyLong, "258", "\x00\x00\x00\x00\x00\x00\x01\x02", ""},
		{KeyLong, json.Number("1.5"), "", "the key 1.5 is no whole number of 64 bits, which the format long writes"},
		{KeyLong, json.Number("9223372036854775808"), "", "the key 9223372036854775808 is no whole number of 64 bits, which the format long writes"},
		{KeyLong, "o-1", "", "the key o-1 is no whole number of 64 bits, which the format long writes"},
		{"bytes", "o-1", "", "keys in the format bytes are not built: what their bytes mean is not said; string, json, long are, and a schema of keys"},
	} {
		keys := KeysOf(&contracts.Key{Format: tt.format}, nil)
		key, err := keys.Encode(tt.value)
		if said := fmt.Sprint(err); tt.wrong != "" {
			if said != tt.wrong {
				t.Errorf("%s of %v: %s, want %s", tt.format, tt.value, said, tt.wrong)
			}
			continue
		}
		if err != nil || string(key) != tt.key {
			t.Errorf("%s of %v: %q, %v, want %q", tt.format, tt.value, key, err, tt.key)
		}
		back, err := keys.Decode([]byte(tt.key))
		if err != nil || place.Text(back) != place.Text(tt.value) {
			t.Errorf("%s of %v is read as %v, %v", tt.format, tt.value, back, err)
		}
	}
	for _, tt := range []struct{ format, key, want string }{
		{KeyLong, "258", "it has 3 bytes, and one of the format long has 8"},
		{KeyJSON, "o-1", "it is no JSON: "},
		{"bytes", "o-1", "keys in the format bytes are not built"},
	} {
		if _, err := KeysOf(&contracts.Key{Format: tt.format}, nil).Decode([]byte(tt.key)); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%s of %q: %v, want %s", tt.format, tt.key, err, tt.want)
		}
	}
}

// TestLoadWithKeysInAFormat: what a record's key says is what its data says,
// spliced and not, and the same key has the same bytes.
func TestLoadWithKeysInAFormat(t *testing.T) {
	form := func(format string) func(*Config) {
		return func(c *Config) { c.Produces.Key = &contracts.Key{Place: "$.order_id", Format: format} }
	}
	odd := func(c *Config) { // no other number is valid
		c.Validate = func(doc []byte) error {
			v, err := jsonschema.Decode(doc)
			if n, _ := place.MustParse("$.order_id").In(v); err != nil || place.Text(n)[len(place.Text(n))-1]%2 == 0 {
				return fmt.Errorf("even")
			}
			return nil
		}
		c.Generate = order(func(rng *rand.Rand) any { return json.Number(fmt.Sprint(2*rng.IntN(1e6) + 1)) })
	}
	listed := func(c *Config) {
		over(2)(c)
		c.KeyList = []string{"7", "-9000000000"}
	}
	with := func(id func(*rand.Rand) any) func(*Config) { return func(c *Config) { c.Generate = order(id) } }
	for name, tt := range map[string]struct {
		format string
		keyed  bool
		with   []func(*Config)
	}{
		"numbers as long":               {KeyLong, true, []func(*Config){with(numbers)}},
		"numbers from a file as long":   {KeyLong, true, []func(*Config){with(numbers), listed}},
		"numbers as long, not made up":  {KeyLong, false, []func(*Config){odd}},
		"numbers as JSON":               {KeyJSON, true, []func(*Config){with(numbers)}},
		"texts as JSON":                 {KeyJSON, true, []func(*Config){with(texts)}},
		"UUIDs as JSON":                 {KeyJSON, true, nil},
		"numbers as JSON, not made up":  {KeyJSON, false, []func(*Config){odd}},
		"numbers as text, as ever":      {KeyString, true, []func(*Config){with(numbers)}},
		"texts from a template as JSON": {KeyJSON, false, []func(*Config){func(c *Config) { c.Produces.Key = &contracts.Key{Template: "{$.tenant}:{$.order_id}", Format: KeyJSON} }}},
	} {
		t.Run(name, func(t *testing.T) {
			m := maker(t, config(t, append([]func(*Config){form(tt.format)}, tt.with...)...))
			if m.keyed != tt.keyed {
				t.Fatalf("keyed is %t", m.keyed)
			}
			if keys := expectKeys(t, m, 300, unframed); len(keys) < 2 {
				t.Errorf("%d keys", len(keys))
			}
		})
	}
	for name, tt := range map[string]struct {
		with []func(*Config)
		want string
	}{
		"texts as long":             {[]func(*Config){form(KeyLong), with(texts)}, "is no whole number of 64 bits, which the format long writes"},
		"texts from a file as long": {[]func(*Config){form(KeyLong), with(numbers), listed, func(c *Config) { c.KeyList[1] = "9e30" }}, "number 2 of the file, is not valid at $.order_id: the key 9e30 is no whole number of 64 bits, which the format long writes"},
		"bytes":                     {[]func(*Config){form("bytes"), odd}, "keys in the format bytes are not built"},
	} {
		if _, err := New(config(t, tt.with...)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}
