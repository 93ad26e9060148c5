package carrier

import (
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Data codings, as the format fields of CMPP, SMGP and SGIP number them (carriers.md §8).
const (
	FormatASCII  uint8 = 0
	FormatBinary uint8 = 4
	FormatUCS2   uint8 = 8
	FormatGBK    uint8 = 15
	FormatUCS2NS uint8 = 25 // some gateways: UCS-2 without the signature they add by themselves
)

// ErrTooLong is a text of more than 255 parts, or one whose parts have no room left beside what the channel reserves.
var ErrTooLong = errors.New("carrier: text too long")

// Encoding says how a channel wants its texts. The zero value is right for China: ASCII when the text allows it, else UCS-2; 8-bit references.
type Encoding struct {
	// Chinese is the format of texts that are not plain ASCII: FormatUCS2 (also when 0), FormatUCS2NS or FormatGBK. A text that GBK
	// cannot write goes out as UCS-2.
	Chinese uint8
	// NoASCII sends plain ASCII texts in the Chinese format as well, for gateways that add a Chinese signature of their own.
	NoASCII bool
	// Ref16 uses 16-bit concatenation references: one byte less text per part, fewer collisions.
	Ref16 bool
	// Head and Tail are units (characters of UCS-2, bytes otherwise) kept free in the first and the last part for what the carrier adds.
	Head, Tail int
}

// Segment is one short message of a text.
type Segment struct {
	Format        uint8
	UDH           bool
	Total, Number uint8
	Content       []byte // user data header included
}

// Part is the segment as a part to submit; key, numbers and priority are the caller's to fill in. The content is shared.
func (s Segment) Part() Part {
	return Part{Format: s.Format, UDH: s.UDH, Total: s.Total, Number: s.Number, Content: s.Content}
}

// IsASCII reports whether the text can travel as format 0: printable ASCII, line feed, carriage return.
func IsASCII(text string) bool {
	for i := range len(text) {
		if c := text[i]; (c < ' ' || c > '~') && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// format chooses the data coding of a text.
func (e Encoding) format(text string) uint8 {
	switch {
	case !e.NoASCII && IsASCII(text):
		return FormatASCII
	case e.Chinese == FormatGBK && gbkLen(text) >= 0:
		return FormatGBK
	case e.Chinese == FormatUCS2NS:
		return FormatUCS2NS
	}
	return FormatUCS2
}

// unitBytes is the width of one unit of a format.
func unitBytes(format uint8) int {
	if format == FormatUCS2 || format == FormatUCS2NS {
		return 2
	}
	return 1
}

// gbkLen is the length of the text in GBK, or -1 if GBK cannot write it.
func gbkLen(text string) int {
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return -1
	}
	return len(b)
}

// A cutter walks a text in steps that must not be torn: a surrogate pair, the two bytes of a GBK character.
type cutter struct {
	format uint8
	text   string
	gbk    []byte
}

func newCutter(format uint8, text string) cutter {
	c := cutter{format: format, text: text}
	if format == FormatGBK {
		c.gbk, _ = simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
		c.text = ""
	}
	return c
}

// step is the next indivisible piece: its units, and how many source bytes it takes. Zero units mean the end.
func (c *cutter) step() (units, size int) {
	switch {
	case c.format == FormatGBK:
		switch {
		case len(c.gbk) == 0:
			return 0, 0
		case c.gbk[0] >= 0x80 && len(c.gbk) > 1:
			return 2, 2
		}
		return 1, 1
	case len(c.text) == 0:
		return 0, 0
	case c.format == FormatASCII:
		return 1, 1
	}
	r, n := utf8.DecodeRuneInString(c.text)
	if r > 0xffff {
		return 2, n
	}
	return 1, n
}

// take appends the next size source bytes to dst in the wire's coding and moves on. A nil dst counts only.
func (c *cutter) take(dst []byte, size int) []byte {
	switch c.format {
	case FormatGBK:
		if dst != nil {
			dst = append(dst, c.gbk[:size]...)
		}
		c.gbk = c.gbk[size:]
	case FormatASCII:
		if dst != nil {
			dst = append(dst, c.text[:size]...)
		}
		c.text = c.text[size:]
	default:
		if dst != nil {
			dst = appendUCS2(dst, c.text[:size])
		}
		c.text = c.text[size:]
	}
	return dst
}

// appendUCS2 appends text as UTF-16 big endian. Bytes that are not UTF-8 become U+FFFD.
func appendUCS2(dst []byte, text string) []byte {
	for _, r := range text {
		if r > 0xffff {
			hi, lo := utf16.EncodeRune(r)
			dst = append(dst, byte(hi>>8), byte(hi), byte(lo>>8), byte(lo))
			continue
		}
		dst = append(dst, byte(r>>8), byte(r))
	}
	return dst
}

// units is the length of the text in units of its format.
func (c cutter) units() (n int) {
	for {
		u, size := c.step()
		if u == 0 {
			return n
		}
		n += u
		c.take(nil, size)
	}
}

// plan calls part for each part of the text, in order, with the units that it may hold; part consumes them and returns how many
// it took. It returns the number of parts, or -1 when that is more than 255.
func (e Encoding) plan(c cutter, part func(number, limit int) int) int {
	width := unitBytes(c.format)
	left := c.units()
	if left <= 140/width-e.Head-e.Tail {
		part(1, left)
		return 1
	}
	header := 6
	if e.Ref16 {
		header = 7
	}
	full := (140 - header) / width
	for n := 1; ; n++ {
		room := full
		if n == 1 {
			room -= e.Head
		}
		if n > 255 || room-e.Tail < 2 { // 2: a piece that cannot be cut must fit
			return -1
		}
		if left > room-e.Tail && left <= room {
			room -= e.Tail // what is left over makes one part more, which has the space
		}
		took := part(n, min(room, left))
		if left -= took; left == 0 {
			return n
		}
	}
}

// Segments is the number of short messages that the text takes, or -1 when Split would refuse it.
func (e Encoding) Segments(text string) int {
	c := newCutter(e.format(text), text)
	return e.plan(c, func(_, limit int) int {
		_, took := c.fill(nil, limit)
		return took
	})
}

// fill takes whole pieces while they fit into limit units and appends them to dst; a nil dst counts only. It returns dst and the units taken.
func (c *cutter) fill(dst []byte, limit int) ([]byte, int) {
	took := 0
	for {
		u, size := c.step()
		if u == 0 || took+u > limit {
			return dst, took
		}
		dst = c.take(dst, size)
		took += u
	}
}

// Split cuts a text into short messages: one of up to 70 UCS-2 units or 140 bytes, else parts of 67 (66 with 16-bit references) or 134
// (133) behind a concatenation header carrying ref (carriers.md §8). References come from a counter per
// (destination, source), so that two long messages to one handset cannot mix; only the low byte travels unless Ref16 is set.
func (e Encoding) Split(text string, ref uint16) ([]Segment, error) {
	format := e.format(text)
	total := e.Segments(text)
	if total < 0 {
		return nil, fmt.Errorf("%w: %d characters", ErrTooLong, utf8.RuneCountInString(text))
	}
	c := newCutter(format, text)
	segments := make([]Segment, 0, total)
	memory := make([]byte, 0, 140*total)
	e.plan(c, func(number, limit int) int {
		start := len(memory)
		if total > 1 {
			memory = AppendConcat(memory, Concat{Ref: ref, Wide: e.Ref16, Total: uint8(total), Number: uint8(number)})
		}
		var took int
		memory, took = c.fill(memory, limit)
		segments = append(segments, Segment{
			Format: format, UDH: total > 1, Total: uint8(total), Number: uint8(number),
			Content: memory[start:len(memory):len(memory)],
		})
		return took
	})
	return segments, nil
}

// Split cuts a text as the zero Encoding does.
func Split(text string, ref uint16) ([]Segment, error) { return Encoding{}.Split(text, ref) }

// Decode reads content (without its user data header) as text. Whatever a format cannot explain becomes U+FFFD; binary and unknown
// formats are read as Latin-1, so that nothing is lost.
func Decode(format uint8, content []byte) string {
	switch format {
	case FormatUCS2, FormatUCS2NS:
		units := make([]uint16, len(content)/2)
		for i := range units {
			units[i] = uint16(content[2*i])<<8 | uint16(content[2*i+1])
		}
		text := string(utf16.Decode(units))
		if len(content)%2 == 1 {
			text += "\uFFFD"
		}
		return text
	case FormatGBK:
		// GB18030 is a superset of GBK, and some gateways send it under this number.
		b, _ := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
		return string(b)
	case FormatASCII:
		for _, c := range content {
			if c >= 0x80 {
				return latin1(content)
			}
		}
		return string(content)
	}
	return latin1(content)
}

func latin1(content []byte) string {
	b := make([]byte, 0, len(content))
	for _, c := range content {
		b = utf8.AppendRune(b, rune(c))
	}
	return string(b)
}
