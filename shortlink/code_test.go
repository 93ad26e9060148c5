package shortlink

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func testCodec(t testing.TB) *Codec {
	t.Helper()
	c, err := NewCodec(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestEveryIDHasItsOwnCodeAndComesBack(t *testing.T) {
	c := testCodec(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(MinCode, MaxCode).Draw(t, "n")
		id := rapid.Int64Range(0, Space(n)-1).Draw(t, "id")
		code, err := c.AppendCode(nil, id, n)
		if err != nil {
			t.Fatal(err)
		}
		if len(code) != n || !IsCustom(code) {
			t.Fatalf("code %q of length %d", code, n)
		}
		if back, err := c.ParseCode(code); err != nil || back != id {
			t.Fatalf("%d → %q → %d, %v", id, code, back, err)
		}
	})
}

func TestEveryCodeIsTheCodeOfItsID(t *testing.T) { // with the test above: a bijection
	c := testCodec(t)
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.StringMatching(`[A-Za-z0-9]{6,10}`).Draw(t, "code")
		id, err := c.ParseCode([]byte(code))
		if err != nil || id < 0 || id >= Space(len(code)) {
			t.Fatalf("%q → %d, %v", code, id, err)
		}
		if back, err := c.AppendCode(nil, id, len(code)); err != nil || string(back) != code {
			t.Fatalf("%q → %d → %q, %v", code, id, back, err)
		}
	})
}

func TestNeighboursLookUnrelated(t *testing.T) {
	c := testCodec(t)
	seen := map[string]bool{}
	var first [62]int
	const n = 62 * 400
	for id := range int64(n) {
		code, _ := c.AppendCode(nil, id, DefaultCode)
		if seen[string(code)] {
			t.Fatalf("%q twice", code)
		}
		seen[string(code)] = true
		first[digit[code[0]]-1]++
	}
	for d, got := range first { // 400 expected, σ = 20: six σ
		if got < 280 || got > 520 {
			t.Errorf("first character %c occurs %d times in %d codes", alphabet[d], got, n)
		}
	}
}

func TestKeysGiveDifferentCodes(t *testing.T) {
	a := testCodec(t)
	b, _ := NewCodec(bytes.Repeat([]byte{8}, 32))
	x, _ := a.AppendCode(nil, 1, 8)
	y, _ := b.AppendCode(nil, 1, 8)
	if string(x) == string(y) {
		t.Fatal("the key does not matter")
	}
}

func TestCodesOutOfRange(t *testing.T) {
	c := testCodec(t)
	for _, code := range []string{"", "abc", "abcde", "abcdefghijk", "abcd-fgh", "abcdefg\xff", "abc def1"} {
		if id, err := c.ParseCode([]byte(code)); err == nil {
			t.Errorf("%q is taken for id %d", code, id)
		}
	}
	for _, try := range []struct {
		id int64
		n  int
	}{{-1, 8}, {Space(6), 6}, {1, 5}, {1, 11}} {
		if _, err := c.AppendCode(nil, try.id, try.n); err == nil {
			t.Errorf("id %d has a code of %d characters", try.id, try.n)
		}
	}
	if _, err := NewCodec([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}

func TestCodesDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	c := testCodec(t)
	code, _ := c.AppendCode(nil, 12345, 8)
	dst := make([]byte, 0, 16)
	if n := testing.AllocsPerRun(1000, func() {
		id, _ := c.ParseCode(code)
		dst, _ = c.AppendCode(dst[:0], id, 8)
	}); n != 0 {
		t.Fatalf("%v allocations, want 0", n)
	}
}

func FuzzParseCode(f *testing.F) {
	f.Add([]byte("PDARc6"))
	f.Add([]byte("zzzzzzzzzz"))
	c := testCodec(f)
	f.Fuzz(func(t *testing.T, code []byte) {
		id, err := c.ParseCode(code)
		if err != nil {
			return
		}
		if back, err := c.AppendCode(nil, id, len(code)); err != nil || !bytes.Equal(back, code) {
			t.Fatalf("%q → %d → %q, %v", code, id, back, err)
		}
	})
}

func BenchmarkParseCode(b *testing.B) {
	c := testCodec(b)
	code, _ := c.AppendCode(nil, 12345, 8)
	b.ReportAllocs()
	for b.Loop() {
		c.ParseCode(code)
	}
}
