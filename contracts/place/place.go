// Package place is the one way to write a place in an event, wherever a
// contract, a scenario or a report names one:
//
//	$.order.id      a field of the event's data (never of its envelope)
//	$.items[0].sku  an element of an array, counted from 0
//	$['order id']   a name that is not an identifier
//	header:tenant   a record header, by its exact name
//	key             the record key
//
// Places in the data are the singular queries of RFC 9535 (JSONPath) without
// negative indexes: each selects at most one value, so a place can be read,
// written and looked up in a schema. Wildcards, filters, slices and ".." are
// refused. The same notation stands for the field names of Avro and Protobuf.
//
// The package knows nothing of brokers, envelopes or schemas. It does not
// interpret header values or record keys; it only names them.
package place

import "fmt"

// Kind says which part of a record a place is in.
type Kind uint8

// The kinds of places. The zero Kind belongs to the zero Place, which names
// nothing.
const (
	Data   Kind = iota + 1 // $.a.b: in the event's data
	Header                 // header:name
	Key                    // key
)

// String is "data", "header" or "key".
func (k Kind) String() string {
	switch k {
	case Data:
		return "data"
	case Header:
		return "header"
	case Key:
		return "key"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Place is a parsed place. It is immutable and safe for concurrent use; the
// zero value names nothing.
type Place struct {
	kind   Kind
	header string
	path   []Segment
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
func (p Place) HeaderName() string { return p.header }

// Path is the way from the root of the data to the place: empty for "$" and
// for places outside the data. The caller must not change it.
func (p Place) Path() []Segment { return p.path }

// IsZero reports whether the place names nothing.
func (p Place) IsZero() bool { return p.kind == 0 }

// Field makes a place in the data from a path.
func Field(path ...Segment) Place { return Place{kind: Data, path: path} }

// Name is the segment that selects a member of an object.
func Name(name string) Segment { return Segment{Name: name} }

// Index is the segment that selects an element of an array, from 0.
func Index(i int) Segment { return Segment{Index: i, IsIndex: true} }
