package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func runWith(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, &o, &e)
	return code, o.String(), e.String()
}

func config(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cardlink.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestUnknownKeysAreErrorsAllAtOnce(t *testing.T) {
	code, _, errs := runWith(t, "doctor", "--config", config(t, "edgee: ':8080'\nkafka:\n  brokrs: [a:1]\ndata: x\n"), "--data", t.TempDir())
	if code != 2 || !strings.Contains(errs, "edgee") || !strings.Contains(errs, "kafka-brokrs") {
		t.Fatalf("exit %d: %s", code, errs)
	}
}

func TestFileIsBelowEnvironmentIsBelowFlags(t *testing.T) {
	dir := t.TempDir()
	file := config(t, "data: "+dir+"/from-file\nchannels:\n  - {name: a, protocol: cmpp, number: '106', rate: 10, address: '127.0.0.1:1', account: '901234'}\nkafka:\n  brokers: ['127.0.0.1:2']\n")
	_, out, _ := runWith(t, "doctor", "--json", "--config", file)
	if !strings.Contains(out, "from-file") || !strings.Contains(out, "channel a") || !strings.Contains(out, "127.0.0.1:2") {
		t.Fatalf("the file is not read: %s", out)
	}
	t.Setenv("CARDLINK_DATA", dir+"/from-environment")
	if _, out, _ = runWith(t, "doctor", "--json", "--config", file); !strings.Contains(out, "from-environment") {
		t.Fatalf("the environment does not beat the file: %s", out)
	}
	if _, out, _ = runWith(t, "doctor", "--json", "--config", file, "--data", dir+"/from-flag"); !strings.Contains(out, "from-flag") {
		t.Fatalf("the flag does not beat the environment: %s", out)
	}
}

func TestDoctorSaysWhatToDo(t *testing.T) {
	code, out, _ := runWith(t, "doctor", "--data", t.TempDir(), "--kafka-brokers", "127.0.0.1:1")
	if code != 1 || !strings.Contains(out, "BAD  kafka") || !strings.Contains(out, "→ start Kafka") || !strings.Contains(out, "ok   disk") {
		t.Fatalf("exit %d\n%s", code, out)
	}
}

func TestTenantKeyAndAudit(t *testing.T) {
	data := t.TempDir()
	code, out, errs := runWith(t, "tenant", "create", "Example", "--data", data)
	if code != 0 || !strings.Contains(out, "secret key") {
		t.Fatalf("exit %d %s%s", code, out, errs)
	}
	if code, out, _ = runWith(t, "tenant", "list", "--data", data); code != 0 || !strings.Contains(out, "Example") {
		t.Fatalf("exit %d %s", code, out)
	}
	if code, _, errs = runWith(t, "tenant", "create", "Example", "--data", data); code != 1 || !strings.Contains(errs, "name") {
		t.Fatalf("a second tenant of the name: exit %d %s", code, errs)
	}
	if code, out, errs = runWith(t, "audit", "--settled", "--data", data); code != 0 {
		t.Fatalf("audit of empty books: exit %d %s%s", code, out, errs)
	}
	if code, out, _ = runWith(t, "version", "--json"); code != 0 || !strings.Contains(out, `"version"`) {
		t.Fatalf("exit %d %s", code, out)
	}
}
