package review

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/fault"
	"cardlink/identity"
)

type log []string

func (l *log) Record(_ context.Context, by identity.Actor, tenant, action, object string) error {
	*l = append(*l, strings.Join([]string{by.Name, tenant, action, object}, " "))
	return nil
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func desk(t *testing.T) (*Desk, *log, *[]Decision) {
	t.Helper()
	var (
		made []Decision
		l    log
	)
	queue := func(kind, parts string, items ...Item) Queue {
		return Queue{
			Kind: kind, Parts: parts,
			Pending: func(_ context.Context, limit int) ([]Item, error) { return items[:min(limit, len(items))], nil },
			Decide: func(_ context.Context, d Decision) error {
				if d.ID == "unknown" {
					return fault.In(fault.Parameter, "id", "does not exist")
				}
				made = append(made, d)
				return nil
			},
		}
	}
	d, err := NewDesk(&l, queue("template", "vendor", Item{ID: "1", Since: noon}, Item{ID: "2", Since: noon.Add(2)}), queue("domain", "", Item{ID: "d", Since: noon.Add(1)}))
	if err != nil {
		t.Fatal(err)
	}
	return d, &l, &made
}

func TestPendingIsOneListOldestFirst(t *testing.T) {
	d, _, _ := desk(t)
	for _, c := range []struct {
		kind  string
		limit int
		want  []string
	}{{"", 10, []string{"template 1", "domain d", "template 2"}}, {"template", 10, []string{"template 1", "template 2"}}, {"", 1, []string{"template 1", "domain d"}}} {
		items, err := d.Pending(context.Background(), c.kind, c.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range items {
			got = append(got, i.Kind+" "+i.ID)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%+v: %s", c, diff)
		}
	}
	if _, err := d.Pending(context.Background(), "song", 1); !fault.Has(err, fault.Parameter) {
		t.Errorf("an unknown kind: %v", err)
	}
}

func TestDecisionsAreCheckedAndLogged(t *testing.T) {
	d, l, made := desk(t)
	by := identity.Actor{Name: "olga"}
	for name, c := range map[string]struct {
		d    Decision
		rule string
	}{
		"unknown kind":             {Decision{Kind: "song", ID: "1", Pass: true}, "kind: must be one of template, domain"},
		"no id":                    {Decision{Kind: "domain", Pass: true}, "id: is required"},
		"part of a whole":          {Decision{Kind: "domain", ID: "d", Part: "HUAWEI", Pass: true}, "part: must be absent: a domain is reviewed as a whole"},
		"rejection without a word": {Decision{Kind: "domain", ID: "d", Words: " "}, "words: are required with a rejection"},
		"too many words":           {Decision{Kind: "domain", ID: "d", Words: strings.Repeat("字", 501)}, "words: must be at most 500 characters"},
		"unknown id":               {Decision{Kind: "domain", ID: "unknown", Pass: true}, "id: does not exist"},
	} {
		err := d.Decide(context.Background(), by, c.d)
		var f *fault.Error
		if !errors.As(err, &f) || f.Text(fault.English) != c.rule {
			t.Errorf("%s: %v, want %s", name, err, c.rule)
		}
	}
	if len(*l) != 0 || len(*made) != 0 {
		t.Fatalf("refused decisions left %v %v", *l, *made)
	}
	good := []Decision{{Kind: "template", Tenant: "t", ID: "1", Part: "HUAWEI", Pass: true}, {Kind: "domain", Tenant: "t", ID: "d", Words: "not yours"}}
	for _, v := range good {
		if err := d.Decide(context.Background(), by, v); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(good, *made); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(log{"olga t Approve template 1 for HUAWEI", "olga t Reject domain d"}, *l); diff != "" {
		t.Error(diff)
	}
}
