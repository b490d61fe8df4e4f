package payload

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
)

// KeyOf is the record key that a contract declares for an event's data. It
// errs where the data has nothing at the key's place, and where the key is
// not made of data.
func KeyOf(key *contracts.Key, data any) ([]byte, error) {
	places, ok, err := keyPlaces(key)
	if err != nil || !ok {
		return nil, err
	}
	return places.key(data)
}

// RequiredHeaders are the headers of cfg.Headers and those that the contract
// requires and no envelope writes, with values made from the seed. Of cfg it
// needs Produces, Headers, Seed, Sender and Pattern.
func RequiredHeaders(cfg Config) ([]kgo.RecordHeader, error) { return constantHeaders(cfg) }
