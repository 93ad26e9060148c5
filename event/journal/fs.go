package journal

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// FS is the part of a file system the journal stands on. Tests replace it to refuse, shorten or fail any step.
type FS interface {
	// Open opens an existing file, or makes a new and empty one if create is set (it is an error if it exists then).
	Open(name string, create bool) (File, error)
	// List names the files of a folder in any order.
	List(dir string) ([]string, error)
	Remove(name string) error
	// SyncDir makes creations and removals in a folder durable.
	SyncDir(dir string) error
	// Lock makes the folder if it is missing and keeps other processes from opening a journal in it until the returned value is closed.
	Lock(dir string) (io.Closer, error)
}

// File is one open segment. Write appends at the end; ReadAt may run at the same time.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
	Truncate(size int64) error
	// Sync returns when what was written before the call survives loss of power.
	Sync() error
	Size() (int64, error)
}

// errLocked is returned by Lock when another process has the journal open.
var errLocked = errors.New("the journal is in use by another process")

// osFS is the operating system's file system.
type osFS struct{}

func (osFS) Open(name string, create bool) (File, error) {
	flag := os.O_RDWR | os.O_APPEND
	if create {
		flag |= os.O_CREATE | os.O_EXCL
	}
	f, err := os.OpenFile(name, flag, 0o600)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (osFS) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

func (osFS) Remove(name string) error { return os.Remove(name) }

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func (osFS) Lock(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return lockFile(filepath.Join(dir, "lock"))
}

type osFile struct{ *os.File }

func (f osFile) Sync() error { return datasync(f.File) }

func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
