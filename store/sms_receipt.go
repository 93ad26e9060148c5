package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/fault"
)

var _ callback.Facts = (*DB)(nil)

// SMSReceipt implements callback.Facts.
func (db *DB) SMSReceipt(ctx context.Context, tenant, msgID string) (callback.SMSReceipt, error) {
	none := fault.New(fault.Parameter, "message does not exist: "+msgID)
	uuid, id, err := dispatch.ParseMsgID(msgID)
	if err != nil {
		return callback.SMSReceipt{}, none
	}
	s, err := db.sealer(ctx, tenant)
	if err != nil {
		return callback.SMSReceipt{}, err
	}
	var (
		r                    callback.SMSReceipt
		state                dispatch.State
		sealed, code, extend string
		tplID                int64
		segments             int
		sent, created, final int64
	)
	err = db.read.QueryRowContext(ctx, `SELECT t.request, t.extend, t.tpl_id, t.sms_sign, m.aim_url, m.recipient, m.state, m.code, m.segments, m.submitted_ms, m.created_ms, m.final_ms
		FROM messages m JOIN send_tasks t ON t.id = m.task WHERE m.id = $1 AND m.tenant = $2 AND t.uuid = $3`, id, tenant, uuid).
		Scan(&r.TaskID, &extend, &tplID, &r.SMSSign, &r.AimURL, &sealed, &state, &code, &segments, &sent, &created, &final)
	if errors.Is(err, sql.ErrNoRows) {
		return callback.SMSReceipt{}, none
	}
	if err != nil {
		return callback.SMSReceipt{}, fmt.Errorf("read a message: %w", err)
	}
	to, err := openRecipient(s, sealed)
	if err != nil {
		return callback.SMSReceipt{}, err
	}
	if extend != "" {
		if r.Extend, err = s.Open(extend); err != nil {
			return callback.SMSReceipt{}, fmt.Errorf("open a receipt's extend: %w", err)
		}
	}
	r.MsgID, r.CustFlag, r.TplID = msgID, to.flag, wireID(tplID)
	r.AimCode = r.AimURL[strings.LastIndexByte(r.AimURL, '/')+1:]
	r.SendTime, r.ReceiveTime = noZone(max(sent, created)), noZone(final)
	r.Total, r.Sequence = fmt.Sprint(segments), "1"
	switch state {
	case dispatch.Succeeded:
		r.SendStatus, r.SendStatusDesc = "DELIVRD", "delivered"
	case dispatch.Failed:
		r.SendStatus, r.SendStatusDesc = code, "failed"
		if code == dispatch.CodeBlocked {
			r.SendStatusDesc = "the recipient wants no marketing"
		}
	case dispatch.TimedOut:
		r.SendStatus, r.SendStatusDesc = code, "no receipt within 72 hours"
	default:
		return callback.SMSReceipt{}, fmt.Errorf("message %s is not final", msgID)
	}
	return r, nil
}

// wireID is an id as facts and receipts show it; 0 is none.
func wireID(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// noZone is the callbacks' form of a time (api.md §18.1).
func noZone(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05") }
