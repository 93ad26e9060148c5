// Package identity owns who is calling and what they may do: tenants, projects, users, access keys, tokens, policies and the audit log, and the
// vault that seals personal data at rest with a key per tenant. It refuses to know HTTP (gateway hands it the parts of a request)
// and SQL (store implements Store).
package identity

import (
	"slices"
	"time"
)

// Tenant is a customer: the "domain" of the wire contract. ID is 32 lower-case hex digits (api.md §1.2).
type Tenant struct {
	ID        string
	Name      string // unique over the installation; the domain name of a login
	Project   Project
	Disabled  bool // a disabled tenant's credentials are refused
	CreatedAt time.Time
	// DataKey is the tenant's data key, wrapped by the master key of the vault (vault.go).
	DataKey []byte
}

// Project is a tenant's one project: 32 lower-case hex digits, named after a region ("cn-north-4").
type Project struct{ ID, Name string }

// User is a person or program of a tenant. Admin is te_admin: every right.
type User struct {
	ID, Tenant, Name string
	Admin            bool
	Policies         []string // names of system policies (policy_table.go) and of the tenant's own
	PasswordHash     string   // empty: no password login
	Disabled         bool     // a disabled user's keys and tokens are refused
	// TokensFrom makes tokens issued before it worthless; zero = none. A new password sets it.
	TokensFrom time.Time
	CreatedAt  time.Time
}

// AccessKey is an AK/SK pair of a user. The secret is sealed by the store.
type AccessKey struct {
	Access, Secret string
	User           string // User.ID
	Tenant         string
	Disabled       bool
	CreatedAt      time.Time
}

// Account is all that a credential leads to: the user, the user's tenant and those of the user's policies that the tenant wrote itself.
// Key is set if the credential was an access key.
type Account struct {
	Tenant Tenant
	User   User
	Key    AccessKey
	Custom []Policy
}

// active reports whether nothing on the way to the account is switched off.
func (a Account) active() bool { return !a.Tenant.Disabled && !a.User.Disabled && !a.Key.Disabled }

func (a Account) principal() Principal {
	return Principal{
		Tenant: a.Tenant.ID, Project: a.Tenant.Project.ID, UserID: a.User.ID, UserName: a.User.Name,
		Admin: a.User.Admin, Policies: slices.Clone(a.User.Policies), custom: a.Custom,
	}
}

// Principal is an authenticated caller. Tenant comes from the credential alone.
type Principal struct {
	Tenant, Project, UserID, UserName string
	Admin                             bool
	Policies                          []string
	custom                            []Policy // documents behind those Policies that are the tenant's own
}
