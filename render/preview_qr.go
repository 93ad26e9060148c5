package render

import (
	"fmt"
	"strconv"

	"rsc.io/qr"
)

// maxQR is how long an address may be in bytes to be drawn: beyond it phones no longer read the code from a screen.
const maxQR = 400

// quiet is the white border that readers need, in modules.
const quiet = 4

// AppendQR appends a QR code as an SVG element, black on white whatever stands around it. label names it for those who cannot see it. An address over 400 bytes is an error.
func AppendQR(dst []byte, address, label string) ([]byte, error) {
	code, err := encodeQR(address)
	if err != nil {
		return dst, err
	}
	side := strconv.Itoa(code.Size + 2*quiet)
	dst = append(dst, `<svg xmlns="http://www.w3.org/2000/svg" class="qr" role="img" viewBox="0 0 `+side+` `+side+`" shape-rendering="crispEdges"><title>`...)
	dst = appendHTML(dst, label)
	dst = append(dst, `</title><rect width="`+side+`" height="`+side+`" fill="#fff"/><path fill="#000" d="`...)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			n := 0
			for code.Black(x+n, y) {
				n++
			}
			if n > 0 { // a run of n modules
				dst = fmt.Appendf(dst, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, n, n)
				x += n
			}
		}
	}
	return append(dst, `"/></svg>`...), nil
}

// QRPNG is a QR code as a PNG picture of about 400 px, border included. An address over 400 bytes is an error.
func QRPNG(address string) ([]byte, error) {
	code, err := encodeQR(address)
	if err != nil {
		return nil, err
	}
	code.Scale = max(4, 400/(code.Size+2*quiet))
	return code.PNG(), nil
}

func encodeQR(address string) (*qr.Code, error) {
	if len(address) > maxQR {
		return nil, fmt.Errorf("an address of %d bytes makes no QR code that can be read from a screen", len(address))
	}
	return qr.Encode(address, qr.M)
}
