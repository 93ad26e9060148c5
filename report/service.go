package report

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// longestRange is the longest range of a template report; a longer one has an empty answer (api.md §11.2).
const longestRange = 90 * 24 * time.Hour

// Service answers reports.
type Service struct{ store Store }

// NewService builds a service.
func NewService(s Store) (*Service, error) {
	if s == nil {
		return nil, errors.New("report: a service needs a store")
	}
	return &Service{s}, nil
}

// Sends is the send report (api.md §11.1): f's rows, and the number of all that fit.
func (s *Service) Sends(ctx context.Context, tenant string, f SendFilter) ([]SendRow, int, error) {
	rows, total, err := s.store.SendReport(ctx, tenant, f)
	if err != nil {
		return nil, 0, fmt.Errorf("read the send report: %w", err)
	}
	return rows, total, nil
}

// Templates is the template report (api.md §11.2) of the days that from and to touch. Ids that no fact of the tenant has named, because they are unknown
// or belong to somebody else, have no row. f.First and f.Last are set here.
func (s *Service) Templates(ctx context.Context, tenant string, from, to time.Time, f TemplateFilter) ([]TemplateRow, int, error) {
	if to.Sub(from) > longestRange {
		return nil, 0, nil
	}
	f.First, f.Last = DayOf(from), DayOf(to)
	rows, total, err := s.store.TemplateReport(ctx, tenant, f)
	if err != nil {
		return nil, 0, fmt.Errorf("read the template report: %w", err)
	}
	return rows, total, nil
}
