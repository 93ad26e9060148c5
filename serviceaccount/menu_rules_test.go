package serviceaccount

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// menuSample is a menu that uses every action once.
func menuSample() []MenuItem {
	return []MenuItem{
		{Name: "商城", ActionType: OpenURL, Content: "https://shop.example.com/?a=1&b=2", Ext: MenuExt{OpenInBrowser: "1", WebTitle: "商城"}},
		{Name: "服务", ActionType: OpenSubmenu, SubItems: []MenuItem{
			{Name: "电话", ActionType: Calling, Content: "400-800-8800"},
			{Name: "应用", ActionType: OpenApp, Content: "shop://home", Ext: MenuExt{PackageName: "com.example.shop", AppID: "C100", BrowserFloorURL: "https://shop.example.com"}},
			{Name: "快应用", ActionType: OpenQuick, Content: "hap://app/com.example.shop/", Ext: MenuExt{DependEngineVer: "1040", ThirdServiceName: "shop"}},
		}},
	}
}

func TestMenuRules(t *testing.T) {
	f := func(name, field string, alter func(m []MenuItem) []MenuItem) {
		t.Helper()
		refused(t, name, CheckMenu("menu_items", alter(menuSample())), field)
	}
	item := func(name, field string, alter func(it *MenuItem)) { // of the first level: OPEN_URL
		t.Helper()
		f(name, field, func(m []MenuItem) []MenuItem {
			alter(&m[0])
			return m
		})
	}
	sub := func(n int, name, field string, alter func(it *MenuItem)) { // 0 CALLING, 1 OPEN_APP, 2 OPEN_QUICK
		t.Helper()
		f(name, field, func(m []MenuItem) []MenuItem {
			alter(&m[1].SubItems[n])
			return m
		})
	}
	const second = "menu_items[1].sub_menu_items"
	f("as it is", "", func(m []MenuItem) []MenuItem { return m })
	f("none", "menu_items", func([]MenuItem) []MenuItem { return nil })
	f("four", "menu_items", func(m []MenuItem) []MenuItem { return append(m, m[0], m[0]) })
	f("a name twice", "menu_items[1].sub_menu_items[0].name", func(m []MenuItem) []MenuItem {
		m[1].SubItems[0].Name = m[0].Name
		return m
	})
	f("a submenu without items", second, func(m []MenuItem) []MenuItem {
		m[1].SubItems = nil
		return m
	})
	f("six below", second, func(m []MenuItem) []MenuItem {
		m[1].SubItems = append(m[1].SubItems, m[1].SubItems...)
		return m
	})
	f("a submenu with content", "menu_items[1].content", func(m []MenuItem) []MenuItem {
		m[1].Content = "x"
		return m
	})
	f("a submenu with ext_msg", "menu_items[1].ext_msg.web_title", func(m []MenuItem) []MenuItem {
		m[1].Ext.WebTitle = "x"
		return m
	})
	sub(0, "a third level", second+"[0]", func(it *MenuItem) { it.SubItems = []MenuItem{{Name: "x", ActionType: Calling, Content: "95599"}} })
	sub(0, "a submenu in a submenu", second+"[0]", func(it *MenuItem) { it.ActionType = OpenSubmenu })
	item("items below an action", "menu_items[0].sub_menu_items", func(it *MenuItem) { it.SubItems = menuSample()[:1] })
	item("no action", "menu_items[0].action_type", func(it *MenuItem) { it.ActionType = "" })
	item("an unknown action", "menu_items[0].action_type", func(it *MenuItem) { it.ActionType = "OPEN" })

	for n, longest := range map[int]int{1: 24, 2: 12, 3: 8} {
		build := func(width int) []MenuItem {
			var m []MenuItem
			for i := range n {
				it := menuSample()[0]
				it.Name = strings.Repeat("商", width/2-1) + fmt.Sprint(10+i)
				m = append(m, it)
			}
			return m
		}
		f(fmt.Sprintf("names of %d items that just fit", n), "", func([]MenuItem) []MenuItem { return build(longest) })
		f(fmt.Sprintf("names of %d items that are too long", n), "menu_items[0].name", func([]MenuItem) []MenuItem { return build(longest + 2) })
	}
	sub(0, "a second name that just fits", "", func(it *MenuItem) { it.Name = "电话电话电话电话" })
	sub(0, "a second name that is too long", second+"[0].name", func(it *MenuItem) { it.Name = "电话电话电话电话1" })
	item("no name", "menu_items[0].name", func(it *MenuItem) { it.Name = "" })

	item("no address", "menu_items[0].content", func(it *MenuItem) { it.Content = "" })
	item("no web address", "menu_items[0].content", func(it *MenuItem) { it.Content = "shop.example.com" })
	item("a script", "menu_items[0].content", func(it *MenuItem) { it.Content = "javascript:alert(1)" })
	item("an address without a host", "menu_items[0].content", func(it *MenuItem) { it.Content = "https:///x" })
	item("an address with a blank", "menu_items[0].content", func(it *MenuItem) { it.Content = "https://shop.example.com/a b" })
	item("an address with a user", "menu_items[0].content", func(it *MenuItem) { it.Content = "https://bank.example.com@evil.example.com/" })
	item("an address of 1000", "", func(it *MenuItem) { it.Content = "https://a.cn/" + strings.Repeat("x", 987) })
	item("an address of 1001", "menu_items[0].content", func(it *MenuItem) { it.Content = "https://a.cn/" + strings.Repeat("x", 988) })
	item("no way to open", "menu_items[0].ext_msg.open_in_browser", func(it *MenuItem) { it.Ext.OpenInBrowser = "" })
	item("an unknown way to open", "menu_items[0].ext_msg.open_in_browser", func(it *MenuItem) { it.Ext.OpenInBrowser = "2" })
	item("no title", "menu_items[0].ext_msg.web_title", func(it *MenuItem) { it.Ext.WebTitle = "" })
	item("a title of 20", "", func(it *MenuItem) { it.Ext.WebTitle = strings.Repeat("商", 20) })
	item("a title of 21", "menu_items[0].ext_msg.web_title", func(it *MenuItem) { it.Ext.WebTitle = strings.Repeat("商", 21) })
	item("another action's field", "menu_items[0].ext_msg.package_name", func(it *MenuItem) { it.Ext.PackageName = "com.example" })

	sub(0, "an international number", "", func(it *MenuItem) { it.Content = "+8613100000000" })
	sub(0, "no number", second+"[0].content", func(it *MenuItem) { it.Content = "call me" })
	sub(0, "a title on a number", second+"[0].ext_msg.web_title", func(it *MenuItem) { it.Ext.WebTitle = "x" })

	sub(1, "an app by its package alone", "", func(it *MenuItem) { it.Ext = MenuExt{PackageName: "com.example.shop"} })
	sub(1, "no package", second+"[1].ext_msg.package_name", func(it *MenuItem) { it.Ext.PackageName = "" })
	sub(1, "an app_id of 61", second+"[1].ext_msg.app_id", func(it *MenuItem) { it.Ext.AppID = strings.Repeat("x", 61) })
	sub(1, "a floor that is no address", second+"[1].ext_msg.browser_floor_url", func(it *MenuItem) { it.Ext.BrowserFloorURL = "shop://x" })
	sub(1, "a deeplink of a web page", "", func(it *MenuItem) { it.Content = "https://shop.example.com/app" })
	for _, s := range []string{"shop", "shop:", ":x", "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "1a://x", "shop://a b"} {
		sub(1, "deeplink "+s, second+"[1].content", func(it *MenuItem) { it.Content = s })
	}

	sub(2, "no engine", second+"[2].ext_msg.depend_engine_ver", func(it *MenuItem) { it.Ext.DependEngineVer = "" })
	sub(2, "no service name", second+"[2].ext_msg.third_service_name", func(it *MenuItem) { it.Ext.ThirdServiceName = "" })
	sub(2, "no quick app", second+"[2].content", func(it *MenuItem) { it.Content = "https://hapjs.example.org/app/x" })
}

// validMenus draws menus within all rules.
func validMenus(t *rapid.T) []MenuItem {
	names := map[string]bool{}
	name := func(most int) string {
		return rapid.Custom(func(t *rapid.T) string {
			s := rapid.StringMatching(fmt.Sprintf(`[a-z0-9]{1,%d}`, most)).Draw(t, "name")
			if rapid.Bool().Draw(t, "chinese") {
				s = strings.Repeat("商", (len(s)+1)/2-1) + s[:1]
			}
			return s
		}).Filter(func(s string) bool {
			fresh := !names[s] && cells(s) <= most
			if fresh {
				names[s] = true
			}
			return fresh
		}).Draw(t, "name")
	}
	leaf := func(most int) MenuItem {
		it := MenuItem{Name: name(most), ActionType: rapid.SampledFrom([]string{OpenURL, Calling, OpenApp, OpenQuick}).Draw(t, "action")}
		switch it.ActionType {
		case OpenURL:
			it.Content = rapid.StringMatching(`https?://[a-z]{1,10}\.cn/[a-z0-9?&=%]{0,50}`).Filter(isWebAddress).Draw(t, "url")
			it.Ext = MenuExt{OpenInBrowser: rapid.SampledFrom([]string{"0", "1"}).Draw(t, "open"), WebTitle: rapid.StringMatching(`[a-z商城]{1,20}`).Draw(t, "title")}
		case Calling:
			it.Content = rapid.StringMatching(`\+?[0-9]{1,4}-?[0-9]{3,8}`).Draw(t, "phone")
		case OpenApp:
			it.Content = rapid.StringMatching(`shop[a-z]{0,5}://[a-z/?=&]{1,40}`).Draw(t, "deeplink")
			it.Ext = MenuExt{PackageName: rapid.StringMatching(`[a-z.]{1,50}`).Draw(t, "package"), AppID: rapid.StringMatching(`[A-Z0-9]{0,60}`).Draw(t, "app")}
		case OpenQuick:
			it.Content = "hap://app/" + rapid.StringMatching(`[a-z.]{1,40}`).Draw(t, "quick")
			it.Ext = MenuExt{DependEngineVer: rapid.StringMatching(`[0-9]{1,5}`).Draw(t, "engine"), ThirdServiceName: rapid.StringMatching(`[a-z]{1,50}`).Draw(t, "service")}
		}
		return it
	}
	n := rapid.IntRange(1, maxMenuItems).Draw(t, "items")
	var menu []MenuItem
	for range n {
		if rapid.Bool().Draw(t, "leaf") {
			menu = append(menu, leaf(firstNames[n]))
			continue
		}
		it := MenuItem{Name: name(firstNames[n]), ActionType: OpenSubmenu}
		for range rapid.IntRange(1, maxSubItems).Draw(t, "below") {
			it.SubItems = append(it.SubItems, leaf(maxSubName))
		}
		menu = append(menu, it)
	}
	return menu
}

// Every menu within the rules passes, and means the same after a way through JSON.
func TestMenusWithinTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		menu := MenuContent{validMenus(t)}
		if err := CheckMenu("menu_items", menu.Items); err != nil {
			t.Fatalf("%+v: %v", menu, err)
		}
		b, err := json.Marshal(menu)
		if err != nil {
			t.Fatal(err)
		}
		var back MenuContent
		if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, menu) {
			t.Fatalf("%s\n%+v\n%+v %v", b, back, menu, err)
		}
	})
}

// A menu that passes keeps to the bounds, whatever it was made of: the bounds are written down here a second time, by themselves.
func TestAcceptedMenusKeepTheBounds(t *testing.T) {
	wild := rapid.Custom(func(t *rapid.T) MenuItem {
		valid := validMenus(t)
		it := valid[0]
		switch rapid.IntRange(0, 6).Draw(t, "break") {
		case 0:
			it.Name = rapid.String().Draw(t, "name")
		case 1:
			it.Content = rapid.String().Draw(t, "content")
		case 2:
			it.SubItems = append(it.SubItems, valid...)
		case 3:
			it.ActionType = rapid.SampledFrom([]string{OpenURL, Calling, OpenApp, OpenQuick, OpenSubmenu, ""}).Draw(t, "action")
		case 4:
			it.Ext = MenuExt{}
		}
		return it
	})
	rapid.Check(t, func(t *rapid.T) {
		menu := rapid.SliceOfN(wild, 0, 4).Draw(t, "menu")
		if CheckMenu("menu_items", menu) != nil {
			return
		}
		most := map[int]int{1: 24, 2: 12, 3: 8}[len(menu)]
		seen := map[string]bool{}
		check := func(it MenuItem, most int) {
			if seen[it.Name] || it.Name == "" || cells(it.Name) > most || chars(it.Content) > 1000 || (it.ActionType == OpenSubmenu) != (it.Content == "") {
				t.Fatalf("accepted %+v", it)
			}
			seen[it.Name] = true
		}
		for _, it := range menu {
			check(it, most)
			if (it.ActionType == OpenSubmenu) != (len(it.SubItems) > 0) || len(it.SubItems) > 5 {
				t.Fatalf("accepted %+v", it)
			}
			for _, below := range it.SubItems {
				check(below, 16)
				if len(below.SubItems) > 0 || below.ActionType == OpenSubmenu {
					t.Fatalf("accepted a third level: %+v", it)
				}
			}
		}
	})
}
