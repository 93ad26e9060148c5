package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cardlink/store/contract"
	"cardlink/videosms"
)

func TestVideoContract(t *testing.T) {
	for _, c := range contract.VideoSMS {
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

// Neither numbers nor what is said to them lie in the database in clear.
func TestVideoRecipientsAreSealed(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		withTenants(t, db, "a")
		ctx, now := context.Background(), time.UnixMilli(1_767_312_000_000)
		task := &videosms.Task{ID: 1, UUID: "80959fd0-dc23-42e3-9595-59a49ee6cccc", Tenant: "a", Total: 1, CreatedAt: now, ExpireAt: now.Add(time.Hour)}
		if err := db.AddVideoTask(ctx, task, []videosms.Message{{ID: 1, Phone: "+8613100000001"}}, []videosms.Values{{"p_1": {Text: "Mr Secret"}}}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: now, Lease: time.Minute, Limit: 1}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.AddVideoUplinks(ctx, []videosms.Uplink{{Ref: "r", From: "+8613100000001", Content: "Mr Secret", At: now}}, now); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"vms_messages", "vms_values", "vms_uplinks", "vms_tasks"} {
			if text := dump(t, db, table); text == "" || strings.Contains(text, "13100000001") || strings.Contains(text, "Secret") {
				t.Errorf("%s holds %q", table, text)
			}
		}
	})
}

// The queue's statements must not walk the tables, which hold years of messages: on SQLite their plans are read.
func TestVideoQueueUsesItsIndexes(t *testing.T) {
	db := open(t, Options{File: filepath.Join(t.TempDir(), "plan.db")})
	for _, c := range []struct{ stmt, want string }{
		{`SELECT m.id FROM vms_messages m JOIN vms_tasks t ON t.id = m.task LEFT JOIN vms_values v ON v.task = m.task AND v.n = m.vals
			LEFT JOIN sms_blacklist b ON b.tenant = m.tenant AND b.phone_ref = m.phone_ref WHERE m.state = 0 AND m.tenant = 'a' AND m.due_ms <= 1 ORDER BY m.due_ms, m.id LIMIT 9`, "vms_messages_queued (tenant=? AND due_ms<?)"},
		{`SELECT MIN(tenant) FROM vms_messages WHERE state = 0 AND tenant > 'a'`, "vms_messages_queued (tenant>?)"},
		{`SELECT id FROM vms_messages WHERE state > 0 AND state < 10 AND state IN (1, 2) AND due_ms <= 1 ORDER BY id LIMIT 9`, "vms_messages_open (state=? AND due_ms<?)"},
		{`SELECT id FROM vms_messages WHERE state > 0 AND state < 10 AND state IN (1, 2) AND holder = 'n' ORDER BY id LIMIT 9`, "vms_messages_open (state=?)"},
		{`SELECT id FROM vms_messages WHERE state > 0 AND state < 10 AND state IN (3, 4) AND due_ms <= 1 ORDER BY due_ms LIMIT 9`, "vms_messages_open (state=? AND due_ms<?)"},
		{`SELECT m.id FROM vms_messages m JOIN vms_tasks t ON t.id = m.task WHERE m.id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each('[]') AS j) ORDER BY m.id`, "m USING INTEGER PRIMARY KEY"},
		{`UPDATE vms_messages SET state = 1 FROM json_each('[]') AS j WHERE vms_messages.id = CAST(value->>0 AS BIGINT)`, "vms_messages USING INTEGER PRIMARY KEY"},
		{`UPDATE vms_tasks SET total = 1 FROM json_each('[]') AS j WHERE vms_tasks.id = CAST(value->>0 AS BIGINT)`, "vms_tasks USING INTEGER PRIMARY KEY"},
		{`SELECT id FROM vms_messages WHERE dest_ref = 'd' AND tries > 0 AND created_ms >= 1 ORDER BY id DESC LIMIT 1`, "vms_messages_dest (dest_ref=?)"},
		{`SELECT m.id FROM vms_messages m JOIN vms_tasks t ON t.id = m.task WHERE t.uuid = 'u' AND m.tenant = 'a' AND m.phone_ref = 'r'`, "(task=? AND phone_ref=?)"},
		{`SELECT id FROM vms_templates WHERE waiting > 0 AND (valid_ms = 0 OR valid_ms > 1) ORDER BY created_ms, id LIMIT 9`, "vms_templates_pending"},
		{`SELECT id FROM vms_templates WHERE state <> 5 AND valid_ms > 0 AND valid_ms <= 1 ORDER BY valid_ms, id LIMIT 9`, "vms_templates_valid (valid_ms>? AND valid_ms<?)"},
	} {
		if got := planOf(t, db, c.stmt); !strings.Contains(got, c.want) || strings.Contains(got, "SCAN vms_messages;") || strings.Contains(got, "SCAN m;") {
			t.Errorf("%s\nplan %s\nwant %s", c.stmt, got, c.want)
		}
	}
}
