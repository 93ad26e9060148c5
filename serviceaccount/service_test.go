package serviceaccount_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cardlink/fault"
	"cardlink/identity"
	"cardlink/serviceaccount"
	"cardlink/store"
	"cardlink/templates"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// house is a room over a fresh store, with two tenants, and a clock that the test moves.
type house struct {
	*serviceaccount.Service
	t   *testing.T
	now time.Time
	by  serviceaccount.Caller // of tenant a
}

func newHouse(t *testing.T, manual bool) *house {
	t.Helper()
	ctx := context.Background()
	vault, err := identity.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "sa.db"), Vault: vault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b"} {
		tenant := identity.Tenant{ID: id, Name: "Company " + id, Project: identity.Project{ID: "p" + id, Name: "cn-north-4"}, CreatedAt: began, DataKey: vault.NewDataKey(id)}
		if err := db.AddTenant(ctx, tenant, identity.User{ID: "u" + id, Tenant: id, Name: "api", CreatedAt: began}, identity.Entry{At: began}); err != nil {
			t.Fatal(err)
		}
	}
	blobs, err := templates.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, now: began, by: serviceaccount.Caller{Tenant: "a", User: "ua"}}
	h.Service, err = serviceaccount.NewService(serviceaccount.Options{
		Store: db, Blobs: blobs, ManualReview: manual, Origin: "https://s.example.com", MediaKey: []byte("key"), Now: func() time.Time { return h.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func picture(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upload keeps a picture that fits its kind.
func (h *house) upload(tenant, kind string) string {
	h.t.Helper()
	size := map[string][2]int{"PUB_LOGO": {240, 240}, "BG_IMAGE": {1440, 810}, "FASTAPP_LOGO": {192, 192}, "OTHER": {10, 20}}[kind]
	m, err := h.UploadMedia(context.Background(), tenant, serviceaccount.Upload{FileType: kind, FileName: "x.png", Data: picture(h.t, size[0], size[1])})
	if err != nil {
		h.t.Fatal(err)
	}
	return m.ID
}

func (h *house) contents(tenant, name string) (serviceaccount.PubContent, serviceaccount.PortalContent, serviceaccount.MenuContent) {
	return serviceaccount.PubContent{Name: name, Abstract: "sells", LogoImg: h.upload(tenant, "PUB_LOGO"), AuthorizationFiles: []string{h.upload(tenant, "OTHER")}},
		serviceaccount.PortalContent{BackgroundImg: h.upload(tenant, "BG_IMAGE"), Summary: "a shop"},
		serviceaccount.MenuContent{Items: []serviceaccount.MenuItem{{Name: "call", ActionType: serviceaccount.Calling, Content: "95599"}}}
}

func (h *house) create(name string) serviceaccount.Account {
	h.t.Helper()
	pub, portal, menu := h.contents("a", name)
	a, _, err := h.CreateAccount(context.Background(), h.by, pub, portal, menu)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// refused checks that err is a 400 about a field.
func (h *house) refused(err error, field string) {
	h.t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Code != fault.Parameter || e.Field != field {
		h.t.Errorf("%v, want a complaint about %s", err, field)
	}
}

// pending is the id of the one change of a kind in review.
func (h *house) pending(kind string) string {
	h.t.Helper()
	all, err := h.PendingReviews(context.Background(), kind, 100)
	h.must(err)
	if len(all) != 1 {
		h.t.Fatalf("%d changes of kind %s in review", len(all), kind)
	}
	return all[0].LogID()
}

func (h *house) pub(id string) serviceaccount.Pub {
	h.t.Helper()
	p, err := h.Pub(context.Background(), "a", id)
	h.must(err)
	return p
}

func (h *house) menu(id string) serviceaccount.ListedMenu {
	h.t.Helper()
	list, n, _, err := h.ListMenus(context.Background(), serviceaccount.MenuFilter{Tenant: "a", ID: id, Window: serviceaccount.Window{Limit: 1}})
	h.must(err)
	if n != 1 {
		h.t.Fatalf("%d menus", n)
	}
	return list[0]
}

// states are the states and the states of review of an account, its menu and its home page.
func (h *house) states(id string) (s [6]int) {
	h.t.Helper()
	w := serviceaccount.Window{Limit: 1}
	p := h.pub(id)
	menus, _, _, err := h.ListMenus(context.Background(), serviceaccount.MenuFilter{Tenant: "a", PubID: id, Window: w})
	h.must(err)
	portals, _, _, err := h.ListPortals(context.Background(), serviceaccount.PortalFilter{Tenant: "a", PubName: p.Name, Window: w})
	h.must(err)
	return [6]int{p.State(), p.ApproveState, menus[0].State(), menus[0].ApproveState, portals[0].State(), portals[0].ApproveState}
}

func (h *house) want(id string, want [6]int, when string) {
	h.t.Helper()
	if got := h.states(id); got != want {
		h.t.Errorf("%s: state, approve_state of account, menu and portal %v, want %v", when, got, want)
	}
}

func TestWithoutReviewEverythingIsInForceAtOnce(t *testing.T) {
	h, ctx := newHouse(t, false), context.Background()
	a := h.create("Shop")
	h.want(a.Pub.ID, [6]int{2, 2, 2, 2, 2, 2}, "created")
	if a.Pub.CompanyName != "Company a" || a.Pub.Industry != 11 {
		t.Errorf("%+v", a.Pub)
	}
	h.now = began.Add(time.Hour)
	name := "Store"
	_, err := h.UpdatePub(ctx, h.by, a.Pub.ID, serviceaccount.PubPatch{Name: &name}, "new name")
	h.must(err)
	if p := h.pub(a.Pub.ID); p.Name != "Store" || p.Version != 2 || p.Pending != nil || !p.OnlineAt.Equal(h.now) || !p.CreatedAt.Equal(began) || p.Reason != "new name" {
		t.Errorf("%+v", p)
	}
	_, err = h.UpdateMenu(ctx, h.by, a.Menu.ID, serviceaccount.MenuContent{Items: []serviceaccount.MenuItem{{Name: "other", ActionType: serviceaccount.Calling, Content: "10086"}}}, "x")
	h.must(err)
	if m := h.menu(a.Menu.ID); m.Items[0].Name != "other" || m.Version != 2 || m.PubName != "Store" {
		t.Errorf("%+v", m)
	}
	live, err := h.LiveAccount(ctx, a.Pub.ID)
	h.must(err)
	if live.Menu.Items[0].Name != "other" || live.Pub.CompanyName != "Company a" || !live.Portal.Live() {
		t.Errorf("%+v", live)
	}
	h.must(h.FreezePub(ctx, h.by, a.Pub.ID, "pause"))
	h.want(a.Pub.ID, [6]int{4, 2, 4, 2, 4, 2}, "frozen")
	if _, err := h.LiveAccount(ctx, a.Pub.ID); !errors.Is(err, serviceaccount.ErrUnknown) {
		t.Errorf("a frozen account is shown: %v", err)
	}
	h.refused(h.FreezePub(ctx, h.by, a.Pub.ID, "again"), "pub_id")
	_, err = h.UpdatePub(ctx, h.by, a.Pub.ID, serviceaccount.PubPatch{Name: &name}, "x")
	h.refused(err, "pub_id")
	_, err = h.UpdateMenu(ctx, h.by, a.Menu.ID, a.Menu.MenuContent, "x")
	h.refused(err, "menu_id")
	_, _, err = h.UpdatePortal(ctx, h.by, a.Portal.ID, a.Portal.PortalContent, "because")
	h.refused(err, "portal_id")
	_, _, err = h.PushMenu(ctx, h.by, a.Menu.ID)
	h.refused(err, "menu_id")
	h.must(h.UnfreezePub(ctx, h.by, a.Pub.ID, "go on"))
	h.want(a.Pub.ID, [6]int{2, 2, 2, 2, 2, 2}, "unfrozen")
	h.refused(h.UnfreezePub(ctx, h.by, a.Pub.ID, "again"), "pub_id")

	log, err := h.ChangeLog(ctx, "a", a.Pub.ID, 100)
	h.must(err)
	var kinds []string
	for _, c := range log {
		kinds = append(kinds, c.Kind)
		if c.User != "ua" || c.Verdict != serviceaccount.Approved || c.DecidedAt.IsZero() {
			t.Errorf("%+v", c)
		}
	}
	if got := strings.Join(kinds, " "); got != "unfreeze freeze menu pub portal menu pub" {
		t.Errorf("log: %s", got)
	}
	if before, after := string(log[3].Before), string(log[3].After); !strings.Contains(before, `"pub_name":"Shop"`) || !strings.Contains(after, `"pub_name":"Store"`) {
		t.Errorf("before %s\nafter %s", before, after)
	}
}

func TestReviewByHand(t *testing.T) {
	h, ctx := newHouse(t, true), context.Background()
	a := h.create("Shop")
	id := a.Pub.ID
	h.want(id, [6]int{1, 1, 1, 1, 1, 1}, "created")
	if _, err := h.LiveAccount(ctx, id); !errors.Is(err, serviceaccount.ErrUnknown) {
		t.Errorf("shown before its review: %v", err)
	}
	_, _, err := h.PushMenu(ctx, h.by, a.Menu.ID)
	h.refused(err, "menu_id") // before the account is approved (D-37)
	_, _, err = h.PushPortal(ctx, h.by, a.Portal.ID)
	h.refused(err, "portal_id")
	h.refused(h.FreezePub(ctx, h.by, id, "x"), "pub_id") // nothing is in force
	name := "Store"
	_, err = h.UpdatePub(ctx, h.by, id, serviceaccount.PubPatch{Name: &name}, "x")
	h.refused(err, "pub_id") // one change at a time
	h.refused(h.Review(ctx, "menu", h.pending("menu"), true, ""), "id")

	// Rejected, submitted again, approved.
	h.must(h.Review(ctx, "pub", h.pending("pub"), false, "the letter is old"))
	h.want(id, [6]int{1, 3, 1, 1, 1, 1}, "rejected")
	_, err = h.UpdatePub(ctx, h.by, id, serviceaccount.PubPatch{Name: &name}, "a new letter")
	h.must(err)
	h.want(id, [6]int{1, 1, 1, 1, 1, 1}, "submitted again")
	if p := h.pub(id); p.Name != "Store" {
		t.Errorf("shown as %q: what was submitted last is shown while nothing is in force", p.Name)
	}
	h.now = began.Add(time.Hour)
	log := h.pending("pub")
	h.refused(h.Review(ctx, "menu", log, true, ""), "id") // of another kind
	h.must(h.Review(ctx, "pub", log, true, "fine"))
	h.refused(h.Review(ctx, "pub", log, false, ""), "id") // has its verdict
	h.want(id, [6]int{2, 2, 1, 1, 1, 1}, "approved")
	if live, err := h.LiveAccount(ctx, id); err != nil || live.Menu.Live() || live.Portal.Live() || !live.Pub.OnlineAt.Equal(h.now) {
		t.Errorf("%+v, %v", live, err)
	}
	pushed, words, err := h.PushMenu(ctx, h.by, a.Menu.ID)
	h.must(err)
	if pushed != h.pending("menu") || words != "催审成功" {
		t.Errorf("pushed %s: %s", pushed, words)
	}
	h.must(h.Review(ctx, "menu", pushed, true, ""))
	h.must(h.Review(ctx, "portal", h.pending("portal"), true, ""))
	h.want(id, [6]int{2, 2, 2, 2, 2, 2}, "all approved")

	// A revision waits beside the version in force.
	next := serviceaccount.MenuContent{Items: []serviceaccount.MenuItem{{Name: "next", ActionType: serviceaccount.Calling, Content: "10086"}}}
	_, err = h.UpdateMenu(ctx, h.by, a.Menu.ID, next, "better")
	h.must(err)
	h.want(id, [6]int{2, 2, 2, 1, 2, 2}, "menu in review")
	if m := h.menu(a.Menu.ID); m.Items[0].Name != "call" || m.Pending == nil || m.Version != 1 || m.Reason != "better" {
		t.Errorf("%+v", m)
	}
	h.must(h.Review(ctx, "menu", h.pending("menu"), false, "no"))
	if m := h.menu(a.Menu.ID); m.Items[0].Name != "call" || m.Pending != nil || m.ApproveState != 3 || m.State() != 2 {
		t.Errorf("%+v", m)
	}
	_, err = h.UpdateMenu(ctx, h.by, a.Menu.ID, next, "better still")
	h.must(err)
	h.must(h.Review(ctx, "menu", h.pending("menu"), true, ""))
	if m := h.menu(a.Menu.ID); m.Items[0].Name != "next" || m.Version != 2 {
		t.Errorf("%+v", m)
	}
	shown, _, err := h.UpdatePortal(ctx, h.by, a.Portal.ID, serviceaccount.PortalContent{BackgroundImg: a.Portal.BackgroundImg, Summary: "a better shop"}, "because")
	h.must(err)
	if shown.Summary != "a better shop" || shown.ApproveState != 1 || shown.State() != 2 {
		t.Errorf("the answer shows what was submitted: %+v", shown)
	}
	if live, err := h.LiveAccount(ctx, id); err != nil || live.Portal.Summary != "a shop" {
		t.Errorf("%+v, %v", live.Portal, err)
	}

	// Freezing waits for nobody; unfreezing does.
	h.must(h.FreezePub(ctx, h.by, id, "pause"))
	h.want(id, [6]int{4, 2, 4, 2, 4, 1}, "frozen")
	h.must(h.Review(ctx, "portal", h.pending("portal"), true, "")) // decided below the ice
	h.want(id, [6]int{4, 2, 4, 2, 4, 2}, "reviewed while frozen")
	h.must(h.UnfreezePub(ctx, h.by, id, "go on"))
	h.want(id, [6]int{4, 1, 4, 2, 4, 2}, "unfreezing in review")
	h.refused(h.UnfreezePub(ctx, h.by, id, "go on"), "pub_id")
	h.must(h.Review(ctx, "unfreeze", h.pending("unfreeze"), false, "not yet"))
	h.want(id, [6]int{4, 3, 4, 2, 4, 2}, "unfreezing rejected")
	h.must(h.UnfreezePub(ctx, h.by, id, "go on"))
	h.must(h.Review(ctx, "unfreeze", h.pending("unfreeze"), true, ""))
	h.want(id, [6]int{2, 2, 2, 2, 2, 2}, "unfrozen")
	if live, err := h.LiveAccount(ctx, id); err != nil || live.Portal.Summary != "a better shop" {
		t.Errorf("%+v, %v", live.Portal, err)
	}
}

func TestNamesBelongToCompanies(t *testing.T) {
	h, ctx := newHouse(t, false), context.Background()
	h.create("Brand")
	pub, portal, menu := h.contents("a", "Brand")
	_, _, err := h.CreateAccount(ctx, h.by, pub, portal, menu)
	h.refused(err, "pub_request_body.pub_remark")
	pub.Remark = "south"
	second, _, err := h.CreateAccount(ctx, h.by, pub, portal, menu)
	h.must(err)
	empty := ""
	_, err = h.UpdatePub(ctx, h.by, second.Pub.ID, serviceaccount.PubPatch{Remark: &empty}, "x")
	h.refused(err, "pub_remark")

	other := serviceaccount.Caller{Tenant: "b", User: "ub"}
	pub, portal, menu = h.contents("b", "brand")
	_, _, err = h.CreateAccount(ctx, other, pub, portal, menu)
	h.refused(err, "pub_request_body.pub_name")
	pub.Name = "Mine"
	_, _, err = h.CreateAccount(ctx, other, pub, portal, menu)
	h.must(err)
}

// Whatever belongs to another tenant is as unknown as what does not exist.
func TestTenantsDoNotSeeEachOther(t *testing.T) {
	h, ctx := newHouse(t, false), context.Background()
	a := h.create("Shop")
	thief := serviceaccount.Caller{Tenant: "b", User: "ub"}
	for _, id := range []serviceaccount.Account{a, {}} {
		if _, err := h.Pub(ctx, "b", id.Pub.ID); !errors.Is(err, serviceaccount.ErrUnknown) {
			t.Error(err)
		}
		_, err := h.UpdatePub(ctx, thief, id.Pub.ID, serviceaccount.PubPatch{}, "x")
		h.refused(err, "pub_id")
		h.refused(h.FreezePub(ctx, thief, id.Pub.ID, "x"), "pub_id")
		h.refused(h.UnfreezePub(ctx, thief, id.Pub.ID, "x"), "pub_id")
		_, err = h.UpdateMenu(ctx, thief, id.Menu.ID, a.Menu.MenuContent, "x")
		h.refused(err, "menu_id")
		_, _, err = h.PushMenu(ctx, thief, id.Menu.ID)
		h.refused(err, "menu_id")
		_, _, err = h.UpdatePortal(ctx, thief, id.Portal.ID, serviceaccount.PortalContent{BackgroundImg: h.upload("b", "BG_IMAGE"), Summary: "x"}, "because")
		h.refused(err, "portal_id")
		_, _, err = h.PushPortal(ctx, thief, id.Portal.ID)
		h.refused(err, "portal_id")
	}
	pub, portal, menu := h.contents("b", "Thief")
	pub.LogoImg = a.Pub.LogoImg
	_, _, err := h.CreateAccount(ctx, thief, pub, portal, menu)
	h.refused(err, "pub_request_body.logo_img")
	pub, portal, _ = h.contents("b", "Thief")
	pub.AuthorizationFiles = a.Pub.AuthorizationFiles
	_, _, err = h.CreateAccount(ctx, thief, pub, portal, menu)
	h.refused(err, "pub_request_body.authorization_files[0]")
	pub, portal, _ = h.contents("b", "Thief")
	portal.BackgroundImg = pub.LogoImg
	_, _, err = h.CreateAccount(ctx, thief, pub, portal, menu)
	h.refused(err, "portal_request_body.background_img") // uploaded for another purpose
}

func TestReasons(t *testing.T) {
	h, ctx := newHouse(t, false), context.Background()
	a := h.create("Shop")
	h.refused(h.FreezePub(ctx, h.by, a.Pub.ID, ""), "change_reason")
	h.refused(h.UnfreezePub(ctx, h.by, a.Pub.ID, strings.Repeat("x", 201)), "change_reason")
	_, err := h.UpdatePub(ctx, h.by, a.Pub.ID, serviceaccount.PubPatch{}, strings.Repeat("x", 201))
	h.refused(err, "change_reason")
	_, err = h.UpdateMenu(ctx, h.by, a.Menu.ID, a.Menu.MenuContent, strings.Repeat("x", 1001))
	h.refused(err, "change_reason")
	for _, reason := range []string{"four", strings.Repeat("x", 51)} {
		_, _, err = h.UpdatePortal(ctx, h.by, a.Portal.ID, a.Portal.PortalContent, reason)
		h.refused(err, "change_reason")
	}
	h.refused(h.Review(ctx, "pub", "1", true, strings.Repeat("x", 501)), "words")
	h.refused(h.Review(ctx, "pub", "none", true, ""), "id")
	h.refused(h.Review(ctx, "pub", "999999", true, ""), "id")
}

func TestPicturesAreServed(t *testing.T) {
	h, ctx := newHouse(t, false), context.Background()
	read := func(id, expires, sign string) []byte {
		t.Helper()
		f, err := h.OpenMedia(ctx, id, expires, sign)
		if errors.Is(err, serviceaccount.ErrUnknown) {
			return nil
		}
		h.must(err)
		defer f.Body.Close()
		b, err := io.ReadAll(f.Body)
		h.must(err)
		if int64(len(b)) != f.Size || f.ContentType != "image/png" || len(f.ETag) != 34 {
			t.Errorf("%d bytes of %+v", len(b), f)
		}
		return b
	}
	logo := h.upload("a", "PUB_LOGO")
	if got := read(logo, "", ""); !bytes.Equal(got, picture(t, 240, 240)) {
		t.Errorf("%d bytes of a logo", len(got))
	}
	if got := h.MediaURL(logo); got != "https://s.example.com/media/"+logo {
		t.Error(got)
	}
	if read("nobody", "", "") != nil || read(strings.Repeat("0", 32), "", "") != nil {
		t.Error("what is not there was served")
	}

	letter := h.upload("a", "OTHER")
	u, err := url.Parse(h.LetterURL(letter))
	h.must(err)
	q := u.Query()
	expires, sign := q.Get("expires"), q.Get("sign")
	if !bytes.Equal(read(letter, expires, sign), picture(t, 10, 20)) {
		t.Error("a letter does not open by its address")
	}
	another, err := url.Parse(h.LetterURL(h.upload("a", "OTHER")))
	h.must(err)
	for name, in := range map[string][2]string{
		"no sign": {expires, ""}, "no time": {"", sign}, "another time": {expires + "0", sign}, "another letter's sign": {expires, another.Query().Get("sign")},
	} {
		if read(letter, in[0], in[1]) != nil {
			t.Errorf("a letter opens with %s", name)
		}
	}
	h.now = began.Add(time.Hour)
	if read(letter, expires, sign) != nil {
		t.Error("a letter opens by a stale address")
	}
}

func TestUploadsAreRefused(t *testing.T) {
	h, ctx := newHouse(t, false), context.Background()
	f := func(field, kind, name string, data []byte) {
		t.Helper()
		_, err := h.UploadMedia(ctx, "a", serviceaccount.Upload{FileType: kind, FileName: name, Data: data})
		h.refused(err, field)
	}
	logo := picture(t, 240, 240)
	f("file_type", "LOGO", "x.png", logo)
	f("file", "PUB_LOGO", "x.png", nil)
	f("file", "PUB_LOGO", "x.jpg", logo)
	f("file", "PUB_LOGO", "x", logo)
	f("file", "PUB_LOGO", "x\x00.png", logo)
	f("file", "PUB_LOGO", "x.png", append(logo, make([]byte, 100<<10)...))
	f("file", "BG_IMAGE", "x.png", append(picture(t, 1440, 810), make([]byte, 4<<20)...))
	f("file", "BG_IMAGE", "x.png", logo)
	m, err := h.UploadMedia(ctx, "a", serviceaccount.Upload{FileType: "PUB_LOGO", FileName: `C:\images\Logo.PNG`, Data: logo})
	if err != nil || m.FileName != "Logo.PNG" {
		t.Errorf("%+v, %v", m, err)
	}
}

// Letters of an account are at most 4 MB together.
func TestLettersTogether(t *testing.T) {
	h, ctx := newHouse(t, false), context.Background()
	pub, portal, menu := h.contents("a", "Shop")
	pub.AuthorizationFiles = nil
	for range 2 {
		m, err := h.UploadMedia(ctx, "a", serviceaccount.Upload{FileType: "OTHER", FileName: "x.png", Data: append(picture(t, 9, 9), make([]byte, 2<<20)...)})
		h.must(err)
		pub.AuthorizationFiles = append(pub.AuthorizationFiles, m.ID)
	}
	_, _, err := h.CreateAccount(ctx, h.by, pub, portal, menu)
	h.refused(err, "pub_request_body.authorization_files")
	pub.AuthorizationFiles = pub.AuthorizationFiles[:1]
	_, _, err = h.CreateAccount(ctx, h.by, pub, portal, menu)
	h.must(err)
}

// Of changes that are submitted at once one waits and the others are told so; of verdicts that are given at once one counts.
func TestOneChangeAndOneVerdict(t *testing.T) {
	h, ctx := newHouse(t, true), context.Background()
	a := h.create("Shop")
	count := func(do func() error) (done int) {
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				err := do()
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					done++
				} else if !fault.Has(err, fault.Parameter) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		return done
	}
	log := h.pending("pub")
	if n := count(func() error { return h.Review(ctx, "pub", log, true, "") }); n != 1 {
		t.Errorf("%d verdicts", n)
	}
	if n := count(func() error {
		_, err := h.UpdatePub(ctx, h.by, a.Pub.ID, serviceaccount.PubPatch{}, "x")
		return err
	}); n != 1 {
		t.Errorf("%d changes in review", n)
	}
	if p := h.pub(a.Pub.ID); p.Version != 1 {
		t.Errorf("version %d", p.Version)
	}
}
