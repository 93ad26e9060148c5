package serviceaccount

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"time"
)

// Store keeps everything of service accounts. Package store implements it on SQLite and PostgreSQL; contract.ServiceAccounts says in running code what that means.
type Store interface {
	PubStore
	PortStore
	CompanyStore
}

// Blobs keeps the contents of pictures, each under its digest (lower-case hex SHA-256).
type Blobs interface {
	// Put keeps data under digest. When it returns nil, the blob is durable.
	Put(ctx context.Context, digest string, data []byte) error
	// Open gives the blob for reading; the caller closes it. The error wraps fs.ErrNotExist if there is none.
	Open(ctx context.Context, digest string) (io.ReadSeekCloser, error)
}

// Options configure a Service.
type Options struct {
	Store Store // required
	Blobs Blobs // required
	// ManualReview leaves every change to Review; false approves it at once (api.md D-36).
	ManualReview bool
	// Origin is the edge's address, "https://s.example.com", for the addresses of pictures; empty gives paths without origin.
	Origin string
	// MediaKey signs the addresses of licences and letters, so that only who was given one can read them; without it they are not served.
	MediaKey []byte
	Now      func() time.Time // nil = time.Now
	Log      *slog.Logger     // nil = silent
}

// Service keeps service accounts. Its methods are safe for concurrent use.
type Service struct {
	o Options
	// decoding bounds how many uploads are unfolded at once (about 100 MB each at worst); more wait, bounded by their context.
	decoding chan struct{}
}

// NewService builds the service. It starts nothing.
func NewService(o Options) (*Service, error) {
	if o.Store == nil || o.Blobs == nil {
		return nil, errors.New("service accounts: Store and Blobs are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, decoding: make(chan struct{}, 4)}, nil
}

// Caller is who asks for a change.
type Caller struct {
	Tenant string
	User   string // user id, for the change log
}

// newID draws 128 random bits, as the ids of this room look on the wire: 32 lower-case hex digits.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
