package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cardlink/serviceaccount"
)

// Accounts needs a fresh store with the tenants "a" and "b".
var Accounts = []struct {
	Name  string
	Check func(context.Context, serviceaccount.PubStore) error
}{

	{"an account is read back whole, by each of its three ids, and by its tenant only", accountRoundTrip},
	{"a name belongs to one company, in force or in review, whatever its case and width", accountNames},
	{"a company may use a name again with another remark", accountRemarks},
	{"of many that want a name at once, one company gets it", accountNameRace},
	{"a change is stored whole or not at all", accountChange},
	{"a thing has one change in review, and a verdict is given once", accountOneInReview},
	{"lists are newest first, filtered, paged, and count all", accountLists},
	{"freezing shows on everything below", accountFrozenBelow},
	{"the change log tells what happened, the newest first, and what waits, the oldest first", accountLog},
	{"urging is noted on the newest change", accountUrge},
	{"a picture is read back; its content only if it is private", accountMedia},
	{"pictures fill their space and no more", accountMediaQuota},
}

var accountsAt = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// accountID makes an id of the room's form from a word.
func accountID(word string) string {
	return fmt.Sprintf("%x", word) + strings.Repeat("0", 32-2*len(word))
}

// newAccount is an account in force since an hour after word's turn; alter may make it something else.
func newAccount(tenant, word, name string, turn int, alter func(*serviceaccount.Edit)) *serviceaccount.Edit {
	at := accountsAt.Add(time.Duration(turn) * time.Hour)
	life := serviceaccount.Life{Version: 1, ApproveState: serviceaccount.Approved, Reason: "new", Creator: "u-1", OnlineAt: at.Add(time.Minute), OperAt: at.Add(time.Minute), CreatedAt: at}
	id := accountID(word)
	e := &serviceaccount.Edit{Account: serviceaccount.Account{
		Pub: serviceaccount.Pub{ID: id, Tenant: tenant, Life: life, PubContent: serviceaccount.PubContent{
			Name: name, Abstract: "sells", LogoImg: accountID("logo"), AutoGetPort: true, Signs: []string{"示例商城"}, Areas: []string{"广东省"}, Industry: 5,
			AuthorizationFiles: []string{accountID("letter")},
		}},
		Menu: serviceaccount.Menu{ID: accountID("m" + word), PubID: id, Tenant: tenant, Life: life, MenuContent: serviceaccount.MenuContent{Items: []serviceaccount.MenuItem{
			{Name: "shop " + word, ActionType: serviceaccount.OpenSubmenu, SubItems: []serviceaccount.MenuItem{
				{Name: "sale", ActionType: serviceaccount.OpenURL, Content: "https://shop.example.com", Ext: serviceaccount.MenuExt{OpenInBrowser: "1", WebTitle: "sale"}},
			}},
		}}},
		Portal: serviceaccount.Portal{ID: accountID("h" + word), PubID: id, Tenant: tenant, Life: life, PortalContent: serviceaccount.PortalContent{
			BackgroundImg: accountID("back"), Summary: "a shop", Tels: []serviceaccount.Tel{{Tel: "400-800-8800", Usage: "hotline"}},
		}},
	}}
	if alter != nil {
		alter(e)
	}
	return e
}

// inReview makes an account one that was never approved.
func inReview(e *serviceaccount.Edit) {
	p := &e.Pub
	p.Version, p.ApproveState, p.OnlineAt = 0, serviceaccount.InReview, time.Time{}
	next := p.PubContent
	p.Pending = &next
}

func accountRoundTrip(ctx context.Context, s serviceaccount.PubStore) error {
	e := newAccount("a", "round", "示例商城", 0, func(e *serviceaccount.Edit) {
		next := e.Menu.MenuContent
		next.Items = slices.Clone(next.Items)
		next.Items[0].Name = "new"
		e.Menu.Pending, e.Menu.ApproveState = &next, serviceaccount.InReview
		content := e.Portal.PortalContent
		content.FastApps = []serviceaccount.FastApp{{Name: "app", LogoImg: accountID("fast"), Description: "d", Deeplink: "hap://app/x", DependEngineVersion: "1040"}}
		e.Portal.Pending = &content
	})
	want := e.Account
	if err := s.AddAccount(ctx, e); err != nil {
		return err
	}
	for _, ref := range []serviceaccount.Ref{
		{Tenant: "a", Kind: serviceaccount.KindPub, ID: want.Pub.ID}, {Kind: serviceaccount.KindMenu, ID: want.Menu.ID}, {Tenant: "a", Kind: serviceaccount.KindPortal, ID: want.Portal.ID},
	} {
		got, err := s.Account(ctx, ref)
		if err == nil {
			err = same("account by "+ref.Kind, got, want)
		}
		if err != nil {
			return err
		}
	}
	for _, ref := range []serviceaccount.Ref{
		{Tenant: "b", Kind: serviceaccount.KindPub, ID: want.Pub.ID}, {Tenant: "a", Kind: serviceaccount.KindMenu, ID: want.Pub.ID}, {Tenant: "a", Kind: serviceaccount.KindPub, ID: "x"},
	} {
		if _, err := s.Account(ctx, ref); !errors.Is(err, serviceaccount.ErrUnknown) {
			return fmt.Errorf("%+v: %v, want ErrUnknown", ref, err)
		}
		if err := s.ChangeAccount(ctx, ref, func(*serviceaccount.Edit) error { return nil }); !errors.Is(err, serviceaccount.ErrUnknown) {
			return fmt.Errorf("change %+v: %v, want ErrUnknown", ref, err)
		}
	}
	return nil
}

func accountNames(ctx context.Context, s serviceaccount.PubStore) error {
	add := func(tenant, word, name string, alter func(*serviceaccount.Edit)) error {
		return s.AddAccount(ctx, newAccount(tenant, word, name, 0, alter))
	}
	if err := errors.Join(add("a", "force", "Brand", nil), add("a", "wait", "Waiting", inReview)); err != nil {
		return err
	}
	for i, name := range []string{"brand", "ＢＲＡＮＤ", "Waiting"} {
		if err := add("b", fmt.Sprint("thief", i), name, inReview); !errors.Is(err, serviceaccount.ErrNameTaken) {
			return fmt.Errorf("%q of another company: %v, want ErrNameTaken", name, err)
		}
	}
	if err := add("b", "own", "Other", nil); err != nil {
		return err
	}
	rename := func(tenant, word, name string) error {
		return s.ChangeAccount(ctx, serviceaccount.Ref{Tenant: tenant, Kind: serviceaccount.KindPub, ID: accountID(word)}, func(e *serviceaccount.Edit) error {
			next := e.Pub.PubContent
			next.Name = name
			e.Pub.Pending, e.Pub.ApproveState = &next, serviceaccount.InReview
			return nil
		})
	}
	if err := rename("b", "own", "BRAND"); !errors.Is(err, serviceaccount.ErrNameTaken) {
		return fmt.Errorf("renamed to a taken name: %v, want ErrNameTaken", err)
	}
	// A rejected account that never was in force holds no name.
	err := s.ChangeAccount(ctx, serviceaccount.Ref{Tenant: "a", Kind: serviceaccount.KindPub, ID: accountID("wait")}, func(e *serviceaccount.Edit) error {
		e.Pub.Pending, e.Pub.ApproveState = nil, serviceaccount.Rejected
		return nil
	})
	if err != nil {
		return err
	}
	if err := rename("b", "own", "waiting"); err != nil {
		return fmt.Errorf("a name that was let go: %w", err)
	}
	if err := rename("a", "wait", "Waiting"); !errors.Is(err, serviceaccount.ErrNameTaken) {
		return fmt.Errorf("submitted again after the name went to another: %v, want ErrNameTaken", err)
	}
	return nil
}

func accountRemarks(ctx context.Context, s serviceaccount.PubStore) error {
	add := func(word, remark string) error {
		return s.AddAccount(ctx, newAccount("a", word, "Twin", 0, func(e *serviceaccount.Edit) { e.Pub.Remark = remark }))
	}
	if err := errors.Join(add("twin1", ""), add("twin2", "south")); err != nil {
		return err
	}
	for i, remark := range []string{"", "south"} {
		if err := add(fmt.Sprint("twin", 3+i), remark); !errors.Is(err, serviceaccount.ErrRemarkTaken) {
			return fmt.Errorf("the same name and remark %q: %v, want ErrRemarkTaken", remark, err)
		}
	}
	err := s.ChangeAccount(ctx, serviceaccount.Ref{Tenant: "a", Kind: serviceaccount.KindPub, ID: accountID("twin1")}, func(e *serviceaccount.Edit) error {
		e.Pub.Remark = "south"
		return nil
	})
	if !errors.Is(err, serviceaccount.ErrRemarkTaken) {
		return fmt.Errorf("changed to the remark of another: %v, want ErrRemarkTaken", err)
	}
	return nil
}

func accountNameRace(ctx context.Context, s serviceaccount.PubStore) error {
	const rounds, runners = 5, 8
	for round := range rounds {
		errs := make([]error, runners)
		var all sync.WaitGroup
		for i := range runners {
			all.Go(func() {
				e := newAccount([]string{"a", "b"}[i%2], fmt.Sprint("race", round, i), fmt.Sprint("Race ", round), 0, nil)
				e.Pub.Remark = fmt.Sprint(i)
				errs[i] = s.AddAccount(ctx, e)
			})
		}
		all.Wait()
		var got [2]int // accounts of either company
		for i, err := range errs {
			switch {
			case err == nil:
				got[i%2]++
			case !errors.Is(err, serviceaccount.ErrNameTaken):
				return err
			}
		}
		if got != [2]int{runners / 2, 0} && got != [2]int{0, runners / 2} {
			return fmt.Errorf("accounts of the two companies that got the name: %v; want all %d of one", got, runners/2)
		}
	}
	return nil
}

func accountChange(ctx context.Context, s serviceaccount.PubStore) error {
	e := newAccount("a", "change", "Changing", 0, nil)
	want := e.Account
	if err := s.AddAccount(ctx, e); err != nil {
		return err
	}
	ref := serviceaccount.Ref{Tenant: "a", Kind: serviceaccount.KindPortal, ID: want.Portal.ID}
	alter := func(a *serviceaccount.Account) {
		a.Pub.Name, a.Pub.Frozen, a.Pub.Reason, a.Pub.OperAt = "Changed", true, "because", accountsAt.Add(time.Hour)
		a.Menu.Frozen, a.Portal.Frozen = true, true
		a.Menu.Version, a.Menu.Items, a.Menu.OnlineAt = 2, []serviceaccount.MenuItem{{Name: "call", ActionType: serviceaccount.Calling, Content: "95599"}}, accountsAt.Add(time.Hour)
		a.Portal.Summary, a.Portal.ApproveState = "changed", serviceaccount.Rejected
	}
	trouble := errors.New("trouble")
	if err := s.ChangeAccount(ctx, ref, func(e *serviceaccount.Edit) error {
		alter(&e.Account)
		return trouble
	}); !errors.Is(err, trouble) {
		return fmt.Errorf("a failing change: %v", err)
	}
	got, err := s.Account(ctx, ref)
	if err == nil {
		err = same("after a failing change", got, want)
	}
	if err != nil {
		return err
	}
	if err := s.ChangeAccount(ctx, ref, func(e *serviceaccount.Edit) error {
		alter(&e.Account)
		return nil
	}); err != nil {
		return err
	}
	alter(&want)
	if got, err = s.Account(ctx, ref); err != nil {
		return err
	}
	return same("after a change", got, want)
}

func change(e *serviceaccount.Edit, kind, objectID string, verdict int) *serviceaccount.Change {
	c := &serviceaccount.Change{
		Tenant: e.Pub.Tenant, Kind: kind, ObjectID: objectID, PubID: e.Pub.ID, PubName: e.Pub.Name, User: "u-1", Reason: "why", At: accountsAt, Before: json.RawMessage(`{"a":1}`),
		After: json.RawMessage(`{"a":2}`), Verdict: verdict,
	}
	if verdict != serviceaccount.InReview {
		c.DecidedAt = accountsAt
	}
	return c
}

func accountOneInReview(ctx context.Context, s serviceaccount.PubStore) error {
	e := newAccount("a", "one", "One", 0, nil)
	if err := s.AddAccount(ctx, e); err != nil {
		return err
	}
	ref := serviceaccount.Ref{Tenant: "a", Kind: serviceaccount.KindMenu, ID: e.Menu.ID}
	submit := func() error {
		return s.ChangeAccount(ctx, ref, func(e *serviceaccount.Edit) error {
			e.Lines = append(e.Lines, change(e, serviceaccount.KindMenu, e.Menu.ID, serviceaccount.InReview))
			return nil
		})
	}
	if err := submit(); err != nil {
		return err
	}
	waiting, err := s.PendingChanges(ctx, serviceaccount.KindMenu, 10)
	if err != nil || len(waiting) != 1 {
		return fmt.Errorf("waiting: %+v, %v", waiting, err)
	}
	id := waiting[0].ID
	if err := submit(); !errors.Is(err, serviceaccount.ErrWaiting) {
		return fmt.Errorf("a second change in review: %v, want ErrWaiting", err)
	}
	decide := func(verdict int) error {
		return s.ChangeAccount(ctx, ref, func(e *serviceaccount.Edit) error {
			e.Lines = []*serviceaccount.Change{{ID: id, Verdict: verdict, Words: "fine", DecidedAt: accountsAt.Add(time.Minute)}}
			return nil
		})
	}
	if err := decide(serviceaccount.Approved); err != nil {
		return err
	}
	if err := decide(serviceaccount.Rejected); !errors.Is(err, serviceaccount.ErrDecided) {
		return fmt.Errorf("a second verdict: %v, want ErrDecided", err)
	}
	got, err := s.Change(ctx, id)
	if err != nil {
		return err
	}
	want := *change(e, serviceaccount.KindMenu, e.Menu.ID, serviceaccount.Approved)
	want.ID, want.Words, want.DecidedAt = id, "fine", accountsAt.Add(time.Minute)
	if err := same("the change", got, want); err != nil {
		return err
	}
	if err := submit(); err != nil {
		return fmt.Errorf("a change after the verdict: %w", err)
	}
	return nil
}

func accountLists(ctx context.Context, s serviceaccount.PubStore) error {
	for i, word := range []string{"l0", "l1", "l2"} {
		if err := s.AddAccount(ctx, newAccount("lists", word, "List "+word, i, func(e *serviceaccount.Edit) {
			switch i {
			case 1:
				inReview(e)
				e.Menu.Version, e.Portal.Version, e.Menu.OnlineAt, e.Portal.OnlineAt = 0, 0, time.Time{}, time.Time{}
			case 2:
				e.Pub.Industry = 9
			}
		})); err != nil {
			return err
		}
	}
	if err := s.AddAccount(ctx, newAccount("b", "foreign", "List foreign", 9, nil)); err != nil {
		return err
	}
	whole := serviceaccount.Window{Limit: 10}
	hour := func(n int) time.Time { return accountsAt.Add(time.Duration(n) * time.Hour) }
	for _, c := range []struct {
		name  string
		f     serviceaccount.PubFilter
		want  string
		total int
	}{
		{"all", serviceaccount.PubFilter{Window: whole}, "l2 l1 l0", 3},
		{"a page", serviceaccount.PubFilter{Window: serviceaccount.Window{Offset: 1, Limit: 1}}, "l1", 3},
		{"beyond the end", serviceaccount.PubFilter{Window: serviceaccount.Window{Offset: 3, Limit: 1}}, "", 3},
		{"by part of the name", serviceaccount.PubFilter{Name: "t l1", Window: whole}, "l1", 1},
		{"in force", serviceaccount.PubFilter{State: serviceaccount.StateEffective, Window: whole}, "l2 l0", 2},
		{"not in force", serviceaccount.PubFilter{State: serviceaccount.StateNotEffective, Window: whole}, "l1", 1},
		{"invalid", serviceaccount.PubFilter{State: serviceaccount.StateInvalid, Window: whole}, "", 0},
		{"in review", serviceaccount.PubFilter{ApproveState: serviceaccount.InReview, Window: whole}, "l1", 1},
		{"of an industry", serviceaccount.PubFilter{Industry: 9, Window: whole}, "l2", 1},
		{"online from", serviceaccount.PubFilter{Online: serviceaccount.Online{From: hour(1)}, Window: whole}, "l2", 1},
		{"online to", serviceaccount.PubFilter{Online: serviceaccount.Online{To: hour(1)}, Window: whole}, "l0", 1},
	} {
		c.f.Tenant = "lists"
		pubs, total, err := s.ListPubs(ctx, c.f)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		var got []string
		for _, p := range pubs {
			got = append(got, strings.TrimPrefix(p.Name, "List "))
		}
		if strings.Join(got, " ") != c.want || total != c.total {
			return fmt.Errorf("pubs %s: %v of %d, want %q of %d", c.name, got, total, c.want, c.total)
		}
		menus, total, err := s.ListMenus(ctx, serviceaccount.MenuFilter{Tenant: "lists", PubName: c.f.Name, State: c.f.State, Online: c.f.Online, Window: c.f.Window})
		if err != nil {
			return fmt.Errorf("menus %s: %w", c.name, err)
		}
		portals, total2, err := s.ListPortals(ctx, serviceaccount.PortalFilter{Tenant: "lists", PubName: c.f.Name, State: c.f.State, Online: c.f.Online, Window: c.f.Window})
		if err != nil {
			return fmt.Errorf("portals %s: %w", c.name, err)
		}
		if c.f.Industry != 0 || c.f.ApproveState != 0 {
			continue // filters of accounts alone
		}
		got = nil
		for i, m := range menus {
			if m.PubID != portals[i].PubID || m.PubName != portals[i].PubName || m.LogoImg != accountID("logo") {
				return fmt.Errorf("%s: menu %+v beside portal %+v", c.name, m, portals[i])
			}
			got = append(got, strings.TrimPrefix(m.PubName, "List "))
		}
		if strings.Join(got, " ") != c.want || total != c.total || total2 != c.total || len(portals) != len(menus) {
			return fmt.Errorf("menus and portals %s: %v of %d and %d, want %q of %d", c.name, got, total, total2, c.want, c.total)
		}
	}
	for _, f := range []serviceaccount.MenuFilter{{ID: accountID("ml1")}, {PubID: accountID("l1")}, {Name: "op l1"}} {
		f.Tenant, f.Window = "lists", whole
		if list, total, err := s.ListMenus(ctx, f); err != nil || total != 1 || len(list) != 1 || list[0].ID != accountID("ml1") {
			return fmt.Errorf("menus %+v: %+v of %d, %v", f, list, total, err)
		}
	}
	return nil
}

func accountFrozenBelow(ctx context.Context, s serviceaccount.PubStore) error {
	e := newAccount("a", "frozen", "Frozen", 0, nil)
	if err := s.AddAccount(ctx, e); err != nil {
		return err
	}
	freeze := func(on bool) error {
		return s.ChangeAccount(ctx, serviceaccount.Ref{Tenant: "a", Kind: serviceaccount.KindPub, ID: e.Pub.ID}, func(e *serviceaccount.Edit) error {
			e.Pub.Frozen = on
			return nil
		})
	}
	for _, state := range []int{serviceaccount.StateFrozen, serviceaccount.StateEffective} {
		if err := freeze(state == serviceaccount.StateFrozen); err != nil {
			return err
		}
		w := serviceaccount.Window{Limit: 10}
		pubs, n1, err1 := s.ListPubs(ctx, serviceaccount.PubFilter{Tenant: "a", Name: "Frozen", State: state, Window: w})
		menus, n2, err2 := s.ListMenus(ctx, serviceaccount.MenuFilter{Tenant: "a", PubID: e.Pub.ID, State: state, Window: w})
		portals, n3, err3 := s.ListPortals(ctx, serviceaccount.PortalFilter{Tenant: "a", PubName: "Frozen", State: state, Window: w})
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		if n1 != 1 || n2 != 1 || n3 != 1 || pubs[0].State() != state || menus[0].State() != state || portals[0].State() != state {
			return fmt.Errorf("state %d: %d, %d and %d found", state, n1, n2, n3)
		}
	}
	return nil
}

func accountLog(ctx context.Context, s serviceaccount.PubStore) error {
	e := newAccount("a", "log", "Logged", 0, nil)
	lines := []*serviceaccount.Change{
		change(e, serviceaccount.KindPub, e.Pub.ID, serviceaccount.InReview), change(e, serviceaccount.KindMenu, e.Menu.ID, serviceaccount.Approved),
		change(e, serviceaccount.KindPortal, e.Portal.ID, serviceaccount.InReview),
	}
	lines[1].Before = nil
	e.Lines = lines
	if err := s.AddAccount(ctx, e); err != nil {
		return err
	}
	if lines[0].ID <= 0 || lines[1].ID <= lines[0].ID || lines[2].ID <= lines[1].ID {
		return fmt.Errorf("ids %d, %d, %d do not rise", lines[0].ID, lines[1].ID, lines[2].ID)
	}
	all, err := s.Changes(ctx, "a", e.Pub.ID, 2)
	if err != nil {
		return err
	}
	if err := same("the log", all, []serviceaccount.Change{*lines[2], *lines[1]}); err != nil {
		return err
	}
	if all, err := s.Changes(ctx, "b", e.Pub.ID, 9); err != nil || len(all) != 0 {
		return fmt.Errorf("another tenant reads %+v, %v", all, err)
	}
	waiting, err := s.PendingChanges(ctx, "", 1000)
	if err != nil {
		return err
	}
	mine := slices.DeleteFunc(waiting, func(c serviceaccount.Change) bool { return c.PubID != e.Pub.ID })
	if err := same("what waits", mine, []serviceaccount.Change{*lines[0], *lines[2]}); err != nil {
		return err
	}
	if _, err := s.Change(ctx, lines[2].ID+1_000_000); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("a change that is not there: %v, want ErrUnknown", err)
	}
	return nil
}

func accountUrge(ctx context.Context, s serviceaccount.PubStore) error {
	e := newAccount("a", "urge", "Urged", 0, nil)
	older, newer := change(e, serviceaccount.KindMenu, e.Menu.ID, serviceaccount.Approved), change(e, serviceaccount.KindMenu, e.Menu.ID, serviceaccount.InReview)
	e.Lines = []*serviceaccount.Change{older, newer}
	if err := s.AddAccount(ctx, e); err != nil {
		return err
	}
	for n := 1; n <= 2; n++ {
		at := accountsAt.Add(time.Duration(n) * time.Minute)
		id, err := s.UrgeChange(ctx, "a", e.Menu.ID, at)
		if err != nil || id != newer.ID {
			return fmt.Errorf("urged %d, %v; want %d", id, err, newer.ID)
		}
		got, err := s.Change(ctx, id)
		if err != nil || got.Urged != n || !got.UrgedAt.Equal(at) {
			return fmt.Errorf("noted %d at %v, %v", got.Urged, got.UrgedAt, err)
		}
	}
	for _, who := range [][2]string{{"b", e.Menu.ID}, {"a", accountID("nobody")}} {
		if _, err := s.UrgeChange(ctx, who[0], who[1], accountsAt); !errors.Is(err, serviceaccount.ErrUnknown) {
			return fmt.Errorf("urge %v: %v, want ErrUnknown", who, err)
		}
	}
	return nil
}
