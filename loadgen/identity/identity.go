// Package identity names the records and events of a run so that each can be
// recognized wherever it turns up.
//
// A record's identity is (sender, dense sequence), carried with the run and
// the due time in the header weir-id. An event's identity is the envelope's
// id of the first send: a UUID of version 8 (RFC 9562, section 5.8) that
// holds run, sender, sequence and a checksum, so that a service which merely
// passes on a causation id leads straight back to the record.
package identity

import (
	"encoding/binary"
	"time"
)

// Header is the name of the header that carries a record's identity.
const Header = "weir-id"

// Size is the length in bytes of the value of Header.
const Size = 29

const version = 1

// Record is the identity of one record of a run.
type Record struct {
	Run      uint64 // 48 bits
	Sender   uint16
	Sequence uint64 // 40 bits
	Due      time.Time
}

// AppendHeader appends the header's value: version, run, sender, sequence
// and due time in nanoseconds since 1970, big endian.
func (r Record) AppendHeader(b []byte) []byte {
	b = append(b, version)
	b = binary.BigEndian.AppendUint64(b, r.Run)
	b = binary.BigEndian.AppendUint32(b, uint32(r.Sender))
	b = binary.BigEndian.AppendUint64(b, r.Sequence)
	return binary.BigEndian.AppendUint64(b, uint64(r.Due.UnixNano()))
}

// ParseHeader reads the value of Header; ok is false for anything else.
func ParseHeader(v []byte) (r Record, ok bool) {
	if len(v) != Size || v[0] != version {
		return Record{}, false
	}
	return Record{
		Run:      binary.BigEndian.Uint64(v[1:]),
		Sender:   uint16(binary.BigEndian.Uint32(v[9:])),
		Sequence: binary.BigEndian.Uint64(v[13:]),
		Due:      time.Unix(0, int64(binary.BigEndian.Uint64(v[21:]))),
	}, true
}
