package serviceaccount

import (
	"net/url"
	"strconv"
	"strings"

	"cardlink/fault"
)

// Limits of menus (api.md §17.2). A name of the first level may be the longer the fewer there are.
const (
	maxMenuItems  = 3
	maxSubItems   = 5
	maxSubName    = 16   // cells
	maxMenuTarget = 1000 // characters of content
)

// firstNames is the longest name of the first level in cells, by the number of items there.
var firstNames = [maxMenuItems + 1]int{1: 24, 2: 12, 3: 8}

// CheckMenu refuses a menu that breaks a rule of api.md §17.2; field is where its items came in.
func CheckMenu(field string, items []MenuItem) error {
	if n := len(items); n < 1 || n > maxMenuItems {
		return fault.Count(field, 1, maxMenuItems)
	}
	names := map[string]bool{}
	for i := range items {
		if err := checkMenuItem(at(field, i), &items[i], firstNames[len(items)], names); err != nil {
			return err
		}
	}
	return nil
}

func at(field string, i int) string { return field + "[" + strconv.Itoa(i) + "]" }

// checkMenuItem checks an item of the first level and those below it.
func checkMenuItem(field string, it *MenuItem, longest int, names map[string]bool) error {
	if err := checkMenuName(field, it.Name, longest, names); err != nil {
		return err
	}
	if it.ActionType != OpenSubmenu {
		if len(it.SubItems) > 0 {
			return fault.Said(field+".sub_menu_items", "is for action_type OPEN_SUBMENU only", "仅action_type为OPEN_SUBMENU时有效")
		}
		return checkMenuAction(field, it)
	}
	if it.Content != "" {
		return fault.Said(field+".content", "must be empty for OPEN_SUBMENU", "action_type为OPEN_SUBMENU时须为空")
	}
	if err := checkExt(field+".ext_msg", it); err != nil {
		return err
	}
	if n := len(it.SubItems); n < 1 || n > maxSubItems {
		return fault.Count(field+".sub_menu_items", 1, maxSubItems)
	}
	for i := range it.SubItems {
		sub, subField := &it.SubItems[i], at(field+".sub_menu_items", i)
		if err := checkMenuName(subField, sub.Name, maxSubName, names); err != nil {
			return err
		}
		if sub.ActionType == OpenSubmenu || len(sub.SubItems) > 0 {
			return fault.Said(subField, "must not have a submenu of its own: a menu has two levels", "二级菜单不能再有子菜单")
		}
		if err := checkMenuAction(subField, sub); err != nil {
			return err
		}
	}
	return nil
}

func checkMenuName(field, name string, longest int, names map[string]bool) error {
	if err := checkName(field+".name", name, cells, 1, longest); err != nil {
		return err
	}
	if names[name] {
		return fault.Said(field+".name", "must be unique within the menu", "菜单内名称不能重复")
	}
	names[name] = true
	return nil
}

// checkMenuAction checks what a tap does.
func checkMenuAction(field string, it *MenuItem) error {
	content := field + ".content"
	switch it.ActionType {
	case OpenURL, Calling, OpenApp, OpenQuick:
	case "":
		return fault.Required(field + ".action_type")
	default:
		return fault.OneOf(field+".action_type", OpenSubmenu, OpenURL, Calling, OpenApp, OpenQuick)
	}
	if err := checkName(content, it.Content, chars, 1, maxMenuTarget); err != nil {
		return err
	}
	switch it.ActionType {
	case OpenURL:
		if !isWebAddress(it.Content) {
			return webAddress(content)
		}
	case Calling:
		if !isPhone(strings.TrimPrefix(it.Content, "+")) {
			return phone(content)
		}
	case OpenApp:
		if !isDeeplink(it.Content) {
			return fault.Said(content, "must be a deeplink of an app, such as shop://home", "须为应用的deeplink，例如shop://home")
		}
	case OpenQuick:
		if !isQuickLink(it.Content) {
			return quickLink(content)
		}
	}
	return checkExt(field+".ext_msg", it)
}

// extRule is what an action wants of a field of ext_msg.
type extRule struct {
	name      string
	value     func(*MenuExt) string
	of        string // the actions it belongs to
	required  string // those that cannot do without it
	low, high int    // characters
}

// extRules is the table of ext_msg (api.md §17.2). Of what the documentation calls required for OPEN_APP, only the package name is: its own examples lack the rest.
var extRules = [...]extRule{
	{"open_in_browser", func(e *MenuExt) string { return e.OpenInBrowser }, OpenURL, OpenURL, 1, 1},
	{"web_title", func(e *MenuExt) string { return e.WebTitle }, OpenURL, OpenURL, 1, 20},
	{"package_name", func(e *MenuExt) string { return e.PackageName }, OpenApp, OpenApp, 1, 50},
	{"app_id", func(e *MenuExt) string { return e.AppID }, OpenApp, "", 0, 60},
	{"browser_floor_url", func(e *MenuExt) string { return e.BrowserFloorURL }, OpenApp, "", 0, 1000},
	{"depend_engine_ver", func(e *MenuExt) string { return e.DependEngineVer }, OpenQuick, OpenQuick, 1, 50},
	{"third_service_name", func(e *MenuExt) string { return e.ThirdServiceName }, OpenApp + " " + OpenQuick, OpenQuick, 1, 50},
}

// checkExt checks the fields that an action has besides its content, and that it has no others.
func checkExt(field string, it *MenuItem) error {
	for _, r := range extRules {
		name, value := field+"."+r.name, r.value(&it.Ext)
		switch {
		case value == "" && r.required != it.ActionType:
			continue
		case value == "":
			return fault.Said(name, "is required for "+it.ActionType, "action_type为"+it.ActionType+"时必填")
		case !strings.Contains(r.of, it.ActionType):
			return fault.Said(name, "is not for "+it.ActionType, "action_type为"+it.ActionType+"时不填")
		}
		if err := checkName(name, value, chars, r.low, r.high); err != nil {
			return err
		}
	}
	if b := it.Ext.OpenInBrowser; b != "" && b != "0" && b != "1" {
		return fault.OneOf(field+".open_in_browser", "0", "1")
	}
	if u := it.Ext.BrowserFloorURL; u != "" && !isWebAddress(u) {
		return webAddress(field + ".browser_floor_url")
	}
	return nil
}

func webAddress(field string) error {
	return fault.Said(field, "must be an address beginning with http:// or https://", "须为以http://或https://开头的地址")
}

func quickLink(field string) error {
	return fault.Said(field, "must begin with "+quickApp, "须以"+quickApp+"开头")
}

// isWebAddress reports whether s is an http or https address with a host and without blanks.
func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil && !strings.ContainsAny(s, " <>\"\\")
}

// isDeeplink reports whether s is an address of an app. Schemes that a browser runs or reads files by are none.
func isDeeplink(s string) bool {
	scheme, rest, found := strings.Cut(s, ":")
	if !found || rest == "" || strings.ContainsAny(s, " <>\"\\") {
		return false
	}
	u, err := url.Parse(scheme + ":x") // the rest is the app's business
	if err != nil || u.Scheme == "" {
		return false
	}
	switch u.Scheme { // in lower case
	case "javascript", "vbscript", "data", "file", "blob", "about", "content", "filesystem":
		return false
	}
	return true
}

// quickApp begins every address of a quick app.
const quickApp = "hap://app/"

func isQuickLink(s string) bool {
	return strings.HasPrefix(s, quickApp) && !strings.ContainsAny(s, " <>\"\\")
}
