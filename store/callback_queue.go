package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"cardlink/callback"
)

// Enqueue implements callback.Store. Facts of tenants without an address, often all of a batch, cost one read and no write.
func (db *DB) Enqueue(ctx context.Context, news []callback.News, now time.Time) (added int, err error) {
	listening, err := db.listening(ctx)
	if err != nil {
		return 0, err
	}
	var rows rowBatch
	for i := range news {
		n := &news[i]
		if n.To != 0 {
			deliveryRow(&rows, n, n.To)
			continue
		}
		for _, t := range n.Kind.Types() {
			if listening[listener{n.Tenant, t}] {
				deliveryRow(&rows, n, t)
			}
		}
	}
	if rows.n == 0 {
		return 0, nil
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		added, err = db.queueDeliveries(ctx, tx, &rows, now)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("queue deliveries: %w", err)
	}
	return added, nil
}

// deliveryRow adds news for one address of its tenant.
func deliveryRow(rows *rowBatch, n *callback.News, t callback.URLType) {
	linger := int64(0)
	if t.Batches() {
		linger = callback.Linger.Milliseconds()
	}
	rows.begin()
	rows.text(n.Tenant).text(n.FactID).text(string(n.Kind)).text(string(n.Data)).int(int64(t)).int(linger).end()
}

// queueDeliveries writes the rows whose address exists and is enabled, and which are not there already. Facts that become true in a transaction of ours
// are queued by it, with it.
func (db *DB) queueDeliveries(ctx context.Context, tx *sql.Tx, rows *rowBatch, now time.Time) (added int, err error) {
	res, err := tx.ExecContext(ctx,
		`INSERT INTO callback_deliveries (tenant, url_type, fact_id, kind, data, state, push_id, attempts, tries, next_ms, claimed_by, created_ms, ended_ms, result)
		 SELECT c.tenant, c.url_type, value->>1, value->>2, value->>3, 0, '', 0, 0, CAST($2 AS BIGINT) + CAST(value->>5 AS BIGINT), '', CAST($2 AS BIGINT), 0, ''
		 FROM `+db.dialect.rows("$1")+`
		 JOIN callbacks c ON c.tenant = value->>0 AND c.url_type = CAST(value->>4 AS INTEGER) AND c.disabled = ''
		 WHERE true ON CONFLICT (tenant, url_type, fact_id) DO NOTHING`, rows.arg(), now.UnixMilli())
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// listener is a tenant that has an address of a type.
type listener struct {
	tenant string
	t      callback.URLType
}

// listening is who has an enabled address of a type that news go to by their kind: a handful of rows per customer.
func (db *DB) listening(ctx context.Context) (map[listener]bool, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT tenant, url_type FROM callbacks WHERE disabled = '' AND url_type < $1`, int(callback.VideoTemplates))
	if err != nil {
		return nil, fmt.Errorf("list callback tenants: %w", err)
	}
	defer rows.Close()
	out := map[listener]bool{}
	for rows.Next() {
		var l listener
		if err := rows.Scan(&l.tenant, &l.t); err != nil {
			return nil, fmt.Errorf("list callback tenants: %w", err)
		}
		out[l] = true
	}
	return out, rows.Err()
}

// dueQuery hops through the index of what waits from queue to queue, so that it costs what has something waiting, not all addresses: every video template with a
// callbackurl has one.
const dueQuery = `WITH RECURSIVE hop(id) AS (
		SELECT (SELECT f.id FROM callback_deliveries f WHERE f.state = 0 ORDER BY f.tenant, f.url_type, f.next_ms, f.push_id, f.id LIMIT 1)
		UNION ALL
		SELECT COALESCE(
			(SELECT n.id FROM callback_deliveries n WHERE n.state = 0 AND n.tenant = d.tenant AND n.url_type > d.url_type
				ORDER BY n.url_type, n.next_ms, n.push_id, n.id LIMIT 1),
			(SELECT o.id FROM callback_deliveries o WHERE o.state = 0 AND o.tenant > d.tenant
				ORDER BY o.tenant, o.url_type, o.next_ms, o.push_id, o.id LIMIT 1))
		FROM hop JOIN callback_deliveries d ON d.id = hop.id)
	SELECT d.tenant, d.url_type, d.next_ms FROM hop JOIN callback_deliveries d ON d.id = hop.id
		JOIN callbacks c ON c.tenant = d.tenant AND c.url_type = d.url_type AND c.disabled = '' ORDER BY d.next_ms`

// Due implements callback.Store.
func (db *DB) Due(ctx context.Context) ([]callback.Due, error) {
	rows, err := db.read.QueryContext(ctx, dueQuery)
	return collect(rows, err, "look for due deliveries", func(d *callback.Due) ([]any, func() error) {
		var next int64
		return []any{&d.Tenant, &d.URLType, &next}, func() error {
			d.Next = time.UnixMilli(next).UTC()
			return nil
		}
	})
}

// Claim implements callback.Store.
func (db *DB) Claim(ctx context.Context, tenant string, t callback.URLType, holder string, now time.Time, lease time.Duration, limit int) (callback.Claim, error) {
	var out callback.Claim
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		out = callback.Claim{}
		out.Endpoint, err = scanEndpoint(tx.QueryRowContext(ctx,
			`SELECT `+endpointColumns+` FROM callbacks WHERE tenant = $1 AND url_type = $2 AND disabled = ''`, tenant, int(t)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := db.dueRows(ctx, tx, tenant, t, now, limit)
		if err != nil {
			return err
		}
		out.Pushes = pushesOf(rows, t, now, limit)
		if len(out.Pushes) == 0 {
			return nil
		}
		b := []byte{'['}
		for _, p := range out.Pushes {
			for _, it := range p.Items {
				if len(b) > 1 {
					b = append(b, ',')
				}
				b = append(appendInt(append(b, '['), it.ID), ',')
				b = append(appendJSON(b, p.ID), ']')
			}
		}
		_, err = tx.ExecContext(ctx,
			`UPDATE callback_deliveries SET attempts = attempts + 1, tries = tries + 1, next_ms = $2, claimed_by = $3, push_id = value->>1
			 FROM `+db.dialect.rows("$1")+` WHERE callback_deliveries.id = CAST(value->>0 AS BIGINT)`, string(append(b, ']')), now.Add(lease).UnixMilli(), holder)
		return err
	})
	if err != nil {
		return callback.Claim{}, fmt.Errorf("claim deliveries: %w", err)
	}
	return out, nil
}

// dueRow is a waiting row as a claim sees it: counts are before the claim.
type dueRow struct {
	callback.Item
	kind callback.Kind
	push string
	next int64
}

// dueRows reads what a claim may take, oldest first. For a batched address that includes rows whose linger is not over: they may fill a batch.
func (db *DB) dueRows(ctx context.Context, tx *sql.Tx, tenant string, t callback.URLType, now time.Time, limit int) ([]dueRow, error) {
	linger := time.Duration(0)
	if t.Batches() {
		limit *= callback.BatchLimit
		linger = callback.Linger
	}
	rows, err := tx.QueryContext(ctx,
		`SELECT id, fact_id, kind, data, attempts, tries, push_id, next_ms FROM callback_deliveries
		 WHERE tenant = $1 AND url_type = $2 AND state = 0 AND next_ms <= $3 AND (push_id = '' OR next_ms <= $4)
		 ORDER BY next_ms, push_id, id LIMIT $5`+db.dialect.forUpdateSkipLocked,
		tenant, int(t), now.Add(linger).UnixMilli(), now.UnixMilli(), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []dueRow
	for rows.Next() {
		var r dueRow
		var data string
		if err := rows.Scan(&r.ID, &r.FactID, &r.kind, &data, &r.Attempts, &r.Tries, &r.push, &r.next); err != nil {
			return nil, err
		}
		r.Data = []byte(data)
		out = append(out, r)
	}
	return out, rows.Err()
}

// pushesOf groups rows into pushes. Rows that were a push stay that push. Fresh rows of a batched address make pushes of one kind: full ones
// at once, the rest when its oldest row's linger is over. limit bounds the pushes.
func pushesOf(rows []dueRow, t callback.URLType, now time.Time, limit int) []callback.Push {
	size := 1
	if t.Batches() {
		size = callback.BatchLimit
	}
	var (
		out   []callback.Push
		known = map[string]int{}
		fresh = map[callback.Kind][]dueRow{}
	)
	take := func(r dueRow) callback.Item {
		r.Attempts++
		r.Tries++
		return r.Item
	}
	flush := func(k callback.Kind) {
		p := callback.Push{ID: uuid.NewString(), Kind: k}
		for _, r := range fresh[k] {
			p.Items = append(p.Items, take(r))
		}
		delete(fresh, k)
		out = append(out, p)
	}
	// A push cut by the limit of the query waits for the next claim, whole.
	full := len(rows) == limit*size
	for full && size > 1 && len(rows) > 0 && rows[len(rows)-1].push != "" && rows[0].push != rows[len(rows)-1].push {
		cut := rows[len(rows)-1].push
		for len(rows) > 0 && rows[len(rows)-1].push == cut {
			rows = rows[:len(rows)-1]
		}
		full = false
	}
	for _, r := range rows {
		if r.push != "" {
			if i, ok := known[r.push]; ok {
				out[i].Items = append(out[i].Items, take(r))
				continue
			}
			if len(out) == limit {
				continue
			}
			known[r.push] = len(out)
			out = append(out, callback.Push{ID: r.push, Kind: r.kind, Items: []callback.Item{take(r)}})
			continue
		}
		fresh[r.kind] = append(fresh[r.kind], r)
		if len(fresh[r.kind]) == size {
			if len(out) == limit {
				delete(fresh, r.kind)
				continue
			}
			flush(r.kind)
		}
	}
	for _, k := range []callback.Kind{callback.KindSMS, callback.KindShortLink, callback.KindVideoStatus, callback.KindVideoUplink} {
		if rs := fresh[k]; len(rs) > 0 && rs[0].next <= now.UnixMilli() && len(out) < limit {
			flush(k)
		}
	}
	return out
}
