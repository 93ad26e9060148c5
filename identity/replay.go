package identity

import (
	"context"
	"encoding/binary"
	"sync/atomic"
	"time"

	"cardlink/fault"
)

// replays refuses the second use of a signature. The memory is the store's, shared by all nodes and still there after a crash; a store that
// does not answer is an error and lets nobody in. It is bounded by time: X-Sdk-Date is part of what is signed and refused when it is
// 15 minutes off, so a signature needs to be remembered until its own date is that old and no longer.
//
// The SDKs put a date of one-second resolution and nothing random into a signature, so two equal requests of one program within one second
// are the same bytes. Requests that only read may therefore repeat (Credential.Safe); others may not (docs/adr/0004).
type replays struct {
	pruned atomic.Int64 // Unix seconds of the last time old signatures were dropped
}

// pruneEvery is how often a node drops signatures that are too old to be replayed.
const pruneEvery = time.Minute

func (r *replays) check(ctx context.Context, s *Service, made time.Time, mac [32]byte) error {
	var forget time.Time
	now := s.now()
	if last := r.pruned.Load(); now.Unix()-last >= int64(pruneEvery/time.Second) && r.pruned.CompareAndSwap(last, now.Unix()) {
		// Twice the window: another node's clock may be behind ours by as much as a caller's may.
		forget = now.Add(-2 * clockSkew)
	}
	// 63 bits: an HMAC's bits are as good as random, so two signatures of one second share them once in 10^18.
	fresh, err := s.store.UseSignature(ctx, made, int64(binary.BigEndian.Uint64(mac[:8])>>1), forget)
	if err != nil {
		return err
	}
	if !fresh {
		return &refusal{replayed, fault.New(fault.Unauthorized,
			"Incorrect IAM authentication information: this signature was used before; sign the request again, a second later or with a signed X-Sdk-Nonce header")}
	}
	return nil
}
