package api

import (
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/fault"
)

var wireNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func asked(query string) *Request {
	var c fasthttp.RequestCtx
	c.Request.SetRequestURI("/x?" + query)
	return &Request{RequestCtx: &c, at: wireNow}
}

// api.md §3.3: what is absent has its default, and what is out of its range is refused by name.
func TestPaging(t *testing.T) {
	for _, c := range []struct {
		query    string
		required bool
		want     page
		field    string // of the refusal
	}{
		{"", false, page{0, 20}, ""},
		{"offset=&limit=", false, page{0, 20}, ""},
		{"offset=1000000&limit=100", false, page{1_000_000, 100}, ""},
		{"offset=1000001", false, page{}, "offset"},
		{"offset=-1", false, page{}, "offset"},
		{"limit=0", false, page{}, "limit"},
		{"limit=101", false, page{}, "limit"},
		{"limit=1e1", false, page{}, "limit"},
		{"limit=99999999999999999999", false, page{}, "limit"},
		{"offset=0", true, page{}, "limit"},
		{"limit=1", true, page{}, "offset"},
		{"offset=0&limit=1", true, page{0, 1}, ""},
	} {
		p, err := paging(asked(c.query), c.required, 1_000_000, 100, 20)
		if c.field == "" {
			if err != nil || p != c.want {
				t.Errorf("%q: %+v, %v", c.query, p, err)
			}
		} else if f := fault.Of(err); f == nil || f.Field != c.field || f.Code != fault.Parameter {
			t.Errorf("%q: %v, want a refusal of %s", c.query, err, c.field)
		}
	}
	if (page{9_900, 100}).beyond() || !(page{9_901, 100}).beyond() {
		t.Error("lists end at 10,000 rows")
	}
}

// api.md §3.4: every form of a time is read, and one without a zone is UTC.
func TestParseTime(t *testing.T) {
	want := time.Date(2019, 10, 12, 7, 20, 50, 0, time.UTC)
	for _, s := range []string{
		"2019-10-12T07:20:50Z", "2019-10-12T07:20:50", "2019-10-12 07:20:50", "2019-10-12T15:20:50+08:00", "2019-10-12T15:20:50+0800", "2019-10-12T07:20:50.000Z", "2019-10-12 07:20:50.0",
		"2019-10-12 07:20:50Z", "2019-10-12 15:20:50+08:00", "2019-10-12 15:20:50.0+0800",
	} {
		if got, err := parseTime("t", s); err != nil || !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
	if got, err := parseTime("t", "2019-10-12T07:20:50.522Z"); err != nil || got.Sub(want) != 522*time.Millisecond {
		t.Errorf("a fraction: %v, %v", got, err)
	}
	for _, s := range []string{"", "now", "2019-10-12", "2019-13-12T07:20:50Z", "1570864850", "07:20:50"} {
		if _, err := parseTime("begin_time", s); fault.Of(err) == nil || fault.Of(err).Field != "begin_time" {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestForms(t *testing.T) {
	at := time.Date(2022, 7, 19, 22, 37, 34, 120_000_000, time.FixedZone("", 8*3600))
	for _, c := range [][2]string{
		{zulu(at), "2022-07-19T14:37:34Z"}, {noZone(at), "2022-07-19T14:37:34"}, {blank(at), "2022-07-19 14:37:34"}, {hundredths(at), "2022-07-19T14:37:34.12Z"},
		{zulu(time.Time{}), "1970-01-01T00:00:00Z"}, {noZone(time.Time{}), ""}, {blank(time.Time{}), ""},
	} {
		if c[0] != c[1] {
			t.Errorf("%s, want %s", c[0], c[1])
		}
	}
}

func TestWindows(t *testing.T) {
	day := 24 * time.Hour
	f := func(query string, def time.Duration, begin, end time.Time) {
		t.Helper()
		w, err := timeWindow(asked(query), wireNow, def)
		if err != nil || !w.Begin.Equal(begin) || !w.End.Equal(end) {
			t.Errorf("%q: %v, %v", query, w, err)
		}
	}
	f("", day, wireNow.Add(-day), wireNow.Add(time.Minute))
	f("", 0, time.Time{}, time.Time{})
	f("begin_time=2025-12-01T00:00:00Z", day, wireNow.Add(-day), wireNow.Add(time.Minute))
	f("end_time=junk", day, wireNow.Add(-day), wireNow.Add(time.Minute))
	f("begin_time=2025-12-01T00:00:00Z&end_time=2025-12-02T00:00:00.500Z", day, time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2025, 12, 2, 0, 0, 0, 500_000_000, time.UTC))
	f("begin_time=2001-12-01T00:00:00Z&end_time=9999-12-02T00:00:00Z", day, wireNow.AddDate(-1, 0, 0), wireNow.AddDate(0, 0, 1))
	// Answers cut what they show, so an end means all of the second, tenth or hundredth it names.
	for end, ms := range map[string]int{
		"2025-12-02T03:04:05Z": 999, "2025-12-02 03:04:05": 999, "2025-12-02T11:04:05%2B08:00": 999, "2025-12-02T03:04:05.0Z": 99, "2025-12-02T03:04:05.18Z": 189,
		"2025-12-02T03:04:05.180Z": 180, "2025-12-02T03:04:05.999Z": 999,
	} {
		at := time.Date(2025, 12, 2, 3, 4, 5, ms*int(time.Millisecond), time.UTC)
		f("begin_time=2025-12-02T03:04:05Z&end_time="+end, day, time.Date(2025, 12, 2, 3, 4, 5, 0, time.UTC), at)
		if w, err := bothOrNeither(asked("begin_time=2025-12-02T03:04:05Z&end_time=" + end)); err != nil || !w.End.Equal(at) {
			t.Errorf("%s: %v, %v, want %v", end, w, err, at)
		}
	}
	if _, err := timeWindow(asked("begin_time=2025-12-01T00:00:00Z&end_time=x"), wireNow, day); fault.Of(err) == nil || fault.Of(err).Field != "end_time" {
		t.Error(err)
	}

	for query, field := range map[string]string{
		"": "", "begin_time=2025-12-01T00:00:00Z&end_time=2025-12-01T00:00:00Z": "", "begin_time=2025-12-01T00:00:00Z": "end_time", "end_time=2025-12-01T00:00:00Z": "begin_time",
		"begin_time=2025-12-02T00:00:00Z&end_time=2025-12-01T00:00:00Z": "begin_time", "begin_time=x&end_time=2025-12-01T00:00:00Z": "begin_time",
		"begin_time=2025-12-02T00:00:00Z&end_time=x": "end_time",
	} {
		w, err := bothOrNeither(asked(query))
		if e := fault.Of(err); (e == nil) != (field == "") || e != nil && e.Field != field || w.Begin.IsZero() == (query != "" && field == "") {
			t.Errorf("%q: %v, %v", query, w, err)
		}
	}
}

// Clients of other languages mix strings, numbers and booleans; the first value that will not do is named by its full path.
func TestFieldsAreLenient(t *testing.T) {
	b, err := fieldsOf([]byte(`{"s":"x","n":7,"t":true,"f":false,"null":null,"seven":"7","blank":" ","float":7.0,"floattext":"7.00","list":["a",1,true,null],
		"map":{"a":1,"b":"x","c":null},"o":{"list":[{"k":1},{"k":{}}]},"enum":"LAUNCHED：已发布","big":2147483648,"huge":1e400,"half":7.5}`), fault.Parameter)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"s": "x", "n": "7", "t": "true", "null": "", "none": "", "seven": "7", "float": "7.0"} {
		if got := b.text(name); got != want {
			t.Errorf("text %s: %q", name, got)
		}
	}
	for name, want := range map[string]int{"n": 7, "t": 1, "f": 0, "null": -1, "none": -1, "seven": 7, "blank": -1, "float": 7, "floattext": 7} {
		if got := b.integer(name, -1); got != want {
			t.Errorf("integer %s: %d", name, got)
		}
	}
	if got := b.texts("list"); len(got) != 4 || got[1] != "1" || got[2] != "true" || got[3] != "" {
		t.Errorf("texts: %q", got)
	}
	if got := b.strings("map"); len(got) != 2 || got["a"] != "1" || got["b"] != "x" { // null is absent
		t.Errorf("strings: %q", got)
	}
	if b.enum("enum") != "LAUNCHED" || b.complaint() != nil {
		t.Error(b.enum("enum"), b.complaint())
	}
	b.require("s", "n")
	if b.complaint() != nil || b.has("null") || !b.has("f") {
		t.Error(b.complaint())
	}
	complains := func(want string, read func(fields)) {
		t.Helper()
		again := b
		again.noted = new([]error)
		read(again)
		read(again)
		again.text("map") // later complaints do not replace the first
		if e := fault.Of(again.complaint()); e == nil || e.Text(fault.English) != want {
			t.Errorf("%v, want %s", again.complaint(), want)
		}
	}
	complains("null: is required", func(b fields) { b.require("s", "null", "none") })
	complains("big: must be an integer", func(b fields) { b.integer("big", 0) })
	complains("huge: must be an integer", func(b fields) { b.integer("huge", 0) })
	complains("half: must be an integer", func(b fields) { b.optional("half") })
	complains("s: must be an integer", func(b fields) { b.integer("s", 0) })
	complains("list: must be a string", func(b fields) { b.text("list") })
	complains("s: must be a JSON array", func(b fields) { b.texts("s") })
	complains("list: must be a JSON object", func(b fields) { b.object("list") })
	complains("list[0]: must be a JSON object", func(b fields) { b.objects("list") })
	complains("o.list[1].k: must be a string", func(b fields) {
		o, _ := b.object("o")
		for _, x := range o.objects("list") {
			x.text("k")
		}
	})
	complains("o.list[0].name: is required", func(b fields) {
		o, _ := b.object("o")
		o.objects("list")[0].require("name")
	})
}
