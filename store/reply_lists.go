package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/identity"
)

// numberUser is an application that has a number through one of its signatures.
type numberUser struct{ tenant, app, number, sign, kind string }

// Addressee implements dispatch.ReplyQueue. The longest number that the reply's number begins with decides: the rest is an extension.
func (db *DB) Addressee(ctx context.Context, to, from string, before time.Time) (tenant, app string, found bool, err error) {
	users, err := db.numberUsers(ctx, to)
	if err != nil || len(users) == 0 {
		return "", "", false, err
	}
	first := users[0]
	same := true
	for _, u := range users[1:] {
		same = same && u.tenant == first.tenant && u.app == first.app
	}
	if same {
		return first.tenant, first.app, true, nil
	}
	last, found, err := db.lastSender(ctx, users, from, before)
	if err != nil || !found {
		return "", "", false, err
	}
	// The message names its signature by name and kind, which are unique in a tenant. Signatures may be gone since.
	best, certain := numberUser{}, 0
	for _, u := range users {
		if u.tenant != last.tenant {
			continue
		}
		if u.sign == last.sign && u.kind == last.kind {
			return u.tenant, u.app, true, nil
		}
		if best.app != u.app {
			best, certain = u, certain+1
		}
	}
	return best.tenant, best.app, certain == 1, nil
}

// numberUsers are the applications of the longest number that to begins with. There are as many rows as customers share a number.
func (db *DB) numberUsers(ctx context.Context, to string) ([]numberUser, error) {
	if len(to) > 21 || strings.Trim(to, "0123456789") != "" {
		return nil, nil // none of our numbers is like that
	}
	var prefixes rowBatch
	for n := 1; n <= len(to); n++ {
		prefixes.begin()
		prefixes.text(to[:n]).end()
	}
	rows, err := db.read.QueryContext(ctx, `SELECT n.tenant, n.app_id, n.channel_num, n.name, n.kind FROM sms_signatures n
		WHERE n.channel_num <> '' AND n.channel_num IN (SELECT value->>0 FROM `+db.dialect.rows("$1")+`) ORDER BY n.channel_num DESC, n.tenant, n.app_id`, prefixes.arg())
	all, err := collect(rows, err, "find the users of a number", func(u *numberUser) ([]any, func() error) {
		return []any{&u.tenant, &u.app, &u.number, &u.sign, &u.kind}, func() error { return nil }
	})
	for i, u := range all { // of prefixes of one text the longer sorts later, so it comes first here
		if u.number != all[0].number {
			return all[:i], err
		}
	}
	return all, err
}

// lastSender finds which of the number's tenants sent the handset its last message: one index probe per tenant.
func (db *DB) lastSender(ctx context.Context, users []numberUser, from string, before time.Time) (last numberUser, found bool, err error) {
	var probes rowBatch
	seen := ""
	for _, u := range users {
		if u.tenant == seen {
			continue
		}
		seen = u.tenant
		s, err := db.sealer(ctx, u.tenant)
		if err != nil {
			return last, false, err
		}
		probes.begin()
		probes.text(u.tenant).text(s.Ref(from)).end()
	}
	err = db.read.QueryRowContext(ctx, `SELECT m.tenant, t.sms_sign, t.kind FROM (SELECT value->>0 AS tenant, value->>1 AS ref FROM `+db.dialect.rows("$1")+`) AS v
		CROSS JOIN messages m CROSS JOIN send_tasks t
		WHERE m.tenant = v.tenant AND m.phone_ref = v.ref AND t.id = m.task AND t.number = $2 AND m.submitted_ms > 0 AND m.submitted_ms <= $3
		ORDER BY m.submitted_ms DESC, m.id DESC LIMIT 1`, probes.arg(), users[0].number, before.UnixMilli()).Scan(&last.tenant, &last.sign, &last.kind)
	if errors.Is(err, sql.ErrNoRows) {
		return last, false, nil
	}
	if err != nil {
		return last, false, fmt.Errorf("find the last message to a handset: %w", err)
	}
	return last, true, nil
}

// Replies implements dispatch.OptOutStore.
func (db *DB) Replies(ctx context.Context, tenant string, f dispatch.ReplyFilter) ([]dispatch.Reply, int, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return nil, 0, err
	}
	var c conditions
	c.add("r.tenant = ?", tenant)
	c.equal("r.app_id", f.AppID)
	if f.From != "" {
		c.add("r.phone_ref = ?", s.Ref(f.From))
	}
	if f.OptOuts {
		c.add("r.opt_out = 1")
	}
	c.span("r.at_ms", f.At)
	return window(ctx, db, replyColumns, " FROM sms_replies r", "r.at_ms DESC, r.id DESC", &c, f.Page, scanReply(s))
}

const replyColumns = `r.uid, r.tenant, r.app_id, r.content, r.opt_out, r.complete, r.at_ms`

func scanReply(s identity.Sealer) func(*dispatch.Reply) ([]any, func() error) {
	return func(r *dispatch.Reply) ([]any, func() error) {
		var at int64
		return []any{&r.UID, &r.Tenant, &r.AppID, &r.Text, (*flagInt)(&r.OptOut), (*flagInt)(&r.Complete), &at}, func() error {
			clear, err := s.Open(r.Text)
			if err != nil {
				return fmt.Errorf("open a reply: %w", err)
			}
			var w writing
			if err := json.Unmarshal([]byte(clear), &w); err != nil {
				return fmt.Errorf("a reply is damaged: %w", err)
			}
			r.From, r.To, r.Text, r.At = w.From, w.To, w.Text, fromMilli(at)
			return nil
		}
	}
}

// SMSReply implements callback.ReplyFacts.
func (db *DB) SMSReply(ctx context.Context, tenant, uid string) (callback.SMSReply, error) {
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return callback.SMSReply{}, err
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+replyColumns+` FROM sms_replies r WHERE r.uid = $1 AND r.tenant = $2`, uid, tenant)
	r, err := only(rows, err, "read a reply", scanReply(s), fault.New(fault.Parameter, "reply does not exist: "+uid))
	if err != nil {
		return callback.SMSReply{}, err
	}
	return callback.SMSReply{MsgID: r.UID, From: r.From, To: r.To, Body: r.Text, CreateTime: r.At}, nil
}

// queueReply queues a reply for its application's address, if it has one. The address of an application is a row of callbacks under the application's id,
// so that lanes, schedule and dead letters treat it as any other.
func (db *DB) queueReply(ctx context.Context, tx *sql.Tx, r *dispatch.Reply, now time.Time) (int, error) {
	var address string
	err := tx.QueryRowContext(ctx, `SELECT uplink FROM sms_apps WHERE id = $1 AND tenant = $2`, r.AppID, r.Tenant).Scan(&address)
	if errors.Is(err, sql.ErrNoRows) || err == nil && address == "" {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read a reply address: %w", err)
	}
	var t callback.URLType
	err = tx.QueryRowContext(ctx, `INSERT INTO callbacks (id, tenant, url_type, url, remark, disabled, created_ms, updated_ms)
		VALUES ($1, $2, (SELECT COALESCE(MAX(url_type), CAST($3 AS INTEGER)) + 1 FROM callbacks WHERE tenant = $2 AND url_type >= CAST($3 AS INTEGER)), $4, '', '', $5, $5)
		ON CONFLICT (id) DO UPDATE SET url = excluded.url, updated_ms = CASE WHEN callbacks.url = excluded.url THEN callbacks.updated_ms ELSE excluded.updated_ms END,
			disabled = CASE WHEN callbacks.url = excluded.url THEN callbacks.disabled ELSE '' END
		RETURNING url_type`, r.AppID, r.Tenant, int(callback.Replies), address, now.UnixMilli()).Scan(&t)
	if err != nil {
		return 0, fmt.Errorf("register a reply address: %w", err)
	}
	news := callback.ReplyNews(r.Tenant, t, r.UID)
	var rows rowBatch
	deliveryRow(&rows, &news, t)
	return db.queueDeliveries(ctx, tx, &rows, now)
}

// moveReplyAddress follows a change of an application's address: what waits goes to the new one, or is given up if there is none.
func moveReplyAddress(ctx context.Context, tx *sql.Tx, a dispatch.App) error {
	reason := ""
	if a.UplinkURL == "" {
		reason = "the application has no reply address"
	}
	_, err := tx.ExecContext(ctx, `UPDATE callbacks SET url = $3, disabled = $4 WHERE id = $1 AND tenant = $2`,
		a.ID, a.Tenant, a.UplinkURL, reason)
	return err
}
