package dispatch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/store"
)

// desk is a service without anything in it but an application and a licence of tenant t0.
type desk struct {
	*dispatch.Service
	db      *store.DB
	app     dispatch.App
	licence string
}

func openDesk(t *testing.T, manual bool, channels ...dispatch.Channel) *desk {
	t.Helper()
	db, _, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &desk{db: db, Service: serviceOn(t, db, manual, channels...)}
	ctx := context.Background()
	if d.app, err = d.CreateApp(ctx, "t0", "shop", ""); err != nil {
		t.Fatal(err)
	}
	f, err := d.UploadFile(ctx, "t0", `C:\papers\licence.png`, "", []byte("\x89PNG\r\n\x1a\n0000"))
	if err != nil || f.Name != "licence.png" {
		t.Fatal(f.Name, err)
	}
	d.licence = f.ID
	return d
}

func serviceOn(t *testing.T, db *store.DB, manual bool, channels ...dispatch.Channel) *dispatch.Service {
	t.Helper()
	s, err := dispatch.NewService(dispatch.ServiceOptions{Store: db, Links: &fakeLinks{}, ManualReview: manual, Channels: channels, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (d *desk) signature() dispatch.Signature {
	return dispatch.Signature{Name: "示例商城", Kind: dispatch.KindNotify, AppID: d.app.ID, FileID: d.licence, InvolvedThird: "no"}
}

// answered checks a fault's code and field; an empty code wants success.
func answered(t *testing.T, what string, err error, code fault.Code, field string) {
	t.Helper()
	if code == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code || f.Field != field {
		t.Errorf("%s: %v, want %s of %q", what, err, code, field)
	}
}

func TestAppRules(t *testing.T) {
	d, ctx := openDesk(t, false), context.Background()
	for _, c := range []struct {
		name, uplink string
		code         fault.Code
		field        string
	}{
		{"", "", fault.EmptyAppName, "app_name"},
		{"  ", "", fault.EmptyAppName, "app_name"},
		{"a b", "", fault.Parameter, "app_name"},
		{"a!", "", fault.Parameter, "app_name"},
		{strings.Repeat("商", 31), "", fault.Parameter, "app_name"},
		{strings.Repeat("商", 30), "", "", ""},
		{"SHOP", "", fault.Parameter, "app_name"}, // "shop" is taken
		{"shop_1-б", "http://10.0.0.1:8080/up", "", ""},
		{"u1", "https://up.example.com", "", ""},
		{"u2", "ftp://up.example.com", fault.Parameter, "up_link_addr"},
		{"u3", "up.example.com", fault.Parameter, "up_link_addr"},
		{"u4", "http://:80/", fault.Parameter, "up_link_addr"},
		{"u5", "http://x.example:0/", fault.Parameter, "up_link_addr"},
		{"u6", "http://x.example:65536/", fault.Parameter, "up_link_addr"},
		{"u7", "http://x.example:/", fault.Parameter, "up_link_addr"},
		{"u8", "http://a:b@x.example/", fault.Parameter, "up_link_addr"},
		{"u9", "http://x.example/a b", fault.Parameter, "up_link_addr"},
		{"u10", "http://x.example/" + strings.Repeat("u", 238), "", ""},
		{"u11", "http://x.example/" + strings.Repeat("u", 239), fault.Parameter, "up_link_addr"},
	} {
		_, err := d.CreateApp(ctx, "t0", c.name, c.uplink)
		answered(t, c.name+" "+c.uplink, err, c.code, c.field)
	}
}

func TestUpdateApp(t *testing.T) {
	d, ctx := openDesk(t, false), context.Background()
	up, none := "https://up.example.com", ""
	a, err := d.UpdateApp(ctx, "t0", d.app.ID, dispatch.AppChange{Name: "mall", UplinkURL: &up})
	if err != nil || a.Name != "mall" || a.UplinkURL != up {
		t.Fatal(a, err)
	}
	for _, c := range []struct {
		change dispatch.AppChange
		want   string
	}{{dispatch.AppChange{Name: "Mall"}, up}, {dispatch.AppChange{Name: "Mall", UplinkURL: &none}, ""}} {
		if _, err := d.UpdateApp(ctx, "t0", a.ID, c.change); err != nil {
			t.Fatal(err)
		}
		got, err := d.App(ctx, "t0", a.ID)
		if err != nil || got.Name != "Mall" || got.UplinkURL != c.want || got.Status != dispatch.AppLaunched {
			t.Errorf("%+v: %+v %v", c.change, got, err)
		}
	}
	_, err = d.UpdateApp(ctx, "t0", a.ID, dispatch.AppChange{})
	answered(t, "no name", err, fault.EmptyAppName, "app_name")
	if _, err := d.CreateApp(ctx, "t0", "other", ""); err != nil {
		t.Fatal(err)
	}
	_, err = d.UpdateApp(ctx, "t0", a.ID, dispatch.AppChange{Name: "OTHER"})
	answered(t, "a name that is taken", err, fault.Parameter, "app_name")
	for what, id := range map[string]string{"unknown": "x", "empty": "", "odd": "a\x00b", "long": strings.Repeat("x", 51)} {
		_, err = d.UpdateApp(ctx, "t0", id, dispatch.AppChange{Name: "x"})
		answered(t, what, err, fault.Parameter, "app_id")
	}
	_, err = d.UpdateApp(ctx, "t1", a.ID, dispatch.AppChange{Name: "x"})
	answered(t, "another tenant's", err, fault.Parameter, "app_id")
}

func TestSignatureRules(t *testing.T) {
	d, ctx := openDesk(t, false, channel(1)), context.Background()
	foreign, err := d.CreateApp(ctx, "t1", "shop", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what  string
		alter func(*dispatch.Signature)
		code  fault.Code
		field string
	}{
		{"one letter", func(n *dispatch.Signature) { n.Name = "示" }, fault.SignatureNameLength, "signature_name"},
		{"17 letters", func(n *dispatch.Signature) { n.Name = strings.Repeat("示", 17) }, fault.SignatureNameLength, "signature_name"},
		{"16 letters", func(n *dispatch.Signature) { n.Name = strings.Repeat("示", 16) }, "", ""},
		{"brackets", func(n *dispatch.Signature) { n.Name = "【示例】" }, fault.Parameter, "signature_name"},
		{"other brackets", func(n *dispatch.Signature) { n.Name = "示例(一)" }, fault.Parameter, "signature_name"},
		{"blank at the end", func(n *dispatch.Signature) { n.Name = "shop " }, fault.Parameter, "signature_name"},
		{"line break", func(n *dispatch.Signature) { n.Name = "sh\nop" }, fault.Parameter, "signature_name"},
		{"no type", func(n *dispatch.Signature) { n.Kind = "" }, fault.Parameter, "signature_type"},
		{"long description", func(n *dispatch.Signature) { n.ApplyDesc = strings.Repeat("x", 81) }, fault.Parameter, "apply_desc"},
		{"no source", func(n *dispatch.Signature) { n.Source = -1 }, fault.Parameter, "signature_source"},
		{"unknown source", func(n *dispatch.Signature) { n.Source = 6 }, fault.Parameter, "signature_source"},
		{"trademark", func(n *dispatch.Signature) { n.Source, n.Name = 5, "商标" }, "", ""},
		{"site without domain", func(n *dispatch.Signature) { n.Source = 1 }, fault.Parameter, "source_title_content"},
		{"app without address", func(n *dispatch.Signature) { n.Source = 2 }, fault.Parameter, "source_title_content"},
		{"account without name", func(n *dispatch.Signature) { n.Source = 3 }, fault.Parameter, "source_title_content"},
		{"shop without address", func(n *dispatch.Signature) { n.Source, n.SourceTitle = 4, " " }, fault.Parameter, "source_title_content"},
		{"site", func(n *dispatch.Signature) { n.Source, n.SourceTitle, n.Name = 1, "shop.example.com", "站点" }, "", ""},
		{"long title", func(n *dispatch.Signature) { n.SourceTitle = strings.Repeat("x", 181) }, fault.Parameter, "source_title_content"},
		{"third party unsaid", func(n *dispatch.Signature) { n.InvolvedThird = "" }, fault.Parameter, "is_involved_third"},
		{"third party without letter", func(n *dispatch.Signature) { n.InvolvedThird = "yes" }, fault.Parameter, "power_attorney_file_id"},
		{"third party with unknown letter", func(n *dispatch.Signature) { n.InvolvedThird, n.PowerFileID = "yes", "nothing" }, fault.Parameter, "power_attorney_file_id"},
		{"third party", func(n *dispatch.Signature) { n.InvolvedThird, n.PowerFileID, n.Name = "yes", d.licence, "他人" }, "", ""},
		{"no application", func(n *dispatch.Signature) { n.AppID = "" }, fault.Parameter, "app_id"},
		{"unknown application", func(n *dispatch.Signature) { n.AppID = "a\x00" }, fault.Parameter, "app_id"},
		{"another tenant's application", func(n *dispatch.Signature) { n.AppID = foreign.ID }, fault.Parameter, "app_id"},
		{"no licence", func(n *dispatch.Signature) { n.FileID = "" }, fault.Parameter, "file_id"},
		{"unknown licence", func(n *dispatch.Signature) { n.FileID = "x" }, fault.Parameter, "file_id"},
		{"good", func(*dispatch.Signature) {}, "", ""},
		{"again", func(*dispatch.Signature) {}, fault.SignatureExists, ""},
		{"again with the other type", func(n *dispatch.Signature) { n.Kind = dispatch.KindPromotion }, "", ""},
	} {
		n := d.signature()
		c.alter(&n)
		_, err := d.AddSignature(ctx, "t0", n)
		answered(t, c.what, err, c.code, c.field)
	}
}

func TestSMSTemplateRules(t *testing.T) {
	d, ctx := openDesk(t, true, channel(1)), context.Background()
	waiting, err := d.AddSignature(ctx, "t0", d.signature())
	if err != nil {
		t.Fatal(err)
	}
	n := d.signature()
	n.Name = "商城"
	sign, err := d.AddSignature(ctx, "t0", n)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.ReviewSignature(ctx, "t0", sign.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	link := []dispatch.Variable{{Index: 1, Type: dispatch.VarLink}}
	for _, c := range []struct {
		what  string
		alter func(*dispatch.SMSTemplate)
		code  fault.Code
		field string
	}{
		{"no signature", func(t *dispatch.SMSTemplate) { t.SignatureID = "" }, fault.EmptySignatureID, "signature_id"},
		{"unknown signature", func(t *dispatch.SMSTemplate) { t.SignatureID = "x" }, fault.Parameter, "signature_id"},
		{"signature in review", func(t *dispatch.SMSTemplate) { t.SignatureID = waiting.ID }, fault.Parameter, "signature_id"},
		{"no name", func(t *dispatch.SMSTemplate) { t.Name = " " }, fault.Parameter, "template_name"},
		{"long name", func(t *dispatch.SMSTemplate) { t.Name = strings.Repeat("名", 31) }, fault.Parameter, "template_name"},
		{"long description", func(t *dispatch.SMSTemplate) { t.Description = strings.Repeat("x", 101) }, fault.Parameter, "template_desc"},
		{"other type", func(t *dispatch.SMSTemplate) { t.Kind = dispatch.KindPromotion }, fault.Parameter, "template_type"},
		{"unknown type", func(t *dispatch.SMSTemplate) { t.Kind = "X" }, fault.Parameter, "template_type"},
		{"other application", func(t *dispatch.SMSTemplate) { t.AppID = "x" }, fault.Parameter, "app_id"},
		{"no content", func(t *dispatch.SMSTemplate) { t.Content = "" }, fault.Parameter, "template_content"},
		{"long content", func(t *dispatch.SMSTemplate) { t.Content = "${1}" + strings.Repeat("字", 497) }, fault.Parameter, "template_content"},
		{"content of 500", func(t *dispatch.SMSTemplate) { t.Content = "${1}" + strings.Repeat("字", 496) }, "", ""},
		{"bell in the content", func(t *dispatch.SMSTemplate) { t.Content = "${1}\a" }, fault.Parameter, "template_content"},
		{"lines", func(t *dispatch.SMSTemplate) { t.Content = "hi\n${1}" }, "", ""},
		{"consecutive variables", func(t *dispatch.SMSTemplate) {
			t.Content, t.Variables = "${1}${2}", append(t.Variables, dispatch.Variable{Index: 2, Type: dispatch.VarMoney})
		}, fault.ConsecutiveParameters, "template_content"},
		{"undeclared variable", func(t *dispatch.SMSTemplate) { t.Content = "${1} ${2}" }, fault.Parameter, "variable_attributes"},
		{"variables undeclared", func(t *dispatch.SMSTemplate) { t.Variables = nil }, fault.Parameter, "variable_attributes"},
		{"unused variable", func(t *dispatch.SMSTemplate) { t.Content = "hi" }, fault.Parameter, "variable_attributes"},
		{"no variable at all", func(t *dispatch.SMSTemplate) { t.Content, t.Variables = "hi", nil }, "", ""},
		{"21 variables", func(t *dispatch.SMSTemplate) { t.Variables = make([]dispatch.Variable, 21) }, fault.Parameter, "variable_attributes"},
		{"index 0", func(t *dispatch.SMSTemplate) { t.Variables = []dispatch.Variable{{Index: 0, Type: dispatch.VarLink}} }, fault.Parameter, "variable_attributes[0].variable_index"},
		{"unknown variable type", func(t *dispatch.SMSTemplate) { t.Variables = []dispatch.Variable{{Index: 1, Type: "URL"}} }, fault.Parameter, "variable_attributes[0].variable_type"},
		{"TEXT without description", func(t *dispatch.SMSTemplate) { t.Variables = []dispatch.Variable{{Index: 1, Type: dispatch.VarText}} }, fault.Parameter, "variable_attributes[0].variable_desc"},
		{"long variable description", func(t *dispatch.SMSTemplate) {
			t.Variables = []dispatch.Variable{{Index: 1, Type: dispatch.VarText, Desc: strings.Repeat("x", 101)}}
		}, fault.Parameter, "variable_attributes[0].variable_desc"},
		{"good", func(*dispatch.SMSTemplate) {}, "", ""},
	} {
		tpl := dispatch.SMSTemplate{SignatureID: sign.ID, Name: "sale", Content: "see ${1} ", Variables: link}
		c.alter(&tpl)
		made, err := d.CreateSMSTemplate(ctx, "t0", tpl)
		answered(t, c.what, err, c.code, c.field)
		if err == nil && (made.FlowStatus != dispatch.FlowReviewing || made.Kind != dispatch.KindNotify || made.AppID != d.app.ID) {
			t.Errorf("%s: %+v", c.what, made)
		}
	}
}

// A rejected signature or template is changed, waits again, and is decided by somebody who has seen the change.
func TestReviewAgain(t *testing.T) {
	d, ctx := openDesk(t, true, channel(1)), context.Background()
	sign, err := d.AddSignature(ctx, "t0", d.signature())
	if err != nil || sign.Status != dispatch.SignaturePending || sign.ChannelNumber != "" {
		t.Fatal(sign, err)
	}
	change := d.signature()
	change.Name = "新商城"
	_, err = d.UpdateSignature(ctx, "t0", sign.ID, change)
	answered(t, "changing what waits", err, fault.Parameter, "signature_id")
	if err := d.ReviewSignature(ctx, "t0", sign.ID, false, "who are you?"); err != nil {
		t.Fatal(err)
	}
	_, err = d.UpdateSignature(ctx, "t1", sign.ID, change)
	answered(t, "another tenant's", err, fault.Parameter, "signature_id")
	bad := change
	bad.Name = "x"
	_, err = d.UpdateSignature(ctx, "t0", sign.ID, bad)
	answered(t, "a bad change", err, fault.SignatureNameLength, "signature_name")
	if _, err := d.UpdateSignature(ctx, "t0", sign.ID, change); err != nil {
		t.Fatal(err)
	}
	pending, err := d.PendingSignatures(ctx, 10)
	if err != nil || len(pending) != 1 || pending[0].ID != sign.ID || pending[0].Name != "新商城" || pending[0].ReviewDesc != "" || pending[0].Tenant != "t0" {
		t.Fatalf("%+v %v", pending, err)
	}
	if err := d.ReviewSignature(ctx, "t0", sign.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	answered(t, "deciding twice", d.ReviewSignature(ctx, "t0", sign.ID, true, ""), fault.Parameter, "signature_id")
	if got, err := d.Signature(ctx, "t0", sign.ID); err != nil || got.Status != dispatch.SignaturePassed || got.ChannelNumber != testNumber {
		t.Fatal(got, err)
	}

	tpl := dispatch.SMSTemplate{SignatureID: sign.ID, Name: "sale", Content: "see ${1} ", Variables: []dispatch.Variable{{Index: 1, Type: dispatch.VarLink}}}
	made, err := d.CreateSMSTemplate(ctx, "t0", tpl)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.UpdateSMSTemplate(ctx, "t0", made.ID, tpl)
	answered(t, "changing what waits", err, fault.OnlyRejectedTemplate, "template_id")
	if err := d.ReviewSMSTemplate(ctx, "t0", made.ID, false, "no"); err != nil {
		t.Fatal(err)
	}
	tpl.Content = "look: ${1} "
	_, err = d.UpdateSMSTemplate(ctx, "t1", made.ID, tpl)
	answered(t, "another tenant's", err, fault.UnknownSMSTemplate, "template_id")
	if _, err := d.UpdateSMSTemplate(ctx, "t0", made.ID, tpl); err != nil {
		t.Fatal(err)
	}
	waiting, err := d.PendingSMSTemplates(ctx, 0)
	if err != nil || len(waiting) != 1 || waiting[0].Content != tpl.Content || waiting[0].ReviewDesc != "" || waiting[0].SignatureName != "新商城" {
		t.Fatalf("%+v %v", waiting, err)
	}
	if err := d.ReviewSMSTemplate(ctx, "t0", made.ID, true, ""); err != nil {
		t.Fatal(err)
	}
	if got, err := d.SMSTemplate(ctx, "t0", made.ID); err != nil || got.FlowStatus != dispatch.FlowAdopted {
		t.Fatal(got, err)
	}
	if _, err := d.SMSTemplate(ctx, "t1", made.ID); !fault.Has(err, fault.UnknownSMSTemplate) {
		t.Errorf("another tenant's template: %v", err)
	}

	// An approval that is taken back takes the number along; the texts stay, so application and type must.
	if err := d.ReviewSignature(ctx, "t0", sign.ID, false, "expired"); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Signature(ctx, "t0", sign.ID); err != nil || got.Status != dispatch.SignatureRejected || got.ChannelNumber != "" || got.ReviewDesc != "expired" {
		t.Fatal(got, err)
	}
	moved := change
	moved.Kind = dispatch.KindPromotion
	_, err = d.UpdateSignature(ctx, "t0", sign.ID, moved)
	answered(t, "another type above texts", err, fault.Parameter, "signature_type")
	if _, err := d.UpdateSignature(ctx, "t0", sign.ID, change); err != nil {
		t.Fatal(err)
	}

	// Without manual review a change is as good as a new one.
	if err := d.db.UpdateSignature(ctx, rejected(t, d, sign.ID)); err != nil {
		t.Fatal(err)
	}
	auto := serviceOn(t, d.db, false, channel(1))
	if n, err := auto.UpdateSignature(ctx, "t0", sign.ID, change); err != nil || n.Status != dispatch.SignaturePassed || n.ChannelNumber != testNumber {
		t.Error(n, err)
	}
}

func rejected(t *testing.T, d *desk, id string) dispatch.Signature {
	t.Helper()
	n, err := d.Signature(context.Background(), "t0", id)
	if err != nil {
		t.Fatal(err)
	}
	n.Status = dispatch.SignatureRejected
	return n
}

// Without a channel an approved signature waits for one; a start with channels gives it the number.
func TestSignatureWithoutChannel(t *testing.T) {
	d, ctx := openDesk(t, false), context.Background()
	sign, err := d.AddSignature(ctx, "t0", d.signature())
	if err != nil || sign.Status != dispatch.SignatureProcessing || sign.ChannelNumber != "" {
		t.Fatal(sign, err)
	}
	tpl, err := d.CreateSMSTemplate(ctx, "t0", dispatch.SMSTemplate{SignatureID: sign.ID, Name: "sale", Content: "see ${1} ",
		Variables: []dispatch.Variable{{Index: 1, Type: dispatch.VarLink}}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := d.ConfigureSignatures(ctx); n != 0 || err != nil {
		t.Fatal(n, err)
	}
	later := serviceOn(t, d.db, false, channel(1))
	if n, err := later.ConfigureSignatures(ctx); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got, err := later.SMSTemplate(ctx, "t0", tpl.ID); err != nil || got.SignatureStatus != dispatch.SignaturePassed || got.ChannelNumber != testNumber {
		t.Fatal(got, err)
	}
}

// What is queued goes out after its signature was deleted; what is asked for afterwards is refused.
func TestDeletedSignatureLetsQueuedMessagesGo(t *testing.T) {
	s, ctx := openShop(t), context.Background()
	if _, err := s.CreateSendTask(ctx, "t0", "u", s.request()); err != nil {
		t.Fatal(err)
	}
	list, _, err := s.ListSignatures(ctx, "t0", dispatch.SignatureFilter{Page: dispatch.Page{Limit: 1}})
	if err != nil {
		t.Fatal(err)
	}
	answered(t, "another tenant's", s.DeleteSignature(ctx, "t1", list[0].ID), fault.Parameter, "signature_id")
	if err := s.DeleteSignature(ctx, "t0", list[0].ID); err != nil {
		t.Fatal(err)
	}
	books, err := s.db.Books(ctx, "t0")
	if err != nil || books.Pending != 2 {
		t.Errorf("queued after the deletion: %+v %v, want 2 pending", books, err)
	}
	if due, err := s.db.DueTenants(ctx, testNumber+"/notify/cucc", dispatch.Notify, "", now, 10); err != nil || len(due) != 1 {
		t.Errorf("due tenants %v %v", due, err)
	}
	_, err = s.CreateSendTask(ctx, "t0", "u", s.request())
	answered(t, "a send afterwards", err, fault.UnknownSMSTemplate, "sms_channel.sms_tpl_id")
}

func TestDeleteSMSTemplate(t *testing.T) {
	s, ctx := openShop(t), context.Background()
	list, _, err := s.ListSMSTemplates(ctx, "t0", dispatch.SMSTemplateFilter{Page: dispatch.Page{Limit: 9}})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	answered(t, "another tenant's", s.DeleteSMSTemplate(ctx, "t1", list[0].ID), fault.UnknownSMSTemplate, "template_id")
	answered(t, "own", s.DeleteSMSTemplate(ctx, "t0", list[0].ID), "", "")
	answered(t, "again", s.DeleteSMSTemplate(ctx, "t0", list[0].ID), fault.UnknownSMSTemplate, "template_id")
}

func TestSignatureFiles(t *testing.T) {
	d, ctx := openDesk(t, false), context.Background()
	if f, err := d.FileInfo(ctx, "t0", d.licence); err != nil || f.Name != "licence.png" || f.ContentType != "image/png" {
		t.Error(f, err)
	}
	for what, id := range map[string]string{"unknown": "x", "odd": "a b", "empty": ""} {
		_, err := d.FileInfo(ctx, "t0", id)
		answered(t, what, err, fault.Parameter, "file_id")
	}
	_, err := d.FileInfo(ctx, "t1", d.licence)
	answered(t, "another tenant's", err, fault.Parameter, "file_id")
	for _, c := range []struct {
		name, content string
		code          fault.Code
		field         string
	}{
		{"letter.pdf", "%PDF-1.7", "", ""},
		{"a.gif", "GIF89a", "", ""},
		{"a.txt", "hello", fault.ImageFormat, "file"},
		{"a.png", "", fault.Parameter, "file"},
		{"", "%PDF-1.7", fault.Parameter, "file"},
		{strings.Repeat("名", 65), "%PDF-1.7", fault.Parameter, "file"},
		{"a\tb.pdf", "%PDF-1.7", fault.Parameter, "file"},
		{"big.pdf", "%PDF-1.7" + strings.Repeat(" ", dispatch.FileLimit), fault.FileSize, "file"},
	} {
		_, err := d.UploadFile(ctx, "t0", c.name, "", []byte(c.content))
		answered(t, c.name, err, c.code, c.field)
	}
}
