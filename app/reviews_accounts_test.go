package app

import (
	"encoding/json"
	"strings"
	"testing"

	"cardlink/serviceaccount"
	"cardlink/templates"
)

type noStore struct{ serviceaccount.Store }

// A reviewer reads the reason and the content, and can open every picture of it.
func TestChangeDetail(t *testing.T) {
	blobs, err := templates.NewFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s, err := serviceaccount.NewService(serviceaccount.Options{Store: noStore{}, Blobs: blobs, Origin: "https://s.example.com", MediaKey: []byte("key")})
	if err != nil {
		t.Fatal(err)
	}
	after, err := json.Marshal(serviceaccount.PubContent{Name: "示例商城", LogoImg: "l1", AuthorizationFiles: []string{"a1", "a2"}})
	if err != nil {
		t.Fatal(err)
	}
	got := changeDetail(s, &serviceaccount.Change{Reason: "new letters", After: after})
	if !strings.HasPrefix(got, "new letters {") || !strings.Contains(got, `"pub_name":"示例商城"`) || strings.Count(got, " https://s.example.com/media/") != 3 ||
		!strings.Contains(got, "/media/a2?expires=") {
		t.Error(got)
	}
	if got := changeDetail(s, &serviceaccount.Change{Reason: "go on"}); got != "go on" {
		t.Error(got)
	}
}
