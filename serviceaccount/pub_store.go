package serviceaccount

import (
	"context"
	"errors"
)

// ErrUnknown says that there is no such thing, or that it is another tenant's.
var ErrUnknown = errors.New("no such service account, menu, portal, port or picture")

// PubStore keeps accounts with their menus and portals, their pictures and the change log.
type PubStore interface {
	// Pub reads an account of a tenant; ErrUnknown if it has none of that id. CompanyID and CompanyName are left empty.
	Pub(ctx context.Context, tenant, id string) (Pub, error)
	// AccountByPub reads an account of any tenant; ErrUnknown if there is none.
	AccountByPub(ctx context.Context, pubID string) (Account, error)
}
