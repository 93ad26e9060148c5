package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"cardlink/event"
	"cardlink/fault"
	"cardlink/identity"
	"cardlink/shortlink"
)

var (
	_ shortlink.Store     = (*DB)(nil)
	_ shortlink.EdgeStore = (*DB)(nil)
)

// LeaseLinkIDs takes a block of link ids.
func (db *DB) LeaseLinkIDs(ctx context.Context, n int64) (int64, error) {
	return db.LeaseIDs(ctx, "links", 1, n)
}

// SaveResolveTask stores the links of a resolve task in one transaction.
func (db *DB) SaveResolveTask(ctx context.Context, links []shortlink.Link) (taken []int, err error) {
	if len(links) == 0 {
		return nil, nil
	}
	s, err := db.sealer(ctx, links[0].Tenant)
	if err != nil {
		return nil, err
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var err error
		taken, err = db.insertLinks(ctx, tx, links, s)
		return err
	})
	return taken, err
}

// insertLinks stores links of one tenant in tx: their batches, the links, custom codes, and the LinkCreated facts. Links whose custom code
// is taken are skipped; taken holds their indexes in ascending order. Links that follow each other with consecutive ids and equal shared
// attributes make one batch.
func (db *DB) insertLinks(ctx context.Context, tx *sql.Tx, links []shortlink.Link, s identity.Sealer) (taken []int, err error) {
	taken, err = db.claimCodes(ctx, tx, links)
	if err != nil {
		return nil, err
	}
	if len(taken) == len(links) {
		return taken, nil
	}
	var (
		batches = []byte{'['}
		rows    = make([]byte, 1, 256*len(links))
		facts   = make([]event.Record, 0, len(links))
		first   int // index in links of the current batch's first link
		size    int // links stored of the current batch
		skip    = taken
	)
	rows[0] = '['
	for i := range links {
		l := &links[i]
		if i > 0 && !sameBatch(&links[i-1], l) {
			batches = appendBatch(batches, links[first:i], size)
			first, size = i, 0
		}
		if len(skip) > 0 && skip[0] == i {
			skip = skip[1:]
			continue
		}
		size++
		if rows, err = appendLink(rows, l, links[first].ID, s); err != nil {
			return nil, err
		}
		facts = append(facts, created(l))
	}
	batches = appendBatch(batches, links[first:], size)
	if err := db.execRows(ctx, tx, `INSERT INTO link_batches (id, last_id, size, tenant, task_id, task_name, user_name, from_send, domain, custom, is_group,
			tpl_id, tpl_version, tpl_name, signs, quota, created_ms, expire_ms)
		SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS INTEGER), value->>3, value->>4, value->>5, value->>6,
			CAST(value->>7 AS INTEGER), value->>8, CAST(value->>9 AS INTEGER), CAST(value->>10 AS INTEGER), CAST(value->>11 AS BIGINT),
			CAST(value->>12 AS INTEGER), value->>13, value->>14, CAST(value->>15 AS BIGINT), CAST(value->>16 AS BIGINT), CAST(value->>17 AS BIGINT)
		FROM `+db.dialect.rows("$1"), batches); err != nil {
		return nil, fmt.Errorf("insert link batches: %w", err)
	}
	if err := db.execRows(ctx, tx, `INSERT INTO links (id, batch, code, cust, cust_key, params, custom_url)
		SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, value->>3, CAST(value->>4 AS BIGINT), value->>5, value->>6
		FROM `+db.dialect.rows("$1"), rows); err != nil {
		return nil, fmt.Errorf("insert links: %w", err)
	}
	return taken, db.appendOutbox(ctx, tx, facts)
}

// execRows runs a statement whose $1 is a JSON array written without its closing bracket, each element followed by a comma.
func (db *DB) execRows(ctx context.Context, tx *sql.Tx, stmt string, rows []byte) error {
	rows[len(rows)-1] = ']' // in place of the last comma
	_, err := tx.ExecContext(ctx, stmt, string(rows))
	return err
}

// sameBatch reports whether b continues a's batch.
func sameBatch(a, b *shortlink.Link) bool {
	return b.ID == a.ID+1 && a.TaskID == b.TaskID && a.Domain == b.Domain && a.Custom == b.Custom && a.Group == b.Group && a.TplID == b.TplID &&
		a.TplVersion == b.TplVersion && a.Limit == b.Limit && a.CreatedAt.Equal(b.CreatedAt) && a.ExpireAt.Equal(b.ExpireAt) &&
		slices.Equal(a.Signs, b.Signs)
}

// appendBatch adds the batch of links, of which size are stored; nothing if none is.
func appendBatch(b []byte, links []shortlink.Link, size int) []byte {
	if size == 0 {
		return b
	}
	l := &links[0]
	signs, _ := json.Marshal(l.Signs) // strings cannot fail
	b = append(b, '[')
	num := func(n int64) { b = append(appendInt(b, n), ',') }
	str := func(s string) { b = append(appendJSON(b, s), ',') }
	num(l.ID)
	num(links[len(links)-1].ID)
	num(int64(size))
	str(l.Tenant)
	str(l.TaskID)
	str(l.TaskName)
	str(l.User)
	num(flag(l.FromSend))
	str(l.Domain)
	num(flag(l.Custom))
	num(flag(l.Group))
	num(l.TplID)
	num(int64(l.TplVersion))
	str(l.TplName)
	str(string(signs))
	num(l.Limit)
	num(l.CreatedAt.UnixMilli())
	num(l.ExpireAt.UnixMilli())
	b[len(b)-1] = ']'
	return append(b, ',')
}

func appendLink(b []byte, l *shortlink.Link, batch int64, s identity.Sealer) ([]byte, error) {
	params := ""
	if len(l.Params) > 0 {
		p, err := json.Marshal(l.Params)
		if err != nil {
			return nil, err
		}
		params = string(p)
	}
	key, err := custKey(s.Ref(l.CustFlag), l.CreatedAt)
	if err != nil {
		return nil, err
	}
	b = append(b, '[')
	b = append(appendInt(b, l.ID), ',')
	b = append(appendInt(b, batch), ',')
	b = append(appendJSON(b, l.Code), ',')
	b = append(appendJSON(b, s.Seal(l.CustFlag)), ',')
	b = append(appendInt(b, key), ',')
	b = append(appendJSON(b, params), ',')
	b = appendJSON(b, l.CustomURL)
	return append(b, ']', ','), nil
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// custHash are the bits of custKey that are a hash of the cust_flag.
const custHash = 1<<48 - 1

// custKey is the index key of a cust_flag: the UTC day of creation (15 bits, to the year 2059) over 48 bits of the keyed hash. New keys
// are neighbours, so an insert touches few pages however many links there are; a search over a window asks for one key a day.
func custKey(ref string, at time.Time) (int64, error) {
	h, err := strconv.ParseInt(ref[:12], 16, 64)
	if err != nil {
		return 0, fmt.Errorf("cust_ref: %w", err)
	}
	return at.Unix()/86400<<48 | h, nil
}

// created is the fact of l's birth, encoded without reflection: thousands are written a second.
func created(l *shortlink.Link) event.Record {
	d := event.LinkCreated{
		TaskID: l.TaskID, AimCode: l.Code, AimURL: l.URL(), AimCodeType: l.Type(), TplID: strconv.FormatInt(l.TplID, 10), TplVersion: l.TplVersion,
		ResolvingTimes: l.Limit, ExpireAt: l.ExpireAt,
	}
	return event.Record{Topic: event.TopicLink, Key: []byte(d.AimURL), Value: d.AppendValue(make([]byte, 0, 512), l.Tenant, l.CreatedAt)}
}

// claimCodes takes the custom codes of links and returns the indexes of links whose code belongs to another.
func (db *DB) claimCodes(ctx context.Context, tx *sql.Tx, links []shortlink.Link) (taken []int, err error) {
	rows := []byte{'['}
	for i := range links {
		if l := &links[i]; l.Custom {
			rows = append(appendJSON(append(rows, '['), l.Domain), ',')
			rows = append(appendJSON(rows, l.Code), ',')
			rows = append(appendInt(rows, l.ID), ']', ',')
		}
	}
	if len(rows) == 1 {
		return nil, nil
	}
	rows[len(rows)-1] = ']'
	got := make(map[int64]bool, len(links))
	res, err := tx.QueryContext(ctx, `INSERT INTO custom_codes (domain, code, link_id)
		SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT) FROM `+db.dialect.rows("$1")+` WHERE true
		ON CONFLICT DO NOTHING RETURNING link_id`, string(rows))
	if err != nil {
		return nil, fmt.Errorf("claim custom codes: %w", err)
	}
	defer res.Close()
	for res.Next() {
		var id int64
		if err := res.Scan(&id); err != nil {
			return nil, err
		}
		got[id] = true
	}
	for i := range links {
		if links[i].Custom && !got[links[i].ID] {
			taken = append(taken, i)
		}
	}
	return taken, res.Err()
}

// RevokeLink ends a tenant's link and tells the edges.
func (db *DB) RevokeLink(ctx context.Context, tenant string, id int64, at time.Time) (found bool, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE links SET revoked_ms = $1 WHERE id = $2 AND batch IN (SELECT b.id FROM link_batches b WHERE b.tenant = $3 AND b.id = links.batch)`,
			at.UnixMilli(), id, tenant)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if found = n == 1; err != nil || !found {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO link_revocations (link_id, at_ms) VALUES ($1, $2) ON CONFLICT (link_id) DO UPDATE SET at_ms = $2`,
			id, at.UnixMilli())
		return err
	})
	return found, err
}

// CustFlag opens the caller's name for the recipient of a link (callback.Facts).
func (db *DB) CustFlag(ctx context.Context, tenant string, linkID int64) (string, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return "", err
	}
	var sealed string
	err = db.read.QueryRowContext(ctx, `SELECT l.cust FROM links l JOIN link_batches b ON b.id = l.batch WHERE l.id = $1 AND b.tenant = $2`,
		linkID, tenant).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fault.Newf(fault.Parameter, "link does not exist: %d", linkID)
	}
	if err != nil {
		return "", fmt.Errorf("read a link: %w", err)
	}
	return s.Open(sealed)
}
