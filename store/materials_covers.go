package store

import (
	"context"
	"database/sql"
	"errors"

	"cardlink/templates"
)

// Covers lists a video's thumbnails, newest first.
func (db *DB) Covers(ctx context.Context, tenant, video string) ([]*templates.Material, error) {
	return db.materials(ctx, `WHERE m.tenant = $1 AND m.video = $2 ORDER BY m.created_ms DESC, m.resource_id DESC`, tenant, video)
}

// SetPrimaryCover makes one thumbnail of a video the primary one. The old one steps down first: the index that allows only one looks at every row at once.
func (db *DB) SetPrimaryCover(ctx context.Context, tenant, video, thumbnail string) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := lockMaterials(ctx, tx, tenant); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE materials SET is_primary = 0 WHERE tenant = $1 AND video = $2 AND is_primary = 1`, tenant, video); err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `UPDATE materials SET is_primary = 1 WHERE tenant = $1 AND video = $2 AND id = $3`, tenant, video, thumbnail)
		return oneRow(res, err, templates.ErrUnknown)
	})
}

// lockMaterials makes changes to one tenant's materials take turns; see charge. A tenant without the row has no materials.
func lockMaterials(ctx context.Context, tx *sql.Tx, tenant string) error {
	res, err := tx.ExecContext(ctx, `UPDATE material_usage SET bytes = bytes WHERE tenant = $1`, tenant)
	return oneRow(res, err, templates.ErrUnknown)
}

// DeleteMaterials forgets materials and gives their space back, all or none.
func (db *DB) DeleteMaterials(ctx context.Context, tenant string, ids []string) error {
	list, named := jsonColumn(ids), db.dialect.rows("$2")
	// A video takes its covers along.
	mine := `m.tenant = $1 AND (m.id IN (SELECT value->>0 FROM ` + named + `) OR m.video IN (SELECT value->>0 FROM ` + named + `))`
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := lockMaterials(ctx, tx, tenant); err != nil {
			return err
		}
		var found, used, drawn int
		if err := tx.QueryRowContext(ctx,
			`SELECT (SELECT count(*) FROM materials m WHERE m.tenant = $1 AND m.id IN (SELECT value->>0 FROM `+named+`)),
			        (SELECT count(*) FROM template_materials t JOIN materials m ON m.resource_id = t.resource_id WHERE `+mine+`),
			        (SELECT count(*) FROM materials m WHERE m.tenant = $1 AND m.generated = 1 AND m.id IN (SELECT value->>0 FROM `+named+`)
			           AND m.video NOT IN (SELECT value->>0 FROM `+named+`))`,
			tenant, list).Scan(&found, &used, &drawn); err != nil {
			return err
		}
		switch {
		case found != len(ids):
			return templates.ErrUnknown
		case used > 0:
			return templates.ErrInUse
		case drawn > 0:
			return templates.ErrGenerated
		}
		freed, bare, err := deleteRows(ctx, tx, `DELETE FROM materials AS m WHERE `+mine+` RETURNING size, video, is_primary`, tenant, list)
		if err != nil {
			return err
		}
		for _, video := range bare { // at most as many as there are ids; of a video that went along nothing is left to promote
			if _, err := tx.ExecContext(ctx, `UPDATE materials SET is_primary = 1 WHERE resource_id = (SELECT resource_id FROM materials
				WHERE tenant = $1 AND video = $2 ORDER BY generated, created_ms DESC, resource_id DESC LIMIT 1)`, tenant, video); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE material_usage SET bytes = bytes - CAST($2 AS BIGINT) WHERE tenant = $1`, tenant, freed)
		return err
	})
	if isForeignKey(err) { // a template took hold of it a moment ago
		return templates.ErrInUse
	}
	return err
}

// deleteRows runs a deletion that returns size, video and is_primary: it adds up the sizes and lists the videos that lost their primary cover.
func deleteRows(ctx context.Context, tx *sql.Tx, stmt string, args ...any) (freed int64, bare []string, err error) {
	rows, err := tx.QueryContext(ctx, stmt, args...)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			size    int64
			video   string
			primary int
		)
		if err := rows.Scan(&size, &video, &primary); err != nil {
			return 0, nil, err
		}
		freed += size
		if primary == 1 {
			bare = append(bare, video)
		}
	}
	return freed, bare, rows.Err()
}
