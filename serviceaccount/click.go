package serviceaccount

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"cardlink/event"
)

// Actions of clicks that are not on a menu item: what was touched says what it does.
const (
	ActionHome = "OPEN_PORTAL" // the logo of the certification area
	ActionSMS  = "SEND_SMS"    // the SMS button beside it
	ActionElse = "OTHER"       // anything on the home page that has no action of its own
)

// Billable reports whether a click is billed (billing.md §2): a menu, in the message app or on the home page, and an item that jumps.
func Billable(surface, action string) bool {
	return (surface == event.SurfaceCustomMenu || surface == event.SurfacePortalMenu) && action != OpenSubmenu
}

// DeviceRef is how a device is known in facts: a keyed hash, another one with each tenant, of 32 characters. It is the hash that resolutions of links use, so one key
// gives a device one reference everywhere.
func DeviceRef(key []byte, tenant, device string) string {
	b := make([]byte, 0, 256)
	b = append(append(append(append(b, key...), tenant...), 0), device...)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Item finds an item of a menu by its path, "2" or "2.1", counted from 1. level is 1 or 2, 0 if there is no such item.
func (m *Menu) Item(path string) (item *MenuItem, level int) {
	first, second, ok := parseItemPath(path)
	if !ok || first > len(m.Items) {
		return nil, 0
	}
	item = &m.Items[first-1]
	if second == 0 {
		return item, 1
	}
	if second > len(item.SubItems) {
		return nil, 0
	}
	return &item.SubItems[second-1], 2
}

// parseItemPath reads "2" or "2.1". Menus are so small that a digit is enough for each level; there is one way to write a path.
func parseItemPath(path string) (first, second int, ok bool) {
	digit := func(i int) int {
		if c := path[i]; c >= '1' && c <= '9' {
			return int(c - '0')
		}
		return 0
	}
	switch len(path) {
	case 1:
		first = digit(0)
		return first, 0, first > 0
	case 3:
		first, second = digit(0), digit(2)
		return first, second, first > 0 && second > 0 && path[1] == '.'
	}
	return 0, 0, false
}

// Click is a click as the store keeps it, for reports and for the audit of the bill.
type Click struct {
	Tenant string
	FactID string // the id under which it is billed
	event.MenuClick
}

// DoubleTap is how long a tap hides further ones of the same device on the same item (billing.md §2).
const DoubleTap = time.Second
