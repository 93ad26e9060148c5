package openapi

import (
	"encoding/json"
	"flag"
	"fmt"
	"go/format"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write snippets.txt anew")

// TestSnippets: the calls through the SDK that the pages show are made from the examples and the SDK's own types, so they fit both.
func TestSnippets(t *testing.T) {
	d, doc := described(t)
	methods := sdkMethods()
	var b strings.Builder
	for _, op := range d.Operations() {
		types, is := methods[op.ID]
		if !is {
			continue
		}
		here := member(doc, "#/paths/"+strings.ReplaceAll(op.Path, "/", "~1")+"/"+strings.ToLower(op.Method)).(map[string]any)
		text, err := format.Source([]byte("package p\n\nfunc f() {\n" + snippet(t, doc, op.ID, types[0], here) + "}\n"))
		if err != nil {
			t.Fatalf("%s: %v", op.ID, err)
		}
		lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(text), "package p\n\nfunc f() {\n"), "}\n"), "\n")
		fmt.Fprintf(&b, "-- %s --\n", op.ID)
		for _, l := range lines {
			if l != "" {
				b.WriteString(strings.TrimPrefix(l, "\t") + "\n")
			}
		}
	}
	if *update {
		if err := os.WriteFile("snippets.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != snippetText {
		t.Error("snippets.txt is not what the examples give; run the test with -update and look at the difference")
	}
}

// snippet is the call of a method with the values of the examples.
func snippet(t *testing.T, doc map[string]any, name string, request reflect.Type, here map[string]any) string {
	t.Helper()
	values := map[string]any{}
	parameters, _ := here["parameters"].([]any)
	for _, v := range parameters {
		p := comparison{doc: doc}.resolve(v)
		if x, has := p["example"]; has {
			values[p["name"].(string)] = x
		}
	}
	if x := member(here, "#/requestBody/content/application~1json/example"); x != nil {
		values["body"] = x
	}
	if x, _ := member(here, "#/requestBody/content/multipart~1form-data/example").(map[string]any); x != nil {
		values["body"] = x
	}
	before := ""
	var b strings.Builder
	b.WriteString("request := ")
	literal(&b, request, values, "&", &before)
	return before + b.String() + "\nresponse, err := client." + name + "(request)\n"
}

// literal writes a value of a type of the SDK as Go. before collects statements that must stand first.
func literal(b *strings.Builder, of reflect.Type, v any, address string, before *string) {
	if of.Kind() == reflect.Pointer {
		elem := of.Elem()
		switch {
		case elem.Name() == "FilePart":
			*before = "file, err := os.Open(" + strconv.Quote(strings.TrimPrefix(fmt.Sprint(v), "@")) + ")\nif err != nil {\nreturn err\n}\ndefer file.Close()\n"
			b.WriteString("def.NewFilePart(file)")
		case elem.Name() == "MultiPart":
			b.WriteString("def.NewMultiPart(" + strconv.Quote(fmt.Sprint(v)) + ")")
		case elem.Kind() == reflect.Slice || elem.Kind() == reflect.Struct && !enumeration(elem):
			literal(b, elem, v, "&", before)
		case elem.Kind() == reflect.String:
			b.WriteString("ptr(")
			literal(b, elem, v, "", before)
			b.WriteString(")")
		case elem.Kind() == reflect.Int32 || elem.Kind() == reflect.Int64:
			fmt.Fprintf(b, "ptr(%s(%v))", elem.Kind(), v)
		default:
			b.WriteString("ptr(")
			literal(b, elem, v, "", before)
			b.WriteString(")")
		}
		return
	}
	switch of.Kind() {
	case reflect.Struct:
		if enumeration(of) {
			fmt.Fprintf(b, "model.Get%sEnum().%s", of.Name(), constant(fmt.Sprint(v)))
			return
		}
		b.WriteString(address + "model." + of.Name() + "{")
		given, _ := v.(map[string]any)
		first := true
		for f := range of.Fields() {
			tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			x, has := given[tag]
			if tag == "Content-Type" {
				x, has = "application/json", true
				if body, _ := of.FieldByName("Body"); body.Tag.Get("type") == "multipart" {
					x = "multipart/form-data"
				}
			}
			if !has {
				continue
			}
			if first {
				b.WriteString("\n")
			}
			first = false
			b.WriteString(f.Name + ": ")
			literal(b, f.Type, x, "", before)
			b.WriteString(",\n")
		}
		b.WriteString("}")
	case reflect.Slice:
		b.WriteString(address + "[]" + typeName(of.Elem()) + "{")
		list, _ := v.([]any)
		for i, x := range list {
			if of.Elem().Kind() == reflect.Struct {
				b.WriteString("\n")
			} else if i > 0 {
				b.WriteString(", ")
			}
			var one strings.Builder
			literal(&one, of.Elem(), x, "", before)
			b.WriteString(strings.TrimPrefix(one.String(), typeName(of.Elem())))
			if of.Elem().Kind() == reflect.Struct {
				b.WriteString(",")
			}
		}
		if of.Elem().Kind() == reflect.Struct && len(list) > 0 {
			b.WriteString("\n")
		}
		b.WriteString("}")
	default:
		scalarLiteral(b, of, v)
	}
}

func scalarLiteral(b *strings.Builder, of reflect.Type, v any) {
	switch of.Kind() {
	case reflect.Map:
		m, _ := json.Marshal(v) // a map of texts: its JSON is its Go
		b.WriteString("map[string]string" + string(m))
	case reflect.String:
		b.WriteString(strconv.Quote(fmt.Sprint(v)))
	default:
		fmt.Fprint(b, v)
	}
}

func enumeration(of reflect.Type) bool { return of.NumField() == 1 && !of.Field(0).IsExported() }

func typeName(of reflect.Type) string {
	if of.Kind() == reflect.Struct {
		return "model." + of.Name()
	}
	return of.String()
}

// constant is the name of an SDK constant for a value.
func constant(value string) string {
	name := strings.ToUpper(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, value))
	if name != "" && name[0] >= '0' && name[0] <= '9' {
		return "E_" + name
	}
	return name
}
