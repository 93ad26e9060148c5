// Package identity owns who is calling and what they may do: tenants, projects, users, access keys, tokens, policies and the audit log, and the
// vault that seals personal data at rest with a key per tenant. It refuses to know HTTP (gateway hands it the parts of a request)
// and SQL (store implements Store).
package identity

import "time"

// Tenant is a customer: the "domain" of the wire contract. ID is 32 lower-case hex digits (api.md §1.2).
type Tenant struct {
	ID        string
	Name      string
	Project   Project
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
	Policies         []string // system policy names, policy.go
	PasswordHash     string   // empty: no password login
	CreatedAt        time.Time
}

// AccessKey is an AK/SK pair of a user. The secret is sealed by the store.
type AccessKey struct {
	Access, Secret string
	User           string // User.ID
	Tenant         string
	Disabled       bool
	CreatedAt      time.Time
}

// Principal is an authenticated caller. Tenant comes from the credential alone.
type Principal struct {
	Tenant, Project, UserID, UserName string
	Admin                             bool
	Policies                          []string
}
