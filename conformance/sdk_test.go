package conformance

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	koomessage "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
)

// sdk is the official client, pointed at the server as any customer would. Every call is held to the API's description.
func sdk(t testing.TB, s *server, a account) *koomessage.KooMessageClient {
	t.Helper()
	cred, err := basic.NewCredentialsBuilder().WithAk(a.AccessKey).WithSk(a.SecretKey).WithProjectId(a.Project).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	h, err := koomessage.KooMessageClientBuilder().WithEndpoints([]string{s.API}).WithCredential(cred).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpTransport(checking(t))).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return koomessage.NewKooMessageClient(h)
}

func must[T any](t testing.TB, what string, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return v
}

// photo is a JPEG of the given size as a data URL.
func photo(t testing.TB, w, h int) string {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(200 - 80*y/h), uint8(60 + 60*x/w), 60, 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 60}); err != nil {
		t.Fatal(err)
	}
	return "data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// marketing is what a marketer sets up once: a card with two parameters, and an SMS channel.
type marketing struct {
	TplID, PlainTplID                  string
	App, Sign, SMSTplID, ChannelNumber string
	AppID, SignID                      string
}

const sign = "示例商城"

// setUp uploads an image and creates templates, application, signature and SMS text through the SDK.
func setUp(t testing.TB, c *koomessage.KooMessageClient) marketing {
	t.Helper()
	up, err := c.UploadAimTemplateMaterial(&model.UploadAimTemplateMaterialRequest{ContentType: "application/json", Body: &model.UploadAimTemplateMaterialRequestBody{
		ResourceType: "image", FileType: "stream", FileStream: new(photo(t, 1248, 702)), ImageRate: new("sixteenToNine"), FileName: new("sale.jpg"),
	}})
	if err != nil {
		t.Fatal("upload: ", err)
	}
	image := *up.Data.AimResourceId
	m := marketing{App: "shop", Sign: sign}
	m.TplID = createCard(t, c, image, "尊敬的${param1}，您的优惠券${param2}已到账，拒收请回复R", []string{"${param1}", "${param2}"})
	m.PlainTplID = createCard(t, c, image, "全场五折，拒收请回复R", nil)

	app, err := c.CreateSmsApp(&model.CreateSmsAppRequest{Body: &model.MsgAppRequest{AppName: m.App}})
	m.AppID = *must(t, "app", app, err).AppId
	file, err := c.UploadAimMsgSignatureFile(&model.UploadAimMsgSignatureFileRequest{Body: &model.UploadAimMsgSignatureFileRequestBody{
		File: def.NewFilePart(licence(t)),
	}})
	fileID := *must(t, "licence", file, err).FileId
	sg, err := c.AddAimMsgSignature(&model.AddAimMsgSignatureRequest{Body: &model.SignatureRequest{
		SignatureName: m.Sign, SignatureType: model.GetSignatureRequestSignatureTypeEnum().PROMOTION_TYPE, AppId: m.AppID, FileId: fileID,
		SignatureSource: 0, IsInvolvedThird: model.GetSignatureRequestIsInvolvedThirdEnum().NO,
	}})
	m.SignID = *must(t, "signature", sg, err).SignatureId
	list, err := c.ListAimMsgSignature(&model.ListAimMsgSignatureRequest{SignatureId: &m.SignID})
	got := *must(t, "signatures", list, err).Result
	if len(got) != 1 || got[0].ChannelNum == nil {
		t.Fatalf("the approved signature has no channel number: %+v", got)
	}
	m.ChannelNumber = *got[0].ChannelNum
	st, err := c.CreateAimMsgTemplate(&model.CreateAimMsgTemplateRequest{Body: &model.MsgTemplateRequest{
		SignatureId: m.SignID, TemplateName: "sale", TemplateContent: "尊敬的用户，您有一张优惠券待领取，点击 ${1} 查看，拒收请回复R",
		VariableAttributes: []model.VariableAttributes{{VariableIndex: 1, VariableType: model.GetVariableAttributesVariableTypeEnum().NEWTEXT}},
	}})
	m.SMSTplID = *must(t, "SMS template", st, err).TemplateId
	return m
}

func createCard(t testing.TB, c *koomessage.KooMessageClient, image, body string, params []string) string {
	t.Helper()
	open := &model.AimPersonalTemplateContentAction{Target: "https://shop.example.com/sale"}
	req := &model.CreateAimPersonalTemplateRequestBody{
		CardId: "StandardImageAndText", TplName: "spring sale", UseId: 1, SmsExample: new("您有一张优惠券待领取"),
		SmsSigns: new([]string{sign}), SmsTemplate: new("尊敬的用户，您有一张优惠券待领取，点击 [文本1-30] 查看，拒收请回复R"),
		Pages: []model.AimPersonalTemplatePage{{PageOrder: 1, Contents: []model.AimPersonalTemplateContent{
			{Type: "image", PositionNumber: 1, SrcType: new(int32(1)), Src: &image, ActionType: new("OPEN_URL"), Action: open},
			{Type: "text", PositionNumber: 2, Content: new("春季上新"), IsTextTitle: new("true")},
			{Type: "text", PositionNumber: 3, Content: &body},
			{Type: "button", PositionNumber: 4, Content: new("立即领取"), ActionType: new("OPEN_BROWSER"), Action: open},
		}}},
		Factorys: new([]model.AimPersonalTemplateFactory{{FactoryType: "HUAWEI", State: 1}, {FactoryType: "XIAOMI", State: 1}, {FactoryType: "OPPO", State: 1},
			{FactoryType: "VIVO", State: 1}, {FactoryType: "MEIZU", State: 1}, {FactoryType: "SAMSUNG", State: 1}}),
	}
	if params != nil {
		ps := make([]model.AimPersonalTemplateParam, len(params))
		for i, p := range params {
			ps[i] = model.AimPersonalTemplateParam{Type: 1, Name: p, Example: "张先生"}
		}
		req.Params = &ps
	}
	r, err := c.CreateAimPersonalTemplate(&model.CreateAimPersonalTemplateRequest{ContentType: "application/json", Body: req})
	return *must(t, "create template", r, err).Data.TplId
}

// licence is a business licence as a file on disk, which is what the SDK uploads.
func licence(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "licence.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := jpeg.Encode(f, image.NewGray(image.Rect(0, 0, 40, 30)), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	return f
}
