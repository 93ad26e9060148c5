package openapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"cardlink/fault"
)

// rendered is one Reference for all tests: it is read-only, and making it is most of their time.
func rendered(t testing.TB) *Reference {
	t.Helper()
	r, err := theReference()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var theReference = sync.OnceValues(func() (*Reference, error) {
	d, err := New()
	if err != nil {
		return nil, err
	}
	return d.Reference(fault.Codes())
})

func TestPagesShowEveryOperationOnceInBothLanguages(t *testing.T) {
	d, _ := described(t)
	r := rendered(t)
	for _, lang := range []string{"en", "zh"} {
		all := ""
		for name, f := range r.files {
			if strings.HasPrefix(name, lang+"/") {
				all += string(f.Body)
			}
		}
		for _, op := range d.Operations() {
			if n := strings.Count(all, `<article class="op" id="`+op.ID+`"`); n != 1 {
				t.Errorf("%s: %s is shown %d times", lang, op.ID, n)
			}
		}
		for _, c := range fault.Codes() {
			if !strings.Contains(all, `<tr id="`+string(c.Code)+`"`) || !strings.Contains(all, c.Chinese) {
				t.Errorf("%s: %s is not in the table", lang, c.Code)
			}
		}
	}
}

func TestWordsAreTheSameInBothLanguages(t *testing.T) {
	en, zh := slices.Sorted(maps.Keys(words["en"])), slices.Sorted(maps.Keys(words["zh"]))
	if !slices.Equal(en, zh) {
		t.Errorf("%v\n%v", en, zh)
	}
	for _, m := range regexp.MustCompile(`\$?\.?[Ww]\.(\w+)`).FindAllStringSubmatch(pageTemplate, -1) {
		if words["en"][m[1]] == "" {
			t.Errorf("the template says %s, which is no word", m[1])
		}
	}
	for word := range words["en"] {
		if !strings.Contains(pageTemplate, "."+word) && !slices.Contains([]string{"lang", "path", "query", "header", "characters", "items"}, word) && word != "start" && word != "errors" {
			t.Errorf("nobody says %s", word)
		}
	}
}

// A strict policy forbids scripts, inline styles and other hosts, so a page must not need them; and every link within the pages leads somewhere.
func TestPagesNeedNothingElse(t *testing.T) {
	r := rendered(t)
	links, ids := regexp.MustCompile(`(?:href|src)="([^"]*)"`), regexp.MustCompile(` id="([^"]*)"`)
	anchors := map[string]map[string]bool{} // by ETag
	for _, f := range r.files {
		anchors[f.ETag] = map[string]bool{}
		for _, m := range ids.FindAllSubmatch(f.Body, -1) {
			anchors[f.ETag][string(m[1])] = true
		}
	}
	for name, f := range r.files {
		if !strings.HasPrefix(f.Type, "text/html") {
			continue
		}
		body := string(f.Body)
		for _, bad := range []string{"<script", " style=", "javascript:", "ZgotmplZ", "<no value>", "%!"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", name, bad)
			}
		}
		if len(f.Body) > 1<<20 {
			t.Errorf("%s has %d bytes", name, len(f.Body))
		}
		lang, _, _ := strings.Cut(name, "/")
		for _, m := range links.FindAllStringSubmatch(body, -1) {
			to, anchor, _ := strings.Cut(m[1], "#")
			to, query, _ := strings.Cut(to, "?")
			at := lang
			if l, has := strings.CutPrefix(query, "lang="); has {
				at = l
			}
			target := f
			if to != "" {
				var ok bool
				page := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(to, "/docs"), "/"), "/")
				if target, ok = r.Page(page, at); !ok {
					t.Errorf("%s: %s leads nowhere", name, m[1])
					continue
				}
			}
			if anchor != "" && !anchors[target.ETag][anchor] {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
	}
}

func TestFilesAreTheSameWhenUnpacked(t *testing.T) {
	tags := map[string]string{}
	for name, f := range rendered(t).files {
		z, err := gzip.NewReader(bytes.NewReader(f.Gzip))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, f.Body) {
			t.Errorf("%s: %v", name, err)
		}
		if was := tags[f.ETag]; was != "" {
			t.Errorf("%s and %s have one tag", name, was)
		}
		tags[f.ETag] = name
	}
}
