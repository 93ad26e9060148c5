package conformance

import "maps"

import "strconv"

// sampleCard is a card of one layout with everything that the layout has.
type sampleCard struct {
	layout  string
	subType int
	pages   []L
	params  J // values of the parameters; nil: none
}

func one(contents ...any) []L { return []L{contents} }

// The contents of cards. A picture's src is the name of a painting, with its size if that is not the painting's own; a video's is its size.

func pic(painting string, act J) J {
	return with(J{"type": "image", "src_type": 1, "src": painting}, act)
}

func film(size, cover string) J {
	return J{"type": "video", "src_type": 1, "src": size, "cover": cover}
}

func title(s string) J { return J{"type": "text", "content": s, "is_text_title": "true"} }

func words(s string) J { return J{"type": "text", "content": s, "is_text_title": "false"} }

func pair(label, value string) J {
	return J{"type": "text", "content": label, "content_child": value, "is_text_title": "false"}
}

func button(label string, act J) J { return with(J{"type": "button", "content": label}, act) }

func with(c, more J) J {
	maps.Copy(c, more)
	return c
}

func act(kind, target string, more J) J {
	return J{"action_type": kind, "action": with(J{"target": target}, more)}
}

func visit(path string) J { return act("OPEN_URL", "https://shop.example.com/"+path, nil) }

// sampleCards are one card of every layout. Between them they use every kind of action; two are filled with the longest values a parameter may have.
func sampleCards() []sampleCard {
	app := act("OPEN_APP", "shopapp://drama/18", J{"package_name": "com.example.shop", "floor_type": 2, "floor_url": "https://shop.example.com/drama"})
	quick := act("OPEN_QUICK", "hap://app/com.example.shop/packet?id=2026", nil)
	call := act("DIAL_PHONE", "4008008800", nil)
	diary := act("OPEN_SCHEDULE", "秋季会员日", J{"description": "会员日 10 点开抢，凭积分兑换", "begin_time": "2026-12-01 10:00:00", "end_time": "2026-12-01 22:00:00"})
	shop := act("OPEN_MAP", "示例商城旗舰店", J{"address": "示例路 1 号", "longitude": "116.397", "latitude": "39.908"})
	rules := act("OPEN_POPUP", "改签说明", J{"content": "发车前可免费改签一次，改签后的车票不再退款，请提前三十分钟到站。", "text_button": "知道了", "mode": 0})
	goods := func(painting, name, price, was string) []any {
		return []any{pic(painting, visit("goods/"+painting)), words(name), pair("¥"+price, "¥"+was)}
	}
	voucher := func(logo, name, terms string) []any {
		return []any{pic(logo, visit("voucher/"+logo)), words(name), words(terms), button("领取", visit("claim/"+logo))}
	}
	swiped := func(painting, name, line, label string) L {
		c := L{J{"type": "image", "src_type": 1, "src": painting}, words(name)}
		if line != "" {
			c = append(c, words(line))
		}
		return append(c, button(label, visit("card/"+painting)))
	}
	open := func(c J) J { return with(c, J{"visible": 1}) } // of the coupon
	join := func(parts ...[]any) (all L) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	return []sampleCard{
		{"MultipleImageAndText", 0, one(pic("seaside", visit("sea")), title("海边的第一缕光，等你来收"),
			words("民宿榜单：十二间推窗见海的房间"), pic("plant", visit("stay")), words("沿海公路自驾，三天两晚刚刚好"), pic("bottle", visit("drive")),
			words("在地早餐地图，拒收请回复R"), pic("mug", visit("food"))), nil},
		{"StandardImageAndText", 0, one(pic("hills", visit("autumn?u=${uid}")), title("${name}，会员日礼遇到账"),
			words("您有 ${points} 积分可用，全场低至五折，会员加赠当季好礼一份，先到先得。拒收请回复R"), button("马上去看", visit("autumn?u=${uid}")), button("加入日历", diary)),
			J{"name": "王小明", "points": "1280", "uid": "u8842"}},
		{"PureText", 0, one(pic("letter", act("VIEW_PIC", "letter", nil)), title("服务条款更新"),
			words("尊敬的${name}：自 12 月 1 日起，我们将保留更少的数据，保存更短的时间。您的${plan}套餐不受影响，无需任何操作。如不同意本次更新，请在 ${until} 前告诉我们，我们将免费为您注销账户。感谢一路同行。拒收请回复R"),
			button("写信给我们", act("OPEN_EMAIL", "help@example.com", J{"subject": "条款与隐私", "body": "您好，"})),
			button("复制受理编号", act("COPY_PARAMETER", "${code}", nil))),
			J{"name": "林女士", "plan": "家庭", "until": "11 月 30 日", "code": "KX7-29Q"}},
		{"VideoImageAndText", 0, one(film("640x360", "bowl:640x360"), title("深夜食堂开张了"), words("三道招牌，一口回到街角的那盏灯。"),
			pic("tea", visit("tea")), words("老茶馆的午后"), words("现泡现喝，续杯免费"), pic("mug", visit("cup")), words("手作陶杯"), words("拒收请回复R"), button("预订座位", call)), nil},
		{"Video", 0, one(film("640x360", "seaside:640x360"), title("三十秒，看完一整个夏天"), words("沿着海岸线一路向南，把风声和日落都带回家。拒收请回复R"), button("查看行程", visit("south"))), nil},
		{"ECImageAndText", 1, one(pic("headphones", visit("hp")), pic("lamp", visit("hp2")), pic("mug", visit("hp3")), title("静域 Pro 头戴式降噪耳机"),
			words("四十小时续航，自适应降噪，佩戴如无物。拒收请回复R"), J{"type": "text", "content": "899", "content_child": "1299", "currency_display": 1},
			button("加入购物车", visit("cart")), button("立即购买", visit("buy"))), nil},
		{"RedPacket", 2, one(pic("gift", act("VIEW_PIC", "gift", nil)), words("示例商城"), words("${amount}元周年庆红包"),
			words("送给${name}的周年庆心意，满 100 元可用，三十天内有效，拒收请回复R"), button("领", quick)), J{"name": "王小明", "amount": "8.88"}},
		{"RedPacketPersonal", 1, one(pic("sparks", visit("packet")), pic("leaf", visit("packet")), words("青叶茶铺"), words("新春开门红"), words("愿新岁茶香满屋，拒收请回复R"),
			button("打开红包", quick)), nil},
		{"ImageTextAndVideo", 0, one(pic("hills", visit("hills")), title("把春天装进镜头"), words("上传一段踏青视频，点赞前十名送露营套装。拒收请回复R"),
			film("640x360", "hills:640x360"), button("我要参加", act("OPEN_BROWSER", "https://shop.example.com/join", nil))), nil},
		{"Notification1", 0, one(pic("parcel", visit("parcel")), title("您的包裹正在派送"), pair("运单号", "${no}"), pair("预计送达", "${when}"), pair("派送员", "李师傅"),
			pair("温馨提示", "拒收请回复R"), button("联系派送员", call), button("查看驿站", shop)), J{"no": "SF20261122", "when": "今天 18:30 前"}},
		{"Notification2", 0, one(pic("harbour", visit("bill")), title("${month}账单已出"), pair("应还金额", "${sum}"), pair("最低还款", "${least}"), pair("到期还款日", "${day}"),
			pair("还款账户", "${account}"), pair("温馨提示", "拒收请回复R"), button("立即还款", visit("pay")), button("发短信查询", act("OPEN_SMS", "10690000", J{"body": "账单"}))),
			J{"month": "十一月", "sum": "3,208.50 元", "least": "320.85 元", "day": "12 月 9 日", "account": "尾号 8866"}},
		{"Carousel", 0, []L{swiped("plant", "绿意上架", "会呼吸的书桌一角", "去挑一盆"), swiped("mug", "手作陶杯", "每一只都不一样", "看看新品"), swiped("lamp", "夜读灯", "拒收请回复R", "点亮夜晚")}, nil},
		{"CarouselTitle", 0, []L{swiped("tea", "春茶上新，拒收请回复R", "", "品一杯"), swiped("bottle", "山茶花沐浴油", "", "闻香"), swiped("headphones", "通勤降噪", "", "试听"), swiped("plant", "窗台植物", "", "带回家")}, nil},
		{"CarouselSquareImage", 0, one(pic("mug", visit("a")), pic("tea", visit("b")), pic("bottle", visit("c")), pic("plant", visit("d")), title("一周好物"),
			words("周一到周五，每天一件让日子变好的小东西。\n本周主题：慢下来。\n拒收请回复R"), button("逛逛本周", visit("week"))), nil},
		{"CarouselImageSixteenToNine", 0, one(pic("seaside", visit("a")), pic("hills", visit("b")), pic("bowl", visit("c")), title("周末去哪儿"), words("看海、进山，或者只是好好吃一顿。拒收请回复R"),
			button("选一个周末", visit("weekend"))), nil},
		{"CarouselVerticalImage", 4, one(pic("arches", visit("a")), pic("dunes", visit("b")), pic("garden", visit("c")), title("秋冬画册"), words("陶土、沙丘与花园。拒收请回复R"), button("翻开画册", visit("book"))), nil},
		{"CardVoucher", 2, one(pic("leaf", visit("leaf")), title("青叶茶铺新客礼券"), J{"type": "text", "content": "${sum}", "content_child": "元", "is_text_title": "false"},
			words("满 ${floor} 元可用。拒收请回复R"), button("立即领取", visit("claim"))), J{"sum": "50", "floor": "199"}},
		{"CardVouchers", 0, one(join([]any{title("会员券包，拒收请回复R")}, voucher("gift", "满 99 减 20", "全场通用"), voucher("leaf", "饮品第二杯半价", "门店自取可用"), voucher("wing", "满 299 减 60", "限指定商品"))...), nil},
		{"Ecommerce", 0, one(join([]any{title("今晚八点开抢"), words("限时三小时，拒收请回复R")}, goods("bottle", "山茶花沐浴油", "129", "199"), goods("mug", "手作陶杯", "68", "98"),
			goods("plant", "龟背竹盆栽", "89", "129"), goods("lamp", "夜读灯", "259", "399"), []any{button("进入会场", visit("sale"))})...), nil},
		{"Trip1", 0, one(pic("harbour", visit("flight")), title("出票成功"), pair("北京首都 T3", "${from}"), pair("上海虹桥 T2", "${to}"), words("CA1831"), pair("乘机人", "${name}"), pair("座位", "${seat}"),
			pair("登机口", "C12"), pair("温馨提示", "拒收请回复R"), button("在线值机", visit("checkin")), button("加入日历", diary)), J{"from": "07:30", "to": "09:45", "name": "王小明", "seat": "31A"}},
		{"Trip2", 0, one(pic("night", visit("train")), title("购票成功"), pair("杭州东", "18:04"), pair("上海虹桥", "18:50"), words("G7318"), pair("乘车人", "林女士"), pair("席位", "07 车 12F"),
			pair("检票口", "8A"), pair("温馨提示", "拒收请回复R"), button("查看车票", visit("ticket")), button("改签说明", rules)), nil},
		{"Trip3", 0, one(pic("hills:1120x372", visit("coach")), title("车票已出"), pair("黄山北站", "09:20"), pair("西递", "10:35"), words("旅游专线 6 路"), pair("乘车人", "2 位"), pair("温馨提示", "拒收请回复R"),
			button("出示电子票", visit("coach")), button("车站位置", shop)), nil},
		{"PlaneTrip", 0, one(pic("wing", visit("air")), title("示例航空"), pair("北京 PEK", "07:30"), pair("三亚 SYX", "11:50"), words("XA 1379"), pair("登机口", "C12"), pair("座位", "12A"), pair("登机时间", "06:50"),
			pair("温馨提示", "拒收请回复R"), button("登机牌", app), button("航班动态", visit("live"))), nil},
		{"SimplePoster", 0, one(pic("moonrise", visit("moon")), button("中秋赏月夜 · 预约席位", visit("moon"))), nil},
		{"NativePureText", 0, one(words("${name}，您好。您预约的年度体检安排在 ${day}，请空腹前往，带上身份证件。体检中心在门诊楼三层，地铁二号线 B 口出站步行五分钟。改期请提前一天告诉我们。拒收请回复R"), button("改期", call)),
			J{"name": "林女士", "day": "12 月 6 日上午八点"}},
		{"NativeImageAndText", 0, one(pic("bowl", visit("ramen")), title("一碗面的三十年"), words("凌晨四点，老周把汤底端上灶。火不能大，也不能停。三十年里，他换过三口锅、两条街，汤的味道没有变。拒收请回复R"), button("读完这个故事", visit("ramen"))), nil},
		{"ShortVideo", 0, one(with(film("480x640", "rain:480x640"), J{"ratio": "threeToFour"}), title("雨夜归人"), words("第 18 集：站台的灯熄了，她还在等。拒收请回复R"), button("继续观看", app)), nil},
		{"ShortVideoImage", 2, one(pic("rain", app), title("雨夜归人"), words("更新至 24 集，前六集免费。拒收请回复R"), button("免费看六集", app)), nil},
		{"EcommerceCouponVertical", 1, one(pic("arches:750x1000", visit("vase")), title("陶土花器 · 秋日限定"), words("手工拉坯，每窑只出十二件。拒收请回复R"), open(pair("50", "元")), open(words("满 399 可用")), open(words("12 月 31 日前有效")),
			open(with(button("领券", visit("coupon")), J{"button_type": "dynamic"})), button("立即购买", visit("vase"))), nil},
		{"EcommerceCouponHorizontal", 1, one(pic("seaside", visit("sea")), title("海景房两晚连住"), words("含双早与接送。拒收请回复R"), open(pair("200", "元")), open(words("连住两晚可用")), open(words("周末通用")),
			open(with(button("领券", visit("coupon")), J{"button_type": "static"})), button("立即预订", visit("sea"))), nil},
	}
}

// draft is the card as the API takes it. picture and film turn a source into a material's id.
func (c sampleCard) draft(n int, picture, film func(src string) string) J {
	params, pages := L{}, L{}
	for _, name := range keys(c.params) {
		params = append(params, J{"type": 1, "name": "${" + name + "}", "example": c.params[name]})
	}
	for i, contents := range c.pages {
		for at, content := range contents {
			content := content.(J)
			content["position_number"] = at + 1
			switch content["type"] {
			case "image":
				src := content["src"].(string)
				content["src"] = picture(src)
				if a, ok := content["action"].(J); ok && content["action_type"] == "VIEW_PIC" {
					a["target"] = content["src"]
				}
			case "video":
				content["src"], content["cover"] = film(content["src"].(string)), picture(content["cover"].(string))
			}
		}
		pages = append(pages, J{"page_order": i + 1, "contents": contents})
	}
	body := J{"card_id": c.layout, "tpl_name": "样卡" + strconv.Itoa(n), "use_id": 1, "sms_example": "您有一条新消息", "sms_signs": L{"示例商城"}, "pages": pages, "params": params}
	if c.subType > 0 {
		body["sub_type"] = c.subType
	}
	return body
}
