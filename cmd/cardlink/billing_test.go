package main

import (
	"strings"
	"testing"
)

// The commands reach the ledger: an hour that is not on it cannot be corrected, and what is asked badly is refused before.
func TestBillingCommands(t *testing.T) {
	data := t.TempDir()
	order := func(more ...string) []string {
		return append([]string{"billing", "correct", "--data", data, "--tenant", "t", "--meter", "aim_parse", "--reason", "goodwill", "--json"}, more...)
	}
	for _, c := range []struct{ args, want string }{
		{"--hour 2026-01-02T08:00:00Z --amount=-1.50", "is not on the ledger"},
		{"--hour 2026-01-02T08:00:00Z --amount=0.001", "at most two digits"},
		{"--hour 2026-01-02T08:00:00Z", "must change the quantity or the amount"},
		{"--hour soon --amount=1", "hour: must be a time"},
	} {
		if code, out, errs := runWith(t, order(strings.Fields(c.args)...)...); code == 0 || !strings.Contains(errs, c.want) {
			t.Errorf("%s: exit %d, %s%s", c.args, code, out, errs)
		}
	}
	if code, out, errs := runWith(t, "billing", "corrections", "--data", data, "--tenant", "t", "--json"); code != 0 || strings.TrimSpace(out) != "[]" {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}
