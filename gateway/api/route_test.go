package api

import (
	"slices"
	"testing"
)

// match finds the route of a request as the server does.
func match(routes []route, method, path string) (rt *route, params [2]string, ok bool) {
	rt, params, _ = newTable(routes).match(method, path)
	return rt, params, rt != nil
}

func TestMatch(t *testing.T) {
	table := newTable([]route{
		{method: "GET", path: "/v1/a", op: "list"}, {method: "POST", path: "/v1/a", op: "add"},
		{method: "GET", path: "/v1/a/{id}", op: "show"}, {method: "PUT", path: "/v1/a/{id}", op: "change"}, {method: "GET", path: "/v1/a/files", op: "files"},
		{method: "POST", path: "/v1/a/{id}/b/{part}", op: "part"}, {method: "POST", path: "/v1/a/{id}/b/all", op: "parts"},
	})
	f := func(method, path, op, first, second, allow string) {
		t.Helper()
		rt, params, known := table.match(method, path)
		got := ""
		if rt != nil {
			got = rt.op
		}
		if got != op || params != [2]string{first, second} || known != allow {
			t.Errorf("%s %s: %q %q %q", method, path, got, params, known)
		}
	}
	f("GET", "/v1/a", "list", "", "", "")
	f("HEAD", "/v1/a", "list", "", "", "")
	f("POST", "/v1/a", "add", "", "", "")
	f("DELETE", "/v1/a", "", "", "", "GET, HEAD, POST, OPTIONS")
	f("OPTIONS", "/v1/a", "", "", "", "GET, HEAD, POST, OPTIONS")
	f("get", "/v1/a", "", "", "", "GET, HEAD, POST, OPTIONS")
	f("GET", "/v1/a/7", "show", "7", "", "")
	f("GET", "/v1/a/files", "files", "", "", "")
	f("PUT", "/v1/a/files", "change", "files", "", "")
	f("DELETE", "/v1/a/files", "", "", "", "GET, HEAD, PUT, OPTIONS")
	f("POST", "/v1/a/7/b/8", "part", "7", "8", "")
	f("POST", "/v1/a/7/b/all", "parts", "7", "", "")
	f("HEAD", "/v1/a/7/b/8", "", "", "", "POST, OPTIONS")
	for _, path := range []string{"", "/", "/v1/a/", "/v1/a//b/8", "/v1/b", "/v1/a/7/b", "/v1/a/7/b/8/9", "v1/a"} {
		f("GET", path, "", "", "", "")
	}
}

// What the table knows is unambiguous and what the pipeline derives from it is meant.
func TestRoutesAreSound(t *testing.T) {
	seen := map[string]string{}
	for _, rt := range routes(Rooms{}) {
		for _, key := range []string{rt.method + " " + rt.path, rt.op} {
			if other, twice := seen[key]; twice {
				t.Errorf("%s is both %s and %s", key, other, rt.op)
			}
			seen[key] = rt.op
		}
		if rt.keyed() && (rt.method != "POST" || rt.safe() || rt.action == public) {
			t.Errorf("%s takes idempotency keys", rt.op)
		}
		if rt.handle == nil || rt.op == "" || rt.path == "" {
			t.Errorf("%+v is incomplete", rt)
		}
	}
	for _, op := range slices.Concat(keepThemselves, uploads) {
		if seen[op] != op {
			t.Errorf("there is no %s", op)
		}
	}
}
