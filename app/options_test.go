package app

import (
	"strings"
	"testing"
)

func TestValidateNamesEveryComplaint(t *testing.T) {
	err := Options{
		Roles: []string{"edge", "cook"}, Edge: "8080", EdgeOrigin: "s.example.com/x", Database: "mysql://x", Redis: "127.0.0.1:6379", CodeLength: 5,
		Language: "fr", TrustedProxies: []string{"10.0.0.1"}, JournalMaxBytes: 1,
		Channels: []Channel{{Name: "a", Protocol: "carrier pigeon", Number: "x", Rate: 1}, {Name: "a", Protocol: "cmpp", Number: "1", Rate: 1, Address: "h:1", Account: "1", Version: "4.0"}},
	}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{`"cook"`, "edge:", "edge-origin", "database", "redis", "code-length", "language", "trusted-proxies", "journal-max-bytes", "carrier pigeon", "number", "version must be", `two are named "a"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint names %q:\n%v", want, err)
		}
	}
}

func TestZeroOptionsAreValid(t *testing.T) {
	if err := (Options{}).Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestVisitable(t *testing.T) {
	for in, want := range map[string]string{"[::]:8080": "localhost:8080", "0.0.0.0:1": "localhost:1", ":7": "localhost:7", "127.0.0.1:9": "127.0.0.1:9", "s.example.com:80": "s.example.com:80"} {
		if got := visitable(in); got != want {
			t.Errorf("visitable(%q) = %q, want %q", in, got, want)
		}
	}
}
