package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"cardlink/shortlink"
)

// LinkStore is both contracts of the shortlink room.
type LinkStore interface {
	shortlink.Store
	shortlink.EdgeStore
}

// Links is what shortlink.Store promises. tenant is a tenant of the store that no other check uses.
var Links = []struct {
	Name  string
	Check func(ctx context.Context, s LinkStore, tenant string) error
}{
	{"stored links come back by id and by code, without their recipients", func(ctx context.Context, s LinkStore, tenant string) error {
		standard, err := saved(ctx, s, tenant, 3, func(l *shortlink.Link) {
			l.CustomURL, l.Params = "https://shop.example.com/"+l.Code, map[string]string{"param1": "\"ä\"\n", "param2": ""}
		})
		if err != nil {
			return err
		}
		custom, err := saved(ctx, s, tenant, 2, func(l *shortlink.Link) { l.Custom, l.Domain, l.Code = true, tenant+".example", "c"+l.Code[1:] })
		if err != nil {
			return err
		}
		keys := []shortlink.LinkKey{{ID: standard[2].ID}, {Domain: custom[1].Domain, Code: custom[1].Code}, {ID: 1 << 60}, {Domain: "x.example", Code: custom[1].Code}, {ID: standard[0].ID}}
		got, err := s.FindLinks(ctx, keys)
		if err != nil {
			return err
		}
		want := []shortlink.Link{standard[0], standard[2], custom[1]}
		slices.SortFunc(got, func(a, b shortlink.Link) int { return int(a.ID - b.ID) })
		visitors := map[uint64]string{}
		for i := range min(len(got), len(want)) {
			visitors[got[i].Visitor] = want[i].CustFlag
			want[i].CustFlag, want[i].Visitor = "", got[i].Visitor
		}
		return errors.Join(same("found", got, want), same("visitors", len(visitors), 3))
	}},
	{"a recipient is one visitor in all links of the tenant", func(ctx context.Context, s LinkStore, tenant string) error {
		flags := []string{"13800138000", "13800138001", "13800138000"}
		links, err := drafts(ctx, s, tenant, len(flags))
		if err != nil {
			return err
		}
		keys := make([]shortlink.LinkKey, len(flags))
		for i := range links {
			links[i].CustFlag, keys[i].ID = flags[i], links[i].ID
			links[i].CreatedAt = links[i].CreatedAt.Add(-time.Duration(i) * 24 * time.Hour) // the day is no part of it
		}
		if _, err := s.SaveResolveTask(ctx, links); err != nil {
			return err
		}
		got, err := s.FindLinks(ctx, keys)
		if err != nil || len(got) != 3 {
			return fmt.Errorf("%d links, %v", len(got), err)
		}
		slices.SortFunc(got, func(a, b shortlink.Link) int { return int(a.ID - b.ID) })
		if got[0].Visitor == 0 || got[0].Visitor != got[2].Visitor || got[0].Visitor == got[1].Visitor {
			return fmt.Errorf("visitors %x %x %x", got[0].Visitor, got[1].Visitor, got[2].Visitor)
		}
		return nil
	}},
	{"a custom code belongs to its first link, on its domain", func(ctx context.Context, s LinkStore, tenant string) error {
		on := func(domain string, codes ...string) ([]shortlink.Link, []int, error) {
			links, err := drafts(ctx, s, tenant, len(codes))
			if err != nil {
				return nil, nil, err
			}
			for i := range links {
				links[i].Custom, links[i].Domain, links[i].Code = true, domain, codes[i]
			}
			taken, err := s.SaveResolveTask(ctx, links)
			return links, taken, err
		}
		a, b := tenant+".a.example", tenant+".b.example"
		if _, taken, err := on(a, "one", "two"); err != nil || len(taken) != 0 {
			return fmt.Errorf("taken %v, %v", taken, err)
		}
		links, taken, err := on(a, "TWO", "two", "three", "one")
		if err != nil {
			return err
		}
		if err := same("taken", taken, []int{1, 3}); err != nil {
			return err
		}
		if got, err := s.FindLinks(ctx, []shortlink.LinkKey{{ID: links[1].ID}, {ID: links[3].ID}}); err != nil || len(got) != 0 {
			return fmt.Errorf("links without their code were stored: %v, %v", got, err)
		}
		if got, err := s.FindLinks(ctx, []shortlink.LinkKey{{Domain: a, Code: "TWO"}}); err != nil || len(got) != 1 || got[0].ID != links[0].ID {
			return fmt.Errorf("codes must differ by case: %v, %v", got, err)
		}
		if _, taken, err := on(b, "one"); err != nil || len(taken) != 0 {
			return fmt.Errorf("another domain: taken %v, %v", taken, err)
		}
		_, taken, err = on(a, "one", "three")
		if err != nil {
			return err
		}
		if err := same("taken", taken, []int{0, 1}); err != nil {
			return err
		}
		_, total, err := s.ListLinks(ctx, shortlink.LinkFilter{Tenant: tenant, Limit: 100, Now: at})
		return errors.Join(err, same("links stored", total, 2+2+1))
	}},
	{"lists show one row per link, newest first, and only the tenant's own", func(ctx context.Context, s LinkStore, tenant string) error {
		old, err := saved(ctx, s, tenant, 2, func(l *shortlink.Link) {
			l.CreatedAt, l.TaskName, l.TplName = at.Add(-48*time.Hour), "spring 100% sale", "Spring_sale"
			l.Signs = []string{"示例\"商城", "B"}
		})
		if err != nil {
			return err
		}
		sent, err := saved(ctx, s, tenant, 1, func(l *shortlink.Link) { l.FromSend, l.CustFlag, l.TplID = true, "13100000000", 600000009 })
		if err != nil {
			return err
		}
		fresh, err := saved(ctx, s, tenant, 3, func(l *shortlink.Link) { l.Group, l.Limit, l.User = true, 5, "someone" })
		if err != nil {
			return err
		}
		all := []shortlink.Link{fresh[2], fresh[1], fresh[0], sent[0], old[1], old[0]}
		list := func(what string, f shortlink.LinkFilter, total int, want ...shortlink.Link) error {
			f.Tenant, f.Now = tenant, at
			if f.Limit == 0 {
				f.Limit = 100
			}
			rows, n, err := s.ListLinks(ctx, f)
			if err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
			if n != total {
				return fmt.Errorf("%s: total %d, want %d", what, n, total)
			}
			got := make([]shortlink.Link, len(rows))
			for i := range rows {
				got[i] = rows[i].Link
				got[i].CustRef = ""
			}
			if len(want) == 0 {
				want = []shortlink.Link{}
			}
			return same(what, got, want)
		}
		_, total, err := s.ListLinks(ctx, shortlink.LinkFilter{Tenant: "other", Limit: 10, Now: at})
		if err == nil || total != 0 {
			return fmt.Errorf("another tenant's list: total %d, err %v", total, err)
		}
		return errors.Join(
			list("everything", shortlink.LinkFilter{}, 6, all...),
			list("a page", shortlink.LinkFilter{Offset: 1, Limit: 2}, 6, all[1:3]...),
			list("beyond the end", shortlink.LinkFilter{Offset: 6, Limit: 2}, 6),
			list("beyond 10,000", shortlink.LinkFilter{Offset: 9_999, Limit: 2}, 6),
			list("resolve tasks only", shortlink.LinkFilter{ResolveOnly: true}, 5, fresh[2], fresh[1], fresh[0], old[1], old[0]),
			list("a window", shortlink.LinkFilter{Begin: at.Add(-24 * time.Hour), End: at}, 4, all[:4]...),
			list("a window of one second", shortlink.LinkFilter{Begin: old[0].CreatedAt, End: old[0].CreatedAt}, 2, old[1], old[0]),
			list("an upside-down window", shortlink.LinkFilter{Begin: at, End: at.Add(-time.Hour)}, 0),
			list("task id", shortlink.LinkFilter{TaskID: old[0].TaskID}, 2, old[1], old[0]),
			list("part of the task name", shortlink.LinkFilter{TaskName: "100% s"}, 2, old[1], old[0]),
			list("another case", shortlink.LinkFilter{TaskName: "SPRING"}, 0),
			list("part of the template name", shortlink.LinkFilter{TplName: "g_s"}, 2, old[1], old[0]),
			list("template id", shortlink.LinkFilter{TplID: "600000009"}, 1, sent...),
			list("no template id", shortlink.LinkFilter{TplID: "x"}, 0),
			list("recipient", shortlink.LinkFilter{CustFlag: "13100000000"}, 1, sent...),
			list("part of a recipient", shortlink.LinkFilter{CustFlag: "1310000000"}, 0),
			list("recipient in a window", shortlink.LinkFilter{CustFlag: old[0].CustFlag, Begin: at.Add(-72 * time.Hour), End: at}, 1, old[0]),
			list("recipient outside the window", shortlink.LinkFilter{CustFlag: old[0].CustFlag, Begin: at.Add(-time.Hour), End: at}, 0),
			list("signature", shortlink.LinkFilter{Sign: "示例\"商城"}, 2, old[1], old[0]),
			list("part of a signature", shortlink.LinkFilter{Sign: "示例"}, 0),
			list("address", shortlink.LinkFilter{Domain: fresh[1].Domain, Code: fresh[1].Code, LinkID: fresh[1].ID}, 1, fresh[1]),
			list("address on another domain", shortlink.LinkFilter{Domain: "other.example", Code: fresh[1].Code, LinkID: fresh[1].ID}, 0),
			list("id with another code", shortlink.LinkFilter{Domain: fresh[1].Domain, Code: "Zzzzzzzz", LinkID: fresh[1].ID}, 0),
		)
	}},
	{"details follow a link from unresolved over fail to success", func(ctx context.Context, s LinkStore, tenant string) error {
		links, err := saved(ctx, s, tenant, 1, func(l *shortlink.Link) { l.Group, l.Limit = true, 4 })
		if err != nil {
			return err
		}
		want := func(status string, ids ...string) error {
			for _, f := range []string{"", shortlink.StatusUnresolved, shortlink.StatusFail, shortlink.StatusSuccess} {
				rows, total, err := s.ListDetails(ctx, shortlink.LinkFilter{Tenant: tenant, Status: f, Limit: 10, Now: at})
				if err != nil {
					return err
				}
				if f != "" && f != status {
					if total != 0 || len(rows) != 0 {
						return fmt.Errorf("%d rows of status %s, want none", len(rows), f)
					}
					continue
				}
				var got []string
				for _, r := range rows {
					if r.Status != status || r.CustFlag != links[0].CustFlag {
						return fmt.Errorf("row %+v", r)
					}
					got = append(got, r.ResolveID)
				}
				if err := errors.Join(same("total", total, len(ids)), same("resolve ids", got, ids)); err != nil {
					return fmt.Errorf("%s, filter %q: %w", status, f, err)
				}
			}
			return nil
		}
		if err := want(shortlink.StatusUnresolved, ""); err != nil {
			return err
		}
		refused := shortlink.Attempted{LinkID: links[0].ID, ResolveID: "r1", Reason: "sign_mismatch", At: at}
		later := refused
		later.ResolveID = "r2"
		if err := s.Apply(ctx, "n-"+tenant, shortlink.NodeState{Position: 1}, nil, []shortlink.Attempted{refused, later}); err != nil {
			return err
		}
		if err := want(shortlink.StatusFail, "r2"); err != nil {
			return err
		}
		if _, err := s.LeaseQuota(ctx, "n-"+tenant, []shortlink.Ask{{LinkID: links[0].ID, Limit: 4, Want: 4}}); err != nil {
			return err
		}
		solved := []shortlink.Attempted{{LinkID: links[0].ID, Ordinal: 1, ResolveID: "s1", At: at}, {LinkID: links[0].ID, Ordinal: 2, ResolveID: "s2", At: at}}
		if err := s.Apply(ctx, "n-"+tenant, shortlink.NodeState{Position: 2}, solved, nil); err != nil {
			return err
		}
		if err := want(shortlink.StatusSuccess, "s2", "s1"); err != nil {
			return err
		}
		rows, _, err := s.ListLinks(ctx, shortlink.LinkFilter{Tenant: tenant, Limit: 10, Now: at})
		if err != nil || len(rows) != 1 || rows[0].Resolved != 2 {
			return fmt.Errorf("rows %+v, %v; want one link resolved twice", rows, err)
		}
		return nil
	}},
	{"a domain keeps its tenant and its kind of code", func(ctx context.Context, s LinkStore, tenant string) error {
		own := shortlink.Domain{Name: tenant + ".own.example", Tenant: tenant, Generation: shortlink.Custom, State: shortlink.Approved, CreatedAt: at}
		shared := shortlink.Domain{Name: tenant + ".shared.example/a1", Generation: shortlink.Standard, State: shortlink.Approved, CreatedAt: at}
		if err := errors.Join(s.SaveDomain(ctx, own), s.SaveDomain(ctx, shared), s.SaveDomain(ctx, own)); err != nil {
			return err
		}
		if _, err := s.Domain(ctx, "somebody", own.Name); !errors.Is(err, shortlink.ErrNoDomain) {
			return fmt.Errorf("another tenant's domain: %w", err)
		}
		if d, err := s.Domain(ctx, "somebody", shared.Name); err != nil || d != shared {
			return fmt.Errorf("shared domain %+v, %w", d, err)
		}
		stolen, changed := own, own
		stolen.Tenant, changed.Generation = "somebody", shortlink.Standard
		for _, d := range []shortlink.Domain{stolen, changed} {
			if err := s.SaveDomain(ctx, d); !errors.Is(err, shortlink.ErrDomainTaken) {
				return fmt.Errorf("save %+v: %v, want ErrDomainTaken", d, err)
			}
		}
		own.Frozen = true
		if err := s.SaveDomain(ctx, own); err != nil {
			return err
		}
		list, err := s.Domains(ctx, tenant)
		if err != nil {
			return err
		}
		list = slices.DeleteFunc(list, func(d shortlink.Domain) bool { return d.Name != own.Name && d.Name != shared.Name })
		if err := same("domains", list, []shortlink.Domain{own, shared}); err != nil {
			return err
		}
		// A verdict freezes or frees; what was rejected waits again when it is asked for again, and stays frozen until it is approved.
		for _, step := range []struct {
			verdict, state string
			frozen         bool
		}{{shortlink.Rejected, shortlink.Pending, true}, {shortlink.Approved, shortlink.Approved, false}} {
			if found, err := s.ReviewDomain(ctx, own.Name, step.verdict, "words"); err != nil || !found {
				return fmt.Errorf("review: %v, %w", found, err)
			}
			if d, err := s.Domain(ctx, tenant, own.Name); err != nil || d.State != step.verdict || d.Frozen != step.frozen || d.Words != "words" {
				return fmt.Errorf("reviewed %+v, %w", d, err)
			}
			again := own
			again.Frozen = false
			if err := s.SaveDomain(ctx, again); err != nil {
				return err
			}
			if d, err := s.Domain(ctx, tenant, own.Name); err != nil || d.State != step.state || d.Frozen != step.frozen {
				return fmt.Errorf("asked for again %+v, %w", d, err)
			}
		}
		if found, err := s.ReviewDomain(ctx, "unknown."+own.Name, shortlink.Approved, ""); err != nil || found {
			return fmt.Errorf("review of an unknown domain: %v, %w", found, err)
		}
		return nil
	}},
	{"jump hosts are the tenant's own and stored once", func(ctx context.Context, s LinkStore, tenant string) error {
		jump := func(tenant, host string) shortlink.JumpHost {
			return shortlink.JumpHost{Tenant: tenant, Host: host, State: shortlink.Approved, CreatedAt: at}
		}
		a, b := jump(tenant, "a.example"), jump(tenant, "b.example")
		if err := errors.Join(s.SaveJumpHost(ctx, b), s.SaveJumpHost(ctx, a), s.SaveJumpHost(ctx, b), s.SaveJumpHost(ctx, jump("somebody", "c.example"))); err != nil {
			return err
		}
		hosts, err := s.JumpHosts(ctx, tenant)
		if err := errors.Join(err, same("hosts", hosts, []shortlink.JumpHost{a, b})); err != nil {
			return err
		}
		if found, err := s.ReviewJumpHost(ctx, tenant, a.Host, shortlink.Rejected, "no"); err != nil || !found {
			return fmt.Errorf("review: %v, %w", found, err)
		}
		if found, err := s.DeleteJumpHost(ctx, "somebody", b.Host); err != nil || found {
			return fmt.Errorf("another tenant deleted it: %v, %w", found, err)
		}
		if found, err := s.DeleteJumpHost(ctx, tenant, b.Host); err != nil || !found {
			return fmt.Errorf("delete: %v, %w", found, err)
		}
		a.State, a.Words = shortlink.Rejected, "no"
		hosts, err = s.JumpHosts(ctx, tenant)
		if err := errors.Join(err, same("hosts", hosts, []shortlink.JumpHost{a})); err != nil {
			return err
		}
		if err := s.SaveJumpHost(ctx, jump(tenant, a.Host)); err != nil {
			return err
		}
		a.State = shortlink.Pending
		hosts, err = s.JumpHosts(ctx, tenant)
		return errors.Join(err, same("hosts", hosts, []shortlink.JumpHost{a}))
	}},
	{"a revoked link says so, to its owner's order only", func(ctx context.Context, s LinkStore, tenant string) error {
		links, err := saved(ctx, s, tenant, 2, nil)
		if err != nil {
			return err
		}
		if found, err := s.RevokeLink(ctx, "somebody", links[0].ID, at); err != nil || found {
			return fmt.Errorf("another tenant revoked it: %v, %v", found, err)
		}
		if found, err := s.RevokeLink(ctx, tenant, links[0].ID, at); err != nil || !found {
			return fmt.Errorf("revoke: %v, %v", found, err)
		}
		ids, err := s.RevokedSince(ctx, at)
		if err != nil || !slices.Contains(ids, links[0].ID) || slices.Contains(ids, links[1].ID) {
			return fmt.Errorf("revoked: %v, %v", ids, err)
		}
		if ids, err := s.RevokedSince(ctx, at.Add(time.Second)); err != nil || slices.Contains(ids, links[0].ID) {
			return fmt.Errorf("revoked later: %v, %v", ids, err)
		}
		got, err := s.FindLinks(ctx, []shortlink.LinkKey{{ID: links[0].ID}})
		if err != nil || len(got) != 1 || !got[0].Revoked {
			return fmt.Errorf("found %+v, %v", got, err)
		}
		return nil
	}},
}

// at is when the checks' links are made.
var at = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

// drafts mints n individual links of one task, unsaved, with codes unique to them.
func drafts(ctx context.Context, s LinkStore, tenant string, n int) ([]shortlink.Link, error) {
	first, err := s.LeaseLinkIDs(ctx, int64(n))
	if err != nil {
		return nil, err
	}
	links := make([]shortlink.Link, n)
	for i := range links {
		id := first + int64(i)
		links[i] = shortlink.Link{
			ID: id, Tenant: tenant, TaskID: "task-" + strconv.FormatInt(first, 10), TaskName: "task", User: "user", Domain: "s.example.com",
			Code: "C" + strconv.FormatInt(1_000_000+id, 10), TplID: 600000001, TplVersion: 2, TplName: "card", Signs: []string{"示例商城"}, Limit: 1,
			CustFlag: "cust-" + strconv.FormatInt(id, 10), CreatedAt: at, ExpireAt: at.Truncate(time.Second).Add(24 * time.Hour),
		}
	}
	return links, nil
}

// saved saves n drafts after change.
func saved(ctx context.Context, s LinkStore, tenant string, n int, change func(*shortlink.Link)) ([]shortlink.Link, error) {
	links, err := drafts(ctx, s, tenant, n)
	if err != nil {
		return nil, err
	}
	for i := range links {
		if change != nil {
			change(&links[i])
		}
	}
	taken, err := s.SaveResolveTask(ctx, links)
	if err == nil && len(taken) > 0 {
		err = fmt.Errorf("codes taken: %v", taken)
	}
	return links, err
}
