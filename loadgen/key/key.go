// Package key chooses the key of each record of a load.
//
// A [Distribution] gives the key's index as a pure function of (seed, sender,
// sequence): it keeps no state, so that whoever examines a run computes the
// key of any record again, in any order and on any number of goroutines. What
// a key looks like for an index is the caller's affair.
//
// Randomness comes from package loadgen/internal/random; it is for load, not
// for secrets.
package key

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/flowweir/weir/loadgen/internal/random"
)

// Distribution is which of a number of keys each record has. Implementations
// are immutable and safe for concurrent use.
type Distribution interface {
	// Index is the key's index, from 0 to Cardinality−1, of a sequence.
	Index(seq uint64) uint64
	// Cardinality is the number of keys.
	Cardinality() uint64
	// String describes the distribution for a report.
	String() string
}

var errNoKeys = errors.New("the cardinality is 0: give at least one key")

// Uniform is a distribution in which every key is as likely as every other.
// Its bias is below cardinality/2⁶⁴.
func Uniform(seed uint64, sender uint16, cardinality uint64) (Distribution, error) {
	if cardinality == 0 {
		return nil, errNoKeys
	}
	return uniform{random.New(seed, sender), cardinality}, nil
}

type uniform struct {
	random.Counter
	n uint64
}

func (u uniform) Index(seq uint64) uint64 {
	r := u.At(seq)
	return r.Below(u.n)
}

func (u uniform) Cardinality() uint64 { return u.n }
func (u uniform) String() string      { return "uniform over " + keys(u.n) }

// Sequential is a distribution that goes through all keys in turn: sequence
// modulo cardinality.
func Sequential(cardinality uint64) (Distribution, error) {
	if cardinality == 0 {
		return nil, errNoKeys
	}
	return sequential{cardinality}, nil
}

type sequential struct{ n uint64 }

func (s sequential) Index(seq uint64) uint64 { return seq % s.n }
func (s sequential) Cardinality() uint64     { return s.n }
func (s sequential) String() string          { return "sequential over " + keys(s.n) }

func keys(n uint64) string {
	if n == 1 {
		return "1 key"
	}
	return fmt.Sprintf("%s keys", strconv.FormatUint(n, 10))
}
