package app

import (
	"context"
	"errors"

	"github.com/VictoriaMetrics/metrics"

	"cardlink/billing"
	"cardlink/dispatch"
	"cardlink/identity"
	"cardlink/review"
	"cardlink/shortlink"
)

// Office is what the command line administers: the rooms over the store, without any face or background work. A server may run on the same store
// meanwhile; what changes here reaches it within seconds.
type Office struct{ a *App }

// OpenOffice opens the rooms; close it when done.
func OpenOffice(ctx context.Context, r Records) (_ *Office, err error) {
	o := Options{Data: r.Data, Database: r.Database, MasterKey: r.MasterKey, Log: r.Log}
	o.fill()
	a := &App{o: o, life: newLifecycle(), metrics: metrics.NewSet(), wake: &wakers{}}
	db, vault, master, err := openRecords(ctx, r)
	if err != nil {
		return nil, err
	}
	a.db = db
	defer func() {
		if err != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	if a.keys, err = deriveKeys(master); err != nil {
		return nil, err
	}
	if err := a.openRooms(ctx, vault); err != nil {
		return nil, err
	}
	return &Office{a}, nil
}

// Reviews is the operator's desk.
func (f *Office) Reviews() *review.Desk { return f.a.desk }

// Links is the room of links, domains and jump hosts.
func (f *Office) Links() *shortlink.Service { return f.a.links }

// Usage is the room of bills.
func (f *Office) Usage() *billing.Service { return f.a.usage }

// Sends is the room of SMS applications.
func (f *Office) Sends() *dispatch.Service { return f.a.sends }

// Identity is the room of tenants and the audit log.
func (f *Office) Identity() *identity.Service { return f.a.identity }

// Close closes the store.
func (f *Office) Close() error { return f.a.db.Close() }
