package key

import (
	"fmt"
	"strconv"

	"github.com/flowweir/weir/loadgen/internal/random"
)

// HotSet is a distribution in which a share of the records, 0 to 1, falls on
// the hot keys, those of index 0 to hot−1, and the rest on the others. Within
// each of the two sets every key is as likely as every other. There are more
// keys than hot ones.
func HotSet(seed uint64, sender uint16, cardinality, hot uint64, share float64) (Distribution, error) {
	switch {
	case cardinality == 0:
		return nil, errNoKeys
	case hot == 0 || hot >= cardinality:
		return nil, fmt.Errorf("%s of %d cannot be hot: give at least one, and fewer than all", keys(hot), cardinality)
	case !(share >= 0 && share <= 1):
		return nil, fmt.Errorf("the share %s of the hot keys is not from 0 to 1", strconv.FormatFloat(share, 'g', -1, 64))
	}
	return hotSet{random.New(seed, sender), cardinality, hot, share}, nil
}

type hotSet struct {
	random.Counter
	n, hot uint64
	share  float64
}

func (h hotSet) Index(seq uint64) uint64 {
	r := h.At(seq)
	// float is in (0, 1], so that a share of 0 is never and one of 1 always.
	if r.Float() <= h.share {
		return r.Below(h.hot)
	}
	return h.hot + r.Below(h.n-h.hot)
}

func (h hotSet) Cardinality() uint64 { return h.n }

func (h hotSet) String() string {
	return fmt.Sprintf("%s%% on %s of %d", strconv.FormatFloat(h.share*100, 'g', 6, 64), keys(h.hot), h.n)
}
