package shortlink

import (
	"context"
	"time"

	"cardlink/templates"
)

// Store keeps links, tasks and domains. Package store implements it on SQLite and PostgreSQL; contract.Links says, in running code, what
// "implement" means.
type Store interface {
	// LeaseLinkIDs takes n consecutive ids that nobody else will ever get and returns the first, at least 1.
	LeaseLinkIDs(ctx context.Context, n int64) (first int64, err error)
	// SaveResolveTask stores the links of one task, or of one part of it, in one transaction: links, custom codes and LinkCreated facts. Links
	// whose custom code is taken are skipped; taken holds their indexes in ascending order. Nothing is stored if all are.
	SaveResolveTask(ctx context.Context, links []Link) (taken []int, err error)

	// Domain finds a domain that a tenant may make links on: its own or a shared one; else ErrNoDomain.
	Domain(ctx context.Context, tenant, name string) (Domain, error)
	// Domains lists a tenant's own and the shared domains by name; with an empty tenant, every domain.
	Domains(ctx context.Context, tenant string) ([]Domain, error)
	// SaveDomain registers a domain or changes its state. A domain keeps its tenant and generation for ever: another tenant or generation
	// is refused with ErrDomainTaken, for codes in the field would change their meaning.
	SaveDomain(ctx context.Context, d Domain) error
	// ReviewDomain writes the verdict on a domain; a rejected one is frozen, an approved one is not. found is false if there is none.
	ReviewDomain(ctx context.Context, name, state, words string) (found bool, err error)
	// JumpHosts lists a tenant's registered jump hosts by name; those of every tenant for an empty one.
	JumpHosts(ctx context.Context, tenant string) ([]JumpHost, error)
	// SaveJumpHost registers a jump host; registering it again changes nothing unless it was rejected.
	SaveJumpHost(ctx context.Context, j JumpHost) error
	// ReviewJumpHost writes the verdict on a jump host; DeleteJumpHost forgets one. found is false if there is none.
	ReviewJumpHost(ctx context.Context, tenant, host, state, words string) (found bool, err error)
	DeleteJumpHost(ctx context.Context, tenant, host string) (found bool, err error)

	// ListLinks gives a window of a tenant's links, newest first, and how many there are.
	ListLinks(ctx context.Context, f LinkFilter) (rows []LinkRow, total int, err error)
	// ListDetails gives a window of a tenant's resolutions: one row per success, and one row for a link without any.
	ListDetails(ctx context.Context, f LinkFilter) (rows []DetailRow, total int, err error)
	// RevokeLink ends a link for good; false: the tenant has no such link.
	RevokeLink(ctx context.Context, tenant string, id int64, at time.Time) (bool, error)
}

// Templates is what making links needs of the templates room.
type Templates interface {
	// ForLinks gives the version of a template that new links are made from; it refuses unknown, disabled and unapproved ones.
	ForLinks(ctx context.Context, tenant, tplID string) (*templates.Template, error)
}

// LinkFilter selects links of a tenant (api.md §7.3, §7.4). Empty members do not restrict. Ids, flags and signatures match whole, names in part.
type LinkFilter struct {
	Tenant      string
	ResolveOnly bool // links of resolve tasks, not of send tasks
	TaskID      string
	TaskName    string
	TplID       string
	TplName     string
	CustFlag    string
	Sign        string
	LinkID      int64     // from an aim_url with a standard code
	Code        string    // with Domain: from an aim_url with a custom code
	Domain      string    //
	Status      string    // ListDetails: success, fail, unresolved
	Begin, End  time.Time // creation, both inclusive; both are needed
	Offset      int
	Limit       int
	Now         time.Time
}

// LinkRow is a link in a list.
type LinkRow struct {
	Link
	Resolved   int64     // successful resolutions so far
	ResolvedAt time.Time // of an individual link's success; zero if there is none
}

// Statuses of a resolution in details (api.md §7.4).
const (
	StatusSuccess    = "success"
	StatusFail       = "fail"
	StatusUnresolved = "unresolved"
)

// DetailRow is one resolution of a link, or a link that has none.
type DetailRow struct {
	Link
	Status     string
	ResolveID  string    // empty unless somebody tried
	ResolvedAt time.Time // when somebody tried
	Reason     string    // of a fail
}
