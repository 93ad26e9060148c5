package app

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A server whose corrections of card facts name what nobody knows does not start, and says what.
func TestWrongCorrectionsOfCardsStopTheStart(t *testing.T) {
	for _, c := range []struct {
		text, want string
		file       func(*Options) *string
	}{
		{`{"layouts":{"RedPacket":[{"to":"RedPackets","why":"x"}]}}`, `no layout "RedPackets"`, func(o *Options) *string { return &o.DegradeFile }},
		{`{"actions":{"OPEN_DOOR":{"target":"text"}}}`, `no action "OPEN_DOOR"`, func(o *Options) *string { return &o.DialectFile }},
		{`{"guest_vendors":{"HONOR":{"as":"NOKIA"}}}`, "guest_vendors.HONOR.as", func(o *Options) *string { return &o.LayoutFile }},
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, "facts.json")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		o := Options{Data: filepath.Join(dir, "data"), Roles: []string{RoleAPI}, API: "127.0.0.1:0", Ops: "127.0.0.1:0", KafkaListen: "127.0.0.1:0"}
		*c.file(&o) = file
		a, err := New(context.Background(), o)
		if err == nil {
			t.Fatal("started", a.Stop(context.Background()))
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want a complaint about %s", err, c.want)
		}
	}
}
