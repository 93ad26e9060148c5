package journal

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// Append takes a copy of rec and returns when it is durable, with the position at which Read finds it. Concurrent callers share syncs.
//
// An error that matches ErrUncertain means that the record was taken but is not known to be durable; any other error means that it was
// not taken. ctx bounds both the wait for room and the wait for the disk.
func (j *Journal) Append(ctx context.Context, rec []byte) (Position, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	j.mu.Lock()
	if err := j.roomLocked(ctx); err != nil {
		j.mu.Unlock()
		return 0, err
	}
	pos, err := j.takeLocked(rec)
	if err != nil {
		j.mu.Unlock()
		return 0, err
	}
	if j.group == nil {
		j.group = &group{done: make(chan struct{})}
	}
	g := j.group
	j.waiting++
	// The syncer, if it sleeps, does so for company: wake it for the last one it waits for, not for each.
	nudge := j.waiting == j.want || j.idle
	j.idle = false
	j.mu.Unlock()
	if nudge {
		j.nudge()
	}
	select {
	case <-g.done:
		return pos, g.err
	case <-ctx.Done():
		select { // an answer that is there beats the deadline
		case <-g.done:
			return pos, g.err
		default:
			return pos, fmt.Errorf("%w: %w", ErrUncertain, ctx.Err())
		}
	}
}

// Add takes a copy of rec and returns the position at which Read will find it. It makes no system call and does not wait for the disk, except
// while more than Options.MaxUnsynced bytes are unsynced. The record is written within Options.AddDelay. An error means that it was not
// taken. Add does not allocate once the buffers have grown to what the load needs.
func (j *Journal) Add(rec []byte) (Position, error) {
	j.mu.Lock()
	if err := j.roomLocked(context.Background()); err != nil {
		j.mu.Unlock()
		return 0, err
	}
	pos, err := j.takeLocked(rec)
	nudge := err == nil && (j.idle || j.unsyncedLocked() > j.o.MaxUnsynced/2)
	if nudge {
		j.idle = false
	}
	j.mu.Unlock()
	if nudge {
		j.nudge()
	}
	return pos, err
}

func (j *Journal) unsyncedLocked() int64 { return int64(j.end - j.Durable()) }

// roomLocked waits until the unsynced bytes are within their bound. It gives mu up while it waits.
func (j *Journal) roomLocked(ctx context.Context) error {
	for j.err == nil && j.full == nil && j.unsyncedLocked() >= j.o.MaxUnsynced {
		moved := j.movedLocked()
		j.mu.Unlock()
		j.nudge()
		select {
		case <-moved:
			j.mu.Lock()
		case <-ctx.Done():
			j.mu.Lock()
			return fmt.Errorf("journal: wait for the disk: %w", ctx.Err())
		}
	}
	if j.err != nil {
		return j.err
	}
	if j.full != nil {
		j.stats.refused.Inc()
	}
	return j.full
}

// takeLocked frames one entry into the buffer of the last segment. After an error the journal is as before.
func (j *Journal) takeLocked(rec []byte) (Position, error) {
	if len(rec) == 0 || len(rec) > j.o.MaxRecord {
		return 0, fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, len(rec), j.o.MaxRecord)
	}
	need := int64(headerSize + len(rec))
	if int64(j.end)-int64(j.first.Load())+need > j.o.MaxBytes {
		j.stats.refused.Inc()
		return 0, fmt.Errorf("%w: %d bytes wait for their readers, the limit is %d", ErrFull, int64(j.end)-int64(j.first.Load()), j.o.MaxBytes)
	}
	s := j.segments[len(j.segments)-1]
	if s.size+need > j.o.SegmentBytes {
		j.roll()
		s = j.segments[len(j.segments)-1]
	}
	s.pending = frame(s.pending, j.end, rec)
	pos := j.end
	s.size += need
	j.end += Position(need)
	j.stats.appended.Inc()
	return pos, nil
}

// refused words a write error; a full disk is ErrFull.
func refused(what string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %s: %w", ErrFull, what, err)
	}
	return fmt.Errorf("journal: %s: %w", what, err)
}

// roll begins a new segment at end. The syncer makes its file once the segment before is written, so that a crash leaves no hole.
func (j *Journal) roll() {
	j.segments = append(j.segments, &segment{base: j.end, fresh: true})
}

func (j *Journal) failLocked(err error) {
	if j.err == nil {
		j.err = fmt.Errorf("%w: %w", ErrFailed, err)
	}
	j.announceLocked()
}

// nudge wakes the syncer, or lets it find a token when it next looks.
func (j *Journal) nudge() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}
