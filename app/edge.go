package app

import (
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"time"

	"cardlink/event/journal"
	"cardlink/event/relay"
	"cardlink/fault"
	"cardlink/gateway/edge"
	"cardlink/render"
	"cardlink/serviceaccount"
	"cardlink/shortlink"
)

// startEdge opens the node's event log, brings the resolver up to date with it, starts shipping it to Kafka, and opens the face. It stops in the reverse order: the face
// first, then the relay and the resolver, whose last facts still go through the log, then the log.
func (a *App) startEdge(ctx context.Context, ln net.Listener) error {
	dir := filepath.Join(a.o.Data, "journal")
	j, err := journal.Open(dir, journal.Options{
		MaxBytes: a.o.JournalMaxBytes,
		AddDelay: 10 * time.Millisecond, // clicks wait this long for company; a resolution never waits for it
		Now:      a.o.Now, Log: a.log("journal"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.life.onStop("journal", func(context.Context) error { return j.Close() })
	a.ready("journal", func(context.Context) error { return j.Err() })
	r, err := shortlink.OpenResolver(ctx, shortlink.ResolverOptions{
		Store: a.db, Journal: j, Templates: a.templates, Codec: a.codec, Node: a.node, DeviceKey: a.keys.devices, RequireSign: a.o.RequireSign, Measure: render.Measures,
		AnyHost: a.o.Demo, // the demo is also opened by 127.0.0.1 and from a phone by this machine's address
		Now:     a.o.Now, Log: a.log("resolver"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.life.onStop("resolver", r.Close)
	clicks, err := serviceaccount.OpenClickLog(ctx, serviceaccount.ClickLogOptions{
		Journal: j, Store: a.db, Node: a.node, Now: a.o.Now, Log: a.log("serviceaccount"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.life.run("click log", clicks.Run)
	ship, err := relay.NewJournal(relay.JournalOptions{
		Journal: j, Sink: a.bus.writer, Cursor: filepath.Join(dir, "kafka.cursor"), Applied: func() journal.Position { return min(r.Applied(), clicks.Applied()) },
		Now: a.o.Now, Log: a.log("relay"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.life.run("journal relay", ship.Run)
	proxies := make([]netip.Prefix, 0, len(a.o.TrustedProxies))
	for _, p := range a.o.TrustedProxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return err
		}
		proxies = append(proxies, prefix)
	}
	lang := fault.English
	if a.o.Language == "zh" {
		lang = fault.Chinese
	}
	s, err := edge.New(edge.Options{
		Resolver: r, Journal: j, Catalogue: a.catalogue, Rules: a.rules, Templates: a.templates, Materials: a.materials, Videos: a.videos, Origin: a.o.EdgeOrigin, ClientKey: a.keys.clients, BeaconKey: a.keys.beacons,
		Accounts: a.accounts, Clicks: clicks, DeviceKey: a.keys.devices,
		Proxies: proxies, Previews: a.looks, Drafts: a.previews, Language: lang, Now: a.o.Now, Log: a.log("edge"), Metrics: a.metrics,
	})
	if err != nil {
		return err
	}
	a.serve("edge", ln, s)
	return nil
}
