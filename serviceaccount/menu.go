package serviceaccount

// The actions of a menu item (api.md §17.2, action_type).
const (
	OpenSubmenu = "OPEN_SUBMENU"
	OpenURL     = "OPEN_URL"
	Calling     = "CALLING"
	OpenApp     = "OPEN_APP"
	OpenQuick   = "OPEN_QUICK"
)

// MenuItem is an entry of a menu. Items of the second level have no SubItems.
type MenuItem struct {
	Name       string     `json:"name"`
	ActionType string     `json:"action_type"`
	Content    string     `json:"content,omitempty"` // URL, phone number or deeplink
	Ext        MenuExt    `json:"ext_msg"`
	SubItems   []MenuItem `json:"sub_menu_items,omitempty"`
}

// MenuExt holds what an action needs besides its content; which fields, the action says (api.md §17.2, ext_msg).
type MenuExt struct {
	OpenInBrowser    string `json:"open_in_browser,omitempty"` // "0" web view, "1" browser
	WebTitle         string `json:"web_title,omitempty"`
	PackageName      string `json:"package_name,omitempty"`
	AppID            string `json:"app_id,omitempty"`
	BrowserFloorURL  string `json:"browser_floor_url,omitempty"`
	DependEngineVer  string `json:"depend_engine_ver,omitempty"`
	ThirdServiceName string `json:"third_service_name,omitempty"`
}

// MenuContent is what a revision of a menu sets.
type MenuContent struct {
	Items []MenuItem `json:"menu_items"`
}

// Menu is the menu of an account. Its content is the version in force; while there is none, the revision submitted last.
type Menu struct {
	ID     string // menu_id, 32 lower-case hex digits
	PubID  string
	Tenant string
	MenuContent
	Life
	Pending *MenuContent // in review; nil = nothing is
}
