package contract

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cardlink/templates"
)

// Previews needs a fresh store with the tenants "a" and "b".
var Previews = []struct {
	Name  string
	Check func(context.Context, templates.PreviewStore) error
}{
	{"a preview comes back whole", func(ctx context.Context, s templates.PreviewStore) error {
		p := previewAt("a", 1, day)
		p.Body = `{"draft":{"tpl_name":"名 \"引号\""}}`
		return errors.Join(s.AddPreview(ctx, p, 10), previewIs(ctx, s, p))
	}},
	{"a preview nobody kept is unknown", func(ctx context.Context, s templates.PreviewStore) error {
		return previewGone(ctx, s, previewAt("a", 1, day))
	}},
	{"one more than are kept costs the tenant's oldest, and nobody else's", func(ctx context.Context, s templates.PreviewStore) error {
		other, first, second, third := previewAt("b", 9, day), previewAt("a", 1, day.Add(time.Minute)), previewAt("a", 2, day.Add(2*time.Minute)), previewAt("a", 3, day.Add(3*time.Minute))
		return errors.Join(
			s.AddPreview(ctx, other, 2), s.AddPreview(ctx, first, 2), s.AddPreview(ctx, second, 2), s.AddPreview(ctx, third, 2),
			previewGone(ctx, s, first), previewIs(ctx, s, second), previewIs(ctx, s, third), previewIs(ctx, s, other),
		)
	}},
	{"what has expired goes with the next one kept, whoever keeps it", func(ctx context.Context, s templates.PreviewStore) error {
		old, edge, next := previewAt("a", 1, day), previewAt("a", 2, day.Add(time.Minute)), previewAt("b", 3, day.Add(time.Hour+time.Minute))
		return errors.Join(s.AddPreview(ctx, old, 10), s.AddPreview(ctx, edge, 10), s.AddPreview(ctx, next, 10),
			previewGone(ctx, s, old), previewIs(ctx, s, edge), previewIs(ctx, s, next))
	}},
}

func previewAt(tenant string, n int, at time.Time) templates.KeptPreview {
	return templates.KeptPreview{ID: fmt.Sprintf("%032x", n), Tenant: tenant, Body: fmt.Sprintf(`{"n":%d}`, n), CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
}

func previewIs(ctx context.Context, s templates.PreviewStore, want templates.KeptPreview) error {
	got, err := s.Preview(ctx, want.ID)
	if err != nil {
		return fmt.Errorf("preview %s: %w", want.ID, err)
	}
	got.CreatedAt, got.ExpiresAt = got.CreatedAt.UTC(), got.ExpiresAt.UTC()
	return same("preview", got, want)
}

func previewGone(ctx context.Context, s templates.PreviewStore, p templates.KeptPreview) error {
	if _, err := s.Preview(ctx, p.ID); !errors.Is(err, templates.ErrUnknown) {
		return fmt.Errorf("preview %s: %v, want ErrUnknown", p.ID, err)
	}
	return nil
}
