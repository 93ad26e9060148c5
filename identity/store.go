package identity

import (
	"context"
	"errors"
	"time"

	"cardlink/fault"
)

// ErrUnknown is what Store answers for a tenant, user, key or policy it does not hold.
var ErrUnknown = errors.New("identity: no such record")

// ErrExists is what Store answers when a name is taken.
var ErrExists = fault.In(fault.Parameter, "name", "exists already")

// Store keeps tenants, users, keys, policies and the audit log. Package store implements it; contract.Identity says in running code what
// that means. Methods that change something take the audit entry of the change and write both in one transaction, so that no change goes
// unrecorded.
type Store interface {
	// AddTenant stores a tenant and its first user. ErrExists if the tenant's name is taken.
	AddTenant(ctx context.Context, t Tenant, first User, why Entry) error
	// Tenant reads one tenant by id. ErrUnknown if there is none.
	Tenant(ctx context.Context, id string) (Tenant, error)
	// Tenants lists at most limit tenants in order of their names, beginning after a name.
	Tenants(ctx context.Context, after string, limit int) ([]Tenant, error)
	// SetTenantDisabled switches a tenant off or on. ErrUnknown if there is none.
	SetTenantDisabled(ctx context.Context, id string, disabled bool, why Entry) error

	// AddUser stores a user of an existing tenant. ErrExists if the tenant has a user of that name.
	AddUser(ctx context.Context, u User, why Entry) error
	// Users lists a tenant's users by name.
	Users(ctx context.Context, tenant string) ([]User, error)
	// SaveUser replaces what may change of a user: Admin, Policies, PasswordHash, Disabled, TokensFrom. ErrUnknown if the tenant has no such user.
	SaveUser(ctx context.Context, u User, why Entry) error

	// AddKey stores an access key, its secret sealed with the tenant's data key.
	AddKey(ctx context.Context, k AccessKey, why Entry) error
	// Keys lists a tenant's keys, oldest first, without their secrets.
	Keys(ctx context.Context, tenant string) ([]AccessKey, error)
	// SetKeyDisabled switches a tenant's key off or on. ErrUnknown if the tenant has no such key.
	SetKeyDisabled(ctx context.Context, tenant, access string, disabled bool, why Entry) error

	// SavePolicy stores a tenant's own policy, replacing one of the same name.
	SavePolicy(ctx context.Context, tenant string, p Policy, why Entry) error
	// Policies lists a tenant's own policies by name.
	Policies(ctx context.Context, tenant string) ([]Policy, error)

	// AccountByKey, AccountByUser and AccountByName find who a credential belongs to: by access key (secret opened), by user id, by the names of
	// tenant and user. ErrUnknown if there is none. Switched-off accounts are found too; the caller decides.
	AccountByKey(ctx context.Context, access string) (Account, error)
	AccountByUser(ctx context.Context, user string) (Account, error)
	AccountByName(ctx context.Context, tenant, user string) (Account, error)

	// UseSignature remembers a signature, known by the second it was made in and 63 of its bits, and reports whether this is its first use on
	// any node. It returns once the memory is durable. Signatures made before forget may be dropped; zero = drop none now.
	UseSignature(ctx context.Context, made time.Time, signature int64, forget time.Time) (fresh bool, err error)

	// AddAuditEntry appends an entry to the audit log. Entries are never changed or removed.
	AddAuditEntry(ctx context.Context, e Entry) error
	// AuditEntries lists a tenant's audit log, newest first: at most limit entries with an id below before (0 = from the newest).
	// The tenant "" lists what could not be laid at any tenant's door.
	AuditEntries(ctx context.Context, tenant string, before int64, limit int) ([]Entry, error)
}
