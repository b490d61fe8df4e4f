package payload

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/wire"
)

// Frame is what every record of a load carries to say of which schema its value
// is, or its key: the same bytes before each, or the same header. The zero
// Frame is nothing.
type Frame struct {
	prefix  []byte
	headers []kgo.RecordHeader
}

// NewFrame is what a framing writes for an id.
func NewFrame(f wire.Framing, id wire.ID) (Frame, error) {
	prefix, headers, err := f.Encode(id, []byte{})
	out := Frame{prefix: prefix}
	for _, h := range headers {
		out.headers = append(out.headers, kgo.RecordHeader(h))
	}
	return out, err
}

// enclosed says whether an envelope's document contains the data, so that the
// framing stands before that document and not before the data in it.
func enclosed(envelope string) bool {
	return envelope == contracts.EnvelopeCloudEventsStructured || envelope == contracts.EnvelopeStandard
}
