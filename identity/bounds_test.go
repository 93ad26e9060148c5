package identity

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCacheIsBoundedAndForgets(t *testing.T) {
	c, now := newCache[int](5*time.Second, 10), time.Unix(1000, 0)
	for i := range 1000 {
		c.put(strconv.Itoa(i), i, now)
	}
	if n := len(c.young) + len(c.old); n > 10 {
		t.Fatalf("%d entries, want at most 10", n)
	}
	if v, ok := c.get("999", now.Add(4999*time.Millisecond)); !ok || v != 999 {
		t.Fatal("the newest entry is gone")
	}
	if _, ok := c.get("999", now.Add(5*time.Second)); ok {
		t.Fatal("an entry outlived its time")
	}
	if _, ok := c.get("1", now); ok {
		t.Fatal("the oldest entry is still there")
	}
	c.put("x", 1, now)
	c.clear()
	if _, ok := c.get("x", now); ok {
		t.Fatal("clear forgot nothing")
	}
}

func TestLimiter(t *testing.T) {
	l, now := newLimiter(3, time.Second), time.Unix(1000, 0)
	take := func(want bool) {
		t.Helper()
		if got := l.take("k", now); got != want {
			t.Fatalf("take = %v", got)
		}
	}
	take(true)
	take(true)
	take(true)
	take(false)
	now = now.Add(999 * time.Millisecond)
	take(false)
	now = now.Add(time.Millisecond)
	take(true)
	take(false)
	l.give("k")
	take(true)
	now = now.Add(time.Hour) // a long rest fills the bucket and no more
	take(true)
	take(true)
	take(true)
	take(false)
}

func TestPasswords(t *testing.T) {
	one, err1 := hashPassword("secret word", 10)
	two, err2 := hashPassword("secret word", 20)
	if err1 != nil || err2 != nil || one == two {
		t.Fatalf("%q, %v and %q, %v", one, err1, two, err2)
	}
	for _, stored := range []string{one, two} {
		if ok, err := checkPassword("secret word", stored); !ok || err != nil {
			t.Errorf("%s: %v, %v", stored, ok, err)
		}
		if ok, err := checkPassword("secret work", stored); ok || err != nil {
			t.Errorf("%s accepts another word: %v", stored, err)
		}
	}
	parts := strings.Split(one, "$")
	for _, bad := range []string{"", "x", "bcrypt$1$a$b", parts[0] + "$0$" + parts[2] + "$" + parts[3], parts[0] + "$99999999$" + parts[2] + "$" + parts[3], parts[0] + "$10$" + parts[2] + "$", "pbkdf2-sha256$10$!$!"} {
		if ok, err := checkPassword("secret word", bad); ok || err == nil {
			t.Errorf("%q: %v, %v", bad, ok, err)
		}
	}
}

func TestMasterKeyFile(t *testing.T) {
	dir := t.TempDir()
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys { // processes that start at once
		wg.Go(func() {
			var err error
			if keys[i], err = LoadMasterKey(dir, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != 32 || string(k) != string(keys[0]) {
			t.Fatalf("keys differ: %x and %x", k, keys[0])
		}
	}
	file := filepath.Join(dir, MasterKeyFile)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".master-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if k, err := LoadMasterKey("/nowhere", file); err != nil || string(k) != string(keys[0]) {
		t.Errorf("by path: %v", err)
	}
	if k, err := LoadMasterKey("/nowhere", hex.EncodeToString(keys[0])); err != nil || string(k) != string(keys[0]) {
		t.Errorf("by value: %v", err)
	}
	mistyped := hex.EncodeToString(keys[0])[1:]
	if _, err := LoadMasterKey(dir, mistyped); err == nil || strings.Contains(err.Error(), mistyped) {
		t.Errorf("a mistyped key: %v", err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadMasterKey(dir, ""); err == nil {
		t.Error("a key that everybody may read was accepted")
	}
	if err := os.WriteFile(file, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadMasterKey(dir, ""); err == nil {
		t.Error("a damaged key was accepted, or replaced by a new one")
	}
}

func TestRandomTextUsesItsWholeAlphabet(t *testing.T) {
	s := randomText(20_000, upperDigits)
	for i := range len(upperDigits) {
		// 555 expected, standard deviation 23; 8 of them is never
		if n := strings.Count(s, upperDigits[i:i+1]); n < 370 || n > 740 {
			t.Errorf("%c comes %d times in 20,000", upperDigits[i], n)
		}
	}
}
