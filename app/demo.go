package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier/sim"
	"cardlink/identity"
	"cardlink/previewlink"
	"cardlink/shortlink"
	"cardlink/templates"
	"cardlink/videosms"
)

// demoFile is DATA/demo.json: everything a newcomer's program needs to talk to the demo.
type demoFile struct {
	Edge        string   `json:"edge"`
	API         string   `json:"api"`
	Ops         string   `json:"ops"`
	AccessKey   string   `json:"access_key"`
	SecretKey   string   `json:"secret_key"`
	ProjectID   string   `json:"project_id"`
	TenantID    string   `json:"tenant_id"`
	Domain      string   `json:"domain"`
	Sign        string   `json:"sign"`
	TplID       string   `json:"tpl_id"`
	TplIDParams string   `json:"tpl_id_params"`
	Kafka       []string `json:"kafka"`
	SMSApp      string   `json:"sms_app"`
	SMSTplID    string   `json:"sms_tpl_id"`
	Channel     string   `json:"channel_number"`
	Link        string   `json:"link"`        // a group link, open it in a browser
	LinkParams  string   `json:"link_params"` // an individual link with parameters
	VideoTplID  string   `json:"vms_tpl_id"`  // a video message's template
	VideoURL    string   `json:"vms_preview"` // its frames
}

const (
	demoFileName = "demo.json"
	demoSign     = "示例商城"
	demoApp      = "shop"
	demoNumber   = "10690012345"
	demoPlain    = 600000001 // gallery cards that the demo's own templates are made from
	demoParams   = 600000002
)

// openDemoCarrier runs a simulated CMPP gateway in this process and adds a channel to it, unless channels are configured.
func (a *App) openDemoCarrier() error {
	if len(a.o.Channels) > 0 {
		return nil
	}
	const account, secret = "901234", "demo"
	s, err := sim.Start(sim.Options{
		Accounts: map[string]string{account: secret}, DeliverAfter: sim.Delay{Min: 300 * time.Millisecond, Max: 1500 * time.Millisecond}, Rate: 1000,
		Log: a.log("demo carrier"),
	})
	if err != nil {
		return fmt.Errorf("demo carrier: %w", err)
	}
	a.life.onStop("demo carrier", func(context.Context) error { return s.Close() })
	a.o.Channels = []Channel{{Name: "demo", Protocol: "cmpp", Number: demoNumber, Rate: 1000, Address: s.Addr(), Account: account, Secret: secret}}
	return nil
}

// fillDemo makes the demo's objects in an empty data folder, or takes those that an earlier start made. Addresses are always those of this start.
func (a *App) fillDemo(ctx context.Context) (*demoFile, error) {
	d := &demoFile{}
	file := filepath.Join(a.o.Data, demoFileName)
	b, err := os.ReadFile(file)
	switch {
	case err == nil:
		if err := json.Unmarshal(b, d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	default:
		tenants, err := a.identity.Tenants(ctx, "", 1)
		if err != nil {
			return nil, err
		}
		if len(tenants) > 0 {
			return nil, fmt.Errorf("%s holds tenants already; --demo wants an empty data folder (give another with --data)", a.o.Data)
		}
		if err := a.makeDemo(ctx, d); err != nil {
			return nil, err
		}
	}
	d.Edge, d.API, d.Ops, d.Kafka, d.Domain = a.addr.Edge, a.addr.API, a.addr.Ops, a.addr.Kafka, a.o.Domains[0]
	if err := a.demoLinks(ctx, d); err != nil {
		return nil, err
	}
	if d.VideoTplID == "" {
		video, err := a.videos.CreateTemplate(ctx, d.TenantID, demoVideo())
		if err != nil {
			return nil, err
		}
		d.VideoTplID = fmt.Sprint(video.ID)
	}
	if id, ok := videosms.ParseID(d.VideoTplID); ok {
		d.VideoURL = d.Edge + videosms.PreviewPath(a.looks.Name(previewlink.Video, id, 0))
	}
	if b, err = json.MarshalIndent(d, "", "  "); err != nil {
		return nil, err
	}
	// Written whole or not at all, and readable by its owner only: it holds a secret key.
	if err := os.WriteFile(file+".new", append(b, '\n'), 0o600); err != nil {
		return nil, err
	}
	return d, os.Rename(file+".new", file)
}

func (a *App) makeDemo(ctx context.Context, d *demoFile) error {
	by := identity.Actor{Name: "demo", Remote: "start"}
	t, u, err := a.identity.CreateTenant(ctx, by, "demo", "")
	if err != nil {
		return err
	}
	k, err := a.identity.CreateKey(ctx, by, t.ID, u.ID)
	if err != nil {
		return err
	}
	d.TenantID, d.ProjectID, d.AccessKey, d.SecretKey, d.Sign, d.SMSApp = t.ID, t.Project.ID, k.Access, k.Secret, demoSign, demoApp
	cards, err := templates.Gallery()
	if err != nil {
		return err
	}
	for _, c := range cards {
		if c.ID != demoPlain && c.ID != demoParams {
			continue
		}
		made, err := a.templates.Create(ctx, t.ID, u.Name, c.Draft)
		if err != nil {
			return err
		}
		if c.ID == demoPlain {
			d.TplID = fmt.Sprint(made.ID)
		} else {
			d.TplIDParams = fmt.Sprint(made.ID)
		}
	}
	app, err := a.sends.CreateApp(ctx, t.ID, demoApp, "")
	if err != nil {
		return err
	}
	file, err := a.sends.UploadFile(ctx, t.ID, "licence.png", "", demoLicence())
	if err != nil {
		return err
	}
	sign, err := a.sends.AddSignature(ctx, t.ID, dispatch.Signature{
		AppID: app.ID, Name: demoSign, Kind: dispatch.KindPromotion, InvolvedThird: "no", FileID: file.ID,
	})
	if err != nil {
		return err
	}
	text, err := a.sends.CreateSMSTemplate(ctx, t.ID, dispatch.SMSTemplate{
		SignatureID: sign.ID, Name: "demo", Content: "尊敬的会员，您有一张优惠券待领取，点击 ${1} 查看。拒收请回复R",
		Variables: []dispatch.Variable{{Index: 1, Type: dispatch.VarLink}},
	})
	if err != nil {
		return err
	}
	d.SMSTplID, d.Channel = fmt.Sprint(text.ID), sign.ChannelNumber
	return nil
}

// demoLinks makes links on the domain of this start: with port 0 it differs from the last one's.
func (a *App) demoLinks(ctx context.Context, d *demoFile) error {
	if strings.HasPrefix(d.Link, a.o.EdgeOrigin+"/") {
		return nil
	}
	create := func(r shortlink.Request) (string, error) {
		r.Tenant, r.User, r.Signs = d.TenantID, identity.AdminName, []string{demoSign}
		b, _, err := a.links.CreateResolveTask(ctx, r, "demo")
		if err != nil {
			return "", err
		}
		if len(b.Links) != 1 {
			return "", fmt.Errorf("a demo link was refused: %v", b.Failed)
		}
		return a.o.EdgeOrigin + "/" + b.Links[0].Code, nil
	}
	var err error
	if d.Link, err = create(shortlink.Request{TplID: d.TplID, Times: 100_000, CodeType: "group", Days: 180, Items: []shortlink.Item{{CustFlag: "demo"}}}); err != nil {
		return err
	}
	d.LinkParams, err = create(shortlink.Request{TplID: d.TplIDParams, Times: 1, CodeType: "individual", Days: 7, Items: []shortlink.Item{{
		CustFlag: "13100000000", Params: map[string]string{"param1": "张女士", "param2": "120", "param3": "8月18日", "param4": "HD8086"},
	}}})
	return err
}

// announceDemo says what to click and what to type.
func (a *App) announceDemo(d *demoFile) error {
	_, err := fmt.Fprintf(a.o.Out, `
The demo is ready. Click, or open on a phone in this network:

  %s

Be a handset: this is the card that HUAWEI's message app draws (try XIAOMI, OPPO, VIVO, MEIZU, SAMSUNG)

  curl -H 'Accept: application/json' -H 'X-AIM-Vendor: HUAWEI' -H 'X-AIM-Device: my-phone' %s

An individual link with this recipient's parameters (it resolves once; a browser may open it as often as it likes)

  %s

A video message, frame by frame

  %s

Read the facts      kcat -b %s -t cardlink.link -C
Metrics             curl %s/metrics
Keys and ids        %s

`, d.Link, d.Link, d.LinkParams, d.VideoURL, strings.Join(d.Kafka, ","), d.Ops, filepath.Join(a.o.Data, demoFileName))
	return err
}

// demoLicence is the picture that stands for a business licence.
func demoLicence() []byte {
	m := image.NewGray(image.Rect(0, 0, 60, 40))
	var b bytes.Buffer
	_ = png.Encode(&b, m) // a picture in memory cannot fail to encode
	return b.Bytes()
}
