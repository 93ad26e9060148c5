package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// headerSize is the length and the checksum before each record.
const headerSize = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// segment is one file of entries. Its end is base + size.
type segment struct {
	base    Position
	size    int64  // pending included
	pending []byte // entries at the end that are not in the file yet; the syncer writes them
	fresh   bool   // the syncer has yet to make the file
	file    File   // open while the segment is written or not yet synced, else nil
}

func (s *segment) end() Position { return s.base + Position(s.size) }

const extension = ".seg"

func (j *Journal) path(base Position) string {
	return filepath.Join(j.dir, fmt.Sprintf("%016x%s", uint64(base), extension))
}

// baseOf reads a segment's base from its file name.
func baseOf(name string) (Position, bool) {
	digits, ok := strings.CutSuffix(name, extension)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	v, err := strconv.ParseUint(digits, 16, 64)
	return Position(v), err == nil
}

// frame appends the entry of rec at pos to b. The position is checked but not written: it stands in b only while the checksum is made.
func frame(b []byte, pos Position, rec []byte) []byte {
	n := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(pos))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rec)))
	sum := crc32.Update(crc32.Update(0, castagnoli, b[n:]), castagnoli, rec)
	b = binary.LittleEndian.AppendUint32(b[:n], uint32(len(rec)))
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(b, rec...)
}

// checksum is the checksum an entry at pos must have; entry begins at its length field and is complete.
func checksum(pos Position, entry []byte) uint32 {
	var head [12]byte
	binary.LittleEndian.PutUint64(head[:], uint64(pos))
	copy(head[8:], entry[:4])
	return crc32.Update(crc32.Update(0, castagnoli, head[:]), castagnoli, entry[headerSize:])
}

// reader walks the entries of a segment. After damage it goes on at the next entry that proves itself.
type reader struct {
	src    io.ReaderAt
	base   Position
	off    int64 // of the next entry
	limit  int64 // entries end here
	maxRec int
	buf    []byte // bytes of the file from bufOff on
	bufOff int64
}

// chunk is how much a reader takes from the file at once, at least.
const chunk = 256 << 10

// next returns the next entry's record, or nil at the end. skipped is the number of damaged bytes passed over before the record or the end. The
// record is valid until the next call.
func (r *reader) next() (pos Position, rec []byte, skipped int64, err error) {
	start := r.off
	for o := start; o+headerSize < r.limit; o++ {
		rec, err := r.entry(o)
		if err != nil {
			return 0, nil, 0, err
		}
		if rec != nil {
			r.off = o + headerSize + int64(len(rec))
			return r.base + Position(o), rec, o - start, nil
		}
	}
	r.off = max(r.limit, start)
	return 0, nil, r.off - start, nil
}

// entry returns the record of the entry at offset o, nil if no entry proves itself there.
func (r *reader) entry(o int64) ([]byte, error) {
	head, err := r.bytes(o, headerSize)
	if err != nil {
		return nil, err
	}
	n := int64(binary.LittleEndian.Uint32(head))
	if n == 0 || n > int64(r.maxRec) || o+headerSize+n > r.limit {
		return nil, nil
	}
	entry, err := r.bytes(o, int(headerSize+n))
	if err != nil {
		return nil, err
	}
	if checksum(r.base+Position(o), entry) != binary.LittleEndian.Uint32(entry[4:]) {
		return nil, nil
	}
	return entry[headerSize:], nil
}

// bytes returns n bytes of the file at offset o; o+n is at most limit.
func (r *reader) bytes(o int64, n int) ([]byte, error) {
	if o < r.bufOff || o+int64(n) > r.bufOff+int64(len(r.buf)) {
		size := int(min(max(int64(n), chunk), r.limit-o))
		if cap(r.buf) < size {
			r.buf = make([]byte, size)
		}
		r.buf, r.bufOff = r.buf[:size], o
		if got, err := r.src.ReadAt(r.buf, o); got < size {
			r.buf = r.buf[:0]
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, fmt.Errorf("read journal at %d: %w", uint64(r.base)+uint64(o), err)
		}
	}
	return r.buf[o-r.bufOff:][:n], nil
}
