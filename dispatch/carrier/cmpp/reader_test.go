package cmpp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// splitReader gives a stream in pieces of the sizes drawn.
type splitReader struct {
	t *rapid.T
	b []byte
}

func (s *splitReader) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := rapid.IntRange(1, min(len(p), len(s.b), 400)).Draw(s.t, "read")
	n = copy(p, s.b[:n])
	s.b = s.b[n:]
	return n, nil
}

func TestReaderAcceptsAnySplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		var bodies [][]byte
		for range rapid.IntRange(1, 12).Draw(t, "pdus") {
			// Sizes around the buffer's, so that it is moved and grown in the middle of PDUs.
			body := make([]byte, rapid.SampledFrom([]int{0, 1, 9, 200, 4000, 8179, 8180, 8181, 20000}).Draw(t, "size"))
			for i := range body {
				body[i] = byte(i * (len(bodies) + 3))
			}
			start := len(stream)
			stream = finish(append(begin(stream, CmdSubmit, uint32(len(bodies))), body...), start)
			bodies = append(bodies, body)
		}
		r := NewReader(&splitReader{t, stream})
		for i, want := range bodies {
			h, body, err := r.Next()
			if err != nil || h.Seq != uint32(i) || int(h.Length) != HeaderLen+len(want) || !bytes.Equal(body, want) {
				t.Fatalf("PDU %d: %+v, %d bytes, %v", i, h, len(body), err)
			}
		}
		if _, _, err := r.Next(); !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}

func TestReaderErrors(t *testing.T) {
	f := func(in []byte, want error) {
		t.Helper()
		for _, src := range []io.Reader{bytes.NewReader(in), iotest.OneByteReader(bytes.NewReader(in)), iotest.DataErrReader(bytes.NewReader(in))} {
			if _, _, err := NewReader(src).Next(); !errors.Is(err, want) {
				t.Errorf("%x: %v, want %v", in, err, want)
			}
		}
	}
	length := func(n uint32) []byte { return append(binary.BigEndian.AppendUint32(nil, n), make([]byte, 8)...) }
	f(nil, io.EOF)
	f([]byte{0, 0}, io.ErrUnexpectedEOF)
	f(AppendCancel(nil, 1, 2)[:19], io.ErrUnexpectedEOF)
	f(length(11), ErrLength)
	f(length(0), ErrLength)
	f(length(MaxPDU+1), ErrLength)
	f(length(1<<32-1), ErrLength)
	f(length(12), nil)
	f(length(MaxPDU), io.ErrUnexpectedEOF)
}

func TestReaderBuffered(t *testing.T) {
	stream := AppendActiveTestResp(AppendActiveTest(nil, 1), 2)
	r := NewReader(bytes.NewReader(stream[:len(stream)-1]))
	if r.Buffered() {
		t.Error("nothing was read yet")
	}
	if _, _, err := r.Next(); err != nil {
		t.Fatal(err)
	}
	if r.Buffered() {
		t.Error("the second PDU lacks a byte")
	}
}

func FuzzReader(f *testing.F) {
	f.Add(must(AppendSubmit(nil, V30, 1, &vecSubmit)))
	f.Add(AppendActiveTestResp(AppendActiveTest(nil, 1), 2))
	f.Add([]byte{0, 0, 0, 11})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := NewReader(iotest.HalfReader(bytes.NewReader(stream)))
		read := 0
		for {
			h, body, err := r.Next()
			if err != nil {
				return
			}
			if len(body)+HeaderLen != int(h.Length) || !bytes.Equal(body, stream[read+HeaderLen:read+int(h.Length)]) {
				t.Fatalf("PDU at %d: %+v, %d bytes", read, h, len(body))
			}
			read += int(h.Length)
		}
	})
}

// FuzzParsers gives any body to every decoder: none may panic, and what reads as a SUBMIT or DELIVER writes back as one that reads the same.
func FuzzParsers(f *testing.F) {
	for _, v := range []Version{V20, V30} {
		f.Add(uint8(v), must(AppendSubmit(nil, v, 1, &vecSubmit))[HeaderLen:])
		f.Add(uint8(v), must(AppendDeliver(nil, v, 1, vecDeliver.with(0, 1, vecReport60)))[HeaderLen:])
	}
	f.Add(uint8(V30), vecReport71)
	f.Fuzz(func(t *testing.T, version uint8, body []byte) {
		v := Version(version)
		var s, s2 Submit
		if ParseSubmit(v, body, &s) == nil && len(s.Content) <= MaxContent {
			pdu, err := AppendSubmit(nil, v, 1, &s)
			if err != nil || len(pdu) != HeaderLen+len(body) || ParseSubmit(v, pdu[HeaderLen:], &s2) != nil || !bytes.Equal(s2.Content, s.Content) {
				t.Fatalf("SUBMIT %x: %v", body, err)
			}
		}
		var d, d2 Deliver
		if ParseDeliver(v, body, &d) == nil {
			pdu, err := AppendDeliver(nil, v, 1, &d)
			if err != nil || len(pdu) != HeaderLen+len(body) || ParseDeliver(v, pdu[HeaderLen:], &d2) != nil || !bytes.Equal(d2.Content, d.Content) {
				t.Fatalf("DELIVER %x: %v", body, err)
			}
		}
		if r, err := ParseReport(body); err == nil && len(r.Stat) > 7 {
			t.Fatalf("report %x: %+v", body, r)
		}
		_, _ = ParseConnect(body)
		_, _ = ParseConnectResp(body)
		_, _ = ParseSubmitResp(body)
		_, _ = ParseDeliverResp(body)
		_, _ = ParseCancel(body)
		_, _ = ParseCancelResp(body)
	})
}
