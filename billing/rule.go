package billing

import (
	"encoding/json"
	"strings"
	"time"

	"cardlink/event"
)

// Reasons for which a fact is set aside. They are the label values of the quarantine counter and stand in the quarantined record.
const (
	reasonUndecodable = "undecodable" // not an envelope
	reasonNoTenant    = "no_tenant"
	reasonFuture      = "future"   // it claims to happen more than aheadLimit from now
	reasonBadData     = "bad_data" // a billable type whose data lacks what a bill needs, or contradicts its id
	reasonTooOld      = "too_old"  // older than MaxAge and not on the books
)

// aheadLimit is how far a fact's time may lie ahead of ours (billing.md §10).
const aheadLimit = 5 * time.Minute

// keyLimit bounds tenant, source and id together, in bytes: an index entry has to fit a page on every engine.
const keyLimit = 1024

// judge decides what a record means for the books: a usage row, a reason to set it aside, or neither (it is not billable).
func judge(value []byte, now time.Time) (u Usage, reason string, billable bool) {
	f, err := event.Decode(value)
	if err != nil {
		return u, reasonUndecodable, false
	}
	switch {
	case f.Tenant == "":
		return u, reasonNoTenant, false
	case f.Time.After(now.Add(aheadLimit)):
		return u, reasonFuture, false
	}
	u = Usage{Key: Key{f.Tenant, f.Source, f.ID}, OccurredAt: f.Time.UTC(), Segments: 1}
	switch f.Type {
	case event.TypeSendReceipt:
		reason, billable = u.sent(f)
	case event.TypeParseResult:
		reason, billable = u.parsed(f)
	case event.TypeBasicReceipt:
		reason, billable = u.basic(f)
	case event.TypeMenuClick:
		reason, billable = u.clicked(f)
	default:
		return u, "", false
	}
	if billable && !storable(u.Key) {
		return u, reasonBadData, false
	}
	// A fact goes where it happened, unless that hour is closed: then into the oldest one that is open.
	u.Hour = HourOf(u.OccurredAt)
	if open := OldestOpen(now); u.Hour.Before(open) {
		u.Hour = open
	}
	return u, reason, billable
}

// sent bills a delivered message. A type of its own keeps decoding to what a bill needs.
func (u *Usage) sent(f event.Fact) (reason string, billable bool) {
	var d struct {
		MsgID    string `json:"msg_id"`
		Final    string `json:"final"`
		SMSKind  string `json:"sms_kind"`
		Segments int    `json:"segments"`
	}
	if err := json.Unmarshal(f.Data, &d); err != nil || d.MsgID == "" || f.ID != receiptID(d.MsgID) {
		return reasonBadData, false
	}
	switch d.Final {
	case event.FinalSuccess:
	case event.FinalFail, event.FinalTimeout:
		return "", false
	default:
		return reasonBadData, false
	}
	if d.SMSKind != Notify && d.SMSKind != Marketing {
		return reasonBadData, false
	}
	u.Item, u.Segments = Item{AimSend, d.SMSKind}, max(d.Segments, 1)
	return "", true
}

// parsed bills a first successful resolution.
func (u *Usage) parsed(f event.Fact) (reason string, billable bool) {
	var d struct {
		AimURL  string `json:"aim_url"`
		LinkID  int64  `json:"link_id"`
		Ordinal int64  `json:"ordinal"`
		Repeat  bool   `json:"repeat"`
		Result  string `json:"result"`
	}
	if err := json.Unmarshal(f.Data, &d); err != nil {
		return reasonBadData, false
	}
	switch {
	case d.Result == event.ResultFail, d.Result == event.ResultSuccess && d.Repeat:
		return "", false
	case d.Result != event.ResultSuccess, d.AimURL == "", d.Ordinal < 1, f.ID != parseID(d.AimURL, d.Ordinal):
		return reasonBadData, false
	}
	u.Item, u.LinkID, u.Ordinal = Item{Meter: AimParse}, d.LinkID, d.Ordinal
	return "", true
}

// basic bills a delivered video message.
func (u *Usage) basic(f event.Fact) (reason string, billable bool) {
	var d event.BasicReceipt
	if err := json.Unmarshal(f.Data, &d); err != nil || d.TaskID == "" || d.CustRef == "" || f.ID != "bas:"+d.TaskID+":"+d.CustRef+":final" {
		return reasonBadData, false
	}
	switch d.Final {
	case event.FinalSuccess:
		u.Item = Item{Meter: AimBasicSend}
		return "", true
	case event.FinalFail, event.FinalTimeout:
		return "", false
	}
	return reasonBadData, false
}

// clicked bills a click on a menu item that jumps. Opening a sub-menu, and everything in a service account that is not its menu, is free (billing.md §2).
func (u *Usage) clicked(f event.Fact) (reason string, billable bool) {
	var d event.MenuClick
	if err := json.Unmarshal(f.Data, &d); err != nil || d.PubID == "" || d.ActionType == "" || f.ID != "mnu:"+d.PubID+":"+d.DeviceRef+":"+d.EventID {
		return reasonBadData, false
	}
	switch d.Surface {
	case event.SurfaceCustomMenu, event.SurfacePortalMenu:
		u.Item = Item{Meter: MenuClick}
		return "", d.ActionType != "OPEN_SUBMENU"
	case event.SurfaceBrandArea, event.SurfacePortal:
		return "", false
	}
	return reasonBadData, false
}

// storable refuses keys that an engine would refuse for ever: one such fact must not hold up its partition.
func storable(k Key) bool {
	return len(k.Tenant)+len(k.Source)+len(k.ID) <= keyLimit &&
		strings.IndexByte(k.Tenant, 0) < 0 && strings.IndexByte(k.Source, 0) < 0 && strings.IndexByte(k.ID, 0) < 0
}
