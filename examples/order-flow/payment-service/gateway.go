package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math"

	"github.com/google/uuid"
)

// errGatewayUnavailable is a failure that may pass.
var errGatewayUnavailable = errors.New("payment gateway unavailable")

// gateway takes money. A charge that is repeated with the same idempotency key
// is the same charge: it returns the same payment id and takes nothing more.
type gateway interface {
	Charge(ctx context.Context, idempotencyKey string, order orderPlaced, attempt int) (paymentID string, err error)
}

// simulatedGateway fails a share of the attempts, chosen by a hash so that a
// run can be repeated.
type simulatedGateway struct{ failShare float64 }

func (g simulatedGateway) Charge(_ context.Context, idempotencyKey string, _ orderPlaced, attempt int) (string, error) {
	if chance(idempotencyKey, attempt) < g.failShare {
		return "", fmt.Errorf("charge %s, attempt %d: %w", idempotencyKey, attempt, errGatewayUnavailable)
	}
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte("payment/"+idempotencyKey)).String(), nil
}

// chance is a number from 0 to below 1 that looks random.
func chance(key string, attempt int) float64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(attempt)))
	x := h.Sum64() // FNV mixes its high bits badly: finish as MurmurHash3 does
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 33
	return float64(x) / math.MaxUint64 * (1 - 0x1p-53)
}
