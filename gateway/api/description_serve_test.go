package api

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/valyala/fasthttp"
)

// file is call for what is not JSON.
func (f *face) file(method, target string, headers ...string) told {
	f.t.Helper()
	var in fasthttp.Request
	var out fasthttp.Response
	in.Header.SetMethod(method)
	in.SetRequestURI("http://api" + target)
	for i := 0; i < len(headers); i += 2 {
		in.Header.Add(headers[i], headers[i+1])
	}
	out.SkipBody = method == "HEAD"
	if err := f.client.DoTimeout(&in, &out, time.Minute); err != nil {
		f.t.Fatalf("%s %s: %v", method, target, err)
	}
	a := told{Status: out.StatusCode(), Header: map[string]string{}, Raw: string(out.Body())}
	for k, v := range out.Header.All() {
		a.Header[string(k)] = string(v)
	}
	return a
}

func TestDescriptionIsServed(t *testing.T) {
	f := newFace(t, Options{}, newDescription().routes()...)
	nobody := []string{"X-Test-Tenant", "nobody"} // nobody is asked
	get := func(target string, headers ...string) told {
		t.Helper()
		return f.file("GET", target, append(headers, nobody...)...)
	}
	plainly := get("/openapi.json")
	if plainly.Status != 200 || plainly.Header["Content-Type"] != "application/json" || !strings.HasPrefix(plainly.Raw, `{"openapi":"3.1.0"`) || plainly.Header["Content-Encoding"] != "" {
		t.Fatalf("%d %v %.100s", plainly.Status, plainly.Header, plainly.Raw)
	}
	packed := get("/openapi.json", "Accept-Encoding", "br, gzip")
	z, err := gzip.NewReader(strings.NewReader(packed.Raw))
	if err != nil || packed.Header["Content-Encoding"] != "gzip" {
		t.Fatal(err, packed.Header)
	}
	if b, err := io.ReadAll(z); err != nil || string(b) != plainly.Raw || !json.Valid(b) {
		t.Errorf("unpacked: %v", err)
	}
	if a := get("/openapi.yaml"); a.Status != 200 || a.Header["Content-Type"] != "application/yaml" || !strings.HasPrefix(a.Raw, "openapi: 3.1.0\n") {
		t.Errorf("%d %v %.100s", a.Status, a.Header, a.Raw)
	}
	tag := plainly.Header["Etag"]
	for _, h := range []string{tag, `"other", ` + tag, strings.TrimPrefix(tag, "W/"), "*"} {
		if a := get("/openapi.json", "If-None-Match", h); a.Status != 304 || a.Raw != "" || a.Header["Etag"] != tag {
			t.Errorf("%s: %d %v", h, a.Status, a.Header)
		}
	}
	if a := get("/openapi.json", "If-None-Match", `"other"`); a.Status != 200 {
		t.Errorf("%d", a.Status)
	}
	language := func(want, target string, headers ...string) {
		t.Helper()
		a := get(target, headers...)
		if a.Status != 200 || !strings.Contains(a.Raw, `<html lang="`+want+`"`) || a.Header["Content-Security-Policy"] != pagePolicy || a.Header["Content-Type"] != "text/html; charset=utf-8" {
			t.Errorf("%s %v: %d %v %.100s", target, headers, a.Status, a.Header, a.Raw)
		}
	}
	language("en", "/docs")
	language("zh-CN", "/docs", "Accept-Language", "zh-TW,zh;q=0.9")
	language("en", "/docs?lang=en", "Accept-Language", "zh")
	language("zh-CN", "/docs/links?lang=zh")
	language("en", "/docs/errors", "Accept-Language", "en-GB, zh")
	if a := get("/docs/style.css"); a.Status != 200 || a.Header["Content-Type"] != "text/css; charset=utf-8" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
	f.call("GET", "/docs/nothing", "", nobody...).refused(t, "no such page", 404, "APIGW.0101", "/docs/nothing")
	f.call("GET", "/docs?lang=fr", "", nobody...).refused(t, "no such language", 400, "KM.90016803", "lang")
	if a := f.file("HEAD", "/docs", nobody...); a.Status != 200 || a.Raw != "" {
		t.Errorf("HEAD: %d %.100s", a.Status, a.Raw)
	}
}
