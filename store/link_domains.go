package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cardlink/shortlink"
)

const domainColumns = `name, tenant, generation, frozen, state, words, created_ms`

func scanDomain(row scanner) (d shortlink.Domain, err error) {
	var created int64
	err = row.Scan(&d.Name, &d.Tenant, &d.Generation, &d.Frozen, &d.State, &d.Words, &created)
	d.CreatedAt = fromMillis(created)
	return d, err
}

// Domain finds a domain that a tenant may make links on.
func (db *DB) Domain(ctx context.Context, tenant, name string) (shortlink.Domain, error) {
	d, err := scanDomain(db.read.QueryRowContext(ctx, `SELECT `+domainColumns+` FROM link_domains WHERE name = $1 AND (tenant = '' OR tenant = $2)`, name, tenant))
	if errors.Is(err, sql.ErrNoRows) {
		return d, shortlink.ErrNoDomain
	}
	if err != nil {
		return d, fmt.Errorf("read a domain: %w", err)
	}
	return d, nil
}

// Domains lists the domains of a tenant and the shared ones; all of them for an empty tenant.
func (db *DB) Domains(ctx context.Context, tenant string) (ds []shortlink.Domain, err error) {
	rows, err := db.read.QueryContext(ctx,
		`SELECT `+domainColumns+` FROM link_domains WHERE CAST($1 AS TEXT) = '' OR tenant = '' OR tenant = $1 ORDER BY name`, tenant)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		d, err := scanDomain(rows)
		if err != nil {
			return nil, err
		}
		ds = append(ds, d)
	}
	return ds, rows.Err()
}

// SaveDomain registers a domain or changes its state.
func (db *DB) SaveDomain(ctx context.Context, d shortlink.Domain) error {
	if d.State == "" {
		d.State = shortlink.Approved
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO link_domains (name, tenant, generation, frozen, state, created_ms) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (name) DO UPDATE SET
			  frozen = CASE link_domains.state WHEN 'rejected' THEN link_domains.frozen ELSE excluded.frozen END,
			  state = CASE WHEN link_domains.state = 'rejected' AND link_domains.tenant <> '' THEN 'pending' ELSE link_domains.state END
			WHERE link_domains.tenant = excluded.tenant AND link_domains.generation = excluded.generation`,
			d.Name, d.Tenant, d.Generation, flag(d.Frozen), d.State, millis(d.CreatedAt))
		if err != nil {
			return fmt.Errorf("save a domain: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return shortlink.ErrDomainTaken
		}
		return nil
	})
}

// ReviewDomain writes the verdict on a domain.
func (db *DB) ReviewDomain(ctx context.Context, name, state, words string) (found bool, err error) {
	return db.met(ctx, `UPDATE link_domains SET state = $2, words = $3, frozen = $4 WHERE name = $1`, name, state, words, flag(state == shortlink.Rejected))
}

// met runs one statement and reports whether it met a row.
func (db *DB) met(ctx context.Context, statement string, args ...any) (found bool, err error) {
	err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		found = n > 0
		return err
	})
	return found, err
}

// JumpHosts lists a tenant's jump hosts; those of all tenants for an empty one.
func (db *DB) JumpHosts(ctx context.Context, tenant string) (hosts []shortlink.JumpHost, err error) {
	rows, err := db.read.QueryContext(ctx,
		`SELECT tenant, host, state, words, created_ms FROM jump_hosts WHERE CAST($1 AS TEXT) = '' OR tenant = $1 ORDER BY host, tenant`, tenant)
	if err != nil {
		return nil, fmt.Errorf("list jump hosts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var (
			j       shortlink.JumpHost
			created int64
		)
		if err := rows.Scan(&j.Tenant, &j.Host, &j.State, &j.Words, &created); err != nil {
			return nil, err
		}
		j.CreatedAt = fromMillis(created)
		hosts = append(hosts, j)
	}
	return hosts, rows.Err()
}

// SaveJumpHost registers a jump host; one that was rejected is to be reviewed again.
func (db *DB) SaveJumpHost(ctx context.Context, j shortlink.JumpHost) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO jump_hosts (tenant, host, state, created_ms) VALUES ($1, $2, $3, $4)
			ON CONFLICT (tenant, host) DO UPDATE SET state = CASE jump_hosts.state WHEN 'rejected' THEN 'pending' ELSE jump_hosts.state END`,
			j.Tenant, j.Host, j.State, millis(j.CreatedAt))
		return err
	})
}

// ReviewJumpHost writes the verdict on a jump host.
func (db *DB) ReviewJumpHost(ctx context.Context, tenant, host, state, words string) (found bool, err error) {
	return db.met(ctx, `UPDATE jump_hosts SET state = $3, words = $4 WHERE tenant = $1 AND host = $2`, tenant, host, state, words)
}

// DeleteJumpHost forgets a jump host.
func (db *DB) DeleteJumpHost(ctx context.Context, tenant, host string) (found bool, err error) {
	return db.met(ctx, `DELETE FROM jump_hosts WHERE tenant = $1 AND host = $2`, tenant, host)
}
