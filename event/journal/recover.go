package journal

import (
	"fmt"
	"slices"
)

// Recovery says what Open found and did.
type Recovery struct {
	Segments int   // segments kept
	Entries  int64 // entries that proved themselves
	Bytes    int64 // their bytes, headers included
	// TornBytes were cut off the end: the remains of writes that were under way, never acknowledged by Append.
	TornBytes int64
	// DamagedBytes lie between good entries or are missing between segments: either writes that were under way when the power went, or a
	// failing disk. They stay and readers pass over them.
	DamagedBytes int64
}

// recover finds the segments, verifies every entry, cuts a torn tail and makes what is left durable. The guarantee, in this order: nobody else
// writes here → every entry is verified → the tail behind the last good entry is cut → the last segment and the folder are synced →
// Durable is set. So a reader never sees what a second crash could take away.
func (j *Journal) recover() (err error) {
	if j.lock, err = j.o.FS.Lock(j.dir); err != nil {
		return err
	}
	names, err := j.o.FS.List(j.dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if base, ok := baseOf(name); ok {
			j.segments = append(j.segments, &segment{base: base})
		}
	}
	if len(j.segments) == 0 {
		return j.begin()
	}
	slices.SortFunc(j.segments, func(a, b *segment) int {
		if a.base < b.base {
			return -1
		}
		return 1
	})
	for i, s := range j.segments {
		last := i == len(j.segments)-1
		if s.file, err = j.o.FS.Open(j.path(s.base), false); err != nil {
			return err
		}
		if s.size, err = s.file.Size(); err != nil {
			return err
		}
		if !last {
			room := int64(j.segments[i+1].base - s.base)
			j.recovery.DamagedBytes += max(0, room-s.size)
			s.size = min(s.size, room)
		}
		torn, err := j.verify(s)
		if err != nil {
			return err
		}
		if !last {
			// All segments may hold pages that never reached the disk if the process died between a roll and the next sync.
			if err := s.file.Sync(); err != nil {
				return fmt.Errorf("sync: %w", err)
			}
			if err := s.file.Close(); err != nil {
				return err
			}
			s.file = nil
			j.recovery.DamagedBytes += torn
			continue
		}
		if torn > 0 {
			s.size -= torn
			j.recovery.TornBytes = torn
			if err := s.file.Truncate(s.size); err != nil {
				return fmt.Errorf("cut %d torn bytes: %w", torn, err)
			}
		}
		if err := s.file.Sync(); err != nil {
			return fmt.Errorf("sync: %w", err)
		}
		j.end = s.end()
	}
	if err := j.o.FS.SyncDir(j.dir); err != nil {
		return err
	}
	j.recovery.Segments = len(j.segments)
	j.first.Store(uint64(j.segments[0].base))
	j.durable.Store(uint64(j.end))
	level := j.log.Info
	if j.recovery.DamagedBytes > 0 {
		level = j.log.Error
	}
	level("journal recovered", "dir", j.dir, "segments", j.recovery.Segments, "entries", j.recovery.Entries,
		"torn_bytes", j.recovery.TornBytes, "damaged_bytes", j.recovery.DamagedBytes)
	return nil
}

// begin makes the first segment of a new journal.
func (j *Journal) begin() error {
	j.end = Position(j.o.Now().UnixMilli()) << 20
	f, err := j.o.FS.Open(j.path(j.end), true)
	if err != nil {
		return err
	}
	j.segments = append(j.segments, &segment{base: j.end, file: f})
	if err := j.o.FS.SyncDir(j.dir); err != nil {
		return err
	}
	j.recovery.Segments = 1
	j.first.Store(uint64(j.end))
	j.durable.Store(uint64(j.end))
	return nil
}

// verify walks s, counts its entries and damage, and returns how many bytes at its end belong to no good entry.
func (j *Journal) verify(s *segment) (torn int64, err error) {
	r := reader{src: s.file, base: s.base, limit: s.size, maxRec: j.o.MaxRecord}
	for {
		_, rec, skipped, err := r.next()
		if err != nil {
			return 0, err
		}
		if rec == nil {
			return skipped, nil
		}
		j.recovery.DamagedBytes += skipped
		j.recovery.Entries++
		j.recovery.Bytes += headerSize + int64(len(rec))
	}
}
