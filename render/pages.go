package render

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"cardlink/templates"
)

// PagesModel is the render model that ListAimTemplates returns as text (api.md §20.4): absolutely placed boxes on pages 342 px wide, generated from
// the template so that existing preview code can draw it. Parameters stand as written, "${param1}". origin prefixes material paths. A template
// whose layout the catalogue does not have gives "[]".
func PagesModel(cat *templates.Catalogue, t *templates.Template, origin string) string {
	c, _, err := builtin().fit(cat, t, H5)
	if err != nil {
		return "[]"
	}
	names := make([]string, len(t.Params))
	for i, p := range t.Params {
		names[i] = p.Name
	}
	m := pageModeler{c: c, names: Values{Params: names}, origin: origin}
	out, err := json.Marshal(m.pages())
	if err != nil { // plain strings and numbers: cannot happen
		return "[]"
	}
	return string(out)
}

// The model's measures, in px.
const (
	modelWidth  = 342
	modelMargin = 16
	modelLeast  = 120 // least height of a page
)

// The model's objects, in the wire's spelling.
type (
	modelPage struct {
		TypeIndex int         `json:"typeIndex"`
		CardID    string      `json:"cardId"`
		Label     string      `json:"label"`
		Tag       string      `json:"tag"`
		Style     modelStyle  `json:"style"`
		Content   []*modelBox `json:"content"`
	}
	modelStyle struct {
		Width           string  `json:"width,omitempty"`
		Height          string  `json:"height,omitempty"`
		Opacity         float64 `json:"opacity,omitempty"`
		BackgroundColor string  `json:"backgroundColor,omitempty"`
		BorderRadius    string  `json:"borderRadius,omitempty"`
		Color           string  `json:"color,omitempty"`
		FontSize        string  `json:"fontSize,omitempty"`
		FontWeight      string  `json:"fontWeight,omitempty"`
		TextAlign       string  `json:"textAlign,omitempty"`
		LineHeight      string  `json:"lineHeight,omitempty"`
	}
	modelBox struct {
		Type      string         `json:"type"`
		Text      string         `json:"text,omitempty"`
		Title     string         `json:"title,omitempty"`
		Src       string         `json:"src,omitempty"`
		Cover     string         `json:"cover,omitempty"`
		Visible   bool           `json:"visible"`
		X         int            `json:"x"`
		Y         int            `json:"y"`
		W         int            `json:"w"`
		H         int            `json:"h"`
		Z         int            `json:"z"`
		Action    string         `json:"action,omitempty"`
		Style     modelStyle     `json:"style"`
		Event     modelEvent     `json:"event"`
		Swiper    *modelSwiper   `json:"swiper,omitempty"`
		Sideslip  *modelSideslip `json:"sideslip,omitempty"`
		Position  int            `json:"positionNumber"`
		IsBgimg   bool           `json:"isBgimg,omitempty"`
		ImageRate string         `json:"imageRate,omitempty"`
	}
	modelEvent struct {
		Action       string `json:"action,omitempty"`
		Target       string `json:"target,omitempty"`
		PackageNames string `json:"packageNames,omitempty"`
		FloorType    *int   `json:"floorType,omitempty"`
		FloorURL     string `json:"floorUrl,omitempty"`
		Content      string `json:"content,omitempty"`
		TxtButton    string `json:"txtButton,omitempty"`
		Mode         *int   `json:"mode,omitempty"`
		Subject      string `json:"subject,omitempty"`
		Body         string `json:"body,omitempty"`
		Description  string `json:"description,omitempty"`
		BeginTime    string `json:"beginTime,omitempty"`
		EndTime      string `json:"endTime,omitempty"`
		Address      string `json:"address,omitempty"`
		Longitude    string `json:"longitude,omitempty"`
		Latitude     string `json:"latitude,omitempty"`
	}
	modelSwiper struct {
		Autoplay           bool        `json:"autoplay"`
		Loop               bool        `json:"loop"`
		ShowIndicatorPoint bool        `json:"showIndicatorPoint"`
		SwiperList         []*modelBox `json:"swiperList"`
	}
	modelSideslip struct {
		SideslipList []modelCard `json:"sideslipList"`
	}
	modelCard struct {
		Style   modelStyle  `json:"style"`
		Content []*modelBox `json:"content"`
	}
)

type pageModeler struct {
	c      *card
	names  Values
	origin string
}

// pages lays every page out; layouts whose pages are swiped become one page with a strip.
func (m *pageModeler) pages() []modelPage {
	out := []modelPage{}
	for es := m.c.elements; len(es) > 0; {
		n := span(es, func(e *element) bool { return e.page == es[0].page })
		content, height := m.page(es[:n])
		i := len(out)
		out = append(out, modelPage{
			TypeIndex: i, CardID: "com.hbm." + strings.ToLower(m.c.tpl.CardID), Label: "主页" + strconv.Itoa(i+1), Tag: "page" + strconv.Itoa(i+1),
			Style: modelStyle{Width: px(modelWidth), Height: px(height), Opacity: 1, BackgroundColor: m.background()}, Content: content,
		})
		es = es[n:]
	}
	if len(out) < 2 || m.c.layout.Group != "swipe" {
		return out
	}
	strip := &modelBox{Type: "sideslip", Visible: true, W: modelWidth, Sideslip: &modelSideslip{}}
	for _, p := range out {
		h, _ := strconv.Atoi(strings.TrimSuffix(p.Style.Height, "px"))
		strip.H = max(strip.H, h)
		strip.Sideslip.SideslipList = append(strip.Sideslip.SideslipList, modelCard{Style: p.Style, Content: p.Content})
	}
	out[0].Style.Height, out[0].Content = px(strip.H), []*modelBox{strip}
	return out[:1]
}

func (m *pageModeler) background() string {
	if m.c.layout.Group == "red_packet" {
		return "#d8311f"
	}
	return "#ffffff"
}

// page stacks one page's elements from the top; several pictures become a swiper, neighbouring buttons share a row.
func (m *pageModeler) page(es []element) ([]*modelBox, int) {
	boxes := []*modelBox{}
	y := 0
	add := func(b *modelBox) { b.Z = len(boxes); boxes = append(boxes, b) }
	for i := 0; i < len(es); {
		e := &es[i]
		n := 1
		switch e.kind {
		case "image", "video":
			if n = span(es[i:], func(e *element) bool { return e.kind == "image" }); n > 1 && !isItem(e, es) {
				b := m.picture(e, 0, y, modelWidth)
				b.Type, b.Src, b.Event, b.Action = "swiper", "", modelEvent{}, ""
				b.Swiper = &modelSwiper{Loop: true, ShowIndicatorPoint: true}
				for j := range n {
					b.Swiper.SwiperList = append(b.Swiper.SwiperList, m.picture(&es[i+j], 0, 0, modelWidth))
				}
				add(b)
				y += b.H
				break
			}
			n = 1
			x, w := 0, modelWidth
			switch e.role {
			case "logo":
				w = 64
				x = (modelWidth - w) / 2
				y += modelMargin
			case "thumbnail", "product":
				if isItem(e, es) {
					w = 72
					x = modelWidth - modelMargin - w
					y += 8
				}
			}
			b := m.picture(e, x, y, w)
			if e.role == "background" {
				b.IsBgimg = true
				add(b)
				break
			}
			add(b)
			y += b.H
		case "button":
			n = span(es[i:], func(e *element) bool { return e.kind == "button" })
			y += modelMargin
			w := (modelWidth - modelMargin*(n+1)) / n
			for j := range n {
				add(m.button(&es[i+j], modelMargin+j*(w+modelMargin), y, w))
			}
			y += 40
		default:
			y += 8
			for _, b := range m.texts(e, y) {
				add(b)
				y = max(y, b.Y+b.H)
			}
		}
		i += n
	}
	return boxes, max(modelLeast, y+modelMargin)
}

func (m *pageModeler) picture(e *element, x, y, w int) *modelBox {
	h := w * 9 / 16
	switch {
	case e.rate.W > 0:
		h = w * e.rate.H / e.rate.W
	case e.src.w > 0 && e.src.h > 0:
		h = w * e.src.h / e.src.w
	}
	b := &modelBox{
		Type: e.kind, Src: m.address(e.src), Visible: true, X: x, Y: y, W: w, H: h, Position: e.content.Position, ImageRate: e.ratio,
		Style: modelStyle{Width: px(w), Height: px(h)},
	}
	if e.cover != nil {
		b.Cover = m.address(e.cover)
	}
	m.act(b, e)
	return b
}

func (m *pageModeler) button(e *element, x, y, w int) *modelBox {
	b := &modelBox{
		Type: "button", Text: e.text.fill(&m.names), Visible: true, X: x, Y: y, W: w, H: 40, Position: e.content.Position,
		Style: modelStyle{
			Width: px(w), Height: "40px", BackgroundColor: "#1d5fea", BorderRadius: "20px", Color: "#ffffff", FontSize: "15px", TextAlign: "center", LineHeight: "40px",
		},
	}
	if m.c.layout.Group == "red_packet" {
		b.Style.BackgroundColor, b.Style.Color = "#f6c366", "#8f1d0c"
	}
	m.act(b, e)
	return b
}

// texts places a text, and the value of a pair at its right.
func (m *pageModeler) texts(e *element, y int) []*modelBox {
	const full = modelWidth - 2*modelMargin
	style := modelStyle{Color: "#5a616c", FontSize: "14px", FontWeight: "400", TextAlign: "left", LineHeight: "22px"}
	size, line := 14, 22
	if e.title {
		style = modelStyle{Color: "#14171c", FontSize: "18px", FontWeight: "700", TextAlign: "left", LineHeight: "26px"}
		size, line = 18, 26
	}
	if m.c.layout.Group == "red_packet" {
		style.Color, style.TextAlign = "#ffe7c2", "center"
	}
	box := func(s string, x, w int, align string) *modelBox {
		st := style
		if align != "" {
			st.TextAlign = align
		}
		h := line * lines(s, w/size)
		st.Width, st.Height = px(w), px(h)
		return &modelBox{
			Type: "text", Text: s, Title: strconv.FormatBool(e.title), Visible: true, X: x, Y: y, W: w, H: h, Position: e.content.Position, Style: st,
		}
	}
	s := e.text.fill(&m.names)
	if e.currency { // the model has no field for it
		s = "¥" + s
	}
	if e.child.empty() {
		return []*modelBox{box(s, modelMargin, full, "")}
	}
	return []*modelBox{box(s, modelMargin, full*2/5, ""), box(e.child.fill(&m.names), modelMargin+full*2/5, full*3/5, "right")}
}

// lines estimates how many lines of n full-width characters s takes; Latin letters take half.
func lines(s string, n int) int {
	total := 0
	for row := range strings.SplitSeq(s, "\n") {
		half := 0
		for _, r := range row {
			half++
			if r >= utf8.RuneSelf {
				half++
			}
		}
		total += max(1, (half+2*n-1)/(2*n))
	}
	return total
}

func (m *pageModeler) address(md *media) string {
	if md.path != "" {
		return m.origin + md.path
	}
	return md.url
}

func (m *pageModeler) act(b *modelBox, e *element) {
	if e.action == nil {
		return
	}
	a := e.action.source
	b.Action = e.action.typ
	b.Event = modelEvent{
		Action: e.action.typ, Target: a.Target, PackageNames: a.PackageName, FloorType: a.FloorType, FloorURL: a.FloorURL, Content: a.Content, TxtButton: a.TextButton,
		Mode: a.Mode, Subject: a.Subject, Body: a.Body, Description: a.Description, BeginTime: a.BeginTime, EndTime: a.EndTime, Address: a.Address,
		Longitude: a.Longitude, Latitude: a.Latitude,
	}
}

func px(n int) string { return strconv.Itoa(n) + "px" }
