package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
	"github.com/valyala/fasthttp/fasthttputil"

	"cardlink/identity"
	"cardlink/previewlink"
	"cardlink/store"
	"cardlink/templates"
)

// anyTenant lets each caller in as the tenant its X-Tenant header names.
type anyTenant struct{}

func (anyTenant) Identify(_ context.Context, in identity.Credential) (identity.Principal, error) {
	who := identity.Principal{Tenant: strings.Repeat("1", 32), UserName: "api-user"}
	if t := in.Header("X-Tenant"); len(t) > 0 {
		who.Tenant = t[0]
	}
	return who, nil
}

func (anyTenant) Allowed(identity.Principal, string) bool { return true }

// templateHouse is the face over templates and materials in a real store, reached through memory.
type templateHouse struct {
	service *templates.Service
	client  *http.Client
}

func newTemplateHouse(t *testing.T) *templateHouse {
	t.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, store.Options{File: filepath.Join(t.TempDir(), "t.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	catalogue, err1 := templates.LoadCatalogue(nil)
	blobs, err2 := templates.NewFolder(t.TempDir())
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
	materials, err := templates.NewMaterials(templates.MaterialOptions{Store: db, Blobs: blobs, Catalogue: catalogue, Origin: "https://s.example.com", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	h := &templateHouse{}
	if h.service, err = templates.NewService(templates.Options{Store: db, Catalogue: catalogue, Materials: materials, Origin: "https://s.example.com", Previews: testAddresses(t), Now: now}); err != nil {
		t.Fatal(err)
	}
	ln := fasthttputil.NewInmemoryListener()
	face := New(Options{}, anyTenant{}, Rooms{Templates: h.service, Materials: materials})
	served := make(chan error, 1)
	go func() { served <- face.Serve(ln) }()
	h.client = &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return ln.Dial() }}}
	t.Cleanup(func() {
		h.client.CloseIdleConnections()
		if err := errors.Join(face.Shutdown(ctx), <-served); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *templateHouse) call(t *testing.T, method, target, body string, headers ...string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://koo.example.com"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := h.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s: Content-Type %q", method, target, resp.Header.Get("Content-Type"))
	}
	return resp.StatusCode, string(b)
}

// testAddresses are the preview addresses of an installation.
func testAddresses(t *testing.T) *previewlink.Addresses {
	t.Helper()
	a, err := previewlink.New(bytes.Repeat([]byte("p"), previewlink.KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// got reads a successful answer into the SDK's own type; anything the SDK could not read fails here.
func got[T any](t *testing.T, status int, answer string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(answer), &v); err != nil || status != 200 {
		t.Fatalf("%d %s: %v", status, answer, err)
	}
	return v
}

func (h *templateHouse) upload(t *testing.T) (material, resource string) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewPaletted(image.Rect(0, 0, 1248, 702), color.Palette{color.White})); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{"resource_type": "image", "file_type": "stream", "image_rate": "sixteenToNine：16:9", "file_name": "sale.png",
		"file_stream": "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := h.call(t, "POST", "/v1/aim/template-materials", string(body))
	r := got[model.UploadAimTemplateMaterialResponse](t, status, answer)
	return *r.Data.MaterialId, *r.Data.AimResourceId
}

// cardBody is a body as a careless client writes it: numbers as strings and strings as numbers and booleans.
func cardBody(image string) string {
	return `{"card_id":"StandardImageAndText","tpl_name":"spring sale","use_id":"1","sms_example":null,"app_name":"unknown fields are fine",
	"pages":[{"page_order":"1","contents":[
	 {"type":"image","position_number":1,"src_type":"1","src":` + image + `,"action_type":"OPEN_URL","action":{"target":"https://shop.example.com/?a=1&b=2"}},
	 {"type":"text","position_number":"2","content":2026,"is_text_title":true},
	 {"type":"text","position_number":3,"content":"尊敬的${name}，拒收请回复R"},
	 {"type":"button","position_number":4,"content":"去看看","action_type":"OPEN_BROWSER","action":{"target":"https://shop.example.com"}}]}],
	"params":[{"type":"1","name":"${name}","example":"张先生"}],
	"factorys":[{"factory_type":"HuaWei","state":1},{"factory_type":"oppo","state":"1"},{"factory_type":"XIAOMI","state":0}]}`
}

func TestTemplateLifeOverHTTP(t *testing.T) {
	h := newTemplateHouse(t)
	material, resource := h.upload(t)
	status, answer := h.call(t, "POST", "/v1/aim/templates", cardBody(resource))
	id := *got[model.CreateAimPersonalTemplateResponse](t, status, answer).Data.TplId
	if len(id) != 9 || id[0] != '6' || answer != `{"status":"200","message":"success","data":{"tpl_id":"`+id+`"}}` {
		t.Errorf("%s", answer)
	}
	number, _ := templates.ParseTplID(id)

	status, answer = h.call(t, "GET", "/v1/aim/templates?tpl_id="+id, "")
	list := got[model.ListAimTemplatesResponse](t, status, answer)
	if len(*list.Templates) != 1 || *list.PageInfo.Total != 1 || *list.PageInfo.Limit != 20 {
		t.Fatalf("%s", answer)
	}
	want := `{"tpl_id":"` + id + `","tpl_name":"spring sale","scene":"","tpl_state":1,"disable_desc":"","disable_time":"1970-01-01T00:00:00Z","audit_state":2,"audit_desc":"","description":"",` +
		`"creation_time":"2026-03-04T05:06:07Z","update_time":"2026-03-04T05:06:07Z",` +
		`"pages":"[{\"typeIndex\":0,\"cardId\":\"StandardImageAndText\",\"style\":{},\"content\":[]}]",` +
		`"params":[{"type":"string","name":"${name}","has_length":false,"fix_length":0,"length_restrict":false,"min_length":0,"max_length":0}],` +
		`"factory_info":[{"factory_type":"HUAWEI","state":1,"version":null},{"factory_type":"OPPO","state":1,"version":null}],` +
		`"match_type":1,"card_id":"StandardImageAndText","preview_url":"https://s.example.com/p/` + testAddresses(t).Name(previewlink.Template, number, 1) + `"}`
	if d := cmp.Diff(`{"templates":[`+want+`],"page_info":{"offset":0,"limit":20,"total":1}}`, answer); d != "" {
		t.Error(d)
	}
	for query, n := range map[string]int{
		"": 1, "?tpl_type=private": 1, "?tpl_type=public": 0, "?tpl_name=spring": 1, "?tpl_name=summer": 0, "?factory_type=HUAWEI": 1, "?factory_type=huawei,MEIZU": 1,
		"?factory_type=MEIZU&factory_type=OPPO": 1, "?factory_type=XIAOMI": 0, "?has_param=true": 1, "?has_param=false": 0, "?tpl_id=1": 0, "?tpl_id=699999999": 0,
		"?begin_time=2026-03-04T05:06:07Z&end_time=2026-03-04T05:06:07.522Z": 1, "?begin_time=2026-03-05T00:00:00Z&end_time=2026-03-06T00:00:00Z": 0,
		"?is_only_status=true": 1, "?offset=1": 0, "?factory_type=" + url.QueryEscape("HUAWEI：华为"): 1,
	} {
		status, answer := h.call(t, "GET", "/v1/aim/templates"+query, "")
		list := got[model.ListAimTemplatesResponse](t, status, answer)
		if len(*list.Templates) != n {
			t.Errorf("%q lists %d, want %d", query, len(*list.Templates), n)
		}
		if query == "?is_only_status=true" && ((*list.Templates)[0].Pages != nil || (*list.Templates)[0].Params != nil) {
			t.Errorf("pages or params in %s", answer)
		}
	}
	if _, answer := h.call(t, "GET", "/v1/aim/templates", "", "X-Tenant", strings.Repeat("2", 32)); !strings.Contains(answer, `"templates":[]`) {
		t.Errorf("another tenant sees %s", answer)
	}

	if status, answer := h.call(t, "PUT", "/v1/aim/template-state/"+id, `{"tpl_state":"0"}`); status != 200 || answer != `{"status":"200","message":"success","data":null}` {
		t.Errorf("%d %s", status, answer)
	}
	if _, answer := h.call(t, "GET", "/v1/aim/templates", ""); !strings.Contains(answer, `"tpl_state":0,"disable_desc":"","disable_time":"2026-03-04T05:06:07Z"`) {
		t.Error(answer)
	}

	status, answer = h.call(t, "GET", "/v1/aim/template-materials?resource_type=image&offset=1&limit=10", "")
	found := got[model.ListAimTemplateMaterialsResponse](t, status, answer)
	if m := (*found.Data.Results)[0]; m.Id != material || m.AimResourceId != resource || *m.ObsFileUrl != "https://s.example.com/m/"+resource+".png" ||
		m.ObsObjectKey != "m/"+resource+".png" || m.CreatedAt != "2026-03-04 05:06:07.0" || *m.ImageRate != "sixteenToNine" || *found.Data.PageInfo.Offset != 1 || *found.Data.PageInfo.Total != 1 {
		t.Errorf("%s", answer)
	}
	if status, answer := h.call(t, "POST", "/v1/aim/template-materials/delete", `{"material_ids":["`+material+`"]}`); status != 400 {
		t.Errorf("a used material was deleted: %d %s", status, answer)
	}
	if status, answer := h.call(t, "DELETE", "/v1/aim/template/"+id, ""); status != 200 || answer != `{"status":"200","message":"success","data":null}` {
		t.Errorf("%d %s", status, answer)
	}
	if status, answer := h.call(t, "POST", "/v1/aim/template-materials/delete", `{"material_ids":["`+material+`"]}`); status != 200 || answer != `{"status":"200","message":"success","data":null}` {
		t.Errorf("%d %s", status, answer)
	}
}

func TestTemplateRefusalsOverHTTP(t *testing.T) {
	h := newTemplateHouse(t)
	_, resource := h.upload(t)
	replace := func(old, with string) string { return strings.Replace(cardBody(resource), old, with, 1) }
	for _, c := range []struct {
		name, method, target, body, code, says string
	}{
		{"no body", "POST", "/v1/aim/templates", " ", "KM.90016414", ""},
		{"not JSON", "POST", "/v1/aim/templates", `{"card_id":`, "KM.80040007", "body"},
		{"two objects", "POST", "/v1/aim/templates", `{}{}`, "KM.80040007", "body"},
		{"a brace too many", "POST", "/v1/aim/templates", `{}}`, "KM.80040007", "body"},
		{"not an object", "POST", "/v1/aim/templates", `[]`, "KM.80040007", "body"},
		{"a deep wrong type", "POST", "/v1/aim/templates", replace(`"position_number":3`, `"position_number":"three"`), "KM.90016803", "pages[0].contents[2].position_number: must be an integer"},
		{"an object for a text", "POST", "/v1/aim/templates", replace(`"content":2026`, `"content":{}`), "KM.90016803", "pages[0].contents[1].content: must be a string"},
		{"pages as text", "POST", "/v1/aim/templates", `{"pages":"x"}`, "KM.90016803", "pages: must be a JSON array"},
		{"a page as text", "POST", "/v1/aim/templates", `{"pages":["x"]}`, "KM.90016803", "pages[0]: must be a JSON object"},
		{"action as text", "POST", "/v1/aim/templates", replace(`{"target":"https://shop.example.com"}`, `"x"`), "KM.90016803", "pages[0].contents[3].action: must be a JSON object"},
		{"no card", "POST", "/v1/aim/templates", `{"tpl_name":"x","use_id":1}`, "KM.90016803", "card_id: is required"},
		{"unused parameter", "POST", "/v1/aim/templates", replace("${name}，", ""), "KM.90016802", "params[0].name"},
		{"state without vendor state", "POST", "/v1/aim/templates", replace(`,"state":1`, ``), "KM.90016803", "factorys[0].state"},
		{"no state", "PUT", "/v1/aim/template-state/600001001", `{}`, "KM.90016803", "tpl_state"},
		{"unknown template's state", "PUT", "/v1/aim/template-state/600009999", `{"tpl_state":1}`, "KM.80040005", "tpl_id"},
		{"unknown template", "DELETE", "/v1/aim/template/600009999", "", "KM.80040006", "tpl_id"},
		{"limit 0", "GET", "/v1/aim/templates?limit=0", "", "KM.90016803", "limit"},
		{"limit 101", "GET", "/v1/aim/templates?limit=101", "", "KM.90016803", "limit"},
		{"one time", "GET", "/v1/aim/templates?begin_time=2026-01-01T00:00:00Z", "", "KM.90016803", "end_time"},
		{"times turned round", "GET", "/v1/aim/templates?begin_time=2026-01-02T00:00:00Z&end_time=2026-01-01T00:00:00Z", "", "KM.90016803", "begin_time"},
		{"unknown vendor", "GET", "/v1/aim/templates?factory_type=NOKIA", "", "KM.90016803", "factory_type"},
		{"unknown type", "GET", "/v1/aim/templates?tpl_type=secret", "", "KM.90016803", "tpl_type"},
		{"odd flag", "GET", "/v1/aim/templates?has_param=maybe", "", "KM.90016803", "has_param"},
		{"control character", "GET", "/v1/aim/templates?tpl_name=%00", "", "KM.90016803", "tpl_name"},
		{"bad UTF-8", "GET", "/v1/aim/templates?tpl_name=%ff", "", "KM.90016803", "tpl_name"},
		{"materials without page", "GET", "/v1/aim/template-materials?resource_type=image&limit=1", "", "KM.90016803", "offset"},
		{"materials page 0", "GET", "/v1/aim/template-materials?resource_type=image&limit=1&offset=0", "", "KM.90016803", "offset"},
		{"materials of no kind", "GET", "/v1/aim/template-materials?limit=1&offset=1", "", "KM.90016803", "resource_type"},
		{"no material ids", "POST", "/v1/aim/template-materials/delete", `{"material_ids":null}`, "KM.90016803", "material_ids"},
		{"upload of nothing", "POST", "/v1/aim/template-materials", `{"resource_type":"image","file_type":"stream","image_rate":"oneToOne"}`, "KM.90016803", "file_stream"},
		{"upload from ftp", "POST", "/v1/aim/template-materials", `{"resource_type":"image","file_type":"url","image_rate":"oneToOne","file_url":"ftp://x/a.png"}`, "KM.80020018", "file_url"},
	} {
		status, answer := h.call(t, c.method, c.target, c.body)
		var e struct {
			Code string `json:"error_code"`
			Msg  string `json:"error_msg"`
		}
		if err := json.Unmarshal([]byte(answer), &e); err != nil || status != 400 || e.Code != c.code || e.Msg == "" || !strings.Contains(e.Msg, c.says) {
			t.Errorf("%s: %d %s; want 400 %s saying %q", c.name, status, answer, c.code, c.says)
		}
	}
	if _, answer := h.call(t, "GET", "/v1/aim/templates", ""); !strings.Contains(answer, `"total":0`) {
		t.Errorf("refused requests left templates behind: %s", answer)
	}
}

// Whatever a body holds, it is refused or turned into a draft that can be written as JSON again.
func FuzzTemplateBody(f *testing.F) {
	f.Add([]byte(cardBody("700000000000000001")))
	f.Add([]byte(`{"pages":[{"contents":[{"action":{"mode":true}}]}],"sms_signs":[1,null,"x"],"params":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := fieldsOf(body, "KM.80040007")
		if err != nil {
			return
		}
		d := draftOf(b)
		if b.complaint() != nil {
			return
		}
		if _, err := json.Marshal(d); err != nil {
			t.Fatal(err)
		}
	})
}
