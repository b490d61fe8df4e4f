package kafka

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/loadgen/journal"
)

// refusals are answers that a broker gives after looking at a batch and
// before appending it, and gives again however often it is asked: an earlier
// try, whose answer was lost, was refused as well.
var refusals = []error{
	kerr.MessageTooLarge,
	kerr.RecordListTooLarge,
	kerr.InvalidRecord,
	kerr.InvalidTimestamp,
	kerr.UnsupportedCompressionType,
	kerr.UnsupportedForMessageFormat,
	kerr.PolicyViolation,
}

// denials are answers that a broker gives before appending as long as the
// rights are missing, which an earlier try may not have met.
var denials = []error{
	kerr.TopicAuthorizationFailed,
	kerr.ClusterAuthorizationFailed,
}

// classify says what became of a record whose send ended with err.
//
// The client fails all records of a partition with the error of the first, be
// they in flight, waiting or never looked at, so that an error alone proves
// little. What proves that a record was not written is
//
//   - that it never got a partition: it then was in no batch (an unknown
//     topic, a denied one, a buffer that was closed);
//   - that it is larger than any batch may be: the client does not send it;
//   - a refusal of an idempotent producer's batch: those in flight behind it
//     leave a gap in the sequence, for which the broker refuses them too.
//     Without idempotence the broker takes them, and they are unknown;
//   - a denial of an idempotent producer of which nothing was ever
//     acknowledged and no produce request ever got lost: rights that were
//     taken away during the run prove nothing of an earlier try.
//
// Everything else is unknown.
func (l *lane) classify(r *kgo.Record, size int, err error) journal.Outcome {
	p := l.producer
	switch {
	case err == nil && p.config.Settings.Acks == AcksNone:
		return journal.Unknown
	case err == nil:
		return journal.Acked
	case r.Partition < 0:
		return journal.Failed
	case errors.Is(err, kerr.MessageTooLarge) && size > p.config.Settings.BatchBytes:
		return journal.Failed
	case !p.config.Settings.Idempotent:
		return journal.Unknown
	case isAny(err, refusals):
		return journal.Failed
	case isAny(err, denials) && !l.everAcked && !p.watch.doubt.Load():
		return journal.Failed
	}
	return journal.Unknown
}

func isAny(err error, targets []error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}
