package api

import (
	"context"
	"time"

	"github.com/valyala/fasthttp"

	"cardlink/fault"
	"cardlink/identity"
)

// identityHandlers serve the two IAM operations that KooMessage clients need (api.md §2.2, §2.3), in IAM's own shapes.
type identityHandlers struct{ room *identity.Service }

func (h identityHandlers) routes() []route {
	return []route{
		{"POST", "/v3/auth/tokens", "CreateToken", public, iam, h.createToken},
		{"GET", "/v3/projects", "ListProjects", "", iam, h.listProjects},
	}
}

// named is how IAM names a thing: by id, by name, or both.
type named struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
}

type tokenAnswer struct {
	Token tokenInfo `json:"token"`
}

// tokenInfo is the token's description in the answer; the token itself travels in X-Subject-Token.
type tokenInfo struct {
	ExpiresAt string     `json:"expires_at"`
	IssuedAt  string     `json:"issued_at"`
	Methods   []string   `json:"methods"`
	Catalog   []struct{} `json:"catalog"`
	Roles     []named    `json:"roles"`
	Project   ownedName  `json:"project"`
	User      userName   `json:"user"`
}

type ownedName struct {
	named
	Domain named `json:"domain"`
}

type userName struct {
	ownedName
	PasswordExpiresAt string `json:"password_expires_at"`
}

func (h identityHandlers) createToken(ctx context.Context, r *Request) (any, error) {
	login, err := loginOf(r)
	if err != nil {
		return nil, err
	}
	s, err := h.room.Login(ctx, login)
	if err != nil {
		if fault.Has(err, fault.Throttled) {
			r.Response.Header.Set("Retry-After", "60")
		}
		return nil, err
	}
	a := s.Account
	domain := named{a.Tenant.ID, a.Tenant.Name}
	roles := make([]named, 0, len(a.User.Policies)+1)
	if a.User.Admin {
		roles = append(roles, named{Name: identity.TeAdmin})
	}
	for _, p := range a.User.Policies {
		roles = append(roles, named{Name: p})
	}
	r.Response.Header.Set("X-Subject-Token", s.Token)
	r.SetStatusCode(fasthttp.StatusCreated)
	return tokenAnswer{tokenInfo{
		ExpiresAt: micros(s.Expires), IssuedAt: micros(s.Issued), Methods: []string{"password"}, Catalog: []struct{}{}, Roles: roles,
		Project: ownedName{named{a.Tenant.Project.ID, a.Tenant.Project.Name}, domain},
		User:    userName{ownedName: ownedName{named{a.User.ID, a.User.Name}, domain}},
	}}, nil
}

// loginOf reads the body of CreateToken: a password of a user of a domain, scoped to a project or to none.
func loginOf(r *Request) (login identity.Login, err error) {
	b, err := fieldsOf(r.PostBody(), fault.Parameter)
	if err != nil {
		return login, err
	}
	auth, _ := b.object("auth")
	who, _ := auth.object("identity")
	password, _ := who.object("password")
	user, _ := password.object("user")
	domain, _ := user.object("domain")
	for _, m := range who.texts("methods") {
		if m != "password" {
			return login, fault.OneOf("auth.identity.methods", "password")
		}
	}
	login = identity.Login{Domain: domain.text("name"), User: user.text("name"), Password: user.text("password"), Remote: r.remote.String()}
	if scope, given := auth.object("scope"); given {
		project, _ := scope.object("project")
		if login.Project = project.text("id"); login.Project == "" {
			login.Project = project.text("name")
		}
		if login.Project == "" && b.complaint() == nil {
			return login, fault.Said("auth.scope", "must be a project", "须为项目")
		}
	}
	return login, b.complaint()
}

// micros is IAM's form of a time.
func micros(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

type projectList struct {
	Projects []project         `json:"projects"`
	Links    map[string]string `json:"links"`
}

type project struct {
	named
	DomainID    string            `json:"domain_id"`
	ParentID    string            `json:"parent_id"`
	IsDomain    bool              `json:"is_domain"`
	Enabled     bool              `json:"enabled"`
	Description string            `json:"description"`
	Links       map[string]string `json:"links"`
}

func (h identityHandlers) listProjects(ctx context.Context, r *Request) (any, error) {
	t, err := h.room.Tenant(ctx, r.Principal.Tenant)
	if err != nil {
		return nil, err
	}
	base := "https://" + string(r.Host()) + "/v3/projects"
	out := projectList{Projects: []project{}, Links: map[string]string{"self": base}}
	for _, p := range identity.ProjectsNamed(t.Project, queryText(r, "name")) {
		out.Projects = append(out.Projects, project{
			named: named{p.ID, p.Name}, DomainID: t.ID, ParentID: t.ID, Enabled: true, Links: map[string]string{"self": base + "/" + p.ID},
		})
	}
	return out, nil
}
