package edge

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cardlink/fault"
	"cardlink/serviceaccount"
)

//go:embed account.css
var accountCSS string

//go:embed account.html
var accountHTML string

// The sheet goes into each page, allowed by its hash alone: nothing runs on these pages, nothing frames them, pictures come from this host.
var (
	accountStyle = strings.Join(strings.Fields(accountCSS), " ")
	accountCSP   = []byte("default-src 'none'; style-src " + styleHash(accountStyle) + "; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	accountPages = template.Must(template.New("account").Funcs(template.FuncMap{
		"style": func() template.CSS { return template.CSS(accountStyle) }, // ours
		"media": serviceaccount.MediaPath,
		"app":   appLink,
		"first": firstLetter,
		"inc":   func(i int) int { return i + 1 },
	}).Parse(accountHTML))
)

func styleHash(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// accountWords are the pages' own texts.
type accountWords struct {
	Lang, Verified, Services, Call, Apps, Open, By, Back, Dial, Number, App, Quick, NoApp, Website, Choose, Nothing string
}

var accountTexts = [2]accountWords{
	fault.English: {
		Lang: "en", Verified: "Verified service account", Services: "Services", Call: "Hotlines", Apps: "Quick apps", Open: "Open", By: "Service account of ",
		Back: "Back to the home page", Dial: "Call", Number: "Phone number", App: "This service opens in an app on your phone.",
		Quick: "This service opens as a quick app, without installation, on phones that support them.", NoApp: "App not installed?", Website: "Use the website",
		Choose: "Choose a service", Nothing: "This service is not available in a browser. Please open it from the message on your phone.",
	},
	fault.Chinese: {
		Lang: "zh-CN", Verified: "认证服务号", Services: "服务", Call: "客服热线", Apps: "快应用", Open: "打开", By: "服务号主体：",
		Back: "返回主页", Dial: "拨打", Number: "电话号码", App: "该服务将在手机应用中打开。",
		Quick: "该服务以快应用形式打开，无需安装，需手机支持。", NoApp: "未安装应用？", Website: "访问网页版",
		Choose: "请选择服务", Nothing: "该服务无法在浏览器中打开，请在手机短信中使用。",
	},
}

// accountView is what the templates see.
type accountView struct {
	*serviceaccount.Account
	Words accountWords
	Item  *serviceaccount.MenuItem // of an item's page
	Path  string                   // of the item
	Tel   string
	Link  template.URL // into an app; "" for none
	Web   string       // where to go without the app; "" for nowhere
}

// accountPage draws the home page of an account.
func accountPage(a *serviceaccount.Account, l fault.Language) ([]byte, error) {
	return drawAccount("home", accountView{Account: a, Words: accountTexts[l&1]})
}

// itemPage draws what a browser shows for an item that is no web page: a number to call, an app to open, the items below it.
func itemPage(a *serviceaccount.Account, item *serviceaccount.MenuItem, path string, l fault.Language) ([]byte, error) {
	v := accountView{Account: a, Words: accountTexts[l&1], Item: item, Path: path}
	switch item.ActionType {
	case serviceaccount.Calling:
		v.Tel = item.Content
	case serviceaccount.OpenApp:
		v.Link, v.Web = appLink(item.Content), webAddress(item.Ext.BrowserFloorURL)
	case serviceaccount.OpenQuick:
		v.Link = appLink(item.Content)
	}
	return drawAccount("item", v)
}

func drawAccount(name string, v accountView) ([]byte, error) {
	var b bytes.Buffer
	if err := accountPages.ExecuteTemplate(&b, name, v); err != nil {
		return nil, fmt.Errorf("draw the %s page of account %s: %w", name, v.Pub.ID, err)
	}
	return b.Bytes(), nil
}

// appLink passes a deeplink that can lead nowhere but into an app: a scheme of its own, with slashes behind. The schemes of browsers are refused, since some of them run
// what they are given.
func appLink(s string) template.URL {
	u, err := url.Parse(s)
	if err != nil || !strings.Contains(s, "://") || len(u.Scheme) < 2 {
		return ""
	}
	switch u.Scheme {
	case "http", "https", "javascript", "data", "vbscript", "file", "blob", "about", "filesystem", "view-source", "ws", "wss", "ftp", "chrome", "edge", "resource", "jar":
		return ""
	}
	return template.URL(u.String())
}

func firstLetter(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r))
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// menuItem is an item as handsets are told (docs/handset.md).
type menuItem struct {
	Path     string                 `json:"item_path"`
	Name     string                 `json:"name"`
	Action   string                 `json:"action_type"`
	Content  string                 `json:"content,omitempty"`
	Ext      serviceaccount.MenuExt `json:"ext_msg"`
	SubItems []menuItem             `json:"sub_menu_items,omitempty"`
}

// menuJSON is an account's menu for handsets.
func menuJSON(a *serviceaccount.Account) ([]byte, error) {
	return json.Marshal(struct {
		PubID   string     `json:"pub_id"`
		PubName string     `json:"pub_name"`
		LogoURL string     `json:"logo_url"`
		HomeURL string     `json:"home_url"`
		MenuID  string     `json:"menu_id"`
		Version int        `json:"menu_version"`
		Items   []menuItem `json:"menu_items"`
	}{
		a.Pub.ID, a.Pub.Name, "/" + serviceaccount.MediaPath(a.Pub.LogoImg), "/sa/" + a.Pub.ID, a.Menu.ID, a.Menu.Version, menuItems("", a.Menu.Items),
	})
}

func menuItems(above string, items []serviceaccount.MenuItem) []menuItem {
	out := make([]menuItem, len(items))
	for i, it := range items {
		path := above + strconv.Itoa(i+1)
		out[i] = menuItem{Path: path, Name: it.Name, Action: it.ActionType, Content: it.Content, Ext: it.Ext}
		if len(it.SubItems) > 0 {
			out[i].SubItems = menuItems(path+".", it.SubItems)
		}
	}
	return out
}
