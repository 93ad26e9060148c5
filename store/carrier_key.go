package store

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"

	"cardlink/identity"
)

// carrierKey names the key of what carriers tell before it is known whose it is. The sign keeps it apart from tenants, whose ids are hex.
const carrierKey = "#carrier"

// carrierSealer seals and hashes values of carriers' messages. Callers get it before they begin a write.
func (db *DB) carrierSealer(ctx context.Context) (identity.Sealer, error) {
	if db.vault == nil {
		return nil, errors.New("store: opened without a vault; personal data cannot be read or written")
	}
	return db.vault.Sealer(ctx, carrierKey, db.carrierDataKey)
}

// carrierDataKey reads the wrapped key and makes it the first time; when two nodes make it at once, the first one's stays.
func (db *DB) carrierDataKey(ctx context.Context, name string) ([]byte, error) {
	read := func() (text string, err error) {
		err = db.read.QueryRowContext(ctx, `SELECT data_key FROM carrier_keys WHERE name = $1`, name).Scan(&text)
		return text, err
	}
	text, err := read()
	if errors.Is(err, sql.ErrNoRows) {
		fresh := base64.RawStdEncoding.EncodeToString(db.vault.NewDataKey(name))
		err = db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO carrier_keys (name, data_key) VALUES ($1, $2) ON CONFLICT DO NOTHING`, name, fresh)
			return err
		})
		if err == nil {
			text, err = read()
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the carrier key: %w", err)
	}
	return base64.RawStdEncoding.DecodeString(text)
}

// destRef is the keyed hash of a number's last 11 digits, 64 bits: enough to tell two numbers apart, whatever country code they wear.
func destRef(s identity.Sealer, number string) string {
	if number == "" {
		return ""
	}
	return s.Ref(number[max(0, len(number)-11):])[:16]
}
