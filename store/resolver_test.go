package store

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cardlink/event/journal"
	"cardlink/shortlink"
	"cardlink/templates"
)

type usable struct{}

func (usable) Load(_ context.Context, id int64, version int) (*templates.Template, error) {
	return &templates.Template{ID: id, Version: version, State: templates.StateEnabled, Audit: templates.AuditApproved,
		Factories: []templates.Factory{{Vendor: templates.Huawei, State: templates.VendorActive}}}, nil
}

// Two edges with real journals compete for individual and group links on a real store, one of them restarts in between, and in the end each link
// was resolved exactly as often as it allows and the lists know it without Kafka.
func TestEdgesShareQuotaOnTheStore(t *testing.T) {
	engines(t, func(t *testing.T, db *DB) {
		ctx := context.Background()
		tenant := newTenant(t, db)
		codec, err := shortlink.NewCodec(bytes.Repeat([]byte{1}, 32))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.SaveDomain(ctx, shortlink.Domain{Name: "s.example.com", Generation: shortlink.Standard}); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		open := func(n int) (*shortlink.Resolver, func()) {
			j, err := journal.Open(filepath.Join(dir, fmt.Sprint(n)), journal.Options{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := shortlink.OpenResolver(ctx, shortlink.ResolverOptions{Store: db, Journal: j, Templates: usable{}, Codec: codec, Node: fmt.Sprint("n", n),
				DeviceKey: bytes.Repeat([]byte{2}, 32), CacheBytes: 1 << 22, Devices: 1 << 10, StoreTimeout: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			return r, func() {
				if err := r.Close(ctx); err != nil {
					t.Error(err)
				}
				if err := j.Close(); err != nil {
					t.Error(err)
				}
			}
		}
		const individuals, limit = 30, 200
		first, err := db.LeaseLinkIDs(ctx, individuals+1)
		if err != nil {
			t.Fatal(err)
		}
		links := make([]shortlink.Link, individuals+1)
		now := time.Now().UTC().Truncate(time.Second)
		for i := range links {
			id := first + int64(i)
			code, err := codec.AppendCode(nil, id, shortlink.DefaultCode)
			if err != nil {
				t.Fatal(err)
			}
			links[i] = shortlink.Link{ID: id, Tenant: tenant, TaskID: "task", Domain: "s.example.com", Code: string(code), TplID: 600000001, TplVersion: 1, Signs: []string{"B"},
				Limit: 1, CustFlag: "x", CreatedAt: now, ExpireAt: now.Add(time.Hour)}
		}
		group := &links[individuals]
		group.Group, group.Limit, group.TaskID = true, limit, "group"
		if _, err := db.SaveResolveTask(ctx, links); err != nil {
			t.Fatal(err)
		}
		resolve := func(r *shortlink.Resolver, l *shortlink.Link) bool {
			d, code, ok := r.Domain([]byte(l.Domain), []byte("/"+l.Code))
			if !ok {
				t.Error("no domain")
				return false
			}
			e, err := r.Find(ctx, d, code, 1)
			if err != nil {
				t.Error(err)
				return false
			}
			var a shortlink.Attempt
			switch v := r.Resolve(ctx, e, &a); v {
			case shortlink.Resolved:
				return true
			case shortlink.Exhausted:
			default:
				t.Errorf("verdict %s", v.Reason())
			}
			return false
		}
		var won [individuals + 1]atomic.Int64
		compete := func(groupTries int, rs ...*shortlink.Resolver) {
			var wg sync.WaitGroup
			for _, r := range rs {
				for range 8 {
					wg.Go(func() {
						for i := range individuals {
							if resolve(r, &links[i]) {
								won[i].Add(1)
							}
						}
						for range groupTries {
							if resolve(r, group) {
								won[individuals].Add(1)
							}
						}
					})
				}
			}
			wg.Wait()
		}
		r1, close1 := open(1)
		r2, close2 := open(2)
		compete(6, r1, r2) // 96 of 200
		close1()
		r1, close1 = open(1)
		compete(6, r1)
		close2()
		close1()
		r1, close1 = open(1) // what both gave back
		for n := 0; n < 2*limit && won[individuals].Load() < limit; n++ {
			if resolve(r1, group) {
				won[individuals].Add(1)
			}
		}
		if resolve(r1, group) {
			t.Error("resolved beyond the limit")
		}
		close1()
		for i := range won {
			want := int64(1)
			if i == individuals {
				want = limit
			}
			if got := won[i].Load(); got != want {
				t.Errorf("link %d of %d: %d resolutions, want %d", i, individuals, got, want)
			}
		}
		_, total, err := db.ListDetails(ctx, shortlink.LinkFilter{Tenant: tenant, Status: shortlink.StatusSuccess, Limit: 1, Now: time.Now()})
		if err != nil || total != individuals+limit {
			t.Errorf("details show %d successes, %v; want %d", total, err, individuals+limit)
		}
		rows, _, err := db.ListLinks(ctx, shortlink.LinkFilter{Tenant: tenant, TaskID: "group", Limit: 10, Now: time.Now()})
		if err != nil || len(rows) != 1 || rows[0].Resolved != limit {
			t.Errorf("the group link is listed as %+v, %v", rows, err)
		}
		var leases int
		if err := db.read.QueryRowContext(ctx, `SELECT count(*) FROM link_leases`).Scan(&leases); err != nil || leases != 0 {
			t.Errorf("%d leases are left of a used-up link, %v", leases, err)
		}
	})
}
