package store

import (
	"context"
	"database/sql"
	"fmt"

	"cardlink/serviceaccount"
)

// AddMedia implements serviceaccount.PubStore. On PostgreSQL uploads at the same moment do not see each other, so the quota may be passed by what one tenant
// uploads at once.
func (db *DB) AddMedia(ctx context.Context, m serviceaccount.Media, content []byte, quota int64) error {
	var sealed string
	if m.Private() {
		s, err := db.sealer(ctx, m.Tenant)
		if err != nil {
			return err
		}
		sealed = s.Seal(string(content))
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var used int64
		if err := tx.QueryRowContext(ctx, `SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM sa_media WHERE tenant = $1`, m.Tenant).Scan(&used); err != nil {
			return fmt.Errorf("measure the pictures of a tenant: %w", err)
		}
		if used+m.Size > quota {
			return serviceaccount.ErrQuota
		}
		if _, err := tx.ExecContext(ctx,
			`INSERT INTO sa_media (id, tenant, file_type, file_name, content_type, size, width, height, digest, content, created_ms)
			 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			m.ID, m.Tenant, m.FileType, m.FileName, m.ContentType, m.Size, m.Width, m.Height, m.Digest, sealed, millis(m.CreatedAt)); err != nil {
			return fmt.Errorf("add a picture: %w", err)
		}
		return nil
	})
}

const mediaColumns = `id, tenant, file_type, file_name, content_type, size, width, height, digest, created_ms`

func scanMedia(m *serviceaccount.Media) ([]any, func() error) {
	var created int64
	return []any{&m.ID, &m.Tenant, &m.FileType, &m.FileName, &m.ContentType, &m.Size, &m.Width, &m.Height, &m.Digest, &created}, func() error {
		m.CreatedAt = fromMillis(created)
		return nil
	}
}

// Media implements serviceaccount.PubStore.
func (db *DB) Media(ctx context.Context, id string) (serviceaccount.Media, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+mediaColumns+` FROM sa_media WHERE id = $1`, id)
	return only(rows, err, "read a picture", scanMedia, serviceaccount.ErrUnknown)
}

// MediaOf implements serviceaccount.PubStore.
func (db *DB) MediaOf(ctx context.Context, tenant string, ids []string) (map[string]serviceaccount.Media, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	rows, err := db.read.QueryContext(ctx,
		`SELECT `+mediaColumns+` FROM sa_media WHERE tenant = $1 AND id IN (SELECT value->>0 FROM `+db.dialect.rows("$2")+`)`, tenant, jsonColumn(ids))
	list, err := collect(rows, err, "read pictures", scanMedia)
	if err != nil {
		return nil, err
	}
	found := make(map[string]serviceaccount.Media, len(list))
	for _, m := range list {
		found[m.ID] = m
	}
	return found, nil
}

// MediaContent implements serviceaccount.PubStore.
func (db *DB) MediaContent(ctx context.Context, m serviceaccount.Media) ([]byte, error) {
	s, err := db.sealer(ctx, m.Tenant)
	if err != nil {
		return nil, err
	}
	var sealed string
	if err := db.read.QueryRowContext(ctx, `SELECT content FROM sa_media WHERE id = $1 AND tenant = $2`, m.ID, m.Tenant).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("read the content of a picture: %w", err)
	}
	clear, err := s.Open(sealed)
	return []byte(clear), err
}
