package capability

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"cardlink/templates"
)

// table is the knowledge of one load: never changed, only replaced. It costs 20 bytes a number.
type table struct {
	unlisted Vendors
	lists    []vendorList
}

// vendorList is the sorted numbers of one vendor.
type vendorList struct {
	vendor  templates.Vendor
	set     Vendors
	numbers []Number
}

// vendors is whose handset n may be behind: those of the lists that hold it, else what holds for numbers in no list.
func (t *table) vendors(n Number) (s Vendors) {
	for i := range t.lists {
		if _, found := slices.BinarySearchFunc(t.lists[i].numbers, n, compare); found {
			s |= t.lists[i].set
		}
	}
	if s == 0 {
		return t.unlisted
	}
	return s
}

func compare(a, b Number) int { return bytes.Compare(a[:], b[:]) }

// size counts the numbers.
func (t *table) size() (n int) {
	for _, l := range t.lists {
		n += len(l.numbers)
	}
	return n
}

// list is the vendor's list, made if it is not there.
func (t *table) list(v templates.Vendor) *vendorList {
	for i := range t.lists {
		if t.lists[i].vendor == v {
			return &t.lists[i]
		}
	}
	t.lists = append(t.lists, vendorList{vendor: v, set: SetOf(v)})
	return &t.lists[len(t.lists)-1]
}

// seal sorts what was read, forgets repetitions and gives back memory that was taken in vain.
func (t *table) seal() {
	for i := range t.lists {
		l := &t.lists[i]
		slices.SortFunc(l.numbers, compare)
		l.numbers = slices.Compact(l.numbers)
		if spare := cap(l.numbers) - len(l.numbers); spare > len(l.numbers)/4 {
			l.numbers = slices.Clone(l.numbers)
		}
	}
}

// errTooMany: the lists hold more numbers than may be held in memory.
var errTooMany = errors.New("the lists hold too many numbers")

// longestLine of a list file in bytes; a longer one is a mistake about the file.
const longestLine = 64 << 10

// readList appends the numbers of a list file, one a line, to dst, until dst would be longer than limit. Blank lines and lines that begin with # are nothing. Lines
// that are no number are counted and the first is named by its place, never by its content: it may be somebody's number all the same.
func readList(ctx context.Context, dst []Number, r io.Reader, hashed bool, limit int) ([]Number, error) {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 0, longestLine), longestLine)
	line, bad, first := 0, 0, 0
	for in.Scan() {
		line++
		if line%(1<<16) == 0 && ctx.Err() != nil {
			return dst, ctx.Err()
		}
		text := bytes.TrimSpace(in.Bytes())
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")) // as some editors begin a file
		}
		if len(text) == 0 || text[0] == '#' {
			continue
		}
		n, ok := parseLine(string(text), hashed)
		if !ok {
			if bad++; bad == 1 {
				first = line
			}
			continue
		}
		if len(dst) >= limit {
			return dst, errTooMany
		}
		dst = append(dst, n)
	}
	if err := in.Err(); err != nil {
		return dst, fmt.Errorf("line %d: %w", line+1, err)
	}
	if bad > 0 {
		what := "a mobile number"
		if hashed {
			what = "40 hexadecimal digits"
		}
		return dst, fmt.Errorf("line %d is not %s (%d such lines)", first, what, bad)
	}
	return dst, nil
}

func parseLine(s string, hashed bool) (Number, bool) {
	if hashed {
		return ParseHash(s)
	}
	n, mobile, err := ParsePhone(s)
	return n, mobile && err == nil
}
