// Package callback owns the webhooks to customers: registration, the durable queue of deliveries, the schedule, signing and the guard
// against private targets (api.md §10, §18). It refuses to know who produces the facts it delivers and how rows are kept.
//
//	Kafka ──▶ Producer ──▶ queue (one row per fact and address) ──▶ Sender ──▶ POST to the customer
//
// Delivery is at least once: what is not known to have arrived is sent again.
package callback

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cardlink/fault"
)

// ServiceOptions configure a Service. Store is required.
type ServiceOptions struct {
	Store   Store
	Targets Targets
	Now     func() time.Time // default time.Now
	Wake    func()           // Sender.Wake of the same process; may be nil
}

// Service keeps registrations, signing secrets and the dead-letter list.
type Service struct {
	store Store
	guard *guard
	now   func() time.Time
	wake  func()
}

// NewService builds a service; it complains about unreadable Targets.
func NewService(o ServiceOptions) (*Service, error) {
	if o.Store == nil {
		return nil, errors.New("callback: a service needs a store")
	}
	g, err := newGuard(o.Targets)
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wake == nil {
		o.Wake = func() {}
	}
	return &Service{o.Store, g, o.Now, o.Wake}, nil
}

// Register sets the tenant's address for one type. Registering again replaces the address, keeps its id and enables it if it was disabled.
func (s *Service) Register(ctx context.Context, tenant, url string, t URLType) (Endpoint, error) {
	if t != Single && t != TemplateStatus && t != Batched {
		return Endpoint{}, fault.In(fault.Parameter, "url_type", "must be 0, 1 or 2")
	}
	if err := s.guard.check(url); err != nil {
		return Endpoint{}, err
	}
	e, err := s.store.PutEndpoint(ctx, Endpoint{ID: uuid.NewString(), Tenant: tenant, URLType: t, URL: url, CreatedAt: s.now()})
	if err != nil {
		return Endpoint{}, fmt.Errorf("register a callback: %w", err)
	}
	s.wake()
	return e, nil
}

// List is the tenant's addresses of AIM by type, at most one each.
func (s *Service) List(ctx context.Context, tenant string) ([]Endpoint, error) {
	return s.list(ctx, tenant, Single, TemplateStatus, Batched)
}

func (s *Service) list(ctx context.Context, tenant string, types ...URLType) ([]Endpoint, error) {
	es, err := s.store.Endpoints(ctx, tenant)
	return slices.DeleteFunc(es, func(e Endpoint) bool { return !slices.Contains(types, e.URLType) }), err
}

// SetSigning decides how pushes to the tenant are signed from now on. The zero Signing ends it.
func (s *Service) SetSigning(ctx context.Context, tenant string, g Signing) error {
	switch g.Mode {
	case Unsigned:
		g = Signing{}
	case StandardWebhooks:
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(g.Secret, "whsec_"))
		if err != nil || len(key) < 24 || len(key) > 64 {
			return fault.In(fault.Parameter, "secret", "must be whsec_ and the base64 form of 24 to 64 bytes")
		}
	case AccessKey:
		if g.Access == "" || g.Secret == "" {
			return fault.In(fault.Parameter, "secret", "an access key and its secret are required")
		}
	default:
		return fault.In(fault.Parameter, "mode", "must be standard, aksk or empty")
	}
	return s.store.PutSigning(ctx, tenant, g, s.now())
}

// DeadLetters lists what could not be delivered, newest first.
func (s *Service) DeadLetters(ctx context.Context, tenant string, limit int) ([]DeadLetter, error) {
	return s.store.DeadLetters(ctx, tenant, min(max(limit, 1), 1000))
}

// Replay puts dead letters of one type back into the queue with a new schedule: those of the given ids, or all if ids is empty. It returns how many.
func (s *Service) Replay(ctx context.Context, tenant string, t URLType, ids []int64) (int, error) {
	n, err := s.store.Replay(ctx, tenant, t, ids, s.now())
	if err != nil {
		return 0, fmt.Errorf("replay dead letters: %w", err)
	}
	s.wake()
	return n, nil
}
