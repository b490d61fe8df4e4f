package live

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// KeyOrder is what the records of a topic show of the order within each key.
type KeyOrder struct {
	// Pairs is how many records have an earlier one of their key: how often
	// order could be seen at all.
	Pairs int
	// Problems are records that stand before one which they should follow,
	// and keys that stand in two partitions, where there is no order.
	Problems []string
}

// OrderBy checks that what stands at a place ascends within each key, or
// repeats. Numbers and RFC 3339 times are compared as such, other texts by
// their bytes. Records without a key or without the place are not looked at.
func OrderBy(records []*Record, at string) KeyOrder {
	records = slices.DeleteFunc(slices.Clone(records), func(r *Record) bool { _, there := r.At(at); return !there })
	return order(records, func(a, b *Record) (int, string) {
		x, _ := a.At(at)
		y, _ := b.At(at)
		return compare(x, y), fmt.Sprintf("%s is %s, after %s", at, y, x)
	})
}

// OrderOf checks that records which lead back to events stand, within each
// key, in the order of the events. Others are not looked at.
func OrderOf(records, causes []*Record) KeyOrder {
	return OrderIn(records, func(r *Record) int {
		return slices.IndexFunc(causes, func(cause *Record) bool { return r.LeadsBackTo(cause) })
	})
}

// OrderIn checks that records stand, within each key, in the order of numbers
// that they have. Those with a negative one are not looked at.
func OrderIn(records []*Record, number func(*Record) int) KeyOrder {
	records = slices.DeleteFunc(slices.Clone(records), func(r *Record) bool { return number(r) < 0 })
	return order(records, func(a, b *Record) (int, string) {
		x, y := number(a), number(b)
		return cmp.Compare(x, y), fmt.Sprintf("it is of event %d, after event %d", y+1, x+1)
	})
}

// order compares each record with the one before it of the same key.
func order(records []*Record, compare func(before, r *Record) (int, string)) KeyOrder {
	var out KeyOrder
	last := map[string]*Record{}
	for _, r := range records {
		if r.Key == nil {
			continue
		}
		before := last[string(r.Key)]
		last[string(r.Key)] = r
		if before == nil {
			continue
		}
		out.Pairs++
		where := fmt.Sprintf("key %s at %s/%d@%d", shown(r.Key), r.Topic, r.Partition, r.Offset)
		if before.Partition != r.Partition {
			out.Problems = append(out.Problems, fmt.Sprintf("%s: the same key is in partition %d, too", where, before.Partition))
			continue
		}
		if c, what := compare(before, r); c > 0 {
			out.Problems = append(out.Problems, fmt.Sprintf("%s: %s", where, what))
		}
	}
	return out
}

// compare is cmp.Compare of two texts by what they mean.
func compare(a, b string) int {
	x, errA := strconv.ParseFloat(a, 64)
	y, errB := strconv.ParseFloat(b, 64)
	if errA == nil && errB == nil {
		return cmp.Compare(x, y)
	}
	s, errA := time.Parse(time.RFC3339Nano, a)
	t, errB := time.Parse(time.RFC3339Nano, b)
	if errA == nil && errB == nil {
		return s.Compare(t)
	}
	return cmp.Compare(a, b)
}

// sortByTime orders records of several partitions and topics.
func sortByTime(records []*Record) {
	slices.SortStableFunc(records, func(a, b *Record) int {
		return cmp.Or(a.Timestamp.Compare(b.Timestamp), cmp.Compare(a.Offset, b.Offset))
	})
}

// distinct are names without repetitions, in their order.
func distinct(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
