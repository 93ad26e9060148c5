package capability

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The two hashes are those of api.md A.6.
func TestParsePhone(t *testing.T) {
	const first, second = "237baf0196797ffb081c41b8642f5c05dfebbbb7", "2f52a22ed7eea397ea0d35db04329c291e9e704b"
	other := sha1.Sum([]byte("447911123456"))
	for in, want := range map[string]string{
		"13100000000": first, "8613100000000": first, "008613100000000": first, "+8613100000000": first, "131-0000 0000": first, "+86 131 0000 0000": first,
		"13100000001": second, "447911123456": hex.EncodeToString(other[:]), "+447911123456": hex.EncodeToString(other[:]), "00447911123456": hex.EncodeToString(other[:]),

		"12345": "landline", "01012345678": "landline", "861012345678": "landline", "1310000000": "landline", "131000000000": "landline", "12100000000": "landline",
		"+442079460000": "landline", "0": "landline", "86": "landline", "9999999999999999999999999999999999999999": "landline",

		"": "wrong", "+": "wrong", "00": "wrong", "abc": "wrong", "131x0000000": "wrong", "１３１００００００００": "wrong", "++8613100000000": "wrong", first: "wrong", "131\x000000000": "wrong",
	} {
		n, mobile, err := ParsePhone(in)
		got := hex.EncodeToString(n[:])
		switch {
		case err != nil:
			got = "wrong"
		case !mobile:
			got = "landline"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
}

func TestParseHash(t *testing.T) {
	const good = "237baf0196797ffb081c41b8642f5c05dfebbbb7"
	for in, want := range map[string]bool{good: true, strings.ToUpper(good): true, good[1:]: false, good + "0": false, "": false, "g" + good[1:]: false} {
		if n, ok := ParseHash(in); ok != want || ok && hex.EncodeToString(n[:]) != good {
			t.Errorf("%q: %x %v", in, n, ok)
		}
	}
}

// However a Chinese number is written, it has one name.
func TestFormsOfOneNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.StringMatching(`1[3-9][0-9]{9}`).Draw(t, "number")
		want := Number(sha1.Sum([]byte("86" + local)))
		for _, prefix := range []string{"", "86", "+86", "0086"} {
			if n, mobile, err := ParsePhone(prefix + local); n != want || !mobile || err != nil {
				t.Fatalf("%s%s: %x %v %v", prefix, local, n, mobile, err)
			}
		}
	})
}

func FuzzParsePhone(f *testing.F) {
	for _, s := range []string{"13100000000", "+44 7911 123456", "0086-131-0000-0000", "x", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, mobile, err := ParsePhone(s)
		if mobile && err != nil || !mobile && n != (Number{}) {
			t.Fatalf("%q: %x %v %v", s, n, mobile, err)
		}
		if again, m, err := ParsePhone(" " + s + "-"); mobile && (again != n || !m || err != nil) {
			t.Fatalf("%q: blanks and dashes change %x to %x", s, n, again)
		}
	})
}
