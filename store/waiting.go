package store

import (
	"context"
	"fmt"

	"cardlink/dispatch"
)

var _ dispatch.WaitingCounter = (*DB)(nil)

// WaitingMessages implements dispatch.WaitingCounter. Both counts walk the partial index of what waits, and no further than most.
func (db *DB) WaitingMessages(ctx context.Context, tenant string, most int) (n int, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT
		(SELECT COUNT(*) FROM (SELECT 1 AS one FROM messages WHERE state = 0 AND tenant = $1 LIMIT $2) AS a) +
		(SELECT COUNT(*) FROM (SELECT 1 AS one FROM vms_messages WHERE state = 0 AND tenant = $1 LIMIT $2) AS b)`, tenant, most).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count what waits to be sent: %w", err)
	}
	return min(n, most), nil
}
