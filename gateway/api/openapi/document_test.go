package openapi

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"cardlink/fault"
)

// described is the document as Go values.
func described(t testing.TB) (*Document, map[string]any) {
	t.Helper()
	d, err := New()
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(d.JSON(), &v); err != nil {
		t.Fatal(err)
	}
	return d, v
}

func TestYAMLAndJSONAreTheSameDocument(t *testing.T) {
	d, want := described(t)
	var raw any
	if err := yaml.Unmarshal(d.YAML(), &raw); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("they differ (%v)", err)
	}
	again, err := New()
	if err != nil || !bytes.Equal(again.JSON(), d.JSON()) {
		t.Errorf("two documents of the same fragments differ (%v)", err)
	}
}

func TestEveryFragmentIsMerged(t *testing.T) {
	files, err := fs.Glob(fragments, "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if name := strings.TrimSuffix(f, ".yaml"); name != "base" && name != "shared" && !slices.Contains(order[:], name) {
			t.Errorf("%s is not in order", f)
		}
	}
}

// each walks a value with the path that leads to it.
func each(v any, path string, visit func(path string, v any)) {
	visit(path, v)
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			each(x, path+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(k), visit)
		}
	case []any:
		for _, x := range v {
			each(x, path+"/-", visit)
		}
	}
}

// member follows a JSON pointer without array indices.
func member(v any, pointer string) any {
	for key := range strings.SplitSeq(strings.TrimPrefix(pointer, "#/"), "/") {
		m, _ := v.(map[string]any)
		v = m[strings.NewReplacer("~1", "/", "~0", "~").Replace(key)]
	}
	return v
}

func TestReferencesResolveAndComponentsAreUsed(t *testing.T) {
	_, doc := described(t)
	used := map[string]bool{}
	each(doc, "", func(path string, v any) {
		m, _ := v.(map[string]any)
		to, is := m["$ref"].(string)
		if !is {
			return
		}
		used[to] = true
		if member(doc, to) == nil {
			t.Errorf("%s: there is no %s", path, to)
		}
	})
	for kind, named := range doc["components"].(map[string]any) {
		for name := range named.(map[string]any) {
			if kind != "securitySchemes" && !used["#/components/"+kind+"/"+name] {
				t.Errorf("nothing refers to %s %s", kind, name)
			}
		}
	}
}

func TestOperationsAreWhole(t *testing.T) {
	d, doc := described(t)
	known := map[string]bool{"APIGW.0301": true}
	for _, e := range fault.Codes() {
		known[string(e.Code)] = true
	}
	tags := map[string]bool{}
	for _, v := range doc["tags"].([]any) {
		tag := v.(map[string]any)
		tags[tag["name"].(string)] = true
		if tag["x-cardlink-zh"] == nil || tag["description"] == nil {
			t.Errorf("tag %v lacks its name in Chinese or its description", tag["name"])
		}
	}
	ids := map[string]bool{}
	for op := range operations(d.root) {
		id := scalar(get(op.node, "operationId"))
		if id == "" || ids[id] {
			t.Errorf("%s %s: operationId %q is missing or taken", op.method, op.path, id)
		}
		ids[id] = true
		if scalar(get(op.node, "summary")) == "" {
			t.Errorf("%s has no summary", id)
		}
		for _, tag := range get(op.node, "tags").Content {
			if !tags[tag.Value] {
				t.Errorf("%s: no fragment has the tag %s", id, tag.Value)
			}
		}
		if codes := get(op.node, "x-cardlink-codes"); codes != nil {
			for _, c := range codes.Content {
				if !known[c.Value] {
					t.Errorf("%s: there is no code %s", id, c.Value)
				}
			}
		}
		if op.webhook {
			continue
		}
		if get(op.node, "x-cardlink-family") != nil && get(op.node, "x-cardlink-right") == nil {
			t.Errorf("%s does not say which right it asks for", id)
		}
		holes := map[string]bool{}
		for part := range strings.SplitSeq(op.path, "/") {
			if name, is := strings.CutPrefix(part, "{"); is {
				holes[strings.TrimSuffix(name, "}")] = true
			}
		}
		for _, p := range d.parameters(op.node) {
			in, name := scalar(get(p, "in")), scalar(get(p, "name"))
			if in == "path" && (!holes[name] || scalar(get(p, "required")) != "true") {
				t.Errorf("%s: path parameter %s is not in %s or not required", id, name, op.path)
			}
			if in == "path" {
				delete(holes, name)
			}
			if scalar(get(p, "description")) == "" {
				t.Errorf("%s: parameter %s has no description", id, name)
			}
		}
		for name := range holes {
			t.Errorf("%s does not declare {%s}", id, name)
		}
	}
}

func TestEveryFieldIsDescribed(t *testing.T) {
	_, doc := described(t)
	each(doc, "", func(path string, v any) {
		if !strings.HasSuffix(path, "/properties") || strings.HasSuffix(path, "/properties/properties") || strings.Contains(path, "/example/") {
			return
		}
		for name, f := range v.(map[string]any) {
			field, _ := f.(map[string]any)
			if to, is := field["$ref"].(string); is {
				field, _ = member(doc, to).(map[string]any)
				if field["description"] == nil && name != "data" && !strings.HasSuffix(to, "/PageInfo") && !strings.HasSuffix(to, "/Message") {
					t.Errorf("%s/%s: %s has no description", path, name, to)
				}
				continue
			}
			if field["description"] == nil && name != "data" && field["type"] != "array" {
				t.Errorf("%s/%s has no description", path, name)
			}
		}
	})
}

func TestFragmentsThatContradictEachOther(t *testing.T) {
	f := func(text, complaint string) {
		t.Helper()
		var n yaml.Node
		if err := yaml.Unmarshal([]byte(text), &n); err != nil {
			t.Fatal(err)
		}
		d, _ := described(t)
		err := plain(n.Content[0])
		if err == nil {
			err = merge(d.root, n.Content[0])
		}
		if err == nil {
			err = complete(n.Content[0])
		}
		if err == nil || !strings.Contains(err.Error(), complaint) {
			t.Errorf("%s: %v, want %q", text, err, complaint)
		}
	}
	f(`{components: {schemas: {PageInfo: {}}}}`, "PageInfo stands in two fragments")
	f(`{paths: {/v1/aim/templates: {get: {}}}}`, "get stands in two fragments")
	f(`{info: {}}`, "info does not belong")
	f(`{tags: [{name: a}], tags: []}`, "stands here twice")
	f(`{tags: [{description: a, b}]}`, "needs quotes")
	f(`{tags: &a []}`, "anchors")
	f(`{paths: {/a: {get: {x-cardlink-family: odd}}}}`, `no family "odd"`)
	f(`{paths: {/a: {get: {x-cardlink-family: aim}}}}`, "no responses")
}
