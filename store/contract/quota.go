package contract

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"cardlink/shortlink"
)

// Quota is what shortlink.EdgeStore promises about who may resolve how often. tenant is a tenant that no other check uses.
var Quota = []struct {
	Name  string
	Check func(ctx context.Context, s LinkStore, tenant string) error
}{
	{"an individual link goes to one take, whatever the batch and the node", func(ctx context.Context, s LinkStore, tenant string) error {
		links, err := saved(ctx, s, tenant, 3, nil)
		if err != nil {
			return err
		}
		take := func(i int, id string) shortlink.Take {
			return shortlink.Take{LinkID: links[i].ID, ResolveID: tenant + id, Vendor: "OPPO", Model: "m", DeviceRef: "d" + id, At: at}
		}
		first := []shortlink.Take{take(0, "a"), take(1, "b"), take(0, "c")}
		got, err := s.TakeOnes(ctx, "n1", first)
		if err != nil {
			return err
		}
		if got[1].ResolveID != tenant+"b" || got[1].Row == 0 || got[0].ResolveID != got[2].ResolveID {
			return fmt.Errorf("taken %+v", got)
		}
		again, err := s.TakeOnes(ctx, "n1", first)
		if err != nil {
			return err
		}
		if err := same("the same takes again", again, got); err != nil {
			return err
		}
		other, err := s.TakeOnes(ctx, "n2", []shortlink.Take{take(1, "x"), take(2, "y")})
		if err != nil {
			return err
		}
		if err := same("lost to another node", other[0], shortlink.Taken{ResolveID: tenant + "b", DeviceRef: "db", At: at}); err != nil {
			return err
		}
		if other[1].ResolveID != tenant+"y" || other[1].Row == 0 {
			return fmt.Errorf("taken %+v", other)
		}
		rows, _, err := s.ListLinks(ctx, shortlink.LinkFilter{Tenant: tenant, Limit: 10, Now: at})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.Resolved != 1 || !r.ResolvedAt.Equal(at) {
				return fmt.Errorf("listed as %d, %v", r.Resolved, r.ResolvedAt)
			}
		}
		return nil
	}},
	{"a node reads its own takes in row order", func(ctx context.Context, s LinkStore, tenant string) error {
		links, err := saved(ctx, s, tenant, 5, nil)
		if err != nil {
			return err
		}
		node := "node-" + tenant
		var rows []int64
		for i, l := range links {
			who := node
			if i == 2 {
				who = "another"
			}
			got, err := s.TakeOnes(ctx, who, []shortlink.Take{{LinkID: l.ID, ResolveID: tenant + strconv.Itoa(i), Vendor: "VIVO", Model: "X", DeviceRef: "d", At: at}})
			if err != nil {
				return err
			}
			if who == node {
				rows = append(rows, got[0].Row)
			}
		}
		list, err := s.TakenSince(ctx, node, rows[0], 2)
		if err != nil {
			return err
		}
		found, err := s.FindLinks(ctx, []shortlink.LinkKey{{ID: links[1].ID}, {ID: links[3].ID}})
		if err != nil {
			return err
		}
		visitors := map[int64]uint64{} // a fact that is written again names the same visitor
		for i := range found {
			visitors[found[i].ID] = found[i].Visitor
		}
		want := []shortlink.TakenLink{}
		for n, i := range []int{1, 3} {
			l := links[i]
			l.CustFlag, l.Visitor = "", visitors[l.ID]
			want = append(want, shortlink.TakenLink{Row: rows[n+1], Link: l,
				Take: shortlink.Take{LinkID: l.ID, ResolveID: tenant + strconv.Itoa(i), Vendor: "VIVO", Model: "X", DeviceRef: "d", At: at}})
		}
		return same("takes", list, want)
	}},
	{"grants of a group link never overlap nor pass its limit, on four nodes at once", func(ctx context.Context, s LinkStore, tenant string) error {
		const limit = 1000
		links, err := saved(ctx, s, tenant, 2, func(l *shortlink.Link) { l.Group, l.Limit = true, limit })
		if err != nil {
			return err
		}
		var (
			mu   sync.Mutex
			wg   sync.WaitGroup
			seen = map[shortlink.LinkKey]bool{}
			errs []error
		)
		for n := range 4 {
			wg.Go(func() {
				for {
					gs, err := s.LeaseQuota(ctx, tenant+strconv.Itoa(n), []shortlink.Ask{
						{LinkID: links[1].ID, Limit: limit, Want: 100}, {LinkID: links[0].ID, Limit: limit, Want: 7}})
					mu.Lock()
					if err != nil {
						errs = append(errs, err)
					}
					left := false
					for i, g := range gs {
						for o := g.First; o > 0 && o <= g.Last; o++ {
							left = true
							key := shortlink.LinkKey{ID: links[1-i].ID, Code: strconv.FormatInt(o, 10)}
							if o > limit || seen[key] {
								errs = append(errs, fmt.Errorf("ordinal %d of link %d granted twice or too high", o, i))
							}
							seen[key] = true
						}
					}
					mu.Unlock()
					if err != nil || !left {
						return
					}
				}
			})
		}
		wg.Wait()
		return errors.Join(append(errs, same("granted", len(seen), 2*limit))...)
	}},
	{"what is returned is granted again", func(ctx context.Context, s LinkStore, tenant string) error {
		links, err := saved(ctx, s, tenant, 1, func(l *shortlink.Link) { l.Group, l.Limit = true, 8 })
		if err != nil {
			return err
		}
		id := links[0].ID
		lease := func(node string, want shortlink.Grant) error {
			g, err := s.LeaseQuota(ctx, tenant+node, []shortlink.Ask{{LinkID: id, Limit: 8, Want: 100}})
			if err != nil {
				return err
			}
			return same("grant", g[0], want)
		}
		return errors.Join(
			lease("a", shortlink.Grant{First: 1, Last: 2}),
			lease("b", shortlink.Grant{First: 3, Last: 3}),
			s.ReturnQuota(ctx, tenant+"a", []shortlink.Tail{{LinkID: id, First: 1, From: 2, Last: 2}}),
			s.ReturnQuota(ctx, tenant+"a", []shortlink.Tail{{LinkID: id, First: 1, From: 2, Last: 2}}), // not twice
			s.ReturnQuota(ctx, tenant+"a", []shortlink.Tail{{LinkID: id, First: 3, From: 3, Last: 3}}), // not another's
			lease("b", shortlink.Grant{First: 2, Last: 2}),
			s.ReturnQuota(ctx, tenant+"b", []shortlink.Tail{{LinkID: id, First: 3, From: 3, Last: 3}}),
			lease("c", shortlink.Grant{First: 3, Last: 3}),
			lease("c", shortlink.Grant{First: 4, Last: 4}), lease("c", shortlink.Grant{First: 5, Last: 5}), lease("c", shortlink.Grant{First: 6, Last: 6}),
			lease("c", shortlink.Grant{First: 7, Last: 7}), lease("c", shortlink.Grant{First: 8, Last: 8}), lease("c", shortlink.Grant{}),
		)
	}},
	{"a released node keeps what it used and gives back the rest, to the unit", func(ctx context.Context, s LinkStore, tenant string) error {
		const limit = 40
		links, err := saved(ctx, s, tenant, 1, func(l *shortlink.Link) { l.Group, l.Limit = true, limit })
		if err != nil {
			return err
		}
		id, node := links[0].ID, "gone-"+tenant
		g, err := s.LeaseQuota(ctx, node, []shortlink.Ask{{LinkID: id, Limit: limit, Want: 100}})
		if err != nil || g[0] != (shortlink.Grant{First: 1, Last: 10}) {
			return fmt.Errorf("grant %v, %v", g, err)
		}
		used := []int64{2, 3, 7, 10}
		var solved []shortlink.Attempted
		for _, o := range used {
			solved = append(solved, shortlink.Attempted{LinkID: id, Ordinal: o, ResolveID: "r" + strconv.FormatInt(o, 10), DeviceRef: "d", At: at})
		}
		state := shortlink.NodeState{Position: 77, Journaled: 5}
		if err := s.Apply(ctx, node, state, solved, nil); err != nil {
			return err
		}
		if err := s.Apply(ctx, node, state, solved, nil); err != nil { // a record that comes twice changes nothing
			return err
		}
		if got, err := s.NodeState(ctx, node); err != nil || got != state {
			return fmt.Errorf("state %+v, %v", got, err)
		}
		if err := s.ReleaseNode(ctx, node); err != nil {
			return err
		}
		seen := map[int64]bool{}
		for _, o := range used {
			seen[o] = true
		}
		for {
			g, err := s.LeaseQuota(ctx, "next-"+tenant, []shortlink.Ask{{LinkID: id, Limit: limit, Want: 100}})
			if err != nil {
				return err
			}
			if g[0].First == 0 {
				break
			}
			for o := g[0].First; o <= g[0].Last; o++ {
				if seen[o] || o > limit {
					return fmt.Errorf("ordinal %d granted again", o)
				}
				seen[o] = true
			}
		}
		return same("ordinals used or granted", len(seen), limit)
	}},
	{"a forfeited node gives nothing back", func(ctx context.Context, s LinkStore, tenant string) error {
		links, err := saved(ctx, s, tenant, 1, func(l *shortlink.Link) { l.Group, l.Limit = true, 4 })
		if err != nil {
			return err
		}
		ask := []shortlink.Ask{{LinkID: links[0].ID, Limit: 4, Want: 1}}
		if _, err := s.LeaseQuota(ctx, "lost-"+tenant, ask); err != nil {
			return err
		}
		if err := errors.Join(s.ForfeitNode(ctx, "lost-"+tenant), s.ReleaseNode(ctx, "lost-"+tenant)); err != nil {
			return err
		}
		g, err := s.LeaseQuota(ctx, "x-"+tenant, ask)
		return errors.Join(err, same("next grant", g, []shortlink.Grant{{First: 2, Last: 2}}))
	}},
	{"recent devices are the newest ones with a device", func(ctx context.Context, s LinkStore, tenant string) error {
		links, err := saved(ctx, s, tenant, 4, nil)
		if err != nil {
			return err
		}
		now := at.Add(1000 * time.Hour) // beyond the other checks
		for i, l := range links {
			device := "device-" + strconv.Itoa(i)
			if i == 1 {
				device = ""
			}
			if _, err := s.TakeOnes(ctx, "n", []shortlink.Take{{LinkID: l.ID, ResolveID: tenant + "-" + strconv.Itoa(i), DeviceRef: device,
				At: now.Add(time.Duration(i) * 10 * time.Second)}}); err != nil {
				return err
			}
		}
		got, err := s.RecentDevices(ctx, now.Add(5*time.Second), 100)
		if err != nil {
			return err
		}
		var devices []string
		for _, a := range got {
			devices = append(devices, a.DeviceRef)
		}
		return same("devices", devices, []string{"device-3", "device-2"})
	}},
}
