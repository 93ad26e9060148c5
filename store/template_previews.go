package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"cardlink/templates"
)

var _ templates.PreviewStore = (*DB)(nil)

// previewSweep bounds how many expired previews one new one takes with it: more than one, so that the table shrinks, and few, so that nobody waits.
const previewSweep = 50

// AddPreview implements templates.PreviewStore.
func (db *DB) AddPreview(ctx context.Context, p templates.KeptPreview, keep int) error {
	s, err := db.sealer(ctx, p.Tenant)
	if err != nil {
		return err
	}
	body := s.Seal(p.Body)
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM template_previews WHERE id IN (SELECT id FROM template_previews WHERE expires_ms < $1 ORDER BY expires_ms LIMIT $2)`,
			p.CreatedAt.UnixMilli(), previewSweep)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO template_previews (id, tenant, body, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5)`,
			p.ID, p.Tenant, body, p.CreatedAt.UnixMilli(), p.ExpiresAt.UnixMilli())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM template_previews WHERE tenant = $1 AND id NOT IN
			(SELECT id FROM template_previews WHERE tenant = $1 ORDER BY created_ms DESC, id DESC LIMIT $2)`, p.Tenant, keep)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a template preview: %w", err)
	}
	return nil
}

// Preview implements templates.PreviewStore.
func (db *DB) Preview(ctx context.Context, id string) (p templates.KeptPreview, err error) {
	var created, expires int64
	err = db.read.QueryRowContext(ctx, `SELECT id, tenant, body, created_ms, expires_ms FROM template_previews WHERE id = $1`, id).
		Scan(&p.ID, &p.Tenant, &p.Body, &created, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return templates.KeptPreview{}, templates.ErrUnknown
	}
	if err != nil {
		return templates.KeptPreview{}, fmt.Errorf("read a template preview: %w", err)
	}
	s, err := db.sealer(ctx, p.Tenant)
	if err != nil {
		return templates.KeptPreview{}, err
	}
	if p.Body, err = s.Open(p.Body); err != nil {
		return templates.KeptPreview{}, fmt.Errorf("open a template preview: %w", err)
	}
	p.CreatedAt, p.ExpiresAt = time.UnixMilli(created), time.UnixMilli(expires)
	return p, nil
}
