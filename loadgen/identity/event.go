package identity

import (
	"encoding/binary"
	"encoding/hex"
)

// EventIDSize is the length of an event id in its text form.
const EventIDSize = 36

// EventID is an event's identity: the first send of the event.
type EventID struct {
	Run      uint64 // 48 bits
	Sender   uint16
	Sequence uint64 // 40 bits
}

// AppendText appends the UUID in its usual lower-case form; see encode for
// what its bits are.
func (e EventID) AppendText(b []byte) []byte {
	u := e.encode()
	var text [EventIDSize]byte
	hex.Encode(text[0:8], u[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], u[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], u[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], u[8:10])
	text[23] = '-'
	hex.Encode(text[24:36], u[10:16])
	return append(b, text[:]...)
}

// String is the UUID in its usual form.
func (e EventID) String() string { return string(e.AppendText(nil)) }

// encode lays out: bytes 0-5 run, 6-7 version and 12 bits of checksum, 8-9
// variant (2 bits), 14 bits: checksum low 6 bits and sequence bits 39-32,
// 10-11 sender, 12-15 sequence bits 31-0.
func (e EventID) encode() (u [16]byte) {
	sum := e.checksum()
	binary.BigEndian.PutUint64(u[0:8], e.Run<<16|0x8000|uint64(sum>>6)&0x0fff)
	binary.BigEndian.PutUint16(u[8:10], 0x8000|uint16(sum&0x3f)<<8|uint16(e.Sequence>>32)&0xff)
	binary.BigEndian.PutUint16(u[10:12], e.Sender)
	binary.BigEndian.PutUint32(u[12:16], uint32(e.Sequence))
	return u
}

// checksum is 18 bits over the other fields, so that foreign UUIDs of
// version 8 are not taken for ours (one in 262,144 would be, of those that
// also carry the run's number).
func (e EventID) checksum() uint32 {
	h := e.Run*0x9e3779b97f4a7c15 ^ (e.Sequence<<16|uint64(e.Sender))*0xff51afd7ed558ccd
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	return uint32(h>>40) & 0x3ffff
}

// ParseEventID reads the text form of an event id; ok is false for any UUID
// that this package did not make.
func ParseEventID(s []byte) (e EventID, ok bool) {
	if len(s) != EventIDSize || s[8] != '-' || s[13] != '-' || s[14] != '8' || s[18] != '-' || s[23] != '-' {
		return EventID{}, false
	}
	var u [16]byte
	for _, part := range [...]struct{ from, to, at int }{{0, 8, 0}, {9, 13, 4}, {14, 18, 6}, {19, 23, 8}, {24, 36, 10}} {
		if _, err := hex.Decode(u[part.at:], s[part.from:part.to]); err != nil {
			return EventID{}, false
		}
	}
	e = EventID{
		Run:      binary.BigEndian.Uint64(u[0:8]) >> 16,
		Sender:   binary.BigEndian.Uint16(u[10:12]),
		Sequence: uint64(u[9])<<32 | uint64(binary.BigEndian.Uint32(u[12:16])),
	}
	return e, e.encode() == u
}

// Find returns the first event id of the run in b, wherever it stands. It is
// how an identity is found in a record whose layout is not known.
func Find(run uint64, b []byte) (EventID, bool) {
	for i := 0; i+EventIDSize <= len(b); i++ {
		if b[i+8] != '-' || b[i+13] != '-' {
			continue
		}
		if e, ok := ParseEventID(b[i : i+EventIDSize]); ok && e.Run == run {
			return e, true
		}
	}
	return EventID{}, false
}
