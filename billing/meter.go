package billing

import (
	"strconv"
	"time"
)

// Meter names what is counted (billing.md §1).
type Meter string

// The meters.
const (
	AimSend      Meter = "aim_send"       // delivered messages, split into kinds
	AimParse     Meter = "aim_parse"      // successful first resolutions
	AimBasicSend Meter = "aim_basic_send" // delivered video messages
	MenuClick    Meter = "sa_menu_click"  // billable clicks in service accounts
)

// Kinds of AimSend; the other meters have the empty kind.
const (
	Notify    = "notify"
	Marketing = "marketing"
)

// Item is what has a price: a meter and its kind.
type Item struct {
	Meter Meter
	Kind  string // "" for a meter that is not split
}

// String is "aim_send.notify" or "aim_parse", the key of a price in a plan.
func (i Item) String() string {
	if i.Kind == "" {
		return string(i.Meter)
	}
	return string(i.Meter) + "." + i.Kind
}

// Items lists everything a plan has to price.
func Items() []Item {
	return []Item{{AimSend, Notify}, {AimSend, Marketing}, {AimParse, ""}, {AimBasicSend, ""}, {MenuClick, ""}}
}

// Key identifies a fact for ever. A second fact with the same key changes nothing.
type Key struct{ Tenant, Source, ID string }

// Usage is one billable fact.
type Usage struct {
	Key
	Item
	OccurredAt time.Time // of the fact
	Hour       time.Time // the earliest bucket it may go into; the store moves it on if that bucket is closed
	Segments   int       // parts of a long message; 1 for everything else
	LinkID     int64     // of AimParse
	Ordinal    int64     // of AimParse
}

// receiptID and parseID are fact ids as package event derives them; a fact whose data says something else is not trusted.
func receiptID(msgID string) string { return "rcp:" + msgID + ":final" }

func parseID(aimURL string, ordinal int64) string {
	return "prs:" + aimURL + ":" + strconv.FormatInt(ordinal, 10)
}
