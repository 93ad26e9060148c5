package contract

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"cardlink/dispatch"
	"cardlink/fault"
)

// SMS needs a fresh store with the tenants "a" and "b".
var SMS = []struct {
	Name  string
	Check func(context.Context, dispatch.Store) error
}{
	{"an application's name is unique in its tenant, whatever the case", smsAppNames},
	{"lists are newest first, filtered, paged, and count all", smsLists},
	{"an application is renamed by its owner only", smsUpdateApp},
	{"a file is known to its owner only", smsFiles},
	{"a signature is unique with its type and read with its application", smsSignatures},
	{"a signature changes only from the revision that was read", smsUpdateSignature},
	{"a deleted signature takes its templates along, and nothing else", smsDeleteSignature},
	{"a number configures all approved signatures of its kind", smsConfigure},
	{"a template is read with its signature and application", smsTemplates},
	{"a template changes only from the revision that was read", smsUpdateTemplate},
	{"a template is deleted by its owner only", smsDeleteTemplate},
	{"what waits for review is listed over all tenants, oldest first", smsPending},
}

func smsAppNames(ctx context.Context, s dispatch.Store) error {
	app := func(id, tenant, name string) error {
		return s.AddApp(ctx, dispatch.App{ID: id, Tenant: tenant, Name: name, Status: dispatch.AppLaunched, CreatedAt: dispatchNow})
	}
	if err := errors.Join(app("1", "a", "Shop"), app("2", "b", "Shop")); err != nil {
		return err
	}
	if err := app("3", "a", "shop"); !fault.Has(err, fault.Parameter) {
		return fmt.Errorf("err = %w, want a fault of app_name", err)
	}
	if _, err := s.App(ctx, "b", "1"); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("another tenant's application: %w", err)
	}
	return nil
}

func smsLists(ctx context.Context, s dispatch.Store) error {
	for i := range 5 {
		if err := s.AddApp(ctx, dispatch.App{ID: strconv.Itoa(i), Tenant: "a", Name: fmt.Sprint("shop", i), Status: dispatch.AppLaunched,
			CreatedAt: dispatchNow.Add(time.Duration(i) * time.Hour)}); err != nil {
			return err
		}
	}
	list := func(f dispatch.AppFilter) string {
		apps, total, err := s.Apps(ctx, "a", f)
		if err != nil {
			return err.Error()
		}
		text := fmt.Sprint(total, ":")
		for _, a := range apps {
			text += " " + a.Name
		}
		return text
	}
	all := dispatch.Page{Limit: 10}
	return errors.Join(
		same("all", list(dispatch.AppFilter{Page: all}), "5: shop4 shop3 shop2 shop1 shop0"),
		same("second page", list(dispatch.AppFilter{Page: dispatch.Page{Offset: 2, Limit: 2}}), "5: shop2 shop1"),
		same("past the end", list(dispatch.AppFilter{Page: dispatch.Page{Offset: 5, Limit: 2}}), "5:"),
		same("by part of the name", list(dispatch.AppFilter{Name: "op3", Page: all}), "1: shop3"),
		same("a wildcard is a letter", list(dispatch.AppFilter{Name: "%", Page: all}), "0:"),
		same("by time", list(dispatch.AppFilter{Created: dispatch.Span{From: dispatchNow.Add(time.Hour), To: dispatchNow.Add(2 * time.Hour)}, Page: all}), "2: shop2 shop1"),
	)
}

func smsUpdateApp(ctx context.Context, s dispatch.Store) error {
	one := dispatch.App{ID: "1", Tenant: "a", Name: "one", Status: dispatch.AppLaunched, CreatedAt: dispatchNow}
	two := dispatch.App{ID: "2", Tenant: "a", Name: "two", Status: dispatch.AppLaunched, CreatedAt: dispatchNow}
	if err := errors.Join(s.AddApp(ctx, one), s.AddApp(ctx, two)); err != nil {
		return err
	}
	one.Name, one.UplinkURL = "ONE", "https://x.example/up" // its own name in another case is free
	if err := s.UpdateApp(ctx, one); err != nil {
		return err
	}
	got, err := s.App(ctx, "a", "1")
	if err := errors.Join(err, same("application", got, one)); err != nil {
		return err
	}
	if err := s.SetAppStatus(ctx, "b", "1", dispatch.AppSuspended); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("suspending another tenant's: %w", err)
	}
	if err := errors.Join(s.SetAppStatus(ctx, "a", "1", dispatch.AppSuspended), s.UpdateApp(ctx, one)); err != nil { // an update leaves the state
		return err
	}
	got, err = s.App(ctx, "a", "1")
	if err := errors.Join(err, same("state", got.Status, dispatch.AppSuspended)); err != nil {
		return err
	}
	one.Name = "Two"
	if err := s.UpdateApp(ctx, one); !fault.Has(err, fault.Parameter) {
		return fmt.Errorf("another's name: %w", err)
	}
	one.Name, one.Tenant = "three", "b"
	if err := s.UpdateApp(ctx, one); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("another tenant's application: %w", err)
	}
	return nil
}

func smsFiles(ctx context.Context, s dispatch.Store) error {
	f := dispatch.File{ID: "f", Tenant: "a", Name: "licence.png", Description: "ours", ContentType: "image/png", Content: []byte("x"), CreatedAt: dispatchNow}
	if err := s.AddFile(ctx, f); err != nil {
		return err
	}
	got, err := s.FileInfo(ctx, "a", "f")
	f.Content = nil
	if err := errors.Join(err, same("file", got, f)); err != nil {
		return err
	}
	for _, who := range [][2]string{{"b", "f"}, {"a", "g"}} {
		if _, err := s.FileInfo(ctx, who[0], who[1]); !errors.Is(err, dispatch.ErrNoRow) {
			return fmt.Errorf("file %v: %w", who, err)
		}
	}
	return nil
}

// smsSignature is a passed signature of application "app", which must exist.
func smsSignature(id, name, kind string) dispatch.Signature {
	return dispatch.Signature{ID: id, Tenant: "a", AppID: "app", Name: name, Kind: kind, Source: 1, InvolvedThird: "no", FileID: "f", SourceTitle: "shop.example.com",
		ApplyDesc: "ours", Status: dispatch.SignaturePassed, ChannelNumber: "1069", CreatedAt: dispatchNow}
}

func smsTemplate(id int64, signature string) dispatch.SMSTemplate {
	return dispatch.SMSTemplate{ID: id, Tenant: "a", AppID: "app", SignatureID: signature, Name: "sale", Description: "d", Kind: dispatch.KindNotify, Content: "hi ${1} ",
		FlowStatus: dispatch.FlowAdopted, CreatedAt: dispatchNow, Variables: []dispatch.Variable{{Index: 1, Type: dispatch.VarLink}}}
}

// smsShop stores application "app" and signatures s1 (notify) and s2 (promotion) of the same name.
func smsShop(ctx context.Context, s dispatch.Store) error {
	return errors.Join(
		s.AddApp(ctx, dispatch.App{ID: "app", Tenant: "a", Name: "shop", Status: dispatch.AppLaunched, CreatedAt: dispatchNow}),
		s.AddSignature(ctx, smsSignature("s1", "示例商城", dispatch.KindNotify)),
		s.AddSignature(ctx, smsSignature("s2", "示例商城", dispatch.KindPromotion)),
	)
}

func smsSignatures(ctx context.Context, s dispatch.Store) error {
	if err := smsShop(ctx, s); err != nil {
		return err
	}
	if err := s.AddSignature(ctx, smsSignature("s3", "示例商城", dispatch.KindNotify)); !fault.Has(err, fault.SignatureExists) {
		return fmt.Errorf("the same signature again: %w", err)
	}
	want := smsSignature("s1", "示例商城", dispatch.KindNotify)
	want.AppName = "shop"
	got, err := s.Signature(ctx, "a", "s1")
	if err := errors.Join(err, same("signature", got, want)); err != nil {
		return err
	}
	if _, err := s.Signature(ctx, "b", "s1"); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("another tenant's signature: %w", err)
	}
	list, total, err := s.Signatures(ctx, "a", dispatch.SignatureFilter{AppName: "sho", Name: "商", Kind: dispatch.KindNotify, Status: dispatch.SignaturePassed, Page: dispatch.Page{Limit: 9}})
	return errors.Join(err, same("total", total, 1), same("list", list, []dispatch.Signature{want}))
}

func smsUpdateSignature(ctx context.Context, s dispatch.Store) error {
	if err := smsShop(ctx, s); err != nil {
		return err
	}
	if err := s.AddApp(ctx, dispatch.App{ID: "app2", Tenant: "a", Name: "shop2", Status: dispatch.AppLaunched, CreatedAt: dispatchNow}); err != nil {
		return err
	}
	n, err := s.Signature(ctx, "a", "s1")
	if err != nil {
		return err
	}
	n.AppID, n.AppName, n.Name, n.Source, n.InvolvedThird, n.FileID, n.PowerFileID = "app2", "shop2", "新商城", 2, "yes", "f2", "p2"
	n.ApplyDesc, n.SourceTitle, n.Status, n.ReviewDesc, n.ChannelNumber = "x", "y", dispatch.SignatureRejected, "no", ""
	if err := s.UpdateSignature(ctx, n); err != nil {
		return err
	}
	want := n
	want.Revision++
	got, err := s.Signature(ctx, "a", "s1")
	if err := errors.Join(err, same("updated", got, want)); err != nil {
		return err
	}
	if err := s.UpdateSignature(ctx, n); !errors.Is(err, dispatch.ErrChanged) {
		return fmt.Errorf("an old revision: %w", err)
	}
	taken, foreign := want, want
	taken.Name, taken.Kind = "示例商城", dispatch.KindPromotion
	if err := s.UpdateSignature(ctx, taken); !fault.Has(err, fault.SignatureExists) {
		return fmt.Errorf("another's name: %w", err)
	}
	foreign.Tenant = "b"
	if err := s.UpdateSignature(ctx, foreign); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("another tenant's signature: %w", err)
	}
	return nil
}

func smsDeleteSignature(ctx context.Context, s dispatch.Store) error {
	if err := smsShop(ctx, s); err != nil {
		return err
	}
	other := smsTemplate(10000002, "s2")
	if err := errors.Join(s.AddSMSTemplate(ctx, smsTemplate(10000000, "s1")), s.AddSMSTemplate(ctx, smsTemplate(10000001, "s1")), s.AddSMSTemplate(ctx, other)); err != nil {
		return err
	}
	if err := s.DeleteSignature(ctx, "b", "s1"); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("another tenant's signature: %w", err)
	}
	if err := s.DeleteSignature(ctx, "a", "s1"); err != nil {
		return err
	}
	if err := s.DeleteSignature(ctx, "a", "s1"); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("deleted twice: %w", err)
	}
	list, total, err := s.SMSTemplates(ctx, "a", dispatch.SMSTemplateFilter{Page: dispatch.Page{Limit: 9}})
	if err := errors.Join(err, same("templates left", total, 1)); err != nil {
		return err
	}
	if list[0].ID != other.ID {
		return fmt.Errorf("left is %d, want %d", list[0].ID, other.ID)
	}
	if _, err := s.SMSTemplate(ctx, 10000000); !fault.Has(err, fault.UnknownSMSTemplate) {
		return fmt.Errorf("a template of the deleted signature: %w", err)
	}
	if err := s.AddSMSTemplate(ctx, smsTemplate(10000003, "s1")); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("a template under a deleted signature: %w", err)
	}
	return s.AddSignature(ctx, smsSignature("s4", "示例商城", dispatch.KindNotify)) // the name is free again
}

func smsConfigure(ctx context.Context, s dispatch.Store) error {
	if err := smsShop(ctx, s); err != nil {
		return err
	}
	n := smsSignature("s3", "第三家", dispatch.KindNotify)
	n.Status, n.ChannelNumber = dispatch.SignatureProcessing, ""
	waiting := smsSignature("s4", "第四家", dispatch.KindNotify)
	waiting.Status, waiting.ChannelNumber = dispatch.SignaturePending, ""
	if err := errors.Join(s.AddSignature(ctx, n), s.AddSignature(ctx, waiting)); err != nil {
		return err
	}
	other, err1 := s.ConfigureSignatures(ctx, dispatch.KindPromotion, "1070")
	done, err2 := s.ConfigureSignatures(ctx, dispatch.KindNotify, "1071")
	state := func(id string) string {
		n, err := s.Signature(ctx, "a", id)
		return fmt.Sprint(n.Status, n.ChannelNumber, err)
	}
	return errors.Join(err1, err2, same("of the other kind", other, 0), same("configured", done, 1),
		same("s1", state("s1"), "REVIEW_PASSED1069<nil>"), same("s3", state("s3"), "REVIEW_PASSED1071<nil>"), same("s4", state("s4"), "PENDING_REVIEW<nil>"))
}

func smsTemplates(ctx context.Context, s dispatch.Store) error {
	t := smsTemplate(10000000, "s1")
	if err := errors.Join(smsShop(ctx, s), s.AddSMSTemplate(ctx, t)); err != nil {
		return err
	}
	t.AppName, t.AppStatus, t.SignatureName, t.SignatureStatus, t.ChannelNumber = "shop", dispatch.AppLaunched, "示例商城", dispatch.SignaturePassed, "1069"
	got, err := s.SMSTemplate(ctx, t.ID)
	if err != nil {
		return err
	}
	if _, err := s.SMSTemplate(ctx, 1); !fault.Has(err, fault.UnknownSMSTemplate) {
		return fmt.Errorf("unknown template: %w", err)
	}
	list, total, err := s.SMSTemplates(ctx, "a", dispatch.SMSTemplateFilter{AppName: "sh", Name: "al", ID: t.ID, SignatureID: "s1", FlowStatus: dispatch.FlowAdopted, Kind: dispatch.KindNotify,
		Page: dispatch.Page{Limit: 9}})
	_, others, err2 := s.SMSTemplates(ctx, "a", dispatch.SMSTemplateFilter{SignatureID: "s2"})
	return errors.Join(err, err2, same("template", got, t), same("total", total, 1), same("list", list, []dispatch.SMSTemplate{t}), same("of the other signature", others, 0))
}

func smsUpdateTemplate(ctx context.Context, s dispatch.Store) error {
	if err := errors.Join(smsShop(ctx, s), s.AddSMSTemplate(ctx, smsTemplate(10000000, "s1"))); err != nil {
		return err
	}
	t, err := s.SMSTemplate(ctx, 10000000)
	if err != nil {
		return err
	}
	t.SignatureID, t.Name, t.Description, t.Kind, t.Content = "s2", "n", "", dispatch.KindPromotion, "${1} of ${2}"
	t.FlowStatus, t.ReviewDesc = dispatch.FlowReject, "why"
	t.Variables = []dispatch.Variable{{Index: 2, Type: dispatch.VarText, Desc: "name"}, {Index: 1, Type: dispatch.VarMoney}}
	if err := s.UpdateSMSTemplate(ctx, t); err != nil {
		return err
	}
	want := t
	want.Revision++
	got, err := s.SMSTemplate(ctx, t.ID)
	if err := errors.Join(err, same("updated", got, want)); err != nil {
		return err
	}
	if err := s.UpdateSMSTemplate(ctx, t); !errors.Is(err, dispatch.ErrChanged) {
		return fmt.Errorf("an old revision: %w", err)
	}
	for what, change := range map[string]func(*dispatch.SMSTemplate){
		"another tenant's":        func(t *dispatch.SMSTemplate) { t.Tenant = "b" },
		"an unknown one":          func(t *dispatch.SMSTemplate) { t.ID++ },
		"of an unknown signature": func(t *dispatch.SMSTemplate) { t.SignatureID = "s9" },
	} {
		c := want
		change(&c)
		if err := s.UpdateSMSTemplate(ctx, c); !errors.Is(err, dispatch.ErrNoRow) {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

func smsDeleteTemplate(ctx context.Context, s dispatch.Store) error {
	t := smsTemplate(10000000, "s1")
	if err := errors.Join(smsShop(ctx, s), s.AddSMSTemplate(ctx, t)); err != nil {
		return err
	}
	if err := s.DeleteSMSTemplate(ctx, "b", t.ID); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("another tenant's template: %w", err)
	}
	if err := s.DeleteSMSTemplate(ctx, "a", t.ID); err != nil {
		return err
	}
	if err := s.DeleteSMSTemplate(ctx, "a", t.ID); !errors.Is(err, dispatch.ErrNoRow) {
		return fmt.Errorf("deleted twice: %w", err)
	}
	return nil
}

func smsPending(ctx context.Context, s dispatch.Store) error {
	var errs []error
	for i, tenant := range []string{"b", "a", "b"} {
		app := "app-" + tenant
		if i < 2 {
			errs = append(errs, s.AddApp(ctx, dispatch.App{ID: app, Tenant: tenant, Name: "shop", Status: dispatch.AppLaunched, CreatedAt: dispatchNow}))
		}
		n := smsSignature(fmt.Sprint("s", i), fmt.Sprint("sign", i), dispatch.KindNotify)
		n.Tenant, n.AppID, n.Status, n.CreatedAt = tenant, app, dispatch.SignaturePending, dispatchNow.Add(-time.Duration(i)*time.Hour)
		passed := n
		passed.ID, passed.Name, passed.Status = n.ID+"p", n.Name+"p", dispatch.SignaturePassed
		t := smsTemplate(int64(10000000+i), passed.ID)
		t.Tenant, t.AppID, t.FlowStatus, t.CreatedAt = tenant, app, dispatch.FlowReviewing, n.CreatedAt
		adopted := t
		adopted.ID, adopted.FlowStatus = t.ID+100, dispatch.FlowAdopted
		errs = append(errs, s.AddSignature(ctx, n), s.AddSignature(ctx, passed), s.AddSMSTemplate(ctx, t), s.AddSMSTemplate(ctx, adopted))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	list := func(limit int) string {
		signs, err1 := s.PendingSignatures(ctx, limit)
		tpls, err2 := s.PendingSMSTemplates(ctx, limit)
		text := fmt.Sprint(err1, err2)
		for _, n := range signs {
			text += " " + n.Tenant + n.ID
		}
		for _, t := range tpls {
			text += fmt.Sprint(" ", t.Tenant, t.ID)
		}
		return text
	}
	return errors.Join(same("all", list(9), "<nil> <nil> bs2 as1 bs0 b10000002 a10000001 b10000000"), same("two", list(2), "<nil> <nil> bs2 as1 b10000002 a10000001"))
}
