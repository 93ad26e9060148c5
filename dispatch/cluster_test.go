package dispatch_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"cardlink/dispatch"
	"cardlink/identity"
	"cardlink/store"
)

// Two nodes on one PostgreSQL share a queue: every message goes out once, over one of them, and every receipt finds its message.
func TestTwoNodesShareAQueue(t *testing.T) {
	address := os.Getenv("CARDLINK_TEST_POSTGRES")
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("CARDLINK_TEST_POSTGRES is not set; `make test` starts PostgreSQL and sets it")
		}
		t.Skip("CARDLINK_TEST_POSTGRES is not set; `make services` starts PostgreSQL and prints it")
	}
	db := openPostgres(t, address)
	const n = 600
	ms, err := queueMessages(db, n, mixed, long+"hi")
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*fakeCarrier
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 2)
	for i := range 2 {
		c := newFakeCarrier(uint64(i), 0)
		c.prompt = true
		nodes = append(nodes, c)
		ch := channel(1000)
		ch.Name = "node-" + strconv.Itoa(i)
		w, err := dispatch.NewWorker(dispatch.Options{
			Store: db, Node: ch.Name, Channels: []dispatch.Channel{ch}, Dial: c.dial, Memory: 40, // small, so that both have their share
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() { ended <- w.Run(ctx) }()
	}
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		b, err := db.Books(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		if b.Succeeded == n {
			break
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("after a minute: %+v", b)
		}
	}
	cancel()
	for range nodes {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	for _, c := range nodes {
		c.close()
	}
	for i := range ms {
		if a, b := nodes[0].copies(ms[i].ID, 1), nodes[1].copies(ms[i].ID, 1); a+b != 1 {
			t.Errorf("message %d went out %d times over one node and %d over the other", ms[i].ID, a, b)
		}
	}
	if len(nodes[0].parts) == 0 || len(nodes[1].parts) == 0 {
		t.Errorf("shares %d and %d", len(nodes[0].parts), len(nodes[1].parts))
	}
}

// openPostgres opens a schema of its own with the tenants t0 … t3.
func openPostgres(t *testing.T, address string) *store.DB {
	t.Helper()
	ctx := context.Background()
	schema := "t_" + strings.ToLower(rand.Text())
	admin, err := sql.Open("pgx", address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE SCHEMA " + schema); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP SCHEMA " + schema + " CASCADE"); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", schema)
	u.RawQuery = q.Encode()
	v, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{URL: u.String(), Vault: v})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		id := "t" + strconv.Itoa(i)
		if _, err := admin.Exec(`INSERT INTO `+schema+`.tenants (id, name, project_id, project_name, data_key, created_ms) VALUES ($1, $1, $1, 'p', $2, 0)`,
			id, base64.RawStdEncoding.EncodeToString(v.NewDataKey(id))); err != nil {
			t.Fatal(err)
		}
	}
	return db
}
