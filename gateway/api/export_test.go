package api

import "strings"

// Operation is one route, for tests from outside.
type Operation struct{ Method, Path, Op string }

// Operations are all routes that speak JSON; the documentation's pages are for people.
func Operations() []Operation {
	var out []Operation
	for _, rt := range routes(Rooms{}) {
		if strings.HasPrefix(rt.path, "/v") || strings.HasPrefix(rt.path, "/x/") {
			out = append(out, Operation{rt.method, rt.path, rt.op})
		}
	}
	return out
}
