package contract

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"cardlink/report"
)

// reportDay is a day in the middle of a month; the checks use days around it.
var reportDay = report.DayOf(time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC))

// mark is a fact of day reportDay+offset of template tpl.
func mark(tenant, id, tpl string, offset int, change func(*report.Mark)) report.Mark {
	m := report.Mark{Key: report.Key{Tenant: tenant, Source: "/s", ID: id}, Day: reportDay + report.Day(offset), TplID: tpl}
	m.At = m.Day.Time()
	change(&m)
	return m
}

func shown(vendor string, visitor int64) func(*report.Mark) {
	return func(m *report.Mark) { m.Vendor, m.Exposed, m.Seen, m.Visitor = vendor, 1, report.Exposed, visitor }
}

func touched(vendor string, visitor int64) func(*report.Mark) {
	return func(m *report.Mark) { m.Vendor, m.Clicked, m.Seen, m.Visitor = vendor, 1, report.Clicked, visitor }
}

func sent(n int64) func(*report.Mark) { return func(m *report.Mark) { m.Sent = n } }

func named(name string, at time.Duration) func(*report.Mark) {
	return func(m *report.Mark) { m.Submitted, m.Name, m.At = 1, name, m.At.Add(at) }
}

func count(ctx context.Context, s report.Store, want int, marks ...report.Mark) error {
	n, err := s.CountFacts(ctx, marks)
	return errors.Join(err, same("counted", n, want))
}

func sendRows(ctx context.Context, s report.Store, tenant string, f report.SendFilter) (string, error) {
	if f.Limit == 0 {
		f.Limit = 100
	}
	rows, total, err := s.SendReport(ctx, tenant, f)
	out := strconv.Itoa(total) + ":"
	for _, r := range rows {
		out += fmt.Sprintf(" %s/%s(%s)=%d,%d,%d,%d", r.Begin.Format("01-02"), r.TplID, r.Name, r.Counts.Submitted, r.Counts.Sent, r.Counts.Delivered, r.Counts.SendResolved)
	}
	return out, err
}

func wantSends(ctx context.Context, s report.Store, what, tenant string, f report.SendFilter, want string) error {
	got, err := sendRows(ctx, s, tenant, f)
	return errors.Join(err, same(what, got, want))
}

func wantTemplates(ctx context.Context, s report.Store, what, tenant string, f report.TemplateFilter, want string) error {
	if f.Limit == 0 {
		f.Limit = 100
	}
	if f.TplIDs == nil {
		f.TplIDs = []string{"1", "2", "3"}
	}
	f.First, f.Last = f.First+reportDay, f.Last+reportDay
	rows, total, err := s.TemplateReport(ctx, tenant, f)
	got := strconv.Itoa(total) + ":"
	for _, r := range rows {
		got += fmt.Sprintf(" %s=%d,%d/%d,%d/%d", r.TplID, r.Resolved, r.ExposePV, r.ExposeUV, r.ClickPV, r.ClickUV)
	}
	return errors.Join(err, same(what, got, want))
}

// Reports is what report.Store promises. Each check gets an empty store.
var Reports = []struct {
	Name  string
	Check func(context.Context, report.Store) error
}{
	{"a fact counts once, however often, in whatever order and company it comes", func(ctx context.Context, s report.Store) error {
		a, b, c := mark("a", "1", "1", 0, sent(1)), mark("a", "2", "1", 0, sent(1)), mark("a", "3", "1", 1, sent(1))
		other := mark("b", "1", "1", 0, sent(1)) // the same id of another tenant is another fact
		source := a
		source.Source = "/t"
		return errors.Join(
			count(ctx, s, 2, a, b, a),
			count(ctx, s, 1, c, a, b),
			count(ctx, s, 0, b, c),
			count(ctx, s, 2, other, a, source),
			count(ctx, s, 0),
			wantSends(ctx, s, "a", "a", report.SendFilter{}, "2: 01-16/1()=0,1,0,0 01-15/1()=0,3,0,0"),
			wantSends(ctx, s, "b", "b", report.SendFilter{}, "1: 01-15/1()=0,1,0,0"),
			wantSends(ctx, s, "c", "c", report.SendFilter{}, "0:"),
		)
	}},
	{"the send report: filters, pages, months, names", func(ctx context.Context, s report.Store) error {
		all := func(m *report.Mark) {
			m.Counts = report.Counts{Submitted: 5, Sent: 4, Delivered: 3, SendResolved: 2, Resolved: 9, Exposed: 9}
		}
		if err := count(ctx, s, 6,
			mark("a", "1", "1", 0, all), mark("a", "2", "2", 0, all), mark("a", "3", "1", 20, all), mark("a", "4", "2", -1, sent(1)),
			mark("a", "5", "1", -1, named("Spring 50%", 0)), mark("a", "6", "3", 0, shown("OPPO", 1))); err != nil {
			return err
		}
		f := func(change func(*report.SendFilter)) (f report.SendFilter) { change(&f); return f }
		return errors.Join(
			wantSends(ctx, s, "all, and none for a template that was only seen", "a", report.SendFilter{},
				"5: 02-04/1(Spring 50%)=5,4,3,2 01-15/2()=5,4,3,2 01-15/1(Spring 50%)=5,4,3,2 01-14/2()=0,1,0,0 01-14/1(Spring 50%)=1,0,0,0"),
			wantSends(ctx, s, "page", "a", report.SendFilter{Offset: 1, Limit: 2}, "5: 01-15/2()=5,4,3,2 01-15/1(Spring 50%)=5,4,3,2"),
			wantSends(ctx, s, "beyond", "a", report.SendFilter{Offset: 5, Limit: 2}, "5:"),
			wantSends(ctx, s, "template", "a", report.SendFilter{TplID: "2"}, "2: 01-15/2()=5,4,3,2 01-14/2()=0,1,0,0"),
			wantSends(ctx, s, "unknown template", "a", report.SendFilter{TplID: "7"}, "0:"),
			wantSends(ctx, s, "name", "a", report.SendFilter{NamePart: "ing 50%"}, "3: 02-04/1(Spring 50%)=5,4,3,2 01-15/1(Spring 50%)=5,4,3,2 01-14/1(Spring 50%)=1,0,0,0"),
			wantSends(ctx, s, "a pattern is no pattern", "a", report.SendFilter{NamePart: "S%"}, "0:"),
			wantSends(ctx, s, "days", "a", f(func(f *report.SendFilter) { f.First, f.Last = reportDay, reportDay }), "2: 01-15/2()=5,4,3,2 01-15/1(Spring 50%)=5,4,3,2"),
			wantSends(ctx, s, "from", "a", f(func(f *report.SendFilter) { f.First = reportDay + 1 }), "1: 02-04/1(Spring 50%)=5,4,3,2"),
			wantSends(ctx, s, "months", "a", report.SendFilter{Monthly: true}, "3: 02-01/1(Spring 50%)=5,4,3,2 01-01/2()=5,5,3,2 01-01/1(Spring 50%)=6,4,3,2"),
			wantSends(ctx, s, "a month is whole", "a", f(func(f *report.SendFilter) { f.Monthly, f.First, f.Last = true, reportDay+10, reportDay+12 }),
				"2: 01-01/2()=5,5,3,2 01-01/1(Spring 50%)=6,4,3,2"),
		)
	}},
	{"the newest name stays, in whatever order the names come", func(ctx context.Context, s report.Store) error {
		old, young, twin := mark("a", "1", "1", 0, named("old", 0)), mark("a", "2", "1", 0, named("new", time.Hour)), mark("a", "3", "1", 0, named("nes", time.Hour))
		return errors.Join(
			count(ctx, s, 1, young),
			count(ctx, s, 2, old, twin),
			wantSends(ctx, s, "name", "a", report.SendFilter{}, "1: 01-15/1(new)=3,0,0,0"),
			wantSends(ctx, s, "another tenant's name", "b", report.SendFilter{}, "0:"),
		)
	}},
	{"visitors are distinct over days and vendors, and by what they did", func(ctx context.Context, s report.Store) error {
		resolved := func(m *report.Mark) { shown("HUAWEI", 7)(m); m.Resolved = 1 }
		if err := count(ctx, s, 10,
			mark("a", "1", "1", 0, resolved), mark("a", "2", "1", 0, shown("HUAWEI", 7)), mark("a", "3", "1", 1, shown("OPPO", 7)), mark("a", "4", "1", 1, shown("OPPO", -8)),
			mark("a", "5", "1", 0, touched("HUAWEI", 7)), mark("a", "6", "1", 2, touched("H5", 7)), mark("a", "7", "2", 0, shown("H5", 7)),
			mark("a", "8", "3", 0, sent(1)), mark("b", "9", "1", 0, shown("OPPO", 1)), mark("a", "10", "1", 5, shown("OPPO", 3))); err != nil {
			return err
		}
		return errors.Join(
			wantTemplates(ctx, s, "three days", "a", report.TemplateFilter{Last: 2}, "2: 2=0,1/1,0/0 1=1,4/2,2/1"),
			wantTemplates(ctx, s, "one day", "a", report.TemplateFilter{}, "2: 2=0,1/1,0/0 1=1,2/1,1/1"),
			wantTemplates(ctx, s, "one vendor", "a", report.TemplateFilter{Last: 5, Vendors: []string{"OPPO"}}, "1: 1=0,3/3,0/0"),
			wantTemplates(ctx, s, "two vendors", "a", report.TemplateFilter{Last: 5, Vendors: []string{"OPPO", "HUAWEI"}}, "1: 1=1,5/3,1/1"),
			wantTemplates(ctx, s, "page", "a", report.TemplateFilter{Last: 2, Offset: 1, Limit: 1}, "2: 1=1,4/2,2/1"),
			wantTemplates(ctx, s, "beyond", "a", report.TemplateFilter{Last: 2, Offset: 2, Limit: 1}, "2:"),
			wantTemplates(ctx, s, "some templates", "a", report.TemplateFilter{TplIDs: []string{"2", "9", "2"}}, "1: 2=0,1/1,0/0"),
			wantTemplates(ctx, s, "another tenant", "b", report.TemplateFilter{Last: 2}, "1: 1=0,1/1,0/0"),
			wantTemplates(ctx, s, "no day", "a", report.TemplateFilter{First: 3, Last: 4}, "0:"),
		)
	}},
	{"text that JSON has to escape comes back as it was", func(ctx context.Context, s report.Store) error {
		const odd = "a\"\\\n\u2028示例'%"
		return errors.Join(
			count(ctx, s, 1, mark("a", odd, "1", 0, named(odd, 0))),
			count(ctx, s, 0, mark("a", odd, "1", 0, named(odd, 0))),
			wantSends(ctx, s, "name", "a", report.SendFilter{NamePart: odd}, "1: 01-15/1("+odd+")=1,0,0,0"),
		)
	}},
	{"counted facts are remembered longer than facts may be late, and not for ever", func(ctx context.Context, s report.Store) error {
		a := mark("a", "1", "1", 0, sent(1))
		if err := count(ctx, s, 1, a); err != nil {
			return err
		}
		now, remembered, swept := a.At, time.Duration(0), 0
		for step := 12 * time.Hour; ; now = now.Add(step) {
			n, err := s.SweepReports(ctx, now, 1000)
			if err != nil {
				return err
			}
			swept += n
			added, err := s.CountFacts(ctx, []report.Mark{a})
			if err != nil {
				return err
			}
			if added == 1 {
				break
			}
			if remembered = now.Sub(a.At); remembered > 60*24*time.Hour {
				return errors.New("a fact is remembered for 60 days")
			}
		}
		if remembered <= report.MaxAge {
			return fmt.Errorf("a fact is forgotten after %v; facts may be %v late", remembered, report.MaxAge)
		}
		return same("swept", swept, 1)
	}},
	{"the sweep keeps 400 days and deletes no more than it may at once", func(ctx context.Context, s report.Store) error {
		if err := count(ctx, s, 6,
			mark("a", "1", "1", 0, shown("OPPO", 1)), mark("a", "2", "1", 0, shown("OPPO", 2)), mark("a", "3", "1", 0, touched("H5", 1)), mark("a", "4", "1", 1, shown("OPPO", 1)),
			mark("a", "5", "1", 0, sent(1)), mark("a", "6", "1", 1, sent(1))); err != nil {
			return err
		}
		now := (reportDay + report.Keep).Time().Add(23 * time.Hour) // the last moment at which reportDay is kept
		kept, err := s.SweepReports(ctx, now, 100)
		var deleted []int
		for err == nil && len(deleted) < 10 {
			var n int
			n, err = s.SweepReports(ctx, now.Add(time.Hour), 2)
			deleted = append(deleted, n)
			if n < 2 {
				break
			}
		}
		slices.Sort(deleted[:len(deleted)-1])
		return errors.Join(err, same("kept", kept, 0),
			same("sums of three vendors and three visitors", deleted, []int{2, 2, 2, 0}),
			wantSends(ctx, s, "sums", "a", report.SendFilter{}, "1: 01-16/1()=0,1,0,0"),
			wantTemplates(ctx, s, "visitors", "a", report.TemplateFilter{Last: 1}, "1: 1=0,1/1,0/0"))
	}},
}
