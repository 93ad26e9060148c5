// Package templates owns card templates: their model, the layout catalogue and the vendors' capabilities (data, not code), validation, review per vendor,
// versions, materials, and the public gallery. It refuses to know how a card is drawn (render) and how rows are kept (store).
package templates

import (
	"encoding/json"
	"strconv"
	"time"

	"cardlink/fault"
)

// Vendor is a handset maker in the wire's spelling.
type Vendor string

// The six vendors of the wire contract.
const (
	Huawei  Vendor = "HUAWEI"
	Xiaomi  Vendor = "XIAOMI"
	Oppo    Vendor = "OPPO"
	Vivo    Vendor = "VIVO"
	Meizu   Vendor = "MEIZU"
	Samsung Vendor = "SAMSUNG"
)

// Vendors lists them in the order of the wire contract.
func Vendors() []Vendor { return []Vendor{Huawei, Xiaomi, Oppo, Vivo, Meizu, Samsung} }

// Template is one version of a card template. A link keeps the version it was made with; a change of content makes a new version.
type Template struct {
	ID         int64  // tpl_id: 9 digits, leading 6
	Version    int    // from 1
	Tenant     string // empty: public, of the built-in gallery
	Name       string // tpl_name, 1-17
	Scene      string
	UseID      int // 1 commercial, 2 trial
	CardID     string
	SubType    int // 0 = not given
	SMSExample string
	SMSSigns   []string
	SMSPattern string // sms_template
	Pages      []Page
	Params     []Param
	Factories  []Factory // vendors submitted to, with their activation
	Warnings   []Problem // soft findings of validation and compilation

	State       int // tpl_state: 0 disabled, 1 enabled
	DisableDesc string
	DisabledAt  time.Time // zero: never
	Audit       int       // audit_state: 0 not submitted, 1 in review, 2 approved, 3 rejected
	AuditDesc   string
	AuditSeq    int64 // counts the review changes, for the events' ids
	CreatedAt   time.Time
	UpdatedAt   time.Time

	// Assets resolves the materials that Pages refer to by aim_resource_id, filled when the template is loaded for rendering.
	Assets map[string]Asset

	values []valueRule // of CheckValues; filled by PrepareValues
}

// Asset is a material as a renderer needs it.
type Asset struct {
	Path          string // path on the edge, "/m/…", without origin
	ContentType   string
	Width, Height int
}

// States of a template and of one vendor's activation.
const (
	AuditNone     = 0
	AuditReview   = 1
	AuditApproved = 2
	AuditRejected = 3

	StateDisabled = 0
	StateEnabled  = 1

	VendorDisabled   = 0
	VendorActive     = 1
	VendorNotEnabled = 2 // submitted, not yet activated or refused
)

// Active reports whether vendor v may be shown this template's card: enabled, approved, and active at that vendor.
func (t *Template) Active(v Vendor) bool {
	if !t.Usable() {
		return false
	}
	for _, f := range t.Factories {
		if f.Vendor == v {
			return f.State == VendorActive
		}
	}
	return false
}

// TplID is the wire form of ID.
func (t *Template) TplID() string { return strconv.FormatInt(t.ID, 10) }

// Public reports whether the template is of the built-in gallery and usable by every tenant.
func (t *Template) Public() bool { return t.Tenant == "" }

// Usable reports whether new links may be made from the template.
func (t *Template) Usable() bool { return t.State == StateEnabled && t.Audit == AuditApproved }

// Page, Content, Action, Param and Factory are the wire's objects (api.md §5.1), stored as they came.
type Page struct {
	Order    int       `json:"page_order"`
	Contents []Content `json:"contents"`
}

// Content is one slot of a page.
type Content struct {
	Type           string  `json:"type"` // text image video button
	Position       int     `json:"position_number"`
	Text           string  `json:"content,omitempty"`
	Child          string  `json:"content_child,omitempty"`
	SrcType        int     `json:"src_type,omitempty"` // 1 material id, 2 URL
	Src            string  `json:"src,omitempty"`
	Cover          string  `json:"cover,omitempty"`
	IsTitle        string  `json:"is_text_title,omitempty"` // "true" / "false"
	ActionType     string  `json:"action_type,omitempty"`
	Action         *Action `json:"action,omitempty"`
	Visible        *int    `json:"visible,omitempty"`
	Currency       *int    `json:"currency_display,omitempty"`
	OppoBackground string  `json:"oppo_background,omitempty"`
	VivoBackground string  `json:"vivo_background,omitempty"`
	Ratio          string  `json:"ratio,omitempty"`
	ButtonType     string  `json:"button_type,omitempty"`
}

// Action is what a tap on a slot does; which fields count depends on the action type (api.md §5.1.1).
type Action struct {
	Target      string `json:"target"`
	PackageName string `json:"package_name,omitempty"`
	FloorType   *int   `json:"floor_type,omitempty"`
	FloorURL    string `json:"floor_url,omitempty"`
	Body        string `json:"body,omitempty"`
	Subject     string `json:"subject,omitempty"`
	Description string `json:"description,omitempty"`
	BeginTime   string `json:"begin_time,omitempty"`
	EndTime     string `json:"end_time,omitempty"`
	Address     string `json:"address,omitempty"`
	Longitude   string `json:"longitude,omitempty"`
	Latitude    string `json:"latitude,omitempty"`
	Content     string `json:"content,omitempty"`
	TextButton  string `json:"text_button,omitempty"`
	Mode        *int   `json:"mode,omitempty"`
}

// Param is a declared dynamic parameter. Name carries its wrapper: "${param1}".
type Param struct {
	Type    int    `json:"type"`
	Name    string `json:"name"`
	Example string `json:"example"`
}

// Bare is the name without its wrapper: "param1".
func (p Param) Bare() string {
	if n := len(p.Name); n > 3 && p.Name[0] == '$' && p.Name[1] == '{' && p.Name[n-1] == '}' {
		return p.Name[2 : n-1]
	}
	return p.Name
}

// Factory is a vendor the template was submitted to and its activation there.
type Factory struct {
	Vendor Vendor `json:"factory_type"`
	State  int    `json:"state"`
	Desc   string `json:"desc,omitempty"`
	// Pending tells a vendor that has not decided yet from one that refused; both are VendorNotEnabled on the wire.
	Pending bool `json:"pending,omitempty"`
}

// Problem is one finding about a template: where, what, and how sure the rule's source is.
type Problem struct {
	Field  string `json:"field"`            // wire path, "pages[0].contents[2].content"
	Rule   string `json:"rule"`             // what is wrong and what would be right
	Vendor Vendor `json:"vendor,omitempty"` // set if only that vendor minds
	Hard   bool   `json:"-"`                // refuses the template; soft problems are warnings
	Source string `json:"source,omitempty"` // provenance mark of the figure

	// Code is what a hard problem is answered with; empty = fault.Parameter.
	Code fault.Code `json:"-"`
}

// MarshalPages gives the stored JSON form of pages.
func MarshalPages(pages []Page) ([]byte, error) { return json.Marshal(pages) }
