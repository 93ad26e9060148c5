package identity

import (
	"bytes"
	"encoding/json"
	"strings"

	"cardlink/fault"
)

// TeAdmin is the action that only tenant administrators may perform. It is no policy action: no policy grants it.
const TeAdmin = "te_admin"

// The two effects of a statement.
const (
	Allow = "Allow"
	Deny  = "Deny"
)

// Policy is a named list of statements, in the form IAM knows: {"Version":"1.1","Statement":[{"Effect":"Allow","Action":["…"]}]}.
type Policy struct {
	Name       string      `json:"-"`
	Version    string      `json:"Version,omitempty"`
	Statements []Statement `json:"Statement"`
}

// Statement allows or denies actions. In an action "*" stands for any run of characters: "kooMessage:devTemplate:*".
type Statement struct {
	Effect  string   `json:"Effect"`
	Actions []string `json:"Action"`
}

// Bounds of a policy document.
const (
	maxStatements = 64
	maxActions    = 256 // per statement
	maxDocument   = 64 << 10
)

// ParsePolicy reads a policy document. Fields we do not evaluate (Condition, Resource) are refused: ignoring one would widen the
// rights its author meant to give. So is an action that matches nothing, which is a typing error.
func ParsePolicy(name string, document []byte) (Policy, error) {
	if len(document) > maxDocument {
		return Policy{}, fault.Inf(fault.Parameter, "policy", "must be at most %d bytes", maxDocument)
	}
	p := Policy{Name: name}
	d := json.NewDecoder(bytes.NewReader(document))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Policy{}, &fault.Error{Code: fault.Parameter, Field: "policy", Rule: "is not a policy document: " + err.Error(), Err: err}
	}
	return p, p.validate()
}

// Document is the policy as JSON.
func (p Policy) Document() []byte {
	b, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings in slices cannot fail
	}
	return b
}

func (p Policy) validate() error {
	if err := validName("name", p.Name); err != nil {
		return err
	}
	if systemPolicy(p.Name) != nil || p.Name == OperatorPolicy {
		return fault.In(fault.Parameter, "name", "is the name of a system policy")
	}
	if n := len(p.Statements); n == 0 || n > maxStatements {
		return fault.Inf(fault.Parameter, "Statement", "must hold 1-%d statements", maxStatements)
	}
	for _, s := range p.Statements {
		if s.Effect != Allow && s.Effect != Deny {
			return fault.In(fault.Parameter, "Effect", "must be Allow or Deny")
		}
		if n := len(s.Actions); n == 0 || n > maxActions {
			return fault.Inf(fault.Parameter, "Action", "must hold 1-%d actions", maxActions)
		}
		for _, a := range s.Actions {
			if !matchesSomething(a) {
				return fault.Inf(fault.Parameter, "Action", "%q matches no action", a)
			}
		}
	}
	return nil
}

// Allowed reports whether a caller may perform an action ("kooMessage:devTemplate:create", TeAdmin). The empty action is open to every
// authenticated caller. Administrators may do everything but Operate; for all others nothing is allowed that no statement allows, and one statement that
// denies outweighs all that allow (api.md §2.4).
func (s *Service) Allowed(p Principal, action string) bool { return allowed(p, action) }

func allowed(p Principal, action string) bool {
	if action == Operate {
		return operates(p)
	}
	if p.Admin || action == "" {
		return true
	}
	if action == TeAdmin {
		return false
	}
	allow := false
	weigh := func(statements []Statement) (denied bool) {
		for _, st := range statements {
			for _, pattern := range st.Actions {
				if !matchAction(pattern, action) {
					continue
				}
				if st.Effect == Deny {
					return true
				}
				allow = true
			}
		}
		return false
	}
	for _, name := range p.Policies {
		if sp := systemPolicy(name); sp != nil {
			allow = allow || sp.grants(action)
		}
	}
	for _, c := range p.custom {
		if weigh(c.Statements) {
			return false
		}
	}
	return allow
}

// matchAction matches an action against a pattern in which "*" stands for any run of characters.
func matchAction(pattern, action string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == action
	}
	if !strings.HasPrefix(action, head) {
		return false
	}
	action = action[len(head):]
	for {
		var part string
		part, rest, star = strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(action, part)
		}
		i := strings.Index(action, part)
		if i < 0 {
			return false
		}
		action = action[i+len(part):]
	}
}

func matchesSomething(pattern string) bool {
	for i := range grants {
		if matchAction(pattern, grants[i].action) {
			return true
		}
	}
	return false
}
