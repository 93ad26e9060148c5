package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"cardlink/dispatch"
	"cardlink/templates"
	"cardlink/videosms"
	"cardlink/videosms/httpmms"
	"cardlink/videosms/sim"
)

// VideoGateway is the way to the carriers of video messages (docs/video-sms.md).
type VideoGateway struct {
	URL       string // base address of the operator's gateway; empty: video messages cannot be sent, but for Simulator
	Secret    string // whsec_…, signs what we submit and what the gateway reports
	Rate      int    // messages per second over all nodes; default 100
	Simulator bool   // instead of a gateway, a carrier in this process that delivers after a moment; the demo's default
	MaxBytes  int64  // of one message; default 2 MiB
}

// validate names what is wrong.
func (v VideoGateway) validate() error {
	var errs []error
	if v.URL != "" {
		if _, err := httpmms.New(httpmms.Options{URL: v.URL, Secret: v.Secret, Media: (*videosms.Service)(nil).Media}); err != nil {
			errs = append(errs, fmt.Errorf("video-gateway: %w", err))
		}
	}
	if v.URL != "" && v.Simulator {
		errs = append(errs, errors.New("video-simulator: there is a video-gateway already"))
	}
	if v.Rate < 0 || v.Rate > 100_000 {
		errs = append(errs, errors.New("video-gateway-rate: must be 1-100000 messages per second"))
	}
	if v.MaxBytes < 0 || v.MaxBytes > 8<<20 {
		errs = append(errs, errors.New("video-max-bytes: must be at most 8 MiB")) // a signed request holds no more
	}
	return errors.Join(errs...)
}

// simulated reports whether messages go to the simulated carrier.
func (o *Options) simulated() bool { return o.Video.Simulator || o.Demo && o.Video.URL == "" }

// openVideos builds the room of video messages. Contents are files in a folder of their own, which several nodes must share.
func (a *App) openVideos() error {
	blobs, err := templates.NewFolder(filepath.Join(a.o.Data, "video-sms"))
	if err != nil {
		return err
	}
	a.videoBlobs = blobs
	a.videos, err = videosms.NewService(videosms.Options{
		Store: a.db, Blobs: blobs, Fetch: a.fetch, CheckURL: a.callbacks.CheckURL, ManualReview: a.o.ManualReview,
		Sends: a.o.Video.URL != "" || a.o.simulated(), MaxBytes: a.o.Video.MaxBytes, Backlog: a.backlog, Origin: a.o.EdgeOrigin, Previews: a.looks,
		Wake: a.wake.videosQueued, WakeNews: a.wake.deliveries, Now: a.o.Now, Log: a.log("videosms"),
	})
	if err != nil || a.o.Video.URL == "" {
		return err
	}
	a.videoInbox, err = httpmms.NewInbox(httpmms.InboxOptions{Secret: a.o.Video.Secret, Sink: a.videos, Now: a.o.Now})
	return err
}

// fetch gets a file from a customer's address.
func (a *App) fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	data, err := a.materials.Fetch(ctx, address, limit)
	if errors.Is(err, templates.ErrFetchSize) {
		err = videosms.ErrTooLarge
	}
	return data, err
}

// startVideos runs the worker that hands video messages to the gateway. Without a gateway nothing is queued and only the housekeeping of templates would be left,
// which needs no carrier either: the worker runs over a gateway that takes nothing.
func (a *App) startVideos(budget dispatch.Budget) error {
	gateway, err := a.videoGateway()
	if err != nil {
		return err
	}
	w, err := videosms.NewWorker(videosms.WorkerOptions{
		Queue: a.db, Gateway: gateway, Expire: a.videos.Expire, Node: a.node, Rate: a.o.Video.Rate, Budget: budget,
		Now: a.o.Now, Log: a.log("videosms"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	wake := w.Wake
	a.wake.videos.Store(&wake)
	a.life.run("video messages", w.Run)
	return nil
}

func (a *App) videoGateway() (videosms.Gateway, error) {
	switch {
	case a.o.Video.URL != "":
		g, err := httpmms.New(httpmms.Options{URL: a.o.Video.URL, Secret: a.o.Video.Secret, Media: a.videos.Media, Now: a.o.Now})
		if err != nil {
			return nil, err
		}
		a.life.onStop("video gateway", func(context.Context) error { return g.Close() })
		return g, nil
	case a.o.simulated():
		c, err := sim.New(sim.Options{Report: a.videos.Report, Delay: time.Second, Log: a.log("simulated video carrier")})
		if err != nil {
			return nil, err
		}
		a.life.onStop("simulated video carrier", func(context.Context) error { return c.Close() })
		return c, nil
	}
	return noGateway{}, nil
}

// noGateway takes nothing: what was queued while there was a gateway waits for it until its time is over.
type noGateway struct{}

// Submit takes nothing.
func (noGateway) Submit(context.Context, videosms.Batch) ([]videosms.Outcome, error) {
	return nil, &videosms.Pause{For: time.Minute, Err: errors.New("no video message gateway is configured")}
}

// Repeatable is false: nobody knows what the last gateway does.
func (noGateway) Repeatable() bool { return false }
