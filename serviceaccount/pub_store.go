package serviceaccount

import (
	"context"
	"errors"
	"time"
)

// What a Store answers besides success and trouble.
var (
	// ErrUnknown: there is no such thing, or it is another tenant's.
	ErrUnknown = errors.New("no such service account, menu, portal, port, picture or change")
	// ErrNameTaken: another tenant's account has the name, in force or in review.
	ErrNameTaken = errors.New("another company's service account has this name")
	// ErrRemarkTaken: the tenant has an account of that name and remark.
	ErrRemarkTaken = errors.New("the company has a service account of this name and remark")
	// ErrWaiting: the thing has a change in review, and only one at a time is.
	ErrWaiting = errors.New("a change is in review")
	// ErrDecided: the change has its verdict already.
	ErrDecided = errors.New("the change is not in review")
	// ErrQuota: the tenant's space for pictures is full.
	ErrQuota = errors.New("the space for pictures is full")
)

// Ref names an account by its own id or by that of its menu or portal.
type Ref struct {
	Tenant string // empty = of any tenant
	Kind   string // KindPub, KindMenu or KindPortal: what ID is the id of
	ID     string
}

// Edit is an account while it is being changed.
type Edit struct {
	Account
	// Lines go into the change log with the change: those without an ID are new and get one; of the others the verdict, its words and its time are written.
	Lines []*Change
}

// PubStore keeps accounts with their menus and portals, their pictures and the change log.
type PubStore interface {
	// AddAccount stores a new account, its menu and its portal, with lines for the change log. ErrNameTaken and ErrRemarkTaken are about the account's name.
	AddAccount(ctx context.Context, e *Edit) error
	// ChangeAccount lets change alter an account; nobody else changes it meanwhile. It stores what change left, or nothing if change fails, with change's error.
	// change may be called again after a conflict, each time with the account as it is then. ErrUnknown, ErrNameTaken and ErrRemarkTaken as above.
	ChangeAccount(ctx context.Context, r Ref, change func(*Edit) error) error
	// Account reads an account; ErrUnknown if there is none. The company's fields are left empty.
	Account(ctx context.Context, r Ref) (Account, error)
	// The lists are newest first, and say how many match in all.
	ListPubs(ctx context.Context, f PubFilter) ([]Pub, int, error)
	ListMenus(ctx context.Context, f MenuFilter) ([]ListedMenu, int, error)
	ListPortals(ctx context.Context, f PortalFilter) ([]ListedPortal, int, error)

	// AddMedia stores a picture's description, and its content if it is private (then sealed). ErrQuota if the tenant's pictures would take more than quota bytes.
	AddMedia(ctx context.Context, m Media, content []byte, quota int64) error
	// Media reads the description of a picture of any tenant; ErrUnknown if there is none.
	Media(ctx context.Context, id string) (Media, error)
	// MediaOf reads those of the ids that are the tenant's.
	MediaOf(ctx context.Context, tenant string, ids []string) (map[string]Media, error)
	// MediaContent reads the content of a private picture.
	MediaContent(ctx context.Context, m Media) ([]byte, error)

	// Change reads a line of the change log, of any tenant; ErrUnknown if there is none.
	Change(ctx context.Context, id int64) (Change, error)
	// Changes reads the newest lines about an account and what belongs to it, at most limit.
	Changes(ctx context.Context, tenant, pubID string, limit int) ([]Change, error)
	// PendingChanges reads the oldest lines in review, of all tenants, at most limit; of one kind, or with none of all.
	PendingChanges(ctx context.Context, kind string, limit int) ([]Change, error)
	// UrgeChange notes on the newest line about a menu or portal that its tenant asked to hurry, and gives the line's id.
	UrgeChange(ctx context.Context, tenant, objectID string, at time.Time) (int64, error)
}

// Window is the part of a list that is wanted.
type Window struct{ Offset, Limit int }

// Online bounds a time of coming into force; a zero end is open.
type Online struct{ From, To time.Time }

// PubFilter selects accounts. Zero values do not filter.
type PubFilter struct {
	Tenant       string
	Name         string // part of the name
	State        int
	ApproveState int
	Industry     int
	Online       Online
	Window
}

// MenuFilter selects menus. Zero values do not filter.
type MenuFilter struct {
	Tenant  string
	ID      string
	PubID   string
	PubName string // part of the account's name
	Name    string // part of a name of the first level
	State   int
	Online  Online
	Window
}

// PortalFilter selects home pages. Zero values do not filter.
type PortalFilter struct {
	Tenant  string
	PubName string // part of the account's name
	State   int
	Online  Online
	Window
}

// ListedMenu is a menu with what lists say of its account.
type ListedMenu struct {
	Menu
	PubName, LogoImg string
}

// ListedPortal is a home page with what lists say of its account.
type ListedPortal struct {
	Portal
	PubName string
}
