package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cardlink/dispatch"
	"cardlink/fault"
)

// AddFile implements dispatch.Store. The content is sealed: licences name people.
func (db *DB) AddFile(ctx context.Context, f dispatch.File) error {
	s, err := db.sealer(ctx, f.Tenant)
	if err != nil {
		return err
	}
	content := s.Seal(string(f.Content))
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_files (id, tenant, name, description, content_type, content, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			f.ID, f.Tenant, f.Name, f.Description, f.ContentType, content, f.CreatedAt.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("add a signature file: %w", err)
	}
	return nil
}

// FileInfo implements dispatch.Store.
func (db *DB) FileInfo(ctx context.Context, tenant, id string) (dispatch.File, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id, tenant, name, description, content_type, created_ms FROM sms_files WHERE tenant = $1 AND id = $2`, tenant, id)
	return only(rows, err, "read about a signature file", func(f *dispatch.File) ([]any, func() error) {
		var created int64
		return []any{&f.ID, &f.Tenant, &f.Name, &f.Description, &f.ContentType, &created}, func() error {
			f.CreatedAt = fromMilli(created)
			return nil
		}
	}, dispatch.ErrNoRow)
}

// AddSignature implements dispatch.Store.
func (db *DB) AddSignature(ctx context.Context, n dispatch.Signature) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sms_signatures (id, tenant, app_id, name, kind, source, involved_third, file_id, power_file_id,
				apply_desc, source_title, status, review_desc, channel_num, created_ms)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			n.ID, n.Tenant, n.AppID, n.Name, n.Kind, n.Source, n.InvolvedThird, n.FileID, n.PowerFileID, n.ApplyDesc, n.SourceTitle, n.Status,
			n.ReviewDesc, n.ChannelNumber, n.CreatedAt.UnixMilli())
		return err
	})
	if isUnique(err) {
		return fault.Wrap(fault.SignatureExists, err)
	}
	if err != nil {
		return fmt.Errorf("add a signature: %w", err)
	}
	return nil
}

// UpdateSignature implements dispatch.Store.
func (db *DB) UpdateSignature(ctx context.Context, n dispatch.Signature) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE sms_signatures SET app_id = $4, name = $5, kind = $6, source = $7, involved_third = $8, file_id = $9,
				power_file_id = $10, apply_desc = $11, source_title = $12, status = $13, review_desc = $14, channel_num = $15, revision = revision + 1
			WHERE tenant = $1 AND id = $2 AND revision = $3`,
			n.Tenant, n.ID, n.Revision, n.AppID, n.Name, n.Kind, n.Source, n.InvolvedThird, n.FileID, n.PowerFileID, n.ApplyDesc, n.SourceTitle, n.Status,
			n.ReviewDesc, n.ChannelNumber)
		if err = oneRow(res, err, dispatch.ErrChanged); errors.Is(err, dispatch.ErrChanged) {
			err = exists(ctx, tx, `SELECT 1 FROM sms_signatures WHERE tenant = $1 AND id = $2`, dispatch.ErrChanged, n.Tenant, n.ID)
		}
		return err
	})
	if isUnique(err) {
		return fault.Wrap(fault.SignatureExists, err)
	}
	if err != nil {
		return fmt.Errorf("update a signature: %w", err)
	}
	return nil
}

// exists is is if the query finds a row, else dispatch.ErrNoRow.
func exists(ctx context.Context, tx *sql.Tx, query string, is error, args ...any) error {
	var one int
	err := tx.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return dispatch.ErrNoRow
	}
	if err == nil {
		err = is
	}
	return err
}

// DeleteSignature implements dispatch.Store. The signature goes first: whoever adds a template locks it (lockSignature), so that a template is either seen
// by the second statement or refused.
func (db *DB) DeleteSignature(ctx context.Context, tenant, id string) error {
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM sms_signatures WHERE tenant = $1 AND id = $2`, tenant, id)
		if err := oneRow(res, err, dispatch.ErrNoRow); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM sms_templates WHERE tenant = $1 AND signature_id = $2`, tenant, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete a signature: %w", err)
	}
	return nil
}

// lockSignature holds a signature until the end of the transaction, in words that both engines know. ErrNoRow if it is gone.
func lockSignature(ctx context.Context, tx *sql.Tx, tenant, id string) error {
	res, err := tx.ExecContext(ctx, `UPDATE sms_signatures SET revision = revision WHERE tenant = $1 AND id = $2`, tenant, id)
	return oneRow(res, err, dispatch.ErrNoRow)
}

// ConfigureSignatures implements dispatch.Store.
func (db *DB) ConfigureSignatures(ctx context.Context, kind, number string) (int, error) {
	var done int64
	err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE sms_signatures SET status = $3, channel_num = $4, revision = revision + 1 WHERE status = $1 AND kind = $2`,
			dispatch.SignatureProcessing, kind, dispatch.SignaturePassed, number)
		if err != nil {
			return err
		}
		done, err = res.RowsAffected()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("configure signatures: %w", err)
	}
	return int(done), nil
}

const (
	signatureColumns = `n.id, n.tenant, n.app_id, a.name, n.name, n.kind, n.source, n.involved_third, n.file_id, n.power_file_id, n.apply_desc,
	n.source_title, n.status, n.review_desc, n.channel_num, n.created_ms, n.revision`
	signatureFrom = ` FROM sms_signatures n JOIN sms_apps a ON a.id = n.app_id`
)

func scanSignature(n *dispatch.Signature) ([]any, func() error) {
	var created int64
	return []any{&n.ID, &n.Tenant, &n.AppID, &n.AppName, &n.Name, &n.Kind, &n.Source, &n.InvolvedThird, &n.FileID, &n.PowerFileID, &n.ApplyDesc,
			&n.SourceTitle, &n.Status, &n.ReviewDesc, &n.ChannelNumber, &created, &n.Revision}, func() error {
			n.CreatedAt = fromMilli(created)
			return nil
		}
}

// Signature implements dispatch.Store.
func (db *DB) Signature(ctx context.Context, tenant, id string) (dispatch.Signature, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+signatureColumns+signatureFrom+` WHERE n.tenant = $1 AND n.id = $2`, tenant, id)
	return only(rows, err, "read a signature", scanSignature, dispatch.ErrNoRow)
}

// Signatures implements dispatch.Store.
func (db *DB) Signatures(ctx context.Context, tenant string, f dispatch.SignatureFilter) ([]dispatch.Signature, int, error) {
	var c conditions
	c.add("n.tenant = ?", tenant)
	c.equal("n.id", f.ID)
	c.part("n.name", f.Name)
	c.part("a.name", f.AppName)
	c.equal("n.kind", f.Kind)
	c.equal("n.status", f.Status)
	c.span("n.created_ms", f.Created)
	return window(ctx, db, signatureColumns, signatureFrom, "n.created_ms DESC, n.id DESC", &c, f.Page, scanSignature)
}

// PendingSignatures implements dispatch.Store. The state stands in the statement, so that the index of the waiting ones serves it.
func (db *DB) PendingSignatures(ctx context.Context, limit int) ([]dispatch.Signature, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+signatureColumns+signatureFrom+
		` WHERE n.status = '`+dispatch.SignaturePending+`' ORDER BY n.created_ms, n.id LIMIT $1`, limit)
	return collect(rows, err, "list signatures to review", scanSignature)
}
