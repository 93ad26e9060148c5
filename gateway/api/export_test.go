package api

// Operation is one route, for tests from outside.
type Operation struct{ Method, Path, Op string }

// Operations are all routes.
func Operations() []Operation {
	var out []Operation
	for _, rt := range routes(Rooms{}) {
		out = append(out, Operation{rt.method, rt.path, rt.op})
	}
	return out
}
