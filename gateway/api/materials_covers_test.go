package api

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
)

// clipUpload asks for a small video.
func clipUpload(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../templates/testdata/clip.mp4")
	if err != nil {
		t.Fatal(err)
	}
	return `{"resource_type":"video","file_type":"stream","file_name":"clip.mp4","file_stream":"data:video/mp4;base64,` + base64.StdEncoding.EncodeToString(b) + `"}`
}

// From a video to its covers and back, with the shapes of api.md §6.2, §6.4 and §6.5.
func TestVideoCovers(t *testing.T) {
	h := newTemplateHouse(t)
	ask := func(method, target, body string, answer any) {
		t.Helper()
		status, text := h.call(t, method, target, body)
		if status != 200 {
			t.Fatalf("%s %s: %d %s", method, target, status, text)
		}
		if err := json.Unmarshal([]byte(text), answer); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	var up model.UploadAimTemplateMaterialResponse
	ask("POST", "/v1/aim/template-materials", clipUpload(t), &up)
	video := *up.Data.AimResourceId
	const covers = "/v1/aim/template-material-thumbnails"

	_, text := h.call(t, "GET", covers+"?aim_resource_id="+video, "")
	var list model.ShowTemplateVideoThumbnailResponse
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(*list.Data) != 1 {
		t.Fatal(text, err)
	}
	drawn := (*list.Data)[0]
	want := `{"status":"200","message":"success","data":[{"id":"` + drawn.Id + `","created_at":"2026-03-04 05:06:07.0","is_primary":1,"file_name":"clip-cover.png",
		"aim_resource_id":"` + drawn.AimResourceId + `","obs_object_key":"m/` + drawn.AimResourceId + `.png","image_rate":"sixteenToNine","is_auto_gen":0,
		"obs_bucket_name":"materials","domain_id":"` + strings.Repeat("1", 32) + `","size":` + strconv.Itoa(int(*drawn.Size)) + `,"obs_file_url":"https://s.example.com/m/` + drawn.AimResourceId + `.png"}]}`
	if diff := cmp.Diff(jsonOf(t, want), jsonOf(t, text)); diff != "" {
		t.Error(diff)
	}

	var thumb model.UploadAimTemplateMaterialResponse
	ask("POST", "/v1/aim/template-materials", `{"resource_type":"thumbnail","material_id":"`+*up.Data.MaterialId+`","file_type":"stream","file_name":"c.png",
		"file_stream":"data:image/png;base64,`+onePixel+`"}`, &thumb)
	primary := func() (id string, drawn bool) {
		t.Helper()
		var all model.ListAimTemplateMaterialsResponse
		ask("GET", "/v1/aim/template-materials?resource_type=video&offset=1&limit=10", "", &all)
		c := (*all.Data.Results)[0].Thumbnail
		if c.IsPrimary != 1 || c.ResourceType != "image" {
			t.Errorf("%+v", c)
		}
		return c.Id, *c.IsAutoGen == 0
	}
	if id, auto := primary(); id != *thumb.Data.MaterialId || auto {
		t.Errorf("primary is %s (drawn: %v), want the uploaded one", id, auto)
	}
	var set model.SetPrimaryVideoThumbnailResponse
	ask("POST", covers, `{"aim_resource_id":"`+video+`","thumbnail_id":"`+drawn.Id+`"}`, &set)
	if *set.Status != "200" || *set.Message != "success" || set.Data != nil {
		t.Errorf("%+v", set)
	}
	if id, auto := primary(); id != drawn.Id || !auto {
		t.Errorf("primary is %s (drawn: %v), want the drawn one", id, auto)
	}
	ask("GET", covers+"?aim_resource_id="+video, "", &list)
	flags := ""
	for _, c := range *list.Data {
		flags += " " + string('0'+c.IsPrimary) + string('0'+*c.IsAutoGen)
	}
	if flags != " 10 01" && flags != " 01 10" { // made in the same second: their ids order them
		t.Errorf("primary and uploaded: %s", flags)
	}

	for _, c := range []struct{ what, method, target, body, tenant, field string }{
		{"no video", "GET", covers, "", "", "aim_resource_id"},
		{"unknown video", "GET", covers + "?aim_resource_id=799999999999999999", "", "", "aim_resource_id"},
		{"another tenant's video", "GET", covers + "?aim_resource_id=" + video, "", strings.Repeat("2", 32), "aim_resource_id"},
		{"unknown cover", "POST", covers, `{"aim_resource_id":"` + video + `","thumbnail_id":"x"}`, "", "thumbnail_id"},
		{"no cover", "POST", covers, `{"aim_resource_id":"` + video + `"}`, "", "thumbnail_id"},
		{"cover of a wrong type", "POST", covers, `{"aim_resource_id":` + video + `,"thumbnail_id":[]}`, "", "thumbnail_id"},
		{"another tenant", "POST", covers, `{"aim_resource_id":"` + video + `","thumbnail_id":"` + drawn.Id + `"}`, strings.Repeat("2", 32), "aim_resource_id"},
	} {
		var headers []string
		if c.tenant != "" {
			headers = []string{"X-Tenant", c.tenant}
		}
		status, text := h.call(t, c.method, c.target, c.body, headers...)
		if status != 400 || !strings.Contains(text, `"KM.90016803"`) || !strings.Contains(text, c.field) || strings.Contains(text, "error_message") {
			t.Errorf("%s: %d %s, want a fault of %s", c.what, status, text, c.field)
		}
	}
}

func jsonOf(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
