package openapi

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
)

// optional are request fields that the SDK always sends and we do not insist on.
var optional = strings.Fields(`SendAimBatchDifferentMessages/channel_num`)

// sdkMethods are the request and response types of the SDK's methods by name.
func sdkMethods() map[string][2]reflect.Type {
	out := map[string][2]reflect.Type{}
	for m := range reflect.TypeFor[*koomessage.KooMessageClient]().Methods() {
		if !strings.HasSuffix(m.Name, "Invoker") {
			out[m.Name] = [2]reflect.Type{m.Type.In(1).Elem(), m.Type.Out(0).Elem()}
		}
	}
	return out
}

// What the SDK sends and what it can read is what the document says, field by field, and what the document adds is marked.
func TestDocumentFitsTheSDK(t *testing.T) {
	d, doc := described(t)
	byID := map[string]*Operation{}
	ops := d.Operations()
	for i := range ops {
		byID[ops[i].ID] = &ops[i]
	}
	methods := sdkMethods()
	if len(methods) != 62 {
		t.Errorf("the SDK has %d methods", len(methods))
	}
	for name, types := range methods {
		op := byID[name]
		if op == nil {
			t.Errorf("%s is not described", name)
			continue
		}
		c := comparison{t: t, doc: doc, name: name}
		here := member(doc, "#/paths/"+strings.ReplaceAll(op.Path, "/", "~1")+"/"+strings.ToLower(op.Method))
		c.request(types[0], op, here)
		answer := member(here, "#/responses/200/content/application~1json/schema")
		if answer == nil {
			if types[1].NumField() > 1 {
				t.Errorf("%s has no answer, the SDK's has fields", name)
			}
			continue
		}
		c.response = true
		c.object("", types[1], c.resolve(answer))
	}
}

type comparison struct {
	t        *testing.T
	doc      map[string]any
	name     string
	response bool
	within   []reflect.Type // the structs around a value
}

func (c comparison) resolve(v any) map[string]any {
	s, _ := v.(map[string]any)
	for s["$ref"] != nil {
		s, _ = member(c.doc, s["$ref"].(string)).(map[string]any)
	}
	return s
}

func (c comparison) request(request reflect.Type, op *Operation, here any) {
	known := map[string]bool{"header Idempotency-Key": true}
	for f := range request.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch tag {
		case "body":
			schema := member(here, "#/requestBody/content/application~1json/schema")
			if schema == nil {
				schema = member(here, "#/requestBody/content/multipart~1form-data/schema")
			}
			c.value("", f.Type, c.resolve(schema))
		case "Content-Type", "X-Auth-Token": // of the transport and of the credential
		default:
			in := "query " + tag
			if strings.Contains(op.Path, "{"+tag+"}") {
				in = "path " + tag
			}
			known[in] = true
			if !slices.Contains(op.Parameters, in) {
				c.t.Errorf("%s has no parameter %s", c.name, in)
				continue
			}
			for _, p := range here.(map[string]any)["parameters"].([]any) {
				if p := c.resolve(p); p["name"] == tag {
					c.value(tag, f.Type, c.resolve(p["schema"]))
					if f.Type.Kind() != reflect.Pointer && p["required"] != true && !slices.Contains(optional, c.name+"/"+tag) {
						c.t.Errorf("%s: %s is not required", c.name, tag)
					}
				}
			}
		}
	}
	for _, p := range op.Parameters {
		if !known[p] {
			c.t.Errorf("%s: the SDK does not know the parameter %s", c.name, p)
		}
	}
}

// object compares an object with a struct. A struct within itself is passed over: the SDK's menus have any number of levels, ours have two.
func (c comparison) object(path string, of reflect.Type, schema map[string]any) {
	if slices.Contains(c.within, of) {
		return
	}
	c.within = append(slices.Clone(c.within), of)
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	known := map[string]bool{}
	for f := range of.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || tag == "" {
			continue
		}
		known[tag] = true
		p, has := properties[tag]
		if !has {
			c.t.Errorf("%s: %s/%s is not described", c.name, path, tag)
			continue
		}
		c.value(path+"/"+tag, f.Type, c.resolve(p))
		always := f.Type.Kind() != reflect.Pointer && f.Type.Kind() != reflect.Map && f.Type.Kind() != reflect.Interface
		if always && !slices.Contains(required, any(tag)) && !slices.Contains(optional, strings.TrimPrefix(c.name+path+"/"+tag, "/")) {
			c.t.Errorf("%s: %s/%s is not required", c.name, path, tag)
		}
	}
	for name, p := range properties {
		if own, _ := p.(map[string]any); !known[name] && own["x-cardlink-extension"] != true {
			c.t.Errorf("%s: the SDK does not know %s/%s, and it has no mark of an extension", c.name, path, name)
		}
	}
}

// value compares a value with a Go type.
func (c comparison) value(path string, of reflect.Type, schema map[string]any) {
	for of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	is := func(kind string) bool {
		if list, isList := schema["type"].([]any); isList {
			return slices.Contains(list, any(kind))
		}
		return schema["type"] == kind
	}
	want := ""
	switch of.Kind() {
	case reflect.Interface:
		return
	case reflect.String:
		want = "string"
	case reflect.Bool:
		want = "boolean"
	case reflect.Int32, reflect.Int64, reflect.Int:
		want = "integer"
		if of.Kind() == reflect.Int32 && schema["format"] == "int64" {
			c.t.Errorf("%s: %s is wider than the SDK's int32", c.name, path)
		}
	case reflect.Map:
		want = "object"
	case reflect.Slice:
		want = "array"
		c.value(path+"[]", of.Elem(), c.resolve(schema["items"]))
	case reflect.Struct:
		switch {
		case of.Name() == "SdkTime" || of.Name() == "FilePart" || of.Name() == "MultiPart":
			want = "string"
		case of.NumField() == 1 && !of.Field(0).IsExported(): // an enumeration
			want = map[reflect.Kind]string{reflect.String: "string", reflect.Int32: "integer"}[of.Field(0).Type.Kind()]
		default:
			want = "object"
			c.object(path, of, schema)
		}
	}
	if want == "" || !is(want) {
		c.t.Errorf("%s: %s is %v, the SDK's is %v", c.name, path, schema["type"], of)
	}
}
