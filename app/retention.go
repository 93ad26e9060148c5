package app

import (
	"context"
	"time"

	"cardlink/dispatch"
	"cardlink/retention"
	"cardlink/templates"
)

// How long is kept what has no option (docs/configuration.md).
const (
	keepRevocations = 7 * 24 * time.Hour // edges read them every few seconds
	keepPreviews    = time.Hour          // after their end
	// keepContents is from when on a content that no template has is nobody's: a send task, which may name pictures of its own, is over after 72 hours.
	keepContents = 7 * 24 * time.Hour
	// keepUploads is the same for materials, which own their contents from the moment that an upload ends.
	keepUploads = 24 * time.Hour
)

// startRetention forgets old rows. It belongs to the dispatch role, which every installation has.
func (a *App) startRetention() error {
	rules := []retention.Rule{
		{Name: "link_revocations", Keep: keepRevocations, Sweep: a.db.SweepRevocations},
		{Name: "template_previews", Keep: keepPreviews, Sweep: a.db.SweepPreviews},
		{Name: "video_uplinks", Keep: dispatch.ReplyLife, Sweep: a.db.SweepVideoUplinks},
		{Name: "reports", Sweep: a.db.SweepReports}, // knows itself how long sums and digests are kept
	}
	if keep := time.Duration(a.o.KeepDays) * 24 * time.Hour; keep > 0 {
		rules = append(rules,
			retention.Rule{Name: "sends", Keep: keep, Sweep: a.db.SweepSends},
			retention.Rule{Name: "video_sends", Keep: keep, Sweep: a.db.SweepVideos},
			retention.Rule{Name: "clicks", Keep: keep, Sweep: a.db.SweepClicks},
			retention.Rule{Name: "links", Keep: keep, Sweep: a.db.SweepLinks})
	}
	s, err := retention.New(retention.Options{
		Name: "retention", Rules: rules, Lease: a.db, Holder: a.node, Now: a.o.Now, Log: a.log("retention"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.life.run("retention", s.Run)
	return nil
}

// startBlobSweeper removes contents that nothing names any more, once a day. It belongs to the api role, whose nodes have the folders.
func (a *App) startBlobSweeper() error {
	folder := func(f *templates.Folder, known func(context.Context) (func(context.Context, []string) (map[string]bool, error), error)) func(context.Context, time.Time, int) (int, error) {
		return func(ctx context.Context, before time.Time, _ int) (int, error) {
			names, err := known(ctx)
			if err != nil {
				return 0, err
			}
			return f.Sweep(ctx, before, names)
		}
	}
	rules := []retention.Rule{
		{Name: "materials", Keep: keepUploads, Sweep: func(ctx context.Context, before time.Time, _ int) (int, error) { return a.materials.Sweep(ctx, before) }},
		{Name: "video_contents", Keep: keepContents, Sweep: folder(a.videoBlobs, func(ctx context.Context) (func(context.Context, []string) (map[string]bool, error), error) {
			held, err := a.db.VideoDigests(ctx) // what a template takes later has been put later, and stays for that
			return func(context.Context, []string) (map[string]bool, error) { return held, nil }, err
		})},
		{Name: "account_pictures", Keep: keepContents, Sweep: folder(a.accountBlobs, func(context.Context) (func(context.Context, []string) (map[string]bool, error), error) {
			return a.db.KnownAccountMedia, nil
		})},
	}
	s, err := retention.New(retention.Options{
		Name: "blob-sweeper", Rules: rules, Every: 24 * time.Hour, Lease: a.db, Holder: a.node, Now: a.o.Now, Log: a.log("retention"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.life.run("blob sweeper", s.Run)
	return nil
}
