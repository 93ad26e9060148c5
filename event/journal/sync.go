package journal

import (
	"errors"
	"fmt"
	"io"
	"time"
)

// run is the syncer, the one goroutine of a journal; Close waits for it.
//
// Guarantee, in this order: an entry is written → the segments up to it are synced, oldest first, and the folder if a segment is new →
// Durable passes it → its Append returns nil. When a write fails, what it left is cut off again and the entries stay in memory: waiting
// callers get ErrUncertain, nothing more is taken, and the write is repeated until it succeeds or the journal is closed. When a sync fails, nobody knows what the disk holds and a second sync may falsely succeed
// (the kernel forgets pages it failed to write), so there is no second one: the callers get ErrUncertain and the journal is finished.
func (j *Journal) run() {
	defer close(j.gone)
	expect := 1 // callers of Append that seem to be around
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var dirty []*segment
	var chunks [][]byte // chunks[i] is what dirty[i] had pending
	for {
		if !j.gather(expect, timer) {
			return
		}
		j.mu.Lock()
		g, released, upTo := j.group, j.waiting, j.end
		j.group, j.waiting = nil, 0
		dirty, chunks = dirty[:0], chunks[:0]
		for _, s := range j.segments {
			if s.file != nil || s.fresh {
				dirty, chunks = append(dirty, s), append(chunks, s.pending)
				s.pending, j.spare = j.spare, nil
			}
		}
		j.mu.Unlock()

		if err := j.write(dirty, chunks); err != nil {
			if !j.keep(g, dirty, chunks, err) {
				return
			}
			expect = 1
			continue
		}
		err := j.sync(dirty)

		j.mu.Lock()
		if err == nil {
			j.full = nil
			j.durable.Store(uint64(upTo))
			for _, s := range dirty[:len(dirty)-1] { // all but the last are complete and synced
				if e := s.file.Close(); e != nil {
					j.log.Warn("close a journal segment", "err", e)
				}
				s.file = nil
			}
		} else {
			err = fmt.Errorf("sync: %w", err)
			j.log.Error("journal failed and takes no more records", "dir", j.dir, "err", err)
			if j.err == nil {
				j.err = fmt.Errorf("%w: %w", ErrFailed, err)
			} else {
				j.err = fmt.Errorf("%w; %w: %w", j.err, ErrFailed, err)
			}
			err = fmt.Errorf("%w: %w: %w", ErrUncertain, ErrFailed, err)
		}
		// Those just released are likely to come back while those who came during the sync still wait: gather both next time.
		expect = max(1, released+j.waiting)
		late := j.group
		if err != nil {
			j.group, j.waiting = nil, 0
		}
		j.announceLocked()
		j.mu.Unlock()

		answer(g, err)
		if err != nil {
			answer(late, err)
			return
		}
	}
}

// write brings the pending entries of each segment into its file, oldest first. What it could write is nil in chunks afterwards.
func (j *Journal) write(dirty []*segment, chunks [][]byte) error {
	for i, s := range dirty {
		if len(chunks[i]) == 0 {
			continue
		}
		if s.fresh {
			f, err := j.o.FS.Open(j.path(s.base), true)
			if err != nil {
				return refused("begin a segment", err)
			}
			j.mu.Lock()
			s.file, s.fresh = f, false
			j.mu.Unlock()
			j.dirSync = true
		}
		n, err := s.file.Write(chunks[i])
		if err == nil && n < len(chunks[i]) {
			err = io.ErrShortWrite
		}
		if err != nil {
			j.mu.Lock()
			defer j.mu.Unlock()
			if cut := s.file.Truncate(s.size - int64(len(s.pending)) - int64(len(chunks[i]))); cut != nil {
				j.failLocked(fmt.Errorf("cut a half-written entry: %w", errors.Join(cut, err)))
			}
			return refused("write", err)
		}
		j.mu.Lock()
		if j.spare == nil {
			j.spare = chunks[i][:0]
		}
		j.mu.Unlock()
		chunks[i] = nil
	}
	return nil
}

// keep puts entries that could not be written back before those that came since, and answers the callers that waited for them. False: the
// journal is at its end and will not write them any more.
func (j *Journal) keep(g *group, dirty []*segment, chunks [][]byte, err error) bool {
	j.mu.Lock()
	for i, s := range dirty {
		if len(chunks[i]) > 0 {
			s.pending = append(chunks[i], s.pending...)
		}
	}
	if j.full == nil {
		j.log.Error("the journal cannot write and takes no more records for now", "dir", j.dir, "err", err)
	}
	j.full = err
	end := j.err
	late := j.group
	j.group, j.waiting = nil, 0
	j.announceLocked()
	j.mu.Unlock()
	answer(g, fmt.Errorf("%w: %w", ErrUncertain, err))
	answer(late, fmt.Errorf("%w: %w", ErrUncertain, err))
	if end != nil {
		return false
	}
	pause := time.NewTimer(j.o.AddDelay)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-j.wake: // a caller, or Close
	}
	return true
}

func answer(g *group, err error) {
	if g != nil {
		g.err = err
		close(g.done)
	}
}

// sync makes the segments durable, oldest first.
func (j *Journal) sync(dirty []*segment) error {
	start := time.Now()
	if j.dirSync {
		if err := j.o.FS.SyncDir(j.dir); err != nil {
			return err
		}
		j.dirSync = false
	}
	for _, s := range dirty {
		if err := s.file.Sync(); err != nil {
			return err
		}
	}
	j.stats.syncs.UpdateDuration(start)
	return nil
}

// gather sleeps until something is unsynced and it is time to sync. False: the journal is closed and all is synced, or it failed.
func (j *Journal) gather(expect int, timer *time.Timer) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.unsyncedLocked() == 0 {
		if j.err != nil {
			return false
		}
		j.idle, j.want = true, 1
		j.mu.Unlock()
		<-j.wake
		j.mu.Lock()
	}
	j.idle = false
	for had, deadline := -1, (time.Time{}); j.err == nil && j.unsyncedLocked() <= j.o.MaxUnsynced/2; {
		limit := j.o.AddDelay
		j.want = 1
		if j.waiting > 0 {
			limit = j.o.Gather
			j.want = expect
			if j.waiting >= expect {
				break
			}
		}
		now := time.Now()
		if had < 0 || had == 0 && j.waiting > 0 { // the first caller of Append starts its own, shorter wait
			deadline = now.Add(limit)
		}
		had = j.waiting
		if !now.Before(deadline) {
			break
		}
		timer.Reset(deadline.Sub(now))
		j.mu.Unlock()
		select {
		case <-j.wake:
		case <-timer.C:
		}
		j.mu.Lock()
	}
	return true
}
