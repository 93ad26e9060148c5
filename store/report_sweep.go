package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"cardlink/report"
)

// SweepReports implements report.Store. It looks on a read connection first, so that nothing to sweep costs no write.
func (db *DB) SweepReports(ctx context.Context, now time.Time, limit int) (deleted int, err error) {
	generation, err := db.turnGeneration(ctx, now)
	if err != nil {
		return 0, fmt.Errorf("begin a generation of facts: %w", err)
	}
	old := report.DayOf(now) - report.Keep
	for _, s := range []struct {
		table, key, condition string
		before                int64
	}{
		{"report_facts", "generation, high, low", "generation <= $1", generation - report.Generations},
		{"report_days", "tenant, tpl_id, vendor, day", "day < $1", int64(old)},
	} {
		n, err := db.deleteRows(ctx, s.table, s.key, s.condition, limit-deleted, s.before)
		if deleted += n; err != nil || deleted >= limit {
			return deleted, err
		}
	}
	n, err := db.sweepVisitors(ctx, old, limit-deleted)
	return deleted + n, err
}

// turnGeneration begins a new generation if the present one is old enough, and tells the present one.
func (db *DB) turnGeneration(ctx context.Context, now time.Time) (generation int64, err error) {
	var began int64
	if err := db.read.QueryRowContext(ctx, `SELECT generation, began_ms FROM report_clock WHERE id = 1`).Scan(&generation, &began); err != nil {
		return 0, err
	}
	turn := now.Add(-report.GenerationLife).UnixMilli()
	if began > turn {
		return generation, nil
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE report_clock SET generation = generation + 1, began_ms = $1 WHERE id = 1 AND began_ms <= $2`,
			now.UnixMilli(), turn); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `SELECT generation FROM report_clock WHERE id = 1`).Scan(&generation)
	})
	return generation, err
}

// deleteRows deletes at most limit rows of a table that meet a condition. key is the table's primary key.
func (db *DB) deleteRows(ctx context.Context, table, key, condition string, limit int, args ...any) (deleted int, err error) {
	from := table + " WHERE " + condition
	var found int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 AS one FROM `+from+` LIMIT 1) AS x`, args...).Scan(&found); err != nil || found == 0 {
		return 0, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, fmt.Sprintf(`DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s LIMIT %d)`, table, key, key, from, limit), args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		deleted = int(n)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep %s: %w", table, err)
	}
	return deleted, nil
}

// seriesPage is how many series are looked at together.
const seriesPage = 1000

// sweepVisitors goes through the series, whose oldest rows the key finds at once; an index on the day would cost every visitor a second row.
func (db *DB) sweepVisitors(ctx context.Context, before report.Day, limit int) (deleted int, err error) {
	type oldest struct {
		series int64
		day    [2]sql.NullInt64 // by kind
	}
	for after := int64(0); ; {
		rows, err := db.read.QueryContext(ctx, `SELECT s.id, (SELECT MIN(day) FROM report_visitors WHERE series = s.id AND kind = 1),
				(SELECT MIN(day) FROM report_visitors WHERE series = s.id AND kind = 2)
			FROM report_series s WHERE s.id > $1 ORDER BY s.id LIMIT $2`, after, seriesPage)
		page, err := collect(rows, err, "look for old visitors", func(o *oldest) ([]any, func() error) {
			return []any{&o.series, &o.day[0], &o.day[1]}, func() error { return nil }
		})
		if err != nil {
			return deleted, err
		}
		for _, o := range page {
			after = o.series
			for kind := range o.day {
				if d := o.day[kind]; !d.Valid || d.Int64 >= int64(before) {
					continue
				}
				n, err := db.deleteRows(ctx, "report_visitors", "series, kind, day, visitor", "series = $1 AND kind = $2 AND day < $3", limit-deleted,
					o.series, kind+1, int64(before))
				if deleted += n; err != nil || deleted >= limit {
					return deleted, err
				}
			}
		}
		if len(page) < seriesPage {
			return deleted, nil
		}
	}
}
