package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"cardlink/event/journal"
	"cardlink/shortlink"
)

// FindLinks reads links by id or by custom code. Recipients stay sealed.
func (db *DB) FindLinks(ctx context.Context, keys []shortlink.LinkKey) ([]shortlink.Link, error) {
	ids, codes := []byte{'['}, []byte{'['}
	for _, k := range keys {
		if k.ID != 0 {
			ids = append(appendInt(append(ids, '['), k.ID), ']', ',')
		} else {
			codes = append(appendJSON(append(codes, '['), k.Domain), ',')
			codes = append(appendJSON(codes, k.Code), ']', ',')
		}
	}
	var links []shortlink.Link
	query := func(from string, arg []byte) error {
		if len(arg) == 1 {
			return nil
		}
		arg[len(arg)-1] = ']'
		rows, err := db.read.QueryContext(ctx, `SELECT `+linkColumns+` FROM `+db.dialect.rows("$1")+from+` JOIN link_batches b ON b.id = l.batch`, string(arg))
		if err != nil {
			return fmt.Errorf("find links: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var r linkRow
			if err := rows.Scan(r.targets()...); err != nil {
				return err
			}
			l, err := r.link(nil)
			if err != nil {
				return err
			}
			links = append(links, l)
		}
		return rows.Err()
	}
	err := errors.Join(
		query(` JOIN links l ON l.id = CAST(value->>0 AS BIGINT)`, ids),
		query(` JOIN custom_codes c ON c.domain = value->>0 AND c.code = value->>1 JOIN links l ON l.id = c.link_id`, codes),
	)
	return links, err
}

// RevokedSince lists links revoked since a moment.
func (db *DB) RevokedSince(ctx context.Context, since time.Time) (ids []int64, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT link_id FROM link_revocations WHERE at_ms >= $1`, since.UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("read revocations: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// TakeOnes resolves individual links. The inserted row is the unit: the unique key lets one taker win.
func (db *DB) TakeOnes(ctx context.Context, node string, takes []shortlink.Take) ([]shortlink.Taken, error) {
	rows := make([]byte, 1, 200*len(takes)+2)
	rows[0] = '['
	for i := range takes {
		t := &takes[i]
		rows = append(appendInt(append(rows, '['), t.LinkID), ',')
		rows = append(appendJSON(rows, t.ResolveID), ',')
		rows = append(appendJSON(rows, t.Vendor), ',')
		rows = append(appendJSON(rows, t.Model), ',')
		rows = append(appendJSON(rows, t.DeviceRef), ',')
		rows = append(appendInt(rows, t.At.UnixMilli()), ']', ',')
	}
	rows[len(rows)-1] = ']'
	var taken []shortlink.Taken
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		won := make(map[string]int64, len(takes)) // resolve_id → row
		if err := scanRows(ctx, tx, func(row int64, id string) { won[id] = row }, `INSERT INTO resolutions
				(link_id, ordinal, resolve_id, node, vendor, model, device_ref, reason, at_ms)
			SELECT CAST(value->>0 AS BIGINT), 1, value->>1, CAST($2 AS TEXT), value->>2, value->>3, value->>4, '', CAST(value->>5 AS BIGINT)
			FROM `+db.dialect.rows("$1")+` WHERE true ORDER BY 1
			ON CONFLICT (link_id, ordinal) DO NOTHING RETURNING id, resolve_id`, string(rows), node); err != nil {
			return fmt.Errorf("take units: %w", err)
		}
		taken = make([]shortlink.Taken, len(takes))
		lost := []byte{'['}
		for i := range takes {
			t := &takes[i]
			if row, ok := won[t.ResolveID]; ok {
				taken[i] = shortlink.Taken{Row: row, ResolveID: t.ResolveID, DeviceRef: t.DeviceRef, At: t.At}
			} else {
				lost = append(appendInt(append(lost, '['), t.LinkID), ']', ',')
			}
		}
		if len(lost) == 1 {
			return nil
		}
		lost[len(lost)-1] = ']'
		holders, err := db.holders(ctx, tx, node, string(lost))
		if err != nil {
			return err
		}
		for i := range takes {
			if taken[i].ResolveID != "" {
				continue
			}
			h := holders[takes[i].LinkID]
			if h.ResolveID != takes[i].ResolveID {
				h.Row = 0
			} // else this very take was committed before and is being repeated
			taken[i] = h
		}
		return nil
	})
	return taken, err
}

// holders reads who has the units of links; Row is set for rows of this node.
func (db *DB) holders(ctx context.Context, tx *sql.Tx, node, ids string) (map[int64]shortlink.Taken, error) {
	rows, err := tx.QueryContext(ctx, `SELECT r.link_id, r.id, r.node, r.resolve_id, r.device_ref, r.at_ms
		FROM `+db.dialect.rows("$1")+` JOIN resolutions r ON r.link_id = CAST(value->>0 AS BIGINT) AND r.ordinal = 1`, ids)
	if err != nil {
		return nil, fmt.Errorf("read holders: %w", err)
	}
	defer rows.Close()
	holders := make(map[int64]shortlink.Taken)
	for rows.Next() {
		var (
			link, at int64
			owner    string
			h        shortlink.Taken
		)
		if err := rows.Scan(&link, &h.Row, &owner, &h.ResolveID, &h.DeviceRef, &at); err != nil {
			return nil, err
		}
		if owner != node {
			h.Row = 0
		}
		h.At = time.UnixMilli(at).UTC()
		holders[link] = h
	}
	return holders, rows.Err()
}

func scanRows(ctx context.Context, tx *sql.Tx, each func(int64, string), stmt string, args ...any) error {
	rows, err := tx.QueryContext(ctx, stmt, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var (
			n int64
			s string
		)
		if err := rows.Scan(&n, &s); err != nil {
			return err
		}
		each(n, s)
	}
	return rows.Err()
}

// TakenSince reads resolutions of individual links by a node, in row order.
func (db *DB) TakenSince(ctx context.Context, node string, after int64, max int) (list []shortlink.TakenLink, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+linkColumns+`, r.id, r.resolve_id, r.vendor, r.model, r.device_ref, r.at_ms
		FROM resolutions r JOIN links l ON l.id = r.link_id JOIN link_batches b ON b.id = l.batch
		WHERE r.id > $1 AND r.node = $2 AND r.ordinal = 1 AND b.is_group = 0 ORDER BY r.id LIMIT $3`, after, node, max)
	if err != nil {
		return nil, fmt.Errorf("read resolutions of node %s: %w", node, err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			r  linkRow
			t  shortlink.TakenLink
			at int64
		)
		if err := rows.Scan(append(r.targets(), &t.Row, &t.ResolveID, &t.Vendor, &t.Model, &t.DeviceRef, &at)...); err != nil {
			return nil, err
		}
		if t.Link, err = r.link(nil); err != nil {
			return nil, err
		}
		t.LinkID, t.At = t.Link.ID, time.UnixMilli(at).UTC()
		list = append(list, t)
	}
	return list, rows.Err()
}

// NodeState reads how far a node's journal is applied.
func (db *DB) NodeState(ctx context.Context, node string) (s shortlink.NodeState, err error) {
	var position int64
	err = db.read.QueryRowContext(ctx, `SELECT position, journaled FROM edge_nodes WHERE node = $1`, node).Scan(&position, &s.Journaled)
	if errors.Is(err, sql.ErrNoRows) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read the state of node %s: %w", node, err)
	}
	s.Position = journal.Position(position)
	return s, nil
}

// Apply stores what a node's journal says: successes of group links, refused attempts, and the position that follows them, in one
// transaction, so that a record is applied exactly once however often the node dies.
func (db *DB) Apply(ctx context.Context, node string, s shortlink.NodeState, solved, refused []shortlink.Attempted) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := db.applySolved(ctx, tx, node, solved); err != nil {
			return fmt.Errorf("apply resolutions: %w", err)
		}
		if err := db.applyRefused(ctx, tx, node, refused); err != nil {
			return fmt.Errorf("apply refused attempts: %w", err)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO edge_nodes (node, position, journaled) VALUES ($1, $2, $3)
			ON CONFLICT (node) DO UPDATE SET position = excluded.position, journaled = excluded.journaled`, node, int64(s.Position), s.Journaled)
		return err
	})
}

const insertAttempts = `INSERT INTO resolutions (link_id, ordinal, resolve_id, node, vendor, model, device_ref, reason, at_ms)
	SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, CAST($2 AS TEXT), value->>3, value->>4, value->>5, value->>6,
		CAST(value->>7 AS BIGINT) FROM `

func appendAttempts(as []shortlink.Attempted) []byte {
	b := make([]byte, 1, 200*len(as)+2)
	b[0] = '['
	for i := range as {
		a := &as[i]
		b = append(appendInt(append(b, '['), a.LinkID), ',')
		b = append(appendInt(b, a.Ordinal), ',')
		b = append(appendJSON(b, a.ResolveID), ',')
		b = append(appendJSON(b, a.Vendor), ',')
		b = append(appendJSON(b, a.Model), ',')
		b = append(appendJSON(b, a.DeviceRef), ',')
		b = append(appendJSON(b, a.Reason), ',')
		b = append(appendInt(b, a.At.UnixMilli()), ']', ',')
	}
	b[len(b)-1] = ']'
	return b
}

func (db *DB) applySolved(ctx context.Context, tx *sql.Tx, node string, solved []shortlink.Attempted) error {
	if len(solved) == 0 {
		return nil
	}
	fresh := make(map[int64][]int64)
	rows, err := tx.QueryContext(ctx, insertAttempts+db.dialect.rows("$1")+` WHERE true ORDER BY 1, 2
		ON CONFLICT (link_id, ordinal) DO NOTHING RETURNING link_id, ordinal`, string(appendAttempts(solved)), node)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var link, ordinal int64
		if err := rows.Scan(&link, &ordinal); err != nil {
			return err
		}
		fresh[link] = append(fresh[link], ordinal)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	if len(fresh) == 0 {
		return nil
	}
	links := make([]int64, 0, len(fresh))
	for id, os := range fresh {
		slices.Sort(os)
		links = append(links, id)
	}
	slices.Sort(links) // nodes lock rows in one order
	counts := []byte{'['}
	for _, id := range links {
		counts = appendRange(counts, id, int64(len(fresh[id])), 0)
	}
	counts[len(counts)-1] = ']'
	if _, err := tx.ExecContext(ctx, `UPDATE link_quota SET resolved = resolved + CAST(value->>1 AS BIGINT) FROM `+db.dialect.rows("$1")+`
		WHERE link_id = CAST(value->>0 AS BIGINT)`, string(counts)); err != nil {
		return err
	}
	return db.countLeases(ctx, tx, node, string(counts), fresh)
}

// applyRefused keeps the latest refused attempt of each link under ordinal 0.
func (db *DB) applyRefused(ctx context.Context, tx *sql.Tx, node string, refused []shortlink.Attempted) error {
	if len(refused) == 0 {
		return nil
	}
	last := make(map[int64]int, len(refused))
	for i := range refused {
		last[refused[i].LinkID] = i
	}
	latest := make([]shortlink.Attempted, 0, len(last))
	for i := range refused {
		if last[refused[i].LinkID] == i {
			latest = append(latest, refused[i])
		}
	}
	_, err := tx.ExecContext(ctx, insertAttempts+db.dialect.rows("$1")+` WHERE true ORDER BY 1
		ON CONFLICT (link_id, ordinal) DO UPDATE SET resolve_id = excluded.resolve_id, node = excluded.node, vendor = excluded.vendor,
			model = excluded.model, device_ref = excluded.device_ref, reason = excluded.reason, at_ms = excluded.at_ms`,
		string(appendAttempts(latest)), node)
	return err
}

// RecentDevices reads resolutions that named a device, newest first.
func (db *DB) RecentDevices(ctx context.Context, since time.Time, max int) (list []shortlink.Attempted, err error) {
	// Rows are written about when they happen, so the walk from the newest row down ends soon after since.
	rows, err := db.read.QueryContext(ctx, `SELECT link_id, ordinal, resolve_id, device_ref, at_ms FROM resolutions ORDER BY id DESC LIMIT $1`, max)
	if err != nil {
		return nil, fmt.Errorf("read recent resolutions: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a shortlink.Attempted
		var at int64
		if err := rows.Scan(&a.LinkID, &a.Ordinal, &a.ResolveID, &a.DeviceRef, &at); err != nil {
			return nil, err
		}
		if a.At = time.UnixMilli(at).UTC(); a.At.Before(since.Add(-time.Minute)) {
			break
		}
		if a.Ordinal > 0 && a.DeviceRef != "" && !a.At.Before(since) {
			list = append(list, a)
		}
	}
	return list, rows.Err()
}
