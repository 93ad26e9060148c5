package carrier

// Concat is the concatenation element of a user data header (3GPP 23.040 §9.2.3.24.1 and .8; carriers.md §8).
type Concat struct {
	Ref           uint16
	Wide          bool // 16-bit reference
	Total, Number uint8
}

// AppendConcat appends a user data header that holds only c.
func AppendConcat(dst []byte, c Concat) []byte {
	if c.Wide {
		return append(dst, 6, 8, 4, byte(c.Ref>>8), byte(c.Ref), c.Total, c.Number)
	}
	return append(dst, 5, 0, 3, byte(c.Ref), c.Total, c.Number)
}

// CutHeader splits content that begins with a user data header into its concatenation element, if it has one, and the text after the
// header. It reports false when the header is longer than the content or an element is cut short; text is then the whole content.
func CutHeader(content []byte) (c Concat, text []byte, ok bool) {
	if len(content) == 0 || int(content[0]) >= len(content) {
		return Concat{}, content, false
	}
	header, text := content[1:1+int(content[0])], content[1+int(content[0]):]
	for len(header) > 0 {
		if len(header) < 2 || 2+int(header[1]) > len(header) {
			return Concat{}, content, false
		}
		value := header[2 : 2+int(header[1])]
		switch {
		case header[0] == 0 && len(value) == 3:
			c = Concat{Ref: uint16(value[0]), Total: value[1], Number: value[2]}
		case header[0] == 8 && len(value) == 4:
			c = Concat{Ref: uint16(value[0])<<8 | uint16(value[1]), Wide: true, Total: value[2], Number: value[3]}
		}
		header = header[2+int(header[1]):]
	}
	return c, text, true
}
