package dispatch_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"cardlink/dispatch"
	"cardlink/enginetest"
	"cardlink/identity"
	"cardlink/store"
)

// Two nodes on one PostgreSQL share a queue: every message goes out once, over one of them, and every receipt finds its message.
func TestTwoNodesShareAQueue(t *testing.T) {
	db := openPostgres(t)
	const n = 600
	ms, err := queueMessages(db, n, mixed, long+"hi")
	if err != nil {
		t.Fatal(err)
	}
	var nodes []*fakeCarrier
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 2)
	// Neither gets an answer before both have been written to: what one node holds without answers is less than there is, so both have their share.
	both := make(chan struct{})
	for i := range 2 {
		c := newFakeCarrier(uint64(i), 0)
		c.prompt, c.hold = true, both
		nodes = append(nodes, c)
		ch := channel(1000)
		ch.Name = "node-" + strconv.Itoa(i)
		w, err := dispatch.NewWorker(dispatch.Options{
			Store: db, Node: ch.Name, Channels: []dispatch.Channel{ch}, Dial: c.dial, Grace: time.Minute,
			Memory: 40, // small, so that both have their share
		})
		if err != nil {
			t.Fatal(err)
		}
		go func() { ended <- w.Run(ctx) }()
	}
	deadline := time.After(5 * time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for held := true; ; {
		if held && nodes[0].wrote() > 0 && nodes[1].wrote() > 0 {
			held = false
			close(both)
		}
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
			t.Fatalf("after five minutes: %+v", b)
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
func openPostgres(t *testing.T) *store.DB {
	t.Helper()
	ctx := context.Background()
	v, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{URL: enginetest.Postgres(t), Vault: v})
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
		if err := db.AddTenant(ctx, identity.Tenant{ID: id, Name: id, Project: identity.Project{ID: id, Name: "p"}, DataKey: v.NewDataKey(id)},
			identity.User{ID: id, Tenant: id, Name: "u"}, identity.Entry{}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}
