package conformance

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
	"time"
)

// fill creates one of everything for a party and notes the ids by kind.
func (w *world) fill(t testing.TB, p *party) {
	t.Helper()
	p.ids = map[string]string{}
	who := p.account
	up := w.must(t, who, "UploadAimTemplateMaterial", J{"body": imageUpload(t, "sale.jpg")})
	p.ids["material_id"], p.ids["aim_resource_id"] = text(t, up, "data.material_id"), text(t, up, "data.aim_resource_id")
	video := w.must(t, who, "UploadAimTemplateMaterial", J{"body": J{
		"resource_type": "video", "file_type": "stream", "file_stream": clipURL(640, 360), "file_name": "clip.mp4",
	}})
	p.ids["video_material_id"], p.ids["video_resource_id"] = text(t, video, "data.material_id"), text(t, video, "data.aim_resource_id")
	cover := w.must(t, who, "UploadAimTemplateMaterial", J{"body": J{
		"resource_type": "thumbnail", "material_id": p.ids["video_material_id"], "file_type": "stream", "file_stream": photo(t, 320, 180), "file_name": "cover.jpg",
	}})
	p.ids["thumbnail_id"] = text(t, cover, "data.material_id")

	p.ids["tpl_id"] = w.newCard(t, p, "", nil)
	p.ids["tpl_id_params"] = w.newCard(t, p, "您好${param1}", L{"${param1}"})
	task := w.must(t, who, "CreateResolveTask", J{"body": groupLink(p.ids["tpl_id"], p.name)})
	p.ids["task_id"], p.ids["aim_url"] = text(t, task, "task_id"), text(t, task, "params[0].aim_url")

	p.ids["app_id"] = text(t, w.must(t, who, "CreateSmsApp", J{"body": J{"app_name": "shop"}}), "app_id")
	p.ids["file_id"] = text(t, w.must(t, who, "UploadAimMsgSignatureFile", J{"body": J{"file": w.file(t, "licence.jpg", jpegOf(40, 30))}}), "file_id")
	p.ids["signature_id"] = text(t, w.must(t, who, "AddAimMsgSignature", J{"body": signature(p, p.name)}), "signature_id")
	shown := w.must(t, who, "ListAimMsgSignatureDetail", J{"signature_id": p.ids["signature_id"]})
	p.ids["channel_num"] = text(t, shown, "channel_num")
	p.ids["template_id"] = text(t, w.must(t, who, "CreateAimMsgTemplate", J{"body": smsText(p, "sale")}), "template_id")
	send := w.must(t, who, "CreateAimSendTask", J{"body": sendBody(p, p.ids["tpl_id"])})
	p.ids["send_task_id"] = text(t, send, "task_id")

	p.ids["vms_tpl_id"] = text(t, w.must(t, who, "CreateVmsTemplate", J{"body": videoTemplate(p.name)}), "tplid")
	vms := w.must(t, who, "CreateVmsSendTask", J{"body": videoSend(p)})
	p.ids["vms_task_id"] = text(t, vms, "data.task_id")

	for kind, size := range map[string][2]int{"PUB_LOGO": {240, 240}, "BG_IMAGE": {1440, 810}, "FASTAPP_LOGO": {192, 192}, "OTHER": {60, 80}} {
		p.ids[kind] = w.newMedia(t, p, kind, size)
	}
	p.ids["resource_id"] = p.ids["PUB_LOGO"]
	pub := w.must(t, who, "CreatePubInfo", J{"body": accountBody(p, p.name)})
	p.ids["pub_id"], p.ids["menu_id"], p.ids["portal_id"] = text(t, pub, "data.data.pub_id"), text(t, pub, "data.data.menu_id"), text(t, pub, "data.data.portal_id")
	number := "88220531" + w.digits(5)
	w.must(t, who, "RegisterPort", J{"body": port(p, number)})
	p.ids["port"] = number
	p.ids["port_id"] = w.portID(t, p, number)
	w.must(t, who, "LockPort", J{"body": binding(p, p.ids["pub_id"], number, p.ids["port_id"], "河北省")})
	p.ids["binding_id"] = w.bindingID(t, p, number)
}

// digits is a number of n digits that no test has used.
func (w *world) digits(n int) string {
	s := "00000000" + w.unique("")
	return s[len(s)-n:]
}

func imageUpload(t testing.TB, name string) J {
	return J{"resource_type": "image", "file_type": "stream", "file_stream": photo(t, 1248, 702), "image_rate": "sixteenToNine", "file_name": name}
}

// newCard creates an approved card of a party.
func (w *world) newCard(t testing.TB, p *party, body string, params L) string {
	t.Helper()
	return text(t, w.must(t, p.account, "CreateAimPersonalTemplate", J{"body": cardBody(p, body, params)}), "data.tpl_id")
}

func cardBody(p *party, body string, params L) J {
	open := J{"target": "https://shop.example.com/sale"}
	declared := L{}
	for _, name := range params {
		declared = append(declared, J{"type": 1, "name": name, "example": "张先生"})
	}
	return J{
		"card_id": "StandardImageAndText", "tpl_name": p.name + "卡片", "use_id": 1, "sms_example": "您有一张优惠券待领取", "sms_signs": L{p.name},
		"sms_template": "您有一张优惠券待领取，点击 [文本1-30] 查看，拒收请回复R", "params": declared,
		"factorys": L{J{"factory_type": "HUAWEI", "state": 1}, J{"factory_type": "VIVO", "state": 1}},
		"pages": L{J{"page_order": 1, "contents": L{
			J{"type": "image", "position_number": 1, "src_type": 1, "src": p.ids["aim_resource_id"], "action_type": "OPEN_URL", "action": open},
			J{"type": "text", "position_number": 2, "content": p.name + "春季上新", "is_text_title": "true"},
			J{"type": "text", "position_number": 3, "content": body + "全场五折，拒收请回复R"},
			J{"type": "button", "position_number": 4, "content": "立即领取", "action_type": "OPEN_BROWSER", "action": open},
		}}},
	}
}

func groupLink(tpl, sign string) J {
	return J{"tpl_id": tpl, "sms_signs": L{sign}, "resolving_times": 5, "aim_code_type": "group", "expiration_time": 30, "params": L{J{"cust_flag": "campaign of " + sign}}}
}

func signature(p *party, name string) J {
	return J{"signature_name": name, "signature_type": "PROMOTION_TYPE", "app_id": p.ids["app_id"], "file_id": p.ids["file_id"], "signature_source": 0, "is_involved_third": "no"}
}

func smsText(p *party, name string) J {
	return J{"signature_id": p.ids["signature_id"], "template_name": name, "template_content": "您有一张优惠券待领取，点击 ${1} 查看，拒收请回复R",
		"variable_attributes": L{J{"variable_index": 1, "variable_type": "NEWTEXT"}}}
}

func sendBody(p *party, tpl string) J {
	return J{"task_name": "spring",
		"sms_channel":  J{"channel_number": p.ids["channel_num"], "sms_tpl_id": p.ids["template_id"], "sms_sign": p.name, "sms_app_name": "shop"},
		"resolve_task": J{"tpl_id": tpl, "resolve_times": 1, "aim_code_type": "individual", "expiration_time": 7, "params": L{J{"cust_flag": "13100000001", "sms_params": L{}}}},
	}
}

func videoTemplate(sign string) J {
	return J{"expiration_time": "30", "tpl_name": "春季视频", "title": "春季上新", "reslist": L{
		J{"type": "txt", "name": "text1", "source": "txt", "content": "【" + sign + "】您好#p_1#，春季上新，拒收请回复R"},
		J{"type": "jpg", "name": "picture", "source": "file", "content": base64.StdEncoding.EncodeToString(jpegOf(320, 240))},
	}}
}

func videoSend(p *party) J {
	return J{"task_name": "video", "tpl_id": p.ids["vms_tpl_id"], "mobiles": L{"13100000011", "13100000012"},
		"dync_params": L{J{"param_name": "p_1", "content_type": "txt", "content_source": "txt", "content_detail": "张先生"}}}
}

func (w *world) newMedia(t testing.TB, p *party, kind string, size [2]int) string {
	t.Helper()
	got := w.must(t, p.account, "UploadMedia", J{"body": J{"file_type": kind, "file": w.file(t, "picture.png", pngOf(size[0], size[1]))}})
	return text(t, got, "data.resource_id")
}

// accountBody is a whole service account.
func accountBody(p *party, name string) J {
	return J{
		"pub_request_body": J{"logo_img": p.ids["PUB_LOGO"], "pub_name": name, "pub_abstract": "好物天天上新", "industry": 5, "authorization_files": L{p.ids["OTHER"]}},
		"portal_request_body": J{"background_img": p.ids["BG_IMAGE"], "summary": "好物天天上新",
			"tels":     L{J{"tel": "400-8008800", "usage": "客服热线"}},
			"fastapps": L{J{"name": "商城", "logo_img": p.ids["FASTAPP_LOGO"], "description": "购物", "deeplink": "hap://app/com.example.shop", "depend_engine_version": "1070"}}},
		"menu_request_body": J{"menu": menu()},
	}
}

func menu() J {
	return J{"menu_items": L{
		J{"name": "逛商城", "action_type": "OPEN_URL", "content": "https://shop.example.com", "ext_msg": J{"open_in_browser": "1", "web_title": "商城"}},
		J{"name": "服务", "action_type": "OPEN_SUBMENU", "sub_menu_items": L{
			J{"name": "打电话", "action_type": "CALLING", "content": "4008008800", "ext_msg": J{}},
			J{"name": "快应用", "action_type": "OPEN_QUICK", "content": "hap://app/com.example.shop", "ext_msg": J{"depend_engine_ver": "1070", "third_service_name": "商城"}},
		}},
	}}
}

func port(p *party, number string) J {
	return J{"port": number, "port_type": 1, "sign": L{p.name}, "sign_check": 0, "authorization_files": L{p.ids["OTHER"] + ":media/" + p.ids["OTHER"]}}
}

func binding(p *party, pub, number, id, area string) J {
	return J{"pub_id": pub, "port": number, "province": area, "sign": L{p.name}, "ext_port_id": id}
}

func (w *world) portID(t testing.TB, p *party, number string) string {
	t.Helper()
	return text(t, w.must(t, p.account, "ListPortInfos", J{"port": number}), "data.data[0].id")
}

func (w *world) bindingID(t testing.TB, p *party, number string) string {
	t.Helper()
	return text(t, w.must(t, p.account, "ListPortInfos", J{"port": number, "type": 1}), "data.data[0].id")
}

func picture(wd, ht int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, wd, ht))
	for y := range ht {
		for x := range wd {
			m.Set(x, y, color.RGBA{uint8(200 - 80*y/ht), 90, uint8(60 + 60*x/wd), 255})
		}
	}
	return m
}

func jpegOf(wd, ht int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(wd, ht), &jpeg.Options{Quality: 50}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func pngOf(wd, ht int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture(wd, ht)); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// noiseURL is a picture that does not compress: 400 × 400 pixels, more than 100 KB.
func noiseURL() string {
	m, state := image.NewGray(image.Rect(0, 0, 400, 400)), uint32(1)
	for i := range m.Pix {
		state = state*1664525 + 1013904223
		m.Pix[i] = uint8(state >> 24)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// dayAgo and hourAhead frame everything a test made.
func dayAgo() string    { return time.Now().Add(-24 * time.Hour).UTC().Format("2006-01-02T15:04:05Z") }
func hourAhead() string { return time.Now().Add(time.Hour).UTC().Format("2006-01-02T15:04:05Z") }
