package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"cardlink/shortlink"
)

// firstGrant is what a link that nobody asked for before may give at once; later grants are at most a quarter of what is left.
func firstGrant(a shortlink.Ask) int64 { return max(1, min(a.Want, a.Limit/4)) }

// LeaseQuota gives a node ordinals of group links, in one transaction for all asks.
//
// The guarantee: an ordinal is in exactly one lease or above issued, and issued never passes the quota. It holds because a grant either takes a
// whole lease that nobody holds, or raises issued, conditionally and in the transaction that inserts the lease.
func (db *DB) LeaseQuota(ctx context.Context, node string, asks []shortlink.Ask) ([]shortlink.Grant, error) {
	var grants []shortlink.Grant
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		byID := make(map[int64]shortlink.Grant, len(asks))
		ids := []byte{'['}
		for _, a := range asks {
			ids = append(appendInt(append(ids, '['), a.LinkID), ']', ',')
		}
		ids[len(ids)-1] = ']'
		// What was given back goes first.
		if err := scanGrants(ctx, tx, byID, `UPDATE link_leases SET node = $2 WHERE node = '' AND (link_id, first) IN (
				SELECT link_id, min(first) FROM link_leases WHERE node = '' AND link_id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`)
				GROUP BY link_id)
			RETURNING link_id, first, last`, string(ids), node); err != nil {
			return fmt.Errorf("take returned quota: %w", err)
		}
		fresh := []byte{'['}
		for _, a := range asks {
			if _, done := byID[a.LinkID]; done {
				continue
			}
			fresh = append(appendInt(append(fresh, '['), a.LinkID), ',')
			fresh = append(appendInt(fresh, firstGrant(a)), ',')
			fresh = append(appendInt(fresh, a.Limit), ']', ',')
		}
		if len(fresh) > 1 {
			fresh[len(fresh)-1] = ']'
			raised := make(map[int64]shortlink.Grant, len(asks))
			const left = `(link_quota.quota - link_quota.issued)`
			if err := scanGrants(ctx, tx, raised, `INSERT INTO link_quota (link_id, issued, grant_from, resolved, quota)
				SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), 0, 0, CAST(value->>2 AS BIGINT) FROM `+db.dialect.rows("$1")+` WHERE true
				ORDER BY 1
				ON CONFLICT (link_id) DO UPDATE SET grant_from = link_quota.issued, issued = link_quota.issued + CASE
					WHEN `+left+` / 4 < 1 THEN 1 WHEN `+left+` / 4 < excluded.issued THEN `+left+` / 4 ELSE excluded.issued END
				WHERE link_quota.issued < link_quota.quota
				RETURNING link_id, grant_from + 1, issued`, string(fresh)); err != nil {
				return fmt.Errorf("raise quota: %w", err)
			}
			leases := []byte{'['}
			for id, g := range raised {
				byID[id] = g
				leases = appendRange(leases, id, g.First, g.Last)
			}
			if err := db.insertLeases(ctx, tx, node, leases); err != nil {
				return err
			}
		}
		grants = make([]shortlink.Grant, len(asks))
		for i, a := range asks {
			grants[i] = byID[a.LinkID]
		}
		return nil
	})
	return grants, err
}

func scanGrants(ctx context.Context, tx *sql.Tx, into map[int64]shortlink.Grant, stmt string, args ...any) error {
	rows, err := tx.QueryContext(ctx, stmt, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			id int64
			g  shortlink.Grant
		)
		if err := rows.Scan(&id, &g.First, &g.Last); err != nil {
			return err
		}
		into[id] = g
	}
	return rows.Err()
}

// appendRange adds [link, first, last] and a comma.
func appendRange(b []byte, link, first, last int64) []byte {
	b = append(appendInt(append(b, '['), link), ',')
	b = append(appendInt(b, first), ',')
	return append(appendInt(b, last), ']', ',')
}

// insertLeases inserts unused leases of node from an array of appendRange without its closing bracket.
func (db *DB) insertLeases(ctx context.Context, tx *sql.Tx, node string, leases []byte) error {
	if len(leases) == 1 {
		return nil
	}
	leases[len(leases)-1] = ']'
	if _, err := tx.ExecContext(ctx, `INSERT INTO link_leases (link_id, first, last, node, used)
		SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), CAST($2 AS TEXT), 0 FROM `+db.dialect.rows("$1"),
		string(leases), node); err != nil {
		return fmt.Errorf("insert leases: %w", err)
	}
	return nil
}

// ReturnQuota gives unused ends of leases back.
func (db *DB) ReturnQuota(ctx context.Context, node string, tails []shortlink.Tail) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		free := []byte{'['}
		for _, t := range tails {
			var res sql.Result
			var err error
			if t.From == t.First {
				res, err = tx.ExecContext(ctx, `DELETE FROM link_leases WHERE link_id = $1 AND first = $2 AND last = $3 AND node = $4 AND used = 0`,
					t.LinkID, t.First, t.Last, node)
			} else {
				res, err = tx.ExecContext(ctx, `UPDATE link_leases SET last = $5 WHERE link_id = $1 AND first = $2 AND last = $3 AND node = $4`,
					t.LinkID, t.First, t.Last, node, t.From-1)
			}
			if err != nil {
				return fmt.Errorf("shorten a lease: %w", err)
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				continue // not ours: nothing to give
			}
			free = appendRange(free, t.LinkID, t.From, t.Last)
		}
		if err := db.insertLeases(ctx, tx, "", free); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM link_leases WHERE node = $1 AND used = last - first + 1`, node)
		return err
	})
}

// releaseBatch is how many leases ReleaseNode turns over in one transaction.
const releaseBatch = 500

// ReleaseNode gives back every ordinal of a node's leases that has no resolution.
func (db *DB) ReleaseNode(ctx context.Context, node string) error {
	for {
		more := false
		err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			leases, err := nodeLeases(ctx, tx, node)
			if err != nil {
				return err
			}
			more = len(leases) == releaseBatch
			free := []byte{'['}
			for _, l := range leases {
				if free, err = appendGaps(ctx, tx, free, l); err != nil {
					return err
				}
				if _, err := tx.ExecContext(ctx, `DELETE FROM link_leases WHERE link_id = $1 AND first = $2`, l.LinkID, l.First); err != nil {
					return err
				}
			}
			return db.insertLeases(ctx, tx, "", free)
		})
		if err != nil {
			return fmt.Errorf("release the leases of node %s: %w", node, err)
		}
		if !more {
			return nil
		}
	}
}

func nodeLeases(ctx context.Context, tx *sql.Tx, node string) (leases []shortlink.Tail, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT link_id, first, last FROM link_leases WHERE node = $1 ORDER BY link_id, first LIMIT $2`, node, releaseBatch)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l shortlink.Tail
		if err := rows.Scan(&l.LinkID, &l.First, &l.Last); err != nil {
			return nil, err
		}
		leases = append(leases, l)
	}
	return leases, rows.Err()
}

// appendGaps adds the ranges of a lease that have no resolution. A lease is at most some thousand ordinals long.
func appendGaps(ctx context.Context, tx *sql.Tx, free []byte, l shortlink.Tail) ([]byte, error) {
	rows, err := tx.QueryContext(ctx, `SELECT ordinal FROM resolutions WHERE link_id = $1 AND ordinal >= $2 AND ordinal <= $3 ORDER BY ordinal`, l.LinkID, l.First, l.Last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	next := l.First
	for rows.Next() {
		var used int64
		if err := rows.Scan(&used); err != nil {
			return nil, err
		}
		if used > next {
			free = appendRange(free, l.LinkID, next, used-1)
		}
		next = used + 1
	}
	if next <= l.Last {
		free = appendRange(free, l.LinkID, next, l.Last)
	}
	return free, rows.Err()
}

// ForfeitNode forgets a node's leases and what it may have used of them.
func (db *DB) ForfeitNode(ctx context.Context, node string) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM link_leases WHERE node = $1`, node)
		return err
	})
}

// countLeases adds newly applied ordinals to the used counts of a node's leases and drops the leases that are used up. ordinals are sorted.
func (db *DB) countLeases(ctx context.Context, tx *sql.Tx, node string, ids string, ordinals map[int64][]int64) error {
	rows, err := tx.QueryContext(ctx, `SELECT link_id, first, last, used FROM link_leases
		WHERE node = $2 AND link_id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`, ids, node)
	if err != nil {
		return err
	}
	defer rows.Close()
	used, done := []byte{'['}, []byte{'['}
	for rows.Next() {
		var l shortlink.Tail
		var n int64
		if err := rows.Scan(&l.LinkID, &l.First, &l.Last, &n); err != nil {
			return err
		}
		os := ordinals[l.LinkID]
		lo, _ := slices.BinarySearch(os, l.First)
		hi, _ := slices.BinarySearch(os, l.Last+1)
		switch n += int64(hi - lo); {
		case hi == lo:
		case n >= l.Last-l.First+1:
			done = appendRange(done, l.LinkID, l.First, n)
		default:
			used = appendRange(used, l.LinkID, l.First, n)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if len(done) > 1 {
		if err := db.execRows(ctx, tx, `DELETE FROM link_leases WHERE (link_id, first) IN (
			SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`, done); err != nil {
			return err
		}
	}
	if len(used) > 1 {
		return db.execRows(ctx, tx, `UPDATE link_leases SET used = CAST(value->>2 AS BIGINT) FROM `+db.dialect.rows("$1")+`
			WHERE link_id = CAST(value->>0 AS BIGINT) AND first = CAST(value->>1 AS BIGINT)`, used)
	}
	return nil
}
