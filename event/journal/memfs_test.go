package journal

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"sync"
	"syscall"
)

// memFS is a disk that can be full, fail its syncs and lose power. It keeps apart what is written and what is synced.
type memFS struct {
	mu       sync.Mutex
	files    map[string]*memData
	listed   map[string]*memData // what the folder holds after loss of power
	room     int                 // bytes that can still be written; negative: no limit
	syncErr  error
	writeErr error
	cutErr   error
	syncs    int
	hold     chan struct{} // a sync waits until it is closed, if not nil
	locked   bool
}

type memData struct {
	bytes  []byte
	synced []byte
}

func newMemFS() *memFS {
	return &memFS{files: map[string]*memData{}, listed: map[string]*memData{}, room: -1}
}

func (m *memFS) Open(name string, create bool) (File, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d, ok := m.files[name]
	switch {
	case create && ok:
		return nil, fs.ErrExist
	case create && m.room == 0:
		return nil, syscall.ENOSPC
	case create:
		d = &memData{}
		m.files[name] = d
	case !ok:
		return nil, fs.ErrNotExist
	}
	return &memFile{m, d}, nil
}

func (m *memFS) List(dir string) (names []string, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.files {
		if filepath.Dir(name) == dir {
			names = append(names, filepath.Base(name))
		}
	}
	return names, nil
}

func (m *memFS) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.files[name]; !ok {
		return fs.ErrNotExist
	}
	delete(m.files, name)
	return nil
}

func (m *memFS) SyncDir(string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.syncErr != nil {
		return m.syncErr
	}
	clear(m.listed)
	maps.Copy(m.listed, m.files)
	return nil
}

func (m *memFS) Lock(string) (io.Closer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked {
		return nil, errLocked
	}
	m.locked = true
	return unlocker{m}, nil
}

type unlocker struct{ m *memFS }

func (u unlocker) Close() error {
	u.m.mu.Lock()
	defer u.m.mu.Unlock()
	u.m.locked = false
	return nil
}

// losePower returns the disk as a crashed machine finds it: only what was synced, plus, of what was not, the first keep bytes of each file.
func (m *memFS) losePower(keep int) *memFS {
	m.mu.Lock()
	defer m.mu.Unlock()
	after := newMemFS()
	for name, d := range m.listed {
		b := append([]byte(nil), d.synced...)
		if extra := d.bytes[min(len(d.synced), len(d.bytes)):]; len(extra) > 0 {
			b = append(b, extra[:min(keep, len(extra))]...)
		}
		f := &memData{bytes: b, synced: b}
		after.files[name], after.listed[name] = f, f
	}
	return after
}

func (m *memFS) set(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

type memFile struct {
	m *memFS
	d *memData
}

func (f *memFile) Write(b []byte) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.writeErr != nil {
		return 0, f.m.writeErr
	}
	n := len(b)
	var err error
	if f.m.room >= 0 {
		if n > f.m.room {
			n, err = f.m.room, syscall.ENOSPC // like a file system: what fits is written
		}
		f.m.room -= n
	}
	f.d.bytes = append(f.d.bytes, b[:n]...)
	return n, err
}

func (f *memFile) ReadAt(b []byte, off int64) (int, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if off >= int64(len(f.d.bytes)) {
		return 0, io.EOF
	}
	n := copy(b, f.d.bytes[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memFile) Truncate(size int64) error {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	if f.m.cutErr != nil {
		return f.m.cutErr
	}
	if f.m.room >= 0 {
		f.m.room += len(f.d.bytes) - int(size)
	}
	f.d.bytes = f.d.bytes[:size]
	return nil
}

func (f *memFile) Sync() error {
	f.m.mu.Lock()
	hold := f.m.hold
	f.m.mu.Unlock()
	if hold != nil {
		<-hold
	}
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	f.m.syncs++
	if f.m.syncErr != nil {
		return f.m.syncErr
	}
	f.d.synced = append([]byte(nil), f.d.bytes...)
	return nil
}

func (f *memFile) Size() (int64, error) {
	f.m.mu.Lock()
	defer f.m.mu.Unlock()
	return int64(len(f.d.bytes)), nil
}

func (f *memFile) Close() error { return nil }

var errIO = errors.New("input/output error")
