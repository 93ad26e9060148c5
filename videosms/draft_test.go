package videosms

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cardlink/fault"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func txt(index, content string) Resource { return Resource{index, "txt", "t", "txt", content} }
func pic(index string) Resource          { return Resource{index, "jpg", "p", "file", "aGk="} }

func draft(rs ...Resource) Draft {
	return Draft{Days: "30", Name: "spring", Title: "Sale", Resources: rs}
}

// layout writes frames down: types, with / between frames.
func layout(t *Template) string {
	var frames []string
	for _, f := range t.Frames {
		var types []string
		for _, e := range f.Elements {
			types = append(types, e.Type)
		}
		frames = append(frames, strings.Join(types, "+"))
	}
	return strings.Join(frames, "/")
}

func TestLayout(t *testing.T) {
	hello := txt("", "【商城】hello")
	for _, c := range []struct {
		name   string
		rs     []Resource
		layout string
		vars   []Var
	}{
		{"one text", []Resource{hello}, "txt", nil},
		{"each in its own frame", []Resource{pic(""), hello, pic("")}, "jpg/txt/jpg", nil},
		{"eight frames", slices.Concat([]Resource{hello}, slices.Repeat([]Resource{pic("")}, 7)), "txt/jpg/jpg/jpg/jpg/jpg/jpg/jpg", nil},
		{"by index, whatever the order", []Resource{pic("2-1"), txt("1-1", "【商城】a"), txt("2-2", "b")}, "txt/jpg+txt", nil},
		{"two texts in a frame", []Resource{txt("1-1", "【商城】a"), txt("1-2", "b")}, "txt+txt", nil},
		{"ten resources in eight frames", slices.Concat([]Resource{txt("1-1", "【商城】a"), pic("1-2"), pic("2-1"), txt("2-2", "b")},
			[]Resource{pic("3-1"), pic("4-1"), pic("5-1"), pic("6-1"), pic("7-1"), pic("8-1")}), "txt+jpg/jpg+txt/jpg/jpg/jpg/jpg/jpg/jpg", nil},
		{"placeholders in order of appearance", []Resource{txt("", "【商城】#p_2# #p_100# #p_2#"), {"", "png", "p", "url", "#p_1#"}, txt("", "#p_3##p_4#")}, "txt/png/txt",
			[]Var{{"p_2", "txt"}, {"p_100", "txt"}, {"p_1", "png"}, {"p_3", "txt"}, {"p_4", "txt"}}},
		{"a picture used twice", []Resource{hello, {"", "png", "p", "txt", "#p_1#"}, {"", "jpg", "p", "file", "#p_1#"}}, "txt/png/jpg", []Var{{"p_1", "png"}}},
		{"what only looks like a placeholder", []Resource{txt("", "【商城】#p_# #p_x# #p_1 p_1# #q_1#")}, "txt", nil},
		{"a signature of 18", []Resource{txt("", "【"+strings.Repeat("长", 18)+"】a")}, "txt", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := draft(c.rs...)
			got, _, err := d.lay(noon)
			if err != nil {
				t.Fatal(err)
			}
			if layout(got) != c.layout || !slices.Equal(got.Vars, c.vars) {
				t.Errorf("got %s %v, want %s %v", layout(got), got.Vars, c.layout, c.vars)
			}
		})
	}
}

func TestDraftHead(t *testing.T) {
	d := draft(pic(""), txt("", "【商城】hello"))
	d.Remarks, d.CallbackURL, d.Draft = "soon", "https://example.com", 1
	got, contents, err := d.lay(noon)
	want := &Template{
		Name: "spring", Title: "Sale", Sign: "商城", Remarks: "soon", CallbackURL: "https://example.com", Draft: true, CreatedAt: noon,
		ValidTo: time.Date(2026, 2, 1, 23, 59, 59, 0, time.UTC),
		Frames:  []Frame{{[]Element{{Type: "jpg", Name: "p"}}}, {[]Element{{Type: "txt", Name: "t", Text: "【商城】hello"}}}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v\n got %+v\nwant %+v", err, got, want)
	}
	if want := []content{{0, 0, "reslist[0].content", "jpg", "file", "aGk="}}; !slices.Equal(contents, want) {
		t.Errorf("contents %+v, want %+v", contents, want)
	}
	for days, want := range map[string]time.Time{"0": {}, " 1 ": time.Date(2026, 1, 3, 23, 59, 59, 0, time.UTC), "9999": time.Date(2053, 5, 19, 23, 59, 59, 0, time.UTC)} {
		d.Days = days
		if got, _, err := d.lay(noon); err != nil || !got.ValidTo.Equal(want) {
			t.Errorf("%s days: %v, %v; want %v", days, got.ValidTo, err, want)
		}
	}
}

// Every rule of api.md §16.1 is named with its field.
func TestDraftRefusals(t *testing.T) {
	hello := txt("", "【商城】hello")
	with := func(change func(*Draft)) Draft {
		d := draft(hello)
		change(&d)
		return d
	}
	res := func(r Resource) Draft { return draft(hello, r) }
	for _, c := range []struct {
		name  string
		d     Draft
		field string
	}{
		{"no days", with(func(d *Draft) { d.Days = "" }), "expiration_time"},
		{"half a day", with(func(d *Draft) { d.Days = "1.5" }), "expiration_time"},
		{"days below", with(func(d *Draft) { d.Days = "-1" }), "expiration_time"},
		{"days above", with(func(d *Draft) { d.Days = "10000" }), "expiration_time"},
		{"no name", with(func(d *Draft) { d.Name = "  " }), "tpl_name"},
		{"a long name", with(func(d *Draft) { d.Name = strings.Repeat("长", 101) }), "tpl_name"},
		{"a broken name", with(func(d *Draft) { d.Name = "a\x01" }), "tpl_name"},
		{"no title", with(func(d *Draft) { d.Title = "" }), "title"},
		{"a long title", with(func(d *Draft) { d.Title = strings.Repeat("长", 21) }), "title"},
		{"brackets in the title", with(func(d *Draft) { d.Title = "a】" }), "title"},
		{"a placeholder in the title", with(func(d *Draft) { d.Title = "#p_1#" }), "title"},
		{"long remarks", with(func(d *Draft) { d.Remarks = strings.Repeat("长", 201) }), "remarks"},
		{"a draft of 2", with(func(d *Draft) { d.Draft = 2 }), "is_draft"},
		{"nothing", draft(), "reslist"},
		{"eleven", draft(slices.Repeat([]Resource{hello}, 11)...), "reslist"},
		{"nine frames", draft(slices.Concat([]Resource{hello}, slices.Repeat([]Resource{pic("")}, 8))...), "reslist"},
		{"some indexes", draft(txt("1-1", "【商城】a"), pic("")), "reslist"},
		{"an index twice", draft(txt("1-1", "【商城】a"), pic("1-1")), "reslist[1].index"},
		{"a gap of frames", draft(txt("1-1", "【商城】a"), pic("3-1")), "reslist[1].index"},
		{"a gap of elements", draft(txt("1-1", "【商城】a"), pic("2-2")), "reslist[1].index"},
		{"not from the first", draft(txt("2-1", "【商城】a")), "reslist[0].index"},
		{"a second element first", draft(txt("1-2", "【商城】a")), "reslist[0].index"},
		{"a third element", draft(txt("1-3", "【商城】a")), "reslist[0].index"},
		{"a ninth frame", draft(txt("9-1", "【商城】a")), "reslist[0].index"},
		{"an index in words", draft(txt("one", "【商城】a")), "reslist[0].index"},
		{"two pictures in a frame", draft(txt("1-1", "【商城】a"), pic("2-1"), pic("2-2")), "reslist"},
		{"three pairs", draft(txt("1-1", "【商城】a"), pic("1-2"), txt("2-1", "b"), pic("2-2"), txt("3-1", "c"), pic("3-2")), "reslist"},
		{"no type", res(Resource{"", "", "n", "file", "x"}), "reslist[1].type"},
		{"a type nobody knows", res(Resource{"", "exe", "n", "file", "x"}), "reslist[1].type"},
		{"no name of a resource", res(Resource{"", "jpg", "", "file", "x"}), "reslist[1].name"},
		{"no source", res(Resource{"", "jpg", "n", "", "x"}), "reslist[1].source"},
		{"text as a file", res(Resource{"", "txt", "n", "file", "x"}), "reslist[1].source"},
		{"a picture as text", res(Resource{"", "jpg", "n", "txt", "x"}), "reslist[1].source"},
		{"a sound as a placeholder", res(Resource{"", "mp3", "n", "txt", "#p_1#"}), "reslist[1].source"},
		{"no content", res(Resource{"", "jpg", "n", "file", " "}), "reslist[1].content"},
		{"a long address", res(Resource{"", "jpg", "n", "url", "https://example.com/" + strings.Repeat("x", 1024)}), "reslist[1].content"},
		{"no address", res(Resource{"", "jpg", "n", "url", "example.com/a.jpg"}), "reslist[1].content"},
		{"another scheme", res(Resource{"", "jpg", "n", "url", "file:///etc/passwd"}), "reslist[1].content"},
		{"an address with a password", res(Resource{"", "jpg", "n", "url", "https://u:p@example.com/a.jpg"}), "reslist[1].content"},
		{"no signature", draft(txt("", "hello")), "reslist[0].content"},
		{"a signature in the second text", draft(txt("", "hello"), txt("", "【商城】a")), "reslist[0].content"},
		{"a signature that is not closed", draft(txt("", "【商城 hello")), "reslist[0].content"},
		{"an empty signature", draft(txt("", "【】hello")), "reslist[0].content"},
		{"a long signature", draft(txt("", "【"+strings.Repeat("长", 19)+"】a")), "reslist[0].content"},
		{"a placeholder for a signature", draft(txt("", "【#p_1#】a")), "reslist[0].content"},
		{"two signatures", draft(txt("", "【商城】a【b】")), "reslist[0].content"},
		{"brackets in another text", draft(hello, txt("", "a】")), "reslist[1].content"},
		{"pictures alone", draft(pic("")), "reslist"},
		{"placeholder 0", draft(txt("", "【商城】#p_0#")), "reslist[0].content"},
		{"placeholder 101", draft(txt("", "【商城】#p_101#")), "reslist[0].content"},
		{"placeholder 01", draft(txt("", "【商城】#p_01#")), "reslist[0].content"},
		{"placeholder beyond numbers", draft(txt("", "【商城】#p_99999999999999999999#")), "reslist[0].content"},
		{"picture 101", res(Resource{"", "jpg", "n", "txt", "#p_101#"}), "reslist[1].content"},
		{"text, then picture", draft(txt("", "【商城】#p_1#"), Resource{"", "jpg", "n", "txt", "#p_1#"}), "reslist[1].content"},
		{"picture, then text", draft(Resource{"", "jpg", "n", "txt", "#p_1#"}, txt("", "【商城】#p_1#")), "reslist[1].content"},
		{"a long text", draft(txt("", "【商城】"+strings.Repeat("长", 5000))), "reslist[0].content"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := c.d.lay(noon)
			if f := fault.Of(err); err == nil || f.Code != fault.Parameter || f.Field != c.field {
				t.Errorf("err = %v, want a refusal of %s", err, c.field)
			}
		})
	}
}

// Whatever is asked for, what is accepted keeps the rules of frames, and a template says the same of the same draft.
func TestAcceptedDraftsKeepTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		indexed := rapid.Bool().Draw(t, "indexed")
		n := rapid.IntRange(1, 11).Draw(t, "n")
		d := draft()
		for range n {
			r := rapid.SampledFrom([]Resource{txt("", "【商城】hi #p_1#"), txt("", "plain"), txt("", "#p_2##p_3#"), pic(""), {"", "png", "p", "txt", "#p_3#"}, {"", "mp3", "s", "file", "aGk="}}).Draw(t, "r")
			if indexed {
				r.Index = fmt.Sprintf("%d-%d", rapid.IntRange(1, 9).Draw(t, "frame"), rapid.IntRange(1, 2).Draw(t, "element"))
			}
			d.Resources = append(d.Resources, r)
		}
		got, contents, err := d.lay(noon)
		if err != nil {
			if fault.Of(err).Field == "" {
				t.Fatalf("a refusal without a field: %v", err)
			}
			return
		}
		pairs, elements, missing, first := 0, 0, 0, ""
		for _, f := range got.Frames {
			elements += len(f.Elements)
			if len(f.Elements) == 2 {
				pairs++
				if f.Elements[0].Type != "txt" && f.Elements[1].Type != "txt" {
					t.Fatal("a pair without a text")
				}
			}
			if len(f.Elements) < 1 || len(f.Elements) > 2 {
				t.Fatalf("a frame of %d elements", len(f.Elements))
			}
			for _, e := range f.Elements {
				if e.Type == "txt" && first == "" {
					first = e.Text
				}
				if e.Type != "txt" && e.Var == "" {
					missing++
				}
			}
		}
		if len(got.Frames) > 8 || pairs > 2 || elements != n || missing != len(contents) || !strings.HasPrefix(first, "【"+got.Sign+"】") {
			t.Fatalf("%d frames, %d pairs, %d of %d elements, %d of %d contents, first text %q", len(got.Frames), pairs, elements, n, len(contents), missing, first)
		}
		seen := map[string]bool{}
		for _, v := range got.Vars {
			if seen[v.Name] {
				t.Fatalf("%s twice among %v", v.Name, got.Vars)
			}
			seen[v.Name] = true
		}
	})
}

func FuzzPlaceholders(f *testing.F) {
	for _, s := range []string{"", "#p_1#", "#p_#p_2#", "##p_100##", "#p_101#", "#p_007#", "#p_1#p_2#", "x#p_1", "【#p_1#】"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		values := Values{}
		var rebuilt strings.Builder
		wrong := placeholders(s, func(name string, from, to int) {
			if from < last || to <= from || s[from:to] != "#"+name+"#" {
				t.Fatalf("%q: found %s at %d-%d after %d", s, name, from, to, last)
			}
			rebuilt.WriteString(s[last:from] + "<" + name + ">")
			last = to
			values[name] = Value{Text: "<" + name + ">"}
		})
		rebuilt.WriteString(s[last:])
		if wrong != "" && !strings.Contains(s, wrong) {
			t.Fatalf("%q: %q is not in it", s, wrong)
		}
		if got := fill(s, values); got != rebuilt.String() {
			t.Fatalf("fill(%q) = %q, want %q", s, got, rebuilt.String())
		}
		if got := fill(s, nil); got != s {
			t.Fatalf("fill(%q) without values = %q", s, got)
		}
	})
}

// What one value says is not read for placeholders again.
func TestValuesAreNotTemplates(t *testing.T) {
	got := fill("#p_1# and #p_2# and #p_3#", Values{"p_1": {Text: "#p_2#"}, "p_2": {Text: "x"}, "p_3": {Media: &Media{}}})
	if want := "#p_2# and x and #p_3#"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
