package callback

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"cardlink/fault"
)

func TestAddressesAtRegistration(t *testing.T) {
	g, err := newGuard(Targets{Allow: []string{"10.1.0.0/16", "fd00::1", "hooks.internal:8443", "dotless:80"}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(url, want string) {
		t.Helper()
		err := g.check(url)
		if want == "" {
			if err != nil {
				t.Errorf("%s: %v", url, err)
			}
			return
		}
		if e := fault.Of(err); !fault.Has(err, fault.Parameter) || e.Field != "callback_url" || !strings.Contains(e.Rule, want) {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
	f("https://hook.example.com/receipts", "")
	f("http://hook.example.com:8080/a?b=c", "")
	f("https://93.184.215.14/x", "")
	f("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x", "")
	f("https://"+strings.Repeat("例", 3)+".example.com", "domain name")
	f("https://xn--fsq.example.com/"+strings.Repeat("例", 900), "")
	f("https://a.example.com/"+strings.Repeat("x", 980), "1000")
	f("", "required")
	f("ftp://example.com", "http://")
	f("hook.example.com", "http://")
	f("https:hook.example.com", "URL")
	f("https:///x", "no host")
	f("https://u:p@example.com", "user name")
	f("https://example.com/#x", "fragment")
	f("https://example.com/a b", "blanks")
	f("https://example.com/\n", "blanks")
	f("https://example.com:99999/", "port")
	f("https://example.com:0/", "port")
	f("https://-x.example.com/", "domain name")
	f("https://a..example.com/", "domain name")
	const public = "public IP"
	for _, host := range []string{
		"127.0.0.1", "10.0.0.1", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
		"[::1]", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
		"localhost", "x.localhost", "localhost.", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "1.2.3.4.5", "intranet",
	} {
		f("http://"+host+"/", public)
	}
	f("http://10.1.2.3:9000/", "")
	f("http://[fd00::1]/", "")
	f("http://[fd00::2]/", public)
	f("https://hooks.internal:8443/x", "")
	f("http://dotless/", "")
	f("http://dotless:81/", public)
}

func TestAllowPrivateOpensEverything(t *testing.T) {
	g, err := newGuard(Targets{AllowPrivate: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{"http://127.0.0.1:9/", "http://receiver:8080/", "http://localhost/", "http://[::1]/"} {
		if err := g.check(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestUnreadableTargetsAreAllNamed(t *testing.T) {
	_, err := newGuard(Targets{Allow: []string{"10.0.0.0/99", "nonsense", "10.0.0.0/8"}})
	if err == nil || !strings.Contains(err.Error(), "/99") || !strings.Contains(err.Error(), "nonsense") {
		t.Fatal(err)
	}
}

// A name that is public when registered and private when called is refused at the connection.
func TestTheConnectionIsGuardedAfterResolution(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	dial := func(targets Targets, address string) error {
		t.Helper()
		g, err := newGuard(targets)
		if err != nil {
			t.Fatal(err)
		}
		c, err := g.dial(context.Background(), "tcp", address)
		if err == nil {
			c.Close()
		}
		return err
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		if err := dial(Targets{}, host+":"+port); !errors.Is(err, errTarget) {
			t.Errorf("%s: %v, want a refusal", host, err)
		}
	}
	if err := dial(Targets{Allow: []string{"127.0.0.0/8"}}, "127.0.0.1:"+port); err != nil {
		t.Errorf("an allowed network: %v", err)
	}
	if err := dial(Targets{Allow: []string{"127.0.0.1:" + port}}, "127.0.0.1:"+port); err != nil {
		t.Errorf("an allowed host and port: %v", err)
	}
	if err := dial(Targets{AllowPrivate: true}, "127.0.0.1:"+port); err != nil {
		t.Errorf("everything allowed: %v", err)
	}
}

func FuzzAddress(f *testing.F) {
	f.Add("https://hook.example.com/x")
	f.Add("http://[::ffff:7f00:1]:80/")
	g, err := newGuard(Targets{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, url string) {
		if err := g.check(url); err != nil && !fault.Has(err, fault.Parameter) {
			t.Fatalf("%q: %v is not a documented failure", url, err)
		}
	})
}
