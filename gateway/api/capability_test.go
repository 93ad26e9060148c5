package api

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
	"github.com/valyala/fasthttp"

	"cardlink/capability"
	"cardlink/fault"
	"cardlink/identity"
	"cardlink/templates"
)

// capabilityTemplates knows template 600000001, which HUAWEI shows.
type capabilityTemplates struct{}

func (capabilityTemplates) ForLinks(_ context.Context, _, id string) (*templates.Template, error) {
	if id != "600000001" {
		return nil, fault.In(fault.UnknownTemplateID, "tpl_id", "")
	}
	return &templates.Template{ID: 600000001, State: templates.StateEnabled, Audit: templates.AuditApproved,
		Factories: []templates.Factory{{Vendor: templates.Huawei, State: templates.VendorActive}}}, nil
}

func newCapabilityFace(t *testing.T) capabilityHandlers {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"rules.yaml": "vendors: {HUAWEI: {numbers: [huawei.txt]}, OPPO: {hashes: [oppo.sha1]}}",
		"huawei.txt": "13100000000\n", "oppo.sha1": "2f52a22ed7eea397ea0d35db04329c291e9e704b\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := capability.OpenFile(context.Background(), capability.FileOptions{Path: filepath.Join(dir, "rules.yaml")})
	if err != nil {
		t.Fatal(err)
	}
	room, err := capability.NewService(capabilityTemplates{}, p)
	if err != nil {
		t.Fatal(err)
	}
	return capabilityHandlers{room}
}

func (h capabilityHandlers) ask(t *testing.T, body string) (string, error) {
	t.Helper()
	var c fasthttp.RequestCtx
	c.Request.SetBodyString(body)
	out, err := h.check(context.Background(), &Request{RequestCtx: &c, Principal: identity.Principal{Tenant: "a"}})
	if err != nil {
		return "", err
	}
	b, err := encode(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b), nil
}

// The answers are those of api.md A.6, byte by byte.
func TestCheckMobileCapability(t *testing.T) {
	h := newCapabilityFace(t)
	for body, want := range map[string]string{
		`{"encryption_alg":"SHA1","tpl_id":"600000001","mobiles":["237baf0196797ffb081c41b8642f5c05dfebbbb7","2f52a22ed7eea397ea0d35db04329c291e9e704b"]}`: `{"supported_mobiles":["237baf0196797ffb081c41b8642f5c05dfebbbb7"],"unsupported_mobiles":["2f52a22ed7eea397ea0d35db04329c291e9e704b"],"tpl_id":"600000001"}`,
		`{"mobiles":["13100000000","8613100000001","008613100000002",13100000000]}`:                                                                        `{"supported_mobiles":["13100000000","8613100000001","13100000000"],"unsupported_mobiles":["008613100000002"]}`,
		`{"encryption_alg":null,"tpl_id":600000001,"mobiles":["13100000001"]}`:                                                                             `{"supported_mobiles":[],"unsupported_mobiles":["13100000001"],"tpl_id":"600000001"}`,
	} {
		got, err := h.ask(t, body)
		if err != nil || got != want {
			t.Errorf("%s: %v\n got %s\nwant %s", body, err, got, want)
		}
		var sdk model.CheckMobileCapabilityResponse
		if err := json.Unmarshal([]byte(got), &sdk); err != nil || sdk.SupportedMobiles == nil || sdk.UnsupportedMobiles == nil {
			t.Errorf("the SDK reads %+v %v", sdk, err)
		}
	}
	for _, c := range []struct {
		body  string
		code  fault.Code
		field string
	}{
		{``, fault.EmptyInput, ""},
		{`{}`, fault.EmptyMobiles, "mobiles"},
		{`{"mobiles":null}`, fault.EmptyMobiles, "mobiles"},
		{`{"mobiles":"13100000000"}`, fault.Parameter, "mobiles"},
		{`{"mobiles":[{}]}`, fault.Parameter, "mobiles[0]"},
		{`{"mobiles":["13100000000"],"tpl_id":"600000002"}`, fault.UnknownTemplateID, "tpl_id"},
		{`{"mobiles":["13100000000"],"encryption_alg":"MD5"}`, fault.Parameter, "encryption_alg"},
		{`{"mobiles":["` + strings.Repeat(`1","`, 100) + `"]}`, fault.Parameter, "mobiles"},
	} {
		_, err := h.ask(t, c.body)
		if f := fault.Of(err); f == nil || f.Code != c.code || f.Field != c.field {
			t.Errorf("%.60s: %v, want %s of %q", c.body, err, c.code, c.field)
		}
	}
}
