package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"cardlink/store/contract"
	"cardlink/templates"
)

func TestPreviewsContract(t *testing.T) {
	for _, c := range contract.Previews {
		t.Run(c.Name, func(t *testing.T) {
			engines(t, func(t *testing.T, db *DB) {
				withTenants(t, db, "a", "b")
				if err := c.Check(context.Background(), db); err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// Values somebody tries out may be a person's.
func TestPreviewsAreSealed(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a")
		ctx := context.Background()
		if err := db.AddPreview(ctx, templates.KeptPreview{ID: "1", Tenant: "a", Body: `{"draft":"Dear Ann"}`, ExpiresAt: time.Now()}, 1); err != nil {
			t.Fatal(err)
		}
		var row string
		if err := db.read.QueryRowContext(ctx, `SELECT body FROM template_previews`).Scan(&row); err != nil {
			t.Fatal(err)
		}
		if row == "" || strings.Contains(row, "Ann") {
			t.Errorf("in the clear: %q", row)
		}
	})
}
