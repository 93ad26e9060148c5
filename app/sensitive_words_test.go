package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cardlink/fault"
	"cardlink/gateway/api"
	"cardlink/identity"
	"cardlink/templates"
)

func TestReadWords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "words.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("\ufeff# not these\r\n赌博\r\n\n  free money \n#\n彩票")
	if words, err := readWords(file); err != nil || !slices.Equal(words, []string{"赌博", "free money", "彩票"}) {
		t.Errorf("%q, %v", words, err)
	}
	for text, want := range map[string]string{"a\n\xff\n": "line 2", strings.Repeat("a\n", longestWordList/2) + "a": "longer than"} {
		write(text)
		if _, err := readWords(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if words, err := readWords(""); len(words) != 0 || err != nil {
		t.Error(words, err)
	}
	if _, err := readWords(file + "x"); err == nil {
		t.Error("a file that is not there")
	}
}

// The list that the operator names is held to what tenants create and to what is linted, not to the gallery: the server starts whatever it holds.
func TestSensitiveWordsRefuseTemplates(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	file := filepath.Join(dir, "words.txt")
	if err := os.WriteFile(file, []byte("彩票\n示例\n拒收请回复R\n"), 0o600); err != nil { // two are in cards of the gallery
		t.Fatal(err)
	}
	a, err := New(ctx, Options{
		Data: filepath.Join(dir, "data"), Roles: []string{RoleAPI}, API: "127.0.0.1:0", Ops: "127.0.0.1:0", KafkaListen: "127.0.0.1:0", SensitiveWordsFile: file,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	tenant, _, err := a.identity.CreateTenant(ctx, identity.Actor{}, "shop", "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.templates.Create(ctx, tenant.ID, "u", templates.Draft{CardID: "StandardImageAndText", Name: "买彩票", UseID: 1})
	if f := fault.Of(err); f == nil || f.Code != fault.SensitiveWords || f.Field != "tpl_name" {
		t.Errorf("created: %v", err)
	}
	for _, id := range []string{"", tenant.ID} {
		r, err := LintTemplate(ctx, LintOptions{Records: Records{Data: filepath.Join(dir, "data")}, Tenant: id, SensitiveWordsFile: file},
			[]byte(`{"use_id":1,"card_id":"StandardImageAndText","tpl_name":"买彩票"}`))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(r.Problems, func(p api.LintProblem) bool { return p.Field == "tpl_name" && p.Code == string(fault.SensitiveWords) }) {
			t.Errorf("tenant %q: %+v", id, r.Problems)
		}
	}
}
