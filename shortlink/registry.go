package shortlink

import (
	"context"
	"slices"
	"strings"
	"time"

	"cardlink/fault"
)

// JumpHost is a registered target of custom_url: a host, or "*.example.com" for every host below example.com.
type JumpHost struct {
	Tenant, Host string
	State        string // of its review; only approved ones may be jumped to
	Words        string // the reviewer's
	CreatedAt    time.Time
}

// maxRegistered bounds the domains and, apart, the jump hosts of one tenant: both lists are read whole.
const maxRegistered = 1000

// RegisterDomain registers a short-link domain for one generation type, for a tenant or, with an empty tenant, for all. It needs no review. Registering
// again changes whether it is frozen and nothing else.
func (s *Service) RegisterDomain(ctx context.Context, d Domain) error {
	name, err := ParseDomain(d.Name)
	if err != nil {
		return fault.In(fault.Parameter, "domain", err.Error())
	}
	if d.Generation != Standard && d.Generation != Custom {
		return fault.In(fault.Parameter, "generation_type", "must be 1 or 2")
	}
	d.Name = name
	if d.State == "" {
		d.State = Approved
	}
	if d.CreatedAt.IsZero() {
		d.CreatedAt = s.o.Now()
	}
	return s.o.Store.SaveDomain(ctx, d)
}

// RequestDomain registers a domain at a tenant's wish. With manual review it waits for an operator; one that was rejected is reviewed again.
func (s *Service) RequestDomain(ctx context.Context, tenant, name, generation string) (Domain, error) {
	d := Domain{Name: name, Tenant: tenant, Generation: generation, State: s.firstState()}
	if generation == "" {
		d.Generation = Standard
	}
	own, err := s.o.Store.Domains(ctx, tenant)
	if err != nil {
		return Domain{}, err
	}
	if len(own) >= maxRegistered {
		return Domain{}, fault.Inf(fault.Parameter, "domain", "a tenant may have at most %d domains", maxRegistered)
	}
	if err := s.RegisterDomain(ctx, d); err != nil {
		return Domain{}, err
	}
	canonical, err := ParseDomain(name)
	if err != nil {
		return Domain{}, err
	}
	return s.o.Store.Domain(ctx, tenant, canonical)
}

func (s *Service) firstState() string {
	if s.o.ManualReview {
		return Pending
	}
	return Approved
}

// Domains lists the domains a tenant may use, by name; all of them for an empty tenant.
func (s *Service) Domains(ctx context.Context, tenant string) ([]Domain, error) {
	return s.o.Store.Domains(ctx, tenant)
}

// ReviewDomain is the operator's verdict. A rejected domain takes no new links and its links answer as gone, until it is approved.
func (s *Service) ReviewDomain(ctx context.Context, name string, pass bool, words string) error {
	return s.reviewed(s.o.Store.ReviewDomain(ctx, name, verdict(pass), words))
}

func verdict(pass bool) string {
	if pass {
		return Approved
	}
	return Rejected
}

func (s *Service) reviewed(found bool, err error) error {
	if err == nil && !found {
		return fault.In(fault.Parameter, "id", "does not exist")
	}
	return err
}

// RegisterJump allows a host as the target of a tenant's custom_url, at the tenant's wish; see RequestDomain for reviews.
func (s *Service) RegisterJump(ctx context.Context, tenant, host string) (JumpHost, error) {
	host = strings.ToLower(host)
	if len(host) > 253 || !isHost(strings.TrimPrefix(host, "*.")) {
		return JumpHost{}, fault.In(fault.Parameter, "host", "must be a host name such as shop.example.com or *.example.com")
	}
	all, err := s.o.Store.JumpHosts(ctx, tenant)
	if err != nil {
		return JumpHost{}, err
	}
	if len(all) >= maxRegistered {
		return JumpHost{}, fault.Inf(fault.Parameter, "host", "a tenant may have at most %d jump hosts", maxRegistered)
	}
	if err := s.o.Store.SaveJumpHost(ctx, JumpHost{Tenant: tenant, Host: host, State: s.firstState(), CreatedAt: s.o.Now()}); err != nil {
		return JumpHost{}, err
	}
	all, err = s.o.Store.JumpHosts(ctx, tenant)
	if err != nil {
		return JumpHost{}, err
	}
	if i := slices.IndexFunc(all, func(j JumpHost) bool { return j.Host == host }); i >= 0 {
		return all[i], nil
	}
	return JumpHost{}, fault.In(fault.Parameter, "host", "was deleted meanwhile")
}

// Jumps lists a tenant's jump hosts by name; those of all tenants for an empty one.
func (s *Service) Jumps(ctx context.Context, tenant string) ([]JumpHost, error) {
	return s.o.Store.JumpHosts(ctx, tenant)
}

// DeleteJump takes a host off a tenant's list. Links that lead there go on: their target was checked when they were made.
func (s *Service) DeleteJump(ctx context.Context, tenant, host string) error {
	found, err := s.o.Store.DeleteJumpHost(ctx, tenant, strings.ToLower(host))
	if err == nil && !found {
		return fault.In(fault.Parameter, "host", "does not exist")
	}
	return err
}

// ReviewJump is the operator's verdict on a tenant's jump host.
func (s *Service) ReviewJump(ctx context.Context, tenant, host string, pass bool, words string) error {
	return s.reviewed(s.o.Store.ReviewJumpHost(ctx, tenant, host, verdict(pass), words))
}

// allowed is the list that custom_url is held against.
func allowed(hosts []JumpHost) JumpList {
	list := make(JumpList, 0, len(hosts))
	for _, j := range hosts {
		if j.State == Approved {
			list = append(list, j.Host)
		}
	}
	return list
}
