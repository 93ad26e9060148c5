package identity

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MasterKeyFile is the name of the master key's file in the data folder: 64 hex digits.
const MasterKeyFile = "master.key"

// LoadMasterKey finds the installation's master key. override is the key itself as 64 hex digits (an environment variable) or the path of a file
// that holds it (a mounted secret). If override is empty the key is in dir; a missing file is created there, readable by its owner alone.
// Every node of an installation needs the same key, and a backup of the database is worthless without it.
func LoadMasterKey(dir, override string) ([]byte, error) {
	if override != "" {
		if key, err := parseMasterKey(override); err == nil {
			return key, nil
		}
		text, err := os.ReadFile(override)
		if err != nil {
			// The text may be a mistyped key, so it is not repeated.
			return nil, fmt.Errorf("read the master key: the setting is neither 64 hex digits nor a file that can be read (%w)", errors.Unwrap(err))
		}
		key, err := parseMasterKey(string(text))
		if err != nil {
			return nil, fmt.Errorf("the master key file %s: %w", override, err)
		}
		return key, nil
	}
	file := filepath.Join(dir, MasterKeyFile)
	key, err := readMasterKey(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err = createMasterKey(dir, file); err != nil {
			return nil, fmt.Errorf("create the master key: %w", err)
		}
		key, err = readMasterKey(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	return key, nil
}

func readMasterKey(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, fmt.Errorf("%s can be read by everybody on this machine; chmod 600 it", file)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, err := parseMasterKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return key, nil
}

func parseMasterKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("a master key is %d hex digits", 2*keySize)
	}
	return key, nil
}

// createMasterKey makes a key that is on disk, whole, before anything is sealed with it. Of two processes that start at once, one's key
// is linked into place and both go on with that one.
func createMasterKey(dir, file string) error {
	f, err := os.CreateTemp(dir, ".master-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // a key that was never used; at worst it stays, readable by its owner alone
	key := make([]byte, keySize)
	rand.Read(key)
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
