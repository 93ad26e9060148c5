package dispatch

import (
	"context"
	"net/url"
	"regexp"
	"strings"
	"time"
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

var appName = regexp.MustCompile(`^[\p{Han}A-Za-z0-9_-]{1,30}$`)

// CreateApp makes an application, launched at once (api.md §12.1). The name is unique in the tenant, regardless of case.
func (s *Service) CreateApp(ctx context.Context, tenant, name, uplinkURL string) (App, error) {
	if strings.TrimSpace(name) == "" {
		return App{}, fault.In(fault.EmptyAppName, "app_name", "is required")
	}
	if !appName.MatchString(name) {
		return App{}, fault.In(fault.Parameter, "app_name", "must be 1-30 letters, digits, - or _")
	}
	if uplinkURL != "" {
		u, err := url.Parse(uplinkURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || utf8.RuneCountInString(uplinkURL) > 255 {
			return App{}, fault.In(fault.Parameter, "up_link_addr", "must be an http or https URL of at most 255 characters")
		}
	}
	if s.apps > 0 {
		_, n, err := s.store.Apps(ctx, tenant, AppFilter{Page: Page{0, 1}})
		if err != nil {
			return App{}, err
		}
		if n >= s.apps {
			return App{}, fault.Newf(fault.Parameter, "a tenant has at most %d SMS applications", s.apps)
		}
	}
	a := App{ID: uuid.NewString(), Tenant: tenant, Name: name, Status: AppLaunched, UplinkURL: uplinkURL, CreatedAt: s.now()}
	return a, s.store.AddApp(ctx, a)
}

// ListApps lists applications, newest first, and counts all that fit the filter (api.md §12.3).
func (s *Service) ListApps(ctx context.Context, tenant string, f AppFilter) ([]App, int, error) {
	return s.store.Apps(ctx, tenant, f)
}
