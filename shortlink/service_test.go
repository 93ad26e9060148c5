package shortlink

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cardlink/fault"
	"cardlink/templates"
)

// bookStore is Store for drafting: domains, jump hosts and ids. Saved links are kept.
type bookStore struct {
	Store
	next  int64
	saved []Link
	taken []int
}

func (s *bookStore) LeaseLinkIDs(_ context.Context, n int64) (int64, error) {
	first := s.next + 1
	s.next += n
	return first, nil
}

func (s *bookStore) Domain(_ context.Context, _, name string) (Domain, error) {
	switch name {
	case "s.example.com", "127.0.0.1:8080", "frozen.example.com":
		return Domain{Name: name, Generation: Standard, Frozen: name[0] == 'f'}, nil
	case "c.example.com/Go":
		return Domain{Name: name, Generation: Custom}, nil
	}
	return Domain{}, ErrNoDomain
}

func (s *bookStore) JumpHosts(context.Context, string) ([]JumpHost, error) {
	return []JumpHost{{Host: "shop.example.com", State: Approved}, {Host: "*.wild.example.com", State: Approved}, {Host: "waiting.example.com", State: Pending}}, nil
}

func (s *bookStore) SaveResolveTask(_ context.Context, links []Link) ([]int, error) {
	s.saved = append(s.saved, links...)
	return s.taken, nil
}

type oneTemplate struct{ t templates.Template }

func (o oneTemplate) ForLinks(_ context.Context, _, id string) (*templates.Template, error) {
	if id != "600000001" {
		return nil, fault.New(fault.UnknownTemplateID, "")
	}
	t := o.t
	t.ID, t.Version, t.Name = 600000001, 4, "card"
	return &t, nil
}

var draftTime = time.Date(2026, 1, 2, 3, 4, 5, 678_900_000, time.UTC)

func newTestService(t testing.TB, s *bookStore, tpl templates.Template) *Service {
	t.Helper()
	svc, err := NewService(Options{Store: s, Templates: oneTemplate{tpl}, Codec: testCodec(t), DefaultDomain: "S.example.com", Now: func() time.Time { return draftTime }})
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

func sending() Request {
	return Request{Tenant: "t", User: "u", TaskID: "id", TaskName: "name", FromSend: true, TplID: "600000001", Signs: []string{"示例商城"}, CodeType: "individual", Days: 7,
		Items: []Item{{CustFlag: "13100000000", CustomURL: "https://shop.example.com/" + strings.Repeat("a", 2048-25)}}}
}

func TestDraftOfASendTask(t *testing.T) {
	s := &bookStore{}
	svc := newTestService(t, s, templates.Template{})
	r := sending()
	b, err := svc.Draft(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	code, _ := svc.codes.AppendCode(nil, 1, DefaultCode)
	want := []Link{{ID: 1, Tenant: "t", TaskID: "id", TaskName: "name", User: "u", FromSend: true, Domain: "s.example.com", Code: string(code), TplID: 600000001, TplVersion: 4,
		TplName: "card", Signs: r.Signs, Limit: 1, CustFlag: "13100000000", CustomURL: r.Items[0].CustomURL,
		CreatedAt: draftTime.Truncate(time.Millisecond), ExpireAt: time.Date(2026, 1, 9, 3, 4, 5, 0, time.UTC)}}
	if d := cmp.Diff(want, b.Links); d != "" {
		t.Error(d)
	}
	if len(s.saved) != 0 {
		t.Error("a draft was stored")
	}
	refuse := func(name string, code fault.Code, change func(*Request)) {
		t.Helper()
		r := sending()
		change(&r)
		if _, err := svc.Draft(context.Background(), r); !fault.Has(err, code) {
			t.Errorf("%s: %v, want %s", name, err, code)
		}
	}
	refuse("group", fault.Parameter, func(r *Request) { r.CodeType, r.Times = "group", 5 })
	refuse("8 days", fault.Parameter, func(r *Request) { r.Days = 8 })
	refuse("long URL", fault.CustomURLLength, func(r *Request) { r.Items[0].CustomURL += "a" })
	refuse("unknown template", fault.UnknownTemplate, func(r *Request) { r.TplID = "600000009" })
	refuse("frozen domain", fault.Parameter, func(r *Request) { r.Domain = "frozen.example.com" })
	resolve := sending()
	resolve.FromSend, resolve.Items = false, []Item{{CustFlag: "x"}}
	resolve.TplID = "600000009"
	if _, err := svc.Draft(context.Background(), resolve); !fault.Has(err, fault.UnknownTemplateID) {
		t.Errorf("unknown template of a resolve task: %v", err)
	}
}

// A recipient whose values the card cannot hold gets no link and says why; the others get theirs.
func TestValuesThatTheCardCannotHold(t *testing.T) {
	cat, err := templates.LoadCatalogue(nil)
	if err != nil {
		t.Fatal(err)
	}
	tpl := templates.Template{CardID: "StandardImageAndText", Params: []templates.Param{{Type: 1, Name: "${code}", Example: "VIP88"}}, Pages: []templates.Page{{Order: 1, Contents: []templates.Content{
		{Type: "button", Position: 4, Text: "复制", ActionType: "COPY_PARAMETER", Action: &templates.Action{Target: "${code}"}},
	}}}}
	cat.PrepareValues(&tpl)
	r := sending()
	r.Items = nil
	for _, code := range []string{"VIP1", strings.Repeat("8", 21), strings.Repeat("9", 20)} {
		r.Items = append(r.Items, Item{CustFlag: "13100000000", Params: map[string]string{"code": code}})
	}
	b, err := newTestService(t, &bookStore{}, tpl).Draft(context.Background(), r)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.Index, []int{0, 2}) || len(b.Failed) != 1 || b.Failed[0].Index != 1 || b.Failed[0].Code != fault.ParameterLength || !strings.Contains(b.Failed[0].Text, "at most 20") {
		t.Errorf("links of %v, failed %+v", b.Index, b.Failed)
	}
}

func TestIDsOfABatchAreConsecutive(t *testing.T) {
	s := &bookStore{}
	svc := newTestService(t, s, templates.Template{})
	r := sending()
	r.FromSend = false
	r.Items = make([]Item, 100)
	for i := range r.Items {
		r.Items[i].CustFlag = "x"
	}
	seen := map[int64]bool{}
	for range 400 { // through more than two blocks
		b, err := svc.Draft(context.Background(), r)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Links {
			id := b.Links[i].ID
			if id != b.Links[0].ID+int64(i) || seen[id] || id > s.next {
				t.Fatalf("id %d at place %d", id, i)
			}
			seen[id] = true
		}
	}
}

func TestTakenCodesMoveToFailed(t *testing.T) {
	s := &bookStore{taken: []int{0, 2}}
	svc := newTestService(t, s, templates.Template{})
	r := Request{Tenant: "t", TplID: "600000001", Signs: []string{"B"}, CodeType: "individual", Days: 1, GenerationType: Custom, Domain: "C.example.com/Go",
		Items: []Item{{CustFlag: "a", CustomCode: "one"}, {CustFlag: "b", CustomCode: "two"}, {CustFlag: "c", CustomCode: "three"}}}
	b, task, err := svc.CreateResolveTask(context.Background(), r, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Links) != 1 || b.Links[0].Code != "two" || b.Index[0] != 1 || b.Links[0].Domain != "c.example.com/Go" {
		t.Errorf("links %+v at %v", b.Links, b.Index)
	}
	if len(b.Failed) != 2 || b.Failed[0].Index != 0 || b.Failed[1].Index != 2 || b.Failed[1].Code != fault.DuplicateCode || b.Failed[1].Item.CustomCode != "three" {
		t.Errorf("failed %+v", b.Failed)
	}
	if len(task.ID) != 36 || !strings.HasPrefix(task.Name, "Task_20260102030405_") || s.saved[0].TaskName != task.Name {
		t.Errorf("task %+v", task)
	}
}

func TestRegisteredJumps(t *testing.T) {
	l := JumpList{"shop.example.com", "*.wild.example.com"}
	for host, want := range map[string]bool{
		"shop.example.com": true, "SHOP.example.com": true, "a.shop.example.com": false, "a.wild.example.com": true, "a.b.wild.example.com": true,
		"wild.example.com": false, "evilwild.example.com": false, "shop.example.com.evil.example": false,
	} {
		if got := l.Allows(host); got != want {
			t.Errorf("%s: %v, want %v", host, got, want)
		}
	}
}

// The hand-written matcher says what the wire's pattern says.
func TestJumpHostIsTheWiresPattern(t *testing.T) {
	pattern := regexp.MustCompile(`^http[s]{0,1}://([\w-]+\.)+[\w-]+(/[\w\-./?%&=]*)?$`)
	check := func(t interface{ Fatalf(string, ...any) }, url string) {
		host, ok := jumpHost(url)
		if ok != pattern.MatchString(url) {
			t.Fatalf("%q: %v, the pattern says %v", url, ok, !ok)
		}
		if ok && !strings.Contains(url, "://"+host) {
			t.Fatalf("%q has the host %q", url, host)
		}
	}
	for _, url := range []string{"", "http://", "https://a", "https://a.b", "https://a.b/", "https://a.b?x", "https://a.b:80/", "https://a..b/", "https://.a.b", "https://a.b.",
		"https://a_b.c-d/x?y=%20&z=.", "HTTP://a.b", "https://a.b/#c", "https://u@a.b/", "https://a.b/字", "httpss://a.b", "http://a.b\n"} {
		check(t, url)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.StringMatching(`(http|https|ftp)://[a-z_.:@-]{0,12}[/?#]?[a-z./?%&=#+ ]{0,12}`).Draw(t, "url"))
	})
}

func TestDomainNames(t *testing.T) {
	for in, want := range map[string]string{
		"S.Example.com": "s.example.com", "km2g.cn/a1": "km2g.cn/a1", "km2g.cn/A1/b2": "km2g.cn/A1/b2", "s.example.com.": "s.example.com",
		"127.0.0.1:8080": "127.0.0.1:8080", "a-b.example": "a-b.example",
		"": "", "localhost": "", "km2g.cn/": "", "km2g.cn/a1/": "", "km2g.cn/a/b/c": "", "-a.example": "", "a..example": "", "a.example:x": "", "a.example:": "",
		"km2g.cn/a b": "", "km2g.cn//a": "", "https://km2g.cn": "", "km2g.cn/r": "", "km2g.cn/m/x": "", "字.example": "",
	} {
		got, err := ParseDomain(in)
		if (err != nil) != (want == "") || got != want {
			t.Errorf("%q → %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzParseDomain(f *testing.F) {
	f.Add("S.example.com/a1/b2")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDomain(s)
		if err != nil {
			return
		}
		if again, err := ParseDomain(d); err != nil || again != d {
			t.Fatalf("%q → %q → %q, %v", s, d, again, err)
		}
	})
}

func TestOptionsComplainAtOnce(t *testing.T) {
	_, err := NewService(Options{CodeLength: 5, DefaultDomain: "x"})
	for _, want := range []string{"required", "6-10", "default domain"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word about %q in %v", want, err)
		}
	}
	_, err = OpenResolver(context.Background(), ResolverOptions{DeviceKey: []byte("x")})
	for _, want := range []string{"required", "32 bytes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word about %q in %v", want, err)
		}
	}
}

func TestAskedAddressesThatNoLinkCanHave(t *testing.T) {
	svc := newTestService(t, &bookStore{}, templates.Template{}) // its Store would panic on a list
	for _, url := range []string{"PDiWqc", "s.example.com/", "s.example.com/a-b", "/abc", "a b/abc"} {
		if rows, total, err := svc.Details(context.Background(), LinkFilter{Limit: 1}, url); len(rows) != 0 || total != 0 || err != nil {
			t.Errorf("%q: %v, %d, %v", url, rows, total, err)
		}
	}
}

func TestCoalescer(t *testing.T) {
	gate := make(chan struct{})
	sizes := make(chan int, 100)
	c := newCoalescer(1, 10, time.Second, func(_ context.Context, qs []int) ([]int, error) {
		sizes <- len(qs)
		<-gate
		if qs[0] < 0 {
			return nil, errInjected
		}
		as := make([]int, len(qs))
		for i, q := range qs {
			as[i] = 2 * q
		}
		return as, nil
	})
	answers := make(chan error, 25)
	ask := func(q int) {
		a, err := c.ask(context.Background(), q)
		if err == nil && a != 2*q {
			err = errors.New("a wrong answer")
		}
		answers <- err
	}
	go ask(1)
	if n := <-sizes; n != 1 {
		t.Fatalf("a lone caller waited for %d others", n-1)
	}
	for q := range 24 {
		go ask(q + 2)
	}
	for len(c.queue) < 24 { // all wait for the first batch
		runtime.Gosched()
	}
	close(gate)
	for range 25 {
		if err := <-answers; err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{10, 10, 4} {
		if n := <-sizes; n != want {
			t.Fatalf("a batch of %d, want %d", n, want)
		}
	}
	if _, err := c.ask(context.Background(), -1); !errors.Is(err, errInjected) {
		t.Fatal(err)
	}
	c.stop()
	if _, err := c.ask(context.Background(), 1); !errors.Is(err, errClosed) {
		t.Fatalf("after stop: %v", err)
	}
}
