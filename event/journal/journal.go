// Package journal is an append-only log of byte records in a local folder: the place where an edge node makes its facts durable before
// it answers, so that nothing on a handset's path waits for a database or for Kafka.
//
// It owns segments, checksums, group commit and recovery. It refuses to know what the records mean (event.ParseRecord does) and who has
// read how far: readers keep their own cursors and tell Truncate what nobody needs any more.
//
// # Promises
//
// When Append returns nil, the record survives loss of power. When Add returns nil, the record is in memory and becomes durable within
// Options.AddDelay (Durable tells); only the sudden death of the process before that loses it. Neither drops a record silently: a journal
// that cannot take one says so. Only durable records are read, in the order in which they were taken.
//
// # Layout
//
// A segment is a file named after the Position of its first byte, sixteen hexadecimal digits and ".seg". It is nothing but entries:
//
//	length of the record (4 bytes, little endian) | CRC-32C of position, length and record (4 bytes) | record
//
// An entry proves itself with its checksum and belongs to exactly one position, so stale bytes can never pass for an entry.
package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Position is a byte position in the life of a journal. It only grows, over restarts too; a journal begun anew in an emptied folder
// starts beyond all positions of the former one (as long as that took fewer than 2^20 bytes per millisecond), so an old cursor can
// not hide new records.
type Position uint64

var (
	// ErrFull: the journal has reached Options.MaxBytes, or its disk is full. The record was not taken. It ends when readers catch up and
	// Truncate is called, or when the disk has room again.
	ErrFull = errors.New("journal: full")
	// ErrTooLarge: the record is longer than Options.MaxRecord, or empty. It was not taken.
	ErrTooLarge = errors.New("journal: record empty or too large")
	// ErrClosed: Close has begun. The record was not taken.
	ErrClosed = errors.New("journal: closed")
	// ErrUncertain: the record was taken, but the caller's context ended, or the sync failed, before it was known to be durable. It may
	// or may not be read later.
	ErrUncertain = errors.New("journal: not known to be durable")
	// ErrFailed: a sync failed. What the disk holds is unknown, so the journal takes nothing more until it is opened again.
	ErrFailed = errors.New("journal: failed")
	// ErrAhead: a reader's position lies beyond the last durable record, so it belongs to another journal.
	ErrAhead = errors.New("journal: position is beyond the end")
)

// Options of a journal. The zero value is usable.
type Options struct {
	SegmentBytes int64 // a segment is closed at this size; default 64 MiB
	// MaxBytes bounds all segments together; at the bound Append and Add return ErrFull. Default 8 GiB, at least two segments. Opening reads
	// and verifies everything that is there, so this also bounds the time to open (a few seconds for 8 GiB on a solid-state disk).
	MaxBytes  int64
	MaxRecord int // longest record in bytes; default 512 KiB, which Kafka takes too, or what fits into a segment
	// MaxUnsynced bounds the bytes taken but not yet synced. At the bound Add and Append wait for the disk. Default 8 MiB.
	MaxUnsynced int64
	// Gather is the longest time a record of Append waits for company before the sync; default 1 ms, at most 2 ms. A lone caller does not
	// wait: the journal gathers only as many callers as it has recently seen at once.
	Gather time.Duration
	// AddDelay is the longest time records of Add wait for a sync when no Append asks for one; default 5 ms.
	AddDelay time.Duration
	FS       FS               // nil: the operating system
	Now      func() time.Time // nil: time.Now; only read when a journal is begun
	Log      *slog.Logger     // nil: silent
	Metrics  *metrics.Set     // nil: none
}

func (o Options) withDefaults() (Options, error) {
	set := func(v *int64, d int64) {
		if *v == 0 {
			*v = d
		}
	}
	set(&o.SegmentBytes, 64<<20)
	set(&o.MaxBytes, 8<<30)
	set(&o.MaxUnsynced, 8<<20)
	if o.MaxRecord == 0 {
		o.MaxRecord = int(min(512<<10, o.SegmentBytes-headerSize))
	}
	if o.Gather == 0 {
		o.Gather = time.Millisecond
	}
	if o.AddDelay == 0 {
		o.AddDelay = 5 * time.Millisecond
	}
	if o.FS == nil {
		o.FS = osFS{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = metrics.NewSet()
	}
	var errs []error
	check := func(ok bool, what string) {
		if !ok {
			errs = append(errs, errors.New("journal: "+what))
		}
	}
	check(o.SegmentBytes > 0, "SegmentBytes must be positive")
	check(o.MaxBytes >= 2*o.SegmentBytes, "MaxBytes must hold at least two segments")
	check(o.MaxRecord > 0 && int64(o.MaxRecord)+headerSize <= o.SegmentBytes, "MaxRecord must be positive and fit into a segment")
	check(o.MaxUnsynced > 0, "MaxUnsynced must be positive")
	check(o.Gather > 0 && o.Gather <= 2*time.Millisecond, "Gather must be positive and at most 2 ms")
	check(o.AddDelay > 0, "AddDelay must be positive")
	return o, errors.Join(errs...)
}

// Journal is an open journal. Its methods are safe for concurrent use.
type Journal struct {
	dir   string
	o     Options
	log   *slog.Logger
	stats stats
	lock  io.Closer // keeps other processes out

	recovery Recovery

	// first and durable are written under mu and read without it.
	first   atomic.Uint64
	durable atomic.Uint64

	mu       sync.Mutex
	segments []*segment // oldest first, never empty; the last one is written
	end      Position   // where the next entry goes
	full     error      // why buffered entries cannot be written for now; nothing more is taken meanwhile
	spare    []byte     // a buffer that was written and waits to be filled again
	group    *group     // the Appends waiting for the next sync; nil if none
	waiting  int        // how many they are
	want     int        // wake the syncer when waiting reaches this
	idle     bool       // the syncer sleeps because nothing is unsynced
	moved    chan struct{}
	err      error // ErrFailed or ErrClosed, sticky

	truncate sync.Mutex // held before mu, never the other way round

	dirSync bool // a segment's file was made and the folder not synced yet; the syncer's own

	wake chan struct{} // holds one token
	gone chan struct{} // closed when the syncer has returned
}

// group is the callers of Append that share a sync.
type group struct {
	done chan struct{}
	err  error // set before done is closed
}

// Open opens the journal in dir, creating both if missing, and recovers it (see Recovery). Everything that is readable when Open returns
// has been verified and synced. It fails if another process has the journal open.
func Open(dir string, o Options) (*Journal, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	j := &Journal{
		dir: dir, o: o, log: o.Log, want: 1,
		wake: make(chan struct{}, 1), gone: make(chan struct{}),
	}
	if err := j.recover(); err != nil {
		return nil, fmt.Errorf("open journal %s: %w", dir, errors.Join(err, j.release()))
	}
	j.stats = newStats(o.Metrics, j)
	j.stats.damaged.Add(int(j.recovery.DamagedBytes))
	go j.run()
	return j, nil
}

// Recovery is what Open found.
func (j *Journal) Recovery() Recovery { return j.recovery }

// First is the position of the oldest record still kept, or Durable if there is none.
func (j *Journal) First() Position { return Position(j.first.Load()) }

// Durable is the position behind the last durable record: everything before it can be read.
func (j *Journal) Durable() Position { return Position(j.durable.Load()) }

// Err is nil while the journal takes records, else why it never will again until it is opened anew: an error that matches ErrFailed or ErrClosed.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err
}

// Wait returns nil when something beyond after is durable; with ctx's error when that ends; else with Err.
func (j *Journal) Wait(ctx context.Context, after Position) error {
	for {
		if j.Durable() > after {
			return nil
		}
		j.mu.Lock()
		if j.Durable() > after {
			j.mu.Unlock()
			return nil
		}
		if j.err != nil {
			defer j.mu.Unlock()
			return j.err
		}
		moved := j.movedLocked()
		j.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// movedLocked is closed when Durable moves or err is set.
func (j *Journal) movedLocked() <-chan struct{} {
	if j.moved == nil {
		j.moved = make(chan struct{})
	}
	return j.moved
}

func (j *Journal) announceLocked() {
	if j.moved != nil {
		close(j.moved)
		j.moved = nil
	}
}

// Truncate drops the segments that hold nothing at or beyond before. The segment being written always stays.
func (j *Journal) Truncate(before Position) error {
	j.truncate.Lock()
	defer j.truncate.Unlock()
	j.mu.Lock()
	before = min(before, j.Durable())
	n := 0
	for n+1 < len(j.segments) && j.segments[n+1].base <= before && j.segments[n].file == nil {
		n++
	}
	drop := j.segments[:n:n]
	j.segments = j.segments[n:]
	j.first.Store(uint64(j.segments[0].base))
	j.mu.Unlock()
	if n == 0 {
		return nil
	}
	// Files are removed outside the lock, since that takes milliseconds; oldest first, so that a crash in between leaves no hole.
	for i, s := range drop {
		if err := j.o.FS.Remove(j.path(s.base)); err != nil {
			j.mu.Lock()
			j.segments = append(drop[i:], j.segments...)
			j.first.Store(uint64(s.base))
			j.mu.Unlock()
			return fmt.Errorf("truncate journal: %w", err)
		}
	}
	if err := j.o.FS.SyncDir(j.dir); err != nil {
		return fmt.Errorf("truncate journal: %w", err)
	}
	return nil
}

// Close syncs what was taken, stops the syncer, waits for it and lets go of the folder. Waiting callers get their answer first.
func (j *Journal) Close() error {
	j.mu.Lock()
	if errors.Is(j.err, ErrClosed) {
		j.mu.Unlock()
		<-j.gone
		return nil
	}
	failed := j.err
	if failed == nil {
		j.err = ErrClosed
	} else {
		j.err = fmt.Errorf("%w (%w)", ErrClosed, failed)
	}
	j.announceLocked()
	j.mu.Unlock()
	j.nudge()
	<-j.gone
	j.mu.Lock()
	defer j.mu.Unlock()
	if failed == nil && j.Durable() < j.end {
		failed = j.err // the last sync failed
	}
	return errors.Join(failed, j.release())
}

// release closes the files and the lock.
func (j *Journal) release() error {
	var errs []error
	for _, s := range j.segments {
		if s.file != nil {
			errs = append(errs, s.file.Close())
			s.file = nil
		}
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
		j.lock = nil
	}
	return errors.Join(errs...)
}
