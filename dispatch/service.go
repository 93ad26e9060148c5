// Package dispatch owns sending: SMS applications, signatures and texts, send tasks, the durable queue of messages, fairness between
// tenants, the pacer of a channel, the submit ledger and receipts (docs/dispatch.md tells the whole way of a message).
//
// It refuses to know carrier protocols (dispatch/carrier/…, behind carrier.Session), how rows are kept (store implements Store and Queue) and
// how links are made (shortlink).
package dispatch

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"cardlink/shortlink"
)

// linkMaker makes links that are not stored yet. *shortlink.Service is the one engine.
type linkMaker interface {
	Draft(ctx context.Context, r shortlink.Request) (shortlink.Batch, error)
}

// ServiceOptions configure a Service. Store and Links are required.
type ServiceOptions struct {
	Store Store
	Links linkMaker
	// Channels give approved signatures their number and tell which carriers can be reached.
	Channels []Channel
	// ManualReview leaves new signatures and templates waiting for ReviewSignature and ReviewSMSTemplate; by default they are approved at once.
	ManualReview bool
	// Apps bounds the applications of one tenant; 0 = no bound (api.md §12).
	Apps int
	// Validity is how long a message of a class may wait to be sent; a zero entry takes the default (classes.go).
	Validity [Classes]time.Duration
	// Backlog bounds the messages of a tenant that wait to be sent; nil = no bound.
	Backlog *Backlog
	// Wake is called when messages were queued, so that a worker in this process need not wait for its next look. It must not block.
	Wake func()
	Now  func() time.Time
	Log  *slog.Logger
}

// Service accepts sends and keeps what they need.
type Service struct {
	store    Store
	links    linkMaker
	channels []Channel
	manual   bool
	apps     int
	validity [Classes]time.Duration
	backlog  *Backlog
	wake     func()
	now      func() time.Time
	log      *slog.Logger
	messages idBlock
	tasks    idBlock
}

// NewService builds the accepting half of the room.
func NewService(o ServiceOptions) (*Service, error) {
	if o.Store == nil || o.Links == nil {
		return nil, errors.New("dispatch: a store and a maker of links are required")
	}
	if err := validateChannels(o.Channels); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	for c, d := range defaultValidity {
		if o.Validity[c] <= 0 {
			o.Validity[c] = d
		}
	}
	s := &Service{
		store: o.Store, links: o.Links, channels: o.Channels, manual: o.ManualReview, apps: o.Apps, validity: o.Validity,
		backlog: o.Backlog, wake: o.Wake, now: o.Now, log: o.Log,
	}
	s.messages = idBlock{lease: o.Store.LeaseIDs, sequence: "messages", size: 100_000}
	s.tasks = idBlock{lease: o.Store.LeaseIDs, sequence: "send_tasks", size: 1_000}
	return s, nil
}

// Now is the room's clock.
func (s *Service) Now() time.Time { return s.now() }
