// Package place is the one way to write a place in an event, wherever a
// contract, a scenario or a report names one:
//
//	$.order.id      a field of the event's data (never of its envelope)
//	$.items[0].sku  an element of an array, counted from 0
//	$['order id']   a name that is not an identifier
//	header:tenant   a record header, by its exact name
//	key             the record key
//	envelope:id     an attribute of the event's envelope, whatever its form
//
// Places in the data are the singular queries of RFC 9535 (JSONPath) without
// negative indexes: each selects at most one value, so a place can be read,
// written and looked up in a schema. Wildcards, filters, slices and ".." are
// refused. The same notation stands for the field names of Avro and Protobuf.
//
// An attribute has one name in all envelopes, that of CloudEvents, and may be
// written as an envelope spells it: envelope:causationid is causation_id of a
// standard envelope and the header ce_causationid of a binary CloudEvent.
//
// The package knows nothing of brokers, schemas, or what an envelope has. It
// does not interpret header values or record keys; it only names them.
package place

import "fmt"

// Kind says which part of a record a place is in.
type Kind uint8

// The kinds of places. The zero Kind belongs to the zero Place, which names
// nothing.
const (
	Data     Kind = iota + 1 // $.a.b: in the event's data
	Header                   // header:name
	Key                      // key
	Envelope                 // envelope:name
)

// String is "data", "header", "key" or "envelope".
func (k Kind) String() string {
	switch k {
	case Data:
		return "data"
	case Header:
		return "header"
	case Key:
		return "key"
	case Envelope:
		return "envelope"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Place is a parsed place. It is immutable and safe for concurrent use; the
// zero value names nothing.
type Place struct {
	kind Kind
	// name is that of the header or of the attribute.
	name string
	path []Segment
}

// Segment is one step of a path into the data: the name of an object's
// member, or the index of an array's element.
type Segment struct {
	// Name is the member's name; unused if IsIndex.
	Name string
	// Index counts from 0; used only if IsIndex.
	Index   int
	IsIndex bool
}

// Kind is the part of the record that the place is in.
func (p Place) Kind() Kind { return p.kind }

// HeaderName is the exact name of the header, "" for other kinds. Kafka
// compares header names byte by byte.
func (p Place) HeaderName() string { return p.named(Header) }

// Attribute is the name of the envelope's attribute as CloudEvents spells it,
// "" for other kinds.
func (p Place) Attribute() string { return p.named(Envelope) }

func (p Place) named(kind Kind) string {
	if p.kind != kind {
		return ""
	}
	return p.name
}

// Path is the way from the root of the data to the place: empty for "$" and
// for places outside the data. The caller must not change it.
func (p Place) Path() []Segment { return p.path }

// IsZero reports whether the place names nothing.
func (p Place) IsZero() bool { return p.kind == 0 }

// Attribute makes the place of an attribute of the envelope, by its name in
// CloudEvents.
func Attribute(name string) Place { return Place{kind: Envelope, name: name} }

// Field makes a place in the data from a path.
func Field(path ...Segment) Place { return Place{kind: Data, path: path} }

// Name is the segment that selects a member of an object.
func Name(name string) Segment { return Segment{Name: name} }

// Index is the segment that selects an element of an array, from 0.
func Index(i int) Segment { return Segment{Index: i, IsIndex: true} }
