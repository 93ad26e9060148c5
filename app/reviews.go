package app

import (
	"context"
	"strconv"
	"strings"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/review"
	"cardlink/shortlink"
	"cardlink/templates"
)

// The kinds of reviews. They are names of the operator's API and command line.
const (
	kindTemplate    = "template"
	kindSignature   = "signature"
	kindSMSTemplate = "sms_template"
	kindDomain      = "domain"
	kindJump        = "jump_domain"
)

func templateReviews(s *templates.Service) review.Queue {
	return review.Queue{
		Kind: kindTemplate, Parts: "vendor",
		Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
			list, err := s.Pending(ctx, limit)
			if err != nil {
				return nil, err
			}
			for _, t := range list {
				for _, f := range t.Factories {
					if f.Pending {
						items = append(items, review.Item{
							Tenant: t.Tenant, ID: t.TplID(), Part: string(f.Vendor), Title: t.Name, Detail: templateDetail(t, f.Vendor, s.PreviewURL(t)), Since: t.UpdatedAt,
						})
					}
				}
			}
			return items, nil
		},
		Decide: func(ctx context.Context, d review.Decision) error {
			return s.Review(ctx, d.ID, templates.Vendor(strings.ToUpper(d.Part)), d.Pass, d.Words)
		},
	}
}

// shownWarnings is how many of a template's warnings a reviewer's list shows; the preview has the rest.
const shownWarnings = 3

// templateDetail is what there is to judge of a template for one vendor: its layout, where it is seen, and what was doubtful about it.
func templateDetail(t *templates.Template, v templates.Vendor, preview string) string {
	out, n := t.CardID+", "+preview, 0
	for _, p := range t.Warnings {
		if p.Vendor != "" && p.Vendor != v {
			continue
		}
		if n++; n <= shownWarnings {
			out += "; " + p.Field + ": " + p.Rule
		}
	}
	if n > shownWarnings {
		out += "; and " + strconv.Itoa(n-shownWarnings) + " more"
	}
	return out
}

func signatureReviews(s *dispatch.Service) review.Queue {
	return review.Queue{
		Kind: kindSignature,
		Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
			list, err := s.PendingSignatures(ctx, limit)
			if err != nil {
				return nil, err
			}
			for _, n := range list {
				items = append(items, review.Item{Tenant: n.Tenant, ID: n.ID, Title: n.Name, Detail: n.Kind, Since: n.CreatedAt})
			}
			return items, nil
		},
		Decide: func(ctx context.Context, d review.Decision) error {
			return s.ReviewSignature(ctx, d.Tenant, d.ID, d.Pass, d.Words)
		},
	}
}

func smsTemplateReviews(s *dispatch.Service) review.Queue {
	return review.Queue{
		Kind: kindSMSTemplate,
		Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
			list, err := s.PendingSMSTemplates(ctx, limit)
			if err != nil {
				return nil, err
			}
			for _, t := range list {
				items = append(items, review.Item{Tenant: t.Tenant, ID: strconv.FormatInt(t.ID, 10), Title: t.Name, Detail: t.Content, Since: t.CreatedAt})
			}
			return items, nil
		},
		Decide: func(ctx context.Context, d review.Decision) error {
			id, err := strconv.ParseInt(d.ID, 10, 64)
			if err != nil {
				return fault.New(fault.SMSTemplateIDNumber, "")
			}
			return s.ReviewSMSTemplate(ctx, d.Tenant, id, d.Pass, d.Words)
		},
	}
}

func domainReviews(s *shortlink.Service) review.Queue {
	return review.Queue{
		Kind: kindDomain,
		Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
			all, err := s.Domains(ctx, "")
			for _, d := range all {
				if d.State == shortlink.Pending && len(items) < limit {
					items = append(items, review.Item{Tenant: d.Tenant, ID: d.Name, Title: d.Name, Detail: "generation type " + d.Generation, Since: d.CreatedAt})
				}
			}
			return items, err
		},
		Decide: func(ctx context.Context, d review.Decision) error { return s.ReviewDomain(ctx, d.ID, d.Pass, d.Words) },
	}
}

func jumpReviews(s *shortlink.Service) review.Queue {
	return review.Queue{
		Kind: kindJump,
		Pending: func(ctx context.Context, limit int) (items []review.Item, err error) {
			all, err := s.Jumps(ctx, "")
			for _, j := range all {
				if j.State == shortlink.Pending && len(items) < limit {
					items = append(items, review.Item{Tenant: j.Tenant, ID: j.Host, Title: j.Host, Since: j.CreatedAt})
				}
			}
			return items, err
		},
		Decide: func(ctx context.Context, d review.Decision) error {
			return s.ReviewJump(ctx, d.Tenant, d.ID, d.Pass, d.Words)
		},
	}
}
