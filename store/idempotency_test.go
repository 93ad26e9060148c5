package store

import (
	"context"
	"strings"
	"testing"
	"time"

	"cardlink/idempotency"
	"cardlink/store/contract"
)

func TestIdempotencyContract(t *testing.T) {
	for _, c := range contract.Idempotency {
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

// Keys and answers may hold phone numbers: neither stands in the table in the clear.
func TestIdempotentCallsAreSealed(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a")
		ctx := context.Background()
		c := idempotency.Claim{Call: idempotency.Call{Tenant: "a", Op: "op", Key: "order-13100000000", Fingerprint: "f"}, Holder: "h", At: time.Now(), Until: time.Now().Add(time.Minute)}
		if _, err := db.ClaimCall(ctx, c); err != nil {
			t.Fatal(err)
		}
		if kept, err := db.AnswerCall(ctx, c, idempotency.Answer{Status: 200, Body: []byte(`{"cust_flag":"13100000000"}`)}); err != nil || !kept {
			t.Fatal(kept, err)
		}
		var row string
		if err := db.read.QueryRowContext(ctx, `SELECT op || key_ref || fingerprint || holder || answer FROM idempotent_calls`).Scan(&row); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(row, "131000") {
			t.Errorf("a number in the clear: %s", row)
		}
	})
}
