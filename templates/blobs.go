package templates

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Blobs keeps the contents of materials, each under its digest (lower-case hex SHA-256), so that equal contents are kept once. A deployment of several
// nodes needs an engine, or a folder, that all of them see.
type Blobs interface {
	// Put keeps data under digest. When it returns nil, the blob is durable and its age starts again, even if it was there before.
	Put(ctx context.Context, digest string, data []byte) error
	// Open gives the blob for reading; the caller closes it. The error wraps fs.ErrNotExist if there is none.
	Open(ctx context.Context, digest string) (io.ReadSeekCloser, error)
	// Sweep removes the blobs put before the given time that known does not report, asking about at most 500 digests at once, and says how many.
	Sweep(ctx context.Context, before time.Time, known func(ctx context.Context, digests []string) (map[string]bool, error)) (removed int, err error)
}

// Folder is a Blobs on disk: one file per blob, <folder>/ab/abcdef….
type Folder struct{ path string }

// NewFolder opens a folder of blobs, making it if it is missing.
func NewFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("materials folder: %w", err)
	}
	return &Folder{path}, nil
}

func (f *Folder) file(digest string) (string, error) {
	if !validDigest(digest) {
		return "", fmt.Errorf("%q is not a digest", digest)
	}
	return filepath.Join(f.path, digest[:2], digest), nil
}

func validDigest(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Put writes, in this order: the data in a file of another name, its fsync, the rename, the fsync of the folder. A crash in between leaves a stray file of another name
// and never a damaged blob; Sweep removes strays.
func (f *Folder) Put(ctx context.Context, digest string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	name, err := f.file(digest)
	if err != nil {
		return err
	}
	now := time.Now()
	if info, err := os.Stat(name); err == nil && info.Size() == int64(len(data)) {
		return os.Chtimes(name, now, now) // the content is its name: nothing to write
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep a blob: %w", err)
	}
	tmp := name + ".new-" + rand.Text()
	if err := writeSynced(tmp, data); err != nil {
		return errors.Join(fmt.Errorf("keep a blob: %w", err), ignoreMissing(os.Remove(tmp)))
	}
	if err := os.Rename(tmp, name); err != nil {
		return errors.Join(fmt.Errorf("keep a blob: %w", err), ignoreMissing(os.Remove(tmp)))
	}
	// The entry of dir in the root is as new as dir may be.
	if err := errors.Join(syncDir(dir), syncDir(f.path)); err != nil {
		return fmt.Errorf("keep a blob: %w", err)
	}
	return nil
}

func writeSynced(name string, data []byte) error {
	w, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return errors.Join(err, w.Close())
	}
	if err := w.Sync(); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Open opens the blob's file.
func (f *Folder) Open(_ context.Context, digest string) (io.ReadSeekCloser, error) {
	name, err := f.file(digest)
	if err != nil {
		return nil, err
	}
	r, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open a blob: %w", err)
	}
	return r, nil
}

// Sweep walks the folder once. A blob that is put again while its file is being removed is lost only if it had been unknown and unwritten since before; callers leave
// a margin of an hour or more between the two.
func (f *Folder) Sweep(ctx context.Context, before time.Time, known func(context.Context, []string) (map[string]bool, error)) (removed int, err error) {
	var batch []string
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		keep, err := known(ctx, batch)
		if err != nil {
			return err
		}
		for _, digest := range batch {
			name, _ := f.file(digest)
			info, err := os.Stat(name)
			if keep[digest] || err != nil || !info.ModTime().Before(before) {
				continue
			}
			if err := ignoreMissing(os.Remove(name)); err != nil {
				return err
			}
			removed++
		}
		batch = batch[:0]
		return nil
	}
	err = filepath.WalkDir(f.path, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return errors.Join(ignoreMissing(err), ctx.Err())
		}
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) {
			return ignoreMissing(err)
		}
		if !validDigest(e.Name()) {
			return ignoreMissing(os.Remove(path)) // a stray of an interrupted Put
		}
		batch = append(batch, e.Name())
		if len(batch) < 500 {
			return nil
		}
		return flush()
	})
	if err = errors.Join(err, flush()); err != nil {
		return removed, fmt.Errorf("sweep blobs: %w", err)
	}
	return removed, nil
}
