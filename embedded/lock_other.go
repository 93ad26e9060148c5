//go:build !unix

package embedded

import (
	"io"
	"os"
)

// lockFile cannot lock here; the operator must not run two processes on one folder.
func lockFile(name string) (io.Closer, error) {
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
}
