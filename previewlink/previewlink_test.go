package previewlink

import (
	"bytes"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newAddresses(t testing.TB, key byte) *Addresses {
	t.Helper()
	a, err := New(bytes.Repeat([]byte{key}, KeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestKeyLength(t *testing.T) {
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := New(make([]byte, n)); err == nil {
			t.Errorf("a key of %d bytes was taken", n)
		}
	}
}

// The key is the installation's: changing how names are made would end every address that was given out.
func TestNamesStay(t *testing.T) {
	a := newAddresses(t, 1)
	for want, got := range map[string]string{
		"600001001-1-fqsne33y3y43vlhgfnsch5vj": a.Name(Template, 600001001, 1),
		"800000001-0-f4znga5wfnderkhlp2b24cg6": a.Name(Video, 800000001, 0),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// A name opens what it was made for and nothing else: not another id, version, kind or installation, and not with a character changed, added or left out.
func TestANameOpensWhatItWasMadeFor(t *testing.T) {
	a, other := newAddresses(t, 1), newAddresses(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		id, version := rapid.Int64Range(0, 1<<62).Draw(t, "id"), rapid.IntRange(0, 1<<31-1).Draw(t, "version")
		kind := rapid.SampledFrom([]Kind{Template, Video}).Draw(t, "kind")
		name := a.Name(kind, id, version)
		if gotID, gotVersion, ok := a.Open(kind, name); !ok || gotID != id || gotVersion != version {
			t.Fatalf("%s: %d %d %v", name, gotID, gotVersion, ok)
		}
		if url.PathEscape(name) != name || strings.ToLower(name) != name || len(name) > maxName {
			t.Fatalf("%s is no plain part of an address", name)
		}
		if _, _, ok := other.Open(kind, name); ok {
			t.Fatal("another installation opened it")
		}
		if _, _, ok := a.Open(kind^('t'^'v'), name); ok {
			t.Fatal("it opens another kind")
		}
		at := rapid.IntRange(0, len(name)-1).Draw(t, "at")
		c := rapid.SampledFrom([]byte("0123456789abcdefghijklmnopqrstuvwxyz-=_A /")).Draw(t, "char")
		for _, forged := range []string{name[:at] + string(c) + name[at+1:], name[:at] + string(c) + name[at:], name[:at] + name[at+1:], name[:at]} {
			if _, _, ok := a.Open(kind, forged); ok && forged != name {
				t.Fatalf("%s opened as %s", forged, name)
			}
		}
		next := a.Name(kind, id, version+1)
		if _, _, ok := a.Open(kind, next[:len(next)-macChars]+name[len(name)-macChars:]); ok {
			t.Fatal("the signature of one version opens the next")
		}
	})
}

func FuzzOpen(f *testing.F) {
	a := newAddresses(f, 1)
	for _, seed := range []string{"", "-", "--", "600001001", "600001001-1-", a.Name(Template, 600001001, 1), "-1--1-", "01-1-aaaaaaaaaaaaaaaaaaaaaaaa", strings.Repeat("9", 99)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if id, version, ok := a.Open(Template, name); ok && a.Name(Template, id, version) != name {
			t.Errorf("%q opens, and is not the name of %d version %d", name, id, version)
		}
	})
}
