package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"cardlink/billing"
	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/identity"
	"cardlink/previewlink"
	"cardlink/render"
	"cardlink/report"
	"cardlink/review"
	"cardlink/shortlink"
	"cardlink/templates"
)

// openRooms builds the rooms over the store: everything that can be asked and told, nothing that runs by itself.
func (a *App) openRooms(ctx context.Context, vault *identity.Vault) (err error) {
	o, db := a.o, a.db
	if a.identity, err = identity.NewService(identity.Options{Store: db, Vault: vault, Now: o.Now, Log: a.log("identity"), Metrics: a.metrics}); err != nil {
		return err
	}
	if err := a.identity.CheckVault(ctx); err != nil {
		return err
	}
	if err := a.openTemplates(ctx); err != nil {
		return err
	}
	if a.codec, err = shortlink.NewCodec(a.keys.codes); err != nil {
		return err
	}
	defaultDomain := ""
	if len(o.Domains) > 0 {
		defaultDomain = o.Domains[0]
	}
	if a.links, err = shortlink.NewService(shortlink.Options{
		Store: db, Templates: a.templates, Codec: a.codec, CodeLength: o.CodeLength, DefaultDomain: defaultDomain, AnyJump: o.AllowAnyJump,
		ManualReview: o.ManualReview, Now: o.Now,
	}); err != nil {
		return err
	}
	if o.MaxPending > 0 {
		a.backlog, err = dispatch.NewBacklog(dispatch.BacklogOptions{Store: db, Most: o.MaxPending, Now: o.Now, Metrics: a.metrics})
		if err != nil {
			return err
		}
	}
	if a.sends, err = dispatch.NewService(dispatch.ServiceOptions{
		Store: db, Links: a.links, Channels: a.channels(), ManualReview: o.ManualReview, Apps: o.SMSApps, Backlog: a.backlog, Wake: a.wake.queued, Now: o.Now, Log: a.log("dispatch"),
	}); err != nil {
		return err
	}
	if err := a.openAccounts(); err != nil {
		return err
	}
	if a.callbacks, err = callback.NewService(callback.ServiceOptions{Store: db, Targets: a.targets(), Now: o.Now, Wake: a.wake.deliveries}); err != nil {
		return err
	}
	if a.plans, err = loadPlans(o.PricePlanFile); err != nil {
		return err
	}
	if a.usage, err = billing.NewService(db, a.plans, o.Now); err != nil {
		return err
	}
	if a.reports, err = report.NewService(db); err != nil {
		return err
	}
	if err := a.openVideos(); err != nil {
		return err
	}
	queues := append(accountReviews(a.accounts), companyReviews(a.accounts),
		templateReviews(a.templates), signatureReviews(a.sends), smsTemplateReviews(a.sends), domainReviews(a.links), jumpReviews(a.links), videoTemplateReviews(a.videos))
	a.desk, err = review.NewDesk(a.identity, queues...)
	return err
}

// channels are the carrier channels as the dispatcher knows them.
func (a *App) channels() []dispatch.Channel {
	list := make([]dispatch.Channel, len(a.o.Channels))
	for i, c := range a.o.Channels {
		list[i] = c.dispatch()
	}
	return list
}

// targets say where callbacks may go.
func (a *App) targets() callback.Targets {
	return callback.Targets{AllowPrivate: a.o.CallbackAllowPrivate, Allow: a.o.CallbackAllow}
}

// openTemplates opens the template room: catalogue, pictures on disk, and the built-in gallery.
func (a *App) openTemplates(ctx context.Context) (err error) {
	override := func(path string) (text []byte) {
		if path != "" && err == nil {
			text, err = os.ReadFile(path)
		}
		return text
	}
	layouts, degrade, dialects := override(a.o.LayoutFile), override(a.o.DegradeFile), override(a.o.DialectFile)
	if err != nil {
		return fmt.Errorf("correction of card facts: %w", err)
	}
	if a.catalogue, err = templates.LoadCatalogue(layouts); err != nil {
		return fmt.Errorf("layout catalogue: %w", err)
	}
	if a.rules, err = render.LoadRules(degrade, dialects); err != nil {
		return fmt.Errorf("card rules: %w", err)
	}
	if err := a.rules.Check(a.catalogue); err != nil {
		return fmt.Errorf("card rules: %w", err)
	}
	blobs, err := templates.NewFolder(filepath.Join(a.o.Data, "materials"))
	if err != nil {
		return err
	}
	if a.materials, err = templates.NewMaterials(templates.MaterialOptions{
		Store: a.db, Blobs: blobs, Catalogue: a.catalogue, Origin: a.o.EdgeOrigin, Now: a.o.Now, Log: a.log("templates"),
	}); err != nil {
		return err
	}
	a.life.onStop("materials", func(context.Context) error { return a.materials.Close() })
	if a.looks, err = previewlink.New(a.keys.looks); err != nil {
		return err
	}
	words, err := readWords(a.o.SensitiveWordsFile)
	if err != nil {
		return err
	}
	if a.templates, err = templates.NewService(templates.Options{
		Store: a.db, Catalogue: a.catalogue, Materials: a.materials, ManualReview: a.o.ManualReview, Strict: a.o.Strict, Origin: a.o.EdgeOrigin, Previews: a.looks,
		SensitiveWords: words,
		PagesModel:     func(t *templates.Template) string { return render.PagesModel(a.catalogue, t, a.o.EdgeOrigin) },
		Now:            a.o.Now, Log: a.log("templates"),
	}); err != nil {
		return err
	}
	if a.previews, err = templates.NewPreviews(templates.PreviewOptions{Store: a.db, Templates: a.templates, Key: a.keys.previews, Now: a.o.Now}); err != nil {
		return err
	}
	return a.templates.PublishGallery(ctx)
}
