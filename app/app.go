// Package app wires the rooms into a running server and unwinds it again: options in, listening faces and background work out. It holds no rule of any
// room; New is one straight line on purpose, so that reading it once tells what depends on what.
package app

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/redis/go-redis/v9"

	"cardlink/billing"
	"cardlink/callback"
	"cardlink/capability"
	"cardlink/dispatch"
	"cardlink/gateway/api"
	"cardlink/gateway/ops"
	"cardlink/identity"
	"cardlink/previewlink"
	"cardlink/render"
	"cardlink/report"
	"cardlink/review"
	"cardlink/serviceaccount"
	"cardlink/shortlink"
	"cardlink/store"
	"cardlink/templates"
	"cardlink/videosms"
)

// App is a running server.
type App struct {
	o       Options
	life    *lifecycle
	metrics *metrics.Set
	checks  []ops.Check
	addr    Addresses
	ops     *ops.Server
	node    string
	keys    derivedKeys

	db                       *store.DB
	identity                 *identity.Service
	catalogue                *templates.Catalogue
	rules                    *render.Rules
	materials                *templates.Materials
	templates                *templates.Service
	previews                 *templates.Previews // of drafts
	looks                    *previewlink.Addresses
	links                    *shortlink.Service
	accounts                 *serviceaccount.Service
	sends                    *dispatch.Service
	backlog                  *dispatch.Backlog // of sends and videos; nil: no bound
	callbacks                *callback.Service
	usage                    *billing.Service
	reports                  *report.Service
	videos                   *videosms.Service
	videoBlobs, accountBlobs *templates.Folder
	videoInbox               api.VideoInbox // nil: no gateway reports
	codec                    *shortlink.Codec
	desk                     *review.Desk
	capability               *capability.Service // of the API role
	plans                    billing.Plans
	bus                      *bus
	redis                    *redis.Client // nil without an address, or before the first role that needs it
	wake                     *wakers
}

// Addresses are where a server listens, as base URLs; empty for roles it does not play.
type Addresses struct {
	Edge  string   `json:"edge"`
	API   string   `json:"api"`
	Ops   string   `json:"ops"`
	Kafka []string `json:"kafka"`
}

// New opens the engines bottom-up, sets the roles on top of them, and returns when every face listens and answers. On an error nothing is left
// running.
func New(ctx context.Context, o Options) (_ *App, err error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.fill()
	a := &App{o: o, life: newLifecycle(), metrics: metrics.NewSet(), wake: &wakers{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.life.unwind(context.WithoutCancel(ctx), o.DrainTimeout))
		}
	}()

	// Listeners first: addresses are part of links and of the demo, and a taken port should stop us before anything else happens.
	faces, err := listen(&o)
	if err != nil {
		return nil, err
	}
	a.addr = faces.addresses()
	a.life.onStop("listeners", func(context.Context) error { return faces.close() })
	a.o = o

	// Engines.
	db, vault, master, err := openRecords(ctx, Records{Data: o.Data, Database: o.Database, MasterKey: o.MasterKey, Log: o.Log})
	if err != nil {
		return nil, err
	}
	a.db = db
	a.life.onStop("store", func(context.Context) error { return db.Close() })
	a.ready("store", db.Ping)
	if a.keys, err = deriveKeys(master); err != nil {
		return nil, err
	}
	if a.node, err = nodeName(o); err != nil {
		return nil, err
	}
	if a.bus, err = a.openBus(ctx); err != nil {
		return nil, err
	}
	a.addr.Kafka = a.bus.brokers

	// Rooms.
	if o.Demo {
		if err := a.openDemoCarrier(); err != nil {
			return nil, err
		}
		// So that a newcomer's receiver on this machine can be tried.
		a.o.CallbackAllow = append(a.o.CallbackAllow, "127.0.0.0/8", "::1/128")
	}
	if err := a.openRooms(ctx, vault); err != nil {
		return nil, err
	}
	if o.plays(RoleAPI) {
		if err := a.openCapability(ctx); err != nil {
			return nil, err
		}
	}
	if err := a.registerDomains(ctx); err != nil {
		return nil, err
	}
	if _, err := a.sends.ConfigureSignatures(ctx); err != nil { // channels may have come since they were approved
		return nil, err
	}
	var demo *demoFile
	if o.Demo {
		if demo, err = a.fillDemo(ctx); err != nil {
			return nil, fmt.Errorf("demo: %w", err)
		}
	}

	// Roles.
	if o.plays(RoleBilling) {
		if err := a.startBilling(); err != nil {
			return nil, err
		}
	}
	if o.plays(RoleReport) {
		if err := a.startReport(); err != nil {
			return nil, err
		}
	}
	if o.plays(RoleCallback) {
		if err := a.startCallback(a.targets()); err != nil {
			return nil, err
		}
	}
	if o.plays(RoleDispatch) {
		if err := a.startDispatch(a.channels()); err != nil {
			return nil, err
		}
	}
	if o.plays(RoleEdge) {
		if err := a.startEdge(ctx, faces.edge); err != nil {
			return nil, err
		}
	}
	if o.plays(RoleAPI) {
		if err := a.startAPI(faces.api); err != nil {
			return nil, err
		}
	}
	a.startOps(faces.ops)
	if err := a.awaitReady(ctx); err != nil {
		return nil, err
	}
	if demo != nil {
		if err := a.announceDemo(demo); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Addresses are the bound addresses.
func (a *App) Addresses() Addresses { return a.addr }

// Failed tells when a role ended although nobody stopped it. The server should then be stopped.
func (a *App) Failed() <-chan error { return a.life.failed }

// Stop drains: readiness fails first, then faces stop accepting and finish what is in flight, background work ends and flushes, engines close.
func (a *App) Stop(ctx context.Context) error {
	if a.ops != nil {
		a.ops.Unready()
	}
	return a.life.unwind(ctx, a.o.DrainTimeout)
}

func (a *App) log(room string) *slog.Logger { return a.o.Log.With("room", room) }

func (a *App) ready(name string, check func(context.Context) error) {
	a.checks = append(a.checks, ops.Check{Name: name, Ready: check})
}

// rooms are what the API speaks to.
func (a *App) rooms() api.Rooms {
	return api.Rooms{
		Identity: a.identity, Templates: a.templates, Previews: a.previews, Rules: a.rules, Materials: a.materials, Links: a.links, Sends: a.sends, Callbacks: a.callbacks, Usage: a.usage, Reviews: a.desk, Accounts: a.accounts, Reports: a.reports,
		Capability: a.capability, Videos: a.videos, VideoInbox: a.videoInbox,
	}
}

func (a *App) startOps(ln net.Listener) {
	a.ops = ops.New(ops.Options{Checks: a.checks, Metrics: []*metrics.Set{a.metrics}, Info: map[string]any{
		"version": a.o.Version, "node": a.node, "roles": a.o.Roles, "addresses": a.addr, "store": a.db.Engine(),
	}})
	a.serve("ops", ln, a.ops)
}

// server is a face: it answers on a listener until it is shut down.
type server interface {
	Serve(net.Listener) error
	Shutdown(context.Context) error
}

// serve runs a face in the background; its stop drains it.
func (a *App) serve(name string, ln net.Listener, s server) {
	done := make(chan error, 1)
	go func() { done <- s.Serve(ln) }()
	a.life.onStop(name+" face", func(ctx context.Context) error {
		// The listener first, and what is in flight when Serve is over: a face that is told to stop before its goroutine has begun to serve would not know what to stop,
		// and serve from then on.
		_ = ln.Close() // the listener's own, or a second time
		var err error
		select {
		case err = <-done:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if e := s.Shutdown(ctx); !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
		return err
	})
}

// awaitReady waits until every check holds, at most 30 s.
func (a *App) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for _, c := range a.checks {
		for {
			err := c.Ready(ctx)
			if err == nil {
				break
			}
			wait := time.NewTimer(50 * time.Millisecond)
			select {
			case <-wait.C:
			case <-ctx.Done():
				wait.Stop()
				return fmt.Errorf("%s is not ready: %w", c.Name, err)
			case err := <-a.life.failed:
				wait.Stop()
				return err
			}
		}
	}
	return nil
}

// registerDomains makes the configured shared domains known; those that exist stay as they are.
func (a *App) registerDomains(ctx context.Context) error {
	for generation, names := range map[string][]string{shortlink.Standard: a.o.Domains, shortlink.Custom: a.o.CustomDomains} {
		for _, name := range names {
			if err := a.links.RegisterDomain(ctx, shortlink.Domain{Name: name, Generation: generation}); err != nil {
				return fmt.Errorf("domain %s: %w", name, err)
			}
		}
	}
	return nil
}

// derivedKeys come from the master key: secrets that must be the same on every node and over restarts.
type derivedKeys struct{ codes, devices, clients, beacons, media, previews, looks []byte }

func deriveKeys(master []byte) (k derivedKeys, err error) {
	var err1, err2, err3, err4, err5, err6, err7 error
	k.codes, err1 = hkdf.Key(sha256.New, master, nil, "cardlink short-link codes", 32)
	k.devices, err2 = hkdf.Key(sha256.New, master, nil, "cardlink device references", 32)
	k.clients, err3 = hkdf.Key(sha256.New, master, nil, "cardlink client references", 32)
	k.beacons, err4 = hkdf.Key(sha256.New, master, nil, "cardlink beacon tokens", 32)
	k.media, err5 = hkdf.Key(sha256.New, master, nil, "cardlink addresses of letters", 32)
	k.previews, err6 = hkdf.Key(sha256.New, master, nil, "cardlink preview addresses", 32)
	k.looks, err7 = hkdf.Key(sha256.New, master, nil, "cardlink addresses of templates", previewlink.KeyBytes)
	return k, errors.Join(err1, err2, err3, err4, err5, err6, err7)
}
