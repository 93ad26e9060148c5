package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"

	"cardlink/identity"
	"cardlink/serviceaccount"
	"cardlink/store"
)

// noBlobs is a folder of pictures that nobody looks at.
type noBlobs struct{}

func (noBlobs) Put(context.Context, string, []byte) error { return nil }
func (noBlobs) Open(context.Context, string) (io.ReadSeekCloser, error) {
	return nil, errors.New("nobody looks")
}

// portHouse is the face over service accounts in a real store, with two tenants of one account each.
type portHouse struct {
	t    *testing.T
	room *serviceaccount.Service
	ask  func(tenant, method, path, body string) string
	a, b string // tenants
	pub  string // account of a
	file string // a letter of a as registrations name it, with its id
}

func newPortHouse(t *testing.T, manual bool) *portHouse {
	t.Helper()
	ctx := context.Background()
	vault, err := identity.NewVault(bytes.Repeat([]byte{1}, 32))
	check(t, err)
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "ports.db"), Vault: vault})
	check(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Migrate(ctx)
	check(t, err)
	people, err := identity.NewService(identity.Options{Store: db, Vault: vault})
	check(t, err)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	options := serviceaccount.Options{Store: db, Blobs: noBlobs{}, MediaKey: []byte("k"), Now: func() time.Time { at = at.Add(time.Second); return at }}
	setUp, err := serviceaccount.NewService(options)
	check(t, err)
	h := &portHouse{t: t}
	for i, tenant := range []*string{&h.a, &h.b} {
		made, _, err := people.CreateTenant(ctx, identity.Actor{}, fmt.Sprint("shop", i), "")
		check(t, err)
		*tenant = made.ID
	}
	picture := func(tenant, kind string, n int, size int64) string {
		id := fmt.Sprintf("%032x", n)
		check(t, db.AddMedia(ctx, serviceaccount.Media{
			ID: id, Tenant: tenant, FileType: kind, FileName: "x.png", ContentType: "image/png", Size: size, Width: 1440, Height: 810, Digest: strings.Repeat("ab", 32), CreatedAt: at,
		}, []byte("content"), 1<<30))
		return id
	}
	logo, back, letter := picture(h.a, serviceaccount.FilePubLogo, 1, 100), picture(h.a, serviceaccount.FileBackground, 2, 100), picture(h.a, serviceaccount.FileOther, 3, 100)
	picture(h.a, serviceaccount.FileOther, 4, 4<<20-100) // exactly the limit with the other letter
	picture(h.a, serviceaccount.FileOther, 5, 4<<20)
	picture(h.b, serviceaccount.FileOther, 6, 100)
	h.file = letter + ":media/" + letter
	account, _, err := setUp.CreateAccount(ctx, serviceaccount.Caller{Tenant: h.a, User: "u"},
		serviceaccount.PubContent{LogoImg: logo, Name: "示例商城", Abstract: "a shop", Remark: "r", Industry: 5, AuthorizationFiles: []string{letter}},
		serviceaccount.PortalContent{BackgroundImg: back, Summary: "a shop"},
		serviceaccount.MenuContent{Items: []serviceaccount.MenuItem{{Name: "call", ActionType: serviceaccount.Calling, Content: "400-800-8800"}}})
	check(t, err)
	h.pub = account.Pub.ID
	options.ManualReview = manual
	h.room, err = serviceaccount.NewService(options)
	check(t, err)
	h.ask = askRooms(t, Rooms{Accounts: h.room})
	return h
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// register registers a port for a and returns its id.
func (h *portHouse) register(number string) string {
	h.t.Helper()
	h.expect("POST", "/v1/aim-sa/ports", `{"port":"`+number+`","port_type":1,"sign":["示例商城","二号"],"sign_check":0,"authorization_files":["`+h.file+`"]}`,
		`{"data":{"data":{"port":"`+number+`","port_type":1,"sign":["示例商城","二号"]}}}`)
	return h.ids("/v1/aim-sa/ports?port=" + number)[0]
}

// ids lists the ids of a list of a's.
func (h *portHouse) ids(path string) (ids []string) {
	h.t.Helper()
	var list model.ListPortInfosResponse
	body := h.ask(h.a, "GET", path, "")
	if err := json.Unmarshal([]byte(body), &list); err != nil || list.Data == nil || list.Data.Data == nil {
		h.t.Fatalf("%s: %v %s", path, err, body)
	}
	for _, p := range *list.Data.Data {
		ids = append(ids, *p.Id)
	}
	return ids
}

// expect compares an answer to a with what is wanted, ids and signatures of addresses being words.
func (h *portHouse) expect(method, path, body, want string) {
	h.t.Helper()
	got := h.ask(h.a, method, path, body)
	got = strings.ReplaceAll(got, h.pub, "PUB")
	got = regexp.MustCompile(`"id":"[0-9a-f]{32}"`).ReplaceAllString(got, `"id":"ID"`)
	got = regexp.MustCompile(`\?expires=[0-9]+&sign=[0-9a-f]{32}`).ReplaceAllString(got, "?SIGNED")
	if got != want {
		h.t.Errorf("%s %s %s\n got %s\nwant %s", method, path, body, got, want)
	}
}

// fails expects a refusal that names field and rule.
func (h *portHouse) fails(method, path, body, field, rule string) {
	h.t.Helper()
	h.expect(method, path, body, `{"error_code":"KM.90016803","error_msg":"`+field+`: `+rule+`"}`)
}

func TestPortOperations(t *testing.T) {
	h := newPortHouse(t, false)
	port := h.register("8822053111111")
	letter, _, _ := strings.Cut(h.file, ":")
	row := `"id":"ID","port":"8822053111111","port_type":1,"sign":["示例商城","二号"],"sign_check":0,"is_bind":%s,"authorization_files":{"` + letter + `":"media/` + letter + `?SIGNED"},"create_time":"2026-01-02T03:04:`
	list := func(rows string, total int) string {
		return fmt.Sprintf(`{"data":{"data":[%s],"page_info":{"offset":0,"limit":10,"total":%d}}}`, rows, total)
	}
	get := func(query string) string {
		got := h.ask(h.a, "GET", "/v1/aim-sa/ports"+query, "")
		return regexp.MustCompile(`create_time":"2026-01-02T03:04:[0-9]{2}Z"`).ReplaceAllString(got, `create_time":"2026-01-02T03:04:`)
	}
	compare := func(query, want string) {
		t.Helper()
		got := strings.ReplaceAll(get(query), h.pub, "PUB")
		got = regexp.MustCompile(`"id":"[0-9a-f]{32}"`).ReplaceAllString(got, `"id":"ID"`)
		got = regexp.MustCompile(`\?expires=[0-9]+&sign=[0-9a-f]{32}`).ReplaceAllString(got, "?SIGNED")
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", query, d)
		}
	}
	compare("", list(fmt.Sprintf("{"+row+"}", "0"), 1))
	compare("?is_bind=1", list("", 0))

	bind := `{"pub_id":"` + h.pub + `","port":"8822053111111","province":"河北省,深圳市","sign":["示例商城"],"ext_port_id":"` + port + `"}`
	h.expect("POST", "/v1/aim-sa/ports/associate", bind, `{"data":{"message":"成功"}}`)
	bound := fmt.Sprintf(row, "1")
	compare("?is_bind=1", list("{"+bound+`,"pub_list":[{"pub_name":"示例商城","pub_reference":"r"}]}`, 1))
	compare("?type=1&pub_name=商城&sign_search=例商", list(strings.Replace("{"+bound+`,"pub_id":"PUB","pub_name":"示例商城","province":"河北省,深圳市"}`, `["示例商城","二号"]`, `["示例商城"]`, 1), 1))
	compare("?type=1&sign_search=二", list("", 0))
	compare("?type=0&pub_name=nobody&is_bind=", list("{"+bound+`,"pub_list":[{"pub_name":"示例商城","pub_reference":"r"}]}`, 1)) // pub_name is of bindings
	binding := h.ids("/v1/aim-sa/ports?type=1")[0]

	h.fails("POST", "/v1/aim-sa/ports/associate", bind, "province", "must not overlap another binding of the port: messages signed 示例商城 in 河北省 are those of the account 示例商城 already")
	h.fails("DELETE", "/v1/aim-sa/ports/"+port, "", "port_id", "is bound to an account; unbind it first")
	h.fails("POST", "/v1/aim-sa/ports/disassociate", `{"id":"`+port+`"}`, "id", "does not exist") // the binding's id is wanted
	if got := h.ask(h.b, "POST", "/v1/aim-sa/ports/disassociate", `{"id":"`+binding+`"}`); !strings.Contains(got, "id: does not exist") {
		t.Errorf("another tenant unbinds: %s", got)
	}
	h.expect("POST", "/v1/aim-sa/ports/disassociate", `{"id":"`+binding+`"}`, `{"data":{"message":"成功"}}`)
	if got := h.ask(h.b, "DELETE", "/v1/aim-sa/ports/"+port, ""); !strings.Contains(got, "port_id: does not exist") {
		t.Errorf("another tenant deletes: %s", got)
	}
	h.expect("DELETE", "/v1/aim-sa/ports/"+port, "", `{"data":{"data":{"port":"8822053111111","port_type":1}}}`)
	h.fails("DELETE", "/v1/aim-sa/ports/"+port, "", "port_id", "does not exist")
	compare("", list("", 0))
}

// Every answer decodes into the SDK's own type without anything left over.
func TestPortAnswersAreTheSDKs(t *testing.T) {
	h := newPortHouse(t, false)
	strict := func(body string, into any) {
		t.Helper()
		d := json.NewDecoder(strings.NewReader(body))
		d.DisallowUnknownFields()
		if err := d.Decode(into); err != nil {
			t.Errorf("%T: %v in %s", into, err, body)
		}
	}
	strict(h.ask(h.a, "POST", "/v1/aim-sa/ports", `{"port":"12345","port_type":"5","sign":["aa"],"sign_check":"1","authorization_files":["`+h.file+`"]}`), new(model.RegisterPortResponse))
	port := h.ids("/v1/aim-sa/ports?port_type=5：后缀号段")[0]
	strict(h.ask(h.a, "POST", "/v1/aim-sa/ports/associate",
		`{"pub_id":"`+h.pub+`","port":12345,"province":"全国","sign":["aa"],"ext_port_id":"`+port+`"}`), new(model.LockPortResponse))
	var ports, bindings model.ListPortInfosResponse
	strict(h.ask(h.a, "GET", "/v1/aim-sa/ports?start_time=2026-01-01T00:00:00Z&end_time=2027-01-01T00:00:00Z", ""), &ports)
	strict(h.ask(h.a, "GET", "/v1/aim-sa/ports?type=1&limit=100", ""), &bindings)
	if p, b := (*ports.Data.Data)[0], (*bindings.Data.Data)[0]; *p.IsBind != 1 || p.PubId != nil || p.Province != nil || *(*p.PubList)[0].PubReference != "r" ||
		*b.Province != "全国" || *b.PubId != h.pub || *b.PubName != "示例商城" || *b.SignCheck != 1 || *b.PortType != 5 || *bindings.Data.PageInfo.Limit != 100 {
		t.Errorf("port %+v\nbinding %+v", p, b)
	}
	strict(h.ask(h.a, "POST", "/v1/aim-sa/ports/disassociate", `{"id":"`+*(*bindings.Data.Data)[0].Id+`"}`), new(model.UnlockPortResponse))
	strict(h.ask(h.a, "DELETE", "/v1/aim-sa/ports/"+port, ""), new(model.DeletePortInfoResponse))
}

func TestPortRefusals(t *testing.T) {
	h := newPortHouse(t, false)
	file := func(n int) string { return fmt.Sprintf("%032x:media/x", n) }
	register := func(port, kind, sign, check, files, field, rule string) {
		t.Helper()
		h.fails("POST", "/v1/aim-sa/ports", fmt.Sprintf(`{"port":%q,"port_type":%s,"sign":%s,"sign_check":%s,"authorization_files":%s}`, port, kind, sign, check, files), field, rule)
	}
	good := `["` + h.file + `"]`
	register("1069", "2", `["aa"]`, "0", good, "port_type", "must be 1, 3 or 5")
	register("1069", "3", `["aa"]`, "0", good, "sign_check", "must be 1 for port_type 3 and 5")
	register("1069", "5", `["aa"]`, "1", good, "port", "must be exactly 5 digits for port_type 5")
	register("1069", "1", `["aa"]`, "2", good, "sign_check", "must be 0 or 1")
	register("1069", "1", `["a"]`, "0", good, "sign[0]", "must be 2-18 characters")
	register("1069", "1", `null`, "0", good, "sign", "is required")
	register("1069", "1", `[]`, "0", good, "sign", "must hold 1-5 values")
	register("1069", "1", `["aa"]`, "0", `["nonsense"]`, "authorization_files[0]", "must have the form resource_id:resource_url")
	register("1069", "1", `["aa"]`, "0", `["`+h.file+`","`+file(77)+`"]`, "authorization_files[1]", "does not exist")
	register("1069", "1", `["aa"]`, "0", `["`+file(6)+`"]`, "authorization_files[0]", "does not exist") // another tenant's
	register("1069", "1", `["aa"]`, "0", `["`+file(3)+`","`+file(5)+`"]`, "authorization_files", "must be at most 4 MB together")
	h.expect("POST", "/v1/aim-sa/ports", `{"port":"10690000","port_type":1,"sign":["aa"],"sign_check":0,"authorization_files":["`+file(3)+`","`+file(4)+`"]}`,
		`{"data":{"data":{"port":"10690000","port_type":1,"sign":["aa"]}}}`)
	register("10690000", "1", `["aa"]`, "0", good, "port", "exists already")
	if got := h.ask(h.b, "POST", "/v1/aim-sa/ports", `{"port":"10690000","port_type":1,"sign":["bb"],"sign_check":0,"authorization_files":["`+file(6)+`"]}`); !strings.Contains(got, "port: exists already") {
		t.Errorf("another tenant registers the number: %s", got)
	}
	h.fails("POST", "/v1/aim-sa/ports", `{"port":"1"}`, "port_type", "is required")
	h.fails("POST", "/v1/aim-sa/ports", `{"port":"1","port_type":1,"sign":"aa","sign_check":0,"authorization_files":[]}`, "sign", "must be a JSON array")

	port := h.register("555")
	lock := func(change func(map[string]any), field, rule string) {
		t.Helper()
		in := map[string]any{"pub_id": h.pub, "port": "555", "province": "河北省", "sign": []string{"二号"}, "ext_port_id": port}
		change(in)
		body, err := json.Marshal(in)
		check(t, err)
		h.fails("POST", "/v1/aim-sa/ports/associate", string(body), field, rule)
	}
	lock(func(m map[string]any) { m["pub_id"] = strings.Repeat("0", 32) }, "pub_id", "does not exist")
	lock(func(m map[string]any) { m["pub_id"] = nil }, "pub_id", "is required")
	lock(func(m map[string]any) { m["ext_port_id"] = strings.Repeat("0", 32) }, "ext_port_id", "does not exist")
	lock(func(m map[string]any) { m["ext_port_id"] = "x" }, "ext_port_id", "does not exist")
	lock(func(m map[string]any) { m["port"] = "556" }, "port", "is not the number of the port ext_port_id")
	lock(func(m map[string]any) { m["sign"] = []string{"三号"} }, "sign[0]", "must be a sign of the port")
	lock(func(m map[string]any) { m["province"] = "广东省,深圳市" }, "province", "must not overlap, and 广东省 and 深圳市 do")
	lock(func(m map[string]any) { m["province"] = "河北" }, "province", `holds \"河北\", which is not the official name of a province or prefecture-level city`)
	lock(func(m map[string]any) { m["province"] = "," }, "province", "is required")
	check(t, h.room.FreezePub(context.Background(), serviceaccount.Caller{Tenant: h.a}, h.pub, "fraud"))
	lock(func(map[string]any) {}, "pub_id", "is a frozen account")

	for query, want := range map[string]string{
		"type=2": "type: must be 0 or 1", "port=x": "port: must be 1-21 digits", "port_type=4": "port_type: must be 1, 3 or 5", "is_bind=x": "is_bind: must be 0 or 1",
		"limit=101": "limit: must be", "offset=-1": "offset: must be", "start_time=x": "start_time: must be a time", "sign_search=" + strings.Repeat("a", 19): "sign_search: must be at most 18",
		"type=1&pub_name=" + strings.Repeat("a", 65): "pub_name: must be at most 64",
	} {
		if got := h.ask(h.a, "GET", "/v1/aim-sa/ports?"+query, ""); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func TestPortReview(t *testing.T) {
	h := newPortHouse(t, true)
	ctx := context.Background()
	port := h.register("777")
	bind := `{"pub_id":"` + h.pub + `","port":"777","province":"全国","sign":["二号"],"ext_port_id":"` + port + `"}`
	h.fails("POST", "/v1/aim-sa/ports/associate", bind, "ext_port_id", "is a port in review")
	waiting, err := h.room.PendingReviews(ctx, "", 10)
	check(t, err)
	if len(waiting) != 1 || waiting[0].Kind != serviceaccount.KindPort || waiting[0].ObjectID != port {
		t.Fatalf("waiting: %+v", waiting)
	}
	check(t, h.room.Review(ctx, serviceaccount.KindPort, fmt.Sprint(waiting[0].ID), true, ""))
	h.expect("POST", "/v1/aim-sa/ports/associate", bind, `{"data":{"message":"成功"}}`)

	other := h.register("778")
	waiting, err = h.room.PendingReviews(ctx, "", 10)
	check(t, err)
	check(t, h.room.Review(ctx, serviceaccount.KindPort, fmt.Sprint(waiting[0].ID), false, "not yours"))
	h.fails("POST", "/v1/aim-sa/ports/associate", strings.NewReplacer("777", "778", port, other).Replace(bind), "ext_port_id", "is a port whose registration was rejected")
}
