package shortlink

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cardlink/event"
)

// TestQuotaSurvivesEveryCrash runs random lives of two edges on one store: attempts, deaths at any point with any loss of what was not yet
// durable, failing calls, calls that fail after they were done, idle leases going back, clean stops. Whatever happens:
//
//   - no link is answered more often than its limit, and no two answers have the same ordinal;
//   - every answer's fact is in a journal in the end, under the id it is billed by;
//   - what was neither answered nor possibly recorded can still be resolved: nothing is lost for good.
func TestQuotaSurvivesEveryCrash(t *testing.T) {
	limits := map[int64]int64{1: 1, 2: 1, 3: 2, 4: 5, 5: 40}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t)
		ctx := context.Background()
		links := map[int64]Link{}
		for id, limit := range limits {
			links[id] = w.link(id, limit)
		}
		var (
			nodes    [2]*Resolver
			journals = [2]*memJournal{newMemJournal(1000), newMemJournal(5000)}
			answered = map[int64]int64{}  // link → answers that used a unit
			cards    = map[string]int64{} // resolve_id → link
			doubtful = map[int64]int64{}  // attempts whose unit may be spent although nobody was answered
		)
		start := func(n int) {
			if nodes[n] != nil {
				return
			}
			r, err := OpenResolver(ctx, w.options(fmt.Sprintf("n%d", n), journals[n]))
			if err != nil {
				rt.Fatal(err)
			}
			nodes[n] = r
		}
		die := func(n, keep int) {
			if nodes[n] == nil {
				return
			}
			w.kill(nodes[n])
			nodes[n] = nil
			journals[n].crash(keep)
		}
		try := func(n int, id int64, device string) Verdict {
			e, err := find(nodes[n], links[id])
			if err != nil {
				rt.Fatal(err)
			}
			a := attempt(device)
			v := nodes[n].Resolve(ctx, e, a)
			switch {
			case v == Resolved && a.Repeat:
				if cards[string(a.ID[:])] != id {
					// A repeat of an attempt that was recorded but whose answer failed is a fresh answer of that unit.
					cards[string(a.ID[:])] = id
					answered[id]++
					doubtful[id]--
				}
			case v == Resolved:
				if _, twice := cards[string(a.ID[:])]; twice {
					rt.Fatalf("resolve id %s given twice", a.ID)
				}
				cards[string(a.ID[:])] = id
				answered[id]++
			case v == Unavailable:
				doubtful[id]++
			}
			if answered[id] > limits[id] {
				rt.Fatalf("link %d answered %d times, its limit is %d", id, answered[id], limits[id])
			}
			return v
		}
		start(0)
		start(1)
		node := rapid.IntRange(0, 1)
		rt.Repeat(map[string]func(*rapid.T){
			"resolve": func(rt *rapid.T) {
				n := node.Draw(rt, "node")
				start(n)
				try(n, rapid.Int64Range(1, 5).Draw(rt, "link"), rapid.SampledFrom([]string{"", "", "a", "b", "c"}).Draw(rt, "device"))
			},
			"die": func(rt *rapid.T) { die(node.Draw(rt, "node"), rapid.IntRange(0, 3).Draw(rt, "keep")) },
			"stop": func(rt *rapid.T) {
				n := node.Draw(rt, "node")
				if nodes[n] != nil {
					if err := nodes[n].Close(ctx); err != nil {
						rt.Fatal(err)
					}
					nodes[n] = nil
					journals[n].crash(1 << 20) // closing a journal syncs it
				}
			},
			"store fails": func(rt *rapid.T) {
				n := node.Draw(rt, "node")
				start(n)
				w.store.with(func() {
					if rapid.Bool().Draw(rt, "after its work") {
						w.store.hideNext = rapid.IntRange(1, 4).Draw(rt, "calls")
					} else {
						w.store.failNext = rapid.IntRange(1, 4).Draw(rt, "calls")
					}
				})
				try(n, rapid.Int64Range(1, 5).Draw(rt, "link"), rapid.SampledFrom([]string{"", "a"}).Draw(rt, "device"))
				w.store.with(func() { w.store.failNext, w.store.hideNext = 0, 0 })
			},
			"sync fails": func(rt *rapid.T) {
				n := node.Draw(rt, "node")
				start(n)
				journals[n].mu.Lock()
				journals[n].uncertain = 1
				journals[n].mu.Unlock()
				try(n, rapid.Int64Range(3, 5).Draw(rt, "link"), rapid.SampledFrom([]string{"", "a"}).Draw(rt, "device"))
				journals[n].mu.Lock()
				journals[n].uncertain = 0
				journals[n].mu.Unlock()
			},
			"leases go back": func(rt *rapid.T) {
				n := node.Draw(rt, "node")
				start(n)
				w.pass(idleLease + time.Second)
				if err := nodes[n].leases.tend(ctx, w.clock()); err != nil {
					rt.Fatal(err)
				}
			},
		})
		// The end: both nodes come back once more, and each link is resolved until it is exhausted.
		die(0, rapid.IntRange(0, 3).Draw(rt, "keep"))
		die(1, rapid.IntRange(0, 3).Draw(rt, "keep"))
		start(0)
		start(1)
		for id, limit := range limits {
			n := 0
			w.pass(dryFor)
			for dry := 0; dry < 2; { // a node's grants may hide what the other gives back in the meantime
				v := try(n, id, "")
				if v == Exhausted {
					dry++
					n = 1 - n
				} else if v != Resolved {
					rt.Fatalf("link %d: %v", id, v.Reason())
				}
			}
			// Units may be held by the other node's lease; let them flow.
			for range 10 {
				w.pass(idleLease + dryFor)
				for i := range nodes {
					if err := nodes[i].leases.tend(ctx, w.clock()); err != nil {
						rt.Fatal(err)
					}
				}
				for try(n, id, "") == Resolved {
				}
			}
			if lost := limit - answered[id]; lost < 0 || lost > doubtful[id] {
				rt.Fatalf("link %d: limit %d, answered %d, in doubt %d", id, limit, answered[id], doubtful[id])
			}
		}
		for n := range nodes {
			if err := nodes[n].Close(ctx); err != nil {
				rt.Fatal(err)
			}
			journals[n].crash(1 << 20)
		}
		billed := map[string]string{} // fact id → resolve id
		for _, j := range journals {
			facts, ids := j.facts(t)
			for i, f := range facts {
				if f.Result != event.ResultSuccess || f.Repeat {
					continue
				}
				if other, ok := billed[ids[i]]; ok && other != f.ResolveID {
					rt.Fatalf("fact %s stands for two resolutions, %s and %s", ids[i], other, f.ResolveID)
				}
				billed[ids[i]] = f.ResolveID
				if f.Ordinal < 1 || f.Ordinal > limits[f.LinkID] {
					rt.Fatalf("ordinal %d of link %d", f.Ordinal, f.LinkID)
				}
			}
		}
		have := map[string]bool{}
		for _, id := range billed {
			have[id] = true
		}
		for id, link := range cards {
			if !have[id] {
				rt.Fatalf("link %d was answered with %s and no journal knows", link, id)
			}
		}
	})
}
