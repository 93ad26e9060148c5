package event

import "time"

// Surfaces on which a service account can be clicked (billing.md §2).
const (
	SurfaceCustomMenu = "custom_menu"           // the menu under the messages
	SurfacePortalMenu = "portal_marketing_menu" // the same menu on the home page
	SurfaceBrandArea  = "brand_area"            // logo, phone and SMS buttons of the certification area
	SurfacePortal     = "portal"                // anything else on the home page
)

// MenuClick is the fact that somebody touched an item of a service account. It is billable by the rule of billing.md §2: a menu surface, and an action that
// jumps. EventID names the tap and comes from whoever was tapped, so a repeated report has the same id.
type MenuClick struct {
	EventID     string    `json:"client_event_id"`
	PubID       string    `json:"pub_id"`
	MenuID      string    `json:"menu_id,omitempty"`
	MenuVersion int       `json:"menu_version,omitempty"`
	ItemPath    string    `json:"item_path"` // "2" or "2.1", from 1; "" off the menu
	Level       int       `json:"level"`     // 1 or 2; 0 off the menu
	Surface     string    `json:"surface"`
	ActionType  string    `json:"action_type"`
	Vendor      string    `json:"vendor,omitempty"`
	DeviceRef   string    `json:"device_ref"`
	ClickedAt   time.Time `json:"clicked_at"`
}

// Record addresses the fact; its id is mnu:{pub_id}:{device_ref}:{client_event_id}.
func (d MenuClick) Record(tenant string) (Record, error) {
	return encode(d, TypeMenuClick, SourceEdge, tenant, "mnu:"+d.PubID+":"+d.DeviceRef+":"+d.EventID, d.PubID, d.ClickedAt)
}
