package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"cardlink/shortlink"
)

// Domain finds a domain that a tenant may make links on.
func (db *DB) Domain(ctx context.Context, tenant, name string) (shortlink.Domain, error) {
	d := shortlink.Domain{Name: name}
	err := db.read.QueryRowContext(ctx, `SELECT tenant, generation, frozen FROM link_domains WHERE name = $1 AND (tenant = '' OR tenant = $2)`,
		name, tenant).Scan(&d.Tenant, &d.Generation, &d.Frozen)
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
		`SELECT name, tenant, generation, frozen FROM link_domains WHERE CAST($1 AS TEXT) = '' OR tenant = '' OR tenant = $1 ORDER BY name`, tenant)
	if err != nil {
		return nil, fmt.Errorf("list domains: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d shortlink.Domain
		if err := rows.Scan(&d.Name, &d.Tenant, &d.Generation, &d.Frozen); err != nil {
			return nil, err
		}
		ds = append(ds, d)
	}
	return ds, rows.Err()
}

// SaveDomain registers a domain or changes its state.
func (db *DB) SaveDomain(ctx context.Context, d shortlink.Domain) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `INSERT INTO link_domains (name, tenant, generation, frozen) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name) DO UPDATE SET frozen = excluded.frozen
			WHERE link_domains.tenant = excluded.tenant AND link_domains.generation = excluded.generation`,
			d.Name, d.Tenant, d.Generation, flag(d.Frozen))
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

// JumpHosts lists a tenant's jump hosts.
func (db *DB) JumpHosts(ctx context.Context, tenant string) (hosts shortlink.JumpList, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT host FROM jump_hosts WHERE tenant = $1 ORDER BY host`, tenant)
	if err != nil {
		return nil, fmt.Errorf("list jump hosts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var h string
		if err := rows.Scan(&h); err != nil {
			return nil, err
		}
		hosts = append(hosts, h)
	}
	return hosts, rows.Err()
}

// SaveJumpHost registers a jump host.
func (db *DB) SaveJumpHost(ctx context.Context, tenant, host string) error {
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO jump_hosts (tenant, host) VALUES ($1, $2) ON CONFLICT DO NOTHING`, tenant, host)
		return err
	})
}
