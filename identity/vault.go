package identity

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
)

// Sealer seals one tenant's personal values. Its methods are safe for concurrent use.
type Sealer interface {
	// Seal encrypts clear with AES-256-GCM under a random nonce and returns base64 text. Two calls give different texts.
	Seal(clear string) string
	// Open undoes Seal; it fails if the text was changed or sealed for another tenant.
	Open(sealed string) (clear string, err error)
	// Ref is 32 lower-case hex digits, 128 bits of HMAC-SHA-256: equal values of one tenant have equal refs, and nothing
	// else can be learned from them. It is the cust_ref of events and the index column of the store.
	Ref(clear string) string
}

// keySize is the length in bytes of master and data keys.
const keySize = 32

// Vault holds the master key and opens the tenants' data keys with it. It caches opened keys for the life of the process;
// a tenant's data key never changes.
type Vault struct {
	master cipher.AEAD
	tokens []byte // key of the MAC on tokens: the same on every node that holds the master key
	mu     sync.RWMutex
	open   map[string]*tenantSealer
}

// NewVault makes a vault from a master key of 32 bytes.
func NewVault(master []byte) (*Vault, error) {
	if len(master) != keySize {
		return nil, fmt.Errorf("the master key must be %d bytes, not %d", keySize, len(master))
	}
	a, err := newAEAD(master)
	if err != nil {
		return nil, err
	}
	tokens, err := hkdf.Key(sha256.New, master, nil, "cardlink token", keySize)
	if err != nil {
		return nil, err
	}
	return &Vault{master: a, tokens: tokens, open: make(map[string]*tenantSealer)}, nil
}

// NewDataKey makes a data key for a tenant, wrapped by the master key and bound to the tenant's id.
func (v *Vault) NewDataKey(tenant string) (wrapped []byte) {
	key := make([]byte, keySize)
	rand.Read(key) // never fails (crypto/rand)
	return seal(v.master, key, []byte(tenant))
}

// Sealer opens a tenant's data key. load is asked for the wrapped key the first time.
func (v *Vault) Sealer(ctx context.Context, tenant string, load func(context.Context, string) (wrapped []byte, err error)) (Sealer, error) {
	v.mu.RLock()
	s := v.open[tenant]
	v.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	wrapped, err := load(ctx, tenant)
	if err != nil {
		return nil, err
	}
	key, err := unseal(v.master, wrapped, []byte(tenant))
	if err != nil {
		return nil, fmt.Errorf("the data key of tenant %s does not open with this master key: %w", tenant, err)
	}
	if s, err = newTenantSealer(tenant, key); err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if old := v.open[tenant]; old != nil {
		return old, nil
	}
	v.open[tenant] = s
	return s, nil
}

type tenantSealer struct {
	tenant []byte
	aead   cipher.AEAD
	index  []byte
}

func newTenantSealer(tenant string, key []byte) (*tenantSealer, error) {
	enc, err1 := hkdf.Key(sha256.New, key, nil, "cardlink seal", keySize)
	idx, err2 := hkdf.Key(sha256.New, key, nil, "cardlink index", keySize)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	a, err := newAEAD(enc)
	if err != nil {
		return nil, err
	}
	return &tenantSealer{[]byte(tenant), a, idx}, nil
}

func (s *tenantSealer) Seal(clear string) string {
	return base64.RawStdEncoding.EncodeToString(seal(s.aead, []byte(clear), s.tenant))
}

func (s *tenantSealer) Open(sealed string) (string, error) {
	b, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("open a sealed value: %w", err)
	}
	clear, err := unseal(s.aead, b, s.tenant)
	return string(clear), err
}

func (s *tenantSealer) Ref(clear string) string {
	m := hmac.New(sha256.New, s.index)
	m.Write([]byte(clear))
	return hex.EncodeToString(m.Sum(nil)[:16])
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal returns nonce ‖ ciphertext ‖ tag.
func seal(a cipher.AEAD, clear, bound []byte) []byte {
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(clear)+a.Overhead())
	rand.Read(nonce)
	return a.Seal(nonce, nonce, clear, bound)
}

func unseal(a cipher.AEAD, b, bound []byte) ([]byte, error) {
	if len(b) < a.NonceSize() {
		return nil, errors.New("sealed value is too short")
	}
	return a.Open(nil, b[:a.NonceSize()], b[a.NonceSize():], bound)
}
