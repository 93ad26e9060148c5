package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cardlink/serviceaccount"
)

// AccountPorts needs a fresh store with the tenants "a", "b" and "c"; the last is for lists.
var AccountPorts = []struct {
	Name  string
	Check func(context.Context, serviceaccount.Store) error
}{

	{"a port is read back whole, by its tenant only", portRoundTrip},
	{"a number of one type has one owner; a rejected registration keeps nobody away", portTaken},
	{"of many that register a number at once, one gets it", portRace},
	{"ports are listed newest first, filtered, paged and counted", portLists},
	{"a bound port is not deleted, a free one is, with its review", portDelete},
	{"a binding is kept with the port as it is, or refused with the reason", portBind},
	{"of many bindings at once that exclude each other, one is made", portBindRace},
	{"bindings are listed newest first, filtered, paged and counted", bindingLists},
	{"a first company is made once of the tenant's name", companyFirst},
	{"a filing is changed whole or not at all, and waits in turn", companyChange},
}

// newPort is an approved port registered minute minutes after the beginning.
func newPort(tenant, word, number string, minute int) serviceaccount.Port {
	return serviceaccount.Port{
		ID: accountID(word), Tenant: tenant, Number: number, Type: serviceaccount.PortNumber, Signs: []string{"示例商城", "商城\"二\""}, CheckSigns: true,
		Files: []string{accountID("f1"), accountID("f2")}, ApproveState: serviceaccount.Approved, CreatedAt: accountsAt.Add(time.Duration(minute) * time.Minute),
	}
}

func portLine(p serviceaccount.Port, kind, reason string) serviceaccount.Change {
	return serviceaccount.Change{Tenant: p.Tenant, Kind: kind, ObjectID: p.ID, User: "u-1", Reason: reason, At: accountsAt, Verdict: p.ApproveState}
}

func addPort(ctx context.Context, s serviceaccount.Store, p serviceaccount.Port) error {
	return s.AddPort(ctx, p, portLine(p, serviceaccount.KindPort, "register"))
}

func newBinding(p serviceaccount.Port, word, pub string, minute int) serviceaccount.Binding {
	return serviceaccount.Binding{
		ID: accountID(word), Tenant: p.Tenant, Port: p, PubID: accountID(pub), Signs: p.Signs[:1], Areas: []string{"河北省", "深圳市"},
		CreatedAt: accountsAt.Add(time.Duration(minute) * time.Minute),
	}
}

func agreed(serviceaccount.Port, []serviceaccount.Binding) error { return nil }

func bind(ctx context.Context, s serviceaccount.Store, b serviceaccount.Binding) error {
	c := portLine(b.Port, serviceaccount.KindBinding, "bind")
	c.PubID = b.PubID
	return s.AddBinding(ctx, b, c, agreed)
}

func portRoundTrip(ctx context.Context, s serviceaccount.Store) error {
	want := newPort("a", "pround", "8822053111111", 0)
	want.CheckSigns, want.Signs = false, []string{"示例商城"}
	if err := addPort(ctx, s, want); err != nil {
		return err
	}
	got, err := s.Port(ctx, "a", want.ID)
	if err == nil {
		err = same("port", got, want)
	}
	if err != nil {
		return err
	}
	if _, err := s.Port(ctx, "b", want.ID); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("another tenant's port: %v, want ErrUnknown", err)
	}
	return nil
}

func portTaken(ctx context.Context, s serviceaccount.Store) error {
	first := newPort("a", "ptak1", "10690001", 0)
	first.ApproveState = serviceaccount.InReview
	if err := addPort(ctx, s, first); err != nil {
		return err
	}
	thief := newPort("b", "ptak2", "10690001", 0)
	if err := addPort(ctx, s, thief); !errors.Is(err, serviceaccount.ErrPortTaken) {
		return fmt.Errorf("a taken number: %v, want ErrPortTaken", err)
	}
	prefix := newPort("b", "ptak3", "10690001", 0)
	prefix.Type = serviceaccount.PortPrefix
	if err := addPort(ctx, s, prefix); err != nil {
		return fmt.Errorf("the same digits as a prefix: %w", err)
	}
	waiting, err := s.PendingChanges(ctx, "", 100)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(waiting, func(c serviceaccount.Change) bool { return c.ObjectID == first.ID })
	if at < 0 {
		return errors.New("the registration does not wait for a review")
	}
	c := waiting[at]
	c.Verdict, c.Words, c.DecidedAt = serviceaccount.Rejected, "no", accountsAt.Add(time.Hour)
	if err := s.DecidePort(ctx, c); err != nil {
		return err
	}
	if err := s.DecidePort(ctx, c); !errors.Is(err, serviceaccount.ErrDecided) {
		return fmt.Errorf("a second verdict: %v, want ErrDecided", err)
	}
	if p, err := s.Port(ctx, "a", first.ID); err != nil || p.ApproveState != serviceaccount.Rejected {
		return fmt.Errorf("rejected port: %+v, %v", p, err)
	}
	if err := addPort(ctx, s, thief); err != nil {
		return fmt.Errorf("a number whose registration was rejected: %w", err)
	}
	return nil
}

func portRace(ctx context.Context, s serviceaccount.Store) error {
	const many = 8
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			errs[i] = addPort(ctx, s, newPort([]string{"a", "b"}[i%2], fmt.Sprint("prace", i), "10690777", 0))
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, serviceaccount.ErrPortTaken):
			return err
		}
	}
	return same("winners", won, 1)
}

func portLists(ctx context.Context, s serviceaccount.Store) error {
	var ports []serviceaccount.Port
	for i := range 5 {
		p := newPort("c", fmt.Sprint("plist", i), fmt.Sprint("20690", i), i)
		if i == 3 {
			p.Type, p.Signs = serviceaccount.PortPrefix, []string{"百 分%号"}
		}
		if err := addPort(ctx, s, p); err != nil {
			return err
		}
		ports = append(ports, p)
	}
	pubs := []*serviceaccount.Edit{newAccount("c", "plp0", "Shop", 0, nil), newAccount("c", "plp1", "Shop", 1, func(e *serviceaccount.Edit) { e.Pub.Remark = "two" })}
	for _, e := range pubs {
		if err := s.AddAccount(ctx, e); err != nil {
			return err
		}
	}
	for i, b := range []serviceaccount.Binding{newBinding(ports[4], "plb0", "plp0", 0), newBinding(ports[4], "plb1", "plp1", 1), newBinding(ports[4], "plb2", "plp0", 2)} {
		if err := bind(ctx, s, b); err != nil {
			return fmt.Errorf("binding %d: %w", i, err)
		}
	}
	ports[4].Pubs = []serviceaccount.PortPub{{Name: "Shop"}, {Name: "Shop", Remark: "two"}}
	yes, no := true, false
	begin := func(i int) serviceaccount.PortFilter {
		return serviceaccount.PortFilter{From: ports[i].CreatedAt, To: ports[i+1].CreatedAt, Limit: 10}
	}
	for _, c := range []struct {
		what  string
		f     serviceaccount.PortFilter
		want  []int
		total int
	}{
		{"all", serviceaccount.PortFilter{Limit: 10}, []int{4, 3, 2, 1, 0}, 5},
		{"a page", serviceaccount.PortFilter{Offset: 1, Limit: 2}, []int{3, 2}, 5},
		{"beyond the end", serviceaccount.PortFilter{Offset: 5, Limit: 2}, nil, 5},
		{"a number", serviceaccount.PortFilter{Number: "206902", Limit: 10}, []int{2}, 1},
		{"part of a number", serviceaccount.PortFilter{Number: "20690", Limit: 10}, nil, 0},
		{"a type", serviceaccount.PortFilter{Type: serviceaccount.PortPrefix, Limit: 10}, []int{3}, 1},
		{"part of a sign", serviceaccount.PortFilter{Sign: "分%", Limit: 10}, []int{3}, 1},
		{"no pattern", serviceaccount.PortFilter{Sign: "%", Limit: 10}, []int{3}, 1},
		{"across two signs", serviceaccount.PortFilter{Sign: "城商", Limit: 10}, nil, 0},
		{"bound", serviceaccount.PortFilter{Bound: &yes, Limit: 10}, []int{4}, 1},
		{"free", serviceaccount.PortFilter{Bound: &no, Limit: 10}, []int{3, 2, 1, 0}, 4},
		{"times", begin(1), []int{2, 1}, 2},
	} {
		got, total, err := s.Ports(ctx, "c", c.f)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		var want []serviceaccount.Port
		for _, i := range c.want {
			want = append(want, ports[i])
		}
		if err := errors.Join(same(c.what, got, want), same(c.what+": total", total, c.total)); err != nil {
			return err
		}
	}
	return nil
}

func portDelete(ctx context.Context, s serviceaccount.Store) error {
	p := newPort("a", "pdel", "30690", 0)
	b := newBinding(p, "pdelb", "pdelp", 0)
	if err := errors.Join(addPort(ctx, s, p), s.AddAccount(ctx, newAccount("a", "pdelp", "Delete", 0, nil)), bind(ctx, s, b)); err != nil {
		return err
	}
	gone := portLine(p, serviceaccount.KindPort, "delete")
	if err := s.DeletePort(ctx, "a", p.ID, gone); !errors.Is(err, serviceaccount.ErrPortBound) {
		return fmt.Errorf("delete a bound port: %v, want ErrPortBound", err)
	}
	free := portLine(p, serviceaccount.KindBinding, "unbind")
	free.PubID = b.PubID
	if err := s.DeleteBinding(ctx, "b", b.ID, free); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("unbind another tenant's: %v, want ErrUnknown", err)
	}
	if err := s.DeleteBinding(ctx, "a", b.ID, free); err != nil {
		return err
	}
	if err := s.DeleteBinding(ctx, "a", b.ID, free); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("unbind twice: %v, want ErrUnknown", err)
	}
	if err := s.DeletePort(ctx, "b", p.ID, gone); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("delete another tenant's port: %v, want ErrUnknown", err)
	}
	if err := s.DeletePort(ctx, "a", p.ID, gone); err != nil {
		return err
	}
	if _, err := s.Port(ctx, "a", p.ID); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("a deleted port: %v, want ErrUnknown", err)
	}
	log, err := s.Changes(ctx, "a", b.PubID, 10)
	if err != nil {
		return err
	}
	var reasons []string
	for _, l := range log {
		if l.Kind == serviceaccount.KindBinding {
			reasons = append(reasons, l.Reason)
		}
	}
	if err := same("change log", reasons, []string{"unbind", "bind"}); err != nil {
		return err
	}

	waits := newPort("a", "pdelw", "30691", 0)
	waits.ApproveState = serviceaccount.InReview
	line := portLine(waits, serviceaccount.KindPort, "delete")
	line.Verdict = serviceaccount.Approved
	if err := errors.Join(addPort(ctx, s, waits), s.DeletePort(ctx, "a", waits.ID, line)); err != nil {
		return err
	}
	pending, err := s.PendingChanges(ctx, "", 1000)
	if slices.ContainsFunc(pending, func(c serviceaccount.Change) bool { return c.ObjectID == waits.ID }) {
		return errors.New("a deleted port still waits for its review")
	}
	return err
}

func portBind(ctx context.Context, s serviceaccount.Store) error {
	p := newPort("a", "pbind", "40690", 0)
	b := newBinding(p, "pbindb", "pbindp", 0)
	if err := errors.Join(addPort(ctx, s, p), s.AddAccount(ctx, newAccount("a", "pbindp", "Bind", 0, func(e *serviceaccount.Edit) { e.Pub.Remark = "r" }))); err != nil {
		return err
	}
	c := portLine(p, serviceaccount.KindBinding, "bind")
	no := errors.New("no")
	err := s.AddBinding(ctx, b, c, func(now serviceaccount.Port, others []serviceaccount.Binding) error {
		return errors.Join(same("port", now, p), same("others", len(others), 0), no)
	})
	if !errors.Is(err, no) {
		return err
	}
	if list, total, err := s.Bindings(ctx, "a", serviceaccount.PortFilter{Number: p.Number, Limit: 10}); err != nil || total != 0 || len(list) != 0 {
		return fmt.Errorf("a refused binding is there: %+v %d %v", list, total, err)
	}
	if err := bind(ctx, s, b); err != nil {
		return err
	}
	want := b
	want.PubName, want.PubRemark = "Bind", "r"
	got, err := s.Binding(ctx, "a", b.ID)
	if err == nil {
		err = same("binding", got, want)
	}
	if err != nil {
		return err
	}
	second := newBinding(p, "pbindc", "pbindp", 0)
	if err := s.AddBinding(ctx, second, c, func(_ serviceaccount.Port, others []serviceaccount.Binding) error {
		return same("others", others, []serviceaccount.Binding{want})
	}); err != nil {
		return err
	}
	stray := newBinding(newPort("a", "nowhere", "1", 0), "pbindd", "pbindp", 0)
	if err := bind(ctx, s, stray); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("bind a port that is gone: %v, want ErrUnknown", err)
	}
	return nil
}

func portBindRace(ctx context.Context, s serviceaccount.Store) error {
	p := newPort("a", "pbr", "50690", 0)
	if err := errors.Join(addPort(ctx, s, p), s.AddAccount(ctx, newAccount("a", "pbrp", "Race", 0, nil))); err != nil {
		return err
	}
	const many = 8
	full := errors.New("full")
	errs := make([]error, many)
	var wg sync.WaitGroup
	for i := range many {
		wg.Go(func() {
			errs[i] = s.AddBinding(ctx, newBinding(p, fmt.Sprint("pbr", i), "pbrp", i), portLine(p, serviceaccount.KindBinding, "bind"),
				func(_ serviceaccount.Port, others []serviceaccount.Binding) error {
					if len(others) > 0 {
						return full
					}
					return nil
				})
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		switch {
		case err == nil:
			made++
		case !errors.Is(err, full):
			return err
		}
	}
	return same("bindings made", made, 1)
}

func bindingLists(ctx context.Context, s serviceaccount.Store) error {
	p := newPort("b", "blist", "60690", 0)
	q := newPort("b", "blisq", "60691", 1)
	q.Type = serviceaccount.PortPrefix
	if err := errors.Join(addPort(ctx, s, p), addPort(ctx, s, q), s.AddAccount(ctx, newAccount("b", "blp0", "Apple", 0, nil)),
		s.AddAccount(ctx, newAccount("b", "blp1", "Pear", 1, nil))); err != nil {
		return err
	}
	all := []serviceaccount.Binding{newBinding(p, "bl0", "blp0", 10), newBinding(p, "bl1", "blp1", 11), newBinding(q, "bl2", "blp1", 12)}
	all[1].Signs = p.Signs[1:]
	for i := range all {
		if err := bind(ctx, s, all[i]); err != nil {
			return err
		}
		all[i].PubName = []string{"Apple", "Pear", "Pear"}[i]
	}
	for _, c := range []struct {
		what  string
		f     serviceaccount.PortFilter
		want  []int
		total int
	}{
		{"of a number", serviceaccount.PortFilter{Number: "60690", Limit: 10}, []int{1, 0}, 2},
		{"a page", serviceaccount.PortFilter{PubName: "ea", Offset: 1, Limit: 1}, []int{1}, 2},
		{"part of an account's name", serviceaccount.PortFilter{PubName: "pp", Limit: 10}, []int{0}, 1},
		{"a type", serviceaccount.PortFilter{Type: serviceaccount.PortPrefix, PubName: "Pear", Limit: 10}, []int{2}, 1},
		{"a sign of the binding", serviceaccount.PortFilter{Number: "60690", Sign: "二", Limit: 10}, []int{1}, 1},
		{"times", serviceaccount.PortFilter{Number: "60690", From: all[1].CreatedAt, Limit: 10}, []int{1}, 1},
	} {
		got, total, err := s.Bindings(ctx, "b", c.f)
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		var want []serviceaccount.Binding
		for _, i := range c.want {
			want = append(want, all[i])
		}
		if err := errors.Join(same(c.what, got, want), same(c.what+": total", total, c.total)); err != nil {
			return err
		}
	}
	if list, total, err := s.Bindings(ctx, "a", serviceaccount.PortFilter{Number: "60690", Limit: 10}); err != nil || total != 0 || list != nil {
		return fmt.Errorf("another tenant's bindings: %+v, %d, %v", list, total, err)
	}
	return nil
}
