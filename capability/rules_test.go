package capability

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"cardlink/templates"
)

func TestVendorSets(t *testing.T) {
	if All != SetOf(templates.Vendors()...) {
		t.Errorf("All is %s, the contract has %v", All, templates.Vendors())
	}
	if s := SetOf("OPPO", "HUAWEI", "NOKIA"); s.String() != "HUAWEI OPPO" {
		t.Errorf("%s", s)
	}
}

func TestParseRules(t *testing.T) {
	r, err := parseRules([]byte(`
all_supported: [huawei, OPPO]
vendors:
  XIAOMI: {hashes: [x.sha1]}
  huawei:
    numbers: [b.txt, a.txt]
`))
	want := rules{SetOf(templates.Huawei, templates.Oppo), []list{{templates.Huawei, "a.txt", false}, {templates.Huawei, "b.txt", false}, {templates.Xiaomi, "x.sha1", true}}}
	if err != nil || r.unlisted != want.unlisted || !slices.Equal(r.lists, want.lists) {
		t.Errorf("%+v %v, want %+v", r, err, want)
	}
	for text, unlisted := range map[string]Vendors{"": 0, "# nothing\n": 0, "all_supported: true": All, "all_supported: false": 0, "all_supported: []": 0, "all_supported: null": 0} {
		if r, err := parseRules([]byte(text)); err != nil || r.unlisted != unlisted || len(r.lists) > 0 {
			t.Errorf("%q: %+v %v", text, r, err)
		}
	}
	for text, want := range map[string]string{
		"all_supported: maybe":                           "all_supported must be true, false or a list",
		"all_supported: {HUAWEI: true}":                  "all_supported must be true, false or a list",
		"all_supported: [NOKIA]":                         `"NOKIA" is none of the vendors HUAWEI`,
		"vendors: {NOKIA: {numbers: [a]}}":               `"NOKIA" is none of the vendors`,
		"vendors: {HUAWEI: {numbers: [a]}, huawei: {}}":  `"HUAWEI" and "huawei" are the same`,
		"vendors: {HUAWEI: {numbers: ['']}}":             "HUAWEI: a file has no name",
		"vendors: {HUAWEI: {files: [a]}}":                "field files not found",
		"everything: true":                               "field everything not found",
		"[]":                                             "is not a rule file",
		"all_supported: true\n---\nall_supported: false": "must be one YAML document",
		"\x00":                            "is not a rule file",
		strings.Repeat("#", rulesLimit+1): "larger than",
		"vendors: {HUAWEI: {numbers: [" + strings.Repeat("a,", listsLimit+1) + "]}}": "more than 1000 files",
	} {
		if _, err := parseRules([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	_, err = parseRules([]byte("vendors: {NOKIA: {}, HUAWEI: {hashes: [' ']}}"))
	if err == nil || !strings.Contains(err.Error(), "NOKIA") || !strings.Contains(err.Error(), "no name") {
		t.Errorf("not all complaints at once: %v", err)
	}
}

func FuzzRules(f *testing.F) {
	f.Add([]byte("all_supported: [HUAWEI]\nvendors:\n  OPPO: {numbers: [a], hashes: [b]}\n"))
	f.Add([]byte("all_supported: true"))
	f.Add([]byte("vendors: &a {HUAWEI: *a}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseRules(text)
		if err != nil {
			return
		}
		if r.unlisted > All || len(r.lists) > listsLimit {
			t.Fatalf("%+v", r)
		}
		again, err := parseRules(text)
		if err != nil || again.unlisted != r.unlisted || !slices.Equal(again.lists, r.lists) {
			t.Fatalf("%+v, then %+v %v", r, again, err)
		}
	})
}

func TestReadList(t *testing.T) {
	ctx := context.Background()
	first, _, _ := ParsePhone("13100000000")
	second, _, _ := ParsePhone("13100000001")
	read := func(text string, hashed bool, limit int) ([]Number, error) {
		return readList(ctx, nil, strings.NewReader(text), hashed, limit)
	}
	for _, c := range []struct {
		text   string
		hashed bool
		want   []Number
	}{
		{"", false, nil},
		{"\xef\xbb\xbf13100000000\r\n\r\n# friends\n  +86 131 0000 0001  ", false, []Number{first, second}},
		{fmt.Sprintf("%x\n%X\n", first, second), true, []Number{first, second}},
	} {
		if got, err := read(c.text, c.hashed, 9); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %x %v", c.text, got, err)
		}
	}
	for _, c := range []struct {
		text   string
		hashed bool
		want   string
	}{
		{"13100000000\n12345\n12345x\n", false, "line 2 is not a mobile number (2 such lines)"},
		{fmt.Sprintf("%x", first), false, "line 1 is not a mobile number"},
		{"\n13100000000", true, "line 2 is not 40 hexadecimal digits"},
		{"13100000000\n" + strings.Repeat("1", longestLine+1), false, "line 2: "},
		{"13100000000\n13100000001\n13100000002", false, errTooMany.Error()},
	} {
		_, err := read(c.text, c.hashed, 2)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.30q: %v, want %q", c.text, err, c.want)
		} else if strings.Contains(err.Error(), "12345") {
			t.Errorf("the message shows a number: %v", err)
		}
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := readList(stopped, nil, strings.NewReader(strings.Repeat("\n", 1<<16)), false, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a load that is told to stop: %v", err)
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte("13100000000\n# x\n\n+8613100000001\r\n"), false)
	f.Add([]byte("237baf0196797ffb081c41b8642f5c05dfebbbb7\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, hashed bool) {
		const limit = 5
		got, err := readList(context.Background(), nil, bytes.NewReader(text), hashed, limit)
		if len(got) > limit || len(got) > bytes.Count(text, []byte("\n"))+1 {
			t.Fatalf("%d numbers from %q", len(got), text)
		}
		if err != nil {
			return
		}
		// What was read, written as hashes, reads the same.
		var b strings.Builder
		for _, n := range got {
			fmt.Fprintf(&b, "%x\n", n)
		}
		again, err := readList(context.Background(), nil, strings.NewReader(b.String()), true, limit)
		if err != nil || !slices.Equal(again, got) {
			t.Fatalf("%x, then %x %v", got, again, err)
		}
	})
}
