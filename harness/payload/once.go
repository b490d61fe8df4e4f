package payload

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
)

// KeyValue is what a contract makes the key of an event of: the value at its
// place, or the text of its template; nil where there is no key. It errs where
// the data has nothing there, and where the key is not made of data.
func KeyValue(key *contracts.Key, data any) (any, error) {
	places, ok, err := keyPlaces(key)
	if err != nil || !ok {
		return nil, err
	}
	text, err := places.text(data)
	if err != nil {
		return nil, err
	}
	if key.Template != "" {
		return string(text), nil
	}
	v, _ := places.places[0].In(data)
	return v, nil
}

// RequiredHeaders are the headers of cfg.Headers and those that the contract
// requires and no envelope writes, with values made from the seed. Of cfg it
// needs Produces, Headers, Seed, Sender and Pattern.
func RequiredHeaders(cfg Config) ([]kgo.RecordHeader, error) { return constantHeaders(cfg) }
