package templates

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardlink/fault"
)

// Bounds of previews of drafts.
const (
	PreviewLife  = time.Hour // how long an address works
	maxPreviews  = 100       // kept for a tenant at once; with one more the oldest is forgotten early
	previewBytes = 256 << 10 // of a draft as JSON
)

// Preview is a draft that somebody wants to look at before it is a template.
type Preview struct {
	TplID   string `json:"tpl_id,omitempty"` // the template it was made from; empty: none yet
	Version int    `json:"version,omitempty"`
	Draft   Draft  `json:"draft"` // the examples of its parameters are the values to show
}

// KeptPreview is a preview as a PreviewStore keeps it.
type KeptPreview struct {
	ID        string // 32 lower-case hex digits, random
	Tenant    string
	Body      string // sealed at rest
	CreatedAt time.Time
	ExpiresAt time.Time
}

// PreviewStore keeps previews of drafts. Package store implements it; contract.Previews says in running code what that means.
type PreviewStore interface {
	// AddPreview keeps p, forgets the tenant's oldest so that at most keep are left, and some of anybody's that expired before p was made.
	AddPreview(ctx context.Context, p KeptPreview, keep int) error
	// Preview reads one, expired or not. ErrUnknown.
	Preview(ctx context.Context, id string) (KeptPreview, error)
}

// PreviewOptions configure Previews.
type PreviewOptions struct {
	Store     PreviewStore // required
	Templates *Service     // required
	Key       []byte       // 32 bytes, the same on all nodes: signs addresses
	Now       func() time.Time
}

// Previews gives drafts an address for an hour. They are kept in the store rather than in the address, so that the address fits a QR code that phones can read from a
// screen, and any node can show them. The address is a capability: whoever has it sees the draft. It is signed, so guesses and expired ones are
// refused before the store is asked. Methods are safe for concurrent use.
type Previews struct{ o PreviewOptions }

// NewPreviews builds it.
func NewPreviews(o PreviewOptions) (*Previews, error) {
	if o.Store == nil || o.Templates == nil || len(o.Key) != 32 {
		return nil, errors.New("previews: Store, Templates and a Key of 32 bytes are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Previews{o}, nil
}

// Keep stores a preview and gives its token, 43 characters that need no escaping in an address, and when it stops to work.
func (p *Previews) Keep(ctx context.Context, tenant string, v Preview) (token string, expires time.Time, err error) {
	body, err := json.Marshal(v)
	if err != nil {
		return "", time.Time{}, err
	}
	if len(body) > previewBytes {
		return "", time.Time{}, fault.Inf(fault.Parameter, "pages", "the card is too large for a preview: %d bytes of JSON, at most %d", len(body), previewBytes)
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	now := p.o.Now()
	expires = now.Add(PreviewLife).Truncate(time.Second)
	kept := KeptPreview{ID: hex.EncodeToString(id[:]), Tenant: tenant, Body: string(body), CreatedAt: now, ExpiresAt: expires}
	if err := p.o.Store.AddPreview(ctx, kept, maxPreviews); err != nil {
		return "", time.Time{}, fmt.Errorf("keep a preview: %w", err)
	}
	return p.token(id, expires), expires, nil
}

// Open gives the template of a token as Try would make it now, and when the token expires. With a TplID in the preview the template has that id and version. The error wraps
// ErrUnknown if the token is forged, expired or forgotten.
func (p *Previews) Open(ctx context.Context, token string) (*Template, time.Time, error) {
	id, expires, ok := p.parse(token)
	if !ok || !p.o.Now().Before(expires) {
		return nil, time.Time{}, fmt.Errorf("preview: %w", ErrUnknown)
	}
	kept, err := p.o.Store.Preview(ctx, hex.EncodeToString(id[:]))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("preview: %w", err)
	}
	var v Preview
	if err := json.Unmarshal([]byte(kept.Body), &v); err != nil {
		return nil, time.Time{}, fmt.Errorf("preview: %w", err)
	}
	t, _, err := p.o.Templates.Try(ctx, kept.Tenant, v.Draft)
	if err != nil {
		return nil, time.Time{}, err
	}
	t.ID, _ = ParseTplID(v.TplID)
	t.Version = v.Version
	return t, expires, nil
}

// URL is where a preview is looked at.
func (p *Previews) URL(token string) string { return p.o.Templates.o.Origin + "/p/" + token }

// A token is id, expiry in Unix seconds, and a MAC over both.
const (
	tokenMAC   = 12
	tokenBytes = 16 + 4 + tokenMAC

	// PreviewToken is how many characters a token has.
	PreviewToken = (tokenBytes*8 + 5) / 6
)

func (p *Previews) token(id [16]byte, expires time.Time) string {
	raw := binary.BigEndian.AppendUint32(append(make([]byte, 0, tokenBytes), id[:]...), uint32(expires.Unix()))
	return base64.RawURLEncoding.EncodeToString(append(raw, p.mac(raw)...))
}

func (p *Previews) mac(raw []byte) []byte {
	m := hmac.New(sha256.New, p.o.Key)
	m.Write(raw)
	return m.Sum(nil)[:tokenMAC]
}

func (p *Previews) parse(token string) (id [16]byte, expires time.Time, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != tokenBytes {
		return id, expires, false
	}
	said := raw[:tokenBytes-tokenMAC]
	if !hmac.Equal(raw[len(said):], p.mac(said)) {
		return id, expires, false
	}
	copy(id[:], said)
	return id, time.Unix(int64(binary.BigEndian.Uint32(said[16:])), 0), true
}
