package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/identity"
	"cardlink/shortlink"
)

// CreateSendTask implements dispatch.Store.
func (db *DB) CreateSendTask(ctx context.Context, t dispatch.SendTask, links []shortlink.Link, messages []dispatch.Message, keep *dispatch.Keep) (taken []int, err error) {
	s, err := db.sealer(ctx, t.Tenant)
	if err != nil {
		return nil, err
	}
	sealed := make([]string, len(messages)) // before the transaction: it is the costly part
	for i := range messages {
		if sealed[i], err = sealRecipient(s, &messages[i]); err != nil {
			return nil, err
		}
	}
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		taken = nil
		if len(links) > 0 {
			var err error
			if taken, err = db.insertLinks(ctx, tx, links, s); err != nil {
				return err
			}
		}
		if keep != nil {
			if err := keepAnswer(ctx, tx, s, t, keep, taken); err != nil {
				return err
			}
		}
		if err := db.insertMessages(ctx, tx, t, messages, sealed, taken, s); err != nil {
			return err
		}
		sends, state := len(messages)-len(taken), t.State
		if sends == 0 {
			state = dispatch.TaskFailed
		}
		t.Sends, t.State = sends, state
		if err := insertTask(ctx, tx, &t, ""); err != nil {
			return err
		}
		fact, err := event.SendAccepted{
			TaskID: t.UUID, TplID: strconv.FormatInt(t.TplID, 10), TplName: t.TplName, SMSTplID: strconv.FormatInt(t.SMSTplID, 10), SMSKind: dispatch.SMSKind(t.Kind),
			SubmissionCount: t.Submissions, SendCount: sends, AcceptedAt: t.CreatedAt.UTC(),
		}.Record(t.Tenant)
		if err != nil {
			return err
		}
		return db.appendOutbox(ctx, tx, []event.Record{fact})
	})
	return taken, err
}

// insertTask writes a task; extend is sealed, ” = none.
func insertTask(ctx context.Context, tx *sql.Tx, t *dispatch.SendTask, extend string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO send_tasks (id, uuid, tenant, account, name, tpl_id, tpl_name, sms_tpl_id, sms_sign, app_name, number, kind, state,
			submissions, sends, first_message, created_ms, request, plain, extend)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		t.ID, t.UUID, t.Tenant, t.Account, t.Name, t.TplID, t.TplName, t.SMSTplID, t.Sign, t.AppName, t.Number, t.Kind, t.State,
		t.Submissions, t.Sends, t.FirstMessage, t.CreatedAt.UnixMilli(), cmp.Or(t.Request, t.UUID), bit(t.Plain), extend)
	if err != nil {
		return fmt.Errorf("insert a send task: %w", err)
	}
	return nil
}

func keepAnswer(ctx context.Context, tx *sql.Tx, s identity.Sealer, t dispatch.SendTask, keep *dispatch.Keep, taken []int) error {
	answer, err := keep.Answer(taken)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO idempotency (tenant, op, ikey, body_hash, answer, created_ms) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT DO NOTHING`, t.Tenant, keep.Op, keep.Key, keep.BodyHash, s.Seal(string(answer)), t.CreatedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("keep an answer: %w", err)
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		err = dispatch.ErrRepeated
	}
	return err
}

// insertMessages queues messages, except those whose link was taken.
func (db *DB) insertMessages(ctx context.Context, tx *sql.Tx, t dispatch.SendTask, messages []dispatch.Message, sealed []string, taken []int, s identity.Sealer) error {
	var rows rowBatch
	for i := range messages {
		if len(taken) > 0 && taken[0] == i {
			taken = taken[1:]
			continue
		}
		m := &messages[i]
		rows.begin()
		rows.int(m.ID).int(m.Link).text(m.AimURL).text(s.Ref(m.Phone)).text(sealed[i]).text(m.Carrier).int(int64(m.Class)).text(m.Route).
			int(int64(m.Segments)).int(m.ExpireAt.UnixMilli()).end()
	}
	if rows.n == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO messages (id, tenant, task, link, aim_url, phone_ref, recipient, carrier, class, route, home, state, due_ms, expire_ms, owner,
			tries, attempts, maybe_dup, avoid, segments, channel, code, created_ms, submitted_ms, final_ms)
		SELECT CAST(value->>0 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, value->>3, value->>4, value->>5,
			CAST(value->>6 AS INTEGER), value->>7, value->>7, 0, CAST($4 AS BIGINT), CAST(value->>9 AS BIGINT), 0,
			0, 0, 0, '', CAST(value->>8 AS INTEGER), '', '', CAST($4 AS BIGINT), 0, 0
		FROM `+db.dialect.rows("$1"), rows.arg(), t.Tenant, t.ID, t.CreatedAt.UnixMilli())
	if err != nil {
		return fmt.Errorf("queue %d messages: %w", rows.n, err)
	}
	return nil
}

// recipient is what is sealed of a message as one value.
type recipient struct{ flag, phone, text string }

func sealRecipient(s identity.Sealer, m *dispatch.Message) (string, error) {
	if strings.ContainsRune(m.CustFlag, 0) || strings.ContainsRune(m.Phone, 0) {
		return "", errors.New("a recipient holds a NUL")
	}
	return s.Seal(m.CustFlag + "\x00" + m.Phone + "\x00" + m.Text), nil
}

func openRecipient(s identity.Sealer, sealed string) (recipient, error) {
	clear, err := s.Open(sealed)
	if err != nil {
		return recipient{}, fmt.Errorf("open a recipient: %w", err)
	}
	flag, rest, ok1 := strings.Cut(clear, "\x00")
	phone, text, ok2 := strings.Cut(rest, "\x00")
	if !ok1 || !ok2 {
		return recipient{}, errors.New("a recipient is damaged")
	}
	return recipient{flag, phone, text}, nil
}
