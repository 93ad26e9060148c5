// Package videosms owns AIM basic edition, "video SMS" (api.md §16): templates of frames with text, pictures, sound and video, their review at the carriers,
// send tasks, the durable queue of messages, and what carriers tell about them.
//
//	CreateTask ──▶ queue ──▶ Worker ──▶ Gateway (videosms/httpmms, videosms/sim) ──▶ carrier
//	                 ▲                                                                 │
//	                 └──────────────────────── Service.Report ◀────────────────────────┘
//
// It refuses to know how rows are kept (package store implements Store and Queue), what an operator's gateway speaks (behind Gateway), and how customers are
// told (the store queues their callbacks in the transaction that makes the news true).
package videosms

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"cardlink/dispatch"
	"cardlink/previewlink"
)

// Blobs keeps the contents of elements under their digests (lower-case hex SHA-256). *templates.Folder implements it.
type Blobs interface {
	// Put keeps data under digest; when it returns nil, the content is durable.
	Put(ctx context.Context, digest string, data []byte) error
	// Open gives a content for reading; the caller closes it.
	Open(ctx context.Context, digest string) (io.ReadSeekCloser, error)
}

// Options configure a Service. Store and Blobs are required.
type Options struct {
	Store Store
	Blobs Blobs
	// Fetch gets at most limit bytes from a customer's address through a guard against private targets. nil: addresses are refused.
	Fetch func(ctx context.Context, address string, limit int64) ([]byte, error)
	// CheckURL decides about a template's callbackurl; its refusal names the field. nil: any address is taken.
	CheckURL func(field, address string) error
	// ManualReview leaves templates waiting for Review; by default every carrier approves at once.
	ManualReview bool
	// Sends tells whether a gateway is configured. Without one, send tasks are refused.
	Sends bool
	// MaxBytes bounds one message: texts and contents together. Default 2 MiB.
	MaxBytes int64
	Origin   string // public base URL of the edge, for previews
	// Previews signs their addresses; nil: templates have none.
	Previews *previewlink.Addresses
	// Backlog bounds the messages of a tenant that wait to be sent, together with its SMS; nil: no bound.
	Backlog  *dispatch.Backlog
	Wake     func() // called when messages were queued; must not block; nil = nobody
	WakeNews func() // called when callbacks were queued; must not block; nil = nobody
	Now      func() time.Time
	Log      *slog.Logger
}

// defaultMaxBytes is what the carriers' video-message gateways take in common.
const defaultMaxBytes = 2 << 20

// Service accepts templates, sends and reports. Its methods are safe for concurrent use.
type Service struct {
	o Options
	// decoding bounds how many pictures are unfolded at once (some 64 MB each at worst); more wait, bounded by their context.
	decoding chan struct{}
}

// NewService builds the accepting half of the room.
func NewService(o Options) (*Service, error) {
	if o.Store == nil || o.Blobs == nil {
		return nil, errors.New("videosms: a store and blobs are required")
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.CheckURL == nil {
		o.CheckURL = func(string, string) error { return nil }
	}
	nobody := func() {}
	if o.Wake == nil {
		o.Wake = nobody
	}
	if o.WakeNews == nil {
		o.WakeNews = nobody
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, decoding: make(chan struct{}, 4)}, nil
}

// PreviewPath is where the edge shows the template of a name that previewlink.Addresses gave.
func PreviewPath(name string) string { return "/v/" + name }

// previewURL is a template's address at the edge, a capability: whoever has it sees the template.
func (s *Service) previewURL(tplID int64) string {
	if s.o.Previews == nil {
		return ""
	}
	return s.o.Origin + PreviewPath(s.o.Previews.Name(previewlink.Video, tplID, 0))
}

// Media opens the content of an element or value.
func (s *Service) Media(ctx context.Context, digest string) (io.ReadSeekCloser, error) {
	return s.o.Blobs.Open(ctx, digest)
}
