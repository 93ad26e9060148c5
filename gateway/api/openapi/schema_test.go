package openapi

import (
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiler compiles schemas of the document by their JSON pointers.
func compiler(t testing.TB, doc map[string]any) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.AssertContent()
	if err := c.AddResource("cardlink.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// schemaAt reports whether a path of each leads to a schema that is nobody's part: a component, a parameter's, a header's or a body's.
func schemaAt(path string) bool {
	if strings.Contains(path, "/example") {
		return false
	}
	return strings.HasSuffix(path, "/schema") || strings.HasPrefix(path, "/components/schemas/") && strings.Count(path, "/") == 3
}

// keywords are those that the fragments use; another one is a slip of the pen, of which JSON Schema says nothing.
var keywords = strings.Fields(`$ref type format enum const pattern minLength maxLength minimum maximum minItems maxItems items minProperties maxProperties properties
	additionalProperties required default description contentMediaType contentSchema oneOf x-cardlink-extension`)

func TestSchemasCompile(t *testing.T) {
	_, doc := described(t)
	c := compiler(t, doc)
	n := 0
	var lint func(path string, v any)
	lint = func(path string, v any) {
		s, isObject := v.(map[string]any)
		if !isObject {
			if _, isBool := v.(bool); !isBool {
				t.Errorf("%s is no schema", path)
			}
			return
		}
		for k, x := range s {
			if !slices.Contains(keywords, k) {
				t.Errorf("%s: unknown keyword %s", path, k)
			}
			switch k {
			case "properties":
				for name, p := range x.(map[string]any) {
					lint(path+"/properties/"+name, p)
				}
			case "items", "additionalProperties", "contentSchema":
				lint(path+"/"+k, x)
			case "oneOf":
				for _, one := range x.([]any) {
					lint(path+"/oneOf", one)
				}
			case "required":
				for _, name := range x.([]any) {
					if p, _ := s["properties"].(map[string]any); p[name.(string)] == nil {
						t.Errorf("%s requires %s, which it does not have", path, name)
					}
				}
			}
		}
	}
	each(doc, "", func(path string, v any) {
		if !schemaAt(path) {
			return
		}
		lint(path, v)
		if strings.Contains(path, "/-/") {
			return // a parameter of an array: its place has no name, and its schema is plain
		}
		n++
		if _, err := c.Compile("cardlink.json#" + path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	})
	if n < 50 {
		t.Errorf("only %d schemas were found", n)
	}
}

// An example is what readers copy: each operation has one of its body and of its answer, and each holds to its schema, with no field that the schema does not know.
func TestExamplesHold(t *testing.T) {
	d, doc := described(t)
	CloseObjects(doc)
	c := compiler(t, doc)
	each(doc, "", func(path string, v any) {
		m, _ := v.(map[string]any)
		example, has := m["example"]
		if !has || m["schema"] == nil || !strings.Contains(path, "/content/") {
			return
		}
		s, err := c.Compile("cardlink.json#" + path + "/schema")
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		if err := s.Validate(example); err != nil {
			t.Errorf("example of %s: %v", path, err)
		}
	})
	for op := range operations(d.root) {
		id := scalar(get(op.node, "operationId"))
		if body := get(d.resolve(get(op.node, "requestBody")), "content"); get(body, "application/json") != nil && get(get(body, "application/json"), "example") == nil {
			t.Errorf("%s has no example of its body", id)
		}
		for status, r := range members(get(op.node, "responses")) {
			media := get(get(d.resolve(r), "content"), "application/json")
			if media != nil && status[0] == '2' && get(media, "example") == nil && id != "ShowOpenAPIJSON" {
				t.Errorf("%s has no example of its answer %s", id, status)
			}
		}
	}
}
