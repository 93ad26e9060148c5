package api

import (
	"slices"
	"strings"
	"testing"

	"cardlink/gateway/api/openapi"
)

// The document and the router are the same API: the same operations at the same places, with the same rights, families and keys.
func TestDescriptionIsTheRouter(t *testing.T) {
	d, err := openapi.New()
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]openapi.Operation{}
	for _, op := range d.Operations() {
		if !op.Webhook && op.Family != "" {
			described[op.ID] = op
		}
	}
	families := map[family]string{aim: "aim", plain: "plain", iam: "iam", gateway: "gateway"}
	for _, rt := range routes(Rooms{}) {
		op, is := described[rt.op]
		delete(described, rt.op)
		if !is {
			t.Errorf("%s %s (%s) is not described", rt.method, rt.path, rt.op)
			continue
		}
		if op.Method != rt.method || op.Path != rt.path {
			t.Errorf("%s is %s %s, described as %s %s", rt.op, rt.method, rt.path, op.Method, op.Path)
		}
		if op.Right != rt.action || op.Public != (rt.action == public) {
			t.Errorf("%s asks for %q, described as %q (public: %v)", rt.op, rt.action, op.Right, op.Public)
		}
		if op.Family != families[rt.family] {
			t.Errorf("%s is of family %s, described as %s", rt.op, families[rt.family], op.Family)
		}
		if slices.Contains(op.Parameters, "header Idempotency-Key") != rt.keyed() {
			t.Errorf("%s takes keys: %v, described otherwise", rt.op, rt.keyed())
		}
		for part := range strings.SplitSeq(rt.path, "/") {
			if name, hole := strings.CutPrefix(part, "{"); hole && !slices.Contains(op.Parameters, "path "+strings.TrimSuffix(name, "}")) {
				t.Errorf("%s does not describe %s", rt.op, part)
			}
		}
	}
	for id, op := range described {
		t.Errorf("%s (%s %s) is described and not served", id, op.Method, op.Path)
	}
}
