package wire

import "fmt"

// Error says why something is not framed as it should be, and what to look at.
type Error struct {
	Message string
	Hint    string
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + "; " + e.Hint
}

func (f Framing) unknown() error {
	return &Error{fmt.Sprintf("unknown framing %q", string(f.Kind)), "known are none, confluent and confluent-header"}
}

// noPrefix explains data that does not start as the framing confluent does.
func (f Framing) noPrefix(data []byte) error {
	switch {
	case len(data) == 0:
		return &Error{fmt.Sprintf("the %s is empty", f.part()), "the framing confluent has the magic byte 0 and a schema id of 4 bytes before the payload"}
	case data[0] == '{' || data[0] == '[' || data[0] == '"':
		return &Error{fmt.Sprintf("the %s starts with %q, not with the magic byte 0", f.part(), data[0]),
			"it looks like JSON without framing, which is wire: none, or wire: confluent-header with the id in a header"}
	case data[0] != magicNumber:
		return &Error{fmt.Sprintf("the %s starts with the byte 0x%02x, not with the magic byte 0", f.part(), data[0]),
			"the producer frames otherwise than the contract's wire: says"}
	}
	return &Error{fmt.Sprintf("the %s has %d bytes", f.part(), len(data)), "the framing confluent alone takes 5: the magic byte 0 and a schema id"}
}

// noHeader explains a record without the header of confluent-header.
func (f Framing) noHeader(data []byte) error {
	e := &Error{fmt.Sprintf("the record has no header %s", f.header()), "the producer does not write the id of its schema there"}
	if len(data) >= numberSize && data[0] == magicNumber {
		e.Hint = fmt.Sprintf("its %s starts as with wire: confluent", f.part())
	}
	return e
}
