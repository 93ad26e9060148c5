package identity

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"regexp"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func newVault(t testing.TB) *Vault {
	t.Helper()
	master := make([]byte, keySize)
	rand.Read(master)
	v, err := NewVault(master)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sealerOf(t testing.TB, v *Vault, tenant string, wrapped []byte) Sealer {
	t.Helper()
	s, err := v.Sealer(context.Background(), tenant, func(context.Context, string) ([]byte, error) { return wrapped, nil })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealRoundTrip(t *testing.T) {
	v := newVault(t)
	s := sealerOf(t, v, "a", v.NewDataKey("a"))
	other := sealerOf(t, v, "b", v.NewDataKey("b"))
	refs := regexp.MustCompile(`^[0-9a-f]{32}$`)
	rapid.Check(t, func(t *rapid.T) {
		clear, another := rapid.String().Draw(t, "clear"), rapid.String().Draw(t, "another")
		one, two := s.Seal(clear), s.Seal(clear)
		if one == two {
			t.Fatal("equal values look equal on disk")
		}
		if got, err := s.Open(one); err != nil || got != clear {
			t.Fatalf("opened %q, %v", got, err)
		}
		if _, err := other.Open(one); err == nil {
			t.Fatal("another tenant opened it")
		}
		b, err := base64.RawStdEncoding.DecodeString(one)
		if err != nil {
			t.Fatal(err)
		}
		b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		if _, err := s.Open(base64.RawStdEncoding.EncodeToString(b)); err == nil {
			t.Fatal("a changed value opened")
		}
		ref, again := s.Ref(clear), s.Ref(clear)
		if ref != again || (ref == s.Ref(another)) != (clear == another) || ref == other.Ref(clear) || !refs.MatchString(ref) {
			t.Fatal("refs are equal for equal values of one tenant and for nothing else")
		}
	})
}

func TestVaultsOfOneMasterKeyAgree(t *testing.T) {
	master := make([]byte, keySize)
	rand.Read(master)
	one, err1 := NewVault(master)
	two, err2 := NewVault(master)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	wrapped := one.NewDataKey("a")
	sealed := sealerOf(t, one, "a", wrapped).Seal("13100000000")
	if got, err := sealerOf(t, two, "a", wrapped).Open(sealed); err != nil || got != "13100000000" {
		t.Fatalf("%q, %v", got, err)
	}
	for name, open := range map[string]func() error{
		"another master key": func() error {
			_, err := newVault(t).Sealer(context.Background(), "a", func(context.Context, string) ([]byte, error) { return wrapped, nil })
			return err
		},
		"another tenant's key": func() error {
			_, err := one.Sealer(context.Background(), "b", func(context.Context, string) ([]byte, error) { return wrapped, nil })
			return err
		},
		"a short key": func() error {
			_, err := one.Sealer(context.Background(), "c", func(context.Context, string) ([]byte, error) { return []byte("x"), nil })
			return err
		},
	} {
		if open() == nil {
			t.Errorf("%s opened", name)
		}
	}
	if _, err := NewVault(master[1:]); err == nil {
		t.Error("a master key of 31 bytes was accepted")
	}
	for _, bad := range []string{"", "!", "AAAA"} {
		if _, err := sealerOf(t, one, "a", wrapped).Open(bad); err == nil {
			t.Errorf("%q opened", bad)
		}
	}
}

func TestAFailedLoadIsNotRemembered(t *testing.T) {
	v := newVault(t)
	wrapped := v.NewDataKey("a")
	down := errors.New("down")
	if _, err := v.Sealer(context.Background(), "a", func(context.Context, string) ([]byte, error) { return nil, down }); !errors.Is(err, down) {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	got := make([]Sealer, 16)
	for i := range got {
		wg.Go(func() { got[i] = sealerOf(t, v, "a", wrapped) })
	}
	wg.Wait()
	for _, s := range got {
		if s != got[0] {
			t.Fatal("a tenant has two sealers")
		}
	}
}
