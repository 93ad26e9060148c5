package journal

import (
	"errors"
	"fmt"
	"io/fs"
)

// Read calls fn for up to max durable records from position from on (all of them if max is not positive), in order. from is First, a
// position Append or Add returned, or a next that Read gave; what was truncated is passed over. rec is valid during fn only. next is
// where to go on after this record. fn's error ends the reading and is returned. Damaged bytes are passed over, logged and
// counted. Read works on a journal that failed or was closed; reading at the end calls nothing and returns nil, beyond it ErrAhead.
func (j *Journal) Read(from Position, max int, fn func(pos, next Position, rec []byte) error) error {
	j.mu.Lock()
	durable := j.Durable()
	spans := make([]segment, 0, len(j.segments))
	for _, s := range j.segments {
		if s.base < durable && s.end() > from {
			spans = append(spans, segment{base: s.base, size: min(s.size, int64(durable-s.base))})
		}
	}
	j.mu.Unlock()
	if from > durable {
		return fmt.Errorf("%w: %d > %d", ErrAhead, from, durable)
	}
	left := max
	for _, s := range spans {
		if max > 0 && left == 0 {
			return nil
		}
		n, err := j.readSegment(s, from, left, fn)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func (j *Journal) readSegment(s segment, from Position, max int, fn func(pos, next Position, rec []byte) error) (n int, err error) {
	f, err := j.o.FS.Open(j.path(s.base), false)
	if errors.Is(err, fs.ErrNotExist) && s.base < j.First() {
		return 0, nil // truncated since the list was made
	}
	if err != nil {
		return 0, fmt.Errorf("read journal: %w", err)
	}
	defer f.Close()
	r := reader{src: f, base: s.base, limit: s.size, maxRec: j.o.MaxRecord}
	if from > s.base {
		r.off = int64(from - s.base)
	}
	for n = 0; max <= 0 || n < max; n++ {
		pos, rec, skipped, err := r.next()
		if err != nil {
			return n, err
		}
		if skipped > 0 {
			j.stats.damaged.Add(int(skipped))
			j.log.Error("journal: damaged bytes passed over", "dir", j.dir, "before", uint64(r.base)+uint64(r.off), "bytes", skipped)
		}
		if rec == nil {
			return n, nil
		}
		if err := fn(pos, s.base+Position(r.off), rec); err != nil {
			return n, err
		}
	}
	return n, nil
}
