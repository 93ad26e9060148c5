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

type tokenRequest struct {
	Auth struct {
		Identity struct {
			Methods  []string `json:"methods"`
			Password struct {
				User struct {
					Name     string `json:"name"`
					Password string `json:"password"`
					Domain   named  `json:"domain"`
				} `json:"user"`
			} `json:"password"`
		} `json:"identity"`
		Scope *struct {
			Project *named `json:"project"`
		} `json:"scope"`
	} `json:"auth"`
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
	var in tokenRequest
	if err := decode(r.Request.Body(), &in); err != nil {
		return nil, err
	}
	for _, m := range in.Auth.Identity.Methods {
		if m != "password" {
			return nil, fault.In(fault.Parameter, "auth.identity.methods", "must be password")
		}
	}
	user := in.Auth.Identity.Password.User
	login := identity.Login{Domain: user.Domain.Name, User: user.Name, Password: user.Password, Remote: r.RemoteIP().String()}
	if scope := in.Auth.Scope; scope != nil {
		if scope.Project == nil || (scope.Project.ID == "" && scope.Project.Name == "") {
			return nil, fault.In(fault.Parameter, "auth.scope", "must be a project")
		}
		if login.Project = scope.Project.ID; login.Project == "" {
			login.Project = scope.Project.Name
		}
	}
	s, err := h.room.Login(ctx, login)
	if err != nil {
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
