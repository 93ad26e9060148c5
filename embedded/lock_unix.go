//go:build unix

package embedded

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// lockFile takes an advisory lock that the system releases when the process dies, however it dies.
func lockFile(name string) (io.Closer, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errors.New("the folder is in use by another process")
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
