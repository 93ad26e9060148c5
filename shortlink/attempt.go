package shortlink

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
	"unsafe"

	"cardlink/event"
	"cardlink/templates"
)

// Verdict is what became of an attempt to resolve a link.
type Verdict uint8

// The verdicts, in the order in which they are found: cheapest and least telling first, the one that changes something last (templates.md §9.1).
const (
	Resolved Verdict = iota
	Expired
	Revoked
	VendorUnsupported // nobody we know of
	TemplateDisabled
	VendorNotApproved
	SignMismatch
	Exhausted
	Unavailable // the store or the journal cannot make a success durable now
	verdicts
)

// Reason is the reject reason of facts and details (templates.md §9.1; "revoked" and "unavailable" are ours); empty for Resolved.
func (v Verdict) Reason() string {
	return [verdicts]string{"", "expired", "revoked", "vendor_unsupported", "template_disabled", "vendor_not_approved", "sign_mismatch", "exhausted", "unavailable"}[v]
}

// Verdicts lists all verdicts, for metrics.
func Verdicts() []Verdict {
	all := make([]Verdict, verdicts)
	for i := range all {
		all[i] = Verdict(i)
	}
	return all
}

// Attempt is one request of a handset's message app for a card. Callers keep and reuse attempts: they carry the buffers that make
// resolving free of allocations. The zero Attempt is ready.
type Attempt struct {
	// The question. The byte slices are only read, while Resolve runs.
	Vendor int    // place in templates.Vendors; negative: none we know
	Device []byte // the handset's token; empty: every attempt uses up a unit
	Sign   []byte // signature of the SMS, without brackets; empty: not told
	Model  []byte // handset model, may be empty
	NoCard bool   // the vendor cannot show this template's card
	Client uint64 // who asks, as far as network and agent tell; the visitor of a group link that names no device

	// The answer.
	Repeat   bool                // the device has resolved the link before; nothing was used up
	ID       [36]byte            // resolve_id, UUID
	Template *templates.Template // of the link's version, if Resolved
	Visitor  uint64              // who is counted as one visitor: visitor_ref of the fact

	ref   [32]byte // hex of 128 bits of keyed hash of Device
	who   [16]byte // hex of Visitor
	buf   []byte   // frame of the fact
	fact  event.ParseResult
	batch batch
}

// Reset forgets the request but keeps the buffers.
func (a *Attempt) Reset() {
	buf := a.buf[:0]
	if cap(buf) > 16<<10 { // one huge request must not weigh on the pool for ever
		buf = nil
	}
	*a = Attempt{buf: buf}
}

// text views b as a string without copying. The string must not outlive b's content.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// deviceRef sets a.ref to the keyed hash of tenant and device and returns its first 64 bits. A device has different references with different tenants. SHA-256 with the
// key in front is a sound keyed hash here, for half of the output is cut off.
func (a *Attempt) deviceRef(key *[32]byte, tenant string) uint64 {
	b := a.buf[:0]
	b = append(b, key[:]...)
	b = append(b, tenant...)
	b = append(b, 0)
	b = append(b, a.Device...)
	sum := sha256.Sum256(b)
	clear(b[:len(key)]) // the key must not linger in a buffer that facts are written to
	hex.Encode(a.ref[:], sum[:16])
	a.buf = b[:0]
	return binary.BigEndian.Uint64(sum[:8])
}

// record fills the fact of the attempt and leaves its frame in a.buf.
func (a *Attempt) record(e *Entry, node string, v Verdict, ordinal int64, at time.Time) {
	b := &a.batch
	f := &a.fact
	*f = event.ParseResult{
		ResolveID: text(a.ID[:]), TaskID: b.taskID, AimCode: e.code(), AimURL: e.url, AimCodeType: codeType(b.group), LinkID: e.id,
		Ordinal: ordinal, Repeat: a.Repeat, Model: text(a.Model), TplID: b.tplID, TplVersion: b.tplVersion, Result: event.ResultSuccess,
		Reason: v.Reason(), Node: node, FromSend: b.fromSend, ParsedAt: at,
	}
	if a.Vendor >= 0 {
		f.Vendor = vendorName(a.Vendor)
	}
	if len(a.Device) > 0 {
		f.DeviceRef = text(a.ref[:])
	}
	if a.Visitor != 0 {
		AppendVisitor(a.who[:0], a.Visitor)
		f.VisitorRef = text(a.who[:])
	}
	if v != Resolved {
		f.Result = event.ResultFail
	}
	a.buf = f.AppendFrame(a.buf[:0], b.tenant)
}

// AppendVisitor appends a visitor's number as facts have it: 16 lower-case hex digits.
func AppendVisitor(dst []byte, visitor uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[visitor>>shift&0xf])
	}
	return dst
}

func codeType(group bool) string {
	if group {
		return typeGroup
	}
	return typeIndividual
}

func vendorName(i int) string {
	return [...]string{"HUAWEI", "XIAOMI", "OPPO", "VIVO", "MEIZU", "SAMSUNG"}[i]
}

// carries reports whether signs (a batch's) hold sign.
func carries(signs string, sign []byte) bool {
	for len(signs) > 1 {
		signs = signs[1:] // the separator
		end := 0
		for end < len(signs) && signs[end] != signSeparator[0] {
			end++
		}
		if signs[:end] == string(sign) {
			return true
		}
		signs = signs[end:]
	}
	return false
}
