package shortlink

import (
	"context"
	"strings"

	"cardlink/fault"
)

// List gives a window of the links of resolve tasks, one row per link, newest first (api.md §7.3). aimURL, if not empty, selects one link.
func (s *Service) List(ctx context.Context, f LinkFilter, aimURL string) ([]LinkRow, int, error) {
	f.ResolveOnly = true
	if ok := s.narrow(&f, aimURL); !ok {
		return nil, 0, nil
	}
	return s.o.Store.ListLinks(ctx, f)
}

// Details gives a window of resolutions and of links that have none, of resolve and of send tasks (api.md §7.4).
func (s *Service) Details(ctx context.Context, f LinkFilter, aimURL string) ([]DetailRow, int, error) {
	switch f.Status {
	case "", StatusSuccess, StatusFail, StatusUnresolved:
	default:
		return nil, 0, fault.In(fault.Parameter, "resolved_status", "must be success, fail or unresolved")
	}
	if ok := s.narrow(&f, aimURL); !ok {
		return nil, 0, nil
	}
	return s.o.Store.ListDetails(ctx, f)
}

// narrow turns an aim_url into a link's key; false: no link can have that address.
func (s *Service) narrow(f *LinkFilter, aimURL string) bool {
	f.Now = s.o.Now()
	if aimURL == "" {
		return true
	}
	cut := strings.LastIndexByte(aimURL, '/')
	if cut < 0 {
		return false
	}
	domain, err := ParseDomain(aimURL[:cut])
	if err != nil || !IsCustom(aimURL[cut+1:]) {
		return false
	}
	// Whether the code is standard or custom is the domain's matter; the store tries both keys and compares the code.
	f.Domain, f.Code = domain, aimURL[cut+1:]
	if id, err := s.codes.ParseCode([]byte(f.Code)); err == nil {
		f.LinkID = id
	}
	return true
}
