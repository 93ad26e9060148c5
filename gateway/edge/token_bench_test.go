package edge

import (
	"bytes"
	"testing"
	"time"
)

func BenchmarkSignToken(b *testing.B) {
	key := bytes.Repeat([]byte{1}, 32)
	w := view{link: 7, visitor: 8, issued: time.Now()}
	var g signer
	b.ReportAllocs()
	for b.Loop() {
		g.sign(key, &w)
	}
}
