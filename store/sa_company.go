package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"cardlink/serviceaccount"
)

var _ serviceaccount.CompanyStore = (*DB)(nil)

const companyColumns = `id, tenant, body, pending, approve_state, words, user_id, submitted_ms, reviewed_ms, created_ms`

func scanCompany(c *serviceaccount.Company) ([]any, func() error) {
	var (
		body, pending                string
		submitted, reviewed, created int64
	)
	return []any{&c.ID, &c.Tenant, &body, &pending, &c.ApproveState, &c.Words, &c.User, &submitted, &reviewed, &created}, func() error {
		c.SubmittedAt, c.ReviewedAt, c.CreatedAt = fromMillis(submitted), fromMillis(reviewed), fromMillis(created)
		if err := json.Unmarshal([]byte(body), &c.Filing); err != nil {
			return err
		}
		if pending == "" {
			return nil
		}
		c.Pending = new(serviceaccount.Filing)
		return json.Unmarshal([]byte(pending), c.Pending)
	}
}

// companyArgs are the values of companyColumns.
func companyArgs(c *serviceaccount.Company) ([]any, error) {
	body, err := json.Marshal(c.Filing)
	var pending []byte
	if err == nil && c.Pending != nil {
		pending, err = json.Marshal(c.Pending)
	}
	return []any{c.ID, c.Tenant, string(body), string(pending), c.ApproveState, c.Words, c.User, millis(c.SubmittedAt), millis(c.ReviewedAt), millis(c.CreatedAt)}, err
}

func (db *DB) company(ctx context.Context, tenant string) (serviceaccount.Company, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+companyColumns+` FROM sa_companies WHERE tenant = $1`, tenant)
	return only(rows, err, "read a company", scanCompany, serviceaccount.ErrUnknown)
}

// Company implements serviceaccount.CompanyStore. Of two first readers at once, one stores and both read what it stored.
func (db *DB) Company(ctx context.Context, tenant string, first func(name string) serviceaccount.Company) (serviceaccount.Company, error) {
	c, err := db.company(ctx, tenant)
	if !errors.Is(err, serviceaccount.ErrUnknown) {
		return c, err
	}
	var name string
	err = db.read.QueryRowContext(ctx, `SELECT name FROM tenants WHERE id = $1`, tenant).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return c, serviceaccount.ErrUnknown
	}
	if err != nil {
		return c, fmt.Errorf("read a tenant's name: %w", err)
	}
	c = first(name)
	args, err := companyArgs(&c)
	if err != nil {
		return c, err
	}
	if err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO sa_companies (`+companyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (tenant) DO NOTHING`, args...)
		return err
	}); err != nil {
		return c, fmt.Errorf("make a company: %w", err)
	}
	return db.company(ctx, tenant)
}

// ChangeCompany implements serviceaccount.CompanyStore. The first statement locks the row.
func (db *DB) ChangeCompany(ctx context.Context, tenant string, change func(*serviceaccount.Company) error) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `UPDATE sa_companies SET tenant = tenant WHERE tenant = $1 RETURNING `+companyColumns, tenant)
		c, err := only(rows, err, "read a company", scanCompany, serviceaccount.ErrUnknown)
		if err != nil {
			return err
		}
		if err := change(&c); err != nil {
			return err
		}
		args, err := companyArgs(&c)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE sa_companies SET body = $3, pending = $4, approve_state = $5, words = $6, user_id = $7, submitted_ms = $8,
			reviewed_ms = $9, created_ms = $10 WHERE id = $1 AND tenant = $2`, args...); err != nil {
			return fmt.Errorf("change a company: %w", err)
		}
		return nil
	})
}

// PendingCompanies implements serviceaccount.CompanyStore.
func (db *DB) PendingCompanies(ctx context.Context, limit int) ([]serviceaccount.Company, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+companyColumns+` FROM sa_companies WHERE pending <> '' ORDER BY submitted_ms, id LIMIT $1`, limit)
	return collect(rows, err, "read the companies in review", scanCompany)
}
