package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cardlink/event/journal"
	"cardlink/serviceaccount"
)

var _ serviceaccount.ClickStore = (*DB)(nil)

// ClickPosition implements serviceaccount.ClickStore.
func (db *DB) ClickPosition(ctx context.Context, node string) (journal.Position, error) {
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT position FROM sa_click_nodes WHERE node = $1`, node).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read a node's position in its clicks: %w", err)
	}
	return journal.Position(at), nil
}

// ApplyClicks implements serviceaccount.ClickStore.
func (db *DB) ApplyClicks(ctx context.Context, node string, at journal.Position, clicks []serviceaccount.Click) error {
	rows := []byte{'['}
	for i := range clicks {
		c := &clicks[i]
		if i > 0 {
			rows = append(rows, ',')
		}
		rows = append(rows, '[')
		for _, text := range [...]string{c.Tenant, c.FactID, c.PubID, c.MenuID, c.ItemPath, c.Surface, c.ActionType, c.Vendor, c.DeviceRef} {
			rows = append(appendJSON(rows, text), ',')
		}
		rows = append(appendInt(rows, int64(c.MenuVersion)), ',')
		rows = append(appendInt(rows, int64(oneIf(serviceaccount.Billable(c.Surface, c.ActionType)))), ',')
		rows = append(appendInt(rows, c.ClickedAt.UnixMilli()), ']')
	}
	rows = append(rows, ']')
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if len(clicks) > 0 {
			if _, err := tx.ExecContext(ctx, `INSERT INTO sa_clicks
					(tenant, fact_id, pub_id, menu_id, item_path, surface, action_type, vendor, device_ref, menu_version, billable, clicked_ms)
				SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8,
				  CAST(value->>9 AS INTEGER), CAST(value->>10 AS INTEGER), CAST(value->>11 AS BIGINT)
				FROM `+db.dialect.rows("$1")+` WHERE true ORDER BY 1, 2
				ON CONFLICT (tenant, fact_id) DO NOTHING`, string(rows)); err != nil {
				return fmt.Errorf("add clicks: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO sa_click_nodes (node, position) VALUES ($1, $2)
			ON CONFLICT (node) DO UPDATE SET position = excluded.position`, node, int64(at)); err != nil {
			return fmt.Errorf("move a node's position in its clicks: %w", err)
		}
		return nil
	})
}
