package value

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/flowweir/weir/loadgen/internal/random"
)

// What numbers are drawn for: each has streams of its own.
const (
	purposeSize = iota + 1
	purposeFilling
	purposeCorpus
	purposeTemplate
	purposeTombstone
	purposeTime
	purposeAbort
	// purposeHeader and those after it are for the headers.
	purposeHeader = 64
)

// Filling are values of given sizes, of which a share, 0 to 1, are random
// bytes, other ones in each record, and the rest one byte again and again. A
// compressor can take away the rest and nothing else, so that the share is
// about what is left of a value after compression.
func Filling(seed uint64, sender uint16, sizes Sizes, share float64) (Source, error) {
	if !(share >= 0 && share <= 1) {
		return nil, fmt.Errorf("the share %s of random bytes is not from 0 to 1", strconv.FormatFloat(share, 'g', -1, 64))
	}
	return filling{Sizes: sizes, random: random.New(seed, sender).For(purposeFilling), share: share}, nil
}

type filling struct {
	Sizes
	random random.Counter
	share  float64
}

// rest is the byte of which the rest of a filling is made.
const rest = 'w'

func (f filling) Append(b []byte, r *Record) []byte {
	n := f.Size(r.Sequence)
	wild := int(math.Round(f.share * float64(n)))
	s := f.random.At(r.Sequence)
	for ; wild >= 8; wild, n = wild-8, n-8 {
		b = binary.LittleEndian.AppendUint64(b, s.Next())
	}
	if wild > 0 {
		for v := s.Next(); wild > 0; wild, n = wild-1, n-1 {
			b = append(b, byte(v))
			v >>= 8
		}
	}
	for ; n >= len(tame); n -= len(tame) {
		b = append(b, tame[:]...)
	}
	return append(b, tame[:n]...)
}

// tame is a piece of the rest.
var tame = func() (b [256]byte) {
	for i := range b {
		b[i] = rest
	}
	return b
}()

func (f filling) String() string {
	if f.Max() == 0 {
		return f.Sizes.String() // of which nothing is random
	}
	return fmt.Sprintf("%s, %s%% random", f.Sizes, strconv.FormatFloat(f.share*100, 'g', 6, 64))
}

// Share is a share of the records of a sender, or of its transactions, drawn at
// random.
type Share struct {
	counter random.Counter
	share   float64
}

// Tombstones is the share, 0 to 1, of records without a value.
func Tombstones(seed uint64, sender uint16, share float64) Share {
	return Share{random.New(seed, sender).For(purposeTombstone), share}
}

// Aborts is the share, 0 to 1, of transactions that are aborted on purpose.
func Aborts(seed uint64, sender uint16, share float64) Share {
	return Share{random.New(seed, sender).For(purposeAbort), share}
}

// Has says whether a sequence is one of them.
func (s Share) Has(seq uint64) bool {
	if s.share == 0 {
		return false
	}
	r := s.counter.At(seq)
	return r.Float() <= s.share
}
