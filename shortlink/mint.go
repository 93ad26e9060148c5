package shortlink

import (
	"context"
	"sync"
)

// idBlock is how many ids a node leases at once: one write per 16,384 links; a restart skips at most that many.
const idBlock = 1 << 14

// minter hands out link ids from leased blocks.
type minter struct {
	lease func(ctx context.Context, n int64) (first int64, err error)

	mu        sync.Mutex // held while leasing: callers who come then need the block too
	next, end int64
}

// take gives n ids in a row, n ≤ idBlock. The ids of one call are consecutive because a batch of links is stored as a range; the rest of a
// block that is too short is given up.
func (m *minter) take(ctx context.Context, n int64) (first int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.end-m.next < n {
		first, err := m.lease(ctx, idBlock)
		if err != nil {
			return 0, err
		}
		m.next, m.end = first, first+idBlock
	}
	first = m.next
	m.next += n
	return first, nil
}
