package edge

import (
	"bytes"
	"errors"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/valyala/fasthttp"

	"cardlink/event"
	"cardlink/render"
	"cardlink/shortlink"
)

// Bounds of what a beacon may say, which also bound what one view can add to a report.
const (
	maxSeq   = 255 // beacons of one kind
	maxPlace = 99  // pages, and elements on one
)

// What one address block may report. Thousands of handsets share the block of a mobile carrier's gateway; beyond it they are told to come again.
const (
	beaconBurst, beaconInterval = 4000, 2 // 500 a second
)

// pixel is a transparent GIF of one pixel.
var pixel = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;")

var (
	prefixExpose = []byte(render.ExposePath)
	prefixTouch  = []byte(render.ClickPath)
	acceptImage  = []byte("image/")
	valueGIF     = []byte("image/gif")
)

// beaconKind is what a beacon reports.
type beaconKind uint8

const (
	exposure beaconKind = iota
	touch
	beaconKinds
)

// cutBeacon reads the path of a beacon.
func cutBeacon(path []byte) (kind beaconKind, token []byte, ok bool) {
	if token, ok = bytes.CutPrefix(path, prefixExpose); ok {
		return exposure, token, true
	}
	token, ok = bytes.CutPrefix(path, prefixTouch)
	return touch, token, ok
}

// recent remembers the beacons of the last moments, so that one that is repeated at once writes no second fact. It forgets whatever shares a slot; the fact's id
// is what makes a repeat count nothing.
type recent [1 << 14]atomic.Uint64

func (r *recent) slot(key uint64) *atomic.Uint64 { return &r[key>>50] }

// beacon takes the report that a card or a page of ours was shown, or that an element of it was touched. It leads nowhere: where an element leads is in the card.
// What is not counted (a robot, a view of long ago, a link that is deleted) is answered like what is, and nothing is said to whoever has no token.
func (s *Server) beacon(c *fasthttp.RequestCtx, kind beaconKind, token []byte) {
	v := s.visits.get()
	defer s.visits.put(v)
	var w view
	if !v.signer.open(s.o.BeaconKey, token, &w) {
		s.stats.beacons[kind][beaconForged].Inc()
		s.plain(c, fasthttp.StatusNotFound, errNotFound)
		return
	}
	seq, ok1 := number(c, "seq", 0, maxSeq)
	page, ok2 := number(c, "page", 1, maxPlace)
	position, ok3 := 0, true
	if kind == touch {
		position, ok3 = number(c, "position", 0, maxPlace)
	}
	if !ok1 || !ok2 || !ok3 {
		s.stats.beacons[kind][beaconMalformed].Inc()
		s.plain(c, fasthttp.StatusBadRequest, errBody)
		return
	}
	result := s.take(c, v, &w, kind, seq, page, position)
	s.stats.beacons[kind][result].Inc()
	switch result {
	case beaconLimited:
		s.busy(c, fasthttp.StatusTooManyRequests, errLimited)
	case beaconFailed:
		s.busy(c, fasthttp.StatusServiceUnavailable, errUnavailable)
	case beaconMalformed: // nothing stands there that could be touched
		s.plain(c, fasthttp.StatusBadRequest, errBody)
	default:
		h := &c.Response.Header
		h.SetCanonical(headerCacheControl, valueNoStore)
		if kind == exposure && !c.IsPost() && bytes.Contains(c.Request.Header.Peek(fasthttp.HeaderAccept), acceptImage) {
			h.SetCanonical(headerContentType, valueGIF)
			c.Response.SetBodyRaw(pixel)
			return
		}
		c.SetStatusCode(fasthttp.StatusNoContent)
	}
}

// take decides about a beacon whose token is ours, and records it.
func (s *Server) take(c *fasthttp.RequestCtx, v *visit, w *view, kind beaconKind, seq, page, position int) beaconResult {
	now := s.o.Now()
	switch age := now.Sub(w.issued); {
	case age > tokenLife || age < -tokenLife: // the clocks of two edges may differ by less
		return beaconLate
	case c.IsHead() || s.robot(&c.Request.Header, w.target):
		return beaconRobot
	}
	if !s.beacons.take(s.client(c).id, now.UnixMilli()) {
		return beaconLimited
	}
	key := beaconKey(w, kind, seq)
	if s.recent.slot(key).Load() == key {
		return beaconRepeated
	}
	e, err := s.o.Resolver.ByID(s.ctx, w.link)
	switch {
	case errors.Is(err, shortlink.ErrUnknown):
		return beaconUnknown
	case err != nil:
		s.o.Log.Error("beacon not taken", "step", "find a link", "error", err)
		return beaconFailed
	}
	action := ""
	if kind == touch {
		var result beaconResult
		if action, result = s.touched(e, w, page, position); result != beaconRecorded {
			return result
		}
	}
	w.uuid(&v.id)
	shortlink.AppendVisitor(v.who[:0], w.visitor)
	at := now.UTC()
	if kind == touch {
		v.touch = event.CardClick{
			ResolveID: text(v.id[:]), ClientSeq: int64(seq), AimURL: e.URL(), TplID: e.TplID(), Vendor: render.HostOf(s.o.Catalogue, w.target).String(), PositionNumber: position, PageOrder: page,
			ActionType: action, VisitorRef: text(v.who[:]), ClickedAt: at,
		}
		v.frame = v.touch.AppendFrame(v.frame[:0], e.Tenant())
	} else {
		v.expose = event.CardExpose{
			ResolveID: text(v.id[:]), ClientSeq: int64(seq), AimCode: e.Code(), AimURL: e.URL(), TplID: e.TplID(), Vendor: render.HostOf(s.o.Catalogue, w.target).String(), Page: page,
			Implied: w.counted && seq == 1, VisitorRef: text(v.who[:]), ExposedAt: at,
		}
		v.frame = v.expose.AppendFrame(v.frame[:0], e.Tenant())
	}
	if _, err := s.o.Journal.Add(v.frame); err != nil {
		s.stats.lostBeacons.Inc()
		if s.stats.lostBeacons.Get() == 1 {
			s.o.Log.Error("beacons cannot be recorded", "error", err)
		}
		return beaconFailed
	}
	s.recent.slot(key).Store(key)
	return beaconRecorded
}

// touched finds what a touch did: the program that drew the card knows what stands where.
func (s *Server) touched(e *shortlink.Entry, w *view, page, position int) (action string, result beaconResult) {
	t, err := s.o.Resolver.TemplateOf(s.ctx, e)
	if err != nil {
		s.o.Log.Error("beacon not taken", "step", "load a template", "error", err)
		return "", beaconFailed
	}
	if t == nil {
		return "", beaconUnknown
	}
	set, err := s.programs.of(t)
	if err != nil {
		s.o.Log.Error("beacon not taken", "step", "compile a card", "error", err)
		return "", beaconFailed
	}
	if set[w.target] == nil {
		return "", beaconMalformed
	}
	action, ok := set[w.target].Action(page, position)
	if !ok {
		return "", beaconMalformed
	}
	return action, beaconRecorded
}

// robot reports whether a beacon comes from something that loads pages for others. Message apps use the libraries that scanners use, so only pages are judged by
// the agent's words.
func (s *Server) robot(h *fasthttp.RequestHeader, target render.Target) bool {
	if looksAhead(h) {
		return true
	}
	if target != render.H5 {
		return false
	}
	k := s.agents.class(h.UserAgent())
	return k == preview || k == scanner
}

// number is a whole number of the query from 1 to most; def if it is absent, and if def is 0 it must not be.
func number(c *fasthttp.RequestCtx, name string, def, most int) (n int, ok bool) {
	b := c.QueryArgs().Peek(name)
	if len(b) == 0 {
		return def, def > 0
	}
	for _, d := range b {
		if d < '0' || d > '9' || n > most {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, n >= 1 && n <= most
}

// beaconKey is what makes two beacons the same.
func beaconKey(w *view, kind beaconKind, seq int) uint64 {
	var b [18]byte
	copy(b[:], w.id[:])
	b[16], b[17] = byte(kind), byte(seq)
	return xxhash.Sum64(b[:])
}

// stranger is the visitor of a group link who brings no name: address block and agent as one number. The block's half of it is a keyed hash, so the number tells
// neither.
func stranger(who client, agent []byte) uint64 {
	n := (who.id ^ xxhash.Sum64(agent)) * 0x9E3779B97F4A7C15
	return n ^ n>>32 | 1 // 0 is nobody
}
