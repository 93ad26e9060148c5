package identity

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"unicode"
	"unicode/utf8"

	"cardlink/fault"
)

// Bounds of what administrators may enter, in bytes.
const (
	maxName     = 64
	minPassword = 8
	maxPassword = 128
)

// DefaultRegion names the project of a tenant that asks for no other name.
const DefaultRegion = "cn-north-4"

// AdminName is the name of a tenant's first user.
const AdminName = "admin"

// CreateTenant makes a tenant with its project, its data key and its first user, an administrator without password or keys.
// region names the project; empty = DefaultRegion.
func (s *Service) CreateTenant(ctx context.Context, by Actor, name, region string) (Tenant, User, error) {
	if region == "" {
		region = DefaultRegion
	}
	if err := errors.Join(validName("name", name), validName("region", region)); err != nil {
		return Tenant{}, User{}, err
	}
	now := s.now()
	id := hexID()
	t := Tenant{ID: id, Name: name, Project: Project{ID: hexID(), Name: region}, CreatedAt: now, DataKey: s.vault.NewDataKey(id)}
	u := User{ID: hexID(), Tenant: id, Name: AdminName, Admin: true, CreatedAt: now}
	defer s.forget()
	return t, u, s.store.AddTenant(ctx, t, u, by.entry(now, id, "CreateTenant", name))
}

// Tenants lists at most limit tenants by name, beginning after a name.
func (s *Service) Tenants(ctx context.Context, after string, limit int) ([]Tenant, error) {
	return s.store.Tenants(ctx, after, limit)
}

// Tenant reads one tenant. A tenant that does not exist is a Parameter fault.
func (s *Service) Tenant(ctx context.Context, id string) (Tenant, error) {
	t, err := s.store.Tenant(ctx, id)
	return t, missing(err, "tenant")
}

// SetTenantDisabled switches a tenant off or on; see accountsKept for when it takes effect.
func (s *Service) SetTenantDisabled(ctx context.Context, by Actor, tenant string, disabled bool) error {
	defer s.forget()
	return missing(s.store.SetTenantDisabled(ctx, tenant, disabled, by.entry(s.now(), tenant, verb(disabled, "Tenant"), tenant)), "tenant")
}

// NewUser is a user to be made.
type NewUser struct {
	Tenant, Name string
	Admin        bool
	Policies     []string // must exist
	Password     string   // empty: no password login
}

// CreateUser makes a user. Without policies and not an administrator, it may do nothing (api.md §2.4).
func (s *Service) CreateUser(ctx context.Context, by Actor, n NewUser) (User, error) {
	if err := validName("name", n.Name); err != nil {
		return User{}, err
	}
	if _, err := s.Tenant(ctx, n.Tenant); err != nil {
		return User{}, err
	}
	if err := s.knownPolicies(ctx, n.Tenant, n.Policies); err != nil {
		return User{}, err
	}
	now := s.now()
	u := User{ID: hexID(), Tenant: n.Tenant, Name: n.Name, Admin: n.Admin, Policies: slices.Clone(n.Policies), CreatedAt: now}
	if n.Password != "" {
		var err error
		if u.PasswordHash, err = s.hash(n.Password); err != nil {
			return User{}, err
		}
	}
	defer s.forget()
	return u, s.store.AddUser(ctx, u, by.entry(now, n.Tenant, "CreateUser", n.Name))
}

// Users lists a tenant's users by name.
func (s *Service) Users(ctx context.Context, tenant string) ([]User, error) {
	return s.store.Users(ctx, tenant)
}

// SetPassword gives a user a new password and makes all tokens issued so far worthless. An empty password ends password logins.
func (s *Service) SetPassword(ctx context.Context, by Actor, tenant, user, password string) error {
	hash := ""
	if password != "" {
		var err error
		if hash, err = s.hash(password); err != nil {
			return err
		}
	}
	return s.change(ctx, by, tenant, user, "SetPassword", func(u *User) error {
		u.PasswordHash, u.TokensFrom = hash, s.now()
		return nil
	})
}

// SetUserDisabled switches a user off or on, with all of the user's keys and tokens.
func (s *Service) SetUserDisabled(ctx context.Context, by Actor, tenant, user string, disabled bool) error {
	return s.change(ctx, by, tenant, user, verb(disabled, "User"), func(u *User) error {
		u.Disabled = disabled
		return nil
	})
}

// SetRights replaces a user's rights.
func (s *Service) SetRights(ctx context.Context, by Actor, tenant, user string, admin bool, policies []string) error {
	if err := s.knownPolicies(ctx, tenant, policies); err != nil {
		return err
	}
	return s.change(ctx, by, tenant, user, "SetRights", func(u *User) error {
		u.Admin, u.Policies = admin, slices.Clone(policies)
		return nil
	})
}

func (s *Service) change(ctx context.Context, by Actor, tenant, user, action string, fn func(*User) error) error {
	u, err := s.user(ctx, tenant, user)
	if err != nil {
		return err
	}
	if err := fn(&u); err != nil {
		return err
	}
	defer s.forget()
	return missing(s.store.SaveUser(ctx, u, by.entry(s.now(), tenant, action, u.Name)), "user")
}

// user reads one of a tenant's users by id, past the cache.
func (s *Service) user(ctx context.Context, tenant, id string) (User, error) {
	a, err := s.store.AccountByUser(ctx, id)
	if err == nil && a.Tenant.ID != tenant {
		err = ErrUnknown
	}
	return a.User, missing(err, "user")
}

// CreateKey makes an access key for a user. The secret is in the answer and can not be read again.
func (s *Service) CreateKey(ctx context.Context, by Actor, tenant, user string) (AccessKey, error) {
	u, err := s.user(ctx, tenant, user)
	if err != nil {
		return AccessKey{}, err
	}
	now := s.now()
	k := AccessKey{Access: randomText(20, upperDigits), Secret: randomText(40, letterDigits), User: u.ID, Tenant: tenant, CreatedAt: now}
	defer s.forget()
	return k, s.store.AddKey(ctx, k, by.entry(now, tenant, "CreateKey", k.Access))
}

// Keys lists a tenant's keys, oldest first, without their secrets.
func (s *Service) Keys(ctx context.Context, tenant string) ([]AccessKey, error) {
	return s.store.Keys(ctx, tenant)
}

// DisableKey switches an access key off: at once on this node, within 5 seconds on others.
func (s *Service) DisableKey(ctx context.Context, by Actor, tenant, access string) error {
	return s.setKey(ctx, by, tenant, access, true)
}

// EnableKey switches an access key on again.
func (s *Service) EnableKey(ctx context.Context, by Actor, tenant, access string) error {
	return s.setKey(ctx, by, tenant, access, false)
}

func (s *Service) setKey(ctx context.Context, by Actor, tenant, access string, disabled bool) error {
	defer s.forget()
	return missing(s.store.SetKeyDisabled(ctx, tenant, access, disabled, by.entry(s.now(), tenant, verb(disabled, "Key"), access)), "access_key")
}

// SavePolicy stores a tenant's own policy, replacing one of the same name.
func (s *Service) SavePolicy(ctx context.Context, by Actor, tenant string, p Policy) error {
	if err := p.validate(); err != nil {
		return err
	}
	defer s.forget()
	return s.store.SavePolicy(ctx, tenant, p, by.entry(s.now(), tenant, "SavePolicy", p.Name))
}

// Policies lists a tenant's own policies by name.
func (s *Service) Policies(ctx context.Context, tenant string) ([]Policy, error) {
	return s.store.Policies(ctx, tenant)
}

// Entries lists a tenant's audit log, newest first, in pages: at most limit entries with an id below before (0 = from the newest).
func (s *Service) Entries(ctx context.Context, tenant string, before int64, limit int) ([]Entry, error) {
	return s.store.AuditEntries(ctx, tenant, before, limit)
}

// Record notes in the audit log what somebody did elsewhere in the house.
func (s *Service) Record(ctx context.Context, by Actor, tenant, action, object string) error {
	return s.store.AddAuditEntry(ctx, by.entry(s.now(), tenant, action, object))
}

func (s *Service) knownPolicies(ctx context.Context, tenant string, names []string) error {
	var own []Policy
	for _, name := range names {
		if systemPolicy(name) != nil || name == OperatorPolicy {
			continue
		}
		if own == nil {
			var err error
			if own, err = s.store.Policies(ctx, tenant); err != nil {
				return err
			}
		}
		if !slices.ContainsFunc(own, func(p Policy) bool { return p.Name == name }) {
			return fault.Inf(fault.Parameter, "policies", "there is no policy %q", name)
		}
	}
	return nil
}

func (s *Service) hash(password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", fault.Inf(fault.Parameter, "password", "must be %d-%d bytes", minPassword, maxPassword)
	}
	return hashPassword(password, s.rounds)
}

func verb(disabled bool, what string) string {
	if disabled {
		return "Disable" + what
	}
	return "Enable" + what
}

func missing(err error, field string) error {
	if errors.Is(err, ErrUnknown) {
		return &fault.Error{Code: fault.Parameter, Field: field, Rule: "does not exist", Err: err}
	}
	return err
}

// validName accepts 1 to 64 bytes of printable text that neither begins nor ends with a blank.
func validName(field, s string) error {
	ok := s != "" && len(s) <= maxName && utf8.ValidString(s) && s[0] != ' ' && s[len(s)-1] != ' '
	for _, r := range s {
		ok = ok && unicode.IsPrint(r)
	}
	if !ok {
		return fault.Inf(fault.Parameter, field, "must be 1-%d bytes of printable text without blanks at its ends", maxName)
	}
	return nil
}

// hexID is a new id of 32 lower-case hex digits.
func hexID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

const (
	upperDigits  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	letterDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// randomText draws n characters of an alphabet of at most 64, each equally likely: bytes that would favour some are thrown away.
func randomText(n int, alphabet string) string {
	out := make([]byte, 0, n)
	buf := make([]byte, 2*n)
	for {
		rand.Read(buf)
		for _, b := range buf {
			if i := int(b & 63); i < len(alphabet) {
				if out = append(out, alphabet[i]); len(out) == n {
					return string(out)
				}
			}
		}
	}
}
