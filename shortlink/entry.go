package shortlink

import (
	"strconv"
	"strings"
	"sync/atomic"
	"unique"
	"unsafe"
)

// Entry is a link as an edge holds it. It is shared by concurrent visitors; nothing of it may be changed.
type Entry struct {
	id       int64
	url      string  // domain/code
	jump     string  // custom_url
	values   *values // nil without parameters
	expireMs int64
	revoked  bool
	visitor  uint64 // the recipient of an individual link; 0 for group links
	batch    unique.Handle[batch]
	tpl      *templateSlot
	winner   atomic.Pointer[winner] // of an individual link, once this node knows
}

// values are those of a link's parameters, and what whoever draws them keeps beside them.
type values struct {
	params   []string
	measures []uint32
}

// batch is what links of one task share, interned: a million links of a campaign hold it once.
type batch struct {
	tenant, taskID, domain, tplID string
	signs                         string // each between two 0x1F: "\x1fA\x1fB\x1f"
	limit                         int64
	tplVersion                    int
	group, fromSend               bool
}

// winner is who resolved an individual link.
type winner struct{ device, resolveID string }

const signSeparator = "\x1f"

// entryOverhead approximates what an entry costs beyond its texts: the struct, its place in the cache's maps and its access counters.
const entryOverhead = int64(unsafe.Sizeof(Entry{})) + 160

func newEntry(l *Link, slot *templateSlot, params []string) (e *Entry, cost int64) {
	e = &Entry{
		id: l.ID, url: l.URL(), jump: l.CustomURL, expireMs: l.ExpireAt.UnixMilli(), revoked: l.Revoked, tpl: slot,
		batch: unique.Make(batch{
			tenant: l.Tenant, taskID: l.TaskID, domain: l.Domain, tplID: strconv.FormatInt(l.TplID, 10), tplVersion: l.TplVersion,
			signs: signSeparator + strings.Join(l.Signs, signSeparator) + signSeparator, limit: l.Limit, group: l.Group, fromSend: l.FromSend,
		}),
	}
	if !l.Group {
		e.visitor = l.Visitor
	}
	cost = entryOverhead + int64(len(e.url)+len(e.jump))
	if len(params) == 0 {
		return e, cost
	}
	e.values = &values{params: params}
	cost += int64(unsafe.Sizeof(values{}))
	for _, p := range params {
		cost += int64(len(p)) + int64(unsafe.Sizeof(p)) + int64(unsafe.Sizeof(e.values.measures[0]))
	}
	return e, cost
}

// code is the last part of url.
func (e *Entry) code() string { return e.url[strings.LastIndexByte(e.url, '/')+1:] }

// LinkID is the link's id.
func (e *Entry) LinkID() int64 { return e.id }

// URL is domain/code, without scheme.
func (e *Entry) URL() string { return e.url }

// Code is the link's code.
func (e *Entry) Code() string { return e.code() }

// Tenant is who made the link.
func (e *Entry) Tenant() string { return e.batch.Value().tenant }

// TplID is the wire's id of the link's template.
func (e *Entry) TplID() string { return e.batch.Value().tplID }

// Version is the id and version of the link's template.
func (e *Entry) Version() (id int64, version int) { return e.tpl.id, e.tpl.version }

// Jump is the custom_url, empty if a tap opens the template's page.
func (e *Entry) Jump() string { return e.jump }

// Params are the values of the template's parameters in the order of Template.Params.
func (e *Entry) Params() []string {
	if e.values == nil {
		return nil
	}
	return e.values.params
}

// Measures are what ResolverOptions.Measure said of Params.
func (e *Entry) Measures() []uint32 {
	if e.values == nil {
		return nil
	}
	return e.values.measures
}

// ExpireMs is the moment from which on the link is gone, in Unix milliseconds.
func (e *Entry) ExpireMs() int64 { return e.expireMs }

// Visitor stands for the recipient of an individual link; 0 for a group link, whose visitors are told apart by what they bring. The same recipient
// has the same number in all links of a tenant.
func (e *Entry) Visitor() uint64 { return e.visitor }

// Group reports whether the link may be resolved more than once.
func (e *Entry) Group() bool { return e.batch.Value().group }
