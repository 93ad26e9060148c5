package relay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"cardlink/event/journal"
)

// loadCursor reads a cursor file. A file that is missing, empty or not readable as a position gives 0, the start of every journal: what is relayed
// again changes nothing.
func loadCursor(name string) (journal.Position, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read cursor: %w", err)
	}
	at, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, nil //nolint:nilerr // an unreadable cursor is none: from the start, which repeats and loses nothing
	}
	return journal.Position(at), nil
}

// saveCursor replaces a cursor file: after a crash at any moment the old or the new position is there. The order: new content synced beside
// it, renamed over it, folder synced.
func saveCursor(name string, at journal.Position) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("save cursor: %w", err)
		}
	}()
	tmp := name + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%d\n", uint64(at))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
