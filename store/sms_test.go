package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cardlink/dispatch"
	"cardlink/store/contract"
)

func TestSMSContract(t *testing.T) {
	for _, c := range contract.SMS {
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

// The reviewers' queues are read over all tenants: they must not walk what was decided long ago.
func TestReviewQueuesUseTheirIndexes(t *testing.T) {
	db := open(t, Options{File: filepath.Join(t.TempDir(), "plan.db")})
	for stmt, want := range map[string]string{
		`SELECT ` + signatureColumns + signatureFrom + ` WHERE n.status = '` + dispatch.SignaturePending + `' ORDER BY n.created_ms, n.id LIMIT 9`:       "sms_signatures_waiting",
		`SELECT ` + smsTemplateColumns + smsTemplateFrom + ` WHERE t.flow_status = '` + dispatch.FlowReviewing + `' ORDER BY t.created_ms, t.id LIMIT 9`: "sms_templates_waiting",
	} {
		if plan := planOf(t, db, stmt); !strings.Contains(plan, want) || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\nplan %s\nwant %s", stmt, plan, want)
		}
	}
}

// planOf is what SQLite means to do for a statement.
func planOf(t *testing.T, db *DB, stmt string) string {
	t.Helper()
	rows, err := db.read.Query(`EXPLAIN QUERY PLAN ` + stmt)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var a, b, c int
		var step string
		if err := rows.Scan(&a, &b, &c, &step); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "; ")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
