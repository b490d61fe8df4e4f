package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// maxNesting is how deep protoc lets the declarations of messages nest.
const maxNesting = 32

// Path is the way to a message within its Protobuf file, by indexes: [1 0] is
// the first message inside of the file's second one. The zero Path is none.
// Paths are comparable.
type Path struct {
	length  uint8
	indexes [maxNesting]int32
}

// NewPath makes a path of 1 to 32 indexes, each from 0.
func NewPath(indexes ...int) (Path, error) {
	var p Path
	if len(indexes) == 0 || len(indexes) > maxNesting {
		return Path{}, fmt.Errorf("a path to a message has 1 to %d indexes, not %d", maxNesting, len(indexes))
	}
	for i, index := range indexes {
		if index < 0 || index > math.MaxInt32 {
			return Path{}, fmt.Errorf("no message has the index %d in its file", index)
		}
		p.indexes[i] = int32(index)
	}
	p.length = uint8(len(indexes))
	return p, nil
}

// Indexes are the indexes from the outermost message inwards.
func (p Path) Indexes() []int {
	indexes := make([]int, p.length)
	for i := range indexes {
		indexes[i] = int(p.indexes[i])
	}
	return indexes
}

// String is the indexes as "[1 0]".
func (p Path) String() string {
	b := []byte{'['}
	for i, index := range p.indexes[:p.length] {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, int64(index), 10)
	}
	return string(append(b, ']'))
}

// first is the path [0], that of nearly every record: it is written as a
// count of zero.
var first = Path{length: 1}

// append writes the count of the indexes and each of them as zigzag varints.
func (p Path) append(b []byte) []byte {
	if p == first {
		return append(b, 0)
	}
	b = binary.AppendVarint(b, int64(p.length))
	for _, index := range p.indexes[:p.length] {
		b = binary.AppendVarint(b, int64(index))
	}
	return b
}

// size bounds the bytes that append writes.
func (p Path) size() int { return 1 + int(p.length)*binary.MaxVarintLen32 }

func decodePath(b []byte) (Path, []byte, error) {
	count, b, err := varint(b, "the count of the message's indexes")
	switch {
	case err != nil:
		return Path{}, nil, err
	case count == 0:
		return first, b, nil
	case count < 0:
		return Path{}, nil, &Error{fmt.Sprintf("the path of the message has %d indexes", count),
			"plain varints, which some clients write with use.deprecated.format, read so: the count and the indexes are zigzag varints"}
	case count > maxNesting:
		return Path{}, nil, &Error{fmt.Sprintf("the path of the message has %d indexes, and messages nest %d deep at most", count, maxNesting),
			"the payload is probably not Protobuf in this framing"}
	}
	p := Path{length: uint8(count)}
	for i := range p.length {
		var index int32
		if index, b, err = varint(b, "an index of the message"); err != nil {
			return Path{}, nil, err
		}
		if index < 0 {
			return Path{}, nil, &Error{fmt.Sprintf("the path of the message has the index %d", index), "indexes count from 0"}
		}
		p.indexes[i] = index
	}
	return p, b, nil
}

func varint(b []byte, what string) (int32, []byte, error) {
	value, n := binary.Varint(b)
	switch {
	case n == 0:
		return 0, nil, &Error{what + " is cut off", "Protobuf has the path of the message after the schema's id"}
	case n < 0 || value < math.MinInt32 || value > math.MaxInt32:
		return 0, nil, &Error{what + " is no varint of 32 bits", "Protobuf has the path of the message after the schema's id"}
	}
	return int32(value), b[n:], nil
}
