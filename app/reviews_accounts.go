package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"cardlink/fault"
	"cardlink/review"
	"cardlink/serviceaccount"
	"cardlink/videosms"
)

const (
	kindCompany       = "company"
	kindVideoTemplate = "video_template"
)

// accountReviews are one queue for each kind of change of a service account. The id is the change's log id, not its object's: nobody approves what he has
// not seen.
func accountReviews(s *serviceaccount.Service) []review.Queue {
	var queues []review.Queue
	for _, kind := range []string{serviceaccount.KindPub, serviceaccount.KindUnfreeze, serviceaccount.KindMenu, serviceaccount.KindPortal, serviceaccount.KindPort} {
		queues = append(queues, review.Queue{
			Kind: kind,
			Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
				changes, err := s.PendingReviews(ctx, kind, limit)
				for _, c := range changes {
					it := review.Item{Tenant: c.Tenant, ID: c.LogID(), Title: c.PubName, Detail: changeDetail(s, &c), Since: c.At, Urged: c.Urged > 0}
					items = append(items, it)
				}
				return items, err
			},
			Decide: func(ctx context.Context, d review.Decision) error { return s.Review(ctx, kind, d.ID, d.Pass, d.Words) },
		})
	}
	return queues
}

// changeDetail is what there is to judge: the reason, the content asked for, and addresses of its pictures that work for the reviewer.
func changeDetail(s *serviceaccount.Service, c *serviceaccount.Change) string {
	parts := []string{c.Reason, string(c.After)}
	for _, id := range c.Pictures() {
		parts = append(parts, s.LetterURL(id))
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// companyReviews decide about filings. The id is the tenant and the moment of the filing, so that a later one is not meant: "<tenant>@<Unix milliseconds>".
func companyReviews(s *serviceaccount.Service) review.Queue {
	return review.Queue{
		Kind: kindCompany,
		Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
			list, err := s.PendingCompanies(ctx, limit)
			for _, c := range list {
				it := review.Item{Tenant: c.Tenant, ID: c.Tenant + "@" + strconv.FormatInt(c.SubmittedAt.UnixMilli(), 10), Title: c.Name, Since: c.SubmittedAt}
				if c.Pending != nil {
					it.Title, it.Detail = c.Pending.Name, c.Pending.LicenceNo
				}
				items = append(items, it)
			}
			return items, err
		},
		Decide: func(ctx context.Context, d review.Decision) error {
			tenant, at, _ := strings.Cut(d.ID, "@")
			ms, err := strconv.ParseInt(at, 10, 64)
			if err != nil {
				return fault.NotFound("id")
			}
			_, err = s.ReviewCompany(ctx, tenant, time.UnixMilli(ms), d.Pass, d.Words)
			return err
		},
	}
}

func videoTemplateReviews(s *videosms.Service) review.Queue {
	return review.Queue{
		Kind: kindVideoTemplate, Parts: "carrier",
		Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
			list, err := s.Pending(ctx, limit)
			for _, t := range list {
				for _, c := range t.Carriers {
					if c.State == videosms.InReview {
						items = append(items, review.Item{
							Tenant: t.Tenant, ID: strconv.FormatInt(t.ID, 10), Part: c.Carrier, Title: t.Name, Detail: t.PreviewURL, Since: t.CreatedAt,
						})
					}
				}
			}
			return items, err
		},
		Decide: func(ctx context.Context, d review.Decision) error {
			id, err := strconv.ParseInt(d.ID, 10, 64)
			if err != nil {
				return fault.NotFound("id")
			}
			_, err = s.Review(ctx, d.Tenant, id, strings.ToLower(d.Part), d.Pass, d.Words)
			return err
		},
	}
}
