package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	msqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"cardlink/templates"
)

var _ templates.MaterialStore = (*DB)(nil)

// jsonColumn is a list of texts as the argument of dialect.rows: one row each, read by value->>0.
func jsonColumn(texts []string) string {
	b := []byte{'['}
	for i, t := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSON(append(b, '['), t), ']')
	}
	return string(append(b, ']'))
}

// isForeignKey reports whether err is a violated foreign key.
func isForeignKey(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23503"
	}
	var lite *msqlite.Error
	return errors.As(err, &lite) && lite.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
}

// AddMaterial stores a material, with a video its first cover, and charges their sizes to the tenant.
func (db *DB) AddMaterial(ctx context.Context, m *templates.Material, quota int64) error {
	size := m.Size
	if m.Thumbnail != nil {
		size += m.Thumbnail.Size
	}
	primary := m.Primary
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := charge(ctx, tx, m.Tenant, size, quota); err != nil {
			return err
		}
		primary = m.Primary
		if m.Video != "" {
			var err error
			if primary, err = firstUploaded(ctx, tx, m.Tenant, m.Video); err != nil {
				return err
			}
		}
		if err := insertMaterial(ctx, tx, m, primary); err != nil {
			return err
		}
		if m.Thumbnail != nil {
			return insertMaterial(ctx, tx, m.Thumbnail, m.Thumbnail.Primary)
		}
		return nil
	})
	if err == nil {
		m.Primary = primary
	}
	return err
}

// charge takes size bytes of the tenant's space. Its row is locked until the end of the transaction: what is done to one tenant's materials is done one after the other.
func charge(ctx context.Context, tx *sql.Tx, tenant string, size, quota int64) error {
	if size > quota {
		return templates.ErrQuota
	}
	res, err := tx.ExecContext(ctx,
		`INSERT INTO material_usage (tenant, bytes) VALUES ($1, CAST($2 AS BIGINT))
		 ON CONFLICT (tenant) DO UPDATE SET bytes = material_usage.bytes + CAST($2 AS BIGINT)
		 WHERE material_usage.bytes + CAST($2 AS BIGINT) <= CAST($3 AS BIGINT)`, tenant, size, quota)
	return oneRow(res, err, templates.ErrQuota)
}

// firstUploaded reports whether a video has no uploaded primary cover, and if so takes the place from the drawn one.
func firstUploaded(ctx context.Context, tx *sql.Tx, tenant, video string) (bool, error) {
	var videos, uploaded int
	if err := tx.QueryRowContext(ctx,
		`SELECT (SELECT count(*) FROM materials WHERE id = $1 AND tenant = $2 AND kind = 'video'),
		        (SELECT count(*) FROM materials WHERE video = $1 AND tenant = $2 AND generated = 0)`, video, tenant).Scan(&videos, &uploaded); err != nil {
		return false, err
	}
	if videos == 0 {
		return false, templates.ErrUnknown
	}
	if uploaded > 0 {
		return false, nil
	}
	_, err := tx.ExecContext(ctx, `UPDATE materials SET is_primary = 0 WHERE tenant = $1 AND video = $2 AND is_primary = 1`, tenant, video)
	return true, err
}

func insertMaterial(ctx context.Context, tx *sql.Tx, m *templates.Material, primary bool) error {
	_, err := tx.ExecContext(ctx,
		`INSERT INTO materials (resource_id, id, tenant, kind, file_name, description, rate, content_type, ext, size, width, height, digest, video,
		   is_primary, created_ms, generated, duration_ms)
		 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		m.ResourceID, m.ID, m.Tenant, m.Kind, m.FileName, m.Description, m.Rate, m.ContentType, m.Ext, m.Size, m.Width, m.Height, m.Digest, m.Video,
		bit(primary), millis(m.CreatedAt), bit(m.Generated), m.Duration.Milliseconds())
	return err
}

const materialColumns = `m.resource_id, m.id, m.tenant, m.kind, m.file_name, m.description, m.rate, m.content_type, m.ext, m.size, m.width, m.height,
	m.digest, m.video, m.is_primary, m.created_ms, m.generated, m.duration_ms`

func scanMaterial(row scanner) (*templates.Material, error) {
	var m templates.Material
	var primary, generated int
	var created, duration int64
	err := row.Scan(&m.ResourceID, &m.ID, &m.Tenant, &m.Kind, &m.FileName, &m.Description, &m.Rate, &m.ContentType, &m.Ext, &m.Size, &m.Width, &m.Height,
		&m.Digest, &m.Video, &primary, &created, &generated, &duration)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, templates.ErrUnknown
	}
	m.Primary, m.CreatedAt, m.Generated, m.Duration = primary == 1, fromMillis(created), generated == 1, time.Duration(duration)*time.Millisecond
	return &m, err
}

func (db *DB) materials(ctx context.Context, tail string, args ...any) ([]*templates.Material, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+materialColumns+` FROM materials m `+tail, args...)
	if err != nil {
		return nil, fmt.Errorf("read materials: %w", err)
	}
	defer rows.Close()
	var list []*templates.Material
	for rows.Next() {
		m, err := scanMaterial(rows)
		if err != nil {
			return nil, fmt.Errorf("read materials: %w", err)
		}
		list = append(list, m)
	}
	return list, rows.Err()
}

// covers gives videos of one tenant their primary thumbnails.
func (db *DB) covers(ctx context.Context, tenant string, list []*templates.Material) error {
	var videos []string
	for _, m := range list {
		if m.Kind == "video" {
			videos = append(videos, m.ID)
		}
	}
	if len(videos) == 0 {
		return nil
	}
	thumbs, err := db.materials(ctx, `WHERE m.tenant = $1 AND m.is_primary = 1 AND m.video IN (SELECT value->>0 FROM `+db.dialect.rows("$2")+`)`,
		tenant, jsonColumn(videos))
	if err != nil {
		return err
	}
	for _, m := range list {
		if i := slices.IndexFunc(thumbs, func(t *templates.Material) bool { return m.Kind == "video" && t.Video == m.ID }); i >= 0 {
			m.Thumbnail = thumbs[i]
		}
	}
	return nil
}

// MaterialsOf reads the tenant's materials among the ids.
func (db *DB) MaterialsOf(ctx context.Context, tenant string, resourceIDs []string) ([]*templates.Material, error) {
	list, err := db.materials(ctx, `WHERE m.tenant = $1 AND m.resource_id IN (SELECT value->>0 FROM `+db.dialect.rows("$2")+`)`,
		tenant, jsonColumn(resourceIDs))
	if err != nil {
		return nil, err
	}
	return list, db.covers(ctx, tenant, list)
}

// MaterialByResource reads a material of any tenant.
func (db *DB) MaterialByResource(ctx context.Context, resourceID string) (*templates.Material, error) {
	return scanMaterial(db.read.QueryRowContext(ctx, `SELECT `+materialColumns+` FROM materials m WHERE m.resource_id = $1`, resourceID))
}

// ListMaterials gives one window of a tenant's materials, newest first.
func (db *DB) ListMaterials(ctx context.Context, f templates.MaterialFilter) (list []*templates.Material, total int, err error) {
	var c conditions
	c.add("m.tenant = ?", f.Tenant)
	if f.Kind != "" {
		c.add("m.kind = ?", f.Kind)
	}
	if f.ID != "" {
		c.add("m.id = ?", f.ID)
	}
	if f.ResourceID != "" {
		c.add("m.resource_id = ?", f.ResourceID)
	}
	if f.FileName != "" {
		c.contains("m.file_name", f.FileName)
	}
	if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM materials m`+c.String(), c.args...).Scan(&total); err != nil {
		return nil, 0, fmt.Errorf("count materials: %w", err)
	}
	if f.Offset >= total || f.Limit <= 0 {
		return nil, total, nil
	}
	list, err = db.materials(ctx, c.String()+` ORDER BY m.created_ms DESC, m.resource_id DESC LIMIT `+strconv.Itoa(f.Limit)+` OFFSET `+strconv.Itoa(f.Offset), c.args...)
	if err != nil {
		return nil, 0, err
	}
	return list, total, db.covers(ctx, f.Tenant, list)
}

// KnownDigests tells which digests some material has.
func (db *DB) KnownDigests(ctx context.Context, digests []string) (map[string]bool, error) {
	rows, err := db.read.QueryContext(ctx,
		`SELECT DISTINCT m.digest FROM materials m WHERE m.digest IN (SELECT value->>0 FROM `+db.dialect.rows("$1")+`)`, jsonColumn(digests))
	if err != nil {
		return nil, fmt.Errorf("look up digests: %w", err)
	}
	defer rows.Close()
	known := map[string]bool{}
	for rows.Next() {
		var d string
		if err := rows.Scan(&d); err != nil {
			return nil, err
		}
		known[d] = true
	}
	return known, rows.Err()
}
