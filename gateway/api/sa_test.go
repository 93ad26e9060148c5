package api

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/textproto"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/identity"
	"cardlink/serviceaccount"
	"cardlink/store"
	"cardlink/templates"
)

var update = flag.Bool("update", false, "rewrite golden files")

// accountFace is the operations of service accounts over a fresh store. What goes in and out is written down, with ids replaced by words.
type accountFace struct {
	t      *testing.T
	routes []route
	now    time.Time
	words  map[string]string // id → word
	ids    map[string]string // word → id
	log    strings.Builder
}

func newAccountFace(t *testing.T, manual bool) (*accountFace, *serviceaccount.Service) {
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
	f := &accountFace{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), words: map[string]string{}, ids: map[string]string{}}
	for _, id := range []string{"a", "b"} {
		tenant := identity.Tenant{ID: id, Name: "Example " + id, Project: identity.Project{ID: "p" + id, Name: "cn-north-4"}, CreatedAt: f.now, DataKey: vault.NewDataKey(id)}
		if err := db.AddTenant(ctx, tenant, identity.User{ID: "u" + id, Tenant: id, Name: "api", CreatedAt: f.now}, identity.Entry{At: f.now}); err != nil {
			t.Fatal(err)
		}
	}
	blobs, err := templates.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	room, err := serviceaccount.NewService(serviceaccount.Options{
		Store: db, Blobs: blobs, ManualReview: manual, Origin: "https://s.example.com", MediaKey: []byte("key"), Now: func() time.Time { return f.now },
	})
	if err != nil {
		t.Fatal(err)
	}
	f.routes = accountHandlers{room}.routes()
	return f, room
}

// ask calls an operation as a tenant. Words in braces stand for ids; an id that is seen for the first time gets a word.
func (f *accountFace) ask(tenant, method, path, contentType string, body []byte) (string, error) {
	f.t.Helper()
	path = f.real(path)
	var c fasthttp.RequestCtx
	c.Request.SetRequestURI(path)
	c.Request.Header.SetMethod(method)
	c.Request.Header.SetContentType(contentType)
	c.Request.SetBody(body)
	rt, params, ok := match(f.routes, method, string(c.Path()))
	if !ok {
		f.t.Fatalf("no route for %s %s", method, path)
	}
	out, err := rt.handle(context.Background(), &Request{
		RequestCtx: &c, Principal: identity.Principal{Tenant: tenant, UserID: "u" + tenant}, params: params, at: f.now,
	})
	if err != nil {
		return "", err
	}
	b, err := encode(out)
	if err != nil {
		f.t.Fatal(err)
	}
	return string(b), nil
}

func (f *accountFace) real(s string) string {
	for word, id := range f.ids {
		s = strings.ReplaceAll(s, "{"+word+"}", id)
	}
	return s
}

var (
	anyID   = regexp.MustCompile(`[0-9a-f]{32}`)
	anySign = regexp.MustCompile(`sign=[0-9a-f]{32}`)
)

func (f *accountFace) veil(s string) string {
	s = anySign.ReplaceAllString(s, "sign=…")
	return anyID.ReplaceAllStringFunc(s, func(id string) string {
		if f.words[id] == "" {
			word := fmt.Sprintf("id%d", len(f.words)+1)
			f.words[id], f.ids[word] = word, id
		}
		return "{" + f.words[id] + "}"
	})
}

// call asks as tenant a and writes the exchange down.
func (f *accountFace) call(method, path, body string) string {
	f.t.Helper()
	fmt.Fprintf(&f.log, "%s %s\n", method, path)
	if body != "" {
		fmt.Fprintf(&f.log, "%s\n", body)
	}
	return f.answer(f.ask("a", method, path, "application/json", []byte(f.real(body))))
}

func (f *accountFace) answer(out string, err error) string {
	f.t.Helper()
	if err != nil {
		e := fault.Of(err)
		if e.Code == fault.Internal {
			f.t.Fatal(err)
		}
		fmt.Fprintf(&f.log, "< %d %s %s\n\n", e.Status(), e.Code, f.veil(e.Text(fault.English)))
		return ""
	}
	fmt.Fprintf(&f.log, "< %s\n\n", f.veil(out))
	return out
}

// upload sends a picture as the SDK does: file_type first, the file as application/octet-stream.
func (f *accountFace) upload(kind, name string, width, height int) string {
	f.t.Helper()
	fmt.Fprintf(&f.log, "POST /v1/aim-sa/media/upload\nfile_type=%s file=%s %d×%d\n", kind, name, width, height)
	var picture, b bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		f.t.Fatal(err)
	}
	w := multipart.NewWriter(&b)
	if err := w.WriteField("file_type", kind); err != nil {
		f.t.Fatal(err)
	}
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}, "Content-Type": {"application/octet-stream"},
	})
	if err == nil {
		_, err = part.Write(picture.Bytes())
	}
	if err != nil {
		f.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		f.t.Fatal(err)
	}
	return f.answer(f.ask("a", "POST", "/v1/aim-sa/media/upload", w.FormDataContentType(), b.Bytes()))
}

func (f *accountFace) golden(name string) {
	f.t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(f.log.String()), 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != f.log.String() {
		f.t.Errorf("%s differs (-update accepts): %v\n%s", file, err, f.log.String())
	}
}

// sdkReads checks that the SDK's model takes the answer and finds in it everything that is there, but for the fields named in extra.
func sdkReads[T any](t *testing.T, answer string, extra ...string) {
	t.Helper()
	var into T
	if err := json.Unmarshal([]byte(answer), &into); err != nil {
		t.Errorf("%T: %v of %s", into, err, answer)
		return
	}
	back, err := json.Marshal(into)
	if err != nil {
		t.Fatal(err)
	}
	var was, is any
	if err := json.Unmarshal([]byte(answer), &was); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(back, &is); err != nil {
		t.Fatal(err)
	}
	for _, name := range extra {
		remove(was, strings.Split(name, "."))
	}
	if !reflect.DeepEqual(was, is) {
		t.Errorf("the SDK reads %T as\n%s\nof\n%s", into, back, answer)
	}
}

func remove(v any, path []string) {
	m, ok := v.(map[string]any)
	if !ok {
		return
	}
	if len(path) == 1 {
		delete(m, path[0])
		return
	}
	remove(m[path[0]], path[1:])
}

const createPub = `{"pub_request_body":{"logo_img":"{id1}","pub_name":"示例商城","pub_abstract":"sells things","auto_get_port":"1","signs_for_auto_get_port":["示例商城"],` +
	`"areas_for_auto_get_port":["广东省"],"industry":5,"authorization_files":["{id4}"]},` +
	`"portal_request_body":{"background_img":"{id2}","summary":"a shop","tels":[{"tel":"400-800-8800","usage":"hotline"}],"fastapps":[{"name":"快应用","logo_img":"{id3}",` +
	`"description":"buys","deeplink":"hap://app/com.example","depend_engine_version":1040}],"hw_pubs":null},` +
	`"menu_request_body":{"menu":{"menu_items":[{"name":"商城","action_type":"OPEN_URL","content":"https://shop.example.com/?a=1&b=2","ext_msg":{"open_in_browser":1,"web_title":"商城"}},` +
	`{"name":"服务","action_type":"OPEN_SUBMENU","content":"","ext_msg":{},"sub_menu_items":[{"name":"电话","action_type":"CALLING","content":"95599","ext_msg":{}}]}]}}}`

// fill uploads four pictures and makes an account of them.
func (f *accountFace) fill() {
	f.upload("PUB_LOGO", "logo.png", 240, 240)
	f.upload("BG_IMAGE", "back.png", 1440, 810)
	f.upload("FASTAPP_LOGO", "app.png", 192, 192)
	f.upload("OTHER", "letter.png", 10, 10)
	f.call("POST", "/v1/aim-sa/unify/pubs", createPub)
}

// The answers of all operations, as the SDK reads them.
func TestAccountOperations(t *testing.T) {
	f, _ := newAccountFace(t, false)
	sdkReads[model.UploadMediaResponse](t, f.upload("PUB_LOGO", "logo.png", 240, 240), "data.auth_resource_url")
	f.upload("BG_IMAGE", "back.png", 1440, 810)
	f.upload("FASTAPP_LOGO", "app.png", 192, 192)
	f.upload("OTHER", "letter.png", 10, 10)
	sdkReads[model.CreatePubInfoResponse](t, f.call("POST", "/v1/aim-sa/unify/pubs", createPub)) // {id5} account, {id6} menu, {id7} home page
	sdkReads[model.ListPubInfosResponse](t, f.call("GET", "/v1/aim-sa/pubs", ""))
	sdkReads[model.ListMenusResponse](t, f.call("GET", "/v1/aim-sa/menus?menu_name=商&state=2", ""))
	sdkReads[model.ListPortalInfosResponse](t, f.call("GET", "/v1/aim-sa/portals?limit=1", ""))
	f.now = f.now.Add(time.Hour)
	sdkReads[model.UpdatePubInfoResponse](t, f.call("POST", "/v1/aim-sa/pubs/{id5}", `{"change_reason":"new","pub_abstract":"sells <more> & more","auto_get_port":0,"industry":"9","pub_remark":null}`))
	sdkReads[model.UpdateMenuResponse](t, f.call("PUT", "/v1/aim-sa/menus/{id6}", `{"change_reason":"new","menu":{"menu_items":[{"name":"电话","action_type":"CALLING","content":"10086"}]}}`))
	sdkReads[model.UpdatePortalInfoResponse](t, f.call("PUT", "/v1/aim-sa/portals/{id7}", `{"change_reason":"because","background_img":"{id2}","summary":"a \"better\" shop"}`))
	sdkReads[model.PushMenuInfoResponse](t, f.call("POST", "/v1/aim-sa/menus/{id6}/push", ""))
	sdkReads[model.PushPortalInfoResponse](t, f.call("POST", "/v1/aim-sa/portals/{id7}/push", ""))
	sdkReads[model.FreezePubResponse](t, f.call("POST", "/v1/aim-sa/pubs/{id5}/freeze", `{"change_reason":"pause"}`), "data.data")
	sdkReads[model.ListPubInfosResponse](t, f.call("GET", "/v1/aim-sa/pubs?pub_name=商城&state=4&approve_state=2&industry=9&start_time=2026-01-02T04:04:05Z&end_time=2026-01-02T04:04:05Z", ""))
	sdkReads[model.ListMenusResponse](t, f.call("GET", "/v1/aim-sa/menus?state=4&pub_id={id5}", ""))
	sdkReads[model.ListPortalInfosResponse](t, f.call("GET", "/v1/aim-sa/portals?state=4", ""))
	sdkReads[model.UnfreezePubResponse](t, f.call("POST", "/v1/aim-sa/pubs/{id5}/unfreeze", `{"change_reason":"go on"}`), "data.data")
	f.golden("accounts")
}

// Whatever waits for review is shown as such, and nothing is in force before.
func TestAccountOperationsInReview(t *testing.T) {
	f, room := newAccountFace(t, true)
	f.fill()
	sdkReads[model.ListPubInfosResponse](t, f.call("GET", "/v1/aim-sa/pubs?state=1&approve_state=1", ""))
	sdkReads[model.ListMenusResponse](t, f.call("GET", "/v1/aim-sa/menus", ""))
	answer := f.call("GET", "/v1/aim-sa/portals", "")
	sdkReads[model.ListPortalInfosResponse](t, answer)
	f.call("POST", "/v1/aim-sa/menus/{id6}/push", "")
	for _, kind := range []string{"pub", "menu", "portal"} {
		list, err := room.PendingReviews(context.Background(), kind, 10)
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		if err := room.Review(context.Background(), kind, list[0].LogID(), true, ""); err != nil {
			t.Fatal(err)
		}
	}
	f.call("PUT", "/v1/aim-sa/portals/{id7}", `{"change_reason":"because","background_img":"{id2}","summary":"a better shop"}`)
	f.call("GET", "/v1/aim-sa/portals", "")
	f.call("PUT", "/v1/aim-sa/portals/{id7}", `{"change_reason":"because","background_img":"{id2}","summary":"the best shop"}`)
	f.golden("accounts_in_review")
}

// What callers are told, and that it names where the fault lies.
func TestAccountRefusals(t *testing.T) {
	f, _ := newAccountFace(t, false)
	f.fill()
	f.log.Reset()
	f.upload("PUB_LOGO", "logo.jpg", 240, 240)
	f.upload("PUB_LOGO", "logo.png", 240, 239)
	f.upload("BG_IMAGE", "back.png", 1600, 1200)
	f.upload("LOGO", "logo.png", 240, 240)
	f.call("POST", "/v1/aim-sa/media/upload", `{"file_type":"PUB_LOGO"}`)
	f.call("POST", "/v1/aim-sa/unify/pubs", ``)
	f.call("POST", "/v1/aim-sa/unify/pubs", `{}`)
	f.call("POST", "/v1/aim-sa/unify/pubs", `{"pub_request_body":{},"portal_request_body":[],"menu_request_body":{}}`)
	for _, change := range [][2]string{
		{`"pub_name":"示例商城"`, `"pub_name":"示例商城示例商城示例商城示例商城"`}, {`"industry":5`, `"industry":0`}, {`"auto_get_port":"1"`, `"auto_get_port":2`},
		{`"areas_for_auto_get_port":["广东省"]`, `"areas_for_auto_get_port":["广东省","深圳市"]`}, {`"authorization_files":["{id4}"]`, `"authorization_files":[]`},
		{`"logo_img":"{id1}"`, `"logo_img":"{id2}"`}, {`"usage":"hotline"`, `"usage":""`}, {`hap://app/`, `https://app/`}, {`"name":"电话"`, `"name":"服务"`},
		{`"content":"95599","ext_msg":{}`, `"content":"95599","sub_menu_items":[{"name":"x","action_type":"CALLING","content":"95599"}]`}, {`"x"`, `"x"`},
	} {
		body := strings.Replace(createPub, change[0], change[1], 1)
		fmt.Fprintf(&f.log, "CreatePubInfo with %s\n", change[1])
		f.answer(f.ask("a", "POST", "/v1/aim-sa/unify/pubs", "application/json", []byte(f.real(body))))
	}
	fmt.Fprint(&f.log, "CreatePubInfo of another company\n")
	f.answer(f.ask("b", "POST", "/v1/aim-sa/unify/pubs", "application/json", []byte(f.real(createPub))))
	for _, query := range []string{"limit=0", "limit=101", "offset=-1", "state=5", "state=x", "approve_state=4", "industry=12", "start_time=yesterday", "pub_name=" + strings.Repeat("x", 16)} {
		f.call("GET", "/v1/aim-sa/pubs?"+query, "")
	}
	f.call("GET", "/v1/aim-sa/menus?menu_id="+strings.Repeat("x", 33), "")
	f.call("GET", "/v1/aim-sa/portals?begin_time=x", "")
	f.call("POST", "/v1/aim-sa/pubs/{id5}", `{"pub_name":"x"}`)
	f.call("POST", "/v1/aim-sa/pubs/{id5}", `{"change_reason":"x","pub_name":""}`)
	f.call("POST", "/v1/aim-sa/pubs/{id5}", `{"change_reason":"x","authorization_files":[]}`)
	f.call("POST", "/v1/aim-sa/pubs/{id6}", `{"change_reason":"x"}`)
	f.call("POST", "/v1/aim-sa/pubs/{id5}/unfreeze", `{"change_reason":"x"}`)
	f.call("PUT", "/v1/aim-sa/menus/{id6}", `{"change_reason":"x"}`)
	f.call("PUT", "/v1/aim-sa/menus/{id6}", `{"change_reason":"x","menu":{"menu_items":[]}}`)
	f.call("PUT", "/v1/aim-sa/menus/{id6}", `{"change_reason":"x","menu":{"menu_items":["x"]}}`)
	f.call("PUT", "/v1/aim-sa/portals/{id7}", `{"change_reason":"why","background_img":"{id2}","summary":"x"}`)
	f.call("POST", "/v1/aim-sa/menus/{id7}/push", "")
	f.call("POST", "/v1/aim-sa/portals/none/push", "")
	f.golden("accounts_refusals")
}

// One tenant's lists show nothing of another's, and its ids are unknown there.
func TestAccountsOfAnotherTenant(t *testing.T) {
	f, _ := newAccountFace(t, false)
	f.fill()
	for _, path := range []string{"pubs", "menus", "menus?menu_id={id6}", "menus?pub_id={id5}", "portals"} {
		got, err := f.ask("b", "GET", "/v1/aim-sa/"+path, "", nil)
		if err != nil || !strings.Contains(got, `"total":0`) || !strings.Contains(got, `:[],`) {
			t.Errorf("%s: %s, %v", path, got, err)
		}
	}
	for _, c := range [][3]string{
		{"POST", "pubs/{id5}", `{"change_reason":"x"}`}, {"POST", "pubs/{id5}/freeze", `{"change_reason":"x"}`}, {"POST", "menus/{id6}/push", ""}, {"POST", "portals/{id7}/push", ""},
		{"PUT", "menus/{id6}", `{"change_reason":"x","menu":{"menu_items":[{"name":"x","action_type":"CALLING","content":"95599"}]}}`},
	} {
		_, foreign := f.ask("b", c[0], "/v1/aim-sa/"+c[1], "application/json", []byte(c[2]))
		_, unknown := f.ask("b", c[0], "/v1/aim-sa/"+regexp.MustCompile(`\{id\d\}`).ReplaceAllString(c[1], strings.Repeat("0", 32)), "application/json", []byte(c[2]))
		if foreign == nil || unknown == nil || foreign.Error() != unknown.Error() {
			t.Errorf("%s: %v, but of an unknown id %v", c[1], foreign, unknown)
		}
	}
}

// Whatever the body of a menu, it is refused or reads back as it was taken.
func FuzzMenuBody(f *testing.F) {
	f.Add(`{"menu":{"menu_items":[{"name":"商城","action_type":"OPEN_URL","content":"https://a.cn","ext_msg":{"open_in_browser":"1","web_title":"x"}}]}}`)
	f.Add(`{"menu":{"menu_items":[{"name":"a","action_type":"OPEN_SUBMENU","sub_menu_items":[{"name":"b","action_type":"CALLING","content":95599}]}]}}`)
	f.Add(`{"menu":{"menu_items":[{"sub_menu_items":[{"sub_menu_items":[{"sub_menu_items":[{}]}]}]}]}}`)
	f.Add(`{"menu":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		b, err := fieldsOf([]byte(body), fault.Parameter)
		if err != nil {
			return
		}
		menu := readMenu(b)
		if b.complaint() != nil || serviceaccount.CheckMenu("menu.menu_items", menu.Items) != nil {
			return
		}
		text, err := encode(struct {
			Menu serviceaccount.MenuContent `json:"menu"`
		}{menu})
		if err != nil {
			t.Fatal(err)
		}
		again, err := fieldsOf(text, fault.Parameter)
		if err != nil {
			t.Fatal(err)
		}
		if back := readMenu(again); again.complaint() != nil || !reflect.DeepEqual(back, menu) {
			t.Fatalf("%s\n%+v\n%+v", text, menu, back)
		}
	})
}
