package dispatch

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"cardlink/fault"
)

// States of an application (api.md §12).
const (
	AppCreated   = "CREATED"
	AppLaunched  = "LAUNCHED"
	AppSuspended = "SUSPENDED"
)

// App is an SMS application: a container of signatures and templates.
type App struct {
	ID, Tenant, Name, Status, UplinkURL string
	CreatedAt                           time.Time
}

// Page is a list's window of rows.
type Page struct{ Offset, Limit int }

// Span is a range of time of a list, both ends included; zero ends are open.
type Span struct{ From, To time.Time }

// AppFilter narrows ListApps. Empty fields do not.
type AppFilter struct {
	Name    string // part of the name
	Status  string
	Created Span
	Page    Page
}

var appName = regexp.MustCompile(`^[\p{L}\p{Nd}_-]{1,30}$`)

func (a *App) check() error {
	if strings.TrimSpace(a.Name) == "" {
		return fault.In(fault.EmptyAppName, "app_name", "is required")
	}
	if !appName.MatchString(a.Name) {
		return fault.In(fault.Parameter, "app_name", "must be 1-30 letters, digits, - or _")
	}
	if a.UplinkURL != "" && !validUplink(a.UplinkURL) {
		return fault.In(fault.Parameter, "up_link_addr", "must be an http or https URL of at most 255 characters, with a domain or an IP address")
	}
	return nil
}

// validUplink reports whether replies could be posted to s. Whether the address may be reached is decided when something is sent there.
func validUplink(s string) bool {
	if utf8.RuneCountInString(s) > 255 || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '<' || r == '>' }) {
		return false
	}
	u, err := url.Parse(s)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return false
	}
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		return err == nil && n >= 1 && n <= 65535
	}
	return !strings.HasSuffix(u.Host, ":")
}

// CreateApp makes an application, launched at once (api.md §12.1). The name is unique in the tenant, regardless of case.
func (s *Service) CreateApp(ctx context.Context, tenant, name, uplinkURL string) (App, error) {
	a := App{ID: uuid.NewString(), Tenant: tenant, Name: name, Status: AppLaunched, UplinkURL: uplinkURL, CreatedAt: s.now()}
	if err := a.check(); err != nil {
		return App{}, err
	}
	if s.apps > 0 { // two creations at the same moment may pass together; the bound is against heaps, not to the one
		_, n, err := s.store.Apps(ctx, tenant, AppFilter{Page: Page{0, 1}})
		if err != nil {
			return App{}, err
		}
		if n >= s.apps {
			return App{}, fault.Newf(fault.Parameter, "a tenant has at most %d SMS applications", s.apps)
		}
	}
	return a, s.store.AddApp(ctx, a)
}

// AppChange is what UpdateApp may alter. The name is always given.
type AppChange struct {
	Name      string
	UplinkURL *string // nil = stays; empty = replies are no longer passed on
}

// UpdateApp renames an application or moves its reply address (api.md §12.2). Messages that are queued keep the old name in their details.
func (s *Service) UpdateApp(ctx context.Context, tenant, id string, c AppChange) (App, error) {
	a, err := s.App(ctx, tenant, id)
	if err != nil {
		return App{}, err
	}
	a.Name = c.Name
	if c.UplinkURL != nil {
		a.UplinkURL = *c.UplinkURL
	}
	if err := a.check(); err != nil {
		return App{}, err
	}
	return a, unknownRow(s.store.UpdateApp(ctx, a), "app_id")
}

// App is one application (api.md §12.4). Another tenant's is as unknown as one that never was.
func (s *Service) App(ctx context.Context, tenant, id string) (App, error) {
	if !plainID(id) {
		return App{}, unknownRow(ErrNoRow, "app_id")
	}
	a, err := s.store.App(ctx, tenant, id)
	return a, unknownRow(err, "app_id")
}

// plainID reports whether s could be one of our ids. Others are unknown without asking the store, which may not even be able to read them.
func plainID(s string) bool {
	return s != "" && len(s) <= 50 && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' })
}

// unknownRow turns the store's ErrNoRow into what callers are told about an id.
func unknownRow(err error, field string) error {
	if errors.Is(err, ErrNoRow) {
		return fault.In(fault.Parameter, field, "does not exist")
	}
	return err
}

// ListApps lists applications, newest first, and counts all that fit the filter (api.md §12.3).
func (s *Service) ListApps(ctx context.Context, tenant string, f AppFilter) ([]App, int, error) {
	return s.store.Apps(ctx, tenant, f)
}

// textRule refuses text that no SMS, list or log should hold: control characters, and lengths beyond max characters.
func textRule(field, s string, limit int) error {
	if utf8.RuneCountInString(s) > limit {
		return fault.Inf(fault.Parameter, field, "must be at most %d characters", limit)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return fault.In(fault.Parameter, field, "must be text without control characters")
	}
	return nil
}
