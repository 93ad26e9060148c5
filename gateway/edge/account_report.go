package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/valyala/fasthttp"

	"cardlink/event"
	"cardlink/render"
	"cardlink/serviceaccount"
)

// clickReport is what a handset says about a tap (docs/handset.md). Unknown members are ignored.
type clickReport struct {
	EventID     string `json:"client_event_id"`
	Surface     string `json:"surface"`
	ItemPath    string `json:"item_path"`    // of the menu surfaces
	MenuVersion int    `json:"menu_version"` // of the menu the item was shown in; 0 = not told
	Element     string `json:"element"`      // of the other surfaces
	Vendor      string `json:"vendor"`
	Device      string `json:"device"`
}

var errReport = errors.New("not a report of a click")

// elements says what can be touched off the menu, and what that does.
var elements = map[string]map[string]string{
	event.SurfaceBrandArea: {"logo": serviceaccount.ActionHome, "phone": serviceaccount.Calling, "sms": serviceaccount.ActionSMS},
	event.SurfacePortal:    {"tel": serviceaccount.Calling, "fastapp": serviceaccount.OpenQuick, "other": serviceaccount.ActionElse},
}

// parseReport reads the body of a report and checks all that can be checked without the account. It takes any bytes.
func parseReport(body []byte) (r clickReport, err error) {
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&r); err != nil {
		return r, errReport
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r, errReport
	}
	if len(r.Device) < 1 || len(r.Device) > 128 || !isEventID(r.EventID) || r.MenuVersion < 0 {
		return r, errReport
	}
	vendor, known := render.TargetOf([]byte(r.Vendor))
	if !known {
		return r, errReport
	}
	r.Vendor = vendor.String()
	switch r.Surface {
	case event.SurfaceCustomMenu, event.SurfacePortalMenu:
		if r.ItemPath == "" || r.Element != "" {
			return r, errReport
		}
	case event.SurfaceBrandArea, event.SurfacePortal:
		if r.ItemPath != "" || elements[r.Surface][r.Element] == "" {
			return r, errReport
		}
	default:
		return r, errReport
	}
	return r, nil
}

// isEventID reports whether s can name a tap: 1-64 letters, digits, dots, dashes and underscores, so that a fact's id holds nothing else.
func isEventID(s string) bool {
	if len(s) < 1 || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

var (
	errStaleMenu = []byte(`{"error":"stale_menu"}`)
	errMediaType = []byte(`{"error":"unsupported_media_type"}`)
	typeJSON     = []byte("application/json")
	wordEncoding = []byte("transfer-encoding")
)

// post takes a report of a click, the one thing that is posted to an edge.
func (f *accountFace) post(c *fasthttp.RequestCtx) {
	h := &c.Request.Header
	id, rest, ok := cutID(c.Path(), prefixClick)
	if !c.IsPost() || !ok || len(rest) != 0 {
		f.s.refuse(c, fasthttp.ErrGetOnly)
		return
	}
	// A body whose length is told in two ways is how requests are smuggled; a handset knows how long its report is.
	if bytes.Contains(bytes.ToLower(h.RawHeaders()), wordEncoding) {
		c.SetConnectionClose()
		f.s.plain(c, fasthttp.StatusBadRequest, errBody)
		return
	}
	// A page of somebody else can make a browser send text, not JSON.
	if kind, _, _ := bytes.Cut(h.ContentType(), []byte{';'}); !bytes.EqualFold(bytes.TrimSpace(kind), typeJSON) {
		f.s.plain(c, fasthttp.StatusUnsupportedMediaType, errMediaType)
		return
	}
	r, err := parseReport(c.PostBody())
	if err != nil {
		f.s.plain(c, fasthttp.StatusBadRequest, errBody)
		return
	}
	a := f.find(c, id, true)
	if a == nil {
		return
	}
	f.report(c, a, r)
}

// report records a reported click.
func (f *accountFace) report(c *fasthttp.RequestCtx, a *account, r clickReport) {
	k := click{
		MenuClick: event.MenuClick{
			EventID: r.EventID, Surface: r.Surface, ItemPath: r.ItemPath, Vendor: r.Vendor, DeviceRef: serviceaccount.DeviceRef(f.s.device[:], a.Pub.Tenant, r.Device),
		},
		touched: r.ItemPath,
	}
	if r.Element != "" {
		k.touched, k.ActionType = r.Element, elements[r.Surface][r.Element]
	} else {
		var item *serviceaccount.MenuItem
		if a.Menu.Live() {
			item, k.Level = a.Menu.Item(r.ItemPath)
		}
		switch {
		case r.MenuVersion != 0 && r.MenuVersion != a.Menu.Version: // the path may name another item by now
			f.s.plain(c, fasthttp.StatusConflict, errStaleMenu)
			return
		case item == nil:
			f.s.notFound(c, true)
			return
		}
		k.ActionType = item.ActionType
	}
	if f.robot(&c.Request.Header) {
		f.stats.robots.Inc()
		f.accepted(c)
		return
	}
	switch f.record(c, a, k) {
	case limited:
		f.s.busy(c, fasthttp.StatusTooManyRequests, errLimited)
	case failed:
		f.s.busy(c, fasthttp.StatusServiceUnavailable, errUnavailable)
	default:
		f.accepted(c)
	}
}

// accepted answers a report that needs no second try.
func (f *accountFace) accepted(c *fasthttp.RequestCtx) {
	c.Response.Header.SetCanonical(headerCacheControl, valueNoStore)
	c.SetStatusCode(fasthttp.StatusNoContent)
}
