package report

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// Key is the identity of a fact (docs/events.md): a fact is counted once however often it comes.
type Key struct{ Tenant, Source, ID string }

// Digest is 128 bits that stand for the key. Equal keys have equal digests; two that differ have different ones, as far as SHA-256 goes.
func (k Key) Digest() [2]int64 {
	b := make([]byte, 0, 256)
	for _, s := range []string{k.Tenant, k.Source, k.ID} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return [2]int64{int64(binary.BigEndian.Uint64(sum[:8])), int64(binary.BigEndian.Uint64(sum[8:16]))}
}

// Counts are what one or many facts add up to. docs/reports.md defines each.
type Counts struct {
	Submitted    int64 // numbers in accepted send tasks
	Sent         int64 // messages a carrier accepted
	Delivered    int64 // messages with a successful receipt, on the day they were sent
	SendResolved int64 // first successful resolutions of links of send tasks
	Resolved     int64 // first successful resolutions of all links
	Exposed      int64 // cards and pages shown
	Clicked      int64 // elements touched, and links tapped
}

// Add adds d to c.
func (c *Counts) Add(d Counts) {
	c.Submitted += d.Submitted
	c.Sent += d.Sent
	c.Delivered += d.Delivered
	c.SendResolved += d.SendResolved
	c.Resolved += d.Resolved
	c.Exposed += d.Exposed
	c.Clicked += d.Clicked
}

// Seen says as what a fact's visitor is remembered: a set of the ways.
type Seen uint8

// The ways a visitor is seen. Their numbers are stored, one row for each.
const (
	Nobody  Seen = 0 // the fact has no visitor
	Exposed Seen = 1
	Clicked Seen = 2
)

// Mark is what one fact means for the reports.
type Mark struct {
	Key
	Day    Day
	TplID  string
	Vendor string // HUAWEI …, H5; empty for what happens before a handset is known
	Counts
	Seen    Seen
	Visitor int64 // of Seen
	// Name is the template's name at the moment At; empty if the fact does not tell it.
	Name string
	At   time.Time
}
