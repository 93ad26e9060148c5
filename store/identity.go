package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardlink/identity"
)

var _ identity.Store = (*DB)(nil)

// AddTenant implements identity.Store.
func (db *DB) AddTenant(ctx context.Context, t identity.Tenant, first identity.User, why identity.Entry) error {
	return db.audited(ctx, why, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO tenants (id, name, project_id, project_name, disabled, data_key, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			t.ID, t.Name, t.Project.ID, t.Project.Name, bit(t.Disabled), base64.RawStdEncoding.EncodeToString(t.DataKey), t.CreatedAt.UnixMilli())
		if err != nil {
			return taken(err)
		}
		return addUser(ctx, tx, first)
	})
}

const tenantColumns = `t.id, t.name, t.project_id, t.project_name, t.disabled, t.data_key, t.created_ms`

func scanTenant(t *identity.Tenant) (into []any, finish func() error) {
	var key string
	var created int64
	return []any{&t.ID, &t.Name, &t.Project.ID, &t.Project.Name, (*flagInt)(&t.Disabled), &key, &created}, func() (err error) {
		t.CreatedAt = time.UnixMilli(created).UTC()
		t.DataKey, err = base64.RawStdEncoding.DecodeString(key)
		return err
	}
}

// Tenant implements identity.Store.
func (db *DB) Tenant(ctx context.Context, id string) (identity.Tenant, error) {
	var t identity.Tenant
	into, finish := scanTenant(&t)
	if err := db.read.QueryRowContext(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.id = $1`, id).Scan(into...); err != nil {
		return t, fmt.Errorf("read tenant %s: %w", id, unknown(err))
	}
	return t, finish()
}

// Tenants implements identity.Store.
func (db *DB) Tenants(ctx context.Context, after string, limit int) ([]identity.Tenant, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+tenantColumns+` FROM tenants t WHERE t.name > $1 ORDER BY t.name LIMIT $2`, after, limit)
	return collect(rows, err, "list tenants", scanTenant)
}

// SetTenantDisabled implements identity.Store.
func (db *DB) SetTenantDisabled(ctx context.Context, id string, disabled bool, why identity.Entry) error {
	return db.audited(ctx, why, func(ctx context.Context, tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `UPDATE tenants SET disabled = $2 WHERE id = $1`, id, bit(disabled)))
	})
}

// AddUser implements identity.Store.
func (db *DB) AddUser(ctx context.Context, u identity.User, why identity.Entry) error {
	return db.audited(ctx, why, func(ctx context.Context, tx *sql.Tx) error { return addUser(ctx, tx, u) })
}

func addUser(ctx context.Context, tx *sql.Tx, u identity.User) error {
	policies, err := json.Marshal(u.Policies)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx,
		`INSERT INTO users (id, tenant, name, admin, policies, password_hash, disabled, tokens_from_ms, created_ms)
		 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		u.ID, u.Tenant, u.Name, bit(u.Admin), string(policies), u.PasswordHash, bit(u.Disabled), milli(u.TokensFrom), u.CreatedAt.UnixMilli())
	return taken(err)
}

const userColumns = `u.id, u.tenant, u.name, u.admin, u.policies, u.password_hash, u.disabled, u.tokens_from_ms, u.created_ms`

func scanUser(u *identity.User) (into []any, finish func() error) {
	var policies string
	var tokens, created int64
	return []any{&u.ID, &u.Tenant, &u.Name, (*flagInt)(&u.Admin), &policies, &u.PasswordHash, (*flagInt)(&u.Disabled), &tokens, &created}, func() error {
		u.TokensFrom, u.CreatedAt = fromMilli(tokens), time.UnixMilli(created).UTC()
		return json.Unmarshal([]byte(policies), &u.Policies)
	}
}

// Users implements identity.Store.
func (db *DB) Users(ctx context.Context, tenant string) ([]identity.User, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT `+userColumns+` FROM users u WHERE u.tenant = $1 ORDER BY u.name`, tenant)
	return collect(rows, err, "list users", scanUser)
}

// SaveUser implements identity.Store.
func (db *DB) SaveUser(ctx context.Context, u identity.User, why identity.Entry) error {
	policies, err := json.Marshal(u.Policies)
	if err != nil {
		return err
	}
	return db.audited(ctx, why, func(ctx context.Context, tx *sql.Tx) error {
		return one(tx.ExecContext(ctx,
			`UPDATE users SET admin = $3, policies = $4, password_hash = $5, disabled = $6, tokens_from_ms = $7 WHERE tenant = $1 AND id = $2`,
			u.Tenant, u.ID, bit(u.Admin), string(policies), u.PasswordHash, bit(u.Disabled), milli(u.TokensFrom)))
	})
}

// AddKey implements identity.Store.
func (db *DB) AddKey(ctx context.Context, k identity.AccessKey, why identity.Entry) error {
	s, err := db.sealer(ctx, k.Tenant)
	if err != nil {
		return err
	}
	return db.audited(ctx, why, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO access_keys (access, tenant, user_id, secret, disabled, created_ms) VALUES ($1, $2, $3, $4, $5, $6)`,
			k.Access, k.Tenant, k.User, s.Seal(k.Secret), bit(k.Disabled), k.CreatedAt.UnixMilli())
		return taken(err)
	})
}

// Keys implements identity.Store.
func (db *DB) Keys(ctx context.Context, tenant string) ([]identity.AccessKey, error) {
	rows, err := db.read.QueryContext(ctx,
		`SELECT access, user_id, tenant, disabled, created_ms FROM access_keys WHERE tenant = $1 ORDER BY created_ms, access`, tenant)
	return collect(rows, err, "list access keys", func(k *identity.AccessKey) ([]any, func() error) {
		var created int64
		return []any{&k.Access, &k.User, &k.Tenant, (*flagInt)(&k.Disabled), &created}, func() error {
			k.CreatedAt = time.UnixMilli(created).UTC()
			return nil
		}
	})
}

// SetKeyDisabled implements identity.Store.
func (db *DB) SetKeyDisabled(ctx context.Context, tenant, access string, disabled bool, why identity.Entry) error {
	return db.audited(ctx, why, func(ctx context.Context, tx *sql.Tx) error {
		return one(tx.ExecContext(ctx, `UPDATE access_keys SET disabled = $3 WHERE tenant = $1 AND access = $2`, tenant, access, bit(disabled)))
	})
}

// SavePolicy implements identity.Store.
func (db *DB) SavePolicy(ctx context.Context, tenant string, p identity.Policy, why identity.Entry) error {
	return db.audited(ctx, why, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx,
			`INSERT INTO access_policies (tenant, name, document) VALUES ($1, $2, $3)
			 ON CONFLICT (tenant, name) DO UPDATE SET document = $3`, tenant, p.Name, string(p.Document()))
		return err
	})
}

// Policies implements identity.Store.
func (db *DB) Policies(ctx context.Context, tenant string) ([]identity.Policy, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT name, document FROM access_policies WHERE tenant = $1 ORDER BY name`, tenant)
	return collect(rows, err, "list policies", func(p *identity.Policy) ([]any, func() error) {
		var document string
		return []any{&p.Name, &document}, func() error { return json.Unmarshal([]byte(document), p) }
	})
}

// AccountByKey implements identity.Store.
func (db *DB) AccountByKey(ctx context.Context, access string) (identity.Account, error) {
	var a identity.Account
	var sealed string
	var created int64
	k := &a.Key
	err := db.account(ctx, &a,
		`SELECT k.access, k.user_id, k.tenant, k.secret, k.disabled, k.created_ms, `+userColumns+`, `+tenantColumns+`
		 FROM access_keys k JOIN users u ON u.id = k.user_id AND u.tenant = k.tenant JOIN tenants t ON t.id = k.tenant WHERE k.access = $1`,
		[]any{access}, []any{&k.Access, &k.User, &k.Tenant, &sealed, (*flagInt)(&k.Disabled), &created})
	if err != nil {
		return identity.Account{}, err
	}
	s, err := db.sealer(ctx, k.Tenant)
	if err != nil {
		return identity.Account{}, err
	}
	k.CreatedAt = time.UnixMilli(created).UTC()
	if k.Secret, err = s.Open(sealed); err != nil {
		return identity.Account{}, fmt.Errorf("open the secret of access key %s: %w", access, err)
	}
	return a, nil
}

// AccountByUser implements identity.Store.
func (db *DB) AccountByUser(ctx context.Context, user string) (a identity.Account, err error) {
	err = db.account(ctx, &a,
		`SELECT `+userColumns+`, `+tenantColumns+` FROM users u JOIN tenants t ON t.id = u.tenant WHERE u.id = $1`, []any{user}, nil)
	return a, err
}

// AccountByName implements identity.Store.
func (db *DB) AccountByName(ctx context.Context, tenant, user string) (a identity.Account, err error) {
	err = db.account(ctx, &a,
		`SELECT `+userColumns+`, `+tenantColumns+` FROM tenants t JOIN users u ON u.tenant = t.id WHERE t.name = $1 AND u.name = $2`,
		[]any{tenant, user}, nil)
	return a, err
}

// account reads one row of key columns (into), user and tenant, and then the tenant's policies among the user's.
func (db *DB) account(ctx context.Context, a *identity.Account, query string, args, into []any) error {
	user, userDone := scanUser(&a.User)
	tenant, tenantDone := scanTenant(&a.Tenant)
	into = append(append(into, user...), tenant...)
	if err := db.read.QueryRowContext(ctx, query, args...).Scan(into...); err != nil {
		return fmt.Errorf("read an account: %w", unknown(err))
	}
	if err := errors.Join(userDone(), tenantDone()); err != nil {
		return fmt.Errorf("read an account: %w", err)
	}
	if len(a.User.Policies) == 0 || a.User.Admin {
		return nil
	}
	names := make([][1]string, len(a.User.Policies))
	for i, name := range a.User.Policies {
		names[i][0] = name
	}
	arg, err := json.Marshal(names)
	if err != nil {
		return err
	}
	rows, err := db.read.QueryContext(ctx,
		`SELECT name, document FROM access_policies WHERE tenant = $1 AND name IN (SELECT value->>0 FROM `+db.dialect.rows("$2")+`) ORDER BY name`,
		a.Tenant.ID, string(arg))
	a.Custom, err = collect(rows, err, "read an account's policies", func(p *identity.Policy) ([]any, func() error) {
		var document string
		return []any{&p.Name, &document}, func() error { return json.Unmarshal([]byte(document), p) }
	})
	return err
}
