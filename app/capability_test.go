package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A server whose rule file or lists are wrong does not start, and says where to look.
func TestWrongCapabilityFileStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"rules.yaml": "vendors: {HUAWEI: {numbers: [h.txt]}}", "h.txt": "13100000000\nfoo\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a, err := New(context.Background(), Options{
		Data: filepath.Join(dir, "data"), Roles: []string{RoleAPI}, API: "127.0.0.1:0", Ops: "127.0.0.1:0", KafkaListen: "127.0.0.1:0",
		CapabilityFile: filepath.Join(dir, "rules.yaml"),
	})
	if err == nil {
		t.Fatal("started", a.Stop(context.Background()))
	}
	for _, want := range []string{"rules.yaml", "h.txt", "line 2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}
