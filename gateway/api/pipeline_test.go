package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/valyala/fasthttp"

	"cardlink/fault"
)

var errNobody = fault.New(fault.Unauthorized, "Incorrect IAM authentication information: nobody")

// echo answers what it was given.
func echo(_ context.Context, r *Request) (any, error) {
	return map[string]any{"body": string(r.PostBody()), "id": r.Param(0), "q": queryText(r, "q"), "remote": r.remote.String()}, nil
}

func failing(err error) handler {
	return func(context.Context, *Request) (any, error) { return nil, err }
}

func TestWhatIsKnown(t *testing.T) {
	f := newFace(t, Options{}, route{"GET", "/v1/things", "List", "x:list", aim, echo}, route{"POST", "/v1/things", "Add", "x:create", aim, echo},
		route{"DELETE", "/v1/things/{thing_id}", "Delete", "x:delete", aim, failing(nil)})
	f.call("GET", "/v1/nothing", "").refused(t, "unknown path", 404, "APIGW.0101", "GET /v1/nothing")
	f.call("GET", "/v1/things/", "").refused(t, "unknown path", 404, "APIGW.0101", "")
	f.call("GET", "/v1/things", "", "X-Test-Tenant", "nobody").refused(t, "no credential", 401, "APIGW.0301", "nobody")
	f.call("GET", "/v1/things", "", "X-Test-Tenant", "weak").refused(t, "no right", 403, "APIGW.0302", "x:list")
	a := f.call("PATCH", "/v1/things", "{}")
	a.refused(t, "unknown method", 405, "APIGW.0101", "PATCH")
	if a.Header["Allow"] != "GET, HEAD, POST, OPTIONS" || a.Body["request_id"] != a.Header["X-Request-Id"] || a.Body["error_message"] != nil {
		t.Errorf("unknown method: %v %s", a.Header, a.Raw)
	}
	if a := f.call("OPTIONS", "/v1/things", "", "X-Test-Tenant", "nobody"); a.Status != 204 || a.Header["Allow"] != "GET, HEAD, POST, OPTIONS" || a.Raw != "" {
		t.Errorf("OPTIONS: %d %v %s", a.Status, a.Header, a.Raw)
	}
	f.call("OPTIONS", "/v1/nothing", "").refused(t, "OPTIONS of nothing", 404, "APIGW.0101", "")
	if a := f.call("HEAD", "/v1/things", ""); a.Status != 200 || a.Raw != "" || a.Header["Content-Type"] != "application/json" {
		t.Errorf("HEAD: %d %v %s", a.Status, a.Header, a.Raw)
	}
	if a := f.call("DELETE", "/v1/things/7", ""); a.Status != 200 || a.Raw != "" || a.Header["Content-Type"] != "" || a.Header["Cache-Control"] != "no-store" {
		t.Errorf("an empty body: %d %v", a.Status, a.Header)
	}
}

func TestFamiliesOfErrors(t *testing.T) {
	secret := errors.New("pq: secret detail")
	f := newFace(t, Options{Timeout: 20 * time.Millisecond},
		route{"GET", "/aim", "A", "x:list", aim, failing(fault.Required("tpl_id"))}, route{"GET", "/plain", "P", "x:list", plain, failing(fault.Required("tpl_id"))},
		route{"GET", "/iam", "I", "x:list", iam, failing(fault.Required("auth"))}, route{"GET", "/inside", "S", "x:list", aim, failing(secret)},
		route{"GET", "/panic", "N", "x:list", plain, func(context.Context, *Request) (any, error) { panic(secret) }},
		route{"GET", "/strange", "T", "x:list", plain, func(context.Context, *Request) (any, error) { return func() {}, nil }},
		route{"GET", "/slow", "L", "x:list", aim, func(ctx context.Context, _ *Request) (any, error) {
			<-ctx.Done()
			return nil, fmt.Errorf("read: %w", ctx.Err())
		}})
	check := func(path string, status int, want string) {
		t.Helper()
		a := f.call("GET", path, "")
		if got := strings.ReplaceAll(a.Raw, a.Header["X-Request-Id"], "ID"); a.Status != status || got != want {
			t.Errorf("%s: %d %s, want %d %s", path, a.Status, got, status, want)
		}
	}
	check("/aim", 400, `{"error_code":"KM.90016803","error_message":"tpl_id: is required","error_msg":"tpl_id: is required"}`)
	check("/plain", 400, `{"error_code":"KM.90016803","error_msg":"tpl_id: is required"}`)
	check("/iam", 400, `{"error_code":"KM.90016803","error_msg":"auth: is required","request_id":"ID"}`)
	check("/inside", 500, `{"error_code":"KM.00000500","error_message":"internal error","error_msg":"internal error"}`)
	check("/panic", 500, `{"error_code":"KM.00000500","error_msg":"internal error"}`)
	check("/strange", 500, `{"error_code":"KM.00000500","error_msg":"internal error"}`)
	check("/slow", 504, `{"error_code":"APIGW.0201","error_msg":"the call ran out of time; it may have had its effect","request_id":"ID"}`)
}

func TestChineseErrors(t *testing.T) {
	f := newFace(t, Options{Language: fault.Chinese}, route{"POST", "/v1/things", "Add", "x:create", aim, func(_ context.Context, r *Request) (any, error) {
		b, err := fieldsOf(r.PostBody(), fault.Parameter)
		if err != nil {
			return nil, err
		}
		b.require("name")
		b.integer("days", 0)
		return nil, b.complaint()
	}})
	check := func(body, want string) {
		t.Helper()
		if a := f.call("POST", "/v1/things", body); a.Body["error_msg"] != want {
			t.Errorf("%s: %s, want %s", body, a.Raw, want)
		}
	}
	check(``, "输入为空")
	check(`{`, "body：不是合法的JSON：内容不完整")
	check(`{}`, "name：必填")
	check(`{"name":"x","days":"soon"}`, "days：须为整数")
	check(`{"name":"x","name":"y"}`, "name：重复出现")
	if a := f.call("PUT", "/v1/things", ""); a.Body["error_msg"] != "该API不支持PUT，支持POST, OPTIONS" {
		t.Error(a.Raw)
	}
}

func TestMediaTypes(t *testing.T) {
	f := newFace(t, Options{}, route{"GET", "/v1/things", "List", "x:list", aim, echo}, route{"POST", "/v1/things", "Add", "x:create", aim, echo},
		route{"POST", "/v1/pubs", "UpdatePubInfo", "x:update", plain, echo}, route{"POST", "/v1/files", "UploadMedia", "x:create", plain, echo},
		route{"POST", "/v1/push", "Push", "x:create", plain, echo})
	check := func(method, path, media, body string, want int) {
		t.Helper()
		var headers []string
		if media != "" {
			headers = []string{"Content-Type", media}
		}
		a := f.call(method, path, body, headers...)
		if want == 415 {
			a.refused(t, media, 415, "KM.90016803", "Content-Type")
		} else if a.Status != want {
			t.Errorf("%s %s as %q: %d %s, want %d", method, path, media, a.Status, a.Raw, want)
		}
	}
	for _, media := range []string{"", "application/json", "Application/JSON; charset=UTF-8", `application/json;charset="utf8"`, "text/json", "application/merge-patch+json", "application/octet-stream"} {
		check("POST", "/v1/things", media, "{}", 200)
	}
	for _, media := range []string{"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json; charset=gbk", "json"} {
		check("POST", "/v1/things", media, "{}", 415)
	}
	check("POST", "/v1/pubs", "application/x-www-form-urlencoded", "{}", 200)
	check("POST", "/v1/files", "multipart/form-data; boundary=x", "--x--", 200)
	check("POST", "/v1/files", "application/json", "{}", 415)
	check("POST", "/v1/push", "", "", 200)
	check("POST", "/v1/push", "text/plain", "", 200)
	check("GET", "/v1/things", "application/xml", "", 200)
}

func TestSizes(t *testing.T) {
	size := func(_ context.Context, r *Request) (any, error) { return map[string]int{"n": len(r.PostBody())}, nil }
	f := newFace(t, Options{}, route{"POST", "/v1/things", "Add", "x:create", aim, size}, route{"POST", "/v3/login", "Login", public, iam, size},
		route{"GET", "/v1/things/{thing_id}", "Show", "x:list", aim, echo})
	post := func(path string, n int, headers ...string) told {
		t.Helper()
		return f.call("POST", path, strings.Repeat("x", n), headers...)
	}
	if a := post("/v1/things", signedBody, "Authorization", "x"); a.Status != 200 {
		t.Errorf("12 MB signed: %d", a.Status)
	}
	post("/v1/things", signedBody+1, "Authorization", "x").refused(t, "12 MB and a byte, signed", 413, "APIGW.0201", "use a token")
	if a := post("/v1/things", tokenBody, "X-Auth-Token", "x"); a.Status != 200 {
		t.Errorf("32 MB with a token: %d", a.Status)
	}
	post("/v1/things", tokenBody, "X-Auth-Token", "x", "Authorization", "x").refused(t, "both", 413, "APIGW.0201", "")
	f.raw("POST /v1/things HTTP/1.1\r\nHost: x\r\nX-Auth-Token: x\r\nContent-Length: 33554433\r\n\r\n").refused(t, "a byte more than 32 MB", 413, "APIGW.0201", "with a token")
	f.raw("POST /v1/things HTTP/1.1\r\nHost: x\r\nContent-Length: 1048577\r\n\r\n").refused(t, "much without a credential", 413, "APIGW.0201", "")
	post("/v3/login", publicBody+1).refused(t, "a large login", 413, "APIGW.0201", "")
	f.raw("GET /v1/things HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("y", headerBytes)+"\r\n\r\n").refused(t, "large headers", 431, "KM.90016803", "16384")
	f.raw("GARBAGE\r\n\r\n").refused(t, "no HTTP", 400, "KM.90016803", "")
	long := strings.Repeat("z", 9_000)
	if a := f.call("GET", "/v1/things/"+long, ""); a.Status != 200 || a.Body["id"] != long {
		t.Errorf("a long path: %d", a.Status)
	}
}

func TestTextOfQueries(t *testing.T) {
	f := newFace(t, Options{}, route{"GET", "/v1/things/{thing_id}", "Show", "x:list", aim, echo})
	if a := f.call("GET", "/v1/things/%E7%AD%BE?q=%E5%90%8D+x&q=y", ""); a.Body["id"] != "签" || a.Body["q"] != "名 x" {
		t.Error(a.Raw)
	}
	f.call("GET", "/v1/things/%ff", "").refused(t, "path", 400, "KM.90016803", "thing_id")
	f.call("GET", "/v1/things/%00", "").refused(t, "path", 400, "KM.90016803", "thing_id")
	f.call("GET", "/v1/things/1?name=a%00", "").refused(t, "query", 400, "KM.90016803", "name")
	f.call("GET", "/v1/things/1?a=1&name=%c3%28", "").refused(t, "query", 400, "KM.90016803", "name")
	f.call("GET", "/v1/things/1?%ff=1", "").refused(t, "query", 400, "KM.90016803", "")
}

func TestRemoteBehindProxies(t *testing.T) {
	ours := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/32"), netip.MustParsePrefix("10.0.0.0/8")} // a connection through memory is from 0.0.0.0
	for _, c := range []struct {
		proxies []netip.Prefix
		headers []string
		want    string
	}{
		{nil, []string{"X-Forwarded-For", "192.0.2.1"}, "0.0.0.0"},
		{ours, nil, "0.0.0.0"},
		{ours, []string{"X-Forwarded-For", "198.51.100.9, 192.0.2.1, 10.1.2.3"}, "192.0.2.1"},
		{ours, []string{"X-Forwarded-For", "192.0.2.1", "X-Forwarded-For", "10.1.2.3"}, "192.0.2.1"},
		{ours, []string{"X-Forwarded-For", "192.0.2.1, junk, 10.1.2.3"}, "10.1.2.3"},
		{ours, []string{"X-Forwarded-For", "::ffff:192.0.2.1"}, "192.0.2.1"},
	} {
		f := newFace(t, Options{Proxies: c.proxies}, route{"GET", "/x", "X", "x:list", aim, echo})
		if a := f.call("GET", "/x", "", c.headers...); a.Body["remote"] != c.want {
			t.Errorf("%v behind %v: %v, want %s", c.headers, c.proxies, a.Body["remote"], c.want)
		}
	}
}

// The access log and the metrics name the operation and the status, and nothing of the request's content.
func TestAccessLogAndMetrics(t *testing.T) {
	var log bytes.Buffer
	set := metrics.NewSet()
	f := newFace(t, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Metrics: set}, route{"POST", "/v1/things", "Add", "x:create", aim, func(_ context.Context, r *Request) (any, error) {
		if string(r.PostBody()) == "{}" {
			return nil, errors.New("disk full")
		}
		return ok(nil), nil
	}})
	f.call("POST", "/v1/things", `{"phone":"13100000000"}`)
	f.call("POST", "/v1/things", `{}`)
	f.call("GET", "/v1/13100000000", "")
	f.server.Shutdown(context.Background())
	lines := log.String()
	for _, want := range []string{"op=Add tenant=a user=u status=200 bytes_in=23", "level=ERROR", "disk full", "op=-", "code=APIGW.0101"} {
		if !strings.Contains(lines, want) {
			t.Errorf("the log lacks %q:\n%s", want, lines)
		}
	}
	if strings.Contains(lines, "131000") {
		t.Errorf("the log tells a number:\n%s", lines)
	}
	var b bytes.Buffer
	set.WritePrometheus(&b)
	for _, want := range []string{`cardlink_api_requests_total{op="Add",status="200"} 1`, `{op="Add",status="500"} 1`, `{op="-",status="404"} 1`, "cardlink_api_calls_running 0",
		`cardlink_api_request_seconds_count{op="Add"} 2`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the metrics lack %s:\n%s", want, b.String())
		}
	}
}

// With all places taken a call waits a moment and is then turned away; a place that comes free in time is used.
func TestPlaces(t *testing.T) {
	enter := make(chan string)
	leave := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{}), "c": make(chan struct{})}
	f := newFace(t, Options{Limits: Limits{Calls: 2, Patience: 50 * time.Millisecond}}, route{"GET", "/x", "X", "x:list", aim, func(_ context.Context, r *Request) (any, error) {
		enter <- r.Principal.Tenant
		<-leave[r.Principal.Tenant]
		return ok(nil), nil
	}})
	answers := make(chan told, 10)
	call := func(tenant string) {
		go func() { answers <- f.call("GET", "/x", "", "X-Test-Tenant", tenant) }()
	}
	call("a")
	<-enter
	call("b")
	<-enter
	call("c")
	a := <-answers // nobody leaves
	a.refused(t, "no place", 503, "APIGW.0308", "busy")
	if a.Header["Retry-After"] != "1" {
		t.Errorf("Retry-After %q", a.Header["Retry-After"])
	}
	close(leave["a"])
	if a := <-answers; a.Status != 200 {
		t.Error(a.Raw)
	}
	call("b") // has half of the places and takes the last: b again would be too much, somebody else would not
	if a := <-answers; a.Status != 429 {
		t.Errorf("a tenant over its half: %d %s", a.Status, a.Raw)
	}
	call("c")
	if got := <-enter; got != "c" {
		t.Error(got)
	}
	close(leave["b"])
	close(leave["c"])
	for range 2 {
		if a := <-answers; a.Status != 200 {
			t.Error(a.Raw)
		}
	}
}

// The SDKs and curl ask before they send much; they are told to go on.
func TestExpectContinue(t *testing.T) {
	f := newFace(t, Options{}, route{"POST", "/x", "X", "x:create", aim, echo})
	c, err := f.ln.Dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, len(fasthttp.StatusMessage(fasthttp.StatusContinue))+len("HTTP/1.1 100 \r\n\r\n"))
	if n, err := c.Read(b); err != nil || !strings.HasPrefix(string(b[:n]), "HTTP/1.1 100") {
		t.Fatal(string(b[:n]), err)
	}
}
