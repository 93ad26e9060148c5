package capability

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cardlink/fault"
	"cardlink/templates"
)

// finder knows one template: HUAWEI shows it, OPPO has not decided, VIVO refused.
type finder struct{}

func (finder) ForLinks(_ context.Context, tenant, id string) (*templates.Template, error) {
	if tenant != "a" || id != "600000001" {
		return nil, fault.In(fault.UnknownTemplateID, "tpl_id", "")
	}
	return &templates.Template{ID: 600000001, State: templates.StateEnabled, Audit: templates.AuditApproved, Factories: []templates.Factory{
		{Vendor: templates.Huawei, State: templates.VendorActive}, {Vendor: templates.Oppo, State: templates.VendorNotEnabled, Pending: true},
		{Vendor: templates.Vivo, State: templates.VendorNotEnabled},
	}}, nil
}

// register is a provider of few numbers.
type register map[Number]Vendors

func (r register) Vendors(_ context.Context, ns []Number) ([]Vendors, error) {
	out := make([]Vendors, len(ns))
	for i, n := range ns {
		out[i] = r[n]
	}
	return out, nil
}

type broken struct{ answers int }

func (b broken) Vendors(context.Context, []Number) ([]Vendors, error) {
	if b.answers < 0 {
		return nil, errors.New("away")
	}
	return make([]Vendors, b.answers), nil
}

const (
	hash0 = "237baf0196797ffb081c41b8642f5c05dfebbbb7" // of 8613100000000
	hash1 = "2f52a22ed7eea397ea0d35db04329c291e9e704b" // of 8613100000001
)

func TestCheck(t *testing.T) {
	reg := register{number(t, "13100000000"): SetOf(templates.Huawei), number(t, "13100000001"): SetOf(templates.Oppo), number(t, "13100000002"): SetOf(templates.Vivo, templates.Huawei)}
	upper := strings.ToUpper(hash0)
	for _, c := range []struct {
		what     string
		p        Provider
		r        Request
		yes, not []string
	}{
		{"any vendor", reg, Request{Mobiles: []string{"13100000000", "8613100000001", "008613100000003", "13100000000"}},
			[]string{"13100000000", "8613100000001", "13100000000"}, []string{"008613100000003"}},
		{"a template's vendors", reg, Request{Mobiles: []string{"13100000000", "13100000001", "13100000002"}, TplID: "600000001", Alg: "NONE"},
			[]string{"13100000000", "13100000002"}, []string{"13100000001"}},
		{"hashes", reg, Request{Mobiles: []string{hash0, hash1, upper}, TplID: "600000001", Alg: "SHA1"}, []string{hash0, upper}, []string{hash1}},
		{"hashes, in another case", reg, Request{Mobiles: []string{hash1}, Alg: "sha1"}, []string{hash1}, []string{}},
		{"no mobile numbers", reg, Request{Mobiles: []string{"01012345678", "12345"}}, []string{}, []string{"01012345678", "12345"}},
		{"nothing is known", nil, Request{Mobiles: []string{"13100000009", "447911123456", "01012345678"}, TplID: "600000001"},
			[]string{"13100000009", "447911123456"}, []string{"01012345678"}},
		{"nothing is known of hashes", Everyone{}, Request{Mobiles: []string{hash0}, Alg: "SHA1"}, []string{hash0}, []string{}},
	} {
		s, err := NewService(finder{}, c.p)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Check(context.Background(), "a", c.r)
		if diff := cmp.Diff(Result{c.yes, c.not}, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", c.what, err, diff)
		}
	}
}

func TestCheckRefusals(t *testing.T) {
	s, err := NewService(finder{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	one := []string{"13100000000"}
	for _, c := range []struct {
		what, tenant string
		r            Request
		code         fault.Code
		field        string
	}{
		{"no numbers", "a", Request{}, fault.EmptyMobiles, "mobiles"},
		{"101 numbers", "a", Request{Mobiles: make([]string, 101)}, fault.Parameter, "mobiles"},
		{"empty number", "a", Request{Mobiles: []string{"13100000000", ""}}, fault.Parameter, "mobiles[1]"},
		{"long number", "a", Request{Mobiles: []string{strings.Repeat("1", 41)}}, fault.Parameter, "mobiles[0]"},
		{"letters", "a", Request{Mobiles: []string{"131x"}}, fault.Parameter, "mobiles[0]"},
		{"a hash that is not called one", "a", Request{Mobiles: []string{hash0}}, fault.Parameter, "mobiles[0]"},
		{"a number called a hash", "a", Request{Mobiles: one, Alg: "SHA1"}, fault.Parameter, "mobiles[0]"},
		{"another hash", "a", Request{Mobiles: one, Alg: "MD5"}, fault.Parameter, "encryption_alg"},
		{"long template id", "a", Request{Mobiles: one, TplID: strings.Repeat("6", 33)}, fault.Parameter, "tpl_id"},
		{"unknown template", "a", Request{Mobiles: one, TplID: "600000002"}, fault.UnknownTemplateID, "tpl_id"},
		{"another tenant's template", "b", Request{Mobiles: one, TplID: "600000001"}, fault.UnknownTemplateID, "tpl_id"},
	} {
		_, err := s.Check(context.Background(), c.tenant, c.r)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != c.code || f.Field != c.field {
			t.Errorf("%s: %v, want %s of %s", c.what, err, c.code, c.field)
		} else if strings.Contains(err.Error(), "131x") {
			t.Errorf("%s: the message shows a number", c.what)
		}
	}
	for _, answers := range []int{-1, 0, 2} {
		s, _ := NewService(finder{}, broken{answers})
		if _, err := s.Check(context.Background(), "a", Request{Mobiles: one}); err == nil || fault.Of(err).Code != fault.Internal {
			t.Errorf("a provider with %d answers: %v", answers, err)
		}
	}
	if _, err := NewService(nil, nil); err == nil {
		t.Error("a service without templates")
	}
}
