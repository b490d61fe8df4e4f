package avro

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// logical is a logical type that is valid where it stands; the zero logical
// is none, as the specification has it for one that is unknown or invalid.
type logical struct {
	name             string
	precision, scale int // decimal
}

const (
	decimal     = "decimal"
	uuidType    = "uuid"
	date        = "date"
	timeMillis  = "time-millis"
	timeMicros  = "time-micros"
	durationTyp = "duration"
)

// units are the logical types that count time, with the unit of the count.
var units = map[string]time.Duration{
	date:                     24 * time.Hour,
	timeMillis:               time.Millisecond,
	timeMicros:               time.Microsecond,
	"timestamp-millis":       time.Millisecond,
	"timestamp-micros":       time.Microsecond,
	"timestamp-nanos":        time.Nanosecond,
	"local-timestamp-millis": time.Millisecond,
	"local-timestamp-micros": time.Microsecond,
	"local-timestamp-nanos":  time.Nanosecond,
}

// logicalOf reads the logical type of a definition.
func logicalOf(n *node, attributes map[string]any) logical {
	name, _ := attributes["logicalType"].(string)
	valid := false
	switch name {
	case date, timeMillis:
		valid = n.kind == intKind
	case uuidType:
		valid = n.kind == stringKind || n.kind == fixedKind && n.length == 16
	case durationTyp:
		valid = n.kind == fixedKind && n.length == 12
	case decimal:
		return decimalOf(n, attributes)
	default:
		_, counts := units[name]
		valid = counts && n.kind == longKind
	}
	if !valid {
		return logical{}
	}
	return logical{name: name}
}

func decimalOf(n *node, attributes map[string]any) logical {
	precision, ok := wholeNumber(attributes["precision"])
	scale := 0
	if _, given := attributes["scale"]; given && ok {
		scale, ok = wholeNumber(attributes["scale"])
	}
	most := math.MaxInt
	switch n.kind {
	case bytesKind:
	case fixedKind:
		most = int(float64(8*n.length-1) * math.Log10(2))
	default:
		return logical{}
	}
	if !ok || precision < 1 || precision > most || scale < 0 || scale > precision {
		return logical{}
	}
	return logical{decimal, precision, scale}
}

// wholeNumber reads an integer that fits 32 bits, as Avro's attributes do.
func wholeNumber(v any) (int, bool) {
	number, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(number.String(), 10, 32)
	return int(n), err == nil
}

// sameCount reports whether two logical types count the same from the same
// start, one of them in local time: the reader has the clock time right, and
// not the zone.
func sameCount(a, b logical) bool {
	return units[a.name] == units[b.name] && strings.TrimPrefix(a.name, "local-") == strings.TrimPrefix(b.name, "local-")
}

// telling is a value of the type, in the codec's form, whose meaning is plain:
// noon, the beginning of 2025, 1, two months.
func (l logical) telling(n *node) any {
	switch unit := units[l.name]; {
	case l.name == decimal:
		return unscaled(n, big.NewInt(1))
	case l.name == durationTyp:
		return []byte{2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	case n.kind == stringKind:
		return uuid.UUID{15: 1}.String()
	case l.name == uuidType:
		return append(make([]byte, 15), 1)
	default:
		count := int64(time.Duration(epoch.UnixNano()) / unit)
		if l.name == timeMillis || l.name == timeMicros {
			count = int64(12 * time.Hour / unit)
		}
		if n.kind == intKind {
			return int32(count)
		}
		return count
	}
}

// read is what a reader of the logical type makes of a value.
func (l logical) read(v any) string {
	switch v := v.(type) {
	case int32:
		return l.count(int64(v))
	case int64:
		return l.count(v)
	case string:
		return l.octets([]byte(v))
	case []byte:
		return l.octets(v)
	}
	return fmt.Sprint(v)
}

// octets is what a reader makes of bytes.
func (l logical) octets(b []byte) string {
	switch {
	case l.name == decimal:
		return "the number " + shift(twosComplement(b), l.scale)
	case l.name == durationTyp:
		part := func(i int) uint32 { return binary.LittleEndian.Uint32(b[4*i:]) }
		return fmt.Sprintf("%d months, %d days and %d ms", part(0), part(1), part(2))
	case len(b) == len(uuid.UUID{}):
		return "the UUID " + uuid.UUID(b).String()
	}
	return fmt.Sprintf("the UUID %q", b)
}

// twosComplement is the number that the bytes of a decimal are.
func twosComplement(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] > math.MaxInt8 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// count is what a reader makes of a count of time.
func (l logical) count(count int64) string {
	unit := units[l.name]
	switch l.name {
	case timeMillis, timeMicros:
		return (time.Duration(count) * unit).String() + " after midnight"
	case date:
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(count)).Format(time.DateOnly)
	}
	perSecond := int64(time.Second / unit)
	return time.Unix(count/perSecond, count%perSecond*int64(unit)).UTC().Format("2006-01-02T15:04:05.999999999") + l.zone()
}

func (l logical) zone() string {
	if strings.HasPrefix(l.name, "local-") {
		return " local time"
	}
	return "Z"
}

// shift writes an unscaled number with its decimal point.
func shift(unscaled *big.Int, scale int) string {
	text := unscaled.String()
	if scale == 0 {
		return text
	}
	if missing := scale + 1 - len(text); missing > 0 {
		text = strings.Repeat("0", missing) + text
	}
	return text[:len(text)-scale] + "." + text[len(text)-scale:]
}
