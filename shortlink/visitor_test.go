package shortlink

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"cardlink/templates"
)

// Who counts as one visitor: the recipient of an individual link whatever handset asks; of a group link the device, and without one what the caller
// knows. The fact says what the attempt says, for facts that are written again after a crash too.
func TestVisitorsOfFacts(t *testing.T) {
	w := newWorld(t)
	j := newMemJournal(1)
	r := w.resolver(j)
	ctx := context.Background()
	person, group := w.link(7, 1), w.link(8, 100)
	person.Visitor, person.FromSend = 0xabc, true
	group.Visitor = 0xdef // of somebody who happens to be the group's cust_flag
	w.store.with(func() { w.store.links[7], w.store.links[8] = person, group })
	var want []string
	ask := func(l Link, a *Attempt, visitor string) {
		t.Helper()
		if v := r.Resolve(ctx, w.must(r, l), a); v != Resolved {
			t.Fatal(v.Reason())
		}
		if visitor == "" {
			visitor = string(a.ref[:16])
		}
		if got := string(AppendVisitor(nil, a.Visitor)); got != visitor {
			t.Errorf("visitor %s, want %s", got, visitor)
		}
		want = append(want, fmt.Sprint(visitor, l.FromSend))
	}
	ask(person, attempt("d1"), "0000000000000abc")
	ask(person, attempt("d1"), "0000000000000abc") // a repeat
	ask(group, attempt("d1"), "")
	ask(group, attempt("d2"), "")
	ask(group, &Attempt{Client: 0x1234}, "0000000000001234")
	facts, _ := j.facts(t)
	if len(facts) != len(want) {
		t.Fatalf("%d facts, want %d", len(facts), len(want))
	}
	for i, f := range facts {
		if got := fmt.Sprint(f.VisitorRef, f.FromSend); got != want[i] {
			t.Errorf("fact %d: %s, want %s", i, got, want[i])
		}
	}
	if facts[2].VisitorRef == facts[3].VisitorRef {
		t.Error("two devices are one visitor")
	}
	if e := w.must(r, group); e.Visitor() != 0 || w.must(r, person).Visitor() != 0xabc {
		t.Error("an entry's visitor is its recipient, and nobody's for a group link")
	}
}

// A link is found by its id whatever its state and kind, and revocation reaches what was found that way.
func TestByID(t *testing.T) {
	w := newWorld(t)
	r := w.resolver(newMemJournal(1))
	ctx := context.Background()
	standard, custom := w.link(7, 5), w.link(8, 5)
	custom.Custom, custom.Domain, custom.Code = true, "c.example.com/go", "abc"
	w.store.with(func() { w.store.links[8] = custom })
	for _, l := range []Link{standard, custom} {
		for range 2 {
			e, err := r.ByID(ctx, l.ID)
			if err != nil || e.URL() != l.URL() {
				t.Fatalf("%s: %v", l.URL(), err)
			}
			tpl, err := r.TemplateOf(ctx, e)
			if err != nil || tpl.ID != l.TplID {
				t.Errorf("template %v, %v", tpl, err)
			}
		}
	}
	if e := w.must(r, custom); e.URL() != custom.URL() {
		t.Error("a custom code no longer finds its link")
	}
	if _, err := r.ByID(ctx, 9); !errors.Is(err, ErrUnknown) {
		t.Errorf("an id nobody has: %v", err)
	}
	w.tpl.set(func(t *templates.Template) { t.State = templates.StateDisabled })
	w.pass(mustLoad)
	e, err := r.ByID(ctx, standard.ID)
	if err != nil {
		t.Fatal(err)
	}
	if tpl, err := r.TemplateOf(ctx, e); err != nil || tpl == nil {
		t.Errorf("a disabled template is gone: %v", err)
	}
}
