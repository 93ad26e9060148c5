package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// written makes a journal of n records in one or more segments and returns its folder and the records.
func written(t *testing.T, o Options, n int) (dir string, recs []string) {
	t.Helper()
	dir = t.TempDir()
	j := mustOpen(t, dir, o)
	for i := range n {
		recs = append(recs, fmt.Sprintf("record %d %s", i, strings.Repeat("x", i%13)))
		mustAppend(t, j, recs[i])
	}
	mustClose(t, j)
	return dir, recs
}

func segmentFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"+extension))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	slices.Sort(files)
	return files
}

func TestTornTailIsCutAtEveryByte(t *testing.T) {
	dir, recs := written(t, Options{}, 10)
	file := segmentFiles(t, dir)[0]
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	ends := []int{0} // where each record ends in the file
	for _, r := range recs {
		ends = append(ends, ends[len(ends)-1]+headerSize+len(r))
	}
	for size := ends[6]; size <= len(whole); size++ {
		for _, tail := range []string{"", "\x00", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "garbage that is no entry"} {
			if err := os.WriteFile(file, append(slices.Clone(whole[:size]), tail...), 0o600); err != nil {
				t.Fatal(err)
			}
			keep := 0
			for keep < len(recs) && ends[keep+1] <= size {
				keep++
			}
			j := mustOpen(t, dir, Options{})
			if got := all(t, j, 0); !slices.Equal(got, recs[:keep]) {
				t.Fatalf("cut at %d: read %q, want %d records", size, got, keep)
			}
			if r := j.Recovery(); r.TornBytes != int64(size+len(tail)-ends[keep]) || r.DamagedBytes != 0 || r.Entries != int64(keep) {
				t.Fatalf("cut at %d: %+v", size, r)
			}
			// The journal goes on where the tail was, and what was cut does not come back.
			pos := mustAppend(t, j, "after")
			mustClose(t, j)
			j = mustOpen(t, dir, Options{})
			if got := all(t, j, pos); len(got) != 1 || got[0] != "after" {
				t.Fatalf("cut at %d: then read %q", size, got)
			}
			if r := j.Recovery(); r.TornBytes != 0 || r.DamagedBytes != 0 {
				t.Fatalf("cut at %d: second recovery %+v", size, r)
			}
			mustClose(t, j)
		}
	}
}

func TestFlippedBitCostsOneRecord(t *testing.T) {
	o := Options{SegmentBytes: 200, MaxBytes: 1 << 20, MaxRecord: 64}
	dir, recs := written(t, o, 20)
	for _, file := range segmentFiles(t, dir) {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			broken := slices.Clone(whole)
			broken[at] ^= 1 << (at % 8)
			if err := os.WriteFile(file, broken, 0o600); err != nil {
				t.Fatal(err)
			}
			j := mustOpen(t, dir, o)
			got := all(t, j, 0)
			r := j.Recovery()
			if len(got) != len(recs)-1 || r.Entries != int64(len(got)) || r.DamagedBytes+r.TornBytes == 0 {
				t.Fatalf("%s, byte %d: %d of %d records, %+v", filepath.Base(file), at, len(got), len(recs), r)
			}
			for i, k := 0, 0; i < len(got); i++ { // a subsequence, nothing invented
				for k < len(recs) && recs[k] != got[i] {
					k++
				}
				if k == len(recs) {
					t.Fatalf("byte %d: read %q, which nobody wrote there", at, got[i])
				}
			}
			mustClose(t, j)
			if err := os.WriteFile(file, whole, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestDamageAfterOpeningIsPassedOver(t *testing.T) {
	dir, recs := written(t, Options{}, 10)
	j := mustOpen(t, dir, Options{})
	defer mustClose(t, j)
	f, err := os.OpenFile(segmentFiles(t, dir)[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{0xff}, headerSize+3); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got := all(t, j, 0); !slices.Equal(got, recs[1:]) || j.stats.damaged.Get() != uint64(headerSize+len(recs[0])) {
		t.Fatalf("read %q, %d bytes counted", got, j.stats.damaged.Get())
	}
}

func TestMissingSegmentIsCounted(t *testing.T) {
	o := Options{SegmentBytes: 200, MaxBytes: 1 << 20, MaxRecord: 64}
	dir, recs := written(t, o, 30)
	files := segmentFiles(t, dir)
	if err := os.Remove(files[2]); err != nil {
		t.Fatal(err)
	}
	j := mustOpen(t, dir, o)
	defer mustClose(t, j)
	if got := all(t, j, 0); len(got) >= len(recs) || got[len(got)-1] != recs[len(recs)-1] || j.Recovery().DamagedBytes == 0 {
		t.Fatalf("read %d of %d, %+v", len(got), len(recs), j.Recovery())
	}
}

// Whatever part of the unsynced bytes reaches the disk when the power goes: acknowledged records are there.
func TestAcknowledgedRecordsSurviveLossOfPower(t *testing.T) {
	o := Options{SegmentBytes: 100, MaxBytes: 1 << 20, MaxRecord: 40, AddDelay: 1 << 40}
	for keep := range 80 {
		disk := newMemFS()
		o.FS = disk
		j := mustOpen(t, "j", o)
		var want []string
		for i := range 12 {
			want = append(want, fmt.Sprint("durable ", i))
			mustAppend(t, j, want[i])
		}
		for i := range 12 { // more than one segment of records that nobody synced
			if _, err := j.Add(fmt.Append(nil, "added ", i)); err != nil {
				t.Fatal(err)
			}
		}
		o.FS = disk.losePower(keep)
		after := mustOpen(t, "j", o)
		got := all(t, after, 0)
		if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
			t.Fatalf("with %d unsynced bytes left: %q", keep, got)
		}
		mustAppend(t, after, "goes on")
		mustClose(t, after)
		mustClose(t, j)
	}
}

func TestFullDiskRefusesAndRecovers(t *testing.T) {
	disk := newMemFS()
	o := Options{FS: disk, SegmentBytes: 10_000, MaxRecord: 500, MaxBytes: 1 << 20}
	j := mustOpen(t, "j", o)
	mustAppend(t, j, "before")
	want := []string{"before"}
	const rec = "a record of thirty-five bytes . . ."
	for room := range 40 { // the entry is cut at every byte
		disk.set(func() { disk.room = room })
		_, err := j.Append(context.Background(), []byte(rec))
		if !errors.Is(err, ErrUncertain) || !errors.Is(err, ErrFull) || !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("%d bytes left: %v, want ErrUncertain for the record that was taken", room, err)
		}
		for _, err := range []error{second(j.Append(context.Background(), []byte("refused"))), second(j.Add([]byte("refused")))} {
			if !errors.Is(err, ErrFull) || errors.Is(err, ErrUncertain) {
				t.Fatalf("%d bytes left: %v, want ErrFull", room, err)
			}
		}
		at := j.Durable() // before there is room: the write is repeated by itself
		disk.set(func() { disk.room = -1 })
		if err := j.Wait(context.Background(), at); err != nil { // the record that was taken is written as soon as there is room
			t.Fatal(err)
		}
		want = append(want, rec)
	}
	if err := j.Err(); err != nil {
		t.Fatalf("a full disk ended the journal: %v", err)
	}
	mustAppend(t, j, "after")
	want = append(want, "after")
	mustClose(t, j)
	j = mustOpen(t, "j", o)
	if got := all(t, j, 0); !slices.Equal(got, want) || j.Recovery().TornBytes != 0 {
		t.Fatalf("%q, %+v", got, j.Recovery())
	}
	mustClose(t, j)
}

func second[T any](_ T, err error) error { return err }

func TestFullDiskAtANewSegmentRefuses(t *testing.T) {
	disk := newMemFS()
	j := mustOpen(t, "j", Options{FS: disk, SegmentBytes: 100, MaxRecord: 90, MaxBytes: 1 << 20})
	mustAppend(t, j, strings.Repeat("x", 90))
	disk.set(func() { disk.room = 0 })
	if _, err := j.Append(t.Context(), []byte("late")); !errors.Is(err, ErrUncertain) || !errors.Is(err, ErrFull) {
		t.Fatalf("err = %v", err)
	}
	if _, err := j.Add([]byte("x")); !errors.Is(err, ErrFull) {
		t.Fatalf("err = %v", err)
	}
	at := j.Durable()
	disk.set(func() { disk.room = -1 })
	if err := j.Wait(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, "after")
	if got := all(t, j, 0); len(got) != 3 || got[1] != "late" {
		t.Fatalf("read %q", got)
	}
	mustClose(t, j)
}

func TestBoundRefusesUntilTruncated(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{SegmentBytes: 100, MaxRecord: 92, MaxBytes: 300})
	defer mustClose(t, j)
	rec := strings.Repeat("x", 92)
	for range 3 {
		mustAppend(t, j, rec)
	}
	if _, err := j.Append(t.Context(), []byte(rec)); !errors.Is(err, ErrFull) {
		t.Fatalf("Append: %v", err)
	}
	if _, err := j.Add([]byte("x")); !errors.Is(err, ErrFull) {
		t.Fatalf("Add: %v", err)
	}
	if err := j.Truncate(j.First() + 100); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, rec)
	if got := all(t, j, 0); len(got) != 3 {
		t.Fatalf("%d records", len(got))
	}
}

func TestEmptyAndTooLargeRecordsAreRefused(t *testing.T) {
	j := mustOpen(t, t.TempDir(), Options{MaxRecord: 10})
	defer mustClose(t, j)
	for _, rec := range []string{"", "eleven byte"} {
		if _, err := j.Append(t.Context(), []byte(rec)); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%q: %v", rec, err)
		}
	}
	mustAppend(t, j, "ten bytes.")
}

func TestWriteErrorThatCannotBeUndoneEndsTheJournal(t *testing.T) {
	disk := newMemFS()
	j := mustOpen(t, "j", Options{FS: disk})
	mustAppend(t, j, "good")
	disk.set(func() { disk.writeErr = errIO })
	if _, err := j.Append(t.Context(), []byte("late")); !errors.Is(err, ErrUncertain) || !errors.Is(err, errIO) || errors.Is(err, ErrFull) {
		t.Fatalf("err = %v", err)
	}
	at := j.Durable()
	disk.set(func() { disk.writeErr = nil })
	if err := j.Wait(t.Context(), at); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, j, "good again") // the first error left nothing behind
	disk.set(func() { disk.room, disk.cutErr = 5, errIO })
	if _, err := j.Append(t.Context(), []byte("half of it stays")); !errors.Is(err, ErrUncertain) {
		t.Fatalf("err = %v", err)
	}
	disk.set(func() { disk.room, disk.cutErr = -1, nil })
	if _, err := j.Add([]byte("x")); !errors.Is(err, ErrFailed) {
		t.Fatalf("after a half-written entry: %v, want ErrFailed", err)
	}
	if err := j.Close(); !errors.Is(err, ErrFailed) {
		t.Fatalf("Close: %v", err)
	}
	j = mustOpen(t, "j", Options{FS: disk})
	if got := all(t, j, 0); !slices.Equal(got, []string{"good", "late", "good again"}) || j.Recovery().TornBytes != 5 {
		t.Fatalf("%q, %+v", got, j.Recovery())
	}
	mustClose(t, j)
}

// TestCloseOnAFullDiskSaysSo: what was taken and could not be written is not passed over in silence.
func TestCloseOnAFullDiskSaysSo(t *testing.T) {
	disk := newMemFS()
	j := mustOpen(t, "j", Options{FS: disk})
	disk.set(func() { disk.room = 0 })
	if _, err := j.Add([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err == nil {
		t.Fatal("Close said that all is well")
	}
}

func TestFailedSyncIsForEver(t *testing.T) {
	disk := newMemFS()
	j := mustOpen(t, "j", Options{FS: disk})
	mustAppend(t, j, "durable")
	end := j.Durable()
	disk.set(func() { disk.syncErr = errIO })
	if _, err := j.Append(t.Context(), []byte("lost")); !errors.Is(err, ErrUncertain) || !errors.Is(err, ErrFailed) || !errors.Is(err, errIO) {
		t.Fatalf("err = %v", err)
	}
	disk.set(func() { disk.syncErr = nil }) // a second sync would falsely succeed
	if _, err := j.Append(t.Context(), []byte("x")); !errors.Is(err, ErrFailed) || errors.Is(err, ErrUncertain) {
		t.Fatalf("Append: %v", err)
	}
	if _, err := j.Add([]byte("x")); !errors.Is(err, ErrFailed) {
		t.Fatalf("Add: %v", err)
	}
	if err := j.Wait(t.Context(), end); !errors.Is(err, ErrFailed) {
		t.Fatalf("Wait: %v", err)
	}
	if got := all(t, j, 0); j.Durable() != end || len(got) != 1 {
		t.Fatalf("durable %d, want %d; read %q", j.Durable(), end, got)
	}
	if err := j.Close(); !errors.Is(err, ErrFailed) {
		t.Fatalf("Close: %v", err)
	}
}

// FuzzRecovery gives Open a segment of arbitrary bytes: it must open, read without inventing, and go on.
func FuzzRecovery(f *testing.F) {
	base := Position(1 << 40)
	var seed []byte
	scratch := []byte(nil)
	for _, rec := range []string{"one", "two", "three"} {
		var entry []byte
		scratch = frame(scratch[:0], base+Position(len(seed)), []byte(rec))
		entry = scratch
		seed = append(seed, entry...)
	}
	f.Add(seed)
	f.Add(seed[:len(seed)-1])
	f.Add(append([]byte{1, 0, 0, 0}, seed...))
	f.Fuzz(func(t *testing.T, content []byte) {
		disk := newMemFS()
		d := &memData{bytes: content, synced: content}
		name := filepath.Join("j", fmt.Sprintf("%016x%s", uint64(base), extension))
		disk.files[name], disk.listed[name] = d, d
		j, err := Open("j", Options{FS: disk, MaxRecord: 1 << 10})
		if err != nil {
			t.Fatal(err)
		}
		before := all(t, j, 0)
		if int64(len(before)) != j.Recovery().Entries {
			t.Fatalf("read %d entries, recovered %+v", len(before), j.Recovery())
		}
		mustAppend(t, j, "after")
		if got := all(t, j, 0); !slices.Equal(got, append(before, "after")) {
			t.Fatalf("%q, then %q", before, got)
		}
		mustClose(t, j)
	})
}
