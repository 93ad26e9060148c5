package conformance

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
)

// J is a JSON object. The arguments of an operation are one: the members of the SDK's request type by their JSON names, with the body under "body".
type J = map[string]any

// L is a JSON array.
type L = []any

// operation is one row of the contract: what an SDK method does when all is well, and how it refuses. Everything generated in this package
// (success, refusals, rights, isolation) comes from these rows, so an operation without its row fails.
type operation struct {
	name string
	def  *def.HttpRequestDef
	// args makes a request that succeeds. It may create the objects it needs; it is called anew for every use.
	args func(t testing.TB, w *world) J
	// check looks at the answer of the success path, in JSON form.
	check func(t testing.TB, w *world, args, got J)
	// lacks are required members and the code without them; noneLacks says why there are none.
	lacks     []lack
	noneLacks string
	// beyond are values out of their range.
	beyond     []beyond
	noneBeyond string
	// ids are the members that name an object; noneIDs says why there are none.
	ids     []slot
	noneIDs string
}

// lack is a required member, by its path in args ("body.params[0].cust_flag"). mute: the message need not name it.
type lack struct{ path, code string }

// beyond is a value that a member must not have.
type beyond struct {
	path  string
	value any
	code  string
}

// slot is a member that holds the id of an object of some kind. code is the answer to one that does not exist for the caller; empty = it is a filter,
// and the answer is an empty success. owned is the code for another tenant's object where it differs.
type slot struct {
	path, kind, code string
	owned            string
}

const (
	anyParameter = "KM.90016803"
)

// operations is the whole contract, in the order of api.md §4.
func operations() []operation {
	var all []operation
	for _, rows := range [][]operation{aimOperations(), smsOperations(), basicOperations(), accountOperations()} {
		all = append(all, rows...)
	}
	return all
}

// TestEverySDKMethodHasItsRow: the rows are the SDK's methods, no more, no fewer.
func TestEverySDKMethodHasItsRow(t *testing.T) {
	rows := map[string]bool{}
	for _, op := range operations() {
		if rows[op.name] {
			t.Errorf("%s has two rows", op.name)
		}
		rows[op.name] = true
	}
	client := reflect.TypeFor[*koomessage.KooMessageClient]()
	n := 0
	for m := range client.Methods() {
		if strings.HasSuffix(m.Name, "Invoker") {
			continue
		}
		n++
		if !rows[m.Name] {
			t.Errorf("%s has no row", m.Name)
		}
		delete(rows, m.Name)
	}
	for name := range rows {
		t.Errorf("%s is a row but no method of the SDK", name)
	}
	if n != 62 {
		t.Errorf("the SDK has %d methods", n)
	}
}

// callSDK calls a method of the official client. The request is the SDK's own type, filled from args as JSON.
func callSDK(c *koomessage.KooMessageClient, name string, args J) (J, error) {
	m := reflect.ValueOf(c).MethodByName(name)
	if !m.IsValid() {
		return nil, fmt.Errorf("the SDK has no method %s", name)
	}
	req := reflect.New(m.Type().In(0).Elem())
	b, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, req.Interface()); err != nil {
		return nil, fmt.Errorf("arguments of %s: %w", name, err)
	}
	out := m.Call([]reflect.Value{req})
	if err, _ := reflect.TypeAssert[error](out[1]); err != nil {
		return nil, err
	}
	b, err = json.Marshal(out[0].Interface())
	if err != nil {
		return nil, err
	}
	var got J
	return got, json.Unmarshal(b, &got)
}

// target is the path and query that the SDK makes of args.
func (op *operation) target(args J) string {
	path, query := op.def.Path, url.Values{}
	for _, f := range op.def.RequestFields {
		v, given := args[f.JsonTag]
		switch f.LocationType {
		case def.Path:
			path = strings.Replace(path, "{"+f.JsonTag+"}", url.PathEscape(fmt.Sprint(v)), 1)
		case def.Query:
			if !given || v == nil {
				continue
			}
			if list, isList := v.(L); isList {
				for _, x := range list {
					query.Add(f.JsonTag, fmt.Sprint(x))
				}
				continue
			}
			query.Set(f.JsonTag, fmt.Sprint(v))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

// multipart reports whether the operation takes a file.
func (op *operation) multipart() bool { return strings.HasPrefix(op.def.ContentType, "multipart/") }

// clone copies a JSON value, so that rows can change it.
func clone(v any) any {
	switch v := v.(type) {
	case J:
		out := J{}
		for k, x := range v {
			out[k] = clone(x)
		}
		return out
	case L:
		out := make(L, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	case []string:
		out := make(L, len(v))
		for i, x := range v {
			out[i] = x
		}
		return out
	case []J:
		out := make(L, len(v))
		for i, x := range v {
			out[i] = clone(x)
		}
		return out
	}
	return v
}

// at sets the member at a path, or removes it if value is absent.
func at(args J, path string, value any) J {
	out := clone(args).(J)
	var hold any = out
	set := func(any) {}
	for _, step := range steps(path) {
		switch key := step.(type) {
		case string:
			m := hold.(J)
			hold = m[key]
			if hold == nil {
				hold = J{}
			}
			set = func(v any) {
				if v == absent {
					delete(m, key)
				} else {
					m[key] = v
				}
			}
			set(hold)
		case int:
			l := hold.(L)
			hold = l[key]
			set = func(v any) { l[key] = v }
		}
	}
	set(value)
	return out
}

type absence struct{}

// absent as a value removes the member.
var absent any = absence{}

// steps cuts "body.params[0].x" into "body", "params", 0, "x".
func steps(path string) (out []any) {
	for part := range strings.SplitSeq(path, ".") {
		name, rest, indexed := strings.Cut(part, "[")
		out = append(out, name)
		for indexed {
			var n string
			n, rest, _ = strings.Cut(rest, "]")
			i, err := strconv.Atoi(n)
			if err != nil {
				panic(path)
			}
			out = append(out, i)
			_, rest, indexed = strings.Cut(rest, "[")
		}
	}
	return out
}

// last is the name a message should hold for a path.
func last(path string) string {
	s := steps(path)
	for _, v := range slices.Backward(s) {
		if name, isName := v.(string); isName {
			return name
		}
	}
	return path
}

// dig is the member at a path of a JSON value; nil if there is none.
func dig(v any, path string) any {
	for _, step := range steps(path) {
		switch key := step.(type) {
		case string:
			m, _ := v.(J)
			v = m[key]
		case int:
			l, _ := v.(L)
			if key >= len(l) {
				return nil
			}
			v = l[key]
		}
	}
	return v
}

// text is dig as a string; a test fails on anything else.
func text(t testing.TB, v any, path string) string {
	t.Helper()
	s, ok := dig(v, path).(string)
	if !ok || s == "" {
		b, _ := json.Marshal(v)
		t.Fatalf("%s is not a text in %s", path, b)
	}
	return s
}

// keys are the members of an object, sorted.
func keys(m J) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
