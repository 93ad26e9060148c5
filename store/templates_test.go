package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"cardlink/event"
	"cardlink/store/contract"
	"cardlink/templates"
)

func TestTemplatesContract(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		for _, c := range contract.Templates {
			t.Run(c.Name, func(t *testing.T) {
				if err := c.Check(context.Background(), db); err != nil {
					t.Error(err)
				}
			})
		}
	})
}

func TestTemplateWithLiveLinksIsNotDeleted(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx, now := context.Background(), time.UnixMilli(1_800_000_000_000)
		tpl := &templates.Template{ID: 600_001_001, Version: 1, Tenant: "t", CardID: "PureText", CreatedAt: now}
		if err := db.AddTemplate(ctx, tpl, nil, nil); err != nil {
			t.Fatal(err)
		}
		err := db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `INSERT INTO link_batches (id, last_id, size, tenant, task_id, task_name, user_name, from_send, domain, custom, is_group, tpl_id,
			   tpl_version, tpl_name, signs, quota, created_ms, expire_ms) VALUES (1, 1, 1, 't', 'x', '', '', 0, 'd', 0, 0, $1, 1, '', '[]', 1, $2, $3)`,
				tpl.ID, now.UnixMilli(), now.Add(time.Hour).UnixMilli())
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		agree := func(*templates.Template) error { return nil }
		if err := db.DeleteTemplate(ctx, "t", tpl.ID, now, agree); !errors.Is(err, templates.ErrInUse) {
			t.Fatalf("DeleteTemplate = %v, want ErrInUse", err)
		}
		if err := db.DeleteTemplate(ctx, "t", tpl.ID, now.Add(time.Hour), agree); err != nil {
			t.Fatalf("after the link expired: %v", err)
		}
	})
}

func TestTemplateFactsAreWrittenWithTheChange(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		outbox := func() (n int) {
			if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM outbox`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		fact := []event.Record{{Topic: event.TopicTemplate, Key: []byte("k"), Value: []byte(`{}`)}}
		tpl := &templates.Template{ID: 600_001_001, Version: 1, Tenant: "t", CardID: "PureText"}
		if err := db.AddTemplate(ctx, tpl, nil, fact); err != nil || outbox() != 1 {
			t.Fatalf("%v, %d facts; want 1", err, outbox())
		}
		if err := db.AddTemplate(ctx, tpl, nil, fact); err == nil || outbox() != 1 {
			t.Fatalf("%v, %d facts: a refused template left one", err, outbox())
		}
		err := db.ChangeTemplate(ctx, "t", tpl.ID, func(*templates.Template) ([]string, []event.Record, error) { return nil, fact, nil })
		if err != nil || outbox() != 2 {
			t.Fatalf("%v, %d facts; want 2", err, outbox())
		}
	})
}

func TestJSONColumnQuotes(t *testing.T) {
	if got := jsonColumn([]string{"a", `b"c`, "中"}); !strings.Contains(got, `["b\"c"]`) || got[0] != '[' {
		t.Error(got)
	}
	if got := jsonColumn(nil); got != "[]" {
		t.Error(got)
	}
}
