package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"cardlink/dispatch"
	"cardlink/identity"
)

// States of replies.
const (
	replyUnread = 0
	replyRead   = 1
	replyPart   = 2
)

// delivery is what is sealed of a delivery as one value. JSON, because carriers' fields may hold any byte.
type delivery struct {
	MsgID  string `json:"id"`
	From   string `json:"from"`
	To     string `json:"to"`
	Text   string `json:"text"`
	Ref    uint16 `json:"ref,omitempty"`
	Total  uint8  `json:"total,omitempty"`
	Number uint8  `json:"number,omitempty"`
}

// writing is what is sealed of a reply as one value.
type writing struct {
	From string `json:"from"`
	To   string `json:"to"`
	Text string `json:"text"`
}

// SaveReplies implements dispatch.ReplyQueue. Whose a reply is is not known yet: the carriers' key seals it.
func (db *DB) SaveReplies(ctx context.Context, rs []dispatch.ChannelReply) error {
	s, err := db.carrierSealer(ctx)
	if err != nil {
		return err
	}
	var rows rowBatch
	for i := range rs {
		r := &rs[i]
		content, err := json.Marshal(delivery{r.MsgID, r.From, r.To, r.Text, r.Ref, r.Total, r.Number}) // bytes that are no text become U+FFFD
		if err != nil {
			return err
		}
		state := replyUnread
		if r.Total > 1 {
			state = replyPart
		}
		rows.begin()
		rows.text(r.Channel).text(s.Seal(string(content))).int(r.At.UnixMilli()).text(s.Ref(r.Channel + "\x00" + string(content))).int(int64(state)).end()
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO replies (channel, content, at_ms, ref, state)
			SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3, CAST(value->>4 AS INTEGER) FROM `+db.dialect.rows("$1")+`
			WHERE true ON CONFLICT DO NOTHING`, rows.arg())
		return err
	})
	if err != nil {
		return fmt.Errorf("save %d replies: %w", len(rs), err)
	}
	return nil
}

// UnreadReplies implements dispatch.ReplyQueue.
func (db *DB) UnreadReplies(ctx context.Context, whole, parts int) ([]dispatch.UnreadReply, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id, channel, content, at_ms FROM (
			SELECT id, channel, content, at_ms FROM replies WHERE state <> 1 AND state = 0 ORDER BY id LIMIT $1) AS a
		UNION ALL SELECT id, channel, content, at_ms FROM (
			SELECT id, channel, content, at_ms FROM replies WHERE state <> 1 AND state = 2 ORDER BY id LIMIT $2) AS b
		ORDER BY id`, whole, parts)
	sealed, err := collect(rows, err, "list unread replies", func(r *dispatch.UnreadReply) ([]any, func() error) {
		var at int64
		return []any{&r.ID, &r.Channel, &r.Text, &at}, func() error {
			r.At = fromMilli(at)
			return nil
		}
	})
	if err != nil || len(sealed) == 0 {
		return nil, err
	}
	s, err := db.carrierSealer(ctx)
	if err != nil {
		return nil, err
	}
	for i := range sealed {
		if err := openReply(s, &sealed[i]); err != nil {
			return nil, fmt.Errorf("reply %d: %w", sealed[i].ID, err)
		}
	}
	return sealed, nil
}

// openReply undoes what SaveReplies did to a delivery, whose sealed content is in Text.
func openReply(s identity.Sealer, r *dispatch.UnreadReply) error {
	clear, err := s.Open(r.Text)
	if err != nil {
		return err
	}
	var d delivery
	if err := json.Unmarshal([]byte(clear), &d); err != nil {
		return fmt.Errorf("a delivery is damaged: %w", err)
	}
	r.MsgID, r.From, r.To, r.Text, r.Ref, r.Total, r.Number = d.MsgID, d.From, d.To, d.Text, d.Ref, d.Total, d.Number
	return nil
}

// SettleReplies implements dispatch.ReplyQueue.
func (db *DB) SettleReplies(ctx context.Context, now time.Time, ss []dispatch.Settlement) (dispatch.ReplyTally, error) {
	sealers := make(map[string]identity.Sealer)
	contents := make([]string, len(ss))
	for i := range ss {
		r := ss[i].Reply
		if r == nil {
			continue
		}
		if sealers[r.Tenant] == nil {
			s, err := db.sealer(ctx, r.Tenant)
			if err != nil {
				return dispatch.ReplyTally{}, err
			}
			sealers[r.Tenant] = s
		}
		content, err := json.Marshal(writing{r.From, r.To, r.Text})
		if err != nil {
			return dispatch.ReplyTally{}, err
		}
		contents[i] = sealers[r.Tenant].Seal(string(content))
	}
	var tally dispatch.ReplyTally
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		tally = dispatch.ReplyTally{}
		for i := range ss {
			mine, err := db.takeDeliveries(ctx, tx, ss[i].Deliveries)
			if err != nil {
				return err
			}
			r := ss[i].Reply
			switch {
			case !mine:
				tally.Passed++
				continue
			case r == nil:
				tally.Nobody++
				continue
			}
			tally.Replies++
			if err := db.keepReply(ctx, tx, sealers[r.Tenant], r, contents[i], now, &tally); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return dispatch.ReplyTally{}, fmt.Errorf("settle %d replies: %w", len(ss), err)
	}
	return tally, nil
}

// takeDeliveries marks deliveries as read. False: another worker did.
func (db *DB) takeDeliveries(ctx context.Context, tx *sql.Tx, deliveries []int64) (bool, error) {
	res, err := tx.ExecContext(ctx, `UPDATE replies SET state = 1 WHERE state <> 1 AND id IN (SELECT CAST(value->>0 AS BIGINT) FROM `+db.dialect.rows("$1")+`)`,
		ids(deliveries))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	if err == nil && n != 0 && int(n) != len(deliveries) {
		err = errors.New("another worker read some of a reply's parts") // the next look sees the rest
	}
	return n != 0, err
}

// keepReply writes a reply with what it causes.
func (db *DB) keepReply(ctx context.Context, tx *sql.Tx, s identity.Sealer, r *dispatch.Reply, content string, now time.Time, tally *dispatch.ReplyTally) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO sms_replies (uid, tenant, app_id, phone_ref, content, opt_out, complete, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		r.UID, r.Tenant, r.AppID, s.Ref(r.From), content, bit(r.OptOut), bit(r.Complete), r.At.UnixMilli()); err != nil {
		return fmt.Errorf("keep a reply: %w", err)
	}
	if !r.Complete {
		tally.Incomplete++
	}
	if r.OptOut {
		n, err := db.block(ctx, tx, s, r.Tenant, []string{r.From}, dispatch.BlockedByReply, now)
		if err != nil {
			return err
		}
		tally.OptOuts += n
	}
	n, err := db.queueReply(ctx, tx, r, now)
	tally.Queued += n
	return err
}

// sweepReplies forgets deliveries whose repeats are no longer to be expected, and replies at the end of their life. It is part of SweepMessages.
func (db *DB) sweepReplies(ctx context.Context, tx *sql.Tx, now time.Time, limit int) error {
	for _, f := range []struct {
		table  string
		before time.Time
	}{{"replies", now.Add(-dispatch.ReplyRepeat)}, {"sms_replies", now.Add(-dispatch.ReplyLife)}} {
		read := ""
		if f.table == "replies" {
			read = " AND state = " + strconv.Itoa(replyRead)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+f.table+` WHERE id IN (SELECT id FROM `+f.table+` WHERE at_ms < $1`+read+` ORDER BY at_ms LIMIT $2)`,
			f.before.UnixMilli(), limit); err != nil {
			return fmt.Errorf("forget old rows of %s: %w", f.table, err)
		}
	}
	return nil
}
