package serviceaccount_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/serviceaccount"
)

func TestACompanyIsThereBeforeItIsFiled(t *testing.T) {
	h := newHouse(t, true)
	ctx := context.Background()
	c, err := h.Company(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	want := serviceaccount.Company{
		ID: c.ID, Tenant: "a", Filing: serviceaccount.Filing{Name: "Company a", Industry: 11, Products: serviceaccount.Products()}, ApproveState: serviceaccount.Approved,
		SubmittedAt: began, CreatedAt: began,
	}
	if d := cmp.Diff(want, c); d != "" || len(c.ID) != 32 {
		t.Errorf("company (-want +got):\n%s", d)
	}
	h.now = h.now.Add(time.Hour)
	if again, err := h.Company(ctx, "a"); err != nil || cmp.Diff(c, again) != "" {
		t.Errorf("a second time: %+v, %v", again, err)
	}
	if other, err := h.Company(ctx, "b"); err != nil || other.ID == c.ID || other.Name != "Company b" {
		t.Errorf("of another tenant: %+v, %v", other, err)
	}
	if !c.Filed(serviceaccount.ProductBasic) {
		t.Error("a company made by default is filed for everything")
	}
}

func TestFilings(t *testing.T) {
	h := newHouse(t, true)
	ctx := context.Background()
	letter := h.upload("a", "OTHER")
	filing := func(name string) serviceaccount.Filing {
		return serviceaccount.Filing{Name: name, LicenceNo: "91310000X", LicenceFiles: []string{letter}, Industry: 5, Products: []serviceaccount.Product{serviceaccount.ProductAccounts}}
	}
	first, err := h.SubmitCompany(ctx, h.by, filing("First"))
	if err != nil {
		t.Fatal(err)
	}
	if first.Name != "Company a" || first.Pending == nil || first.Pending.Name != "First" || first.ApproveState != serviceaccount.InReview {
		t.Errorf("waiting: %+v", first)
	}
	second, err := h.SubmitCompany(ctx, h.by, filing("Second")) // in the same millisecond
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ReviewCompany(ctx, "a", first.SubmittedAt, true, ""); !errors.Is(err, serviceaccount.ErrNotPending) {
		t.Errorf("a verdict on the filing that was replaced: %v", err)
	}
	waiting, err := h.PendingCompanies(ctx, 10)
	if err != nil || len(waiting) != 1 || waiting[0].Pending.Name != "Second" {
		t.Fatalf("waiting: %+v, %v", waiting, err)
	}
	h.now = h.now.Add(time.Hour)
	no, err := h.ReviewCompany(ctx, "a", second.SubmittedAt, false, "blurred licence")
	if err != nil || no.Name != "Company a" || no.ApproveState != serviceaccount.Rejected || no.Words != "blurred licence" || !no.ReviewedAt.Equal(h.now) || no.Pending != nil {
		t.Errorf("rejected: %+v, %v", no, err)
	}
	if _, err := h.ReviewCompany(ctx, "a", second.SubmittedAt, true, ""); !errors.Is(err, serviceaccount.ErrNotPending) {
		t.Errorf("a second verdict: %v", err)
	}
	third, err := h.SubmitCompany(ctx, h.by, filing("Third"))
	if err != nil {
		t.Fatal(err)
	}
	yes, err := h.ReviewCompany(ctx, "a", third.SubmittedAt, true, "")
	if err != nil || yes.Name != "Third" || yes.ApproveState != serviceaccount.Approved || yes.ID != first.ID || yes.Filed(serviceaccount.ProductBasic) || !yes.Filed(serviceaccount.ProductAccounts) {
		t.Errorf("approved: %+v, %v", yes, err)
	}
	if _, err := h.ReviewCompany(ctx, "nobody", third.SubmittedAt, true, ""); !errors.Is(err, serviceaccount.ErrUnknown) {
		t.Errorf("nobody's filing: %v", err)
	}

	auto := newHouse(t, false)
	done, err := auto.SubmitCompany(ctx, auto.by, serviceaccount.Filing{Name: "At once", Industry: 1, Products: serviceaccount.Products()})
	if err != nil || done.Name != "At once" || done.Pending != nil || done.ApproveState != serviceaccount.Approved {
		t.Errorf("without reviews: %+v, %v", done, err)
	}
}

func TestFilingRules(t *testing.T) {
	h := newHouse(t, false)
	foreign := h.upload("b", "OTHER")
	for want, change := range map[string]func(*serviceaccount.Filing){
		"name: must be 1-64 characters":             func(f *serviceaccount.Filing) { f.Name = "" },
		"name: must not begin":                      func(f *serviceaccount.Filing) { f.Name = " x" },
		"licence_no: must be at most 32":            func(f *serviceaccount.Filing) { f.LicenceNo = "91-x" },
		"licence_files: must hold at most 6":        func(f *serviceaccount.Filing) { f.LicenceFiles = make([]string, 7) },
		"licence_files[0]: does not exist":          func(f *serviceaccount.Filing) { f.LicenceFiles = []string{foreign} },
		"industry: must be an integer from 1 to 11": func(f *serviceaccount.Filing) { f.Industry = 12 },
		"products: is required":                     func(f *serviceaccount.Filing) { f.Products = nil },
		"products[1]: must be aim_send":             func(f *serviceaccount.Filing) { f.Products = []serviceaccount.Product{"aim_send", "aim_cup"} },
		"products: names aim_send twice":            func(f *serviceaccount.Filing) { f.Products = []serviceaccount.Product{"aim_send", "aim_send"} },
	} {
		f := serviceaccount.Filing{Name: "Shop", Industry: 5, Products: serviceaccount.Products()}
		change(&f)
		if _, err := h.SubmitCompany(context.Background(), h.by, f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s…", err, want)
		}
	}
}
