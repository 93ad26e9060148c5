package carrier

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSplitCountsUnits(t *testing.T) {
	for _, c := range []struct {
		name   string
		enc    Encoding
		text   string
		format uint8
		sizes  []int // content bytes of each part, header included
	}{
		{"empty", Encoding{}, "", FormatASCII, []int{0}},
		{"ascii fits", Encoding{}, strings.Repeat("a", 140), FormatASCII, []int{140}},
		{"ascii one over", Encoding{}, strings.Repeat("a", 141), FormatASCII, []int{140, 13}},
		{"ascii, 16-bit reference", Encoding{Ref16: true}, strings.Repeat("a", 141), FormatASCII, []int{140, 15}},
		{"ascii sent as Chinese", Encoding{NoASCII: true}, "ab", FormatUCS2, []int{4}},
		{"tab is no text of format 0", Encoding{}, "a\tb", FormatUCS2, []int{6}},
		{"ucs-2 fits", Encoding{}, strings.Repeat("短", 70), FormatUCS2, []int{140}},
		{"ucs-2 one over", Encoding{}, strings.Repeat("短", 71), FormatUCS2, []int{140, 14}},
		{"ucs-2 two full parts", Encoding{}, strings.Repeat("短", 134), FormatUCS2, []int{140, 140}},
		{"ucs-2 three parts", Encoding{}, strings.Repeat("短", 135), FormatUCS2, []int{140, 140, 8}},
		{"ucs-2, 16-bit reference holds 66", Encoding{Ref16: true}, strings.Repeat("短", 133), FormatUCS2, []int{139, 139, 9}},
		{"emoji takes two units", Encoding{}, strings.Repeat("😀", 35), FormatUCS2, []int{140}},
		{"emoji is not cut: 33 pairs in 67 units", Encoding{}, strings.Repeat("😀", 36), FormatUCS2, []int{138, 18}},
		{"gbk", Encoding{Chinese: FormatGBK}, strings.Repeat("短", 70), FormatGBK, []int{140}},
		{"gbk is not cut: 67 pairs in 134 bytes", Encoding{Chinese: FormatGBK}, strings.Repeat("短", 71), FormatGBK, []int{140, 14}},
		{"gbk with a byte before: one byte stays free", Encoding{Chinese: FormatGBK}, "a" + strings.Repeat("短", 70), FormatGBK, []int{139, 14}},
		{"gbk cannot write emoji", Encoding{Chinese: FormatGBK}, "短😀", FormatUCS2, []int{6}},
		{"tail kept free in a single", Encoding{Tail: 5}, strings.Repeat("短", 66), FormatUCS2, []int{6 + 124, 6 + 8}},
		{"tail kept free in the last part", Encoding{Tail: 5}, strings.Repeat("短", 67+64), FormatUCS2, []int{140, 6 + 124, 6 + 4}},
		{"head kept free", Encoding{Head: 10}, strings.Repeat("短", 70), FormatUCS2, []int{6 + 114, 6 + 26}},
	} {
		t.Run(c.name, func(t *testing.T) {
			segments, err := c.enc.Split(c.text, 7)
			if err != nil {
				t.Fatal(err)
			}
			var sizes []int
			for _, s := range segments {
				if s.Format != c.format {
					t.Errorf("format %d, want %d", s.Format, c.format)
				}
				sizes = append(sizes, len(s.Content))
			}
			if !equalInts(sizes, c.sizes) {
				t.Errorf("sizes %v, want %v", sizes, c.sizes)
			}
			if n := c.enc.Segments(c.text); n != len(segments) {
				t.Errorf("Segments = %d, Split made %d", n, len(segments))
			}
		})
	}
}

func equalInts(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestSplitRefusesWhatNeverFits(t *testing.T) {
	f := func(e Encoding, text string, ok bool) {
		t.Helper()
		_, err := e.Split(text, 1)
		if (err == nil) != ok || (err != nil && !errors.Is(err, ErrTooLong)) {
			t.Errorf("%d characters: %v", utf8.RuneCountInString(text), err)
		}
		if n := e.Segments(text); (n > 0) != ok {
			t.Errorf("Segments = %d", n)
		}
	}
	f(Encoding{}, strings.Repeat("短", 67*255), true)
	f(Encoding{}, strings.Repeat("短", 67*255+1), false)
	f(Encoding{Tail: 66}, strings.Repeat("短", 71), false)
	f(Encoding{Head: 66}, strings.Repeat("短", 71), false)
}

// The long message of carriers.md §11: 80 units in two parts.
func TestSplitLongMessageVector(t *testing.T) {
	segments, err := Split(strings.Repeat("短信网关", 20), 0x5a)
	if err != nil {
		t.Fatal(err)
	}
	all := appendUCS2(nil, strings.Repeat("短信网关", 20))
	want := [][]byte{
		append([]byte{5, 0, 3, 0x5a, 2, 1}, all[:134]...),
		append([]byte{5, 0, 3, 0x5a, 2, 2}, all[134:]...),
	}
	for i, s := range segments {
		if !bytes.Equal(s.Content, want[i]) || !s.UDH || s.Total != 2 || int(s.Number) != i+1 {
			t.Errorf("part %d: %d/%d udh=%v %x", i+1, s.Number, s.Total, s.UDH, sha256.Sum256(s.Content))
		}
	}
}

// Whatever the text and the encoding, the parts read back as the text, none is over 140 bytes, and none begins or ends within a character.
func TestSplitRoundTrip(t *testing.T) {
	runes := rapid.SampledFrom([]rune("aZ09 ~\n\t短信é€😀𠮷\uFFFD\x00"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(runes, 0, 600, -1).Draw(t, "text")
		e := Encoding{
			Chinese: rapid.SampledFrom([]uint8{0, FormatUCS2, FormatGBK, FormatUCS2NS}).Draw(t, "chinese"),
			NoASCII: rapid.Bool().Draw(t, "noascii"),
			Ref16:   rapid.Bool().Draw(t, "ref16"),
			Head:    rapid.IntRange(0, 20).Draw(t, "head"),
			Tail:    rapid.IntRange(0, 20).Draw(t, "tail"),
		}
		ref := rapid.Uint16().Draw(t, "ref")
		segments, err := e.Split(text, ref)
		if err != nil {
			t.Fatal(err)
		}
		if n := e.Segments(text); n != len(segments) {
			t.Fatalf("Segments = %d, Split made %d", n, len(segments))
		}
		var back strings.Builder
		for i, s := range segments {
			if len(s.Content) > 140 || int(s.Number) != i+1 || int(s.Total) != len(segments) {
				t.Fatalf("part %d of %d: number %d, total %d, %d bytes", i+1, len(segments), s.Number, s.Total, len(s.Content))
			}
			body := s.Content
			if s.UDH {
				c, rest, ok := CutHeader(s.Content)
				want := Concat{Ref: ref, Wide: e.Ref16, Total: s.Total, Number: s.Number}
				if !e.Ref16 {
					want.Ref &= 0xff
				}
				if !ok || c != want {
					t.Fatalf("header %+v %v, want %+v", c, ok, want)
				}
				body = rest
			}
			if free := (140 - len(s.Content)) / unitBytes(s.Format); i == 0 && free < e.Head || i == len(segments)-1 && free < e.Tail {
				t.Fatalf("part %d of %d leaves %d units", i+1, len(segments), free)
			}
			back.WriteString(Decode(s.Format, body))
		}
		if back.String() != text {
			t.Fatalf("read back %q", back.String())
		}
	})
}

func TestDecode(t *testing.T) {
	f := func(format uint8, in, want string) {
		t.Helper()
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := Decode(format, b); got != want {
			t.Errorf("Decode(%d, %s) = %q, want %q", format, in, got, want)
		}
	}
	f(FormatASCII, "5444", "TD")
	f(FormatASCII, "54e9", "Té")
	f(FormatUCS2, "4f60597d", "你好")
	f(FormatUCS2, "4f6059", "你\uFFFD")
	f(FormatUCS2, "d83d", "\uFFFD")
	f(FormatUCS2NS, "9000", "退")
	f(FormatGBK, "cdcbb6a9", "退订")
	f(FormatGBK, "9439fc36", "😀") // four bytes: GB18030
	f(FormatGBK, "cd", "\uFFFD")
	f(FormatBinary, "00ff", "\x00ÿ")
}

func TestCutHeader(t *testing.T) {
	f := func(in string, want Concat, text string, ok bool) {
		t.Helper()
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		c, rest, got := CutHeader(b)
		if c != want || hex.EncodeToString(rest) != text || got != ok {
			t.Errorf("CutHeader(%s) = %+v, %x, %v", in, c, rest, got)
		}
	}
	f("0500035a0201aabb", Concat{Ref: 0x5a, Total: 2, Number: 1}, "aabb", true)
	f("06080412340302cc", Concat{Ref: 0x1234, Wide: true, Total: 3, Number: 2}, "cc", true) // both reference bytes count
	f("0b05040b8423f00003010201dd", Concat{Ref: 1, Total: 2, Number: 1}, "dd", true)        // ports before it
	f("00ee", Concat{}, "ee", true)
	f("", Concat{}, "", false)
	f("05", Concat{}, "05", false)
	f("050003", Concat{}, "050003", false)
	f("0300095aff", Concat{}, "0300095aff", false)
}

func FuzzCutHeader(f *testing.F) {
	f.Add([]byte{5, 0, 3, 0x5a, 2, 1, 'a'})
	f.Add([]byte{6, 8, 4, 1, 2, 3, 1})
	f.Fuzz(func(t *testing.T, content []byte) {
		c, text, ok := CutHeader(content)
		if !bytes.HasSuffix(content, text) || (!ok && c != Concat{}) {
			t.Fatalf("%x: %+v, %x, %v", content, c, text, ok)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add(uint8(8), []byte{0xd8, 0x3d, 0xde})
	f.Add(uint8(15), []byte{0x81, 0x30})
	f.Fuzz(func(t *testing.T, format uint8, content []byte) {
		if s := Decode(format, content); !utf8.ValidString(s) && format != FormatASCII {
			t.Fatalf("Decode(%d, %x) = %q", format, content, s)
		}
	})
}

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat("短信网关", 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Split(text, 1); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSegments(b *testing.B) {
	text := strings.Repeat("短信网关", 20)
	b.ReportAllocs()
	for b.Loop() {
		Encoding{}.Segments(text)
	}
}
