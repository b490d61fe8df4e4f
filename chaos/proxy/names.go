package proxy

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// RequestNames are the names of all requests that are known, by API key.
func RequestNames() (names []string) {
	for key := range int16(kmsg.MaxKey + 1) {
		if kmsg.RequestForKey(key) != nil {
			names = append(names, kmsg.NameForKey(key))
		}
	}
	return names
}

// RequestNamed is the API key of a request by its name.
func RequestNamed(name string) (key kmsg.Key, ok bool) {
	for key := range int16(kmsg.MaxKey + 1) {
		if kmsg.RequestForKey(key) != nil && kmsg.NameForKey(key) == name {
			return kmsg.Key(key), true
		}
	}
	return 0, false
}

// ErrorNames are the names of Kafka's errors, by their codes.
func ErrorNames() (names []string) {
	for e := range kafkaErrors {
		names = append(names, e.Message)
	}
	return append(names, notLeader)
}

// ErrorNamed is an error of Kafka's by its name, or nil.
func ErrorNamed(name string) *kerr.Error {
	if name == notLeader {
		return kerr.NotLeaderForPartition
	}
	for e := range kafkaErrors {
		if e.Message == name {
			return e
		}
	}
	return nil
}

// notLeader is what Kafka calls NOT_LEADER_FOR_PARTITION since 2.6.
const notLeader = "NOT_LEADER_OR_FOLLOWER"

// lastErrorCode is beyond the codes that Kafka has given to errors.
const lastErrorCode = 300

// kafkaErrors yields Kafka's errors. A code without one is an unknown error,
// whose own code is another.
func kafkaErrors(yield func(*kerr.Error) bool) {
	for code := int16(-1); code < lastErrorCode; code++ {
		var e *kerr.Error
		if errors.As(kerr.ErrorForCode(code), &e) && e.Code == code && !yield(e) {
			return
		}
	}
}
