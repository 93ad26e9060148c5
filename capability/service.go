package capability

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/templates"
)

// mobilesLimit bounds one check (api.md §9).
const mobilesLimit = 100

// templateFinder finds templates that links may be made from. *templates.Service is the one engine.
type templateFinder interface {
	// ForLinks gives a usable template of the tenant or of the gallery; fault.UnknownTemplateID if there is none.
	ForLinks(ctx context.Context, tenant, tplID string) (*templates.Template, error)
}

// Service checks numbers for tenants.
type Service struct {
	templates templateFinder
	provider  Provider
}

// NewService builds the room over the templates and a provider; nil is Everyone.
func NewService(t templateFinder, p Provider) (*Service, error) {
	if t == nil {
		return nil, errors.New("capability: templates are required")
	}
	if p == nil {
		p = Everyone{}
	}
	return &Service{t, p}, nil
}

// Request asks about numbers, in the wire's words (api.md §9).
type Request struct {
	Mobiles []string
	TplID   string // empty: any vendor's handset will do
	Alg     string // encryption_alg: NONE, SHA1; empty = NONE
}

// Result is every asked number, as it was given and in that order, on one of two sides.
type Result struct{ Supported, Unsupported []string }

// Check tells which numbers' handsets draw cards: those of the vendors at which the template is active, or of any vendor if none is named. A number that no
// mobile phone can have is not supported. Nothing about the numbers is kept or logged.
func (s *Service) Check(ctx context.Context, tenant string, r Request) (Result, error) {
	asked, err := r.parse()
	if err != nil {
		return Result{}, err
	}
	want, err := s.wanted(ctx, tenant, r.TplID)
	if err != nil {
		return Result{}, err
	}
	known, err := s.provider.Vendors(ctx, asked.numbers)
	if err != nil {
		return Result{}, fmt.Errorf("ask for the vendors of %d numbers: %w", len(asked.numbers), err)
	}
	if len(known) != len(asked.numbers) {
		return Result{}, fmt.Errorf("the capability provider answered %d of %d numbers", len(known), len(asked.numbers))
	}
	out := Result{Supported: []string{}, Unsupported: []string{}}
	for i, m := range r.Mobiles {
		if at := asked.at[i]; at >= 0 && known[at]&want != 0 {
			out.Supported = append(out.Supported, m)
		} else {
			out.Unsupported = append(out.Unsupported, m)
		}
	}
	return out, nil
}

// asked is a request's numbers by name; at is where each of its mobiles stands among them, -1 for what is no mobile number.
type asked struct {
	numbers []Number
	at      []int
}

func (r *Request) parse() (a asked, err error) {
	switch {
	case len(r.Mobiles) == 0:
		return a, fault.In(fault.EmptyMobiles, "mobiles", "")
	case len(r.Mobiles) > mobilesLimit:
		return a, fault.Inf(fault.Parameter, "mobiles", "must be 1-%d, not %d", mobilesLimit, len(r.Mobiles))
	case utf8.RuneCountInString(r.TplID) > 32:
		return a, fault.In(fault.Parameter, "tpl_id", "must be at most 32 characters")
	}
	hashed := false
	switch strings.ToUpper(r.Alg) {
	case "", "NONE":
	case "SHA1":
		hashed = true
	default:
		return a, fault.In(fault.Parameter, "encryption_alg", "must be NONE or SHA1")
	}
	for i, m := range r.Mobiles {
		field := fmt.Sprintf("mobiles[%d]", i)
		if n := utf8.RuneCountInString(m); n < 1 || n > 40 {
			return a, fault.In(fault.Parameter, field, "must be 1-40 characters")
		}
		var n Number
		var mobile bool
		if hashed {
			if n, mobile = ParseHash(m); !mobile {
				return a, fault.In(fault.Parameter, field, "must be 40 hexadecimal digits: the SHA-1 of country code and number, such as 8613100000000")
			}
		} else if n, mobile, err = ParsePhone(m); err != nil {
			return a, fault.In(fault.Parameter, field, err.Error())
		}
		if !mobile {
			a.at = append(a.at, -1)
			continue
		}
		a.at = append(a.at, len(a.numbers))
		a.numbers = append(a.numbers, n)
	}
	return a, nil
}

// wanted is the set of vendors whose handsets will do.
func (s *Service) wanted(ctx context.Context, tenant, tplID string) (Vendors, error) {
	if tplID == "" {
		return All, nil
	}
	t, err := s.templates.ForLinks(ctx, tenant, tplID)
	if err != nil {
		return 0, err
	}
	var active []templates.Vendor
	for _, v := range templates.Vendors() {
		if t.Active(v) {
			active = append(active, v)
		}
	}
	return SetOf(active...), nil
}
