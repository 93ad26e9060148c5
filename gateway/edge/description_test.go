package edge

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"cardlink/gateway/api/openapi"
)

// described compiles a schema of the OpenAPI document, its objects closed.
func described(t testing.TB, at string) *jsonschema.Schema {
	t.Helper()
	d, err := openapi.New()
	must(t, err)
	var doc map[string]any
	must(t, json.Unmarshal(d.JSON(), &doc))
	openapi.CloseObjects(doc)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	must(t, c.AddResource("cardlink.json", doc))
	s, err := c.Compile("cardlink.json#" + at)
	must(t, err)
	return s
}

func TestMenuIsAsDescribed(t *testing.T) {
	h, _, _ := accountHouse(t)
	r := h.get("/sa/"+pubID+"/menu", "Accept: application/json")
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Body()))
	must(t, err)
	if err := described(t, "/components/schemas/HandsetMenu").Validate(v); err != nil {
		t.Errorf("%v in %s", err, r.Body())
	}
}

// What the document lets a handset report is what is taken, but for what a schema cannot say: which field goes with which.
func TestReportsAreAsDescribed(t *testing.T) {
	s := described(t, "/components/schemas/ClickReport")
	const whole = `{"client_event_id":"6c1f-0007","surface":"custom_menu","item_path":"1.1","menu_version":3,"vendor":"HUAWEI","device":"9b1f"}`
	for name, report := range map[string]string{
		"whole": whole, "no id": strings.Replace(whole, `"6c1f-0007"`, `""`, 1), "an id of other characters": strings.Replace(whole, "6c1f", "6c 1f", 1),
		"no device": strings.Replace(whole, `"9b1f"`, `""`, 1), "another surface": strings.Replace(whole, "custom_menu", "menu", 1),
		"another vendor": strings.Replace(whole, "HUAWEI", "NOKIA", 1), "a version below": strings.Replace(whole, ":3", ":-1", 1),
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(report))
		must(t, err)
		_, err = parseReport([]byte(report))
		if described := s.Validate(v); (described == nil) != (err == nil) {
			t.Errorf("%s: taken: %v, described: %v", name, err, described)
		}
	}
}
