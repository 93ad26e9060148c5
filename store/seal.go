package store

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"

	"cardlink/identity"
)

// sealer opens a tenant's sealer. The first use of a tenant reads its wrapped key on a read connection, so callers get it before
// they begin a write.
func (db *DB) sealer(ctx context.Context, tenant string) (identity.Sealer, error) {
	if db.vault == nil {
		return nil, errors.New("store: opened without a vault; personal data cannot be read or written")
	}
	return db.vault.Sealer(ctx, tenant, db.dataKey)
}

func (db *DB) dataKey(ctx context.Context, tenant string) ([]byte, error) {
	var text string
	if err := db.read.QueryRowContext(ctx, `SELECT data_key FROM tenants WHERE id = $1`, tenant).Scan(&text); err != nil {
		return nil, fmt.Errorf("read the data key of tenant %s: %w", tenant, err)
	}
	return base64.RawStdEncoding.DecodeString(text)
}
