package store

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"cardlink/shortlink"
)

// benchLinks saves n links of a task and returns them.
func benchLinks(b *testing.B, db *DB, tenant string, n int, limit int64) []shortlink.Link {
	ctx := context.Background()
	first, err := db.LeaseLinkIDs(ctx, int64(n))
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	task := uuid.NewString()
	signs := []string{"示例商城"}
	links := make([]shortlink.Link, n)
	for i := range links {
		id := first + int64(i)
		links[i] = shortlink.Link{ID: id, Tenant: tenant, TaskID: task, TaskName: "task", User: "user", Domain: "s.example.com", Code: strconv.FormatInt(10_000_000+id, 10),
			Group: limit > 1, TplID: 600000001, TplVersion: 1, TplName: "card", Signs: signs, Limit: limit, CustFlag: "1310000" + strconv.FormatInt(id, 10),
			Params: map[string]string{"param1": "A", "param2": "B"}, CustomURL: "https://shop.example.com/spring", CreatedAt: now, ExpireAt: now.Add(24 * time.Hour)}
	}
	if _, err := db.SaveResolveTask(ctx, links); err != nil {
		b.Fatal(err)
	}
	return links
}

func benchStore(b *testing.B) (*DB, string) {
	db, err := Open(context.Background(), Options{File: filepath.Join(b.TempDir(), "b.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(context.Background()); err != nil {
		b.Fatal(err)
	}
	return db, newTenant(b, db)
}

func BenchmarkSaveLinks100(b *testing.B) {
	db, tenant := benchStore(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			benchLinks(b, db, tenant, 100, 1)
		}
	})
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "links/s")
}

func BenchmarkTakeOnes(b *testing.B) {
	for _, batch := range []int{1, 32, 256} {
		b.Run(fmt.Sprint(batch), func(b *testing.B) {
			db, _ := benchStore(b)
			var next atomic.Int64
			takes := make([]shortlink.Take, batch)
			for b.Loop() {
				for i := range takes {
					takes[i] = shortlink.Take{LinkID: next.Add(1), ResolveID: uuid.NewString(), Vendor: "HUAWEI", DeviceRef: "0123456789abcdef0123456789abcdef", At: time.Now()}
				}
				if _, err := db.TakeOnes(context.Background(), "n", takes); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "takes/s")
		})
	}
}

func BenchmarkFindLinks(b *testing.B) {
	for _, batch := range []int{1, 32, 256} {
		b.Run(fmt.Sprint(batch), func(b *testing.B) {
			db, tenant := benchStore(b)
			var ids []int64
			for range 100 {
				for _, l := range benchLinks(b, db, tenant, 100, 1) {
					ids = append(ids, l.ID)
				}
			}
			keys := make([]shortlink.LinkKey, batch)
			n := 0
			for b.Loop() {
				for i := range keys {
					n += 7919
					keys[i].ID = ids[n%len(ids)]
				}
				if got, err := db.FindLinks(context.Background(), keys); err != nil || len(got) == 0 {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "links/s")
		})
	}
}

func BenchmarkApply2000(b *testing.B) {
	db, tenant := benchStore(b)
	links := benchLinks(b, db, tenant, 10, 1_000_000_000)
	ordinals := make([]int64, len(links))
	solved := make([]shortlink.Attempted, 2000)
	for b.Loop() {
		for i := range solved {
			k := i % len(links)
			ordinals[k]++
			solved[i] = shortlink.Attempted{LinkID: links[k].ID, Ordinal: ordinals[k], ResolveID: uuid.NewString(), Vendor: "HUAWEI", DeviceRef: "0123456789abcdef0123456789abcdef", At: time.Now()}
		}
		if err := db.Apply(context.Background(), "n", shortlink.NodeState{Position: 1}, solved, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(solved))/b.Elapsed().Seconds(), "resolutions/s")
}
