package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// nodeName is the configured name, or the one kept in the data folder, made at the first start. Leases and journal positions belong to it, so it must
// survive restarts and be unlike any other node's.
func nodeName(o Options) (string, error) {
	if o.Node != "" {
		return o.Node, nil
	}
	file := filepath.Join(o.Data, "node")
	b, err := os.ReadFile(file)
	if err == nil && len(strings.TrimSpace(string(b))) > 0 {
		return strings.TrimSpace(string(b)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("node name: %w", err)
	}
	name := "node-" + strings.ToLower(rand.Text()[:10])
	if err := os.WriteFile(file, []byte(name+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("node name: %w", err)
	}
	return name, nil
}
