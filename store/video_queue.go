package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardlink/identity"
	"cardlink/videosms"
)

var _ videosms.Queue = (*DB)(nil)

// videoTenants bounds the tenants that share a claim.
const videoTenants = 16

// ClaimVideo implements videosms.Queue. Statements on vms_messages spell states out: the partial indexes are used only then.
func (db *DB) ClaimVideo(ctx context.Context, c videosms.Claim) (ws []videosms.Work, last string, err error) {
	tenants, err := db.videoDueTenants(ctx, c)
	if err != nil || len(tenants) == 0 {
		return nil, c.After, err
	}
	sealers := make(map[string]identity.Sealer, len(tenants))
	for _, t := range tenants {
		if sealers[t], err = db.sealer(ctx, t); err != nil {
			return nil, c.After, err
		}
	}
	values := map[int64]string{} // sealed, by message
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		ws, last = nil, c.After
		clear(values)
		for i, tenant := range tenants {
			left := c.Limit - len(ws)
			if left <= 0 {
				return nil
			}
			share := (left + len(tenants) - i - 1) / (len(tenants) - i)
			rows, err := tx.QueryContext(ctx, `SELECT m.id, m.tries, m.task, t.uuid, t.tpl_id, m.recipient, m.carrier, m.maybe_dup, m.expire_ms, COALESCE(v.sealed, ''),
				  CASE WHEN b.tenant IS NULL THEN 0 ELSE 1 END
				FROM vms_messages m JOIN vms_tasks t ON t.id = m.task LEFT JOIN vms_values v ON v.task = m.task AND v.n = m.vals
				  LEFT JOIN sms_blacklist b ON b.tenant = m.tenant AND b.phone_ref = m.phone_ref
				WHERE m.state = 0 AND m.tenant = $1 AND m.due_ms <= $2 ORDER BY m.due_ms, m.id LIMIT $3`+db.dialect.lock("m", true),
				tenant, c.Now.UnixMilli(), share)
			some, err := collect(rows, err, "claim video messages", func(w *videosms.Work) ([]any, func() error) {
				var expire int64
				var sealed string
				return []any{&w.ID, &w.Try, &w.Task, &w.TaskUUID, &w.TplID, &w.Phone, &w.Carrier, (*flagInt)(&w.MaybeDup), &expire, &sealed, (*flagInt)(&w.Blocked)}, func() error {
					w.Tenant, w.ExpireAt = tenant, fromMilli(expire)
					w.Try++
					values[w.ID] = sealed
					return nil
				}
			})
			if err != nil {
				return err
			}
			ws, last = append(ws, some...), tenant
		}
		_, err := tx.ExecContext(ctx, `UPDATE vms_messages SET state = 1, tries = tries + 1, holder = $2, due_ms = $3
			WHERE state = 0 AND id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`, videoIDs(ws), c.Holder, c.Now.Add(c.Lease).UnixMilli())
		return err
	})
	if err != nil {
		return nil, c.After, fmt.Errorf("claim video messages: %w", err)
	}
	opened := map[string]videosms.Values{} // messages of a task share theirs
	for i := range ws {
		w := &ws[i]
		s := sealers[w.Tenant]
		phone, err := s.Open(w.Phone)
		if err != nil {
			return nil, last, fmt.Errorf("video message %d: %w", w.ID, err)
		}
		w.Phone = phone
		sealed := values[w.ID]
		v, known := opened[sealed]
		if !known && sealed != "" {
			text, err := s.Open(sealed)
			if err == nil {
				err = json.Unmarshal([]byte(text), &v)
			}
			if err != nil {
				return nil, last, fmt.Errorf("values of video message %d: %w", w.ID, err)
			}
			opened[sealed] = v
		}
		w.Values = v
	}
	return ws, last, nil
}

func videoIDs(ws []videosms.Work) string {
	list := make([]int64, len(ws))
	for i := range ws {
		list[i] = ws[i].ID
	}
	return ids(list)
}

// videoDueTenants lists tenants with due messages, those behind c.After first. It hops through the index from tenant to tenant, so its cost is the number
// of tenants, not of messages.
func (db *DB) videoDueTenants(ctx context.Context, c videosms.Claim) ([]string, error) {
	limit := min(videoTenants, c.Limit)
	scan := func(after string, limit int) ([]string, error) {
		rows, err := db.read.QueryContext(ctx, `WITH RECURSIVE hop(tenant) AS (
				SELECT MIN(tenant) FROM vms_messages WHERE state = 0 AND tenant > $1
				UNION ALL
				SELECT (SELECT MIN(m.tenant) FROM vms_messages m WHERE m.state = 0 AND m.tenant > hop.tenant) FROM hop WHERE hop.tenant IS NOT NULL)
			SELECT tenant FROM hop WHERE tenant IS NOT NULL AND EXISTS (
				SELECT 1 FROM vms_messages m WHERE m.state = 0 AND m.tenant = hop.tenant AND m.due_ms <= $2)
			LIMIT $3`, after, c.Now.UnixMilli(), limit)
		return collect(rows, err, "find tenants with video messages", func(s *string) ([]any, func() error) {
			return []any{s}, func() error { return nil }
		})
	}
	first, err := scan(c.After, limit)
	if err != nil || len(first) == limit || c.After == "" {
		return first, err
	}
	rest, err := scan("", limit-len(first))
	for i, t := range rest { // the circle closes where it began
		if t > c.After {
			rest = rest[:i]
			break
		}
	}
	return append(first, rest...), err
}

// IntendVideo implements videosms.Queue.
func (db *DB) IntendVideo(ctx context.Context, holder string, ws []videosms.Work, until time.Time) (mine map[int64]bool, err error) {
	var rows rowBatch
	for i := range ws {
		rows.begin()
		rows.int(ws[i].ID).int(int64(ws[i].Try)).end()
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		mine = make(map[int64]bool, len(ws))
		// submitted_ms of a message that nobody has taken yet is 0; the moment of the intent stands in due_ms.
		res, err := tx.QueryContext(ctx, `UPDATE vms_messages SET state = 2, due_ms = $2 FROM `+db.dialect.rows("$1")+`
			WHERE vms_messages.id = CAST(value->>0 AS BIGINT) AND state = 1 AND holder = $3 AND tries = CAST(value->>1 AS INTEGER) RETURNING vms_messages.id`,
			rows.arg(), until.UnixMilli(), holder)
		list, err := collect(res, err, "intend video messages", scanID)
		for _, id := range list {
			mine[id] = true
		}
		return err
	})
	return mine, err
}

func scanID(id *int64) ([]any, func() error) { return []any{id}, func() error { return nil } }

// SettleVideo implements videosms.Queue.
func (db *DB) SettleVideo(ctx context.Context, rs []videosms.Result, now time.Time) error {
	if len(rs) == 0 {
		return nil
	}
	list := make([]int64, len(rs))
	for i := range rs {
		list[i] = rs[i].ID
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := db.lockVideos(ctx, tx, list)
		if err != nil {
			return err
		}
		var changed []*videoRow
		for i := range rs {
			r := &rs[i]
			m := rows[r.ID]
			if m == nil {
				continue
			}
			if r.Verdict == videosms.Taken && m.carrierID == "" {
				m.carrierID = r.CarrierID
				changed = append(changed, m)
			}
			if m.tries != r.Try || m.state >= videoSuccess || m.state == videoTaken {
				continue
			}
			m.settle(r, now)
			changed = append(changed, m)
		}
		return db.storeVideos(ctx, tx, changed)
	})
}

// settle applies the result of the message's last try.
func (m *videoRow) settle(r *videosms.Result, now time.Time) {
	m.holder, m.due = "", r.Due.UnixMilli()
	switch r.Verdict {
	case videosms.Taken:
		m.state = videoTaken
		m.submitted = now.UnixMilli()
	case videosms.Refused:
		m.state, m.code, m.final = videoFail, r.Code, now.UnixMilli()
	case videosms.Later:
		m.state = videoQueued
		m.maybeDup = m.maybeDup || r.MaybeDup
	case videosms.Unknown:
		m.state = videoAmbiguous
	}
}

// RecoverVideo implements videosms.Queue.
func (db *DB) RecoverVideo(ctx context.Context, holder string, repeatable bool, now, wait time.Time, limit int) (queued, ambiguous int, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		queued, ambiguous = 0, 0
		cond, args := `due_ms <= $1`, []any{now.UnixMilli(), limit}
		if holder != "" {
			cond, args = `holder = $1`, []any{holder, limit}
		}
		rows, err := tx.QueryContext(ctx, `SELECT id FROM vms_messages WHERE state > 0 AND state < 10 AND state IN (1, 2) AND `+cond+
			` ORDER BY id LIMIT $2`+db.dialect.lock("vms_messages", true), args...)
		list, err := collect(rows, err, "look for claims that are over", scanID)
		if err != nil || len(list) == 0 {
			return err
		}
		found, err := db.lockVideos(ctx, tx, list)
		if err != nil {
			return err
		}
		var changed []*videoRow
		for _, m := range found {
			switch {
			case m.state == videoClaimed, repeatable:
				m.maybeDup = m.maybeDup || m.state == videoIntended
				m.state, m.due, m.holder = videoQueued, now.UnixMilli(), ""
				queued++
			default:
				m.state, m.due, m.holder = videoAmbiguous, wait.UnixMilli(), ""
				ambiguous++
			}
			changed = append(changed, m)
		}
		return db.storeVideos(ctx, tx, changed)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("recover video messages: %w", err)
	}
	return queued, ambiguous, nil
}

// TimeOutVideo implements videosms.Queue.
func (db *DB) TimeOutVideo(ctx context.Context, now time.Time, limit int) (n int, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		n = 0
		rows, err := tx.QueryContext(ctx, `SELECT id FROM vms_messages WHERE state > 0 AND state < 10 AND state IN (3, 4) AND due_ms <= $1 ORDER BY due_ms LIMIT $2`+
			db.dialect.lock("vms_messages", true), now.UnixMilli(), limit)
		list, err := collect(rows, err, "look for video messages without a report", scanID)
		if err != nil || len(list) == 0 {
			return err
		}
		found, err := db.lockVideos(ctx, tx, list)
		if err != nil {
			return err
		}
		var changed []*videoRow
		for _, m := range found {
			m.state, m.code, m.final = videoTimeout, videosms.CodeTimeout, now.UnixMilli()
			changed = append(changed, m)
		}
		n = len(changed)
		return db.storeVideos(ctx, tx, changed)
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		err = fmt.Errorf("time video messages out: %w", err)
	}
	return n, err
}
